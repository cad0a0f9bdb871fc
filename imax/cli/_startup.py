"""A quick start: what only a process of our own may do."""

import gc
import sys

__all__ = ["load_engine"]


def load_engine() -> None:
    """Load the compiler's run time without what the commands never use.

    Numba imports SciPy's linear algebra only to note that matrix products could be compiled. No kernel of imax has one,
    and in this process there is no other code: doing without saves a quarter of a second.
    """
    name = "scipy.linalg"
    if name in sys.modules or "numba" in sys.modules:
        return
    collecting = gc.isenabled()
    gc.disable()  # imports make many objects and no garbage
    sys.modules[name] = None  # type: ignore[assignment]
    try:
        import numba.np.arraymath  # noqa: F401
    finally:
        del sys.modules[name]
        if collecting:
            gc.enable()
