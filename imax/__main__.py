"""``python -m imax`` runs the command ``imax``."""

from .cli import main

if __name__ == "__main__":
    main()
