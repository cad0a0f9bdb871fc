"""Selection problems for `bench.audit`, with spreads and optima that are known by enumeration."""

import itertools
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import Any

import numpy as np

import imax
from imax.capacity import CapacityProblem
from tests import naive_annotate, naive_audit, naive_capacity

__all__ = ["CapacityCase", "ItemsCase", "SelectionCase", "cases_of"]

Arcs = list[tuple[int, int, float]]

GUARANTEE = 1.0 - 1.0 / np.e  # of greedy selection
BUDGET_GUARANTEE = GUARANTEE / 2
MATROID_GUARANTEE = 0.5


@dataclass
class SelectionCase:
    """A selection problem and its exact answers.

    Attributes
    ----------
    n, arcs : int, list of (source, target, probability)
        The graph.
    model, weights : str, list of float or None
        Diffusion model and node weights.
    rules : dict
        k and the constraints, as `imax.maximize` takes them; labels are node numbers.
    target : float
        Spread that `minimize_seeds` has to reach.
    seeds : list of int
        Seeds for functions that evaluate a given seed set.
    guarantee : float
        The share of the optimum that greedy selection reaches under these rules.
    """

    n: int
    arcs: Arcs
    rules: dict[str, Any]
    model: str = "ic"
    weights: list[float] | None = None
    target: float = 0.0
    seeds: list[int] = field(default_factory=lambda: [0])
    guarantee: float = GUARANTEE

    @cached_property
    def graph(self) -> imax.InfluenceGraph:
        """The graph; node labels are the numbers 0 to n - 1."""
        source, target, p = zip(*self.arcs, strict=True)
        return imax.InfluenceGraph.from_arrays(source, target, p, n_nodes=self.n)

    @cached_property
    def options(self) -> dict[str, Any]:
        """Arguments of `imax.maximize` other than k."""
        others = {name: value for name, value in self.rules.items() if name != "k"}
        return {"model": self.model, "node_weights": self.weights, **others}

    @property
    def k(self) -> int | None:
        """Number of seeds."""
        return self.rules.get("k")

    @cached_property
    def exact(self) -> naive_audit.Spreads:
        """The exact spread of any seed set."""
        return naive_audit.Spreads(self.n, self.arcs, self.model, self.weights)

    def spread(self, seeds: Iterable[int]) -> float:
        """Return what seeds add to the exact spread of the start nodes."""
        start = self.rules.get("start", ())
        return self.exact([*seeds, *start]) - self.exact(start)

    @cached_property
    def optimum(self) -> float:
        """The largest spread that the rules admit."""
        return float(naive_audit.optimum(self.exact, self.n, **self.rules))

    @cached_property
    def best_of_each_size(self) -> list[float]:
        """The largest spread of 0, 1, ..., `k` seeds."""
        candidates = self.rules.get("candidates")
        sizes = self.k or min(self.n, 40)
        return self.exact.best_of_each_size(sizes, None if candidates is None else set(candidates))

    @property
    def min_seeds(self) -> int:
        """The fewest seeds that reach the target."""
        return next(size for size, best in enumerate(self.best_of_each_size) if best >= self.target - 1e-9)


