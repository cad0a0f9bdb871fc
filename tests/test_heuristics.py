"""The heuristics against slow references, on graphs with everything odd in them."""

import itertools

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numba import config
from scipy.stats import chi2

import imax
from imax import InfluenceGraph, maximize
from imax.selection.algorithms import degree, flow, k_core, pagerank, ranking
from imax.selection.problem import Limits

from . import naive, naive_heuristics

JIT = not config.DISABLE_JIT
RANKED = ("degree", "pagerank", "k-core", "random")
ONE_BY_ONE = ("single-discount", "degree-discount", "voterank", "irie")
EVERY = RANKED + ONE_BY_ONE
examples = settings(max_examples=60 if JIT else 25)


@st.composite
def problems(draw):
    """Return (graph, arcs as {(u, v): p}, k, constraints): self-loops, parallel arcs, isolated nodes, p of 0 and 1."""
    n = draw(st.integers(1, 9))
    node = st.integers(0, n - 1)
    pairs = draw(st.lists(st.tuples(node, node), max_size=24))
    kind = draw(st.sampled_from(["weighted_cascade", "uniform:0", "uniform:0.25", "uniform:1", "column"]))
    p = draw(st.lists(st.sampled_from([0.0, 0.125, 0.3, 0.9, 1.0]), min_size=len(pairs), max_size=len(pairs)))
    p = [float(np.float32(x)) for x in p]
    src, dst = ([pair[i] for pair in pairs] for i in (0, 1))
    column = p if kind == "column" else None
    graph = InfluenceGraph.from_arrays(
        np.array(src, dtype=np.int64), np.array(dst, dtype=np.int64), column, n_nodes=n, probability=kind
    )
    arcs, _, _ = naive.merged_arcs([(u, v, x) for (u, v), x in zip(pairs, p, strict=True)])
    if kind == "weighted_cascade":
        arcs = {(u, v): float(np.float32(x)) for u, v, x in naive.weighted_cascade(list(arcs))}
    elif kind != "column":
        arcs = dict.fromkeys(arcs, float(np.float32(kind.partition(":")[2])))
    roles = draw(
        st.lists(st.sampled_from("fffffffoisx"), min_size=n, max_size=n)
    )  # free, other, include, start, exclude
    free, forced, start, excluded = ([v for v in range(n) if roles[v] in r] for r in ("fo", "i", "s", "x"))
    if not free and not forced:
        free, start, excluded = list(range(n)), [], []
    given_nodes = {"include": forced, "start": start, "exclude": excluded}
    if draw(st.booleans()):
        given_nodes |= {"candidates": [*free, *forced], "exclude": []}
    k = draw(st.integers(max(len(forced), 1), len(free) + len(forced)))
    return graph, arcs, k, free, given_nodes


def answer(problem, name, score, slack=1e-9):
    """Check what a heuristic chose against the reference `score(v, active)`; ties are to go by internal id."""
    graph, arcs, k, free, given_nodes = problem
    n, forced, start = graph.n_nodes, given_nodes["include"], given_nodes["start"]
    order = naive_heuristics.internal_order(n, arcs)
    result = maximize(graph, k, algorithm=name, rng=1, **given_nodes)
    expected, _ = naive_heuristics.choose(order, score, k, free, forced, start)
    assert result.seeds[: len(forced)] == forced
    assert len(set(result.seeds)) == k
    assert set(result.seeds[len(forced) :]) <= set(free)
    assert naive_heuristics.is_greedy(result.seeds, order, score, free, forced, start, slack)
    active = list(start)
    for node, value in zip(result.seeds, result.scores, strict=True):
        assert value == pytest.approx(float(score(node, active)), rel=1e-6, abs=1e-9)
        active.append(node)
    return result.seeds, expected


# -- against references --------------------------------------------------------------------------------------------


@examples
@given(problems())
def test_internal_ids_go_by_falling_out_degree(problem):
    graph, arcs, *_ = problem
    assert graph.index.tolist() == naive_heuristics.internal_order(graph.n_nodes, arcs)


@examples
@given(problems())
def test_degree(problem):
    graph, arcs, *_ = problem
    out = naive_heuristics.out_degree(graph.n_nodes, arcs)
    seeds, expected = answer(problem, "degree", lambda v, active: out[v])
    assert seeds == expected


