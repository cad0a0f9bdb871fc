"""HeteroIR, HeteroIM and the reranker, compared with plain references; rejected arguments; files."""

import json
import pickle
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numba import config

import imax
from imax import InfluenceGraph
from imax.errors import FileFormatError, InvalidArgumentError, OutOfMemoryBoundError, UnknownNodeError
from imax.recommend import ALGORITHMS, Ranking, Reranker, heteroim, heteroir, sets_per_node_of
from imax.recommend._cover import cover_greedily, sample_stratified
from imax.recommend._network import network_of

from . import naive, naive_recommend

JIT = not config.DISABLE_JIT
compiled = pytest.mark.skipif(
    not JIT, reason="draws tens of thousands of RR sets, which takes minutes without the compiler"
)


@pytest.fixture(scope="module")
def lesmis():
    return imax.datasets.load("lesmis")


@st.composite
def networks(draw):
    """Return a graph, its arcs by node index, acceptance and inviters."""
    n = draw(st.integers(2, 7))
    ends = st.tuples(st.integers(0, n - 1), st.integers(0, n - 1)).filter(lambda e: e[0] != e[1])
    pairs = draw(st.lists(ends, min_size=1, max_size=12, unique=True))
    kind = draw(st.sampled_from(["column", "weighted_cascade", "uniform:0.5"]))
    p = None
    if kind == "column":
        value = st.sampled_from([0.0, 0.25, 0.5, 1.0])
        p = draw(st.lists(value, min_size=len(pairs), max_size=len(pairs)))
    graph = InfluenceGraph.from_arrays(*zip(*pairs, strict=True), p, n_nodes=n, probability=kind)
    accept = draw(st.lists(st.sampled_from([0.0, 0.5, 1.0]), min_size=n, max_size=n))
    sources = sorted({u for u, _ in pairs})
    inviters = draw(st.lists(st.sampled_from(sources), min_size=1, unique=True))
    return graph, {(u, v): q for u, v, q in graph.arcs()}, accept, inviters


def rows_of(ranking, *parts):
    """Return the rows of each user as tuples of friend, score and parts."""
    columns = ranking.columns()
    found = {user: [] for user in ranking}
    for row in zip(*(columns[name] for name in ("user", "friend", "score", *parts)), strict=True):
        found[row[0]].append(row[1:])
    return found


# -- HeteroIR ----------------------------------------------------------------------------------------------------


@given(networks(), st.integers(1, 3))
def test_heteroir_equals_the_naive_one(problem, interactions):
    graph, arcs, accept, inviters = problem
    if graph.probability.kind == "weighted_cascade":  # more precise than the float32 of arcs()
        degree = graph.in_degree()
        arcs = {(u, v): 1.0 / degree[v] for u, v in arcs}
    expected = naive_recommend.heteroir(arcs, accept, inviters, interactions)
    found = heteroir(graph, inviters, acceptance=accept, interactions=interactions)
    assert list(found) == inviters
    for u in inviters:
        assert [v for v, _ in expected[u]] == found[u]
        assert [s for _, s in expected[u]] == pytest.approx([row[1] for row in rows_of(found)[u]])
    top = heteroir(graph, inviters, acceptance=accept, interactions=interactions, k=2)
    assert top.lists() == {u: [v for v, _ in expected[u]][:2] for u in inviters}
    parts = heteroir(graph, inviters, acceptance=accept, interactions=interactions).parts
    assert parts["willingness"] * (1 + parts["influence"]) == pytest.approx(found.scores)


def test_all_nodes_with_out_arcs_invite_by_default(lesmis):
    found = heteroir(lesmis)
    assert set(found) == {u for u, _, _ in lesmis.arcs()}
    assert sum(map(len, found.lists().values())) == lesmis.n_arcs
    one, two = (heteroir(lesmis, k=3, threads=threads) for threads in (1, 3))
    assert np.array_equal(one.friends, two.friends)
    assert np.array_equal(one.scores, two.scores)


