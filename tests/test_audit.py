"""The bounds against brute force: coverage of every admissible seed set, and exact binomial tails.

These tests are sharper than whole selections, whose margin for chance hides small mistakes: on the RR sets themselves
`Cover.upper_bound` always has to hold, and each bound on a spread may fail with probability at most exp(-a) for every
number of sets and every spread. `python -m bench.audit` runs whole selections.
"""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numba import config
from scipy.stats import binom

import imax
from imax import InfluenceGraph
from imax.capacity import CapacityProblem
from imax.diffusion.sampler import Piece, Sampler
from imax.ris.bounds import lower_bound, opim_schedule, upper_bound
from imax.ris.collection import RRCollection
from imax.ris.coverage import greedy_cover
from imax.ris.round_robin import round_robin_cover
from imax.selection.algorithms import hist
from imax.selection.problem import make_problem

from . import naive, naive_audit, naive_capacity, naive_constraints

JIT = not config.DISABLE_JIT
CASES = 1000 if JIT else 40

# -- random graphs and constraints -----------------------------------------------------------------------------------


def random_graph(generator, n, model="ic"):
    """Return random arcs among n nodes; some nodes reach many, so that greedy selection is not always best."""
    pairs = [pair for pair in itertools.product(range(n), repeat=2) if pair[0] != pair[1]]
    chosen = generator.permutation(len(pairs))[: int(generator.integers(n, min(4 * n, len(pairs))))]
    into = np.bincount([pairs[c][1] for c in chosen], minlength=n)
    high = 1.0 if generator.random() < 0.5 else 0.3
    p = generator.random(chosen.size) * high
    if model == "lt":
        p /= into[[pairs[c][1] for c in chosen]]
    return [(*pairs[c], float(x)) for c, x in zip(chosen, p, strict=True)]


def graph_of(n, arcs):
    source, target, p = zip(*arcs, strict=True)
    return InfluenceGraph.from_arrays(source, target, p, n_nodes=n)


KINDS = ("plain", "candidates", "include", "start", "quotas", "quotas alone", "budget", "all")


def random_rules(generator, n, kind):
    """Return a constraint as `imax.maximize` takes it."""
    nodes = generator.permutation(n).tolist()
    rules = {}
    if kind in ("candidates", "all"):
        rules["candidates"] = sorted(nodes[: int(generator.integers(3, n + 1))])
    if kind in ("include", "all"):
        rules["include"] = nodes[: int(generator.integers(1, 3))]
    if kind in ("start", "all"):
        rules["start"] = nodes[-int(generator.integers(1, 3)) :]
    allowed = set(rules.get("candidates", nodes)) - set(rules.get("start", ())) - set(rules.get("include", ()))
    forced = rules.get("include", [])
    if kind == "budget" or (kind == "all" and generator.random() < 0.5):
        rules["costs"] = generator.choice([0.25, 0.5, 1.0, 1.5, 3.0], n).tolist()
        needed = sum(rules["costs"][v] for v in forced) + min(rules["costs"][v] for v in allowed)
        rules["budget"] = needed + float(generator.choice([0.25, 1.0, 2.0, 4.0]))
        return rules
    if kind in ("quotas", "quotas alone", "all"):
        # no k: each group has a quota; with k: the last group has none
        names = ["a", "b"] if kind == "quotas alone" else ["a", "b", "c"]
        rules["groups"] = [names[i] for i in generator.integers(0, len(names), n)]
        for name, v in zip("ab", nodes, strict=False):  # a quota needs a node of its group
            rules["groups"][v] = name
        taken = {name: sum(rules["groups"][v] == name for v in forced) for name in "ab"}
        rules["quotas"] = {name: taken[name] + int(generator.integers(1, 3)) for name in "ab"}
        if kind == "quotas alone":
            return rules
        free = [rules["groups"][v] for v in allowed]
        limit = sum(min(free.count(name), rules["quotas"].get(name, n) - taken.get(name, 0)) for name in names)
    else:
        limit = len(allowed)
    rules["k"] = len(forced) + int(generator.integers(not forced, min(limit, 4) + 1)) if limit else len(forced)
    return rules


