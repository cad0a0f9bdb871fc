"""Tables and columns of other libraries as NumPy arrays and lists: pandas, Polars, pyarrow, DuckDB, Arrow streams."""

import math
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ..errors import InvalidArgumentError, MissingDependencyError

__all__ = ["Column", "column_names", "columns_of", "has_missing", "is_table", "library_of", "values_of"]

Column: TypeAlias = NDArray[Any] | list[Any]

_PLAIN = "biuf"  # kinds of arrays that stay arrays
_SHOWN = 10  # names of columns in a message


def library_of(value: Any) -> str:
    """Return the top-level module that the class of a value comes from.

    >>> library_of(np.zeros(1)), library_of(3)
    ('numpy', 'builtins')
    """
    return type(value).__module__.partition(".")[0].lstrip("_")


def is_table(value: Any) -> bool:
    """Whether a value is a table with named columns. A dict is not: its keys may be labels of nodes.

    Tables are data frames of pandas and Polars (also lazy ones), tables, batches and readers of pyarrow, relations of
    DuckDB, structured NumPy arrays and other objects that implement the Arrow C stream interface.

    >>> is_table(np.zeros(1, dtype=[("node", int)])), is_table({"node": [1]})
    (True, False)
    """
    kind, library = type(value), library_of(value)
    if isinstance(value, np.ndarray):
        return value.dtype.names is not None
    if library == "duckdb":
        return hasattr(value, "columns")
    if library == "polars" and hasattr(value, "collect_schema"):
        return True
    if hasattr(kind, "dtype") or (library == "pyarrow" and hasattr(kind, "type")):  # a single column
        return False
    return hasattr(value, "__arrow_c_stream__") or (library == "pandas" and hasattr(value, "columns"))


def column_names(table: Any) -> list[Any]:
    """Return the names of the columns of a table, or the keys of a dict of columns."""
    if isinstance(table, Mapping):
        return list(table)
    if isinstance(table, np.ndarray):
        return list(table.dtype.names or ())
    if library_of(table) == "polars":
        return list(table.collect_schema().names())
    if library_of(table) in ("pandas", "duckdb"):
        return list(table.columns)
    return list(_arrow(table).schema.names)


def columns_of(table: Any, columns: Mapping[str, int | str], *, argument: str = "frame") -> dict[str, Column]:
    """Return some columns of a table.

    Parameters
    ----------
    table : table or dict of columns
        A table in the sense of `is_table`, or a dict from names to columns of the same length.
    columns : dict of str to (int or str)
        The requested columns by the arguments that name them, as in ``{"source": "from", "target": 1}``: a name, or a
        position if no column has that name.
    argument : str, default "frame"
        The argument that holds the table, for messages.

    Returns
    -------
    dict of str to (numpy.ndarray or list)
        The columns by the same keys. A column of numbers or truth values without missing cells is an array (NaN is
        a number here). Any other column is a list of Python objects, in which missing cells are None.

    Raises
    ------
    InvalidArgumentError
        If `table` is not a table, a column does not exist, a name is ambiguous, or the columns of a dict differ in
        length.
    MissingDependencyError
        If the table can only be read through pyarrow, which is missing.

    Examples
    --------
    >>> columns_of({"from": ["ann", None], "to": [1, 2]}, {"source": "from", "target": 1})
    {'source': ['ann', None], 'target': array([1, 2])}
    """
    if not (is_table(table) or isinstance(table, Mapping)):
        raise InvalidArgumentError(
            f"{argument} must be a table (pandas, Polars, pyarrow, DuckDB, or an object with the Arrow C stream "
            f"interface), got {type(table).__name__}",
            argument=argument,
        )
    if not isinstance(table, (Mapping, np.ndarray)) and library_of(table) not in ("pandas", "polars", "duckdb"):
        table = _arrow(table)
    names = column_names(table)
    places = {key: _place(names, column, key) for key, column in columns.items()}
    found = _read(table, names, places)
    if len({len(column) for column in found.values()}) > 1:
        sizes = ", ".join(f"{names[places[key]]!r} {len(column)}" for key, column in found.items())
        raise InvalidArgumentError(f"{argument}: the columns differ in length ({sizes})", argument=argument)
    return found


def values_of(column: Any) -> Column:
    """Return one column of any library in the form that `columns_of` returns.

    >>> values_of(("a", float("nan"))), values_of(np.array([1.5]))
    (['a', None], array([1.5]))
    """
    by_library = {"pandas": _pandas, "polars": _polars, "pyarrow": _arrow_column}
    read = by_library.get(library_of(column))
    if read is not None:
        return read(column)
    if isinstance(column, np.ndarray):
        return _objects(column.tolist()) if isinstance(column, np.ma.MaskedArray) else _array(column)
    values = list(column)
    if values and all(isinstance(value, (int, np.integer)) and not isinstance(value, bool) for value in values):
        array = np.array(values)
        return array if array.dtype.kind == "i" else values
    return _objects(values)


