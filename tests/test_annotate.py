"""Selecting examples to annotate, compared with plain references; labels that spread; rejected arguments."""

import inspect
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numba import config

import imax
from imax import annotate
from imax.annotate import (
    ALGORITHMS,
    auto_annotate,
    ideal,
    knn_graph,
    neighbors_of,
    retrieve,
    select,
)
from imax.annotate.problem import make_problem
from imax.errors import InvalidArgumentError, MissingDependencyError

from . import naive_annotate

JIT = not config.DISABLE_JIT
compiled = pytest.mark.skipif(
    not JIT, reason="draws tens of thousands of RR sets, which takes minutes without the compiler"
)
QUICK = {"epsilon": 0.3} if JIT else {"epsilon": 0.45, "delta": 0.3}


@st.composite
def points(draw):
    """Return items with small whole coordinates, so that ties, duplicates and negative similarities occur."""
    d = draw(st.integers(1, 3))
    row = st.lists(st.integers(-2, 2), min_size=d, max_size=d).filter(any)
    return np.array(draw(st.lists(row, min_size=2, max_size=8)), dtype=float)


def cloud(n=40, d=5, seed=0):
    return np.random.default_rng(seed).normal(size=(n, d))


# -- neighbors --------------------------------------------------------------------------------------------------


@given(points(), st.integers(1, 4))
def test_neighbors_and_probabilities_equal_the_naive_ones(x, k):
    k = min(k, len(x) - 1)
    found = neighbors_of(x, k, neighbor_search="exact")
    near = naive_annotate.cosines(x)
    expected = naive_annotate.neighbors(x, k)
    for i in range(len(x)):
        assert len(set(found.index[i].tolist())) == k
        assert i not in found.index[i]
        assert [near[i][j] for j in found.index[i]] == pytest.approx([near[i][j] for j in expected[i]], abs=1e-6)
    assert found.similarity == pytest.approx(np.take_along_axis(np.array(near), found.index, axis=1), abs=1e-6)
    graph = knn_graph(x, k)
    by_item = {i: sorted(p for (u, _), p in naive_annotate.arcs(x, k).items() if u == i) for i in range(len(x))}
    for i in range(len(x)):
        have = sorted(p for u, _, p in graph.arcs() if u == i and p > 1e-6)
        assert have == pytest.approx(by_item[i], abs=1e-5)


def test_ties_go_to_the_smaller_number():
    same = np.array([[1.0, 0.0]] * 5 + [[0.0, 1.0]])
    assert neighbors_of(same, 2).index[:5].tolist() == [[1, 2], [0, 2], [0, 1], [0, 1], [0, 1]]
    assert neighbors_of(same, 2).index[5].tolist() == [0, 1]


def test_an_item_with_only_negative_similarities_has_no_arcs():
    graph = knn_graph([[1.0, 0.0], [-1.0, 0.1], [-1.0, -0.1]], 2)
    assert sorted(u for u, _, _ in graph.arcs()) == [1, 2]


def test_the_block_size_does_not_matter(monkeypatch):
    whole = neighbors_of(cloud(), 4)
    monkeypatch.setattr(annotate.neighbors, "_BLOCK", 100)
    parts = neighbors_of(cloud(), 4)
    assert np.array_equal(whole.index, parts.index)


def test_scale_does_not_matter():
    x = cloud()
    sizes = np.logspace(-300, 300, len(x))[:, None]
    assert np.array_equal(neighbors_of(x * sizes, 3).index, neighbors_of(x, 3).index)


def test_approximate_neighbors():
    pytest.importorskip("usearch")
    x = cloud(3000 if JIT else 300, 16)
    exact, near = (neighbors_of(x, 5, neighbor_search=search) for search in ("exact", "approximate"))
    assert (exact.neighbor_search, exact.recall, near.neighbor_search) == ("exact", 1.0, "approximate")
    share = np.mean([len(set(a) & set(b)) / 5 for a, b in zip(exact.index.tolist(), near.index.tolist(), strict=True)])
    assert share > 0.9
    assert abs(near.recall - share) < 0.05
    assert not (near.index == np.arange(len(x))[:, None]).any()


