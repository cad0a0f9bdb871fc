"""Deadlines: the laws of RR sets and simulations, exact spreads, results, rejected arguments.

Keys are fixed. With a random key each statistical comparison would fail once in a million times.
"""

import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numba import config
from scipy.stats import binom

import imax
from imax import InfluenceGraph
from imax._utils.streams import key_from
from imax.diffusion.deadline import PER_ARC, check_deadline
from imax.diffusion.sampler import Sampler
from imax.diffusion.simulation import simulate
from imax.errors import InvalidArgumentError, UnknownNodeError
from imax.ris.collection import RRCollection

from . import naive, naive_deadlines

JIT = not config.DISABLE_JIT
FALSE_ALARM = 1e-6
MANY = 100_000 if JIT else 400
WEIGHTS = [0.0, 1.0, 3.0, 0.5, 2.0]
# a cycle with chords: nodes at distances up to four, several paths of unequal length
PAIRS = [(0, 1), (1, 2), (2, 3), (3, 4), (4, 0), (0, 2), (1, 3), (3, 1)]
SIZES = [0.7, 0.4, 0.9, 1, 0.3, 0.15, 0.55, 0.05]
LT_SIZES = [0.5, 0.3, 0.5, 1, 0.9, 0.6, 0.3, 0.4]
MEANS = [1.0, 0.5, 2.0, 0.25, 1.5, 3.0, 1.0, 0.1]

CASES = {
    "ic weighted cascade": ("ic", None, None),
    "ic uniform": ("ic", None, "uniform:0.2"),
    "ic coins": ("ic", None, "uniform:0.7"),
    "ic certain": ("ic", None, "uniform:1"),
    "ic general": ("ic", SIZES, None),
    "lt weighted cascade": ("lt", None, None),
    "lt general": ("lt", LT_SIZES, None),
}


def graph_of(pairs=PAIRS, p=None, probability=None, **options):
    src, dst = np.array(pairs).reshape(-1, 2).T
    return InfluenceGraph.from_arrays(src, dst, p, probability=probability, **options)


def problem(name):
    model, p, probability = CASES[name]
    graph = graph_of(PAIRS, p, probability)
    if p is not None:
        arcs = [(u, v, float(np.float32(x))) for (u, v), x in zip(PAIRS, p, strict=True)]
    elif probability:
        arcs = [(u, v, float(probability.partition(":")[2])) for u, v in PAIRS]
    else:
        arcs = naive.weighted_cascade(PAIRS)
    return graph, model, arcs


def delay_of(means):
    return dict(zip(PAIRS, means, strict=True))


def masks_of(collection):
    """Return (root, set as a bit mask) of each set, by node index."""
    nodes = collection.graph.index[collection.nodes].astype(np.int64)
    starts = collection.offsets[:-1]
    return nodes[starts], np.add.reduceat(np.int64(1) << nodes, starts)


def sets_of(graph, model, until, count=MANY, weights=None, **options):
    inner = None if weights is None else np.asarray(weights, dtype=float)[graph.index]
    deadline = check_deadline(graph, **until)
    sampler = Sampler(graph, model, key_from(1), node_weights=inner, deadline=deadline, **options)
    collection = RRCollection(sampler)
    assert collection.extend(count) == count
    return collection


def law_fits(collection, expected):
    roots, masks = masks_of(collection)
    seen = np.bincount(roots * expected.shape[1] + masks, minlength=expected.size)
    return naive.fit(seen, len(collection) * expected) > FALSE_ALARM


# -- the reference itself ------------------------------------------------------------------------------------------


def test_the_reference_knows_sums_and_minima_of_delays():
    # two arcs in a row: an Erlang distribution; two arcs side by side: the minimum
    row = naive_deadlines.timed_reached_distribution(3, [(0, 1, 1.0), (1, 2, 1.0)], [0], 1.5, [2.0, 2.0])
    assert row[0b111] == pytest.approx(1 - math.exp(-0.75) * 1.75)
    both = naive_deadlines.timed_reached_distribution(3, [(0, 2, 1.0), (1, 2, 0.5)], [0, 1], 1.0, [2.0, 1.0])
    assert both[0b111] == pytest.approx(1 - math.exp(-0.5) * (0.5 + 0.5 * math.exp(-1.0)))


