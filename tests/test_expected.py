"""Invitations that may be declined: kernels against naive references, optima by enumeration, and the arguments.

Statistical tests use fixed keys. With random keys, each would fail with the stated probability.
"""

import itertools
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numba import config

import imax
from imax import InfluenceGraph
from imax.capacity import CapacityProblem, assign
from imax.errors import InvalidArgumentError
from imax.ris.remote_residual import RemoteResidual
from imax.ris.residual import Greedy, accepted_sum, make_pairs, residual_cover
from imax.ris.shard_weights import ShardWeights

from . import naive_capacity, naive_expected
from .test_coverage import collection_of
from .test_matroid import coverings, matroid_of

JIT = not config.DISABLE_JIT
compiled = pytest.mark.skipif(not JIT, reason="draws samples by the ten thousand, which takes minutes uncompiled")
CHANCES = [0.0, 0.25, 0.5, 0.75, 1.0]


@st.composite
def declined(draw, *, small=False):
    """Return a covering problem with acceptance probabilities by pair and a discount."""
    n, rows, capacity, sets = draw(coverings())
    if small:
        rows = [row[:3] for row in rows[:3]]
        capacity = [min(k, 2) for k in capacity[:3]]
    accept = {(g, v): draw(st.sampled_from(CHANCES)) for g, row in enumerate(rows) for v in row}
    return n, rows, capacity, sets, accept, draw(st.sampled_from([None, [1.0, 0.5], [1.0, 0.5, 0.25]]))


def by_pair(matroid, accept):
    return np.array([
        accept[g, v] for g in range(matroid.capacity.size) for v in matroid.nodes[matroid.ptr[g] : matroid.ptr[g + 1]]
    ])  # fmt: skip


def factors(rows, capacity, discount):
    size = max((min(k, len(row) + 1) for k, row in zip(capacity, rows, strict=True)), default=1)
    values = discount or [1.0]
    return np.array([*values, *[values[-1]] * size][:size])


def picks_of(cover):
    return list(zip(cover.seed_groups.tolist(), cover.seeds.tolist(), strict=True))


@settings(max_examples=100 if JIT else 25)
@given(declined())
def test_the_choice_is_the_naive_one(problem):
    n, rows, capacity, sets, accept, discount = problem
    matroid = matroid_of(n, rows, capacity)
    collection = collection_of(n, sets)
    cover = residual_cover(collection, matroid, by_pair(matroid, accept), factors(rows, capacity, discount))
    expected = naive_expected.greedy(
        lambda picks: naive_expected.expected_coverage(sets, picks), rows, accept, capacity, discount
    )
    assert picks_of(cover) == [(g, v) for g, v, _, _ in expected]
    assert cover.gains.tolist() == pytest.approx([gain for *_, gain in expected])
    assert cover.covered == pytest.approx(sum(gain for *_, gain in expected))
    survival = np.ones(n)
    for _, v, q, _ in expected:
        survival[v] *= 1.0 - q
    assert accepted_sum(collection, survival) == pytest.approx(cover.covered)


@settings(max_examples=60 if JIT else 12)
@given(declined(small=True))
def test_at_least_half_of_the_optimum_and_never_above_the_bound(problem):
    n, rows, capacity, sets, accept, discount = problem
    matroid = matroid_of(n, rows, capacity)
    cover = residual_cover(collection_of(n, sets), matroid, by_pair(matroid, accept), factors(rows, capacity, discount))
    best = naive_expected.optimum(
        lambda picks: naive_expected.expected_coverage(sets, picks), rows, accept, capacity, discount
    )
    assert 0.5 * best <= cover.covered + 1e-9
    assert cover.covered <= best + 1e-9 <= cover.upper_bound + 2e-9


