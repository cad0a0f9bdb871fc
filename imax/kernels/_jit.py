"""The decorators with which imax compiles functions.

Hot kernels and their helpers allocate nothing, so they are compiled without Numba's reference counting: counts kept on
every array that passes through an inlined helper made the sampler three times slower.
"""

from functools import wraps

from numba import config, njit
from numba.extending import overload

__all__ = ["by_type", "helper", "hot", "kernel"]

_HOT = {"nogil": True, "error_model": "numpy", "_nrt": False}

kernel = njit(cache=True, nogil=True)
hot = njit(cache=True, **_HOT)
helper = njit(cache=True, forceinline=True, **_HOT)


def by_type(choices):
    """Return a decorator for a function whose body Numba chooses among helpers, by the type of its first argument.

    Parameters
    ----------
    choices : dict of {NamedTuple class: helper}
        The helpers have the same argument names as the decorated function.
    """

    def decorate(function):
        @wraps(function)
        def chosen(first, *rest):
            return choices[type(first)](first, *rest)

        if not config.DISABLE_JIT:

            def choose(first, *rest):
                return choices[first.instance_class].py_func

            overload(chosen, jit_options=_HOT | {"forceinline": True}, strict=False)(choose)
        return chosen

    return decorate
