"""Costs, groups, weights and lists of nodes from tables of users: aligned by label, with counts of what is missing."""

import json
import random
import sys
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numba import config

import imax
from imax import InfluenceGraph, maximize
from imax.errors import FileFormatError, InvalidArgumentError, NoSuchFileError, UnknownNodeError
from imax.io import read_labels, read_node_texts, read_node_values
from imax.io.node_columns import file_columns
from imax.io.node_reader import NodeReader

from .test_cli import fails, run

JIT = not config.DISABLE_JIT
compiled = pytest.mark.skipif(not JIT, reason="many selections, which take long without the compiler")
pd = pytest.importorskip("pandas")
pl = pytest.importorskip("polars")
pa = pytest.importorskip("pyarrow")
duckdb = pytest.importorskip("duckdb")

PEOPLE = ["ann", "bob", "cid", "dot", "eve"]
COSTS = {"eve": 5.0, "cid": 3.0, "ann": 1.0, "dot": 4.0, "bob": 2.0}
QUICK = {"rng": 1, "epsilon": 0.4, "delta": 0.1}


def friends():
    """Return a graph of five people."""
    return InfluenceGraph.from_edges([("ann", "bob"), ("ann", "cid"), ("dot", "eve"), ("bob", "cid")])


def read(given, method="costs", graph=None, **options):
    """Return values by label and the notes of the reader."""
    graph = friends() if graph is None else graph
    reader = NodeReader(graph, **options)
    values = getattr(reader, method)(given)
    return dict(zip(graph.nodes(), values[graph.rank].tolist(), strict=True)), reader


def duck(columns):
    connection = duckdb.connect()
    connection.register("users", pa.table(columns))
    return connection.sql("select * from users")


def containers(values):
    """Return the same values by label in every container with labels."""
    columns = {"person": list(values), "amount": list(values.values())}
    frame = pd.DataFrame(columns)
    return {
        "dict": dict(values),
        "series": pd.Series(values),
        "indexed": frame.set_index("person"),
        "one column": pd.DataFrame({"amount": list(values.values())}, index=list(values)),
        "pandas": frame,
        "swapped": frame.rename(columns={"amount": "cost"})[["cost", "person"]],
        "polars": pl.DataFrame(columns),
        "lazy": pl.DataFrame(columns).lazy(),
        "pyarrow": pa.table(columns),
        "duckdb": duck(columns),
        "named": (pd.DataFrame({"x": 0, **columns}), "person", "amount"),
        "places": (pl.DataFrame({"x": [0] * len(values), **columns}), 1, -1),
        "dict of columns": ({"x": [0] * len(values), **columns}, "person", "amount"),
        "well-known names": pd.DataFrame({"x": 0, "user_id": list(values), "cost": list(values.values())}),
    }


@pytest.mark.parametrize("kind", containers(COSTS))
def test_every_container_with_labels_is_aligned_by_label(kind):
    values, reader = read(containers(COSTS)[kind])
    assert values == COSTS
    assert reader.notes == (["costs: the labels are in the column 'user_id', the values in 'cost'"]
                            if kind == "well-known names" else [])  # fmt: skip


@pytest.mark.parametrize(
    "values", [[1.0, 2.0, 3.0, 4.0, 5.0], (1, 2, 3, 4, 5), np.arange(1, 6), pl.Series([1, 2, 3, 4, 5]),
               pa.array([1, 2, 3, 4, 5]), pa.chunked_array([[1, 2, 3], [4, 5]]), range(1, 6)]
)  # fmt: skip
def test_a_sequence_is_in_the_order_of_the_nodes(values):
    assert friends().nodes() == PEOPLE
    assert read(values)[0] == COSTS
    with pytest.raises(
        InvalidArgumentError, match=r"costs must have one value per node, shape \(5,\), got shape \(4,\)"
    ):
        read(values[:4])


def test_a_sorted_series_buys_what_the_budget_pays_for():
    """The values were once read by position, so that the index was ignored."""
    costs = pd.Series({"ann": 9.0, "bob": 9.0, "cid": 9.0, "dot": 1.0, "eve": 9.0}).sort_values()
    for order in (costs, costs.iloc[::-1]):
        result = maximize(friends(), costs=order, budget=5, **QUICK)
        assert (result.seeds, result.total_cost, result.notes) == (["dot"], 1.0, [])
    land = pd.Series({"dot": "DE", "eve": "DE", "ann": "FR", "bob": "FR", "cid": "FR"})
    chosen = maximize(friends(), 2, groups=land, quotas=pd.Series({"DE": 0, "FR": 2}), **QUICK)
    assert set(chosen.seeds) <= {"ann", "bob", "cid"}
    weights = pd.DataFrame({"weight": [8.0, 1, 1, 1, 1], "person": ["eve", "dot", "ann", "bob", "cid"]})
    assert maximize(friends(), 1, node_weights=weights, **QUICK).seeds == ["dot"]