def test_approximate_neighbors_without_usearch(monkeypatch):
    monkeypatch.setitem(sys.modules, "usearch.index", None)
    with pytest.raises(MissingDependencyError, match=r"pip install 'influence-maximization\[annotate\]'"):
        neighbors_of(cloud(), 3, neighbor_search="approximate")


BAD = [
    ([1.0, 2.0], {}, "embeddings must have the shape \\(n_items, n_dimensions\\), got \\(2,\\)"),
    (np.ones((3, 0)), {}, "got \\(3, 0\\)"),
    ([["a", "b"]], {}, "embeddings must be numbers"),
    ([[1.0, np.nan], [1.0, 0.0]], {}, "embeddings must be finite, got NaN or infinity in row 0"),
    ([[1.0, 0.0]] + [[np.inf, 1.0]] * 6, {}, "infinity in 6 rows: 1, 2, 3, 4, 5, ..."),
    ([[1.0, 0.0], [0.0, 0.0]], {}, "embeddings must not be all 0, as in row 1"),
    (cloud(3), {"n_neighbors": 3}, "n_neighbors must be at most 2 \\(the number of other items\\), got 3"),
    (cloud(3), {"neighbor_search": "magic"}, "neighbor_search must be one of auto, exact, approximate"),
]


@pytest.mark.parametrize(("x", "options", "message"), BAD, ids=[m for *_, m in BAD])
def test_rejected_embeddings(x, options, message):
    with pytest.raises(InvalidArgumentError, match=message) as caught:
        neighbors_of(x, **{"n_neighbors": 1, **options})
    assert caught.value.argument == next(iter(options), "embeddings")


# -- algorithms --------------------------------------------------------------------------------------------------


def selected_by(name, x, budget, k, **options):
    """Return what an algorithm selects, without a certificate."""
    return ALGORITHMS[name].run(make_problem(x, budget, k, **options, rng=1)).indices


@pytest.mark.parametrize("name", [name for name in ALGORITHMS if name not in ("ideal", "simulated")])
def test_baselines_respect_the_constraints(name):
    groups = np.arange(30) % 3
    constraints = {"start": [0, 1], "exclude": [2, 3], "groups": groups, "quotas": {0: 1, 1: 2, 2: 1}}
    found = selected_by(name, cloud(30), 4, 3, **constraints)
    assert len(set(found)) == 4
    assert not set(found) & {0, 1, 2, 3}
    assert np.bincount(groups[found], minlength=3).tolist() == [1, 2, 1]
    with pytest.raises(InvalidArgumentError, match="quotas allow only 4 items"):
        selected_by(name, cloud(30), 5, 3, **constraints)


@settings(max_examples=40 if JIT else 8)
@given(points(), st.data())
def test_baselines_equal_the_naive_ones(x, data):
    x = x + np.arange(len(x))[:, None] * 1e-3 * np.arange(1, x.shape[1] + 1)  # breaks nearly all ties
    x = x[np.linalg.norm(x, axis=1) > 1e-6]
    if len(x) < 3:
        return
    n, k = len(x), 2
    start = data.draw(st.lists(st.integers(0, n - 1), max_size=1))
    budget = data.draw(st.integers(1, n - len(start)))
    graph = knn_graph(x, k)
    pairs = {(u, v) for u, v, _ in graph.arcs()}
    allowed = set(range(n)) - set(start)
    degree = graph.in_degree()
    scores = {
        "vote-k": naive_annotate.vote_k(pairs), "k-center": naive_annotate.k_center(x),
        "facility-location": naive_annotate.facility_location(x), "graph-degree": lambda i, selected: float(degree[i]),
    }  # fmt: skip
    for name, score in scores.items():
        found = selected_by(name, x, budget, k, start=start)
        if name in ("k-center", "facility-location"):
            selected = list(start)
            for item in found:  # rounding may break ties
                best = max(score(i, selected) for i in allowed - set(selected))
                assert score(item, selected) >= best - 1e-4
                selected.append(item)
        else:
            assert found == naive_annotate.select(n, budget, score, allowed, start=start)