@given(coverings(), st.integers(1, 3))
def test_certain_acceptance_covers_like_round_robin(problem, threads):
    from imax.ris.round_robin import round_robin_cover

    from .test_matroid import constraint_of

    n, rows, capacity, sets = problem
    matroid = matroid_of(n, rows, capacity)
    ones = np.ones(matroid.n_pairs)
    collection = collection_of(n, sets, threads)
    cover = residual_cover(collection, matroid, ones, factors(rows, capacity, None))
    other = round_robin_cover(collection, constraint_of(n, rows, capacity))
    assert picks_of(cover) == picks_of(other)
    assert cover.gains.tolist() == other.gains.tolist()
    assert (cover.covered, cover.upper_bound) == (other.covered, other.upper_bound)


class InPieces:
    """RR sets in several shards, which answer as on a cluster."""

    def __init__(self, n, sets, n_pieces, *, forgetful=False):
        cuts = [len(sets) * i // n_pieces for i in range(n_pieces + 1)]
        self.pieces = [collection_of(n, sets[a:b]) for a, b in itertools.pairwise(cuts)]
        self.sampler, self.n_sets, self.forgetful = self.pieces[0].sampler, len(sets), forgetful
        self.shards, self.requests = {}, []

    def degree(self):
        return sum(piece.degree() for piece in self.pieces)

    def singletons(self):
        return sum(piece.singletons for piece in self.pieces)

    def new_choice(self):
        return 0

    def residual_sets(self, parts=None):
        return RemoteResidual(self)

    def shard(self, i, power, taken):
        if i not in self.shards or not self.shards[i].follow(taken):
            self.shards[i] = ShardWeights(self.pieces[i], power)
            assert self.shards[i].follow(taken)
        return self.shards[i]

    def weigh(self, choice, power, taken, proposal):
        self.requests.append(proposal)
        if self.forgetful:
            self.shards.pop(len(self.requests) % len(self.pieces), None)  # a worker is lost
        answers = []
        for i in range(len(self.pieces)):
            if i not in self.shards or not self.shards[i].go_back(taken.nodes.size):
                self.shard(i, power, taken)
            answers.append(self.shards[i].take(proposal))
        return tuple(np.sum(parts, axis=0) for parts in zip(*answers, strict=True))

    def values(self, choice, power, taken):
        return np.sum([self.shard(i, power, taken).values() for i in range(len(self.pieces))], axis=0)


@settings(max_examples=100 if JIT else 25)
@given(declined(), st.integers(1, 3), st.booleans())
def test_sets_in_pieces_give_the_same_bits(problem, n_pieces, forgetful):
    n, rows, capacity, sets, accept, discount = problem
    matroid = matroid_of(n, rows, capacity)
    chances = by_pair(matroid, accept) * 0.9371  # products of it have no short binary fractions
    given_ = matroid, chances, factors(rows, capacity, discount)
    own, found = (
        residual_cover(collection, *given_)
        for collection in (collection_of(n, sets), InPieces(n, sets, n_pieces, forgetful=forgetful))
    )
    for name in ("seeds", "gains", "seed_groups"):
        assert getattr(found, name).tolist() == getattr(own, name).tolist()
    assert (found.covered, found.upper_bound) == (own.covered, own.upper_bound)


def test_weights_are_whole_multiples_of_a_unit():
    """So sums of them are exact, and a rounding error is at most a unit for each set and invitation."""
    sets = collection_of(4, [[0, 1], [1, 2], [0, 2, 3], [1]] * 50).residual_sets()
    exact = [Fraction(1)] * 200
    for number, (node, accept) in enumerate([(1, 0.3), (0, 0.77), (1, 1e-9), (2, 0.999)], 1):
        pairs = make_pairs(np.array([0, 1]), np.array([node], dtype=np.int32), np.array([accept]), np.array([1]))
        Greedy(sets, pairs, np.ones(1)).run(0, 1)
        for i, nodes in enumerate([[0, 1], [1, 2], [0, 2, 3], [1]] * 50):
            exact[i] *= 1 - Fraction(accept) if node in nodes else 1
        units = sets.weights.stored / sets.unit
        assert units.tolist() == np.floor(units).tolist()
        for weight, right in zip(sets.weights.stored.tolist(), exact, strict=True):
            assert abs(Fraction(weight) - right) <= number * Fraction(sets.unit)


def test_the_bound_contains_the_rounding_errors(monkeypatch):
    """With units of 1/64, the bound still holds for the exact optimum."""
    monkeypatch.setattr("imax.ris.collection.rounding_power", lambda n_sets: 2.0**46)
    generator, above = np.random.default_rng(1), 0
    for _ in range(40 if JIT else 6):
        sets = [sorted(set(generator.integers(0, 4, 3).tolist())) for _ in range(3)]
        rows, capacity = [[0, 1, 2], [1, 2, 3]], [1, 1]
        accept = {(g, v): float(generator.random()) for g, row in enumerate(rows) for v in row}
        matroid = matroid_of(4, rows, capacity)
        cover = residual_cover(collection_of(4, sets), matroid, by_pair(matroid, accept), np.ones(1))
        best = naive_expected.optimum(
            lambda picks, sets=sets: naive_expected.expected_coverage(sets, picks), rows, accept, capacity, None
        )
        assert best <= cover.upper_bound
        above += cover.covered > best  # gains are wrong by more than the errors of sums
    assert above > 0 or not JIT


@given(declined())
def test_invitations_can_be_taken_back(problem):
    n, rows, _, sets, accept, _ = problem
    whole = collection_of(n, sets).residual_sets(rounded=False)
    copy = whole.copy()
    nodes = np.array([v for row in rows for v in row], dtype=np.int32)
    chances = np.array([accept[g, v] for g, row in enumerate(rows) for v in row])
    fall = copy.multiply(nodes, chances, back=False)
    rise = copy.multiply(nodes, chances, back=True)
    assert rise == pytest.approx(-fall, abs=1e-9)
    assert copy.weights.stored == pytest.approx(whole.weights.stored)
    assert copy.weights.alone == pytest.approx(whole.weights.alone)
    copy.update()
    assert copy.weights.value == pytest.approx(whole.weights.value)


def test_scores_with_a_fixed_part_prefer_the_willing():
    sets = collection_of(3, [[0], [0], [0], [1]]).residual_sets(rounded=False)
    ptr, nodes, accept = np.array([0, 2]), np.array([0, 1], dtype=np.int32), np.array([0.5, 0.8])
    for fixed, chosen in ((0.0, 0), (10.0, 1)):
        pairs = make_pairs(ptr, nodes, accept, np.array([1]), np.array([fixed]), np.array([1.0]))
        greedy = Greedy(sets.copy(), pairs, np.ones(1))
        greedy.run(0, 1)
        assert greedy.choice().places.tolist() == [chosen]


# -- assign ----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def small():
    """Return a problem of nine nodes with its arcs, inviters and rows by internal id."""
    generator = np.random.default_rng(5)
    src, dst = np.nonzero(generator.random((9, 9)) < 0.3)
    graph = InfluenceGraph.from_arrays(src, dst, generator.random(src.size), n_nodes=9)
    rank = graph.rank.tolist()
    arcs = [(rank[u], rank[v], x) for u, v, x in zip(*(a.tolist() for a in graph.arc_arrays()), strict=True)]
    active = [0, 3, 5]
    ids = [rank[a] for a in active]
    return CapacityProblem(graph, active, [1, 2, 1]), arcs, ids, naive_capacity.friends_of(arcs, ids)


def test_certain_acceptance_gives_the_same_bits(small):
    problem = small[0]
    options = {"rng": 1, "epsilon": 0.2} if JIT else {"rng": 1, "epsilon": 0.45, "delta": 0.3}
    for algorithm, more in (("rr-opim+", {}), ("rr-greedy", {"n_rr_sets": 2000 if JIT else 100})):
        for spare in ("uninvited", "empty", "all"):
            one = assign(problem, algorithm, spare=spare, **options, **more).to_dict()
            other = assign(problem, algorithm, spare=spare, acceptance=1.0, **options, **more).to_dict()
            assert (one.pop("acceptance"), other.pop("acceptance")) == (None, "1")
            for found in (one, other):
                del found["seconds"]
            assert one == other


@compiled
@pytest.mark.parametrize("discount", [None, [1.0, 0.5]])
def test_bounds_hold_against_enumeration(small, discount):
    """Each of the 20 certificates is wrong with probability at most 1e-3."""
    problem, arcs, ids, rows = small
    rank, labels = problem.graph.rank.tolist(), problem.graph.nodes()
    generator = np.random.default_rng(2)
    accept = {(g, v): float(generator.random()) for g, row in enumerate(rows) for v in row}
    label_of = {rank[i]: label for i, label in enumerate(labels)}
    given_ = {a: {label_of[v]: accept[g, v] for v in rows[g]} for g, a in enumerate(problem.active)}
    spreads = naive_capacity.passive_spreads(9, arcs, ids)

    def value_of(picks):
        return naive_expected.expected_spread(spreads, picks)

    best = naive_expected.optimum(value_of, rows, accept, [1, 2, 1], discount)
    for rng in range(20):
        found = assign(problem, acceptance=given_, discount=discount, delta=1e-3, epsilon=0.1, rng=rng)
        lists = [[rank[labels.index(v)] for v in own] for own in found.friends.values()]
        d = [*(discount or [1.0, 1.0])]
        reached = value_of([(g, v, accept[g, v] * d[i]) for g, own in enumerate(lists) for i, v in enumerate(own)])
        assert found.lower_bound <= reached + 1e-6 <= best + 2e-6
        assert best <= found.upper_bound + 1e-6
        assert found.ratio >= found.target_ratio == pytest.approx(0.4)
        assert found.spread == pytest.approx(reached, rel=0.2)


def test_all_forms_of_acceptance_agree(small):
    import pandas as pd

    problem = small[0]
    friends = {a: problem.friends(a) for a in problem.active}
    by_friend = {label: 0.1 + 0.08 * i for i, label in enumerate(problem.graph.nodes())}
    nested = {a: {v: by_friend[v] for v in own} for a, own in friends.items()}
    rows = [(a, v, p) for a, own in nested.items() for v, p in own.items()]
    columns = tuple(list(column) for column in zip(*rows, strict=True))
    frame = pd.DataFrame(dict(zip(("ap", "friend", "p"), columns, strict=True)))
    options = {"algorithm": "rr-greedy", "n_rr_sets": 200, "rng": 1}
    results = [
        assign(problem, acceptance=form, **options)
        for form in (nested, frame, columns, tuple(np.array(c) for c in columns), by_friend)
    ]
    assert {tuple(map(tuple, r.friends.values())) for r in results} == {tuple(map(tuple, results[0].friends.values()))}
    assert [r.acceptance for r in results] == ["by pair"] * 4 + ["by friend"]
    arcs = assign(problem, acceptance="arcs", **options)
    probability = {(u, v): p for u, v, p in problem.graph.arcs()}
    exact = {a: {v: probability[a, v] for v in own} for a, own in friends.items()}
    assert arcs.friends == assign(problem, acceptance=exact, **options).friends
    assert arcs.acceptance == "arcs"


def test_missing_and_unknown_pairs(small):
    problem = small[0]
    options = {"algorithm": "rr-greedy", "n_rr_sets": 50, "rng": 1}
    nested = {a: dict.fromkeys(problem.friends(a), 0.5) for a in problem.active}
    last = list(nested[5])[-1]
    fewer = {**nested, 5: {v: p for v, p in nested[5].items() if v != last}}
    with pytest.raises(InvalidArgumentError, match=r"acceptance has no probability for the pair \(5, "):
        assign(problem, acceptance=fewer, **options)
    found = assign(problem, acceptance=fewer, on_missing="drop", **options)
    assert f"acceptance: 1 of {problem.n_pairs} pairs have no probability and never accept" in found.notes
    found = assign(problem, acceptance=fewer, on_missing="default", **options)
    assert f"acceptance: 1 of {problem.n_pairs} pairs have no probability and always accept" in found.notes
    more = {**nested, 99: {0: 0.5}}
    with pytest.raises(InvalidArgumentError, match=r"acceptance has the pair \(99, 0\), which is no inviter"):
        assign(problem, acceptance=more, **options)
    found = assign(problem, acceptance=more, on_missing="drop", **options)
    assert "are no inviter with a candidate and are ignored" in found.notes[0]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"acceptance": 1.5}, "acceptance must"),
        ({"acceptance": 0.0}, "acceptance is 0 for all pairs"),
        ({"acceptance": {0: {1: 2.0}}}, "acceptance of the pair 0, 1 must be a number in"),
        ({"acceptance": ([0], [1], ["x"])}, "acceptance of the pair 0, 1 must be a number in"),
        ({"acceptance": ([0, 0], [1], [0.5])}, "acceptance must have as many inviters as friends"),
        ({"acceptance": 0.5, "algorithm": "degree"}, "acceptance"),
        ({"acceptance": 0.5, "algorithm": "rr-greedy", "oracle": "exact"}, "acceptance requires oracle='rr'"),
        ({"acceptance": 0.5, "algorithm": "rr-greedy", "n_simulations": 5}, "acceptance requires oracle='rr'"),
        ({"discount": [1.0]}, "discount requires acceptance"),
        ({"acceptance": 0.5, "discount": [0.5]}, "discount must begin with 1"),
        ({"acceptance": 0.5, "discount": [1.0, 1.1]}, "discount must begin with 1"),
        ({"acceptance": 0.5, "discount": "x"}, "discount must be a list of numbers"),
    ],
)
def test_wrong_arguments(small, options, message):
    with pytest.raises(InvalidArgumentError, match=message) as error:
        assign(small[0], rng=1, **options)
    assert error.value.argument in ("acceptance", "discount")


