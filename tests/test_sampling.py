"""The sampler: RR sets have the law that enumeration gives, and do not depend on threads, lanes or chunks.

Keys are fixed, so each test always gives the same result. With a random key each comparison would fail once in a
million times. With the compiler and a million sets the tests detect a membership probability near 1/2 that is off by
0.003, one of 0.01 that is off by 0.0006 (six standard errors), and a share of 1 % of the sets that is off by 7 % of
itself.
"""

import dataclasses
import threading

import numpy as np
import pytest
from numba import config
from scipy.stats import binom, chi2

import imax
from imax._utils.streams import key_from
from imax.diffusion import sampler as sampler_module
from imax.diffusion import tables as tables_module
from imax.diffusion.cascades import default_lanes
from imax.diffusion.sampler import Sampler
from imax.diffusion.tables import count_tables, prepare
from imax.kernels.draws import (
    ARCS_PER_WORD,
    COINS_MODE,
    HIT_RATE,
    HITS_MODE,
    ODDS,
    TABLE,
    TABLE_MODE,
    TAIL,
    TERM,
    PickTables,
    UniformTables,
)
from imax.ris.collection import RRCollection

from . import naive

FALSE_ALARM = 1e-6
JIT = not config.DISABLE_JIT
MANY = 1_000_000 if JIT else 1_000
STAR = 200_000 if JIT else 500

# node 0 has five in-arcs, node 1 four, node 2 three, nodes 3 and 4 one, node 5 none
DENSE = [
    (1, 0), (2, 0), (3, 0), (4, 0), (5, 0), (0, 1), (2, 1), (3, 1), (4, 1), (0, 2), (3, 2), (5, 2), (1, 3), (5, 4),
]  # fmt: skip
HUB = [*((u, 0) for u in range(1, 11)), (2, 1), (3, 2), (1, 3)]
COLUMNS = {
    "of all sizes": [0, 1, 0.5, 0.7, 0.3, 0.05, 0.001, 0.999, 0.25, 0.49, 0.02, 0.8, 1e-6, 0.9],
    "light": [0.1, 0.4, 0.3, 0.2, 0.05, 0.45, 0.45, 0.45, 0.01, 0.02, 0.3, 0.4, 0.1, 0.25],
    "heavy": [0.5, 0.6, 0.7, 0.8, 0.9, 0.5, 0.55, 1, 1, 0.75, 0.5, 0.66, 0.99, 0.51],
    "trivalency": [0.1, 0.01, 0.001, 0.1, 0.1, 0.01, 0.001, 0.1, 0.1, 0.01, 0.1, 0.1, 0.01, 0.1],
    "0 and 1": [0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 0, 1, 0],
}
WEIGHTS = [0.0, 1.0, 3.0, 0.5, 0.0, 2.0]


def graph_of(pairs, p=None, **options):
    src, dst = np.array(pairs).T
    return imax.InfluenceGraph.from_arrays(src, dst, p, **options)


def with_p(pairs, p):
    """Return arcs with the probabilities that float32 keeps."""
    p = [p] * len(pairs) if np.isscalar(p) else p
    return [(u, v, float(np.float32(x))) for (u, v), x in zip(pairs, p, strict=True)]


def collect(graph, model="ic", count=MANY, rng=1, weights=None, tables=None, **options):
    inner = None if weights is None else np.asarray(weights, dtype=float)[graph.index]
    sampler = Sampler(graph, model, key_from(rng), node_weights=inner, diffusion=tables, **options)
    collection = RRCollection(sampler)
    assert collection.extend(count) == count
    return collection


def masks_of(collection):
    """Return (root, set as a bit mask) of each set, by node index."""
    nodes = collection.graph.index[collection.nodes].astype(np.int64)
    starts = collection.offsets[:-1]
    return nodes[starts], np.add.reduceat(np.int64(1) << nodes, starts)