def test_selected_items_do_not_vote():
    """Item 0 has only the vote of item 1, and loses it when item 1 is selected."""
    pairs = {(1, 0), (0, 1), (2, 1), (3, 2), (2, 3)}
    score = naive_annotate.vote_k(pairs)
    assert [score(i, []) for i in range(4)] == [1.0, 2.0, 1.0, 1.0]
    assert [score(i, [1]) for i in range(4)] == pytest.approx([0.0, 0.2, 1.0, 0.1])


@settings(max_examples=30 if JIT else 5)
@given(st.integers(0, 10**6), st.integers(4, 40), st.integers(1, 4), st.integers(0, 3))
def test_vote_k_equals_the_naive_one_on_larger_clouds(seed, n, k, n_start):
    x = cloud(n, 3, seed)
    k, start = min(k, n - 1), list(range(min(n_start, n - 1)))
    pairs = {(u, v) for u, v, _ in knn_graph(x, k).arcs()}
    budget = (n - len(start) + 1) // 2
    expected = naive_annotate.select(n, budget, naive_annotate.vote_k(pairs), set(range(n)) - set(start), start=start)
    assert selected_by("vote-k", x, budget, k, start=start) == expected


@compiled
@pytest.mark.parametrize("name", list(ALGORITHMS))
def test_start_exclude_and_quotas(name):
    x = cloud(30)
    groups = np.arange(30) % 3
    options = {"algorithm": name, "start": [0, 1], "exclude": [2, 3], "rng": 1, **(QUICK if name == "ideal" else {})}
    quotas = {"groups": groups, "quotas": {0: 1, 1: 2, 2: 1}}
    if name == "simulated":
        with pytest.raises(InvalidArgumentError, match="quotas is not supported by algorithm 'simulated'"):
            select(x, 4, 3, **options, **quotas)
    else:
        options |= quotas
    found = select(x, 4, 3, **options)
    assert len(set(found.indices)) == 4
    assert not set(found.indices) & {0, 1, 2, 3}
    if name != "simulated":
        assert np.bincount(groups[found.indices], minlength=3).tolist() == [1, 2, 1]
    assert found.start == [0, 1]
    assert (found.algorithm, found.budget, found.n_items, found.n_neighbors) == (name, 4, 30, 3)
    assert found.lower_bound <= found.influence <= found.upper_bound + 1e-9
    again = select(x, 4, 3, **options, threads=1)
    assert again.indices == found.indices
    with pytest.raises(InvalidArgumentError, match="quotas"):
        select(x, 6, 3, **(options | quotas))


def test_ideal_is_maximize_on_the_graph():
    x = cloud()
    found = ideal(x, 3, 4, rng=5, **QUICK)
    graph = knn_graph(x, 4)
    same = imax.maximize(graph, 3, rng=5, **QUICK)
    assert (found.indices, found.influence, found.ratio) == (same.seeds, same.spread, same.ratio)
    assert ideal(graph, 3, rng=5, **QUICK).indices == found.indices
    weights = np.zeros(40)
    weights[7] = 1.0
    assert ideal(x, 1, 4, node_weights=weights, rng=1, **QUICK).influence == pytest.approx(1.0, abs=0.5)
    with pytest.raises(InvalidArgumentError, match="embeddings must be an array for this algorithm"):
        select(graph, 3, algorithm="k-center")