@pytest.mark.parametrize("threads", [1, 3])
def test_many_lists_in_threads(threads):
    graph = imax.datasets.load("rmat:11" if JIT else "rmat:6", rng=1)
    found = heteroir(graph, k=4, threads=threads, interactions=3)
    assert found.lists() == {
        u: [v for v, _ in own[:4]]
        for u, own in _by_numpy(graph, 3).items()
    }  # fmt: skip


def _by_numpy(graph, interactions):
    degree, out = graph.in_degree(), {}
    for u, v, _ in graph.arcs():
        out.setdefault(u, []).append(v)
    influence = {
        u: sum(sorted((1.0 / degree[v] for v in row), reverse=True)[:interactions][::-1]) for u, row in out.items()
    }
    scored = {u: [(v, 1.0 / degree[v] * (1.0 + influence.get(v, 0.0))) for v in row] for u, row in out.items()}
    return {u: sorted(row, key=lambda pair: (-pair[1], pair[0])) for u, row in scored.items()}


# -- HeteroIM ----------------------------------------------------------------------------------------------------


@settings(max_examples=60 if JIT else 10)
@given(networks(), st.integers(1, 6))
def test_heteroim_equals_the_naive_one_on_the_same_sets(problem, per_node):
    graph, arcs, accept, inviters = problem
    found = heteroim(graph, inviters, acceptance=accept, sets_per_node=per_node, rng=3)
    sets = [set(s) for s in sample_stratified(network_of(graph, accept), per_node, found.rng_key, 1)]
    expected = naive_recommend.heteroim(sets, arcs, inviters, graph.index.tolist())
    assert rows_of(found, "shared") == {u: [tuple(row) for row in rows] for u, rows in expected.items()}
    for k in (1, 2):
        cut = heteroim(graph, inviters, acceptance=accept, sets_per_node=per_node, rng=3, k=k)
        assert rows_of(cut, "shared") == {u: rows[:k] for u, rows in rows_of(found, "shared").items()}


@pytest.mark.parametrize("model_of", ["weighted_cascade", "uniform:0.05"])
def test_a_ranking_that_stops_early_equals_the_full_one(model_of):
    graph = imax.datasets.load("rmat:9" if JIT else "rmat:7", rng=1, probability=model_of)
    inviters = [u for u in graph.nodes() if 3 <= graph.out_degree()[u] <= 40][:12]
    options = {"sets_per_node": 40 if JIT else 4, "rng": 1}
    full = heteroim(graph, inviters, **options)
    for k in (1, 3):
        cut = heteroim(graph, inviters, k=k, **options)
        assert cut.lists() == {u: full[u][:k] for u in inviters}
        assert np.array_equal(cut.scores, np.concatenate([[r[1] for r in rows_of(full)[u][:k]] for u in inviters]))
    assert full.parts["order"].max() >= cut.parts["order"].max()


def test_ranking_stops_early():
    """One inviter and a clear winner among many friends: not all friends have to be taken."""
    n = 400
    src = [0] * n + [1] * 300
    dst = list(range(1, n + 1)) + list(range(n + 1, n + 301))
    p = [1.0] + [0.01] * (n - 1) + [1.0] * 300
    graph = InfluenceGraph.from_arrays(src, dst, p, n_nodes=n + 301)
    calls = []
    sets = sample_stratified(network_of(graph, None), 3, (1, 2), 1)
    allowed = np.zeros(graph.n_nodes, dtype=bool)
    allowed[graph.internal_of(range(1, n + 1))] = True
    cover = cover_greedily(sets, allowed, lambda found, gain: calls.append(int((found.order >= 0).sum())) or True)
    assert calls == [64] == [int((cover.order >= 0).sum())]
    found = heteroim(graph, [0], k=1, sets_per_node=3, rng=1)
    assert found[0] == [1]
    assert found[0] == heteroim(graph, [0], sets_per_node=3, rng=1)[0][:1]