def admissible(n, rules):
    """Return the masks of all seed sets that a constraint admits."""
    allowed = set(rules.get("candidates", range(n))) - set(rules.get("start", ()))
    found = naive_constraints.admitted(
        allowed, k=rules.get("k"), forced=rules.get("include", ()), group=rules.get("groups"),
        quotas=rules.get("quotas"), cost=rules.get("costs"), budget=rules.get("budget"),
    )  # fmt: skip
    return np.array([naive_constraints.mask(seeds) for seeds in found])


def draw(problem, count, key=(3, 4), **options):
    """Return a collection of RR sets of a problem, and the sets as node numbers."""
    collection = RRCollection(
        Sampler(problem.graph, problem.model, key, node_weights=problem.weights, threads=1,
                blocked=problem.blocked, **options)
    )  # fmt: skip
    collection.extend(count)
    return collection, [list(s) for s in collection]


def coverage_of_all(n, sets, start=()):
    """Return how many sets each seed set covers that the start nodes do not cover."""
    return naive_audit.coverage_of_all(n, [s for s in sets if not set(s) & set(start)])


def masks_of(graph, ids):
    return naive_constraints.mask(graph.labels_of(ids))


# -- no admissible seed set covers more than the bound says ----------------------------------------------------------


def check_cover(n, rules, seed, count, model="ic", weights=None):
    """Compare greedy selection and its bound with all admissible seed sets, on the same RR sets."""
    generator = np.random.default_rng(seed)
    arcs = random_graph(generator, n, model)
    rules = random_rules(generator, n, rules) if isinstance(rules, str) else rules
    constraints = {name: value for name, value in rules.items() if name != "k"}
    problem = make_problem(
        graph_of(n, arcs), rules.get("k"), constraints, function="maximize", model=model, node_weights=weights, rng=1
    )
    collection, sets = draw(problem, count)
    coverage = coverage_of_all(n, sets, rules.get("start", ()))
    admitted = admissible(n, rules)
    best = int(coverage[admitted].max())
    cover = greedy_cover(collection, problem.constraint)
    chosen = masks_of(problem.graph, cover.seeds)
    assert chosen in admitted, (rules, cover)
    assert cover.covered == coverage[chosen]
    assert best <= cover.upper_bound, (rules, cover)
    assert cover.covered >= problem.constraint.guarantee * best - 1e-9
    # the greedy prefixes give valid bounds by themselves, without what greedy guarantees
    loose = greedy_cover(collection, problem.constraint, prefixes=False)
    assert best <= loose.upper_bound
    assert cover.upper_bound <= loose.upper_bound
    assert problem.constraint.min_spread(problem.weights) <= best_weight(admitted, n, weights) + 1e-9
    return problem, collection, coverage, cover, rules


def best_weight(admitted, n, weights):
    bits = (admitted[:, None] >> np.arange(n)) & 1
    return float((bits @ (np.ones(n) if weights is None else np.asarray(weights))).max())


@pytest.mark.parametrize("kind", KINDS)
def test_no_admissible_seed_set_covers_more_than_the_bound(kind):
    for seed in range(CASES):
        n = 5 + seed % 5
        check_cover(n, kind, seed, count=40 if seed % 3 else 400, model=("ic", "lt")[seed % 2])