def test_the_default_index_of_pandas_is_no_label():
    values = pd.Series([1.0, 2, 3, 4, 5])
    message = (
        r"^costs is a pandas Series with the default index 0 to 4, but the graph has other nodes \(its nodes are "
        r"'ann', 'bob', 'cid', ...\); set the index to the labels, as in frame.set_index\('NODE'\)\['VALUE'\], or pass "
        r"costs.to_numpy\(\)"
    )
    for option in ("error", "drop", "default"):
        with pytest.raises(InvalidArgumentError, match=message):
            read(values, on_missing=option)
    gaps = InfluenceGraph.from_edges([(0, 1), (1, 3)])
    with pytest.raises(InvalidArgumentError, match="the default index 0 to 2"):
        read(values[:3], graph=gaps)
    with pytest.raises(InvalidArgumentError, match="the default index 0 to 4"):
        read(values, graph=gaps, on_missing="drop")
    named = values.rename_axis("user")  # a name says that the index has the labels
    assert read(named, graph=gaps, on_missing="drop")[0] == {0: 1.0, 1: 2.0, 3: 4.0}
    mixed = InfluenceGraph.from_edges([(2, 0), (0, 1)], nodes=[2, 0, 1])
    assert read(values[:3], graph=mixed)[0] == {2: 3.0, 0: 1.0, 1: 2.0}


NEITHER = {
    "set": {1.0, 2.0},
    "generator": (x for x in range(5)),
    "number": 1.0,
    "bytes": b"12345",
}


@pytest.mark.parametrize("kind", NEITHER)
def test_other_containers_are_errors(kind):
    with pytest.raises(InvalidArgumentError, match="costs must be a mapping, a pandas Series or a table"):
        read(NEITHER[kind])


def test_values_that_are_no_numbers():
    with pytest.raises(InvalidArgumentError, match="costs of node 'ann' must be a number, got 'much'"):
        read(dict.fromkeys(PEOPLE, "much"))
    with pytest.raises(InvalidArgumentError, match=r"shape \(5,\), got shape \(5, 2\)"):
        read(np.ones((5, 2)))
    with pytest.raises(
        InvalidArgumentError, match=r"costs of node 'bob' is -1.0; costs must be finite and not negative"
    ):
        read({**COSTS, "bob": -1})
    with pytest.raises(
        InvalidArgumentError, match=r"acceptance of node 'bob' is 2.0; acceptance must be between 0 and 1"
    ):
        read({**COSTS, "ann": 1, "bob": 2}, "acceptance")
    with pytest.raises(InvalidArgumentError, match="groups must be hashable"):
        read({name: [] for name in PEOPLE}, "groups")


# -- more and fewer people than the graph --------------------------------------------------------------------------

FEWER = {"ann": 1.0, "cid": 3.0, "dot": 4.0}
MORE = {**COSTS, "zoe": 9.0, "yan": 8.0}


@pytest.mark.parametrize("kind", ["dict", "series", "polars", "pyarrow"])
def test_missing_people(kind):
    with pytest.raises(InvalidArgumentError) as caught:
        read(containers(FEWER)[kind])
    assert str(caught.value) == (
        "costs lacks 2 of 5 nodes ('bob', 'eve'); give each a cost, or use on_missing=\"drop\" (such nodes cannot be "
        "chosen)"
    )
    for option in ("drop", "default"):
        values, reader = read(containers(FEWER)[kind], on_missing=option)
        assert values == {**FEWER, "bob": 0.0, "eve": 0.0}
        assert {reader.graph.labels_of([i])[0] for i in np.flatnonzero(reader.dropped)} == {"bob", "eve"}
        assert reader.notes == ["costs: 2 of 5 nodes have no cost and cannot be chosen ('bob', 'eve')"]


@pytest.mark.parametrize("kind", ["dict", "series", "polars", "pyarrow"])
def test_people_who_are_not_in_the_graph(kind):
    with pytest.raises(UnknownNodeError) as caught:
        read(containers(MORE)[kind])
    assert str(caught.value) == (
        "costs: 'zoe' is not a node of the graph (its nodes are 'ann', 'bob', 'cid', ...), nor is 1 other of its 7 "
        "labels ('yan'); remove them, or use on_missing=\"drop\" to ignore such labels"
    )
    assert caught.value.argument == "costs"
    values, reader = read(containers(MORE)[kind], on_missing="drop")
    assert values == COSTS
    assert reader.notes == ["costs: 2 of 7 labels are not in the graph and are ignored ('zoe', 'yan')"]


def test_what_a_missing_value_means():
    weights, reader = read(FEWER, "node_weights", on_missing="drop")
    assert (weights["bob"], reader.notes) == (
        0.0,
        ["node_weights: 2 of 5 nodes have no weight and count 0 ('bob', 'eve')"],
    )
    weights, reader = read(FEWER, "node_weights", on_missing="default")
    assert (weights["bob"], reader.notes) == (
        1.0,
        ["node_weights: 2 of 5 nodes have no weight and count 1 ('bob', 'eve')"],
    )
    likely = {"ann": 0.5}
    assert read(likely, "acceptance", on_missing="default")[0] == {**dict.fromkeys(PEOPLE, 1.0), "ann": 0.5}
    assert read(likely, "acceptance", on_missing="drop")[0] == {**dict.fromkeys(PEOPLE, 0.0), "ann": 0.5}
    teams = {"ann": "x", "bob": None, "cid": "x"}
    for option in ("drop", "default"):
        reader = NodeReader(friends(), option)
        numbers, names = reader.groups(teams)
        assert numbers[reader.graph.rank].tolist() == [0, -1, 0, -1, -1]
        assert names == ["x"]
        assert reader.dropped.sum() == (2 if option == "drop" else 0)  # None says that Bob has no group
    with pytest.raises(InvalidArgumentError, match=r'or on_missing="default" \(such nodes are limited by no quota\)'):
        NodeReader(friends()).groups(teams)
    with pytest.raises(InvalidArgumentError, match="on_missing must be one of error, drop, default"):
        NodeReader(friends(), "ignore")
    with pytest.raises(UnknownNodeError, match=r"'zoe' is not a node .*, nor is any other of its labels"):
        read({"zoe": 1.0, "yan": 1.0}, on_missing="drop")