@compiled
def test_the_distribution_of_stratified_sets():
    """Each node is the root of equally many sets; given the root, sets follow the enumerated distribution.

    The probability of a false alarm is 1e-4.
    """
    pairs = [(0, 1), (2, 1), (1, 2), (3, 2), (2, 0), (0, 3), (1, 3)]
    graph = InfluenceGraph.from_edges(pairs)
    accept = [1.0, 0.5, 0.25, 1.0]
    network = network_of(graph, accept)
    sets = sample_stratified(network, 20_000, (5, 6), 2)
    roots = graph.index[sets.nodes[sets.offsets[:-1]]]
    assert np.bincount(roots).tolist() == [20_000] * 4
    nodes = graph.index[sets.nodes].astype(np.int64)
    masks = np.add.reduceat(np.int64(1) << nodes, sets.offsets[:-1])
    arcs = [(u, v, p * accept[v]) for u, v, p in naive.weighted_cascade(pairs)]
    expected = naive.rr_distribution(4, arcs)
    seen = np.bincount(roots.astype(np.int64) * 16 + masks, minlength=64)
    assert naive.fit(seen, len(sets) * expected) > 1e-4


def test_the_number_of_threads_does_not_matter():
    graph = imax.datasets.load("rmat:11" if JIT else "rmat:6", rng=1)
    one, two = (heteroim(graph, k=3, sets_per_node=20 if JIT else 2, rng=1, threads=threads) for threads in (1, 3))
    assert np.array_equal(one.friends, two.friends)
    assert np.array_equal(one.scores, two.scores)


def test_the_number_of_sets():
    assert sets_per_node_of(np.array([5]), 10, 3, epsilon=0.9) >= 1
    few, many = (sets_per_node_of(np.full(40, 50), 4000, 3, epsilon) for epsilon in (0.2, 0.1))
    assert many >= 3 * few
    with pytest.raises(InvalidArgumentError, match="sets_per_node must be at most"):
        heteroim(imax.datasets.load("karate"), sets_per_node=2**30)
    with pytest.raises(OutOfMemoryBoundError, match="max_memory of 1,000 bytes is exceeded"):
        heteroim(imax.datasets.load("karate"), sets_per_node=200, max_memory=1000)


BAD = [
    ({"inviters": "ann"}, InvalidArgumentError, "inviters must be an iterable of labels"),
    ({"inviters": []}, InvalidArgumentError, "inviters must not be empty"),
    ({"inviters": [0, 0]}, InvalidArgumentError, "inviters must be distinct, but 0 occurs more than once"),
    ({"inviters": [99]}, UnknownNodeError, "inviters: 99 is not a node"),
    ({"acceptance": [0.5]}, InvalidArgumentError, "acceptance must have one value per node, shape \\(34,\\)"),
    ({"acceptance": {3: 1.5}}, InvalidArgumentError, "acceptance lacks 33 of 34 nodes"),
    ({"acceptance": [1.5] * 34}, InvalidArgumentError, "acceptance of node 0 is 1.5; acceptance must be between 0 and"),
    ({"acceptance": {99: 0.5}}, UnknownNodeError, "acceptance: 99 is not a node"),
    ({"acceptance": [np.nan] * 34}, InvalidArgumentError, "acceptance lacks 34 of 34 nodes"),
    ({"acceptance": "high"}, InvalidArgumentError, "acceptance='high' is neither a file nor an attribute of the nodes"),
    ({"k": 0}, InvalidArgumentError, "k must be at least 1"),
]


@pytest.mark.parametrize(("options", "error", "message"), BAD, ids=[m for *_, m in BAD])
def test_arguments_that_both_reject(options, error, message):
    graph = imax.datasets.load("karate")
    for rank in (heteroir, heteroim):
        with pytest.raises(error, match=message) as caught:
            rank(graph, **options)
        if error is InvalidArgumentError:
            assert caught.value.argument == next(iter(options))