def test_ideal_accepts_what_select_accepts():
    of_select, of_ideal = (inspect.signature(function).parameters for function in (select, ideal))
    assert [p for name, p in of_select.items() if name != "algorithm"] == list(of_ideal.values())
    x = cloud()
    assert select(x, 3, 4, rng=5, **QUICK).indices == ideal(x, 3, 4, rng=5, **QUICK).indices


@pytest.mark.parametrize("name", list(ALGORITHMS))
def test_arguments_that_an_algorithm_does_not_support(name):
    given = {"epsilon": 0.1, "time_limit": 1.0, "progress": print}
    for argument in given.keys() - ALGORITHMS[name].accepts:
        with pytest.raises(InvalidArgumentError, match=f"^{argument} is not supported") as caught:
            select(cloud(), 2, 4, algorithm=name, **{argument: given[argument]})
        assert caught.value.argument == argument
    with pytest.raises(InvalidArgumentError, match="did you mean 'k-center'"):
        select(cloud(), 2, algorithm="k_center")


@compiled
def test_simulated_influence_is_not_better():
    """Both selections are estimated by the same 20,000 simulations, whose error is far below the margin."""
    x = cloud(200, 8)
    one, other = ideal(x, 8, 5, rng=1), select(x, 8, 5, algorithm="simulated", rng=1)
    graph = one.graph
    a, b = (imax.spread(graph, s.indices, n_simulations=20_000, rng=3) for s in (one, other))
    assert a.spread >= b.spread - 3 * (a.std_error + b.std_error)


def test_views_of_a_selection():
    found = ideal(cloud(), 3, 4, rng=5, **QUICK)
    assert (list(found), len(found), found[0]) == (found.indices, 3, found.indices[0])
    assert "graph" not in found.to_dict()
    assert '"algorithm": "ideal"' in found.to_json()
    assert repr(found).startswith("<Selection: 3 of 40 items by ideal, influence ")
    pytest.importorskip("pandas")
    assert list(found.to_frame().columns) == ["rank", "index", "gain"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"budget": 41}, "budget must be at most 40 \\(the number of items that can be chosen\\), got 41"),
        ({"budget": 0}, "budget must be at least 1"),
        ({"start": [40]}, "start must name items by whole numbers from 0 to 39, got 40"),
        ({"exclude": [-1]}, "exclude must name items by whole numbers from 0 to 39, got -1"),
        ({"groups": [1] * 40}, "quotas must be given when groups is given"),
        ({"quotas": 1}, "groups must be given when quotas is given"),
        ({"groups": [1] * 40, "quotas": {1: -1}}, r"quotas\[1\] must be at least 0, got -1"),
        ({"groups": [1] * 3, "quotas": 1}, r"groups must have one group per node \(40\)"),
        ({"groups": [1] * 40, "quotas": 1}, r"budget must be at most 1 \(the number of items that the quotas allow\)"),
        ({"on_missing": "skip"}, "on_missing must be one of"),
        ({"node_weights": [1.0]}, "node_weights must have one value per node"),
    ],
)
def test_rejected_arguments(options, message):
    with pytest.raises(InvalidArgumentError, match="^" + message):
        ideal(cloud(), **{"budget": 2, "n_neighbors": 4, "rng": 1, **QUICK, **options})


# -- labels ------------------------------------------------------------------------------------------------------


@compiled
def test_labels_that_arrive_first():
    """Confidence agrees with enumeration within 5.5 standard errors: one false alarm in 3e7 checks."""
    pairs = [(0, 2, 0.5), (1, 2, 0.25), (2, 3, 0.5), (1, 3, 0.3), (3, 4, 0.9), (0, 1, 0.7)]
    graph = imax.InfluenceGraph.from_edges(pairs)
    labels = {0: "a", 1: "b"}
    count = 20_000
    found = auto_annotate(graph, labels, sets_per_item=count, rng=1)
    exact = naive_annotate.first_labels(5, pairs, labels)
    assert found.labels[:2] == ["a", "b"]
    assert found.confidence[:2] == [1.0, 1.0]
    for i in (2, 3, 4):
        # in worlds where both labels arrive at the same distance, either may win
        best = max(exact[i].values())
        tied = 1.0 - sum(exact[i].values())
        error = 5.5 * 0.5 / np.sqrt(count)
        assert best - error <= found.confidence[i] <= best + tied + error
    assert found.n_rr_sets == 5 * count


