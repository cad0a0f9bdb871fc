"""Choosing examples to annotate against plain references; labels that diffuse; what is refused."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numba import config

import imax
from imax import annotate
from imax.annotate import METHODS, InfluenceSelector, auto_annotate, ideal, knn_graph, methods, neighbors_of, retrieve
from imax.errors import InvalidArgumentError, MissingDependencyError

from . import naive_annotate

JIT = not config.DISABLE_JIT
compiled = pytest.mark.skipif(
    not JIT, reason="draws samples by the ten thousand, which takes minutes without the compiler"
)
QUICK = {"epsilon": 0.3} if JIT else {"epsilon": 0.45, "delta": 0.3}


@st.composite
def points(draw):
    """Return items with small whole coordinates, so that ties, duplicates and negative similarities come up."""
    d = draw(st.integers(1, 3))
    row = st.lists(st.integers(-2, 2), min_size=d, max_size=d).filter(any)
    return np.array(draw(st.lists(row, min_size=2, max_size=8)), dtype=float)


def cloud(n=40, d=5, seed=0):
    return np.random.default_rng(seed).normal(size=(n, d))


# -- neighbours --------------------------------------------------------------------------------------------------


@given(points(), st.integers(1, 4))
def test_neighbours_and_weights_are_the_naive_ones(x, k):
    k = min(k, len(x) - 1)
    found = neighbors_of(x, k, method="exact")
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


def test_ties_go_to_the_smaller_index():
    same = np.array([[1.0, 0.0]] * 5 + [[0.0, 1.0]])
    assert neighbors_of(same, 2).index[:5].tolist() == [[1, 2], [0, 2], [0, 1], [0, 1], [0, 1]]
    assert neighbors_of(same, 2).index[5].tolist() == [0, 1]


def test_an_item_whose_neighbours_all_look_away_has_no_arcs():
    graph = knn_graph([[1.0, 0.0], [-1.0, 0.1], [-1.0, -0.1]], 2)
    assert sorted(u for u, _, _ in graph.arcs()) == [1, 2]


def test_blocks_change_nothing(monkeypatch):
    whole = neighbors_of(cloud(), 4)
    monkeypatch.setattr(annotate.neighbors, "_BLOCK", 100)
    parts = neighbors_of(cloud(), 4)
    assert np.array_equal(whole.index, parts.index)


def test_scale_does_not_matter():
    x = cloud()
    sizes = np.logspace(-300, 300, len(x))[:, None]
    assert np.array_equal(neighbors_of(x * sizes, 3).index, neighbors_of(x, 3).index)


def test_approximate_neighbours():
    pytest.importorskip("usearch")
    x = cloud(3000 if JIT else 300, 16)
    exact, near = (neighbors_of(x, 5, method=method) for method in ("exact", "approximate"))
    assert (exact.method, exact.recall, near.method) == ("exact", 1.0, "approximate")
    share = np.mean([len(set(a) & set(b)) / 5 for a, b in zip(exact.index.tolist(), near.index.tolist(), strict=True)])
    assert share > 0.9
    assert abs(near.recall - share) < 0.05
    assert not (near.index == np.arange(len(x))[:, None]).any()


def test_approximate_neighbours_without_their_library(monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "usearch.index", None)
    with pytest.raises(MissingDependencyError, match=r"pip install 'influence-maximization\[annotate\]'"):
        neighbors_of(cloud(), 3, method="approximate")


BAD = [
    ([1.0, 2.0], {}, "embeddings must have the shape \\(n_items, n_dimensions\\), got \\(2,\\)"),
    (np.ones((3, 0)), {}, "got \\(3, 0\\)"),
    ([["a", "b"]], {}, "embeddings must be numbers"),
    ([[1.0, np.nan], [1.0, 0.0]], {}, "embeddings hold values that are not finite in row 0"),
    ([[1.0, 0.0]] + [[np.inf, 1.0]] * 6, {}, "not finite in 6 rows: 1, 2, 3, 4, 5, ..."),
    ([[1.0, 0.0], [0.0, 0.0]], {}, "embeddings are all 0 in row 1"),
    (cloud(3), {"n_neighbors": 3}, "n_neighbors must be at most 2 \\(the number of other items\\), got 3"),
    (cloud(3), {"method": "magic"}, "method must be one of auto, exact, approximate"),
]


@pytest.mark.parametrize(("x", "options", "message"), BAD, ids=[m for *_, m in BAD])
def test_embeddings_that_are_refused(x, options, message):
    with pytest.raises(InvalidArgumentError, match=message):
        neighbors_of(x, **{"n_neighbors": 1, **options})


# -- methods -----------------------------------------------------------------------------------------------------


def chosen_by(name, x, budget, k, **options):
    """Return what a method chooses, without the certificate that judges it."""
    given = {"neighbors": "auto", "start": None, "exclude": None, "weights": None, "groups": None, "quotas": None}
    task = methods._task(x, budget, k, **{**given, **options}, rng=1, work={"threads": 1})
    return getattr(methods, CHOOSERS[name])(task).chosen


CHOOSERS = {
    "vote_k": "_vote_k", "k_center": "_k_center", "facility_location": "_facility", "graph_degree": "_degree",
    "random": "_random",
}  # fmt: skip


@pytest.mark.parametrize("name", list(CHOOSERS))
def test_choosers_keep_to_the_rules(name):
    groups = np.arange(30) % 3
    rules = {"start": [0, 1], "exclude": [2, 3], "groups": groups, "quotas": {0: 1, 1: 2, 2: 1}}
    found = chosen_by(name, cloud(30), 4, 3, **rules)
    assert len(set(found)) == 4
    assert not set(found) & {0, 1, 2, 3}
    assert np.bincount(groups[found], minlength=3).tolist() == [1, 2, 1]
    with pytest.raises(InvalidArgumentError, match="quotas admit only 4 items"):
        chosen_by(name, cloud(30), 5, 3, **rules)


@settings(max_examples=40 if JIT else 8)
@given(points(), st.data())
def test_baselines_are_the_naive_ones(x, data):
    x = x + np.arange(len(x))[:, None] * 1e-3 * np.arange(1, x.shape[1] + 1)  # nearly all ties apart
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
        "vote_k": naive_annotate.vote_k(pairs), "k_center": naive_annotate.k_center(x),
        "facility_location": naive_annotate.facility_location(x), "graph_degree": lambda i, chosen: float(degree[i]),
    }  # fmt: skip
    for name, score in scores.items():
        found = chosen_by(name, x, budget, k, start=start)
        if name in ("k_center", "facility_location"):
            taken = list(start)
            for item in found:  # rounding may decide between equals
                best = max(score(i, taken) for i in allowed - set(taken))
                assert score(item, taken) >= best - 1e-4
                taken.append(item)
        else:
            assert found == naive_annotate.choose(n, budget, score, allowed, start=start)


@compiled
@pytest.mark.parametrize("method", list(METHODS))
def test_start_exclude_and_quotas(method):
    x = cloud(30)
    groups = np.arange(30) % 3
    options = {"start": [0, 1], "exclude": [2, 3], "rng": 1, **QUICK}
    quotas = {"groups": groups, "quotas": {0: 1, 1: 2, 2: 1}}
    if method == "simulated":
        with pytest.raises(InvalidArgumentError, match="quotas are nothing that the simulated"):
            METHODS[method](x, 4, 3, **options, **quotas)
    else:
        options |= quotas
    found = METHODS[method](x, 4, 3, **options)
    assert len(set(found.indices)) == 4
    assert not set(found.indices) & {0, 1, 2, 3}
    if method != "simulated":
        assert np.bincount(groups[found.indices], minlength=3).tolist() == [1, 2, 1]
    assert found.start == [0, 1]
    assert (found.method, found.budget, found.n_items, found.n_neighbors) == (method, 4, 30, 3)
    assert found.lower_bound <= found.influence <= found.upper_bound + 1e-9
    again = METHODS[method](x, 4, 3, **options, threads=1)
    assert again.indices == found.indices
    with pytest.raises(InvalidArgumentError, match="quotas"):
        METHODS[method](x, 6, 3, **(options | quotas))


def test_ideal_is_maximize_on_the_graph():
    x = cloud()
    found = ideal(x, 3, 4, rng=5, **QUICK)
    graph = knn_graph(x, 4)
    same = imax.maximize(graph, 3, rng=5, **QUICK)
    assert (found.indices, found.influence, found.ratio) == (same.seeds, same.spread, same.ratio)
    assert ideal(graph, 3, rng=5, **QUICK).indices == found.indices
    weights = np.zeros(40)
    weights[7] = 1.0
    assert ideal(x, 1, 4, weights=weights, rng=1, **QUICK).influence == pytest.approx(1.0, abs=0.5)
    with pytest.raises(InvalidArgumentError, match="looks at embeddings"):
        annotate.k_center(graph, 3)


@compiled
def test_the_simulated_oracle_is_no_better():
    """Both sets by the same 20,000 simulations, whose error is far below the margin."""
    x = cloud(200, 8)
    one, other = ideal(x, 8, 5, rng=1), annotate.simulated(x, 8, 5, rng=1)
    graph = one.graph
    a, b = (imax.spread(graph, s.indices, n_simulations=20_000, rng=3) for s in (one, other))
    assert a.spread >= b.spread - 3 * (a.std_error + b.std_error)


def test_views_of_a_selection():
    found = ideal(cloud(), 3, 4, rng=5, **QUICK)
    assert (list(found), len(found), found[0]) == (found.indices, 3, found.indices[0])
    assert "graph" not in found.to_dict()
    assert '"method": "ideal"' in found.to_json()
    assert repr(found).startswith("<Selection: 3 of 40 items by ideal, influence ")
    pytest.importorskip("pandas")
    assert list(found.to_frame().columns) == ["rank", "index", "gain"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"budget": 41}, "budget must be at most 40 \\(the number of items that can be chosen\\), got 41"),
        ({"budget": 0}, "budget must be at least 1"),
        ({"start": [40]}, "an item of start must be at most 39"),
        ({"exclude": [-1]}, "an item of exclude must be at least 0"),
        ({"groups": [1] * 40}, "groups and quotas go together"),
        ({"groups": [1] * 3, "quotas": 1}, "groups must have one group for each of the 40 items"),
        ({"weights": [1.0]}, "node_weights must have one value per node"),
    ],
)
def test_questions_that_are_refused(options, message):
    with pytest.raises(InvalidArgumentError, match=message):
        ideal(cloud(), **{"budget": 2, "n_neighbors": 4, "rng": 1, **QUICK, **options})


# -- labels ------------------------------------------------------------------------------------------------------


@compiled
def test_labels_that_arrive_first():
    """Confidence against enumeration, within 5.5 standard errors: a false alarm in 3e7 for each."""
    pairs = [(0, 2, 0.5), (1, 2, 0.25), (2, 3, 0.5), (1, 3, 0.3), (3, 4, 0.9), (0, 1, 0.7)]
    graph = imax.InfluenceGraph.from_edges(pairs)
    labels = {0: "a", 1: "b"}
    count = 20_000
    found = auto_annotate(graph, labels, sets_per_item=count, rng=1)
    exact = naive_annotate.first_labels(5, pairs, labels)
    assert found.labels[:2] == ["a", "b"]
    assert found.confidence[:2] == [1.0, 1.0]
    for i in (2, 3, 4):
        # worlds where both arrive at once go to either
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
    for labels, message in [({}, "labels must be a mapping"), ({9: "a"}, "an item of labels must be at most 3")]:
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


def test_prompts_that_are_refused():
    x = cloud()
    with pytest.raises(InvalidArgumentError, match="query_embeddings have 2 dimensions and embeddings 5"):
        retrieve([[1.0, 2.0]], x, [0], 1)
    with pytest.raises(InvalidArgumentError, match="n_examples must be at most 1"):
        retrieve(x, x, [0], 2)
    with pytest.raises(InvalidArgumentError, match="an item of annotated must be at most 39"):
        retrieve(x, x, [40], 1)


# -- scikit-learn's manner ---------------------------------------------------------------------------------------


@compiled
def test_a_selector_like_scikit_learn_s():
    x = cloud()
    selector = InfluenceSelector(3, method="k_center", n_neighbors=4, random_state=1)
    with pytest.raises(InvalidArgumentError, match="call fit first"):
        selector.get_support()
    mask = selector.fit(x).get_support()
    assert (mask.sum(), mask.dtype) == (3, bool)
    chosen = selector.get_support(indices=True)
    assert np.array_equal(selector.fit_transform(x), x[chosen])
    assert selector.get_params() == {
        "budget": 3, "method": "k_center", "n_neighbors": 4, "neighbors": "auto", "random_state": 1,
    }  # fmt: skip
    assert selector.set_params(budget=2).fit(x).get_support().sum() == 2
    with pytest.raises(InvalidArgumentError, match="'size' is no parameter"):
        selector.set_params(size=1)
    sklearn = pytest.importorskip("sklearn.base")
    copy = sklearn.clone(selector)
    assert copy.get_params() == selector.get_params()


# -- real embeddings ---------------------------------------------------------------------------------------------


@compiled
@pytest.mark.data
def test_geoquery(data):
    """Mean over five keys; influence by independent simulation against greedy on 400,000 RR sets, judged alike."""
    held = np.load(data / "geoquery-minilm.npz")
    train, ask = held["train_embeddings"], held["eval_embeddings"]
    graph = knn_graph(train)
    for budget, accuracy in ((18, 0.12), (50, 0.36), (100, 0.45)):
        best = imax.maximize(graph, budget, algorithm="ris", n_rr_sets=400_000, rng=9).seeds
        most = imax.spread(graph, best, n_simulations=20_000, rng=77).spread
        influence, right = [], []
        for rng in range(5):
            found = ideal(train, budget, rng=rng)
            influence.append(imax.spread(graph, found.indices, n_simulations=20_000, rng=77).spread)
            near = retrieve(ask, train, found, 1)[:, 0]
            right.append((held["train_labels"][near] == held["eval_labels"]).mean())
        assert np.mean(influence) >= 0.985 * most
        assert np.mean(right) >= accuracy