@examples
@given(problems())
def test_single_discount(problem):
    graph, arcs, *_ = problem
    seeds, expected = answer(problem, "single-discount", naive_heuristics.single_discount(graph.n_nodes, arcs))
    assert seeds == expected


@examples
@given(problems())
def test_degree_discount(problem):
    graph, arcs, *_ = problem
    kept = graph.probability
    p = kept.value if kept.kind == "uniform" else 0.01
    answer(problem, "degree-discount", naive_heuristics.degree_discount(graph.n_nodes, arcs, p))


@pytest.mark.parametrize("p", [0.0, 0.25, 1.0])
def test_degree_discount_with_exact_ties(p):
    # all scores are exact in binary, so that the order of equals can be told
    graph = imax.datasets.load("karate").with_probability(f"uniform:{p}")
    arcs = {(u, v): p for u, v, _ in graph.arcs()}
    order = naive_heuristics.internal_order(34, arcs)
    expected = naive_heuristics.choose(order, naive_heuristics.degree_discount(34, arcs, p), 12, range(34))
    result = maximize(graph, 12, algorithm="degree-discount")
    assert (result.seeds, result.scores) == expected


@pytest.mark.parametrize("p", [0.001, 0.01])
def test_degree_discount_is_the_papers_to_first_order(p):
    graph = imax.datasets.load("karate").with_probability(f"uniform:{p}")
    arcs = {(u, v): p for u, v, _ in graph.arcs()}
    out = naive_heuristics.out_degree(34, arcs)
    score = naive_heuristics.degree_discount(34, arcs, p)
    active = maximize(graph, 6, algorithm="degree-discount").seeds
    for v in set(range(34)) - set(active):
        t = sum((u, v) in arcs for u in active)
        # (1 - p)^t (1 + (d - t) p) = 1 + p (d - 2 t - (d - t) t p) + what is of order p^2
        assert score(v, active) == pytest.approx(
            1 + p * naive_heuristics.chen_discount(out[v], t, p), abs=p**2 * t * (t + out[v])
        )


@examples
@given(problems())
def test_voterank(problem):
    graph, arcs, *_ = problem
    seeds, expected = answer(problem, "voterank", naive_heuristics.voterank(graph.n_nodes, arcs))
    assert seeds == expected


@examples
@given(problems())
def test_voterank_elects_whom_networkx_elects(problem):
    graph, arcs, *_ = problem
    n, order = graph.n_nodes, naive_heuristics.internal_order(graph.n_nodes, arcs)
    score = naive_heuristics.voterank(n, arcs)
    theirs = naive_heuristics.networkx_voterank(n, arcs, order)
    ours = maximize(graph, n, algorithm="voterank")
    # NetworkX counts in floats: of exactly equal nodes it may elect another
    ties = [i for i, (a, b) in enumerate(zip(theirs, ours.seeds, strict=False)) if a != b]
    if ties:
        active = ours.seeds[: ties[0]]
        assert float(score(theirs[ties[0]], active)) == pytest.approx(float(score(ours.seeds[ties[0]], active)))
    else:
        assert all(value == pytest.approx(0, abs=1e-9) for value in ours.scores[len(theirs) :])


@pytest.mark.parametrize("name", ["karate", "lesmis"])
def test_voterank_and_core_numbers_of_known_graphs(name):
    graph = imax.datasets.load(name)
    arcs = {(u, v): p for u, v, p in graph.arcs()}
    order = graph.labels_of(range(graph.n_nodes))
    network = naive_heuristics.digraph(order, arcs)
    theirs = nx.voterank(network)
    assert maximize(graph, 10, algorithm="voterank").seeds == theirs[:10]
    core = nx.core_number(nx.Graph(network))
    assert k_core.core_numbers(graph)[0].tolist() == [core[v] for v in order]


@examples
@given(problems())
def test_pagerank(problem):
    graph, arcs, *_ = problem
    rank = naive_heuristics.pagerank(graph.n_nodes, arcs)
    ours, settled = pagerank.pagerank_of(graph)
    assert settled
    assert ours.sum() == pytest.approx(1.0)
    assert ours[graph.rank] == pytest.approx(rank, abs=1e-9)
    answer(problem, "pagerank", lambda v, active: rank[v])


