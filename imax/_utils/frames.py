"""Data frames of other libraries from columns: results in the kind of table that the caller passed."""

from typing import Any

from ..errors import InvalidArgumentError, MissingDependencyError
from .check import one_of
from .tables import is_table, library_of

__all__ = ["BACKENDS", "backend_of", "frame_of"]

BACKENDS = ("pandas", "polars", "polars-lazy", "pyarrow")


def backend_of(table: Any) -> str:
    """Return the backend whose frames are of the same kind as a table.

    Returns
    -------
    str
        A member of `BACKENDS`: ``"pandas"`` for anything that is not a table; ``"pyarrow"`` for DuckDB and other
        objects with the Arrow C stream interface.

    Examples
    --------
    >>> backend_of([1, 2])
    'pandas'
    """
    if not is_table(table):
        return "pandas"
    library = library_of(table)
    if library == "polars":
        return "polars-lazy" if hasattr(table, "collect") else "polars"
    return "pandas" if library in ("pandas", "numpy") else "pyarrow"


def frame_of(columns: dict[str, Any], backend: str = "pandas") -> Any:
    """Return columns as a data frame.

    Parameters
    ----------
    columns : dict of str to (list or numpy.ndarray)
        Columns of the same length.
    backend : {"pandas", "polars", "polars-lazy", "pyarrow"}, default "pandas"
        The kind of frame: `pandas.DataFrame`, `polars.DataFrame`, `polars.LazyFrame` or `pyarrow.Table`.

    Raises
    ------
    InvalidArgumentError
        If `backend` is not one of these, or a column mixes types, which only pandas accepts.
    MissingDependencyError
        If the library is not installed.
    """
    make = {"pandas": _pandas, "polars": _polars, "polars-lazy": _polars, "pyarrow": _pyarrow}
    one_of(backend, "backend", BACKENDS)
    try:
        frame = make[backend](columns)
    except ImportError:
        library = backend.partition("-")[0]
        raise MissingDependencyError(
            f"to_frame needs {library}: pip install 'influence-maximization[frames]'"
        ) from None
    except (TypeError, ValueError) as error:  # also errors of pyarrow, which are subclasses
        raise InvalidArgumentError(
            f"backend {backend!r} cannot represent these columns ({' '.join(str(error).split())[:200]}); use "
            "backend='pandas'",
            argument="backend",
        ) from None
    return frame.lazy() if backend == "polars-lazy" else frame


def _pandas(columns: dict[str, Any]) -> Any:
    import pandas as pd

    return pd.DataFrame(columns)


def _polars(columns: dict[str, Any]) -> Any:
    import polars as pl

    return pl.DataFrame(columns)


def _pyarrow(columns: dict[str, Any]) -> Any:
    import pyarrow as pa

    return pa.table({name: list(column) if isinstance(column, range) else column for name, column in columns.items()})