def assert_law(collection, arcs, model="ic", weights=None):
    """Compare roots and sets with the enumeration of all live-arc graphs: whole sets, then members and pairs."""
    n = collection.graph.n_nodes
    roots, masks = masks_of(collection)
    expected = naive.rr_distribution(n, arcs, model, weights)
    count = len(collection)
    seen = np.bincount(roots * (1 << n) + masks, minlength=n << n)
    assert naive.fit(seen, count * expected) > FALSE_ALARM
    sets, every = expected.sum(axis=0), np.arange(1 << n)
    for u in range(n):
        for v in range(u, n):
            both = (1 << u) | (1 << v)
            p = sets[every & both == both].sum()
            hits = int((masks & both == both).sum())
            assert 2 * min(binom.cdf(hits, count, p), binom.sf(hits - 1, count, p)) > FALSE_ALARM


# -- IC, equal probabilities -----------------------------------------------------------------------------------


def modes(graph):
    tables = prepare(graph, "ic", 1).tables
    slots = (tables.record & np.uint64((1 << 24) - 1)).astype(int)
    return {int(d): int(m) for d, m in zip(tables.degree[slots], tables.mode[slots], strict=True) if d > 0}


def test_weighted_cascade():
    graph = graph_of(DENSE)
    assert modes(graph) == dict.fromkeys([5, 4, 3, 1], TABLE_MODE)
    assert_law(collect(graph), naive.weighted_cascade(DENSE))


def test_weighted_cascade_of_two_in_arcs_uses_coins():
    pairs = [(0, 1), (2, 1), (1, 2), (3, 2), (2, 0), (0, 3), (1, 3)]
    graph = graph_of(pairs)
    assert modes(graph)[2] == COINS_MODE
    assert_law(collect(graph), naive.weighted_cascade(pairs))


@pytest.mark.parametrize("p", [0.02, 0.2, 0.49])
def test_uniform_by_table(p):
    graph = graph_of(DENSE, probability=f"uniform:{p}")
    assert set(modes(graph).values()) == {TABLE_MODE}
    assert_law(collect(graph), [(u, v, p) for u, v in DENSE])


def test_uniform_by_hits():
    graph = graph_of(HUB, probability="uniform:0.45")
    assert modes(graph)[10] == HITS_MODE
    assert_law(collect(graph), [(u, v, 0.45) for u, v in HUB])


@pytest.mark.parametrize("p", [0.5, 0.8])
def test_uniform_by_coins(p):
    graph = graph_of(DENSE, probability=f"uniform:{p}")
    assert modes(graph) == {5: COINS_MODE, 4: COINS_MODE, 3: COINS_MODE, 1: TABLE_MODE}
    assert_law(collect(graph), [(u, v, p) for u, v in DENSE])


@pytest.mark.parametrize("p", [0, 1])
def test_uniform_0_and_1(p):
    graph = graph_of(DENSE, probability=f"uniform:{p}")
    assert_law(collect(graph, count=1000), [(u, v, p) for u, v in DENSE])


# -- one hub: a draw at a single node, against independent coins -------------------------------------------------


def star_draws(graph, rng, count=STAR, tables=None):
    """Return which leaves each RR set of the hub holds: bool, shape (count, leaves)."""
    weights = np.zeros(graph.n_nodes)
    weights[0] = 1.0
    collection = collect(graph, count=count, rng=rng, weights=weights, tables=tables)
    nodes = graph.index[collection.nodes]
    live = np.zeros((count, graph.n_nodes), dtype=bool)
    live[np.repeat(np.arange(count), np.diff(collection.offsets)), nodes] = True
    assert int(live.sum()) == nodes.size  # no node is in a set twice
    assert live[:, 0].all()
    return live[:, 1:]