@examples
@given(problems())
def test_k_core(problem):
    graph, arcs, *_ = problem
    core = naive_heuristics.core_numbers(graph.n_nodes, arcs)
    assert k_core.core_numbers(graph)[0][graph.rank].tolist() == core
    seeds, expected = answer(problem, "k-core", lambda v, active: core[v])
    assert seeds == expected


@pytest.mark.parametrize("few", [0, 1, 3, 1000])
@pytest.mark.parametrize("chunk", [1, 50, 1 << 22])
def test_core_numbers_in_small_and_large_waves_and_pieces(monkeypatch, few, chunk):
    monkeypatch.setattr(k_core, "_FEW", few)
    monkeypatch.setattr(ranking, "_CHUNK", chunk)
    network = nx.gnm_random_graph(120, 400, seed=1)
    network.add_edges_from((i, i + 1) for i in range(120, 180))
    nx.add_cycle(network, range(200, 230))
    nx.add_star(network, range(240, 280))
    graph = InfluenceGraph.from_networkx(network)
    core = nx.core_number(network)
    assert dict(zip(graph.labels_of(range(graph.n_nodes)), k_core.core_numbers(graph)[0].tolist(), strict=True)) == core


def test_voterank_in_small_pieces(monkeypatch):
    graph = imax.datasets.load("lesmis")
    whole = maximize(graph, 20, algorithm="voterank")
    monkeypatch.setattr(ranking, "_CHUNK", 5)
    pieces = maximize(graph, 20, algorithm="voterank")
    assert (pieces.seeds, pieces.scores) == (whole.seeds, whole.scores)


@settings(max_examples=40 if JIT else 15)
@given(problems())
def test_irie(problem):
    graph, arcs, *_ = problem
    answer(problem, "irie", naive_heuristics.irie(graph.n_nodes, arcs), slack=1e-6)


def test_irie_leaves_out_unlikely_paths():
    # 0.5**8 is above 1/320, 0.5**9 is not
    line = InfluenceGraph.from_arrays(range(12), range(1, 13), probability="uniform:0.5")
    seeds = maximize(line, 2, include=[0], candidates=[8, 9], algorithm="irie")
    score = naive_heuristics.irie(13, {(i, i + 1): 0.5 for i in range(12)})
    assert seeds.scores[1] == pytest.approx(max(score(8, [0]), score(9, [0])))
    assert score(9, [0]) == score(9, [])
    assert score(8, [0]) < score(8, [])


def test_irie_in_threads(monkeypatch):
    monkeypatch.setattr(flow, "SOLO_ARCS", 0)
    graph = imax.datasets.load("lesmis")
    one, many = (maximize(graph, 8, algorithm="irie", threads=t) for t in (1, 5))
    assert (one.seeds, one.scores) == (many.seeds, many.scores)
    for x, y in itertools.pairwise(pagerank.pagerank_of(graph, t)[0] for t in (1, 2, 7)):
        assert np.array_equal(x, y)


def test_irie_where_its_system_has_no_solution():
    graph = imax.datasets.load("karate").with_probability("uniform:1")
    result = maximize(graph, 3, algorithm="irie")
    assert np.isfinite(result.scores).all()
    assert result.seeds[0] == 33
    assert result.scores[1:] == [0.0, 0.0]  # the first one reaches all


# -- random --------------------------------------------------------------------------------------------------------


def test_random_depends_on_rng_alone():
    graph = imax.datasets.load("lesmis")
    first, again, other = (maximize(graph, 10, algorithm="random", rng=r).seeds for r in (1, 1, 2))
    assert first == again != other
    assert maximize(graph, 5, algorithm="random", rng=1).seeds == first[:5]


