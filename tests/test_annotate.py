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
from imax.annotate.algorithms.influence import default_epsilon
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
    for place, direction, sharpness in ((0, "out", 1.0), (1, "in", 4.0), (1, "in", 0.0)):
        graph = knn_graph(x, k, direction=direction, sharpness=sharpness)
        arcs = naive_annotate.arcs(x, k, direction, sharpness)
        for i in range(len(x)):  # the other end of an arc may be another item of the same similarity
            have = sorted(arc[2] for arc in graph.arcs() if arc[place] == i and arc[2] > 1e-6)
            assert have == pytest.approx(sorted(p for arc, p in arcs.items() if arc[place] == i and p > 1e-6), abs=1e-5)


def test_ties_go_to_the_smaller_number():
    same = np.array([[1.0, 0.0]] * 5 + [[0.0, 1.0]])
    assert neighbors_of(same, 2).index[:5].tolist() == [[1, 2], [0, 2], [0, 1], [0, 1], [0, 1]]
    assert neighbors_of(same, 2).index[5].tolist() == [0, 1]


def test_an_item_with_only_negative_similarities_has_no_arcs():
    x = [[1.0, 0.0], [-1.0, 0.1], [-1.0, -0.1]]
    for direction in ("in", "out"):
        assert sorted((u, v) for u, v, _ in knn_graph(x, 2, direction=direction).arcs()) == [(1, 2), (2, 1)]


def test_directions_are_opposite_and_probabilities_into_an_item_sum_to_1():
    x = cloud()
    there = {(u, v): p for u, v, p in knn_graph(x, 5, direction="out", sharpness=2).arcs()}
    back = {(v, u): p for u, v, p in knn_graph(x, 5, direction="in", sharpness=2).arcs()}
    assert there == back
    assert knn_graph(x, 5, sharpness=1000).n_arcs < knn_graph(x, 5).n_arcs  # tiny shares give no arc
    graph = knn_graph(x, 5, sharpness=50)
    graph.check_lt()
    into = np.zeros(40)
    for _, v, p in graph.arcs():
        into[v] += p
    assert into == pytest.approx(1.0, abs=1e-5)


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
    pytest.importorskip("faiss")
    x = cloud(3000 if JIT else 300, 16)
    exact, near = (neighbors_of(x, 5, neighbor_search=search) for search in ("exact", "approximate"))
    assert (exact.neighbor_search, exact.recall, near.neighbor_search) == ("exact", 1.0, "approximate")
    share = np.mean([len(set(a) & set(b)) / 5 for a, b in zip(exact.index.tolist(), near.index.tolist(), strict=True)])
    assert share > 0.9
    assert abs(near.recall - share) < 0.05
    assert not (near.index == np.arange(len(x))[:, None]).any()
    again = neighbors_of(x, 5, neighbor_search="approximate", threads=3)
    assert np.array_equal(again.index, near.index)


def test_approximate_neighbors_of_few_items():
    """One cluster holds all items; duplicates may hide an item from its own neighbors."""
    pytest.importorskip("faiss")
    x = np.array([[1.0, 0.0]] * 6 + [[0.0, 1.0]] * 3)
    near = neighbors_of(x, 2, neighbor_search="approximate")
    assert near.recall == 1.0
    assert near.similarity == pytest.approx(1.0)
    assert (near.index[:6] < 6).all()
    assert not (near.index == np.arange(9)[:, None]).any()


def test_approximate_neighbors_without_faiss(monkeypatch):
    monkeypatch.setitem(sys.modules, "faiss", None)
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
    found = neighbors_of(x, k)
    degree = np.bincount(found.index.ravel(), minlength=n)
    allowed = set(range(n)) - set(start)
    scores = {
        "k-center": naive_annotate.k_center(x), "facility-location": naive_annotate.facility_location(x),
        "sparse-facility-location": naive_annotate.sparse_facility_location(
            found.index.tolist(), found.similarity.tolist(), np.ones(n)
        ),
    }  # fmt: skip
    for name, score in scores.items():
        selected = list(start)
        for item in selected_by(name, x, budget, k, start=start):  # rounding may break ties
            best = max(score(i, selected) for i in allowed - set(selected))
            assert score(item, selected) >= best - 1e-4
            selected.append(item)
    by_degree = naive_annotate.select(n, budget, lambda i, selected: float(degree[i]), allowed, start=start)
    assert selected_by("graph-degree", x, budget, k, start=start) == by_degree