def assert_coins(live, p):
    """Compare draws with independent coins: the number of heads, each coin, each pair of coins."""
    count, d = live.shape
    law = np.ones(1)
    for x in p:
        law = np.convolve(law, [1 - x, x])
    assert naive.fit(np.bincount(live.sum(axis=1), minlength=d + 1), count * law) > FALSE_ALARM
    sure = (p == 0) | (p == 1)
    assert np.array_equal(live[:, sure], np.broadcast_to(p[sure] == 1, (count, int(sure.sum()))))
    live, p = live[:, ~sure], p[~sure]
    z = (live.sum(axis=0) - count * p) / np.sqrt(count * p * (1 - p))
    assert chi2.sf((z**2).sum(), p.size) > FALSE_ALARM
    scaled = (live - p) / np.sqrt(p * (1 - p))
    pairs = (scaled.T @ scaled / np.sqrt(count))[np.triu_indices(p.size, 1)]
    if count * (p.min() ** 2) > 20:  # else the sums are far from normal
        assert chi2.sf((pairs**2).sum(), pairs.size) > FALSE_ALARM


def star(p):
    d = len(p)
    return graph_of([(u, 0) for u in range(1, d + 1)], p, n_nodes=d + 1)


@pytest.mark.parametrize(
    ("d", "p", "mode"),
    [
        (3, 0.4, TABLE_MODE),
        (12, 0.1, TABLE_MODE),
        (30, 0.1, TABLE_MODE),
        (9, 0.45, HITS_MODE),
        (40, 0.3, HITS_MODE),
        (60, 0.3, HITS_MODE),
        (12, 0.6, COINS_MODE),
    ],
)
def test_a_hub_of_equal_arcs(d, p, mode):
    graph = star([p] * d)
    assert graph.probability.kind == "uniform"
    assert modes(graph) == {d: mode}
    assert_coins(star_draws(graph, rng=2), np.full(d, np.float32(p), dtype=float))


@pytest.mark.parametrize(("d", "p"), [(TABLE, 0.45), (30, 0.4), (60, 0.4), (25, 0.49)])
def test_the_tail_beyond_the_table(monkeypatch, d, p):
    # with the usual limit on the mean, one draw in 1e11 is in the tail; here up to half the draws are
    monkeypatch.setattr(tables_module, "TABLE_MEAN", 1e9)
    graph = star([p] * d)
    assert modes(graph) == {d: TABLE_MODE}
    assert_coins(star_draws(graph, rng=3), np.full(d, np.float32(p), dtype=float))


@pytest.mark.parametrize("kept", [2, 5, 10])
def test_counts_beyond_the_table_follow_the_tail(kept):
    # a table in which all counts from `kept` on mean "at least TABLE", with parameters of the tail that match
    d, p = 40, 0.09
    graph = star([p] * d)
    assert modes(graph) == {d: TABLE_MODE}
    diffusion = prepare(graph, "ic", 1)
    tables = diffusion.tables
    row = int(np.flatnonzero(tables.degree == d)[0])
    cumulative, parameter = tables.cumulative.copy(), tables.parameter.copy()
    cumulative[row, kept:] = cumulative[row, kept - 1]
    law = binom(d, float(np.float32(p)))
    parameter[row, TAIL], parameter[row, TERM] = law.sf(TABLE - 1), law.pmf(TABLE)
    changed = dataclasses.replace(diffusion, tables=tables._replace(cumulative=cumulative, parameter=parameter))
    live = star_draws(graph, rng=4, tables=changed).sum(axis=1)
    # the table's law below `kept`, the law of the tail from there on
    expected = law.pmf(np.arange(d + 1))
    tail = expected[TABLE:] / expected[TABLE:].sum()
    expected[kept:] = 0
    expected[TABLE:] = (1 - expected.sum()) * tail
    assert naive.fit(np.bincount(live, minlength=d + 1), STAR * expected) > FALSE_ALARM


@pytest.mark.parametrize(
    "p",
    [
        np.linspace(0.01, 0.49, 40),
        np.linspace(0.0, 1.0, 21),
        np.repeat([0.3, 0.31], 20),
        np.repeat([0.5, 0.75, 1.0], 4),
        np.tile([0.1, 0.01, 0.001], 10),
        np.array([0.499, 1e-4]),
        np.array([0.9, 1e-3]),
    ],
    ids=lambda p: f"{p.size} from {p.min():g} to {p.max():g}",
)
def test_a_hub_of_unequal_arcs(p):
    graph = star(p)
    assert graph.probability.kind == "arcs"
    assert_coins(star_draws(graph, rng=5), p.astype(np.float32).astype(float))