def test_random_is_uniform():
    """A blind key would fail either test once in ten thousand times."""
    graph = InfluenceGraph.from_arrays([0, 0, 0, 1, 1, 2], [1, 2, 3, 2, 3, 3], n_nodes=5)
    draws = 2000 if JIT else 400
    chosen = [maximize(graph, 2, algorithm="random", rng=i).seeds for i in range(draws)]
    pairs = [(a, b) for a in range(5) for b in range(5) if a != b]
    counts = np.array([sum(tuple(c) == pair for c in chosen) for pair in pairs])
    assert naive.fit(counts, np.full(20, draws / 20)) > 1e-4
    # among candidates too
    first = [maximize(graph, 1, algorithm="random", candidates=[1, 3, 4], rng=i).seeds[0] for i in range(draws)]
    counts = np.bincount(first, minlength=5)
    assert counts[[0, 2]].sum() == 0
    assert chi2.sf(((counts[[1, 3, 4]] - draws / 3) ** 2 / (draws / 3)).sum(), 2) > 1e-4


def test_random_seeds_do_not_share_words_with_random_probabilities():
    graph = InfluenceGraph.from_arrays(range(1000), range(1, 1001))
    words = np.random.PCG64(np.random.SeedSequence(list(maximize(graph, 1, rng=3, algorithm="random").rng_key)))
    drawn = (words.random_raw(1001) >> np.uint64(11)) * 2.0**-53
    assert maximize(graph, 20, rng=3, algorithm="random").seeds != graph.labels_of(np.argsort(-drawn)[:20])


# -- odd graphs ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", EVERY)
def test_without_arcs(name):
    graph = InfluenceGraph.from_arrays([], [], n_nodes=6)
    result = maximize(graph, 4, algorithm=name, start=[5], include=[4], rng=1)
    assert result.seeds[0] == 4
    if name != "random":
        assert result.seeds == [4, 0, 1, 2]
        assert len(set(result.scores)) == 1


@pytest.mark.parametrize("name", EVERY)
def test_self_loops_and_parallel_arcs_count_for_nothing(name):
    plain = InfluenceGraph.from_arrays([0, 0, 1, 2], [1, 2, 2, 3])
    odd = InfluenceGraph.from_arrays([0, 0, 1, 2, 3, 3, 0, 2, 2], [1, 2, 2, 3, 3, 3, 1, 3, 2])
    one, two = (maximize(g, 3, algorithm=name, rng=1) for g in (plain, odd))
    assert (one.seeds, one.scores) == (two.seeds, two.scores)


@pytest.mark.parametrize("name", ONE_BY_ONE)
def test_start_nodes_weaken_those_beside_them(name):
    # two equal stars of certain arcs; what counts is an active node's own vote, or that the center is active already
    graph = InfluenceGraph.from_arrays([0, 0, 0, 4, 4, 4, 8], [1, 2, 3, 5, 6, 7, 0], probability="uniform:1")
    assert maximize(graph, 1, algorithm=name, candidates=[0, 4]).seeds == [0]
    start = [1] if name in ("single-discount", "voterank") else [8]
    assert maximize(graph, 1, algorithm=name, candidates=[0, 4], start=start).seeds == [4]


def test_out_degree_in_pieces(monkeypatch):
    monkeypatch.setattr(degree, "_CHUNK", 1)
    graph = imax.datasets.load("lesmis")
    assert degree.out_degree(graph)[graph.rank].tolist() == graph.out_degree().tolist()


def test_falling_scores():
    generator = np.random.default_rng(1)
    for _ in range(50):
        score = generator.integers(0, 12, size=30)
        allowed = generator.random(30) < 0.8
        left, falling = allowed.copy(), ranking.DecreasingScores(score, allowed)
        for _ in range(int(allowed.sum())):
            best = int(np.where(left, score, -1).argmax())
            assert falling.pop() == best
            left[best] = False
            score -= generator.integers(0, 3, size=30) * (generator.random(30) < 0.3)
            np.maximum(score, 0, out=score)


# -- stopping early ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ONE_BY_ONE)
def test_a_time_limit_keeps_the_seeds_so_far(name):
    graph = imax.datasets.load("karate")
    whole = maximize(graph, 6, algorithm=name)
    hurried = maximize(graph, 6, algorithm=name, time_limit=1e-9)
    assert hurried.stop_reason == "time limit"
    assert hurried.seeds == whole.seeds[:1]
    assert hurried.scores == whole.scores[:1]
    forced = maximize(graph, 6, algorithm=name, time_limit=1e-9, include=[5, 7, 9])
    assert forced.seeds == [5, 7, 9]
    assert (forced.stop_reason, len(forced.scores)) == ("time limit", 3)
    assert np.isnan(forced.scores).all()
    assert len(maximize(graph, 6, algorithm=name, time_limit=1e-9, start=[5, 7, 9])) == 1