def test_a_graph_without_arcs():
    graph = InfluenceGraph.from_arrays([], [], n_nodes=3)
    with pytest.raises(InvalidArgumentError, match="nobody can invite"):
        heteroir(graph)
    with pytest.raises(InvalidArgumentError, match="inviters must include a node with out-arcs"):
        heteroim(graph, [0])
    assert heteroir(graph, [0]).lists() == {0: []}


# -- the reranker ------------------------------------------------------------------------------------------------

SMALL = {"sets_per_node": 20 if JIT else 2, "rng": 1}


def small(name):
    """Return options that keep the preparation of an algorithm small."""
    return SMALL if name == "heteroim" else {"rng": 1}


def test_reranking_all_friends_equals_the_function(lesmis):
    lists = {u: [v for w, v, _ in lesmis.arcs() if w == u] for u in ("Valjean", "Myriel")}
    accept = {"Javert": 0.25, "Fantine": 0.5}
    own = heteroir(lesmis, ["Valjean", "Myriel"], acceptance=accept, on_missing="default")
    assert own.notes == [
        "acceptance: 75 of 77 nodes have no acceptance probability and always accept"
        " ('Napoleon', 'Myriel', 'MlleBaptistine', 'MmeMagloire', 'CountessDeLo', ...)"
    ]
    reranker = Reranker(lesmis, "heteroir", acceptance=accept, on_missing="default")
    assert reranker.notes == own.notes
    assert reranker.rerank(lists).lists() == own.lists()
    everyone = heteroim(lesmis, acceptance=accept, on_missing="default", **SMALL)
    again = Reranker(lesmis, "heteroim", acceptance=accept, on_missing="default", **SMALL).rerank(lists)
    assert rows_of(again, "shared", "cover") == {u: rows_of(everyone, "shared", "cover")[u] for u in lists}


def test_candidates_without_an_arc_share_sets_too(lesmis):
    reranker = Reranker(lesmis, **SMALL)
    sets = [set(s) for s in sample_stratified(network_of(lesmis, None), SMALL["sets_per_node"], reranker.rng_key, 1)]
    taken = naive_recommend.take_all(sets, set(lesmis.nodes()), lesmis.labels_of(np.arange(77)))
    found = reranker.rerank_user("Napoleon", ["Valjean", "Count", "Marius"])
    rows = {v: (cover, sum("Napoleon" in s for s in own)) for v, cover, own in taken}
    assert {row[0]: row[2:] for row in rows_of(found, "cover", "shared")["Napoleon"]} == {
        v: rows[v] for v in ("Valjean", "Count", "Marius")
    }


@pytest.mark.parametrize("name", list(ALGORITHMS))
def test_all_types_of_tables_give_the_same_lists(lesmis, name):
    pandas, polars = pytest.importorskip("pandas"), None
    try:
        import polars
    except ImportError:
        polars = None
    if name == "cim" and not JIT:
        pytest.skip("draws tens of thousands of RR sets, which takes minutes without the compiler")
    lists = {"Marius": ["Valjean", "Cosette", "Javert"], "Myriel": ["Napoleon", "Valjean"]}
    scores = [0.5, 0.25, 1.0, 0.125, 0.75]
    users = np.array(["Marius"] * 3 + ["Myriel"] * 2)
    flat = np.array([v for own in lists.values() for v in own])
    reranker = Reranker(lesmis, name, **small(name))
    plain = reranker.rerank(lists, 2)
    assert rows_of(reranker.rerank((users, flat), 2)) == rows_of(plain)
    frame = pandas.DataFrame({"who": users, "whom": flat, "score": scores})
    scored = reranker.rerank(frame, 2, user="who", candidate="whom")
    values = iter(scores)
    scored_lists = {u: {v: next(values) for v in own} for u, own in lists.items()}
    assert rows_of(reranker.rerank(scored_lists, 2)) == rows_of(scored)
    assert rows_of(reranker.rerank((users, flat, scores), 2)) == rows_of(scored)
    if polars is not None:
        table = polars.DataFrame({"user": users.tolist(), "candidate": flat.tolist(), "score": scores})
        assert rows_of(reranker.rerank(table, 2)) == rows_of(scored)
    assert list(scored.to_frame().columns[:4]) == ["user", "friend", "rank", "score"]
    if name not in ("cim", "random"):
        assert reranker.rerank_user("Marius", lists["Marius"], 2).lists() == {"Marius": plain["Marius"]}
    mixed = (users[[0, 3, 1, 4, 2]], flat[[0, 3, 1, 4, 2]])
    if name not in ("cim", "random"):
        assert reranker.rerank(mixed, 2).lists() == plain.lists()