def test_count_tables_are_binomial():
    degree = np.array([0, 1, 1, 2, 3, 10, 24, 40, 400, 10**6, 10**7, 5, 7])
    p = np.array([0.0, 1.0, 0.3, 0.4, 1e-9, 0.3, 0.1, 0.1, 0.01, 4e-6, 1e-8, 0.0, 0.5])
    cum, par, used, mode, max_draws = count_tables(degree, p)
    assert mode.tolist() == [TABLE_MODE] * 12 + [COINS_MODE]
    assert used[p > 0].tolist() == degree[p > 0].tolist()
    assert not used[p == 0].any()
    assert max_draws == 10**7
    for row in range(12):
        d, q = int(degree[row]), float(p[row])
        if q == 0:
            assert (cum[row] == 2**64 - 1).all()
            continue
        law = binom(d, q)
        assert cum[row] / 2.0**64 == pytest.approx(law.cdf(np.arange(TABLE)), rel=1e-9, abs=1e-15)
        assert (np.diff(cum[row].astype(object)) >= 0).all()
        assert par[row, TAIL] == pytest.approx(law.sf(TABLE - 1), rel=1e-3, abs=1e-16)
        assert par[row, TERM] == pytest.approx(law.pmf(TABLE), rel=1e-6, abs=1e-300)
        if q < 1:
            assert par[row, ODDS] == pytest.approx(q / (1 - q))
        # the largest word that means one live arc still leads to an arc of the row
        width = int(cum[row, 1]) - int(cum[row, 0])
        assert 0 <= np.float64((width - 1) >> 1) * par[row, ARCS_PER_WORD] < d


def test_buffers_grow_with_the_rate_of_hits():
    cum, par, _, mode, max_draws = count_tables(np.array([100, 1000]), np.array([0.3, 0.4]))
    assert mode.tolist() == [HITS_MODE, HITS_MODE]
    assert par[:, HIT_RATE] == pytest.approx([-100 * np.log(0.7), -1000 * np.log(0.6)])
    assert max_draws > 1000 * 0.52 * 2
    assert not cum[:, :2].any()


# -- IC, general probabilities -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", COLUMNS)
def test_general_probabilities(name):
    graph = graph_of(DENSE, COLUMNS[name])
    assert graph.probability.kind == "arcs"
    assert_law(collect(graph), with_p(DENSE, COLUMNS[name]))


def test_the_samplers_agree():
    """Equal path, general path on the same probabilities, and a coin for every arc, on a graph beyond enumeration."""
    generator = np.random.default_rng(6)
    n, m, few = 40, 160, 20_000 if JIT else 500
    src, dst = generator.integers(0, n, (2, m))
    pairs = sorted({(int(u), int(v)) for u, v in zip(src, dst, strict=True) if u != v})
    # two more nodes, which are never roots, with an arc that makes the column unequal
    pairs.append((n, n + 1))
    weights = np.r_[np.ones(n), 0, 0]
    equal = graph_of(pairs, probability="uniform:0.2")
    general = graph_of(pairs, [0.2] * (len(pairs) - 1) + [0.7])
    assert (equal.probability.kind, general.probability.kind) == ("uniform", "arcs")
    rows, p = naive.reverse_rows(n, pairs), dict.fromkeys(pairs, 0.2)
    coins = [naive.rr_set_ic(rows, p, int(generator.integers(n)), generator) for _ in range(few)]

    def summary(sets):
        sizes, members = np.zeros(n + 1), np.zeros(n)
        for s in sets:
            sizes[len(s)] += 1
            members[s] += 1
        return sizes, members

    draws = [collect(graph, count=few * 10, rng=7 + i, weights=weights) for i, graph in enumerate((equal, general))]
    three = [summary(coins), *(summary(list(c)) for c in draws)]
    totals = [few, few * 10, few * 10]
    for i, j in [(0, 1), (0, 2), (1, 2)]:
        assert naive.same(three[i][0], three[j][0]) > FALSE_ALARM
        for u in range(n):
            cells = [(three[x][1][u], totals[x] - three[x][1][u]) for x in (i, j)]
            assert naive.same(*cells) * n > FALSE_ALARM