def test_cells_without_a_value():
    for empty in (None, float("nan"), pd.NA):
        frame = pd.DataFrame({"who": PEOPLE, "cost": pd.Series([1, 2, empty, 4, 5], dtype="Float64")})
        values, reader = read(frame, on_missing="drop")
        assert reader.notes == ["costs: 1 of 5 nodes have no cost and cannot be chosen ('cid')"]
        assert values["dot"] == 4.0
    _, reader = read(pl.DataFrame({"who": [*PEOPLE, None], "cost": [1, 2, 3, 4, 5, 6]}), on_missing="drop")
    assert reader.notes == ["costs: 1 of 6 labels are not in the graph and are ignored (None)"]


def test_a_label_with_two_values():
    frame = pd.DataFrame({"who": [*PEOPLE, "bob"], "cost": [1, 2, 3, 4, 5, 2]})
    assert read(frame)[0] == COSTS
    frame.loc[5, "cost"] = 7
    for option in ("error", "drop"):
        with pytest.raises(InvalidArgumentError, match=r"^costs: the node 'bob' is listed twice, with"):
            read(frame, on_missing=option)
        with pytest.raises(InvalidArgumentError, match=r"^groups: the node 'bob' is listed twice, with"):
            read(frame, "groups", on_missing=option)


def test_labels_of_another_type():
    texts = InfluenceGraph.from_edges([("1", "2"), ("2", "a")])
    numbers = InfluenceGraph.from_edges([(1, 2), (2, 3)])
    for graph, labels, found in ((texts, [1, 2, "a"], "int"), (texts, [1.0, 2.0, 3.5], "float"),
                                 (numbers, ["1", "2", "3"], "str"), (numbers, [1, 2, "3"], "str")):  # fmt: skip
        wanted = "str" if graph is texts else "int"
        values = pd.Series([1.0, 2.0, 3.0], index=pd.Index(labels, dtype=object))
        for option in ("error", "drop"):
            message = f"the label is of the type {found}, and the graph has .* of the type {wanted}; convert the labels"
            with pytest.raises(UnknownNodeError, match=message):
                read(values, graph=graph, on_missing=option)
            with pytest.raises(UnknownNodeError, match=message):
                NodeReader(graph, option).nodes(labels, "exclude")
    small = pd.Series([1.0, 2.0, 3.0], index=np.array([3, 2, 1], dtype=np.uint8))
    assert read(small, graph=numbers)[0] == {1: 3.0, 2: 2.0, 3: 1.0}
    assert read(pd.Series([1.0, 2.0, 3.0], index=[3.0, 2.0, 1.0]), graph=numbers)[0] == {1: 3.0, 2: 2.0, 3: 1.0}


def test_which_columns():
    frame = pd.DataFrame({"email": PEOPLE, "age": range(5), "price": range(5)})
    with pytest.raises(
        InvalidArgumentError, match=r"costs: it is not certain which of the columns 'email', 'age', 'pr"
    ):
        read(frame)
    with pytest.raises(InvalidArgumentError, match=r"groups is a table with the columns 'age', 'price'; pass the one"):
        read(frame.set_index("email"), "groups")
    assert read(frame.set_index("email"))[0]["cid"] == 2.0
    with pytest.raises(InvalidArgumentError, match="labels must be one of the columns 'email'"):
        read((frame, "mail", "price"))


# -- lists ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "given",
    [["dot", "ann"], ("dot", "ann"), np.array(["dot", "ann"]), pd.Series(["dot", "ann"]), pd.Index(["dot", "ann"]),
     pl.Series(["dot", "ann"]), pa.array(["dot", "ann"]), pd.DataFrame({"who": ["dot", "ann"]}),
     pl.DataFrame({"user": ["dot", "ann"], "n": [1, 2]}), (pa.table({"n": [1, 2], "who": ["dot", "ann"]}), "who"),
     iter(["dot", "ann"]), InfluenceGraph.from_edges([("dot", "ann")]).to_networkx().nodes],
    ids=lambda value: type(value).__name__,
)  # fmt: skip
def test_lists_of_nodes(given):
    reader = NodeReader(friends())
    assert reader.graph.labels_of(reader.nodes(given, "exclude")) == ["dot", "ann"]


