"""The decorators with which imax compiles functions.

Hot kernels and their helpers allocate nothing, so they are compiled without Numba's reference counting: counts kept on
every array that passes through an inlined helper made the sampler three times slower.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from numba import config, njit
from numba.extending import overload

from ._cache import keep_compiled

__all__ = ["by_type", "helper", "hot", "kernel"]

_HOT = {"nogil": True, "error_model": "numpy", "_nrt": False}


def _compiler(**options: Any) -> Callable[[Callable[..., Any]], Any]:
    """Return a decorator that compiles functions, and keeps the machine code in the folder of this version."""

    def decorate(function: Callable[..., Any]) -> Any:
        compiled = njit(**options)(function)
        if not config.DISABLE_JIT:
            keep_compiled(compiled)
        return compiled

    return decorate


kernel = _compiler(nogil=True)
hot = _compiler(**_HOT)
helper = _compiler(forceinline=True, **_HOT)


def by_type(choices: dict[type, Any]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Return a decorator for a function that stands for one of several helpers, chosen by its first argument's type.

    Numba makes the choice when it compiles the caller. The decorated function itself gives the signature only.

    Parameters
    ----------
    choices : dict of {NamedTuple class: helper}
        The helper for each class of first arguments.
    """

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(function)
        def chosen(first: Any, *rest: Any) -> Any:
            return choices[type(first)](first, *rest)

        if not config.DISABLE_JIT:

            def choose(first: Any, *rest: Any) -> Any:
                return choices[first.instance_class].py_func

            overload(chosen, jit_options=_HOT | {"forceinline": True}, strict=False)(choose)
        return chosen

    return decorate
