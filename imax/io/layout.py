"""What the arrays of a binary file must hold: one rule for each array, and the check of an array against its rule.

Every kind of file has a table of rules. A reader checks all arrays against the table before anything else sees them, so
that no array from a file leads a kernel out of bounds.

The values of an array are of one of these sorts:

=============  ======================================================================================
any            all bit patterns
ids            internal ids: whole numbers in [0, n_nodes)
places         whole numbers in [-1, n_nodes)
permutation    internal ids, each exactly once
counts         whole numbers of at least 0
positive       whole numbers of at least 1
pointers       from 0 to the length of another array, never falling
ends           at least 0 and never falling, the last is the length of another array
unit           floats in [0, 1]
weights        finite floats of at least 0
durations      finite floats above 0
=============  ======================================================================================
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._utils import check, parallel
from ..errors import FileFormatError

__all__ = ["GRAPH_ARRAYS", "ArrayRule", "Layout", "check_arrays", "with_prefix"]

MAX_NODES = 2**31 - 2


@dataclass(frozen=True)
class ArrayRule:
    """What one array must hold.

    Attributes
    ----------
    name : str
    dtype : str
        Type of the elements, as NumPy writes it: "<i4" is int32, little-endian.
    length : str
        "n_nodes", "n_nodes + 1", "n_arcs", "any", or the name of another array, which has the same length.
    values : str
        Sort of the values; see the module.
    into : str
        For pointers and ends: the name of the array that they point into.
    optional : bool
        Whether a file may lack the array.
    """

    name: str
    dtype: str
    length: str
    values: str = "any"
    into: str = ""
    optional: bool = False


GRAPH_ARRAYS = (
    ArrayRule("in_ptr", "<i8", "n_nodes + 1", "pointers", into="in_idx"),
    ArrayRule("in_idx", "<i4", "n_arcs", "ids"),
    ArrayRule("index", "<i4", "n_nodes", "permutation"),
    ArrayRule("values", "<f4", "n_arcs", "unit", optional=True),
    ArrayRule("lower", "<f4", "n_arcs", "unit", optional=True),
    ArrayRule("upper", "<f4", "n_arcs", "unit", optional=True),
    ArrayRule("column", "<f4", "n_arcs", "weights", optional=True),
    ArrayRule("copies", "<i4", "n_arcs", "positive", optional=True),
    ArrayRule("delays", "<f4", "n_arcs", "durations", optional=True),
    ArrayRule("labels", "<i8", "n_nodes", optional=True),
    ArrayRule("label_bytes", "|u1", "any", optional=True),
    ArrayRule("label_ends", "<i8", "n_nodes", "ends", into="label_bytes", optional=True),
)


def with_prefix(prefix: str, rules: Iterable[ArrayRule]) -> tuple[ArrayRule, ...]:
    """Return the rules for arrays whose names begin with a prefix."""
    sizes = ("n_nodes", "n_nodes + 1", "n_arcs", "any")
    return tuple(
        ArrayRule(
            prefix + rule.name,
            rule.dtype,
            rule.length if rule.length in sizes else prefix + rule.length,
            rule.values,
            prefix + rule.into if rule.into else "",
            rule.optional,
        )
        for rule in rules
    )


@dataclass(frozen=True)
class Layout:
    """The rules for all arrays of one file, and the sizes that its header states."""

    rules: tuple[ArrayRule, ...]
    n_nodes: int
    n_arcs: int

    @classmethod
    def of(cls, rules: tuple[ArrayRule, ...], graph: dict[str, Any]) -> "Layout":
        """Return the layout for the description of a graph, of which the sizes are checked."""
        n, m = graph["n_nodes"], graph["n_arcs"]
        if type(n) is not int or type(m) is not int or not 1 <= n <= MAX_NODES or m < 0:
            raise FileFormatError(f"a graph cannot have {n!r} nodes and {m!r} arcs")
        return cls(rules, n, m)


def check_arrays(layout: Layout, arrays: dict[str, NDArray[Any]]) -> None:
    """Check every array of a file against its rule.

    Raises
    ------
    FileFormatError
        If an array is missing or unknown, has another type or length, or holds a value that it must not hold. The
        message names the array.
    """
    rules = {rule.name: rule for rule in layout.rules}
    for name in arrays:
        if name not in rules:
            raise FileFormatError(f"the array {name!r} is unknown")
    for name, rule in rules.items():
        if name not in arrays:
            if not rule.optional:
                raise FileFormatError(f"the array {name!r} is missing")
            continue
        _check_type(rule, arrays[name])
        _check_length(rule, layout, arrays)
    for name, array in arrays.items():
        problem = _SORTS[rules[name].values](array, rules[name], layout, arrays)
        if problem:
            raise FileFormatError(f"the array {name!r} {problem}")


def _check_type(rule: ArrayRule, array: NDArray[Any]) -> None:
    if array.dtype != np.dtype(rule.dtype):
        raise FileFormatError(f"the array {rule.name!r} has the type {array.dtype.str}, not {rule.dtype}")
    if array.ndim != 1 or not array.flags.c_contiguous or not array.flags.aligned:
        raise FileFormatError(f"the array {rule.name!r} is not one contiguous row")


def _check_length(rule: ArrayRule, layout: Layout, arrays: dict[str, NDArray[Any]]) -> None:
    if rule.into and rule.into not in arrays:
        raise FileFormatError(f"the array {rule.into!r} is missing")
    sizes = {"n_nodes": layout.n_nodes, "n_nodes + 1": layout.n_nodes + 1, "n_arcs": layout.n_arcs}
    array = arrays[rule.name]
    if rule.length == "any":
        return
    if rule.length not in sizes and rule.length not in arrays:
        raise FileFormatError(f"the array {rule.length!r} is missing")
    size = sizes[rule.length] if rule.length in sizes else arrays[rule.length].size
    if array.size != size:
        raise FileFormatError(f"the array {rule.name!r} has shape ({array.size},), not ({size},)")


# -- the sorts of values: each returns what is wrong, "" if nothing -------------------------------------------------

Sort = Callable[[NDArray[Any], ArrayRule, Layout, dict[str, NDArray[Any]]], str]

_PARALLEL = 1 << 22  # elements from which threads pay off
_UNSIGNED: dict[int, type[np.unsignedinteger[Any]]] = {4: np.uint32, 8: np.uint64}


def _largest(bits: NDArray[np.unsignedinteger[Any]]) -> int:
    """Return the largest of unsigned numbers, 0 if there are none; large arrays are read by several threads."""
    threads = check.threads(None) if bits.size >= _PARALLEL else 1
    if threads == 1:
        return int(bits.max(initial=0))
    parts = parallel.slices(bits.size, threads)
    return max(parallel.run([partial(lambda a, b: int(bits[a:b].max(initial=0)), a, b) for a, b in parts], threads))


def _any(array: NDArray[Any], rule: ArrayRule, layout: Layout, arrays: dict[str, NDArray[Any]]) -> str:
    return ""


def _ids(array: NDArray[Any], rule: ArrayRule, layout: Layout, arrays: dict[str, NDArray[Any]]) -> str:
    # as unsigned numbers, negative ones are large
    if array.size and _largest(array.view(_UNSIGNED[array.itemsize])) >= layout.n_nodes:
        return f"names a node beyond {layout.n_nodes - 1}"
    return ""


def _places(array: NDArray[Any], rule: ArrayRule, layout: Layout, arrays: dict[str, NDArray[Any]]) -> str:
    if array.size and (array.min() < -1 or array.max() >= layout.n_nodes):
        return f"holds a place outside [-1, {layout.n_nodes - 1}]"
    return ""


def _permutation(array: NDArray[Any], rule: ArrayRule, layout: Layout, arrays: dict[str, NDArray[Any]]) -> str:
    problem = _ids(array, rule, layout, arrays)
    if problem:
        return problem
    seen = np.zeros(layout.n_nodes, dtype=np.bool_)
    seen[array] = True
    return "" if seen.all() else "does not name every node"


def _counts(array: NDArray[Any], rule: ArrayRule, layout: Layout, arrays: dict[str, NDArray[Any]]) -> str:
    return "holds a negative number" if array.size and array.min() < 0 else ""


def _positive(array: NDArray[Any], rule: ArrayRule, layout: Layout, arrays: dict[str, NDArray[Any]]) -> str:
    return "holds a number below 1" if array.size and array.min() < 1 else ""


def _pointers(array: NDArray[Any], rule: ArrayRule, layout: Layout, arrays: dict[str, NDArray[Any]]) -> str:
    if not array.size or array[0] != 0:
        return "does not begin with 0"
    return _ends(array, rule, layout, arrays)


def _ends(array: NDArray[Any], rule: ArrayRule, layout: Layout, arrays: dict[str, NDArray[Any]]) -> str:
    size = arrays[rule.into].size
    if array.size and (array[0] < 0 or array[-1] != size or bool((array[1:] < array[:-1]).any())):
        return f"does not divide the {size} elements of {rule.into!r} into rows"
    return ""


def _floats_up_to(array: NDArray[Any], high: float) -> bool:
    """Return whether all floats lie in [0, high]. The bits of floats of at least 0 are in the order of the floats."""
    bits = _UNSIGNED[array.itemsize]
    if _largest(array.view(bits)) <= int(np.array(high, array.dtype).view(bits)):
        return True
    return bool(((array >= 0.0) & (array <= high)).all())  # -0.0 has large bits


def _unit(array: NDArray[Any], rule: ArrayRule, layout: Layout, arrays: dict[str, NDArray[Any]]) -> str:
    return "" if _floats_up_to(array, 1.0) else "holds a value outside [0, 1]"


def _weights(array: NDArray[Any], rule: ArrayRule, layout: Layout, arrays: dict[str, NDArray[Any]]) -> str:
    finite = _floats_up_to(array, float(np.finfo(array.dtype).max))
    return "" if finite else "holds a value that is negative or not finite"


def _durations(array: NDArray[Any], rule: ArrayRule, layout: Layout, arrays: dict[str, NDArray[Any]]) -> str:
    problem = _weights(array, rule, layout, arrays)
    return problem or ("" if bool((array > 0.0).all()) else "holds a value that is not above 0")


_SORTS: dict[str, Sort] = {
    "any": _any,
    "ids": _ids,
    "places": _places,
    "permutation": _permutation,
    "counts": _counts,
    "positive": _positive,
    "pointers": _pointers,
    "ends": _ends,
    "unit": _unit,
    "weights": _weights,
    "durations": _durations,
}