@pytest.mark.parametrize("kind", KINDS)
def test_the_bound_holds_with_node_weights(kind):
    for seed in range(1000, 1000 + CASES // 4):
        n = 5 + seed % 5
        weights = np.random.default_rng(seed).choice([0.0, 0.5, 1.0, 5.0], n)
        weights[0] = 1.0
        check_cover(n, kind, seed, count=100, weights=weights.tolist())


@settings(max_examples=150 if JIT else 20)
@given(st.sampled_from(KINDS), st.integers(0, 10**6), st.integers(5, 9), st.integers(1, 60))
def test_the_bound_holds_for_any_sets(kind, seed, n, count):
    check_cover(n, kind, seed, count)


# greedy is at its worst: node 0 covers half of what 1 and 2 cover together, and a little more than either
WORST = [[0, 1]] * 6 + [[0, 2]] * 6 + [[1]] * 5 + [[2]] * 5 + [[3]] * 2


def collection_of(n, sets):
    """Return a collection of given sets; without arcs internal ids and labels are the same."""
    graph = InfluenceGraph.from_arrays([], [], n_nodes=n)
    collection = RRCollection(Sampler(graph, "ic", (1, 2), threads=1))
    nodes = np.array([v for s in sets for v in s], dtype=np.int32)
    collection.append([Piece(nodes, np.array([len(s) for s in sets], dtype=np.int64))])
    return graph, collection


@pytest.mark.parametrize(
    ("rules", "best", "covered"),
    [
        ({"k": 1}, 12, 12),
        ({"k": 2}, 22, 17),
        ({"k": 3}, 24, 22),
        ({"k": 4}, 24, 24),
        ({"k": 2, "candidates": [0, 3]}, 14, 14),
        ({"k": 2, "exclude": [0]}, 22, 22),
        ({"k": 2, "include": [0]}, 17, 17),
        ({"k": 1, "start": [1]}, 11, 11),
        ({"k": 2, "start": [0]}, 10, 10),
        ({"groups": ["a", "b", "b", "b"], "quotas": {"a": 1, "b": 1}}, 17, 17),
        ({"groups": ["a", "b", "b", None], "quotas": {"a": 1, "b": 2}, "k": 2}, 22, 17),
        ({"costs": [1.0, 1.0, 1.0, 1.0], "budget": 2.0}, 22, 22),
        ({"costs": [2.0, 1.0, 1.0, 0.0], "budget": 2.0}, 24, 24),
        ({"costs": [1.0, 1.0, 1.0, 1.0], "budget": 2.0, "include": [1], "start": [3]}, 22, 22),
    ],
)
def test_the_bound_where_greedy_is_not_best(rules, best, covered):
    graph, collection = collection_of(4, WORST)
    others = {name: value for name, value in rules.items() if name != "k"}
    problem = make_problem(graph, rules.get("k"), others, function="maximize", rng=1)
    cover = greedy_cover(collection, problem.constraint)
    coverage = coverage_of_all(4, WORST, rules.get("start", ()))
    exclude = rules.pop("exclude", ())
    if exclude:
        rules["candidates"] = [v for v in range(4) if v not in exclude]
    assert coverage[admissible(4, rules)].max() == best
    assert (cover.covered, cover.upper_bound >= best) == (covered, True)


@pytest.mark.parametrize("k", [2, 3, 4, 5])
def test_the_bound_where_greedy_reaches_only_its_guarantee(k):
    """Nodes k to 2k - 1 cover all sets; nodes 0 to k - 1 each take 1/k of what is left, and win the ties.

    Greedy selection covers a share of 1 - (1 - 1/k)**k: if it guaranteed more, the bound would be wrong.
    """
    sets = []
    for column in range(k, 2 * k):
        left = k**k
        for own in range(k):
            sets += [[own, column]] * (left // k)
            left -= left // k
        sets += [[column]] * left
    _, collection = collection_of(2 * k, sets)
    problem = make_problem(collection.graph, k, {}, function="maximize", rng=1)
    cover = greedy_cover(collection, problem.constraint)
    assert cover.seeds.tolist() == list(range(k))
    assert cover.covered / len(sets) == pytest.approx(1.0 - (1.0 - 1.0 / k) ** k)
    assert coverage_of_all(2 * k, sets).max() == len(sets) <= cover.upper_bound


def test_the_bound_where_groups_reach_only_half():
    # 0 takes what 2 covers and the place of 1: the best choice is 1 and 2
    sets = [[0, 2]] * 5 + [[1]] * 5
    graph, collection = collection_of(4, sets)
    problem = make_problem(graph, None, {"groups": ["a", "a", "b", "c"], "quotas": 1}, function="maximize", rng=1)
    for select in (greedy_cover, round_robin_cover):
        for prefixes in (True, False):
            cover = select(collection, problem.constraint, prefixes=prefixes)
            assert (cover.covered, cover.upper_bound) == (5, 10)


# -- other numbers of seeds ------------------------------------------------------------------------------------------


def best_of_each_size(n, coverage, rules):
    """Return the largest coverage of the forced nodes and 0, 1, 2, ... allowed ones."""
    forced = rules.get("include", [])
    sizes = {}
    allowed = set(rules.get("candidates", range(n))) - set(rules.get("start", ()))
    for seeds in naive_constraints.admitted(allowed, forced=forced):
        free = len(seeds) - len(forced)
        sizes[free] = max(sizes.get(free, 0), int(coverage[naive_constraints.mask(seeds)]))
    return [sizes[size] for size in sorted(sizes)]


@pytest.mark.parametrize("kind", ["plain", "candidates", "include", "start"])
def test_bounds_for_every_number_of_seeds(kind):
    for seed in range(CASES):
        n = 5 + seed % 5
        problem, collection, coverage, cover, rules = check_cover(n, kind, seed, count=60)
        c = problem.constraint
        best = best_of_each_size(n, coverage, rules)
        every = greedy_cover(collection, c, per_size=True)
        free = every.seeds.size - c.forced.size
        assert every.seeds.tolist() == cover.seeds.tolist()
        assert all(every.upper_bounds[j] >= best[j + 1] for j in range(free))
        # a bound for fewer, as many, or more seeds than are chosen
        for k in range(len(best) + 2):
            bound = greedy_cover(collection, c, k=k).upper_bound
            assert bound >= best[min(k, len(best) - 1)], (rules, k)


@pytest.mark.parametrize("kind", ["plain", "candidates", "include", "start"])
def test_no_smaller_seed_set_covers_what_is_needed(kind):
    for seed in range(CASES):
        n = 5 + seed % 5
        generator = np.random.default_rng(seed)
        arcs = random_graph(generator, n)
        rules = random_rules(generator, n, kind)
        others = {name: value for name, value in rules.items() if name != "k"}
        problem = make_problem(graph_of(n, arcs), None, others, function="minimize_seeds", any_size=True, rng=1)
        c = problem.constraint
        collection, sets = draw(problem, 60)
        best = best_of_each_size(n, coverage_of_all(n, sets, rules.get("start", ())), rules)
        for need in {0, 1, best[0], best[1], best[1] + 1, best[-1] // 2, best[-1], best[-1] + 1}:
            enough = [size for size, covered in enumerate(best) if covered >= need]
            for goal in (need, 2**40):
                cover = greedy_cover(collection, c, goal=goal, need=need)
                if enough:
                    assert cover.min_seeds <= c.forced.size + enough[0], (rules, need, goal)
                elif goal > need:
                    assert cover.min_seeds > c.k, (rules, need)


# -- capacities of groups that share nodes ---------------------------------------------------------------------------


def check_capacity(seed, n, n_active, count):
    """Compare both greedy selections and their bounds with all assignments, on the same RR sets."""
    generator = np.random.default_rng(seed)
    arcs = random_graph(generator, n)
    active = generator.permutation(n)[:n_active].tolist()
    passive = [v for v in range(n) if v not in active]
    if seed % 2:
        rows = [sorted(generator.permutation(passive)[: int(generator.integers(0, 5))].tolist()) for _ in active]
    else:
        rows = naive_capacity.friends_of(arcs, active)
    if not any(rows):
        rows[0] = passive[:1]
    capacity = generator.integers(1, 4, n_active).tolist()
    problem = CapacityProblem(graph_of(n, arcs), active, capacity, candidates=dict(zip(active, rows, strict=True)))
    weights = (~problem.blocked).astype(float)
    collection = RRCollection(
        Sampler(problem.graph, "ic", (seed, 1), node_weights=weights, threads=1, blocked=problem.blocked)
    )
    collection.extend(count)
    sets = [list(s) for s in collection]
    assert not set(active) & set(itertools.chain.from_iterable(sets))
    coverage = coverage_of_all(n, sets)
    admitted = {naive_constraints.mask(nodes) for nodes in naive_capacity.assignments(rows, capacity)}
    best = max(int(coverage[m]) for m in admitted)
    for select in (greedy_cover, round_robin_cover):
        for prefixes in (True, False):
            cover = select(collection, problem.constraint, prefixes=prefixes)
            assert cover.covered == coverage[masks_of(problem.graph, cover.seeds)]
            assert cover.covered <= best <= cover.upper_bound
            # every node is taken by an active node that may invite it, within its capacity
            for g, row in enumerate(rows):
                own = problem.graph.labels_of(cover.seeds[cover.seed_groups == g])
                assert len(set(own)) == len(own) <= capacity[g]
                assert set(own) <= set(row)
    own = problem.constraint.min_spread(weights)
    assert own <= max(m.bit_count() for m in admitted) + 1e-9


def test_no_assignment_covers_more_than_the_bound():
    for seed in range(CASES):
        check_capacity(seed, n=6 + seed % 4, n_active=1 + seed % 3, count=40 if seed % 3 else 300)


@settings(max_examples=100 if JIT else 15)
@given(st.integers(0, 10**6), st.integers(5, 9), st.integers(1, 3), st.integers(1, 60))
def test_the_capacity_bound_holds_for_any_sets(seed, n, n_active, count):
    check_capacity(seed, n, n_active, count)


# -- RR sets that end at sentinels (HIST) ----------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["plain", "candidates", "include", "start", "budget", "quotas", "quotas alone"])
def test_the_bound_on_sets_that_end_at_sentinels(kind):
    """HIST bounds what the sentinels and k more nodes cover: no k nodes cover more of the whole sets."""
    for seed in range(CASES // 3):
        generator = np.random.default_rng(seed)
        n = 5 + seed % 5
        arcs = random_graph(generator, n)
        rules = random_rules(generator, n, kind)
        others = {name: value for name, value in rules.items() if name not in ("k", "start")}
        problem = make_problem(graph_of(n, arcs), rules.get("k"), others, function="maximize", rng=1)
        whole, sets = draw(problem, 80)
        c = problem.constraint
        sentinels = greedy_cover(whole, c).seeds[: max(c.forced.size, int(generator.integers(1, c.k + 1)))]
        mark = np.zeros(n, dtype=np.bool_)
        mark[sentinels] = True
        cut, _ = draw(problem, 80, is_sentinel=mark)
        coverage = coverage_of_all(n, sets)
        holding = c.given(sentinels[c.forced.size :])
        cover = hist.cover_after(cut, holding, whole=c)
        assert cover.covered == coverage[masks_of(problem.graph, cover.seeds)]
        rules.pop("start", None)
        assert coverage[admissible(n, rules)].max() <= cover.upper_bound


# -- failure probabilities, exactly ----------------------------------------------------------------------------------

LEVELS = [0.01, 0.1, 0.5, 1.0, math.log(20), 5.0, 10.0, 30.0, 100.0]
SIZES = [1, 2, 3, 7, 8, 20, 64, 333, 1000, 4096, 50_000, 2_000_000]


def counts_of(n_sets):
    """Return numbers of covered sets: all, or many of every magnitude from both ends."""
    if n_sets <= 4096:
        return np.arange(n_sets + 1)
    near = np.unique(np.round(np.geomspace(1, n_sets, 1500)).astype(np.int64))
    return np.unique(np.concatenate([[0], np.arange(300), near, n_sets - near, [n_sets]]))


@pytest.mark.parametrize("a", LEVELS)
@pytest.mark.parametrize("n_sets", SIZES)
def test_a_bound_fails_with_probability_at_most_exp_minus_a(n_sets, a):
    """For every share of covered sets, by the binomial distribution.

    The lower bound increases with the count. It exceeds a share if the count reaches c, the first one whose bound does,
    and the probability of that increases with the share. So the worst shares are those just below a bound, and it is
    enough to look at these. The same holds for the upper bound.
    """
    counts = counts_of(n_sets)
    lower = np.array([lower_bound(int(c), n_sets, 1.0, a) for c in counts])
    upper = np.array([upper_bound(int(c), n_sets, 1.0, a) for c in counts])
    assert lower[0] <= 1e-12 * a / n_sets  # 0 except for rounding
    lower[0] = 0.0
    assert (np.diff(lower) >= 0).all()
    assert (np.diff(upper) >= 0).all()
    failures = binom.sf(counts[1:] - 1, n_sets, lower[1:])
    assert failures.max() <= math.exp(-a) * (1 + 1e-9)
    below = upper < 1.0
    failures = binom.cdf(counts[below], n_sets, upper[below])
    assert failures.max(initial=0.0) <= math.exp(-a) * (1 + 1e-9)


@pytest.mark.parametrize("a", LEVELS)
def test_bounds_on_a_grid_of_shares(a):
    """The same at given shares, as the sum of the probabilities of the counts for which a bound is wrong."""
    for n_sets in (1, 5, 50, 500, 5000):
        counts = np.arange(n_sets + 1)
        lower = np.array([lower_bound(int(c), n_sets, 7.0, a) for c in counts])
        upper = np.array([upper_bound(int(c), n_sets, 7.0, a) for c in counts])
        for share in (1e-6, 1e-4, 1 / 300, 0.01, 0.05, 0.2, 1 / 3, 0.5, 0.75, 0.9, 0.99, 0.9999, 1.0):
            law = binom.pmf(counts, n_sets, share)
            assert law[lower > 7.0 * share * (1 + 1e-12)].sum() <= math.exp(-a) * (1 + 1e-9)
            assert law[upper < 7.0 * share * (1 - 1e-12)].sum() <= math.exp(-a) * (1 + 1e-9)


@given(st.integers(1, 3000), st.floats(0.0, 1.0), st.floats(0.01, 50.0))
def test_bounds_at_any_share(n_sets, share, a):
    counts = np.arange(n_sets + 1)
    lower = np.array([lower_bound(int(c), n_sets, 1.0, a) for c in counts])
    upper = np.array([upper_bound(int(c), n_sets, 1.0, a) for c in counts])
    law = binom.pmf(counts, n_sets, share)
    # the bound of count 0 is 0 except for rounding
    assert law[lower > share + 1e-12 * a].sum() <= math.exp(-a) * (1 + 1e-9)
    assert law[upper < share * (1 - 1e-12)].sum() <= math.exp(-a) * (1 + 1e-9)


@given(st.integers(2, 10**6), st.integers(1, 50), st.floats(0.005, 0.5), st.floats(1e-9, 0.95))
def test_the_rounds_share_the_failure_probability(n, k, epsilon, delta):
    """Each round has three events, the last one's sample size included, and all rounds together at most delta."""
    k = min(k, n)
    schedule = opim_schedule(math.log(math.comb(n, k)), float(n), float(k), epsilon, delta)
    assert 3 * schedule.rounds * math.exp(-schedule.a) <= delta * (1 + 1e-9)


def test_the_rounds_of_anytime_share_the_failure_probability(monkeypatch):
    """Two bounds in each round, for ever: their probabilities sum to delta."""
    from imax.selection import rounds

    seen = []

    def spy(covered, n_sets, total, a, known):
        seen.append(a)
        return lower_bound(covered, n_sets, total, a, known)

    monkeypatch.setattr(rounds, "lower_bound", spy)
    results = imax.anytime(imax.datasets.load("karate"), 2, delta=0.3, rng=1)
    rounds_done = 12 if JIT else 8
    for _ in zip(range(rounds_done), results, strict=False):
        pass
    spent = 2 * np.exp(-np.array(seen))
    assert len(seen) == rounds_done
    assert (np.diff(spent) < 0).all()
    # the rest of the series of 1 / i**2 is less than 1 / (number of rounds)
    assert spent.sum() < 0.3 <= spent.sum() + spent[0] / rounds_done


# -- the reference of the audit --------------------------------------------------------------------------------------


@pytest.mark.parametrize("model", ["ic", "lt"])
def test_exact_spreads_agree(model):
    for seed in range(8 if JIT else 3):
        generator = np.random.default_rng(seed)
        n = 6
        arcs = random_graph(generator, n, model)[:11]
        weights = generator.random(n).round(3).tolist() if seed % 2 else None
        spreads = naive_audit.Spreads(n, arcs, model, weights)
        expected = naive_constraints.all_spreads(n, arcs, model, weights)
        for chosen in range(1, 1 << n):
            seeds = [v for v in range(n) if chosen >> v & 1]
            assert spreads(seeds) == pytest.approx(expected[chosen], abs=1e-9)
        best, _ = naive.best_spread(n, arcs, 3, model, weights)
        assert spreads.best_of_each_size(3)[3] == pytest.approx(best)
        found = imax.exact_spread(graph_of(n, arcs), [0, 2], model=model, node_weights=weights)
        assert found == pytest.approx(spreads([0, 2]), rel=1e-5)


def test_the_best_seeds_of_several_components():
    # stars of 3, 2 and 1 sure leaves, and two nodes alone
    arcs = [(0, 1, 1.0), (0, 2, 1.0), (0, 3, 1.0), (4, 5, 1.0), (4, 6, 1.0), (7, 8, 1.0)]
    spreads = naive_audit.Spreads(11, arcs)
    assert spreads.best_of_each_size(5) == [0.0, 4.0, 7.0, 9.0, 10.0, 11.0]
    assert spreads.best_of_each_size(2, {1, 4, 7}) == [0.0, 3.0, 5.0]
    assert naive_audit.optimum(spreads, 11, k=2, include=[10], start=[0]) == 4.0


def test_coverage_of_all_seed_sets():
    sets = [[0], [0, 1], [2], [1, 2], [1, 2]]
    expected = [sum(bool(naive_constraints.mask(s) & chosen) for s in sets) for chosen in range(8)]
    assert naive_audit.coverage_of_all(3, sets).tolist() == expected
