"""SciPy's sparse matrices as arcs, and back.

SciPy does not check the arrays of a matrix again after construction, and its compiled conversions access memory out of
bounds if they do not fit each other. So the arrays are checked here first.
"""

from typing import TYPE_CHECKING, Any, cast

import numpy as np
from numpy.typing import NDArray

from ..errors import InvalidArgumentError, InvalidGraphError
from .arcs import ArcArrays

if TYPE_CHECKING:
    from scipy.sparse import csr_array

__all__ = ["arcs_of_scipy", "scipy_array"]


def arcs_of_scipy(matrix: Any, weighted: bool | None, directed: bool) -> ArcArrays:
    """Return the arcs of a SciPy sparse adjacency matrix; see `InfluenceGraph.from_scipy`."""
    from scipy.sparse import issparse

    if not issparse(matrix):
        raise InvalidArgumentError(
            f"matrix must be a SciPy sparse array, got {type(matrix).__name__}; "
            "scipy.sparse.coo_array(matrix) converts it",
            argument="matrix",
        )
    matrix = cast("Any", matrix)
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1] or matrix.shape[0] == 0:
        raise InvalidArgumentError(f"matrix must be square and not empty, got shape {matrix.shape}", argument="matrix")
    if matrix.dtype.kind not in "biuf":
        raise InvalidArgumentError(f"matrix must hold real numbers, got dtype {matrix.dtype}", argument="matrix")
    source, target, data = _entries(matrix)
    if matrix.format in ("bsr", "dia"):
        stored = data != 0
        source, target, data = source[stored], target[stored], data[stored]
    if weighted is None:
        weighted = data.dtype.kind == "f"
    weight = data.astype(np.float64) if weighted else None
    return ArcArrays(source, target, weight, n_nodes=matrix.shape[0], directed=directed)


def scipy_array(
    n_nodes: int, source: NDArray[np.int32], target: NDArray[np.int32], probability: NDArray[np.float32]
) -> "csr_array":
    """Return a sparse matrix of arcs between node indices; see `InfluenceGraph.to_scipy`."""
    from scipy.sparse import coo_array

    matrix = coo_array((probability, (source, target)), shape=(n_nodes, n_nodes)).tocsr()
    matrix.sort_indices()
    return matrix


def _entries(matrix: Any) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """Return the row, column and value of each stored entry."""
    if matrix.format in ("csr", "csc"):
        pointers, minor, data = _compressed(matrix, matrix.shape[0], matrix.shape[0])
        if data.ndim != 1:
            raise _malformed(f"data has {data.ndim} dimensions")
        major = np.repeat(np.arange(matrix.shape[0], dtype=np.int32), np.diff(pointers))
        return (major, minor, data) if matrix.format == "csr" else (minor, major, data)
    if matrix.format == "bsr":
        height, width = matrix.blocksize
        _compressed(matrix, matrix.shape[0] // height, matrix.shape[1] // width)
    if matrix.format == "dia" and (np.ndim(matrix.data) != 2 or np.shape(matrix.offsets) != matrix.data.shape[:1]):
        raise _malformed("data must have one row for each of the offsets")
    if matrix.format == "lil" and [len(row) for row in matrix.rows] != [len(row) for row in matrix.data]:
        raise _malformed("rows and data have different lengths")
    try:
        entries = matrix.tocoo(copy=False)
        source, target, data = (np.asarray(part) for part in (entries.row, entries.col, entries.data))
    except (ValueError, TypeError, IndexError, OverflowError, AttributeError) as error:
        raise _malformed(str(error)) from None
    if not source.shape == target.shape == data.shape:
        raise _malformed(f"row, col and data have the shapes {source.shape}, {target.shape} and {data.shape}")
    return source, target, data


def _compressed(matrix: Any, n_rows: int, n_columns: int) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """Return (indptr, indices, data) without unused space at the end, after a check of all three."""
    pointers, indices, data = (np.asarray(array) for array in (matrix.indptr, matrix.indices, matrix.data))
    for name, array in (("indptr", pointers), ("indices", indices)):
        if array.ndim != 1 or array.dtype.kind not in "iu":
            raise _malformed(f"{name} must be one row of whole numbers, got {array.dtype} of shape {array.shape}")
    if pointers.size != n_rows + 1:
        raise _malformed(f"indptr has {pointers.size} entries, not {n_rows + 1}")
    if pointers[0] != 0 or bool((pointers[1:] < pointers[:-1]).any()):
        raise _malformed("indptr must begin with 0 and never fall")
    size = int(pointers[-1])
    n_values = data.shape[0] if data.ndim else 0
    if size > min(indices.size, n_values):
        raise _malformed(f"indptr ends at {size}, beyond its {indices.size} indices or {n_values} values")
    indices, data = indices[:size], data[:size]
    if size and not 0 <= int(indices.min()) <= int(indices.max()) < n_columns:
        raise _malformed(f"indices must lie in [0, {n_columns - 1}], got {indices.min()} to {indices.max()}")
    return pointers, indices, data


def _malformed(problem: str) -> InvalidGraphError:
    return InvalidGraphError(f"matrix is malformed: {problem}; build it again with SciPy", argument="matrix")
