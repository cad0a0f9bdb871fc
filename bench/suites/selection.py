"""Index, greedy coverage, and whole selections."""

from typing import Any

import numpy as np

import imax
from imax.ris.collection import RRCollection
from imax.ris.constraint import Constraint
from imax.ris.coverage import greedy_cover

from ._inputs import THREADS, Inputs


class Index(Inputs):
    """The inverted index of a collection. The collection keeps it, so each run needs a new collection."""

    params = THREADS
    param_names = ("threads",)
    number = 1

    def setup(self, threads: int) -> None:
        self.sets: RRCollection = imax.sample_rr_sets(self.read(), 100_000, rng=1, threads=threads)

    def time_index(self, threads: int) -> None:
        self.sets.index()


class Greedy(Inputs):
    """Greedy coverage on a collection with its index, and the coverage of given seeds."""

    params = (10, 100, 1000)
    param_names = ("k",)

    def setup(self, k: int) -> None:
        graph = self.read()
        self.sets = imax.sample_rr_sets(graph, 100_000, rng=1)
        self.constraint = Constraint.of(k, np.ones(graph.n_nodes, dtype=np.bool_))
        self.seeds = greedy_cover(self.sets, self.constraint).seeds

    def time_greedy(self, k: int) -> None:
        greedy_cover(self.sets, self.constraint)

    def time_covered(self, k: int) -> None:
        self.sets.covered(self.seeds)


class Selection(Inputs):
    """Whole selections, without building the graph."""

    params = (("opim-c", "imm", "degree-discount", "pagerank", "irie"),)
    param_names = ("algorithm",)

    def setup(self, algorithm: str) -> None:
        self.options: dict[str, Any] = {"opim-c": {"epsilon": 0.05}, "imm": {"epsilon": 0.3}}.get(algorithm, {})
        self.graph = self.read()
        self.time_maximize(algorithm)

    def time_maximize(self, algorithm: str) -> None:
        imax.maximize(self.graph, 50, algorithm=algorithm, rng=1, **self.options)


class Threads(Inputs):
    """Time and peak memory of OPIM-C with its defaults, for each number of threads."""

    params = THREADS
    param_names = ("threads",)

    def setup(self, threads: int) -> None:
        imax.maximize(imax.datasets.load("karate"), 2, rng=1)
        self.graph = self.read()

    def time_opimc(self, threads: int) -> None:
        imax.maximize(self.graph, 50, rng=1, threads=threads)

    def peakmem_opimc(self, threads: int) -> None:
        imax.maximize(self.graph, 50, rng=1, threads=threads)


class Huge:
    """Selections with RR sets that contain a large part of the graph."""

    params = (("opim-c", "hist"),)
    param_names = ("algorithm",)

    def setup(self, algorithm: str) -> None:
        self.graph = imax.datasets.load("chung-lu-1k", probability="uniform:0.1")
        self.time_maximize(algorithm)

    def time_maximize(self, algorithm: str) -> None:
        imax.maximize(self.graph, 20, algorithm=algorithm, epsilon=0.1, rng=1)


class Lazy:
    """Lazy greedy selection with simulations."""

    params = (("greedy", "celf", "celf++"),)
    param_names = ("algorithm",)

    def setup(self, algorithm: str) -> None:
        self.graph = imax.datasets.load("lesmis", probability="uniform:0.1")
        self.time_maximize(algorithm)

    def time_maximize(self, algorithm: str) -> None:
        imax.maximize(self.graph, 5, algorithm=algorithm, n_simulations=1000, rng=1)