def test_the_reference_agrees_with_a_simulation():
    _, _, arcs = problem("ic general")
    generator = np.random.default_rng(1)
    count = 1500
    found = [naive_deadlines.simulated(5, arcs, [0, 3], 1.2, MEANS, generator) for _ in range(count)]
    expected = naive_deadlines.timed_reached_distribution(5, arcs, [0, 3], 1.2, MEANS)
    assert naive.fit(np.bincount(found, minlength=32), count * expected) > FALSE_ALARM


# -- RR sets -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("steps", [1, 2, 3, 9])
@pytest.mark.parametrize("name", CASES)
def test_rr_sets_hold_what_reaches_the_root_in_few_steps(name, steps):
    graph, model, arcs = problem(name)
    weights = WEIGHTS if steps == 2 and name == "ic general" else None
    found = sets_of(graph, model, {"max_steps": steps}, weights=weights)
    assert law_fits(found, naive_deadlines.rr_distribution(5, arcs, steps, model, weights))


@pytest.mark.parametrize("means", [None, MEANS], ids=["one mean", "means"])
@pytest.mark.parametrize("name", CASES)
def test_rr_sets_hold_what_reaches_the_root_in_time(name, means):
    graph, model, arcs = problem(name)
    delay = "exponential:0.8" if means is None else delay_of(means)
    weights = WEIGHTS if means and name == "lt general" else None
    found = sets_of(graph, model, {"deadline": 1.2, "delay": delay}, weights=weights)
    expected = naive_deadlines.timed_rr_distribution(5, arcs, 1.2, means or [0.8] * 8, model, weights)
    assert law_fits(found, expected)


UNTIL = {
    "steps": {"max_steps": 2},
    "time": {"deadline": 1.2, "delay": "exponential:0.8"},
}