def test_abstention_and_isolated_items():
    graph = imax.InfluenceGraph.from_arrays([0, 0], [1, 2], [1.0, 0.05], n_nodes=4)
    found = auto_annotate(graph, {0: "a"}, threshold=0.5, sets_per_item=50, rng=1)
    assert found.labels == ["a", "a", None, None]
    assert (found.n_annotated, found.n_abstained, found.reached[3]) == (1, 2, 0.0)
    assert auto_annotate(graph, {0: "a"}, sets_per_item=400, rng=1).labels == ["a", "a", "a", None]
    one, two = (auto_annotate(graph, {0: 1, 2: 2}, rng=1, threads=t).to_dict() for t in (1, 3))
    assert one == two
    for labels, message in [
        ({}, "labels must have at least one item with a label"),
        ({0: "", 1: None}, "labels must have at least one item with a label"),
        ("ab", "labels must be a mapping"),
        ({9: "a"}, "labels must name items by whole numbers"),
    ]:
        with pytest.raises(InvalidArgumentError, match=message):
            auto_annotate(graph, labels)
    with pytest.raises(InvalidArgumentError, match="graph must be a Selection or an InfluenceGraph"):
        auto_annotate([1, 2], {0: "a"})


@given(points(), st.integers(1, 3))
def test_examples_for_a_prompt(x, k):
    chosen = list(range(len(x)))[::2]
    k = min(k, len(chosen))
    found = retrieve(x, x, chosen, k)
    near = np.array(naive_annotate.cosines(x))
    for i in range(len(x)):
        best = sorted((near[i][j] for j in chosen), reverse=True)[:k]
        assert near[i][found[i]] == pytest.approx(best[::-1], abs=1e-6)


def test_rejected_arguments_of_retrieve():
    x = cloud()
    with pytest.raises(InvalidArgumentError, match="query_embeddings must have as many dimensions as"):
        retrieve([[1.0, 2.0]], x, [0], 1)
    with pytest.raises(InvalidArgumentError, match="n_examples must be at most 1"):
        retrieve(x, x, [0], 2)
    with pytest.raises(InvalidArgumentError, match="annotated must name items by whole numbers from 0 to 39, got 40"):
        retrieve(x, x, [40], 1)


# -- scikit-learn's interface -------------------------------------------------------------------------------------


# -- real embeddings ---------------------------------------------------------------------------------------------


@compiled
@pytest.mark.data
def test_geoquery(data):
    """Compare the mean over five keys with greedy on 400,000 RR sets; independent simulations estimate both."""
    arrays = np.load(data / "geoquery-minilm.npz")
    train, queries = arrays["train_embeddings"], arrays["eval_embeddings"]
    graph = knn_graph(train)
    for budget, accuracy in ((18, 0.12), (50, 0.36), (100, 0.45)):
        best = imax.maximize(graph, budget, algorithm="ris", n_rr_sets=400_000, rng=9).seeds
        reference = imax.spread(graph, best, n_simulations=20_000, rng=77).spread
        influence, right = [], []
        for rng in range(5):
            found = ideal(train, budget, rng=rng)
            influence.append(imax.spread(graph, found.indices, n_simulations=20_000, rng=77).spread)
            near = retrieve(queries, train, found, 1)[:, 0]
            right.append((arrays["train_labels"][near] == arrays["eval_labels"]).mean())
        assert np.mean(influence) >= 0.985 * reference
        assert np.mean(right) >= accuracy
