"""Arrays that nobody can change, and arrays without a mask."""

from typing import Any, TypeVar, overload

import numpy as np
from numpy.typing import NDArray

from ..errors import InvalidArgumentError

__all__ = ["read_only", "unmasked"]

Element = TypeVar("Element", bound=np.generic)


@overload
def read_only(array: NDArray[Element]) -> NDArray[Element]: ...
@overload
def read_only(array: None) -> None: ...
def read_only(array: NDArray[Any] | None) -> NDArray[Any] | None:
    """Return a view of an array that raises an error on every write; None for None.

    Kernels do not check ids and offsets while they run, so a graph whose arrays could be changed would let them access
    memory out of bounds. Numba compiles one version of a kernel for arrays that can be written to and another for
    views such as these: an argument of a kernel should always be of the same kind.
    """
    if array is None or not array.flags.writeable:
        return array
    view = array.view()
    view.flags.writeable = False
    return view


def unmasked(values: Any, name: str) -> Any:
    """Return an argument; raise an error for an array with masked entries, which NumPy would take as values."""
    if isinstance(values, np.ma.MaskedArray) and np.ma.is_masked(values):
        raise InvalidArgumentError(
            f"{name} has masked entries; leave them out, or give them values with its method filled()", argument=name
        )
    return values