@dataclass
class CapacityCase:
    """A capacity problem and its exact answers; the active nodes come last."""

    n: int
    arcs: Arcs
    active: list[int]
    capacity: list[int]
    friends: dict[int, list[int]]
    guarantee: float = MATROID_GUARANTEE

    @cached_property
    def problem(self) -> CapacityProblem:
        """The problem as the package takes it."""
        source, target, p = zip(*self.arcs, strict=True)
        graph = imax.InfluenceGraph.from_arrays(source, target, p, n_nodes=self.n)
        return CapacityProblem(graph, self.active, self.capacity, candidates=self.friends)

    @cached_property
    def exact(self) -> naive_audit.Spreads:
        """The exact spread of any set of passive nodes."""
        weights = [0.0 if v in self.active else 1.0 for v in range(self.n)]
        return naive_audit.Spreads(self.n, naive_capacity.passive_arcs(self.arcs, self.active), "ic", weights)

    def spread(self, seeds: Iterable[int]) -> float:
        """Return the exact spread."""
        return self.exact(seeds)

    @cached_property
    def declined(self) -> "DeclinedCase":
        """The same problem, with friends who accept with probability 0.4."""
        return DeclinedCase(self, 0.4)

    @cached_property
    def some_inviters(self) -> "InvitersCase":
        """The same problem, in which one of the active nodes invites, or all but one of several."""
        return InvitersCase(self, max(len(self.active) - 1, 1))

    @cached_property
    def optimum(self) -> float:
        """The largest spread that the capacities admit."""
        rows = [sorted(self.friends[ap]) for ap in self.active]
        return float(naive_audit.best_assignment(self.exact, rows, self.capacity))


@dataclass
class InvitersCase:
    """A capacity problem in which only some active nodes invite, and its exact answers."""

    base: CapacityCase
    count: int

    def spread(self, seeds: Iterable[int]) -> float:
        """Return the exact spread."""
        return self.base.exact(seeds)

    @cached_property
    def optimum(self) -> float:
        """The largest spread of any so many active nodes."""
        rows = [sorted(self.base.friends[ap]) for ap in self.base.active]
        return max(
            float(
                naive_audit.best_assignment(
                    self.base.exact, [rows[g] for g in chosen], [self.base.capacity[g] for g in chosen]
                )
            )
            for chosen in itertools.combinations(range(len(rows)), self.count)
        )


@dataclass
class DeclinedCase:
    """A capacity problem whose invitations are accepted with a probability, and its exact answers.

    The seeds of `spread` are pairs (active node, friend).
    """

    base: CapacityCase
    accept: float

    def spread(self, pairs: Iterable[tuple[int, int]]) -> float:
        """Return the exact expected spread."""
        chances = {v: 1.0 - (1.0 - self.accept) ** n for v, n in Counter(v for _, v in pairs).items()}
        total = 0.0
        for decisions in itertools.product((False, True), repeat=len(chances)):
            chance = 1.0
            for p, yes in zip(chances.values(), decisions, strict=True):
                chance *= p if yes else 1.0 - p
            total += chance * self.base.exact([v for v, yes in zip(chances, decisions, strict=True) if yes])
        return total

    @cached_property
    def optimum(self) -> float:
        """The largest expected spread that the capacities admit."""
        rows = [(ap, self.base.friends[ap], k) for ap, k in zip(self.base.active, self.base.capacity, strict=True)]
        lists = [[(ap, own) for own in itertools.combinations(row, min(k, len(row)))] for ap, row, k in rows]
        return max(self.spread([(ap, v) for ap, own in chosen for v in own]) for chosen in itertools.product(*lists))


def stars(sizes: Iterable[int], p: float) -> Arcs:
    """Return stars one after the other, each the hub first; every arc leads from a hub to a leaf."""
    arcs: Arcs = []
    at = 0
    for leaves in sizes:
        arcs += [(at, at + leaf, p) for leaf in range(1, leaves + 1)]
        at += leaves + 1
    return arcs