# -- LT ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("probability", ["weighted_cascade", "lt_uniform"])
def test_lt_equal(probability):
    graph = graph_of(DENSE, probability=probability)
    assert isinstance(prepare(graph, "lt", 1).tables, UniformTables)
    assert_law(collect(graph, "lt"), naive.weighted_cascade(DENSE), "lt")


LT = {
    "slack": [0.1, 0.2, 0.05, 0.3, 0.2, 0.4, 0.1, 0.1, 0.2, 0.001, 0.5, 0.25, 0.7, 0.3],
    "no slack": [0.1, 0.2, 0.3, 0.3, 0.1, 0.4, 0.1, 0.1, 0.4, 0.25, 0.5, 0.25, 1, 1],
    "some slack, some zeros": [0.1, 0, 0.3, 0.3, 0.3, 0, 0, 0, 0, 0.25, 0.5, 0.25, 0, 0.5],
}


@pytest.mark.parametrize("name", LT)
def test_lt_general(name):
    graph = graph_of(DENSE, LT[name])
    assert isinstance(prepare(graph, "lt", 1).tables, PickTables)
    assert_law(collect(graph, "lt"), with_p(DENSE, LT[name]), "lt")


def test_lt_of_one_number():
    graph = graph_of(DENSE, probability="uniform:0.15")
    assert_law(collect(graph, "lt"), [(u, v, 0.15) for u, v in DENSE], "lt")


def test_lt_normalized():
    column = [5, 1, 2, 0, 2, 1, 1, 1, 3, 0, 0, 0, 7, 0.1]
    graph = graph_of(DENSE, column, probability="lt_normalized")
    sums = {}
    for (_, v), x in zip(DENSE, column, strict=True):
        sums[v] = sums.get(v, 0) + x
    arcs = [(u, v, x / sums[v] if sums[v] else 0.0) for (u, v), x in zip(DENSE, column, strict=True)]
    assert_law(collect(graph, "lt"), arcs, "lt")


# -- roots -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("model", "p"), [("ic", None), ("ic", COLUMNS["of all sizes"]), ("lt", None), ("lt", LT["slack"])]
)
def test_weighted_roots(model, p):
    graph = graph_of(DENSE, p)
    arcs = naive.weighted_cascade(DENSE) if p is None else with_p(DENSE, p)
    collection = collect(graph, model, weights=WEIGHTS)
    assert collection.total == sum(WEIGHTS)
    assert_law(collection, arcs, model, WEIGHTS)