def test_selected_items_do_not_vote():
    """Item 0 has only the vote of item 1; items 0 and 2 vote for 1, items 1 and 3 for 0 and 2."""
    nearest = [[1], [0], [1], [2]]
    assert naive_annotate.fast_vote_k(nearest, 3) == [1, 2, 0]
    graph = imax.InfluenceGraph.from_edges([(1, 0), (0, 1), (1, 2), (2, 3)], nodes=range(4))  # from voted to voter
    assert ALGORITHMS["vote-k"].run(make_problem(graph, 3)).indices == [1, 2, 0]


@settings(max_examples=30 if JIT else 5)
@given(st.integers(0, 10**6), st.integers(4, 40), st.integers(1, 4), st.integers(0, 3))
def test_vote_k_is_that_of_the_published_program(seed, n, k, n_start):
    x = cloud(n, 3, seed)
    k, start = min(k, n - 1), list(range(min(n_start, n - 1)))
    nearest = neighbors_of(x, k).index.tolist()
    budget = (n - len(start) + 1) // 2
    expected = naive_annotate.fast_vote_k(nearest, budget, start)
    assert selected_by("vote-k", x, budget, k, start=start) == expected
    confidence = np.random.default_rng(seed).integers(0, 6, n).astype(float)
    budget = max(min(budget, int(0.9 * n) - len(start)) // 2, 1)
    expected = naive_annotate.vote_k_by_confidence(nearest, budget, confidence, start)
    assert selected_by("vote-k", x, budget, k, start=start, confidence=confidence) == expected


def test_confidence_by_id_and_with_few_items_left():
    x = cloud(10)
    names = [f"t{i}" for i in range(10)]
    confidence = {name: float(i) for i, name in enumerate(names)}
    options = {"ids": names, "start": ["t9"]}
    found = selected_by("vote-k", x, 9, 3, confidence=confidence, **options)
    assert sorted(found) == list(range(9))
    del confidence["t9"]  # annotated items need no confidence
    assert selected_by("vote-k", x, 2, 3, confidence=confidence, **options) == selected_by(
        "vote-k", x, 2, 3, confidence=[*range(9), np.nan], start=[9]
    )
    with pytest.raises(InvalidArgumentError, match="confidence must have a number for each item"):
        make_problem(x, 2, 3, confidence=[*range(9), np.nan])
    with pytest.raises(InvalidArgumentError, match="confidence is not supported by algorithm 'k-center'"):
        select(x, 2, 3, algorithm="k-center", confidence=range(10))


@settings(max_examples=30 if JIT else 5)
@given(st.integers(0, 10**6), st.integers(4, 60), st.integers(1, 6))
def test_sparse_facility_location_equals_the_naive_one(seed, n, k):
    rng = np.random.default_rng(seed)
    x, k = cloud(n, 3, seed), min(k, n - 1)
    weight = rng.integers(0, 3, n) + rng.random(n)
    start = [0] if n > 6 else []
    found = neighbors_of(x, k)
    score = naive_annotate.sparse_facility_location(found.index.tolist(), found.similarity.tolist(), weight)
    selected = list(start)
    problem = make_problem(x, n - len(start), k, start=start, node_weights=weight)
    outcome = ALGORITHMS["sparse-facility-location"].run(problem)
    for item, gain in zip(outcome.indices, outcome.gains, strict=True):
        best = max(score(i, selected) for i in range(n) if i not in selected)
        assert score(item, selected) == pytest.approx(gain, abs=1e-5)
        assert gain >= best - 1e-5 * max(best, 1.0)
        selected.append(item)
    assert sorted(selected) == list(range(n))


def test_facility_location_of_many_items_is_sparse(monkeypatch):
    monkeypatch.setattr("imax.annotate.algorithms.similarity.ALL_UP_TO", 20)
    sparse, dense = (
        ALGORITHMS[f"{kind}facility-location"].run(make_problem(cloud(30), 5, 3)) for kind in ("sparse-", "")
    )
    assert dense.indices == sparse.indices
    assert dense.notes[0].startswith("facility-location: more than 20 items")
    monkeypatch.setattr("imax.annotate.algorithms.similarity._AT_ONCE", 1)
    few = selected_by("facility-location", cloud(20), 6, 3)
    monkeypatch.setattr("imax.annotate.algorithms.similarity._AT_ONCE", 7)
    assert selected_by("facility-location", cloud(20), 6, 3) == few


def test_weights_in_facility_location():
    """Only one item counts, so the first choice is this item."""
    x = cloud(30)
    for name in ("facility-location", "sparse-facility-location"):
        assert selected_by(name, x, 1, 3, node_weights=np.arange(30) == 7) == [7]
    with pytest.raises(InvalidArgumentError, match="embeddings must be an array for this algorithm"):
        ALGORITHMS["sparse-facility-location"].run(make_problem(knn_graph(x, 3), 2))


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
    assert [p for name, p in of_select.items() if name not in ("algorithm", "confidence")] == list(of_ideal.values())
    x = cloud()
    assert select(x, 3, 4, algorithm="ideal", rng=5, **QUICK).indices == ideal(x, 3, 4, rng=5, **QUICK).indices


def test_the_certificate_counts_in_the_time_limit(monkeypatch):
    calls = []

    def certify(*args, **work):
        calls.append(work)
        return imax.certify(*args, **work | {"time_limit": 1e-9})

    monkeypatch.setattr("imax.annotate.selecting.certify", certify)
    select(cloud(), 2, 4, algorithm="simulated", time_limit=100.0, rng=1)
    assert 90.0 < calls[0]["time_limit"] < 100.0
    found = select(cloud(), 2, 4, algorithm="simulated", time_limit=1e-9, rng=1)
    assert calls[1]["time_limit"] < 1e-3
    assert found.lower_bound <= found.influence


def test_a_note_says_that_the_time_limit_includes_compiling(monkeypatch):
    compiled = iter(range(100))
    monkeypatch.setattr("imax.selection.problem._n_compiled", lambda: next(compiled))
    found = select(cloud(), 2, 4, algorithm="ideal", time_limit=1e-9, rng=1)
    assert found.stop_reason == "time limit"
    assert sum("compiled first" in note for note in found.notes) == 1
    assert select(cloud(), 2, 4, algorithm="ideal", rng=1, **QUICK).notes == []


@pytest.mark.parametrize("name", list(ALGORITHMS))
def test_arguments_that_an_algorithm_does_not_support(name):
    given = {"epsilon": 0.1, "time_limit": 1.0}
    for argument in given.keys() - ALGORITHMS[name].accepts:
        with pytest.raises(InvalidArgumentError, match=f"^{argument} is not supported") as caught:
            select(cloud(), 2, 4, algorithm=name, **{argument: given[argument]})
        assert caught.value.argument == argument
    with pytest.raises(InvalidArgumentError, match="did you mean 'k-center'"):
        select(cloud(), 2, algorithm="k_center")


def test_the_default_precision_depends_on_the_number_of_items_and_the_budget(monkeypatch):
    assert [default_epsilon(n, 1000) for n in (10, 10**6, 10**7, 10**9)] == [0.025, 0.025, 0.042, 0.1]
    assert default_epsilon(10**7, 10) < default_epsilon(10**7, 10**4)
    monkeypatch.setattr("imax.annotate.algorithms.influence.EPSILON", 0.4)
    monkeypatch.setattr("imax.annotate.algorithms.influence.COARSEST", 0.45)
    x = cloud(30)
    few = ideal(x, 3, 4, rng=5, delta=0.4)
    assert (few.epsilon, few.to_dict()["epsilon"], few.notes) == (0.4, 0.4, [])
    monkeypatch.setattr("imax.annotate.algorithms.influence.WORK", 1.0)
    many = ideal(x, 3, 4, rng=5, delta=0.4)
    assert many.epsilon == default_epsilon(30, 3) == 0.45
    assert many.notes == [
        "epsilon: 0.45 is the default for 3 of 30 items; a smaller value takes longer and selects items with more "
        "influence"
    ]
    given = ideal(x, 3, 4, rng=5, epsilon=0.45, delta=0.4)
    assert (given.epsilon, given.notes) == (0.45, [])


def test_directions_sharpness_and_models():
    x = cloud()
    for options in ({"direction": "out", "sharpness": 1.0}, {"model": "lt", "sharpness": 8}):
        model = options.get("model", "ic")
        found = ideal(x, 3, 4, rng=5, **options, **QUICK)
        graph = knn_graph(x, 4, **{name: value for name, value in options.items() if name != "model"})
        assert found.indices == imax.maximize(graph, 3, model=model, rng=5, **QUICK).seeds
        assert (found.direction, found.sharpness, found.model) == (
            options.get("direction", "in"), float(options["sharpness"]), model
        )  # fmt: skip
        assert ideal(graph, 3, model=model, direction=found.direction, rng=5, **QUICK).sharpness is None


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"direction": "both"}, "direction must be one of in, out; got 'both'"),
        ({"sharpness": -1}, "sharpness must be a finite number of at least 0, got -1"),
        ({"model": "si"}, "model must be"),
        ({"model": "lt", "direction": "out"}, "model must be 'ic' for direction 'out'"),
        ({"decided_above": 0.5}, "labels must be given when decided_above is given"),
        ({"labels": {0: "a"}, "decided_above": 2}, "decided_above must lie in"),
    ],
)
def test_rejected_settings(options, message):
    with pytest.raises(InvalidArgumentError, match="^" + message) as caught:
        make_problem(cloud(), 2, 4, **options)
    assert message.startswith(caught.value.argument)