def test_lists_that_are_none():
    reader = NodeReader(friends())
    assert reader.nodes(None, "exclude") is None
    for value, message in (
        ("ann", "exclude must be an iterable of labels, got the text 'ann'; put a single label into a list"),
        ({"ann": False}, "exclude must be an iterable of labels, got a mapping; for its keys pass list"),
        (pd.Series({"ann": True}), "exclude must be labels, got truth values; for a pandas Series"),
        (np.ones(5, dtype=bool), "exclude must be labels, got truth values"),
        (5, "exclude must be an iterable of labels, got 5"),
        (pd.DataFrame({"a": [1], "b": [2]}), r"exclude is a table with the columns 'a', 'b'; name the one"),
    ):
        with pytest.raises(InvalidArgumentError, match=message) as caught:
            reader.nodes(value, "exclude")
        assert caught.value.argument == "exclude"
    blocked = NodeReader(friends(), "drop")
    assert blocked.graph.labels_of(blocked.nodes(["zoe", "bob"], "exclude")) == ["bob"]
    assert blocked.notes == ["exclude: 1 of 2 labels are not in the graph and are ignored ('zoe')"]


# -- files ---------------------------------------------------------------------------------------------------------

USERS = 'email,age,cost,country\nann,31,1,DE\neve,40,5,FR\ncid,22,3,FR\n"dot",19,4,\nbob,55,2,DE\n'


@pytest.fixture
def users(tmp_path):
    """Return files with the same table, by format."""
    columns = {"email": ["ann", "eve", "cid", "dot", "bob"], "age": [31, 40, 22, 19, 55], "cost": [1, 5, 3, 4, 2],
               "country": ["DE", "FR", "FR", None, "DE"]}  # fmt: skip
    files = {"csv": USERS, "tsv": USERS.replace(",", "\t"), "semicolons": USERS.replace(",", ";"),
             "jsonl": pd.DataFrame(columns).to_json(orient="records", lines=True),
             "windows": "\ufeff# users\r\n" + USERS.replace("\n", "\r\n")}  # fmt: skip
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8", newline="")
    pl.DataFrame(columns).write_parquet(tmp_path / "parquet")
    return tmp_path


@pytest.mark.parametrize("name", ["csv", "tsv", "semicolons", "jsonl", "windows", "parquet"])
def test_columns_of_files(users, name):
    for columns in ("email:cost", "1:3"):
        for file in (Path(f"{users / name}:{columns}"), f"{users / name}:{columns}"):
            values, reader = read(file)
            assert values == COSTS
            head = name not in ("jsonl", "parquet") and columns == "1:3"
            assert len(reader.notes) == head  # the header is recognized, and said
    assert read((users / name, "email", 2))[0] == COSTS
    numbers, names = NodeReader(friends()).groups(f"{users / name}:email:country")
    assert names == ["DE", "FR"]
    assert sorted(numbers.tolist()) == [-1, 0, 0, 1, 1]
    reader = NodeReader(friends())
    assert len(reader.nodes(f"{users / name}:email", "exclude")) == 5
    assert len(reader.nodes((users / name, "email"), "exclude")) == 5
    with pytest.raises(FileFormatError, match="the column 'mail' is missing; it has 'email', 'age', 'cost', 'country'"):
        read(f"{users / name}:mail:cost")
    with pytest.raises(FileFormatError, match="which of the columns 'email', 'age', 'cost', 'country' has the labels"):
        read(users / name)
    with pytest.raises(FileFormatError, match="one column is not enough"):
        read(Path(f"{users / name}:cost"))


def test_colons_in_names_of_files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = Path("C:users.csv")
    path.write_text(USERS)
    assert file_columns(path, 2) == ("C:users.csv", ())
    assert file_columns("C:users.csv:email:cost", 2) == ("C:users.csv", ("email", "cost"))
    assert file_columns("-:a:b", 2) == ("-", ("a", "b"))
    assert file_columns("no:such:file", 2) == ("no:such:file", ())
    assert file_columns("a\0b:c", 1) == ("a\0b:c", ())
    assert read("C:users.csv:email:cost")[0] == COSTS
    with pytest.raises(NoSuchFileError):
        read(Path("users.csv:email:cost"))
    with pytest.raises(InvalidArgumentError, match="is neither a file nor an attribute"):
        read("users.csv:email:cost")


def put(tmp_path, text):
    path = tmp_path / "users.txt"
    path.write_text(text)
    return path


def test_headers_of_files_without_named_columns(tmp_path):
    plain = "".join(f"{name},{cost}\n" for name, cost in COSTS.items())
    values, reader = read(put(tmp_path, "who,how much\n" + plain))
    assert values == COSTS
    assert reader.notes == [f"{tmp_path / 'users.txt'}: the first line is read as a header ('who', 'how much')"]
    values, reader = read(put(tmp_path, "user,age,cost\n" + plain.replace(",", ",9,").replace("ann", '"ann"')))
    assert values == COSTS
    assert "the labels are in the column 'user', the values in 'cost'" in reader.notes[0]
    assert read(put(tmp_path, plain.replace("ann", '"ann"')))[0] == COSTS
    reader = NodeReader(friends())
    assert len(reader.nodes(put(tmp_path, "email\nann\nbob\n"), "exclude")) == 2
    assert "read as a header ('email')" in reader.notes[0]
    assert len(reader.nodes(put(tmp_path, "user,n\nann,1\nbob,2\n"), "exclude")) == 2
    with pytest.raises(UnknownNodeError, match=r"users.txt:1: node 'Zoë' is not a node"):
        reader.nodes(put(tmp_path, "Zoë\nann\n"), "exclude")
    with pytest.raises(FileFormatError, match="has the columns 'Zoë', 'ann'; name the one with the labels, as in"):
        reader.nodes(put(tmp_path, "Zoë,ann\n"), "exclude")
    with pytest.raises(FileFormatError, match=r"users.txt:2: expected a label and a finite number, got 'bob,x'"):
        read(put(tmp_path, "ann,1\nbob,x\n"))
    assert NodeReader(friends(), "default").groups(put(tmp_path, "name,group\nann,x\nbob,y\n"))[1] == ["x", "y"]