def has_missing(column: Column) -> NDArray[np.bool_]:
    """Return which cells of a column are missing: None, or NaN.

    >>> has_missing(["a", None]).tolist(), has_missing(np.array([1.0, np.nan])).tolist()
    ([False, True], [False, True])
    """
    if isinstance(column, np.ndarray):
        return np.isnan(column) if column.dtype.kind == "f" else np.zeros(column.size, dtype=np.bool_)
    return np.fromiter((value is None for value in column), np.bool_, len(column))


def _place(names: list[Any], column: int | str, argument: str) -> int:
    """Return the position of a column, given by its name or position."""
    count = names.count(column)
    if count == 1:
        return names.index(column)
    shown = f"{', '.join(map(repr, names[:_SHOWN]))}{', ...' if len(names) > _SHOWN else ''}"
    if count:
        raise InvalidArgumentError(
            f"{argument}: {count} columns have the name {column!r} (of {shown}); rename them", argument=argument
        )
    if isinstance(column, int) and not isinstance(column, bool) and -len(names) <= column < len(names):
        return column % len(names)
    raise InvalidArgumentError(
        f"{argument} must be one of the columns {shown or '(none)'}, or a position; got {column!r}", argument=argument
    )


def _read(table: Any, names: list[Any], places: dict[str, int]) -> dict[str, Column]:
    """Return the columns at some positions, by key. Only these columns are read."""
    library = library_of(table)
    if isinstance(table, (Mapping, np.ndarray)):
        return {key: values_of(table[names[place]]) for key, place in places.items()}
    if library == "pandas":
        return {key: _pandas(table.iloc[:, place]) for key, place in places.items()}
    wanted = list(dict.fromkeys(places.values()))
    if library == "polars":
        frame = table.select([names[place] for place in wanted])
        frame = frame.collect() if hasattr(frame, "collect") else frame
        by_place = {place: values_of(frame[names[place]]) for place in wanted}
        return {key: by_place[place] for key, place in places.items()}
    wanted_at: Sequence[int] = wanted
    if library == "duckdb":
        quoted = [names[place].replace('"', '""') for place in wanted]
        table, wanted_at = _arrow(table.project(", ".join(f'"{name}"' for name in quoted))), range(len(wanted))
    whole = table.read_all() if hasattr(table, "read_all") else table
    by_place = {place: _arrow_column(whole.column(at)) for place, at in zip(wanted, wanted_at, strict=True)}
    return {key: by_place[place] for key, place in places.items()}


def _arrow(table: Any) -> Any:
    """Return a table of pyarrow unchanged, and a reader of the Arrow stream of another object."""
    if library_of(table) == "pyarrow":
        return table
    try:
        import pyarrow as pa
    except ImportError:
        raise MissingDependencyError(
            f"a table of the type {type(table).__name__} needs pyarrow: pip install 'influence-maximization[frames]'"
        ) from None
    try:
        return pa.RecordBatchReader.from_stream(table)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise InvalidArgumentError(
            f"the Arrow stream of the type {type(table).__name__} is no table: {' '.join(str(error).split())}"
        ) from None


def _arrow_column(column: Any) -> Column:
    import pyarrow as pa

    kind = column.type
    if pa.types.is_dictionary(kind):
        column = column.cast(kind.value_type)
        kind = column.type
    plain = pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_boolean(kind)
    if plain and not column.null_count:
        chunked = isinstance(column, pa.ChunkedArray)
        return _array(column.to_numpy() if chunked else column.to_numpy(zero_copy_only=False))
    return _objects(column.to_pylist())


def _polars(series: Any) -> Column:
    """Return the values of a Polars Series."""
    plain = series.dtype.is_numeric() and not series.dtype.is_decimal() and not series.null_count()
    return _array(series.to_numpy()) if plain else _objects(series.to_list())


def _pandas(series: Any) -> Column:
    """Return the values of a pandas Series or Index."""
    if hasattr(series, "levels"):  # an index of tuples
        return list(series)
    if isinstance(series.dtype, np.dtype) and series.dtype.kind in _PLAIN:
        return _array(series.to_numpy())
    missing = np.asarray(series.isna())
    if not missing.any() and getattr(series.dtype, "kind", "O") in _PLAIN:  # integers that may be missing
        return _array(np.asarray(series.to_numpy()))
    values = series.astype(object).tolist()
    return [None if absent else value for value, absent in zip(values, missing.tolist(), strict=True)]


def _array(array: NDArray[Any]) -> Column:
    """Return a column of numbers as an array, any other as a list."""
    if array.dtype.kind in _PLAIN:
        return array
    if array.dtype.kind in "mM":
        return _objects(list(array))  # tolist would return integers
    return _objects(array.tolist())


def _objects(values: list[Any]) -> list[Any]:
    """Return a list with None for missing values, and Python numbers for NumPy's."""
    plain = (value.item() if isinstance(value, (np.number, np.bool_)) else value for value in values)
    return [None if isinstance(value, float) and math.isnan(value) else value for value in plain]