@pytest.mark.parametrize("until", UNTIL.values(), ids=UNTIL)
@pytest.mark.parametrize("name", ["ic general", "lt weighted cascade"])
def test_sets_do_not_depend_on_threads_lanes_and_chunks(name, until):
    graph, model, _ = problem(name)
    count = 5000 if JIT else 200
    whole = sets_of(graph, model, until, count, threads=1)
    for threads, lanes in ((2, 1), (1, 3), (3, 16)):
        other = sets_of(graph, model, until, count // 2, threads=threads, lanes=lanes)
        other.extend(count)
        assert np.array_equal(whole.nodes, other.nodes)
        assert np.array_equal(whole.offsets, other.offsets)


@pytest.mark.parametrize("until", UNTIL.values(), ids=UNTIL)
def test_sentinels_and_blocked_nodes(until):
    graph, model, arcs = problem("ic general")
    which = np.zeros(5, dtype=bool)
    which[graph.internal_of([1, 3])] = True
    count = MANY // 4
    plain = sets_of(graph, model, until, count)
    cut = sets_of(graph, model, until, count, is_sentinel=which, threads=2)
    ids = np.flatnonzero(which).astype(np.int32)
    assert cut.covered(ids) == plain.covered(ids)
    assert cut.sampler.n_cut > 0
    lengths = np.diff(cut.offsets)
    first = cut.nodes[cut.offsets[:-1]]
    assert (lengths[which[first]] == 1).all()
    # without the arcs of a blocked node
    others = [arc for arc in arcs if 1 not in arc[:2]]
    blocked = np.zeros(5, dtype=bool)
    blocked[graph.internal_of([1])] = True
    weights = [1.0, 0.0, 1.0, 1.0, 1.0]
    found = sets_of(graph, model, until, weights=weights, blocked=blocked)
    if "max_steps" in until:
        expected = naive_deadlines.rr_distribution(5, others, 2, model, weights)
    else:
        expected = naive_deadlines.timed_rr_distribution(5, others, 1.2, [0.8] * len(others), model, weights)
    assert law_fits(found, expected)


@pytest.mark.parametrize("until", UNTIL.values(), ids=UNTIL)
def test_roots_in_turn(until):
    graph, model, _ = problem("ic general")
    found = sets_of(graph, model, until, 100, stratify_after=0)
    roots = found.nodes[found.offsets[:-1]].reshape(20, 5)
    assert np.array_equal(np.sort(roots, axis=1), np.tile(np.arange(5), (20, 1)))


def test_many_steps_and_much_time_change_nothing():
    graph, model, arcs = problem("ic coins")
    assert np.array_equal(sets_of(graph, model, {"max_steps": 5}).nodes, sets_of(graph, model, {}).nodes)
    found = sets_of(graph, model, {"deadline": 1e9, "delay": "exponential:1"})
    assert law_fits(found, naive.rr_distribution(5, arcs, model))


def test_the_delays_of_repeated_hits_are_one_delay():
    # with ten arcs of p = 0.6 each arc gets a hit more than once, which must not make its delay shorter
    pairs = [(u, 0) for u in range(1, 13)]
    graph = graph_of(pairs, [0.45] * 12)
    found = sets_of(graph, "ic", {"deadline": 1.0, "delay": "exponential:1"}, MANY // 2)
    root = found.nodes[found.offsets[:-1]] == graph.internal_of([0])[0]
    sizes = np.diff(found.offsets)[root] - 1
    p = 0.45 * (1 - math.exp(-1))
    expected = binom.pmf(np.arange(13), 12, p) * sizes.size
    assert naive.fit(np.bincount(sizes, minlength=13), expected) > FALSE_ALARM


# -- forward simulation and enumeration ----------------------------------------------------------------------------


@pytest.mark.parametrize("name", CASES)
def test_simulations_reach_the_exact_law(name):
    graph, model, arcs = problem(name)
    weights = 2.0**graph.index  # the total weight identifies the set of reached nodes
    for until, expected in (
        ({"max_steps": 2}, naive_deadlines.reached_distribution(5, arcs, [0, 4], 2, model)),
        (
            {"deadline": 1.2, "delay": delay_of(MEANS)},
            naive_deadlines.timed_reached_distribution(5, arcs, [0, 4], 1.2, MEANS, model),
        ),
        (
            {"deadline": 0.5, "delay": "exponential:2"},
            naive_deadlines.timed_reached_distribution(5, arcs, [0, 4], 0.5, [2.0] * 8, model),
        ),
    ):
        deadline = check_deadline(graph, **until)
        run = simulate(graph, graph.internal_of([0, 4]), model, key_from(1), weights, 1, deadline)
        values = np.empty(MANY)
        run(0, values)
        assert naive.fit(np.bincount(values.astype(np.int64), minlength=32), MANY * expected) > FALSE_ALARM


@pytest.mark.parametrize("name", CASES)
def test_the_exact_spread(name):
    graph, model, arcs = problem(name)
    for weights in (None, WEIGHTS):
        plain = weights or [1.0] * 5
        for steps in (1, 2, 7):
            expected = naive_deadlines.reached_distribution(5, arcs, [1, 4], steps, model)
            found = imax.exact_spread(graph, [1, 4], model=model, node_weights=weights, max_steps=steps)
            assert found == pytest.approx(naive_deadlines.spread_of_masks(expected, plain))
        for means in (None, MEANS) if weights else ():
            expected = naive_deadlines.timed_reached_distribution(5, arcs, [1, 4], 0.9, means or [2.0] * 8, model)
            delay = "exponential:2" if means is None else delay_of(means)
            found = imax.exact_spread(graph, [1, 4], model=model, node_weights=weights, deadline=0.9, delay=delay)
            assert found == pytest.approx(naive_deadlines.spread_of_masks(expected, plain))


def test_the_exact_spread_until_a_deadline_has_limits():
    star = graph_of([(0, v) for v in range(1, 10)], probability="uniform:1")
    with pytest.raises(InvalidArgumentError, match="more than 256 sets"):
        imax.exact_spread(star, [0], deadline=1.0, delay="exponential:1")
    with pytest.raises(InvalidArgumentError, match="more than 4,096"):
        imax.exact_spread(graph_of([(0, v) for v in range(1, 15)], probability="uniform:0.5"), [0], deadline=1.0,
                          delay="exponential:1")  # fmt: skip


@settings(max_examples=25 if JIT else 8, deadline=None)
@given(
    n=st.integers(1, 5),
    data=st.data(),
)
def test_any_small_graph(n, data):
    """Simulations, RR sets and enumeration agree where nothing is random, also with loops and parallel arcs."""
    node = st.integers(0, n - 1)
    arcs = data.draw(st.lists(st.tuples(node, node, st.sampled_from([0.0, 1.0])), max_size=8))
    labels = data.draw(st.permutations(["a", "b", "c", "d", "e"]))[:n]
    steps = data.draw(st.integers(1, 4))
    src, dst = ([arc[i] for arc in arcs] for i in (0, 1))
    p = np.array([arc[2] for arc in arcs], dtype=np.float32)
    graph = InfluenceGraph.from_arrays(np.array(src, dtype=np.int32), np.array(dst, dtype=np.int32), p, labels=labels)
    seed = data.draw(node)
    reached = {seed}
    for _ in range(steps):
        reached |= {v for u, v, q in arcs if u in reached and q == 1.0}
    spread = imax.spread(graph, [labels[seed]], max_steps=steps, n_simulations=2, rng=1).spread
    assert spread == len(reached)
    assert imax.exact_spread(graph, [labels[seed]], max_steps=steps) == len(reached)
    sets = imax.sample_rr_sets(graph, 20, max_steps=steps, rng=1)
    for members in sets:
        assert (labels[seed] in members) == (members[0] in {labels[v] for v in reached})
    timed = imax.sample_rr_sets(graph, 20, deadline=1e9, delay="exponential:1", rng=1)
    assert [sorted(s) for s in timed] == [sorted(s) for s in imax.sample_rr_sets(graph, 20, rng=1)]


# -- selections ----------------------------------------------------------------------------------------------------

# without a deadline the chain's start reaches most; in one step the star's center does
CHAIN = [(0, 1), (1, 2), (2, 3), (3, 4), (4, 5), (5, 6)]
STAR = [(7, 8), (7, 9), (7, 10)]
QUICK = {"epsilon": 0.3 if JIT else 0.45, "rng": 1}
compiled = pytest.mark.skipif(not JIT, reason="too slow without the compiler")


def chain_and_star():
    return graph_of(CHAIN + STAR, probability="uniform:1")


@pytest.mark.parametrize("until", [{"max_steps": 1}, {"deadline": 0.5, "delay": "exponential:0.4"}], ids=str)
@pytest.mark.parametrize("algorithm", ["auto", "opim-c", "imm", "hist", "ris"])
def test_the_best_seed_depends_on_the_deadline(algorithm, until):
    graph = chain_and_star()
    limited = {"n_rr_sets": 4000} if algorithm == "ris" else {}
    assert imax.maximize(graph, 1, algorithm=algorithm, **QUICK, **limited).seeds == [0]
    found = imax.maximize(graph, 1, algorithm=algorithm, **QUICK, **limited, **until)
    assert found.seeds == [7]
    exact = imax.exact_spread(graph, [7], **until)
    assert found.lower_bound <= exact <= found.upper_bound
    facts = {"max_steps": None, "deadline": None, "delay": None} | until
    assert {name: found.to_dict()[name] for name in facts} == facts


def test_other_selections_observe_a_deadline():
    graph = chain_and_star()
    certificate = imax.certify(graph, [7], max_steps=1, epsilon=0.05, rng=1)
    assert certificate.lower_bound <= 4 <= certificate.upper_bound
    assert certificate.ratio > 0.8
    assert certificate.max_steps == 1
    curve = imax.curve(graph, 2, max_steps=1, epsilon=0.2, rng=1)
    assert curve.seeds[0] == 7
    assert curve.to_dict()["max_steps"] == 1
    few = imax.minimize_seeds(graph, 4.8, max_steps=1, epsilon=0.2, rng=1)
    assert len(few) >= 2  # without a limit one seed is enough
    assert few.min_seeds <= 2
    assert imax.exact_spread(graph, few.seeds, max_steps=few.max_steps) >= 4.8
    first = next(imax.anytime(graph, 1, max_steps=1, rng=1))
    assert first.upper_bound >= 4 - 1e-9
    assert first.max_steps == 1


@compiled
def test_a_comparison_evaluates_all_algorithms_with_the_deadline():
    graph = graph_of([(0, 1), (1, 2), (2, 3), (3, 4), (3, 5), (3, 6), (0, 7), (0, 8)], probability="uniform:1")
    means = dict.fromkeys([(u, v) for u, v, _ in graph.arcs()], 0.5)
    found = imax.compare(
        graph, 1, "opim-c,degree", deadline=1.0, delay=means,
        n_simulations=200, **QUICK,
    )  # fmt: skip
    assert (found.deadline, found.delay) == (1.0, PER_ARC)
    for row in found.rows:
        exact = imax.exact_spread(graph, row.seeds, deadline=1.0, delay="exponential:0.5")
        assert row.lower_bound <= exact
        assert abs(row.spread - exact) < 5 * row.std_error + 1e-9
    assert json.loads(found.to_json())["deadline"] == 1.0


def test_invitations_observe_a_deadline():
    from imax.capacity import CapacityProblem, assign, compare

    # participant 11 may invite the start of the chain or the center of the star
    graph = graph_of([(11, 0), (11, 7), *CHAIN, *STAR], probability="uniform:1")
    problem = CapacityProblem(graph, [11], 1)
    precise = {"epsilon": 0.1, "rng": 1}
    assert assign(problem, **precise)[11] == [0]
    means = dict.fromkeys([(u, v) for u, v, _ in graph.arcs()], 1.0)
    cases = [{"max_steps": 1}, {"deadline": 0.5, "delay": "exponential:1"}, {"deadline": 0.5, "delay": means}]
    for until in cases if JIT else cases[2:]:
        found = assign(problem, **precise, **until)
        assert found[11] == [7]
        exact = imax.exact_spread(problem.passive, [7], **(until if "max_steps" in until else
                                                          {"deadline": 0.5, "delay": "exponential:1"}))  # fmt: skip
        assert found.lower_bound <= exact <= found.upper_bound
        assert found.max_steps == until.get("max_steps")
        names = ["rr-opim+", "rr-opim", "mg-opim", "opim-c", "imm"] if JIT else ["opim-c"]
        rows = compare(problem, "all" if JIT else names, n_simulations=20, **QUICK, **until).rows
        assert [row.algorithm for row in rows] == names
    with pytest.raises(InvalidArgumentError, match="max_steps is not supported by algorithm 'rr-greedy'"):
        assign(problem, "rr-greedy", max_steps=1)


@pytest.mark.parametrize("algorithm", ["degree", "celf", "random", "irie"])
def test_algorithms_without_deadlines_reject_them(algorithm):
    with pytest.raises(InvalidArgumentError, match=f"not supported by algorithm {algorithm!r}.*opim-c") as error:
        imax.maximize(chain_and_star(), 1, algorithm=algorithm, max_steps=2)
    assert error.value.argument == "max_steps"


# -- arguments -----------------------------------------------------------------------------------------------------


def test_means_by_label_and_by_arc_are_the_same():
    graph = graph_of([(0, 1), (2, 1), (1, 2)], labels=["a", "b", "c"])
    by_label = {("a", "b"): 1.0, ("c", "b"): 2.0, ("b", "c"): 3.0}
    order = [by_label[u, v] for u, v, _ in graph.arcs()]
    first = check_deadline(graph, deadline=1, delay=by_label)
    second = check_deadline(graph, deadline=1.0, delay=order)
    assert first.means.tolist() == second.means.tolist() == order
    assert (first.time, first.delay, first.max_steps) == (1.0, PER_ARC, None)
    assert check_deadline(graph) is None
    empty = InfluenceGraph.from_arrays([], [], n_nodes=2)
    assert check_deadline(empty, deadline=1, delay={}).means.size == 0


@pytest.mark.parametrize(
    ("until", "argument", "message"),
    [
        ({"max_steps": 0}, "max_steps", "at least 1, got 0"),
        ({"max_steps": 1.5}, "max_steps", "whole number"),
        ({"max_steps": 1, "deadline": 1.0}, "deadline", "cannot be combined with max_steps"),
        ({"max_steps": 1, "delay": "exponential:1"}, "delay", "cannot be combined with max_steps"),
        ({"delay": "exponential:1"}, "delay", "requires deadline"),
        ({"deadline": 1.0}, "deadline", "requires delay"),
        ({"deadline": -1.0, "delay": "exponential:1"}, "deadline", "above 0"),
        ({"deadline": 1.0, "delay": "exponential:0"}, "delay", "above 0"),
        ({"deadline": 1.0, "delay": "exponential"}, "delay", "'exponential:MEAN'"),
        ({"deadline": 1.0, "delay": "uniform:3"}, "delay", "'exponential:MEAN'"),
        ({"deadline": 1.0, "delay": "exponential:x"}, "delay", "must be a number"),
        ({"deadline": 1.0, "delay": [1.0, 2.0]}, "delay", r"shape \(3,\)"),
        ({"deadline": 1.0, "delay": [1.0, 2.0, 0.0]}, "delay", "holds 0"),
        ({"deadline": 1.0, "delay": object()}, "delay", "an array of numbers"),
        ({"deadline": 1.0, "delay": {0: 1.0}}, "delay", "the key 0"),
        ({"deadline": 1.0, "delay": {(0, 1): 1.0}}, "delay", r"arc \(2, 1\) and 1 others"),
        ({"deadline": 1.0, "delay": {(1, 0): 1.0}}, "delay", r"\(1, 0\), which is not an arc"),
        ({"deadline": 1.0, "delay": {(0, 1): 1.0, (2, 1): 1.0, (1, 2): -1.0}}, "delay", "holds -1"),
    ],
)  # fmt: skip
def test_bad_arguments(until, argument, message):
    with pytest.raises(InvalidArgumentError, match=message) as error:
        imax.spread(graph_of([(0, 1), (2, 1), (1, 2)]), [0], **until)
    assert error.value.argument == argument
    assert str(error.value).startswith(argument)


def test_an_unknown_label_in_the_delays():
    with pytest.raises(UnknownNodeError, match="delay: 9"):
        imax.spread(graph_of([(0, 1)]), [0], deadline=1.0, delay={(0, 9): 1.0})


# -- the command line ----------------------------------------------------------------------------------------------


@compiled
def test_commands_observe_deadlines(tmp_path):
    from .test_cli import fails, run

    arcs = tmp_path / "arcs.txt"
    arcs.write_text("".join(f"{u} {v}\n" for u, v in [(11, 0), (11, 7), *CHAIN, *STAR]))
    delays = tmp_path / "delays.txt"
    delays.write_text("".join(f"{u} {v} 2.5\n" for u, v in [(11, 0), (11, 7), *CHAIN, *STAR]))
    common = ("--probability", "uniform:1", "--random-seed", "1", arcs)
    steps, timed = ("--max-steps", "1"), ("--deadline", "2", "--delay", delays)
    out = run("seed", "-k", "1", "--exclude", "-", "--epsilon", "0.3", "--verify", "20", *steps, *common, stdin="11\n")
    assert "IC, at most 1 step\n" in out.stdout
    found = json.loads(run("seed", "-k", "2", "--epsilon", "0.3", "--format", "json", *timed, *common).stdout)
    assert (found["deadline"], found["delay"], found["max_steps"]) == (2.0, PER_ARC, None)
    out = run("spread", "--seed", "7", "--simulations", "20", *steps, "--format", "plain", *common)
    assert out.stdout == "4.0\n"
    out = run("spread", "--seed", "7", "--simulations", "20", "--deadline", "3", "--delay", "exponential:2", *common)
    assert "until 3 with delays exponential:2" in out.stdout
    out = run("certify", "--seed", "7", "--format", "json", *steps, *common)
    assert json.loads(out.stdout)["max_steps"] == 1
    out = run("compare", "-k", "1", "--algorithms", "degree", "--simulations", "20", *steps, *common)
    assert "at most 1 step" in out.stdout
    active = tmp_path / "active.txt"
    active.write_text("11\n")
    out = run("cim", "--active", active, "-k", "1", "--epsilon", "0.3", "--format", "csv", *timed, *common)
    assert "11,7,1" in out.stdout
    assert "--deadline requires --delay" in fails(2, "spread", "--seed", "7", "--deadline", "3", *common)
    both = ("--deadline", "3", "--max-steps", "1")
    assert "--deadline cannot be combined with --max-steps" in fails(2, "spread", "--seed", "7", *both, *common)
    assert "no-such-file" in fails(1, "spread", "--seed", "7", "--deadline", "3", "--delay", "no-such-file", *common)
    bad = tmp_path / "bad.txt"
    bad.write_text("11 0\n")
    assert "bad.txt" in fails(1, "spread", "--seed", "7", "--deadline", "3", "--delay", bad, *common)