def random_arcs(generator: np.random.Generator, n: int, model: str) -> Arcs:
    """Return 4 to 11 random arcs among n nodes; float32 holds their probabilities exactly."""
    pairs = [pair for pair in itertools.product(range(n), repeat=2) if pair[0] != pair[1]]
    chosen = generator.permutation(len(pairs))[: int(generator.integers(4, 12))]
    arcs = []
    for u, v in (pairs[c] for c in chosen):
        p = int(generator.integers(1, 64)) / 64
        arcs.append((u, v, p / 16 if model == "lt" else p * p))
    if model == "lt":  # up to 15 in-arcs sum to less than 1; scale half of the nodes up
        degree = Counter(v for _, v, _ in arcs)
        arcs = [(u, v, p * (16 // degree[v] if v % 2 else 1)) for u, v, p in arcs]
    return arcs


def random_cases(model: str, *, weighted: bool = False, count: int = 20) -> list[SelectionCase]:
    """Return cases on random graphs of 5 to 8 nodes."""
    found = []
    for i in range(count):
        generator = np.random.default_rng([i, model == "lt", weighted])
        n = int(generator.integers(5, 9))
        k = int(generator.integers(1, 4))
        rules: dict[str, Any] = {"k": k}
        if i % 3 == 0:
            size = int(generator.integers(k, n + 1))
            rules["candidates"] = sorted(generator.permutation(n)[:size].tolist())
        weights = np.round(generator.exponential(size=n), 3).tolist() if weighted else None
        seeds = generator.permutation(n)[:k].tolist()
        arcs = random_arcs(generator, n, model)
        found.append(SelectionCase(n, arcs, rules, model, weights, seeds=seeds))
    for case in found:
        case.target = 0.8 * case.optimum
    return found


def random_capacity_cases(count: int = 20) -> list[CapacityCase]:
    """Return capacity problems on random graphs of 9 nodes, two of them active."""
    found = []
    for i in range(count):
        generator = np.random.default_rng([i, 7])
        arcs = random_arcs(generator, 7, "ic")
        friends = {ap: sorted(generator.permutation(7)[: int(generator.integers(1, 5))].tolist()) for ap in (7, 8)}
        capacity = generator.integers(1, 3, 2).tolist()
        found.append(CapacityCase(9, [*arcs, (7, 0, 0.5)], [7, 8], capacity, friends))
    return found


@dataclass
class ItemsCase(SelectionCase):
    """A case about embeddings; the graph is what the naive reference makes of them."""

    embeddings: Any = None
    n_neighbors: int = 2


def clusters(count: int, size: int, seed: int = 0) -> Any:
    """Return `size` embeddings around each of `count` orthogonal directions."""
    generator = np.random.default_rng([seed, count, size])
    centers = np.repeat(np.eye(count, count + 1), size, axis=0)
    return np.round(centers + 0.2 * np.abs(generator.normal(size=centers.shape)), 3)


def items_case(embeddings: Any, n_neighbors: int, budget: int) -> ItemsCase:
    """Return the case of selecting the items that reach most others."""
    arcs = [(u, v, p) for (u, v), p in naive_annotate.arcs(embeddings, n_neighbors).items()]
    n = len(embeddings)
    seeds = list(range(budget))
    return ItemsCase(n, arcs, {"k": budget}, seeds=seeds, embeddings=embeddings, n_neighbors=n_neighbors)


def undirected(size: int, count: int, edges: list[tuple[int, int]], p: float) -> Arcs:
    """Return `count` copies of an undirected graph of `size` nodes."""
    pairs = [*edges, *((v, u) for u, v in edges)]
    return [(c * size + u, c * size + v, p) for c in range(count) for u, v in pairs]


HALVES = stars([9] * 6, 0.5)
FRIENDS = {60: [0, 10, 20, 30], 61: [20, 30, 40, 50]}
CASES: dict[str, Callable[[], list[Any]]] = {
    # one candidate that reaches 1 % of 300 nodes: what it covers is binomial, nothing hides a loose bound
    "one candidate": lambda: [SelectionCase(300, stars([2], 1.0), {"k": 1, "candidates": [0]}, target=3.0)],
    # 100 equal hubs that reach 1 % each: the selection is lucky
    "100 equal hubs": lambda: [SelectionCase(300, stars([2] * 100, 1.0), {"k": 1})],
    "100 equal hubs, k=5": lambda: [SelectionCase(300, stars([2] * 100, 1.0), {"k": 5})],
    "equal hubs, p=1/2": lambda: [SelectionCase(60, HALVES, {"k": 2}, seeds=[0, 10])],
    "stars of 9, 6, 3": lambda: [SelectionCase(100, stars([9, 6, 3], 1.0), {"k": 3}, seeds=[0, 10])],
    "one star of 29": lambda: [SelectionCase(100, stars([29], 1.0), {"k": 1})],
    "star of 12, p=1/2": lambda: [SelectionCase(20, stars([12], 0.5), {"k": 1})],
    "random": lambda: random_cases("ic"),
    "random, LT, weights": lambda: random_cases("lt", weighted=True),
    "quotas": lambda: [
        SelectionCase(
            60, HALVES, {"k": 3, "candidates": [0, 1, 10, 11, 20, 30, 40, 50], "quotas": {"a": 1, "b": 2},
                         "groups": ["a" if v < 30 else "b" for v in range(60)]},
            guarantee=MATROID_GUARANTEE, seeds=[0, 30],
        )
    ],
    "budget": lambda: [
        SelectionCase(
            60, HALVES, {"candidates": [0, 1, 10, 11, 20, 30, 40, 50], "budget": 4.0,
                         "costs": [2.0 if v % 20 == 0 else 1.5 if v % 10 == 0 else 0.5 for v in range(60)]},
            guarantee=BUDGET_GUARANTEE, seeds=[0, 20],
        )
    ],
    "include and start": lambda: [
        SelectionCase(60, HALVES, {"k": 2, "candidates": [0, 1, 10, 11, 20], "include": [1], "start": [11, 12]})
    ],
    # a few candidates and a target a little below a spread: each round is another chance to look good enough
    "one candidate, target 2.4": lambda: [SelectionCase(300, stars([2], 1.0), {"candidates": [0]}, target=2.4)],
    "6 hubs, target 3.9": lambda: [SelectionCase(60, HALVES, {"candidates": [*range(0, 60, 10)]}, target=3.875)],
    "6 hubs, target 8.8": lambda: [SelectionCase(60, HALVES, {"candidates": [*range(0, 60, 10)]}, target=8.8)],
    "stars, target 15": lambda: [SelectionCase(100, stars([9, 6, 3], 1.0), {}, target=15.0)],
    "12 hubs, target 30": lambda: [SelectionCase(120, stars([9] * 12, 0.5), {}, target=30.0)],
    "one friend": lambda: [CapacityCase(301, [*stars([4], 1.0), (300, 0, 1.0)], [300], [1], {300: [0]})],
    "30 equal friends": lambda: [
        CapacityCase(202, [*stars([2] * 30, 1.0), (200, 0, 1.0)], [200, 201], [1, 1],
                    {ap: [*range(0, 90, 3)] for ap in (200, 201)})
    ],
    "shared friends": lambda: [CapacityCase(62, [*HALVES, (60, 0, 0.5), (61, 1, 0.5)], [60, 61], [1, 2], FRIENDS)],
    "random friends": random_capacity_cases,
    "3-item clusters": lambda: [items_case(clusters(10, 3), 2, 3)],
    "5 items": lambda: [items_case(clusters(1, 5, seed=i), 2, 2) for i in range(20)],
    "20 paths of 3": lambda: [SelectionCase(60, undirected(3, 20, [(0, 1), (1, 2)], 0.5), {"k": 2})],
    "10 triangles": lambda: [SelectionCase(30, undirected(3, 10, [(0, 1), (1, 2), (2, 0)], 0.25), {"k": 2})],
    # an arc that is rarely live leads to a star: most simulations are equal
    "rare jump": lambda: [SelectionCase(60, [(0, 1, 1 / 512), *((1, v, 1.0) for v in range(2, 52))], {"k": 1})],
}  # fmt: skip


@cache
def cases_of(name: str) -> list[Any]:
    """Return the problems of a case; successive runs use them in turn."""
    return CASES[name]()