def test_a_time_limit_within_the_ranks_of_irie_ends_them(monkeypatch):
    graph = imax.datasets.load("karate")
    whole = maximize(graph, 6, algorithm="irie")
    left = iter([True] * 50)
    monkeypatch.setattr(Limits, "in_time", lambda limits: next(left, False))
    hurried = maximize(graph, 6, algorithm="irie", time_limit=60)
    assert hurried.stop_reason == "time limit"
    assert 1 < len(hurried) < 6
    assert hurried.seeds == whole.seeds[: len(hurried)]
    assert hurried.scores == whole.scores[: len(hurried)]


def test_a_time_limit_ends_core_numbers_where_they_are():
    graph = imax.datasets.load("karate")
    hurried = maximize(graph, 6, algorithm="k-core", time_limit=1e-9)
    assert (hurried.stop_reason, len(hurried)) == ("time limit", 6)
    left = iter([True] * 2)
    limits = Limits(seconds=60)
    object.__setattr__(limits, "in_time", lambda: next(left, False))
    core, exact = k_core.core_numbers(graph, limits)
    true, _ = k_core.core_numbers(graph)
    assert not exact
    assert (core <= true).all()
    assert (core == true)[true < core.max()].all()


def test_a_time_limit_ends_pagerank_where_it_is():
    graph = imax.datasets.load("karate")
    hurried = maximize(graph, 6, algorithm="pagerank", time_limit=1e-9)
    assert (hurried.stop_reason, len(hurried)) == ("time limit", 6)
    assert maximize(graph, 6, algorithm="pagerank", time_limit=60).stop_reason == "all seeds chosen"
    rank, settled = pagerank.pagerank_of(graph, limits=Limits(seconds=1e-9))
    assert not settled
    assert rank.sum() == pytest.approx(1.0)


@pytest.mark.parametrize("name", ONE_BY_ONE)
def test_an_interrupt_keeps_the_seeds_so_far(name):
    graph = imax.datasets.load("karate")
    seen = []

    def stop(progress):
        seen.append(progress.round)
        if len(seen) == 3:
            raise KeyboardInterrupt

    result = maximize(graph, 6, algorithm=name, progress=stop)
    assert (result.stop_reason, seen) == ("interrupted", [1, 2, 3])
    assert result.seeds == maximize(graph, 6, algorithm=name).seeds[:3]
    assert len(result.scores) == 3
    seen.clear()
    with pytest.raises(KeyboardInterrupt):  # not all forced nodes are in yet
        maximize(graph, 6, algorithm=name, include=[1, 2, 3, 4], progress=stop)


# -- real graphs ---------------------------------------------------------------------------------------------------


@pytest.mark.data
@pytest.mark.slow
@pytest.mark.parametrize("probability", ["uniform:0.01", "weighted_cascade"])
def test_the_literatures_order_on_nethept(data, probability):
    graph = imax.read_graph(data / "nethept.txt.gz", directed=False, probability=probability)
    found = {
        name: imax.spread(graph, maximize(graph, 50, algorithm=name).seeds, rng=1)
        for name in ("degree", "single-discount", "degree-discount", "opim-c")
    }
    plain, single, discount, opimc = (found[name].spread for name in found)
    assert plain < single < discount
    if probability == "weighted_cascade":
        assert discount < opimc
    else:
        assert opimc > 0.97 * discount  # 73 of 15,233 nodes: what few RR sets can tell apart


@pytest.mark.data
@pytest.mark.slow
def test_core_numbers_of_a_real_graph(data):
    graph = imax.read_graph(data / "facebook.txt.gz")
    u, v, _ = graph.arc_arrays()
    network = nx.Graph(zip(u.tolist(), v.tolist(), strict=True))
    core = nx.core_number(network)
    assert k_core.core_numbers(graph)[0][graph.rank].tolist() == [core[i] for i in range(graph.n_nodes)]