@pytest.mark.parametrize("n", [1, 2, 3, 1000])
def test_roots_alone(n):
    generator = np.random.default_rng(n)
    weights = np.where(generator.random(n) < 0.3, 0.0, generator.exponential(size=n) ** 3)
    weights[n // 2] = 1.0
    graph = imax.InfluenceGraph.from_arrays([], [], n_nodes=n)
    for given in (None, weights):
        collection = collect(graph, weights=given)
        assert (np.diff(collection.offsets) == 1).all()
        expected = np.ones(n) if given is None else given
        counts = np.bincount(graph.index[collection.nodes], minlength=n)
        assert naive.fit(counts, MANY * expected / expected.sum()) > FALSE_ALARM


# -- the same bits, however they are computed ----------------------------------------------------------------------

KINDS = {
    "ic equal": ("ic", None, False),
    "ic equal, hits and coins": ("ic", "uniform:0.45", False),
    "ic general": ("ic", "exponential", False),
    "ic general, heavy arcs": ("ic", "column", False),
    "lt equal": ("lt", None, False),
    "lt general": ("lt", "weibull", False),
    "ic, weighted roots": ("ic", None, True),
    "lt, weighted roots": ("lt", "weibull", True),
}
COUNT = 20_000 if JIT else 800


def problem(kind, n=60, m=150):
    model, probability, weighted = KINDS[kind]
    generator = np.random.default_rng(8)
    src, dst = generator.integers(0, n, (2, m))
    # a node of many in-arcs leads to hits, chunks of hits and large rounds
    src, dst = np.r_[src, np.arange(1, 31)], np.r_[dst, np.zeros(30, dtype=int)]
    graph = imax.InfluenceGraph.from_arrays(
        src, dst, generator.random(src.size) ** 4, n_nodes=n, probability=probability or "wc", rng=9
    )
    return graph, model, generator.random(n) if weighted else None


def bits(collection):
    return collection.nodes.tobytes(), collection.offsets.tobytes()


@pytest.fixture(params=KINDS)
def reference(request):
    graph, model, weights = problem(request.param)
    collection = collect(graph, model, COUNT, 10, weights, threads=1, lanes=1)
    return graph, model, weights, collection


WAYS = [(threads, lanes) for threads in (1, 2, 3) for lanes in (1, 4, 7, 16)] if JIT else [(1, 16), (2, 4), (3, 7)]


def test_threads_and_lanes_change_nothing(monkeypatch, reference):
    monkeypatch.setattr(sampler_module, "_SOLO_SECONDS", 0.0)
    graph, model, weights, collection = reference
    for threads, lanes in WAYS:
        other = collect(graph, model, COUNT, 10, weights, threads=threads, lanes=lanes)
        assert bits(other) == bits(collection), (threads, lanes)


def test_one_call_or_many_are_the_same(reference):
    graph, model, weights, collection = reference
    inner = None if weights is None else weights[graph.index]
    other = RRCollection(Sampler(graph, model, key_from(10), node_weights=inner, threads=2))
    for count in (0, 1, 7, COUNT // 2, COUNT // 2 - 5, COUNT):
        other.extend(count)
    assert bits(other) == bits(collection)


def test_each_set_is_a_function_of_its_number(reference):
    graph, model, weights, collection = reference
    inner = None if weights is None else weights[graph.index]
    sampler = Sampler(graph, model, key_from(10), node_weights=inner, threads=1, lanes=3)
    for i in (0, 1, COUNT // 3, COUNT - 1):
        ((nodes, lengths, _),) = sampler.sample(i, 1)
        assert lengths.tolist() == [nodes.size]
        assert graph.labels_of(nodes) == collection[i]


@pytest.mark.parametrize(("entries", "level"), [(4, 4096), (64, 17), (1 << 18, 17)])
def test_chunks_and_buffers_change_nothing(monkeypatch, reference, entries, level):
    graph, model, weights, collection = reference
    monkeypatch.setattr(sampler_module, "_CHUNK_ENTRIES", entries)
    count = COUNT // 10
    inner = None if weights is None else weights[graph.index]
    sampler = Sampler(graph, model, key_from(10), node_weights=inner, threads=2)
    sampler._cascades._level = level
    other = RRCollection(sampler)
    other.extend(count)
    assert other.nodes.tolist() == collection.nodes[: other.n_entries].tolist()
    assert other.offsets.tolist() == collection.offsets[: count + 1].tolist()


def test_another_key_gives_other_sets(reference):
    graph, model, weights, collection = reference
    assert bits(collect(graph, model, COUNT, 11, weights)) != bits(collection)


def test_the_order_of_arcs_changes_nothing():
    generator = np.random.default_rng(12)
    src, dst = generator.integers(0, 50, (2, 300))
    order = generator.permutation(300)
    a = imax.InfluenceGraph.from_arrays(src, dst, n_nodes=50)
    b = imax.InfluenceGraph.from_arrays(src[order], dst[order], n_nodes=50)
    assert bits(collect(a, count=500)) == bits(collect(b, count=500))


def test_a_large_graph_takes_fewer_lanes():
    small = prepare(graph_of(DENSE), "ic", 1)
    assert default_lanes(small) == 16
    assert default_lanes(dataclasses.replace(small, n=1 << 23)) == 8


def test_a_sampler_stops_on_request():
    sampler = Sampler(graph_of(DENSE), "ic", key_from(1), threads=1)
    assert sampler.sample(0, 100, keep_going=lambda: False) == []
    calls = []
    collection = RRCollection(sampler)
    sampler._rate = 1.0  # rounds of 16 sets until the first round is timed
    done = collection.extend(10**9, keep_going=lambda: calls.append(0) or len(calls) < 3)
    assert 16 <= done < 10**9
    again = collect(graph_of(DENSE), count=done, rng=1)
    assert bits(again) == bits(collection)


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_other_work_is_done_while_sets_are_drawn(threads):
    expected = collect(graph_of(DENSE), count=2000, rng=1)
    collection = RRCollection(Sampler(graph_of(DENSE), "ic", key_from(1), threads=threads))
    done = []
    collection.extend(500, alongside=lambda: done.append("before a rate is known"))
    collection.sampler._rate = 1.0  # as if sampling were slow: the rest is shared among threads
    collection.extend(2000, alongside=lambda: done.append(threading.current_thread()))
    collection.extend(100, alongside=lambda: done.append("with nothing to draw"))
    assert done == ["before a rate is known", threading.current_thread(), "with nothing to draw"]
    assert bits(collection) == bits(expected)


def test_sampling_beside_other_work_stops_on_request():
    collection = RRCollection(Sampler(graph_of(DENSE), "ic", key_from(1), threads=2))
    collection.extend(10)
    collection.sampler._rate = 1.0
    calls = []
    count = collection.extend(10_000, keep_going=lambda: calls.append(0) or len(calls) < 3, alongside=lambda: None)
    assert 10 <= count < 10_000
    assert bits(collection) == bits(collect(graph_of(DENSE), count=count, rng=1))


def test_a_sampler_with_another_key_draws_the_sets_of_that_key():
    sampler = Sampler(graph_of(DENSE), "ic", key_from(1), threads=1)
    second = sampler.with_key(key_from(2))
    # in turns, on the same buffers
    ours, others = RRCollection(sampler), RRCollection(second)
    for count in (300, 700):
        ours.extend(count)
        others.extend(count)
    assert bits(ours) == bits(collect(graph_of(DENSE), count=700, rng=1))
    assert bits(others) == bits(collect(graph_of(DENSE), count=700, rng=2))


@pytest.mark.parametrize("lanes", [0, 17, 1.5])
def test_lanes_out_of_range(lanes):
    with pytest.raises(imax.errors.InvalidArgumentError, match="lanes must be"):
        Sampler(graph_of(DENSE), "ic", key_from(1), lanes=lanes)


# -- sentinels ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("model", ["ic", "lt"])
@pytest.mark.parametrize("kind", ["weighted_cascade", "uniform", "column"])
def test_a_set_that_meets_a_sentinel_is_that_node_alone(model, kind):
    """Sets without a sentinel are those of a sampler without sentinels under the same key."""
    options = {"weighted_cascade": {}, "uniform": {"probability": "uniform:0.15"}, "column": {}}[kind]
    p = None if kind != "column" else np.linspace(0.05, 0.3, len(DENSE))
    graph = graph_of(DENSE, p, **options)
    is_sentinel = np.zeros(graph.n_nodes, dtype=bool)
    is_sentinel[graph.internal_of([0, 3])] = True
    whole, cut = (
        RRCollection(Sampler(graph, model, key_from(5), is_sentinel=which, threads=2, lanes=4))
        for which in (None, is_sentinel)
    )
    for collection in (whole, cut):
        collection.extend(3000 if JIT else 300)
    n_saved = 0
    for full, found in zip(whole, cut, strict=True):
        if {0, 3} & set(full):
            assert len(found) == 1
            assert {0, 3} & set(full) & set(found)
            n_saved += len(full) - 1
        else:
            assert found == full
    assert n_saved > 0
    assert cut.sampler.n_cut >= 0
    # the nodes reached before a sentinel are counted; with it they are at most the whole set
    assert cut.n_entries + cut.sampler.n_cut <= whole.n_entries
    again = RRCollection(Sampler(graph, model, key_from(5), is_sentinel=is_sentinel, threads=1, lanes=1))
    again.extend(cut.n_sets)
    assert [list(s) for s in again] == [list(s) for s in cut]