def test_scores_replace_probabilities_and_blend(lesmis):
    scores = {"Valjean": 0.01, "Cosette": 0.9, "Napoleon": 0.5}
    plain = Reranker(lesmis, "heteroir").rerank_user("Marius", scores)
    influence = network_of(lesmis, None).influence(20, 1)[lesmis.internal_of(scores)]
    expected = np.array(list(scores.values())) * (1.0 + influence)
    assert dict(rows_of(plain)["Marius"]) == pytest.approx(dict(zip(scores, expected, strict=True)))
    assert Reranker(lesmis, "degree", blend=0.0).rerank_user("Marius", scores)["Marius"] == [
        "Cosette", "Napoleon", "Valjean",
    ]  # fmt: skip
    half = Reranker(lesmis, "degree", blend=0.5).rerank_user("Marius", scores)
    degree = dict(zip(lesmis.nodes(), lesmis.out_degree().tolist(), strict=True))
    largest = max(degree[v] for v in scores)
    assert dict(rows_of(half)["Marius"]) == pytest.approx(
        {v: 0.5 * s + 0.5 * degree[v] / largest for v, s in scores.items()}
    )
    # without an arc and without a score, willingness is 0
    assert rows_of(Reranker(lesmis, "probability").rerank_user("Napoleon", ["Cosette"]))["Napoleon"] == [("Cosette", 0)]
    with pytest.raises(InvalidArgumentError, match="blend must lie in"):
        Reranker(lesmis, blend=2)
    with pytest.raises(InvalidArgumentError, match="algorithm must be one of heteroim"):
        Reranker(lesmis, "best")


@pytest.mark.parametrize("name", list(ALGORITHMS))
def test_arguments_that_an_algorithm_does_not_support(lesmis, name):
    given = {"interactions": 3, "sets_per_node": 2, "max_memory": "1GiB"}
    for argument in given.keys() - ALGORITHMS[name].accepts:
        with pytest.raises(InvalidArgumentError, match=f"^{argument} is not supported by algorithm") as caught:
            Reranker(lesmis, name, **{argument: given[argument]})
        assert caught.value.argument == argument


@compiled
def test_cim_does_not_give_all_users_the_same_friend(lesmis):
    lists = {"Marius": ["Valjean", "Gavroche"], "Cosette": ["Valjean", "Gavroche"], "Myriel": ["Marius"]}
    found = Reranker(lesmis, "cim", rng=1).rerank(lists, 1)
    assert {found["Marius"][0], found["Cosette"][0]} == {"Valjean", "Gavroche"}
    # a user cannot be invited, and comes last with a gain of 0
    assert rows_of(found)["Myriel"] == [("Marius", 0.0)]
    assert Reranker(lesmis, "cim").rerank({"Myriel": ["Marius"], "Marius": ["Myriel"]}).scores.tolist() == [0, 0]


