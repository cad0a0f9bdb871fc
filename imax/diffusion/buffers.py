"""Buffers of the sampling kernels: one set for each thread."""

import threading
from typing import TYPE_CHECKING, Any, Self

import numpy as np

if TYPE_CHECKING:
    from ..kernels.draws import Block

__all__ = ["Buffered", "new_block"]


class Buffered:
    """Base class of objects with buffers for each thread. Copies share the buffers; pickled objects get new ones."""

    def __init__(self) -> None:
        self._local = threading.local()
        self._lock = threading.Lock()

    def __copy__(self) -> Self:
        other = object.__new__(type(self))
        other.__dict__.update(self.__dict__)
        return other

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in self.__dict__.items() if name not in ("_local", "_lock")}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        Buffered.__init__(self)


def new_block(size: int) -> "Block":
    """Return a block of arcs for the kernels, with space for `size` arcs."""
    from ..kernels.draws import Block

    return Block(
        arcs=np.empty(size, dtype=np.int64),
        lane=np.empty(size, dtype=np.uint8),
        word=np.empty(size, dtype=np.uint32),
        ends=np.empty(size, dtype=np.uint32),
    )
