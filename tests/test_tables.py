"""Tables of other libraries, through one function."""

import datetime
import sys

import numpy as np
import pytest

from imax._utils.tables import column_names, columns_of, has_missing, is_table, values_of
from imax.errors import InvalidArgumentError, MissingDependencyError

pd = pytest.importorskip("pandas")
pl = pytest.importorskip("polars")
pa = pytest.importorskip("pyarrow")
duckdb = pytest.importorskip("duckdb")

NAMES = ["ann", None, "cid"]
NUMBERS = [3, 1, 2]
COLUMNS = {"who": NAMES, "n": NUMBERS, "share": [0.5, 1.0, 2.0], "maybe": [1, None, 3]}


class Stream:
    """An object with nothing but the Arrow C stream interface."""

    def __init__(self, table):
        self.table = table

    def __arrow_c_stream__(self, requested_schema=None):
        return self.table.__arrow_c_stream__(requested_schema)


def duck():
    connection = duckdb.connect()
    connection.register("people", pa.table(COLUMNS))
    return connection.sql("select who, n, share, maybe from people")


TABLES = {
    "pandas": lambda: pd.DataFrame(COLUMNS | {"maybe": pd.array([1, None, 3], dtype="Int64")}),
    "polars": lambda: pl.DataFrame(COLUMNS),
    "polars-lazy": lambda: pl.DataFrame(COLUMNS).lazy(),
    "pyarrow": lambda: pa.table(COLUMNS),
    "batch": lambda: pa.record_batch(COLUMNS),
    "reader": lambda: pa.table(COLUMNS).to_reader(),
    "duckdb": duck,
    "stream": lambda: Stream(pa.table(COLUMNS)),
    "dict": lambda: dict(COLUMNS),
}


@pytest.mark.parametrize("kind", TABLES)
def test_every_table_gives_the_same_columns(kind):
    table = TABLES[kind]()
    assert is_table(table) == (kind != "dict")
    found = columns_of(table, {"a": "who", "b": 1, "c": "share", "d": -1, "e": "who"})
    assert list(found) == ["a", "b", "c", "d", "e"]
    assert found["a"] == found["e"] == NAMES
    assert found["b"].tolist() == NUMBERS
    assert found["b"].dtype.kind == "i"
    assert np.asarray(found["c"]).tolist() == [0.5, 1.0, 2.0]
    assert found["d"] == [1, None, 3]


@pytest.mark.parametrize("kind", sorted(set(TABLES) - {"reader"}))
def test_names_of_columns(kind):
    assert column_names(TABLES[kind]()) == list(COLUMNS)


def test_structured_array():
    table = np.array([("ann", 1), ("bob", 2)], dtype=[("who", "U8"), ("n", int)])
    assert is_table(table)
    assert columns_of(table, {"x": "who"}) == {"x": ["ann", "bob"]}
    assert column_names(table) == ["who", "n"]


@pytest.mark.parametrize(
    "column", [pd.Series([1]), pl.Series([1]), pa.array([1]), pa.chunked_array([[1]]), np.ones(1), [1], "text", 3]
)
def test_a_column_or_a_scalar_is_no_table(column):
    assert not is_table(column)
    with pytest.raises(InvalidArgumentError, match=r"^frame must be a table .*Arrow C stream"):
        columns_of(column, {"source": 0})


def test_columns_that_do_not_exist():
    for table in (pd.DataFrame(COLUMNS), pl.DataFrame(COLUMNS), COLUMNS):
        for column in ("where", 4, -5, True):
            with pytest.raises(InvalidArgumentError, match=r"^source must be one of the columns 'who', 'n'") as caught:
                columns_of(table, {"source": column})
            assert caught.value.argument == "source"
    twice = pd.DataFrame([[1, 2]], columns=["a", "a"])
    with pytest.raises(InvalidArgumentError, match="2 columns have the name 'a'"):
        columns_of(twice, {"source": "a"})
    assert columns_of(twice, {"source": 1})["source"].tolist() == [2]
    with pytest.raises(InvalidArgumentError, match=r"columns differ in length \('a' 1, 'b' 2\)"):
        columns_of({"a": [1], "b": [1, 2]}, {"x": "a", "y": "b"})


def test_a_stream_that_is_no_table():
    with pytest.raises(InvalidArgumentError, match="Stream is no table"):
        columns_of(Stream(pa.chunked_array([[1]])), {"x": 0})


def test_pandas_needs_no_pyarrow(monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    frame = pd.DataFrame({"who": pd.Series(["a", None], dtype=object), "n": [1, 2]})
    assert columns_of(frame, {"x": "who"}) == {"x": ["a", None]}
    with pytest.raises(MissingDependencyError, match="Stream needs pyarrow: pip install"):
        columns_of(Stream(None), {"x": 0})


DAY = datetime.date(2024, 2, 29)
NOON = datetime.datetime(2024, 2, 29, 12, tzinfo=None)


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        (pd.Series(["a", None]), ["a", None]),
        (pd.Series(["a", "b"], dtype="category"), ["a", "b"]),
        (pd.Series([1, 2], dtype="Int64"), [1, 2]),
        (pd.Series([True, None], dtype="boolean"), [True, None]),
        (pd.Series([1, "2", None], dtype=object), [1, "2", None]),
        (pd.Series([NOON]), [pd.Timestamp(NOON)]),
        (pd.Index([3, 1]), [3, 1]),
        (pd.MultiIndex.from_tuples([("a", 1)]), [("a", 1)]),
        (pl.Series(["a", "b"], dtype=pl.Categorical), ["a", "b"]),
        (pl.Series([True, False]), [True, False]),
        (pl.Series([DAY]), [DAY]),
        (pa.array(["a", "a"]).dictionary_encode(), ["a", "a"]),
        (pa.array([True, False]), [True, False]),
        (np.array(["a", "b"]), ["a", "b"]),
        (np.array([1, np.nan, "x"], dtype=object), [1, None, "x"]),
        (np.ma.array([1, 2], mask=[False, True]), [1, None]),
        (np.array(["2024-02-29"], dtype="datetime64[D]"), [np.datetime64("2024-02-29")]),
        ([2**70, 1], [2**70, 1]),
        (range(3), [0, 1, 2]),
        ([True, 1], [True, 1]),
        ([np.int64(3), "a"], [3, "a"]),
        ([], []),
    ],
)
def test_values_of_columns(column, expected):
    found = values_of(column)
    values = found.tolist() if isinstance(found, np.ndarray) else found
    assert values == expected
    assert [type(value) for value in values] == [type(value) for value in expected]


def test_missing_cells():
    assert has_missing(np.array([1, 2])).tolist() == [False, False]
    assert has_missing([1, None]).tolist() == [False, True]