def test_unknown_labels_are_rejected_or_dropped(lesmis):
    reranker = Reranker(lesmis, "degree")
    table = {"Marius": ["Valjean", "Nobody"], "Noone": ["Valjean"], "Myriel": ["Nobody"]}
    with pytest.raises(UnknownNodeError, match="the user 'Noone' is not a node"):
        reranker.rerank(table)
    with pytest.raises(UnknownNodeError, match="the candidate 'Nobody' is not a node"):
        reranker.rerank({"Marius": ["Valjean", "Nobody"]})
    found = reranker.rerank(table, on_missing="drop")
    assert found.lists() == {"Marius": ["Valjean"], "Noone": ["Valjean"], "Myriel": []}
    assert (found.unknown_users, found.dropped_rows) == (1, 2)
    one = reranker.rerank_user("Marius", ["Nobody", "Valjean"], on_missing="drop")
    assert (one["Marius"], one.dropped_rows) == (["Valjean"], 1)
    with pytest.raises(InvalidArgumentError, match="on_missing must be one of error, drop"):
        reranker.rerank(table, on_missing="skip")
    numbers = Reranker(imax.datasets.load("karate"), "degree")
    assert numbers.rerank((np.array([1, 1]), np.array([99, 0])), on_missing="drop").lists() == {1: [0]}
    with pytest.raises(UnknownNodeError, match="the candidate 99 is"):
        numbers.rerank((np.array([1, 1]), np.array([0, 99])))


REJECTED = [
    ({}, {}, "candidates must not be empty"),
    ({"Marius": []}, {}, "candidates of 'Marius' must not be empty"),
    ({"Marius": "Valjean"}, {}, "candidates of 'Marius' must be a list of labels"),
    (
        {"Marius": ["Valjean", "Javert", "Valjean"]},
        {},
        "candidates of 'Marius' must be distinct, but 'Valjean' occurs more than once",
    ),
    ({"Marius": ["Marius"]}, {}, "candidates of 'Marius' must not contain 'Marius' itself"),
    ({"Marius": ["Valjean"]}, {"k": 2}, "k must be at most 1, the number of candidates of 'Marius', got 2"),
    ({"Marius": {"Valjean": float("nan")}}, {}, "scores must lie in .*, got a missing value"),
    ({"Marius": {"Valjean": 0.5, "Javert": 1.5}}, {}, "scores must lie in .*, got 1.5 at position 1"),
    ({"Marius": {"Valjean": "high"}}, {}, "scores must be numbers"),
    ({"Marius": {"Valjean": 0.5}, "Myriel": ["Javert"]}, {}, "lists for all users or mappings with scores for all"),
    ((["Marius"], ["Valjean", "Javert"]), {}, "as many users as candidates"),
    ((["Marius"], ["Valjean"], [0.5, 0.5]), {}, "scores must have one value per candidate"),
    ([("Marius", "Valjean")], {}, "candidates must be a mapping from users to lists, a table"),
]


@pytest.mark.parametrize(("table", "options", "message"), REJECTED, ids=[m for *_, m in REJECTED])
def test_rejected_tables(lesmis, table, options, message):
    with pytest.raises(InvalidArgumentError, match=message) as caught:
        Reranker(lesmis, "degree").rerank(table, **options)
    assert str(caught.value).startswith(caught.value.argument)


def test_rejected_lists_of_one_user(lesmis):
    reranker = Reranker(lesmis, "degree")
    for user, candidates, options, message in [
        ("Marius", [], {}, "candidates of 'Marius' must not be empty"),
        ("Marius", ["Valjean", "Valjean"], {}, "more than once"),
        ("Marius", ["Valjean"], {"k": 2}, "k must be at most 1"),
        ("Marius", ["Valjean"], {"scores": [2.0]}, "scores must lie in .*, got 2.0"),
    ]:
        with pytest.raises(InvalidArgumentError, match=message):
            reranker.rerank_user(user, candidates, **options)
    assert reranker.rerank_user("Marius", ["Valjean"], 5, on_short="keep")["Marius"] == ["Valjean"]
    with pytest.raises(UnknownNodeError, match="the user 'Nobody'"):
        reranker.rerank_user("Nobody", ["Valjean"])


