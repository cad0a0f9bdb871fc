"""Requests as services send them: unknown users, empty lists, repetitions; tables in, the same kind of table out."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numba import config

import imax
from imax._utils.frames import BACKENDS, backend_of, frame_of
from imax.errors import InvalidArgumentError, MissingDependencyError, UnknownNodeError
from imax.recommend import ALGORITHMS, Reranker
from imax.recommend.metrics import evaluate

JIT = not config.DISABLE_JIT
NODES = ["Valjean", "Javert", "Cosette", "Marius", "Myriel"]
STRANGERS = ["Zoe", "Yan", 7]


@pytest.fixture(scope="module")
def lesmis():
    return imax.datasets.load("lesmis")


@pytest.fixture(scope="module")
def by_degree(lesmis):
    return Reranker(lesmis, "degree")


def options_of(name):
    return {"sets_per_node": 20 if JIT else 2, "rng": 1} if name in ("heteroim", "expected-spread") else {"rng": 1}


def lenient(lists, degree, k, on_missing):
    """Return the expected lists, user by user: distinct candidates, the ranked ones first if the user is known."""
    expected = {}
    for user, given_list in lists.items():
        own = [v for v in dict.fromkeys(given_list) if v is not None and v != user]
        if on_missing == "drop":
            own = [v for v in own if v in degree]
        if user in degree:
            ranked = sorted((v for v in own if v in degree), key=lambda v: -degree[v])  # stable
            own = ranked + [v for v in own if v not in degree]
        expected[user] = own[:k]
    return expected


labels = st.sampled_from([*NODES, *STRANGERS])
requests = st.dictionaries(labels, st.lists(st.one_of(labels, st.none()), max_size=7), max_size=6)


@settings(max_examples=100 if JIT else 30)
@given(requests, st.sampled_from([None, 1, 3]), st.sampled_from(["drop", "default"]))
def test_lenient_requests_equal_the_plain_ones(lists, k, on_missing):
    graph = imax.datasets.load("lesmis")
    reranker = Reranker(graph, "degree")
    degree = dict(zip(graph.nodes(), graph.out_degree().tolist(), strict=True))
    expected = lenient(lists, degree, k, on_missing)
    found = reranker.rerank(lists, k, on_missing=on_missing)
    assert found.lists() == expected
    assert found.unknown_users == sum(user not in degree for user in lists)
    if k is None:
        assert found.dropped_rows == sum(map(len, lists.values())) - sum(map(len, expected.values()))
        assert found.notes or not (found.dropped_rows or found.unknown_users)
    assert found.to_dict()["lists"] == [
        {"user": u, "friend": own, **{name: found_list[name] for name in ("rank", "score", "willingness", "value")}}
        for (u, own), found_list in zip(expected.items(), found.to_dict()["lists"], strict=True)
    ]
    for user, own in lists.items():
        assert reranker.rerank_user(user, own, k, on_missing=on_missing)[user] == expected[user]
    rows = [(u, v) for u, own in lists.items() for v in own]
    shuffled = rows[::2] + rows[1::2]
    by_user = {}
    for u, v in shuffled:
        by_user.setdefault(u, []).append(v)
    columns = ([u for u, _ in shuffled], [v for _, v in shuffled])
    expected = lenient({u: own for u, own in by_user.items() if any(v is not None for v in own)}, degree, k, on_missing)
    assert reranker.rerank(columns, k, on_missing=on_missing).lists() == expected


@pytest.mark.parametrize("name", list(ALGORITHMS))
def test_every_algorithm_degrades_to_the_given_order(lesmis, name):
    reranker = Reranker(lesmis, name, blend=0.5, **options_of(name))
    request = {"Zoe": ["Javert", "Cosette", "Zoe", "Yan"], "Myriel": [], "Yan": ["Zoe"]}
    assert reranker.rerank(request, on_missing="drop").lists() == {
        "Zoe": ["Javert", "Cosette"],
        "Myriel": [],
        "Yan": [],
    }
    kept = reranker.rerank(request, 3, on_missing="default")
    assert kept.lists() == {"Zoe": ["Javert", "Cosette", "Yan"], "Myriel": [], "Yan": ["Zoe"]}
    assert set(kept.scores) == {0.0}
    assert kept.notes == [
        "users that the graph does not contain, in the given order: 2",
        "candidates that the graph does not contain, placed after the others: 2",
        "candidates that are the user itself, dropped: 1",
        "users without candidates: 1",
    ]
    assert reranker.rerank({}, on_missing="drop").lists() == {}
    assert reranker.rerank_user("Zoe", {"Cosette": 0.25, "Valjean": 1.0}, on_missing="drop")["Zoe"] == [
        "Cosette", "Valjean",
    ]  # fmt: skip
    assert evaluate(kept, [("Zoe", "Yan")], [3]).recall == [1.0]


@pytest.mark.parametrize("name", sorted(ALGORITHMS.keys() - {"random", "cim"}))
def test_candidates_that_nothing_tells_apart_keep_the_given_order(name):
    """Nodes 6 to 9 have no arcs."""
    graph = imax.InfluenceGraph.from_edges([(0, 1), (1, 2), (2, 3), (3, 4), (4, 5)], nodes=range(10))
    reranker = Reranker(graph, name, **options_of(name))
    for order in ([8, 6, 9, 7], [9, 8, 7, 6]):
        assert reranker.rerank_user(0, order)[0] == order
        assert reranker.rerank({0: order, 5: order[2:]}, 3, on_short="keep")[0] == order[:3]
    if name in ("heteroir", "probability"):
        assert reranker.rerank_user(0, [5, 3, 4])[0] == [5, 3, 4]  # without an arc, willingness is 0


def test_short_lists_are_errors_only_in_strict_requests(by_degree):
    with pytest.raises(InvalidArgumentError, match="k must be at most 1"):
        by_degree.rerank_user("Marius", ["Valjean"], 2)
    with pytest.raises(InvalidArgumentError, match="k must be at most 1"):
        by_degree.rerank_user("Marius", ["Valjean", "Zoe"], 2, on_missing="drop", on_short="error")
    assert by_degree.rerank_user("Marius", ["Valjean"], 2, on_missing="drop")["Marius"] == ["Valjean"]
    assert by_degree.rerank_user(None, ["Valjean"], on_missing="drop")[None] == ["Valjean"]  # somebody without a label


def test_requests_that_stay_errors(by_degree):
    for bad, message in [
        ({"Marius": {"Valjean": math.nan}}, "scores must lie in"),
        ({"Marius": "Valjean"}, "must be a list of labels"),
        ({"Marius": [["Valjean"]]}, "hashable labels"),
        (([["a"]], ["Valjean"]), "hashable"),
        (["Valjean"], "candidates must be a mapping"),
    ]:
        with pytest.raises(InvalidArgumentError, match=message):
            by_degree.rerank(bad, on_missing="drop")
    with pytest.raises(InvalidArgumentError, match="row 1 has no user or no candidate"):
        by_degree.rerank((["Marius", None], ["Valjean", "Cosette"]))
    with pytest.raises(UnknownNodeError, match="the candidate 'Yan' is not"):
        by_degree.rerank((["Marius", "Myriel", "Marius"], ["Valjean", "Yan", "Zoe"]))


# -- tables -------------------------------------------------------------------------------------------------------

COLUMNS = {"user": ["Marius", "Marius", "Zoe", None], "candidate": ["Cosette", "Valjean", "Javert", "Javert"]}


def tables():
    import duckdb
    import pandas as pd
    import polars as pl
    import pyarrow as pa

    connection = duckdb.connect()
    connection.register("rows", pa.table(COLUMNS))
    return {
        "pandas": (pd.DataFrame(COLUMNS), pd.DataFrame),
        "polars": (pl.DataFrame(COLUMNS), pl.DataFrame),
        "polars-lazy": (pl.LazyFrame(COLUMNS), pl.LazyFrame),
        "pyarrow": (pa.table(COLUMNS), pa.Table),
        "batches": (pa.table(COLUMNS).to_reader(), pa.Table),
        "duckdb": (connection.sql("select * from rows"), pa.Table),
    }


def test_the_result_is_a_table_of_the_same_kind(by_degree):
    for backend, (table, kind) in tables().items():
        found = by_degree.rerank(table, on_missing="drop")
        assert found.lists() == {"Marius": ["Valjean", "Cosette"], "Zoe": ["Javert"]}, backend
        assert found.notes[-1] == "rows without a user or a candidate, dropped: 1"
        frame = found.to_frame()
        assert isinstance(frame, kind)
        frame = frame.collect() if backend == "polars-lazy" else frame
        assert list(frame["friend"].to_pylist() if kind.__name__ == "Table" else frame["friend"]) == [
            "Valjean", "Cosette", "Javert",
        ]  # fmt: skip
    assert type(by_degree.rerank({"Marius": ["Valjean"]}).to_frame("polars")).__module__.startswith("polars")


def test_frames_from_columns(monkeypatch):
    assert [backend_of(x) for x in ([1], {"a": 1}, np.zeros(1, [("a", int)]))] == ["pandas"] * 3
    columns = {"rank": range(1, 3), "node": ["a", "b"], "gain": np.array([1.0, 0.5])}
    for backend in BACKENDS:
        frame = frame_of(columns, backend)
        frame = frame.collect() if backend == "polars-lazy" else frame
        assert frame.shape == (2, 3)
    with pytest.raises(InvalidArgumentError, match="backend must be one of pandas"):
        frame_of(columns, "dask")
    for backend in ("polars", "pyarrow"):
        with pytest.raises(InvalidArgumentError, match=f"backend '{backend}' cannot represent"):
            frame_of({"node": [1, "a"]}, backend)
        monkeypatch.setitem(__import__("sys").modules, backend, None)
        with pytest.raises(MissingDependencyError, match=f"to_frame needs {backend}"):
            frame_of(columns, backend)


@pytest.mark.parametrize("name", sorted(ALGORITHMS.keys() - ({"cim"} if not JIT else set())))
def test_warm_up_changes_nothing(lesmis, tmp_path, name):
    reranker = Reranker(lesmis, name, **options_of(name))
    request = {"Marius": ["Valjean", "Cosette", "Javert"]}
    before = reranker.rerank(request).lists()
    reranker.save(tmp_path / "friends.reranker")
    served = Reranker.load(tmp_path / "friends.reranker").warm_up()
    assert served.rerank(request).lists() == before
    assert Reranker(imax.InfluenceGraph.from_edges([("a", "b")]), "degree").warm_up().rerank_user("a", ["b"])["a"] == [
        "b"
    ]