def test_a_pair_that_is_listed_twice(small):
    problem = small[0]
    rows = [(a, v) for a in problem.active for v in problem.friends(a)]
    rows.append(rows[0])
    inviters, friends = (list(column) for column in zip(*rows, strict=True))
    with pytest.raises(InvalidArgumentError, match="lists a pair of an inviter and a friend twice"):
        assign(problem, acceptance=(inviters, friends, [0.5] * len(rows)), rng=1)


def test_candidates_without_an_arc_never_accept_by_arcs():
    graph = InfluenceGraph.from_arrays([0, 1], [1, 2], [0.5, 0.5], n_nodes=4)
    problem = CapacityProblem(graph, [0], 2, candidates={0: [1, 3]})
    found = assign(problem, "rr-greedy", acceptance="arcs", n_rr_sets=50, spare="empty", rng=1)
    assert found[0] == [1]
    assert found.notes == ["acceptance: 1 of 2 candidates have no arc and never accept"]
    assert found.unused == {0: 1}


def test_any_number_of_threads_gives_the_same_bits():
    graph = imax.datasets.load("lesmis")
    problem = CapacityProblem(graph, ["Valjean", "Marius", "Myriel"], 3)
    options = {"acceptance": 0.3, "rng": 2, "algorithm": "rr-greedy", "n_rr_sets": 20_000 if JIT else 60}
    one, two = (assign(problem, threads=threads, **options) for threads in (1, 3))
    assert one.friends == two.friends
    assert (one.spread, one.lower_bound, one.upper_bound) == (two.spread, two.lower_bound, two.upper_bound)


def test_friends_who_rarely_accept_are_invited_by_several():
    graph = InfluenceGraph.from_arrays(
        [0, 1, 0, 1, *[2] * 6], [2, 2, 3, 3, *range(4, 10)], [1.0] * 10, n_nodes=10
    )  # fmt: skip
    problem = CapacityProblem(graph, [0, 1], 1)
    certain = assign(problem, "rr-greedy", n_rr_sets=100, rng=1)
    rare = assign(problem, "rr-greedy", acceptance=0.2, n_rr_sets=100, rng=1)
    assert sorted(itertools.chain.from_iterable(certain.friends.values())) == [2, 3]
    assert list(rare.friends.values()) == [[2], [2]]