# -- files ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", list(ALGORITHMS))
@pytest.mark.parametrize("kind", ["weighted_cascade", "trivalency"])
def test_saved_and_pickled_rerankers_give_the_same(tmp_path, name, kind):
    graph = imax.datasets.load("lesmis").with_probability(kind, rng=1)
    reranker = Reranker(graph, name, acceptance={"Javert": 0.5}, on_missing="default", blend=0.25, **small(name))
    reranker.save(tmp_path / "index")
    lists = {"Marius": {"Valjean": 0.5, "Cosette": 0.25, "Javert": 1.0}}
    if name == "cim" and not JIT:
        lists = {"Marius": {"Valjean": 0.5}, "Valjean": {"Marius": 0.5}}
    expected = rows_of(reranker.rerank(lists, 1))
    for other in (Reranker.load(tmp_path / "index", graph), pickle.loads(pickle.dumps(reranker))):
        assert rows_of(other.rerank(lists, 1)) == expected
        assert (repr(other), other.n_rr_sets) == (repr(reranker), reranker.n_rr_sets)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["index"]


def test_rejected_files(lesmis, tmp_path):
    path = tmp_path / "index"
    Reranker(lesmis, "heteroim", **SMALL).save(path)
    with pytest.raises(InvalidArgumentError, match=r"graph must be the one that .* was made for"):
        Reranker.load(path, imax.datasets.load("karate"))
    data = path.read_bytes()
    (tmp_path / "cut").write_bytes(data[:-64])
    with pytest.raises(FileFormatError, match="bytes instead of"):
        Reranker.load(tmp_path / "cut")
    imax.write_graph(lesmis, tmp_path / "graph")
    with pytest.raises(FileFormatError, match="not a reranker written by imax"):
        Reranker.load(tmp_path / "graph")
    with pytest.raises(imax.errors.NoSuchFileError):
        Reranker.load(tmp_path / "none")
    from imax.io.binary import read_arrays, write_arrays
    from imax.io.text import load
    from imax.recommend.storage import RERANKER

    meta, arrays = read_arrays(load(path), RERANKER, lambda meta, arrays: (meta, arrays))
    for name, change in [
        ("state.shared.ptr", lambda a: a + 1),
        ("acceptance", lambda a: a[:-1]),
        ("state.shared.count", lambda a: a[:-1]),
        ("state.order", lambda a: a[:-1]),
    ]:
        write_arrays(tmp_path / "bad", RERANKER, meta, {**arrays, name: np.ascontiguousarray(change(arrays[name]))})
        with pytest.raises(FileFormatError, match="write the file again"):
            Reranker.load(tmp_path / "bad")
    write_arrays(tmp_path / "bad", RERANKER, {**meta, "algorithm": "best"}, arrays)
    with pytest.raises(FileFormatError, match="unknown algorithm 'best'"):
        Reranker.load(tmp_path / "bad")
    for damaged in ({**meta, "state": {}}, {**meta, "rng_key": [1]}, {**meta, "algorithm": "heteroir"}):
        write_arrays(tmp_path / "bad", RERANKER, damaged, arrays)
        with pytest.raises(FileFormatError, match=r"its parts do not fit|the array 'state.* is (unknown|missing)"):
            Reranker.load(tmp_path / "bad")


def test_threads_may_share_a_reranker(lesmis):
    reranker = Reranker(lesmis, **SMALL)
    nodes = lesmis.nodes()

    def best_of(i):
        return reranker.rerank_user(nodes[i], [v for v in nodes[20:40] if v != nodes[i]], 5)[nodes[i]]

    expected = [best_of(i) for i in range(20)]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(best_of, range(20))) == expected


# -- results -----------------------------------------------------------------------------------------------------


def test_a_ranking_and_its_views(lesmis):
    found = heteroir(lesmis, ["Marius", "Myriel"], k=2)
    assert isinstance(found, Ranking)
    assert (len(found), list(found), found.friends.dtype) == (2, ["Marius", "Myriel"], np.int32)
    assert repr(found) == "<Ranking: 2 users, 4 friends, by heteroir>"
    record = json.loads(json.dumps(found.to_dict()))
    assert [one["friend"] for one in record["lists"]] == [found["Marius"], found["Myriel"]]
    assert record["lists"][0]["rank"] == [1, 2]
    with pytest.raises(InvalidArgumentError, match="'Valjean' has no list"):
        found["Valjean"]