def test_items_that_labels_decide_are_skipped():
    """Two tight groups: the label of one group decides it, so the next item comes from the other."""
    x = np.concatenate([cloud(12, 3, 1) * 0.05 + [1, 0, 0], cloud(6, 3, 2) * 0.05 + [0, 1, 0]])
    plain = make_problem(x, 2, 4, labels={0: "a", 1: "a", 2: "", 3: "a"}, start=[4], rng=1)
    assert sorted(plain.start.tolist()) == [0, 1, 3, 4]
    assert plain.notes == ("labels: 1 blank labels mean that the items are not annotated",)
    assert plain.weights is None
    problem = make_problem(
        x, 2, 4, labels=dict.fromkeys(range(6), "a"), decided_above=0.0, model="lt", rng=1, node_weights=[2.0] * 18
    )
    decided = np.flatnonzero(problem.weights == 0)
    assert problem.notes == (f"the labels decide {decided.size} items, which are not selected and count 0",)
    assert decided.size
    assert set(decided) <= set(range(6, 12))
    assert not problem.allowed[decided].any()
    assert set(problem.weights.tolist()) == {0.0, 2.0}
    assert set(
        selected_by("facility-location", x, 2, 4, labels=dict.fromkeys(range(6), "a"), decided_above=0.0)
    ) <= set(range(6, 18))


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
        ({"groups": [1] * 40}, "quotas are missing: groups requires them"),
        ({"quotas": 1}, "groups are missing: quotas requires them"),
        ({"groups": [1] * 40, "quotas": {1: -1}}, r"quotas\[1\] must be at least 0, got -1"),
        ({"groups": [1] * 3, "quotas": 1}, r"groups must have one group per node \(40\)"),
        ({"groups": [1] * 40, "quotas": 1}, "quotas allow only 1 items; raise them or lower the budget"),
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


def test_labels_of_items_that_are_not_in_the_graph():
    graph = imax.annotate.knn_graph(np.array([[1.0, 0.0], [0.9, 0.1], [0.0, 1.0], [0.1, 0.9]]), 1)
    given = {0: "right", 2: "up", 99: "far"}
    with pytest.raises(imax.errors.ImaxError):
        imax.annotate.auto_annotate(graph, given, rng=1)
    found = imax.annotate.auto_annotate(graph, given, rng=1, on_missing="drop")
    assert found.labels == ["right", "right", "up", "up"]
    assert "99" in found.notes[0]
