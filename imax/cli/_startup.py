"""A quick start: what only a process of our own may do."""

import gc
import sys
from typing import Any

__all__ = ["load_engine"]


def load_engine() -> None:
    """Load the compiler's run time without what the commands never use.

    Numba imports SciPy's linear algebra only to note that matrix products could be compiled. No kernel of
    imax has one, and in this process there is no other code: doing without saves a quarter of a second.
    """
    modules: dict[str, Any] = sys.modules
    name = "scipy.linalg"
    if name not in modules:
        modules[name] = None  # an import of it now fails
        try:
            import numba.np.arraymath  # noqa: F401
        finally:
            del modules[name]
    gc.freeze()  # what is loaded now stays: the collector need not look at it
    gc.enable()