def test_bad_files(tmp_path):
    for text, columns, message in (
        ("a,b\nann,1,2\n", ":a:b", r"users.txt:2: expected 2 columns, as in the first line, got 3: 'ann,1,2'"),
        ("a,b\nann,x\n", ":a:b", r"users.txt:2: expected a finite number, got 'x'"),
        ("a,b\n", ":a:b", r"users.txt has no rows"),
        ("a,a\nann,1\n", ":a:b", r"2 columns have the name 'a'"),
        ("", "", r"users.txt has no rows"),
        ('{"a": "ann", "b": true}\n', ":a:b", r"users.txt:1: expected a finite number, got 'True'"),
        ('{"a": \n', ":a:b", r"users.txt:1: not a JSON object"),
        ("ann 1\nbob 2\nbob 3\n", "", r"users.txt:3: the node 'bob' is listed twice, with different values"),
        ("ann 1\nann\n", "", r"users.txt:2: expected a label and a finite number"),
        ("PAR1", ":a:b", "the Parquet data is damaged"),
    ):
        with pytest.raises(FileFormatError, match=message):
            read(f"{put(tmp_path, text)}{columns}")
    with pytest.raises(FileFormatError, match=r"users.txt: costs lacks 4 of 5 nodes \('bob', 'cid', 'dot', 'eve'\)"):
        read(put(tmp_path, "ann 1\n"))
    with pytest.raises(
        UnknownNodeError, match=r"users.txt:2: node 'zoe' is not a node .*, nor is 1 other of its 3 labels"
    ):
        read(put(tmp_path, "ann 1\nzoe 1\nyan 1\n"))
    values, reader = read(put(tmp_path, "who;cost\nann;\nbob;2\n").as_posix() + ":who:cost", on_missing="drop")
    assert (values["bob"], reader.dropped.sum()) == (2.0, 4)


def test_labels_of_files_have_the_type_of_the_graph(tmp_path):
    texts = InfluenceGraph.from_edges([("1", "2"), ("2", "a")])
    numbers = InfluenceGraph.from_edges([(1, 2), (2, 3)])
    mixed = InfluenceGraph.from_networkx(_mixed())
    pl.DataFrame({"who": [1, 2], "cost": [5, 6]}).write_parquet(tmp_path / "ints")
    pl.DataFrame({"who": ["1", "2"], "cost": [5, 6]}).write_parquet(tmp_path / "texts")
    for name in ("ints", "texts"):
        for graph in (texts, numbers, mixed):
            values, _ = read(tmp_path / name, graph=graph, on_missing="drop")
            assert {str(label): value for label, value in values.items()}["2"] == 6.0
    assert read_labels(put(tmp_path, "2\na\n1\n"), mixed) == [2, "a", "1"]


def _mixed():
    networkx = pytest.importorskip("networkx")
    return networkx.DiGraph([("1", 2), (2, "a")])


def test_functions_of_io(users):
    graph = friends()
    assert read_labels(f"{users / 'csv'}:email", graph) == ["ann", "eve", "cid", "dot", "bob"]
    assert read_node_values(f"{users / 'csv'}:email:cost", graph).tolist() == [1.0, 2.0, 3.0, 4.0, 5.0]
    assert read_node_texts(users / "csv:email:country", graph) == {"ann": "DE", "bob": "DE", "cid": "FR", "eve": "FR"}


def test_labels_that_begin_with_a_number_sign(tmp_path):
    graph = imax.InfluenceGraph.from_edges([("ann", "#cats"), ("#cats", "bob")])
    path = tmp_path / "costs.csv"
    path.write_text("# my costs\n#cats,3\nann,1\nbob,2\n")
    assert imax.io.read_node_values(path, graph).tolist() == [1, 3, 2]
    path.write_text("id,email,cost\n#1,ann,1\n#2,bob,2\n#3,#cats,7\n# end\n")
    assert imax.io.read_node_values(f"{path}:email:cost", graph).tolist() == [1, 7, 2]
    path.write_text("#cats\n#note\n")
    assert imax.io.read_labels(path, graph) == ["#cats"]


