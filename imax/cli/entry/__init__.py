"""The entry point of the command ``imax``, installed as the module ``influence_maximization``.

PyPI has another distribution named imax, whose package is also imported as ``imax``. Where Python finds that package
instead of this one, ``imax.cli`` cannot be imported or does not work. This module has a name of its own and imports the
standard library only, so it can still be loaded and can say what to uninstall.
"""

import signal
import sys
from importlib import import_module
from typing import Any

__all__ = ["main"]

_OTHER = "imax"  # the name of the other distribution
_REPAIR = "pip install --force-reinstall --no-deps influence-maximization"


def main() -> Any:
    """Run the command line; if ``imax`` is another package, print one line that says so and exit with code 1."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # Ctrl-C during the imports ends the process without a traceback
    problem = _problem()
    if problem:
        sys.exit(f"imax: error: {problem}")
    if "--version" in sys.argv[1:] and (other := _other_distribution()):
        print(
            f"imax: warning: {other} is installed too and uses the same folder as influence-maximization; "
            f"removing it breaks this package until you run: {_REPAIR}",
            file=sys.stderr,
        )
    return import_module("imax.cli").main()


def _problem() -> str | None:
    """Return a sentence on which package Python imports as ``imax``, or None if it is the right one."""
    package = import_module("imax")
    if "maximize" in getattr(package, "__all__", ()):
        return None
    if package.__file__ is None:  # what uninstalling the other distribution leaves
        folder = next(iter(package.__path__), "")
        return f"the package imax in {folder} is incomplete: it has no __init__.py; run: {_REPAIR}"
    if other := _other_distribution():
        return (
            f"Python imports {other} from {package.__file__}, not influence-maximization; "
            f"run: pip uninstall imax; {_REPAIR}"
        )
    return (
        f"the package imax in {package.__file__} is not influence-maximization; "
        f"remove it from the Python path, or run: {_REPAIR}"
    )


def _other_distribution() -> str | None:
    """Return name, version and summary of the other distribution, or None if it is not installed."""
    from importlib import metadata  # takes 10 ms

    try:
        found = metadata.metadata(_OTHER)
    except metadata.PackageNotFoundError:
        return None
    return f"{_OTHER} {found['Version']} ({found['Summary']})"