def test_pandas_without_pyarrow(monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    assert read(pd.Series(COSTS))[0] == COSTS
    assert read(pd.DataFrame({"who": list(COSTS), "cost": list(COSTS.values())}))[0] == COSTS


# -- every function ------------------------------------------------------------------------------------------------


@compiled
def test_every_function_says_what_it_left_out():
    graph = friends()
    rules = {"exclude": ["zoe", "eve"], "on_missing": "drop", "rng": 1}
    weights = pl.DataFrame({"user": ["ann", "bob", "cid", "dot", "zoe"], "weight": [1.0, 2, 3, 4, 9]})
    noted = [
        "node_weights: 1 of 5 labels are not in the graph and are ignored ('zoe')",
        "node_weights: 1 of 5 nodes have no weight and count 0 ('eve')",
        "exclude: 1 of 2 labels are not in the graph and are ignored ('zoe')",
    ]
    for found in (
        maximize(graph, 2, node_weights=weights, epsilon=0.4, **rules),
        imax.minimize_seeds(graph, 2.0, node_weights=weights, **rules),
        imax.certify(graph, ["ann"], node_weights=weights, **rules),
        imax.curve(graph, 2, node_weights=weights, epsilon=0.4, **rules),
        imax.compare(graph, 2, ["opim-c", "ris"], node_weights=weights, n_simulations=10, **rules),
        next(imax.anytime(graph, 2, node_weights=weights, **rules)),
    ):
        assert found.notes == noted
    found = imax.spread(graph, ["ann", "zoe"], node_weights=weights, on_missing="default", n_simulations=10, rng=1)
    assert found.n_seeds == 1
    assert found.notes == [
        "seeds: 1 of 2 labels are not in the graph and are ignored ('zoe')", noted[0],
        "node_weights: 1 of 5 nodes have no weight and count 1 ('eve')",
    ]  # fmt: skip
    found = imax.certify(graph, pd.Series(["ann", "zoe"]), on_missing="drop", rng=1)
    assert (found.n_seeds, found.k, len(found.notes)) == (1, 1, 1)
    with pytest.raises(InvalidArgumentError, match="include contains 'bob', which has no cost; give it one"):
        maximize(graph, costs=FEWER, budget=5, include=["bob"], on_missing="drop")
    with pytest.raises(InvalidArgumentError, match="include contains 'eve', which has no group"):
        imax.compare(graph, 1, ["degree"], include=["eve"], on_missing="drop", groups={"ann": 1}, quotas=1)
    with pytest.raises(UnknownNodeError, match=r"'zoe' is not a node of the graph \([^)]*\); remove it"):
        imax.exact_spread(graph, ["zoe"])


def test_capacities_of_a_user_table():
    graph = imax.datasets.load("karate")
    slots = pd.DataFrame({"user": [33, 0, 5, 99], "slots": [1, 2, 3, 4]}).set_index("user")["slots"]
    problem = imax.capacity.CapacityProblem(graph, [0, 33, 77], slots, on_missing="drop")
    assert (problem.active, problem.capacity.tolist()) == ([0, 33], [2, 1])
    assert problem.notes == [
        "active: 1 of 3 labels are not in the graph and are ignored (77)",
        "capacity: 2 of 4 labels are not in active and are ignored (5, 99)",
    ]
    weights = dict.fromkeys(range(33), 1.0)
    found = imax.capacity.assign(problem, "degree", node_weights=weights, on_missing="default", rng=1)
    assert found.notes == [*problem.notes, "node_weights: 1 of 34 nodes have no weight and count 1 (33)"]
    for capacity, message in (
        (
            slots,
            r"capacity has an entry for 5, which is not in active \(2 such entries\); remove it, or use on_missing",
        ),
        (
            slots.reset_index(drop=True),
            "capacity is a pandas Series with the default index; set the index to the names",
        ),
        (pd.DataFrame({"user": [0, 0], "slots": [1, 2]}), "capacity lists a name twice"),
        (slots.loc[[0]], "capacity has no entry for 33; give each inviter a capacity"),
    ):
        with pytest.raises(InvalidArgumentError, match=message):
            imax.capacity.CapacityProblem(graph, [0, 33], capacity)


def test_acceptance_of_a_user_table():
    friends_of = imax.recommend.heteroir(friends(), acceptance=pl.DataFrame({"user": ["bob", "zoe"], "p": [0.5, 0.1]}),
                                         on_missing="default")  # fmt: skip
    assert len(friends_of.notes) == 2
    ranking = imax.recommend.heteroir(friends(), acceptance=pd.Series({"bob": 0.5}), on_missing="drop")
    assert dict(zip(ranking.lists()["ann"], ranking["ann"], strict=True)) == {"bob": "bob", "cid": "cid"}


LABELS = st.one_of(
    st.lists(st.integers(-9, 99), min_size=2, max_size=8, unique=True),
    st.lists(st.text("abc1", min_size=1, max_size=3), min_size=2, max_size=8, unique=True),
    st.lists(st.tuples(st.integers(0, 3), st.text("xy", max_size=1)), min_size=2, max_size=8, unique=True),
)


@st.composite
def tables(draw):
    """Return a graph, and values of some of its nodes and of others, in random order."""
    labels = draw(LABELS)
    n = draw(st.integers(1, len(labels) - 1))
    graph = InfluenceGraph.from_edges([], nodes=labels[:n])
    listed = draw(st.lists(st.sampled_from(labels), min_size=1, max_size=len(labels), unique=True))
    return graph, {label: float(i + 1) for i, label in enumerate(listed)}, draw(st.randoms(use_true_random=False))


@settings(max_examples=100)
@given(tables(), st.sampled_from(["drop", "default"]))
def test_order_and_strangers_change_nothing_but_the_notes(case, option):
    graph, table, shuffle = case
    nodes = set(graph.nodes())
    known = {label: value for label, value in table.items() if label in nodes}
    expected = {label: known.get(label, 1.0 if option == "default" else 0.0) for label in graph.nodes()}
    rows = list(table.items())
    shuffle.shuffle(rows)
    shuffled = dict(rows)
    wrapped = [shuffled, pd.Series(list(shuffled.values()), index=pd.Index(list(shuffled), tupleize_cols=False)),
               ({"who": list(shuffled), "weight": list(shuffled.values())}, "who", "weight")]  # fmt: skip
    if not known:
        for weights in wrapped:
            with pytest.raises(UnknownNodeError, match=r"nor is any other of its labels|is of the type"):
                read(weights, "node_weights", graph=graph, on_missing=option)
        return
    for weights in wrapped:
        values, reader = read(weights, "node_weights", graph=graph, on_missing=option)
        assert values == expected
        strangers, missing = len(table) - len(known), len(nodes) - len(known)
        counts = [f"{strangers} of {len(table)} labels are not"] * (strangers > 0)
        counts += [f"{missing} of {len(nodes)} nodes have no weight"] * (missing > 0)
        assert len(counts) == len(reader.notes)
        assert all(text in note for text, note in zip(counts, reader.notes, strict=True))
        if strangers or missing:
            with pytest.raises((UnknownNodeError, InvalidArgumentError)):
                read(weights, "node_weights", graph=graph)


@compiled
@settings(max_examples=15)
@given(st.randoms(use_true_random=False), st.integers(0, 5), st.sampled_from(["series", "polars", "named"]))
def test_answers_do_not_depend_on_the_table(shuffle, strangers, kind):
    graph = imax.datasets.load("karate")
    costs = {node: 1.0 + node % 3 for node in range(34)}
    teams = {node: "ab"[node % 2] for node in range(34)}
    expected = maximize(graph, 3, groups=list(teams.values()), quotas=2, exclude=[33], **QUICK)
    bought = maximize(graph, costs=list(costs.values()), budget=4, **QUICK)
    extra = range(100, 100 + strangers)
    people = [*range(34), *extra]
    shuffle.shuffle(people)
    land = containers({node: teams.get(node, "c") for node in people})[kind]
    price = containers({node: costs.get(node, 0.0) for node in people})[kind]
    option = "drop" if strangers else "error"
    found = maximize(graph, 3, groups=land, quotas=2, exclude=[*extra, 33], on_missing=option, **QUICK)
    again = maximize(graph, costs=price, budget=4, on_missing=option, **QUICK)
    assert (found.seeds, found.spread, again.seeds) == (expected.seeds, expected.spread, bought.seeds)
    assert len(found.notes) == (2 if strangers else 0)
    assert len(again.notes) == (1 if strangers else 0)


# -- the command line ----------------------------------------------------------------------------------------------

EASY = ("--epsilon", 0.4, "--random-seed", 1)
JSON = ("--format", "json")


@pytest.fixture
def network(tmp_path):
    path = tmp_path / "graph.txt"
    path.write_text("ann,bob\nann,cid\ndot,eve\nbob,cid\n")
    return path


def test_columns_on_the_command_line(users, network):
    table = users / "csv"
    done = run("seed", "--costs", f"{table}:email:cost", "--budget", 4, *EASY, *JSON, network)
    assert json.loads(done.stdout)["total_cost"] <= 4
    done = run("seed", "-k", 2, "--groups", f"{table}:email:country", "--quota", "DE=0", *EASY, *JSON, network)
    assert not {"ann", "bob"} & set(json.loads(done.stdout)["seeds"])
    (users / "blocked.csv").write_text("id,mail\n1,ann\n2,zoe\n")
    blocked = f"{users / 'blocked.csv'}:mail"
    message = fails(1, "seed", "-k", 1, "--exclude", blocked, *EASY, network)
    assert "blocked.csv:3: node 'zoe' is not a node" in message
    assert "use --on-missing drop to ignore such labels" in message
    done = run("seed", "-k", 1, "--exclude", blocked, "--on-missing", "drop", *EASY, *JSON, network)
    record = json.loads(done.stdout)
    assert record["seeds"] != ["ann"]
    assert record["notes"] == [f"{users / 'blocked.csv'}: 1 of 2 labels are not in the graph and are ignored ('zoe')"]
    assert record["notes"][0] in done.stderr
    done = run("seed", "-k", 1, "--exclude", "-:mail", "--on-missing", "drop", *EASY, "--format", "plain", network,
               stdin="id,mail\n1,ann\n2,zoe\n")  # fmt: skip
    assert done.stdout in ("bob\n", "cid\n", "dot\n", "eve\n")
    assert "cannot both be standard input" in fails(2, "seed", "-k", 1, "--exclude", "-:x", "--start", "-", network)


def test_on_missing_of_every_command(users, network):
    (users / "some").write_text("ann 2\nzoe 3\n")
    (users / "seeds").write_text("ann\nzoe\n")
    weights = ("--node-weights", users / "some", "--on-missing", "default", "--random-seed", 1)
    for arguments, kind in (
        (("certify", "--seeds", users / "seeds", *weights, "--format", "json"), "seeds"),
        (("spread", "--seeds", users / "seeds", *weights, "--simulations", 10, "--format", "json"), "seeds"),
        (("compare", "-k", 1, "--algorithms", "ris", *weights, "--simulations", 10, "--format", "json"), ""),
        (("seed", "-k", 2, "--curve", *weights, "--epsilon", 0.4, "--format", "json"), ""),
    ):
        notes = json.loads(run(*arguments, network).stdout)["notes"]
        assert len(notes) == (3 if kind else 2)
        assert notes[-1] == "node_weights: 4 of 5 nodes have no weight and count 1 ('bob', 'cid', 'dot', 'eve')"
    assert "--on-missing default (such nodes count 1)" in fails(
        1, "spread", "--seed", "ann", "--node-weights", put(users, "ann 1\n"), network
    )


def test_capacities_on_the_command_line(tmp_path):
    (tmp_path / "users.csv").write_text("id,slots\n0,2\n33,1\n5,3\n99,1\n")
    (tmp_path / "active.csv").write_text("n,user\n1,0\n2,33\n3,77\n")
    (tmp_path / "sets").write_text("0,33\n77,\n")
    slots = f"{tmp_path / 'users.csv'}:id:slots"
    for active, notes in ((f"{tmp_path / 'active.csv'}:user", 4), (tmp_path / "sets", 4)):
        options = ("cim", "--active", active, "--capacities", slots, "--algorithm", "degree", *EASY)
        assert "77 is not a node" in fails(1, *options, "karate")
        done = run(*options, "--on-missing", "drop", "--format", "json", "karate")
        assert done.stderr.count("note: ") == notes  # one of them: --epsilon is not used
    (tmp_path / "sets").write_text("77,\n")
    options = ("cim", "--active", tmp_path / "sets", "-k", 1, "--on-missing", "drop")
    assert "names no node of the graph" in fails(1, *options, "karate")


def test_random_texts_as_tables(tmp_path):
    """Texts of all kinds are read, or refused in one line."""
    shuffle = random.Random(5)
    cells = ["ann", "bob", "zoe", "1", "-2", "", " ", '"', '"a,b"', "x:y", "#", "{", "é", "nan", "cost", "user"]
    for _ in range(300):
        rows = [shuffle.choice([",", ";", "\t", " ", "|"]).join(shuffle.choices(cells, k=shuffle.randint(1, 3)))
                for _ in range(shuffle.randint(0, 5))]  # fmt: skip
        path = put(tmp_path, "\n".join(rows))
        for method, columns in (("costs", ""), ("costs", ":1:2"), ("groups", ""), ("groups", ":user:cost")):
            reader = NodeReader(friends(), "drop")
            with suppress(FileFormatError, UnknownNodeError, InvalidArgumentError):
                getattr(reader, method)(f"{path}{columns}")


def test_attributes_of_nodes_in_graph_files_and_igraph(tmp_path):
    igraph = pytest.importorskip("igraph")
    survey = igraph.Graph(4, [(0, 1), (1, 2), (2, 3)])
    survey.vs["name"], survey.vs["village"] = ["ann", "bob", "cid", "dan"], ["A", "A", "B", None]
    for suffix in ("graphml", "gml"):
        survey.write(str(tmp_path / f"net.{suffix}"))
    village = {"ann": "A", "bob": "A", "cid": "B", "dan": None}
    rules = {"quotas": {"A": 1}, "algorithm": "degree"}
    graph = imax.as_graph(survey)
    seeds = imax.maximize(graph, 3, groups=village, **rules).seeds
    assert imax.maximize(survey, 3, groups="village", **rules).seeds == seeds
    for path in (tmp_path / "net.graphml", tmp_path / "net.gml"):
        assert imax.maximize(graph, 3, groups=f"{path}:name:village", **rules).seeds == seeds
    by_id = imax.InfluenceGraph.from_edges([("n0", "n1"), ("n1", "n2")])
    read = NodeReader(by_id, "drop").groups(f"{tmp_path / 'net.graphml'}:id:village")
    assert [read[1][g] for g in read[0][by_id.rank]] == ["A", "A", "B"]
    with pytest.raises(FileFormatError, match=r"net.graphml: the column 'town' is missing; it has 'id', 'name'"):
        imax.maximize(graph, 3, groups=f"{tmp_path / 'net.graphml'}:name:town", **rules)
    with pytest.raises(InvalidArgumentError, match="groups='town' is neither a file nor an attribute of the nodes"):
        imax.maximize(survey, 3, groups="town", **rules)


@pytest.mark.parametrize("digits", [20, 400])
def test_labels_beyond_any_float_are_labels(tmp_path, digits):
    """A whole number of hundreds of digits is no node of the graph, and never an error of Python."""
    path = tmp_path / "nodes.jsonl"
    large = 10**digits
    path.write_text(f'{{"user": {large}, "cost": 1}}\n{{"user": 0, "cost": 2}}\n')
    graph = imax.datasets.load("karate")
    for read in (
        lambda: imax.io.read_labels(f"{path}:user", graph),
        lambda: imax.io.read_node_values(f"{path}:user:cost", graph, default=1.0),
        lambda: imax.maximize(graph, 1, exclude=path, rng=1),
    ):
        with pytest.raises(imax.errors.UnknownNodeError, match="is not a node of the graph"):
            read()
    named = imax.InfluenceGraph.from_edges([(str(large), "0"), ("0", "b")])
    assert imax.io.read_labels(f"{path}:user", named) == [str(large), "0"]
