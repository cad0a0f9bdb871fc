"""Graphs from arrays and NetworkX, their forward rows, and the tables of the sampler."""

import networkx as nx

import imax
from imax.diffusion.sampler import Sampler

from ._inputs import THREADS, Inputs


class Arrays(Inputs):
    """A graph from arcs in any order."""

    params = THREADS
    param_names = ("threads",)

    def setup(self, threads: int) -> None:
        self.source, self.target, _ = self.read().arc_arrays()
        self.time_from_arrays(threads)

    def time_from_arrays(self, threads: int) -> None:
        imax.InfluenceGraph.from_arrays(self.source, self.target, threads=threads)

    def peakmem_from_arrays(self, threads: int) -> None:
        imax.InfluenceGraph.from_arrays(self.source, self.target, threads=threads)


class NetworkX:
    """Conversion from and to NetworkX."""

    def setup(self) -> None:
        self.networkx = nx.gnm_random_graph(20_000, 100_000, seed=1, directed=True)
        self.graph = imax.InfluenceGraph.from_networkx(self.networkx)

    def time_from_networkx(self) -> None:
        imax.InfluenceGraph.from_networkx(self.networkx)

    def time_to_networkx(self) -> None:
        self.graph.to_networkx()


class Prepare(Inputs):
    """Rows and tables that are built at first use and kept with the graph, so each run needs a new graph."""

    number = 1
    warmup_time = 0.0

    def setup(self) -> None:
        tiny = imax.datasets.load("karate")
        Sampler(tiny.with_probability("exponential", rng=1), "ic", (1, 2))
        tiny.forward()
        self.graph = self.read()
        self.drawn = self.read("exponential")

    def time_forward_rows(self) -> None:
        self.graph.forward()

    def time_tables_equal(self) -> None:
        Sampler(self.graph, "ic", (1, 2))

    def time_tables_per_arc(self) -> None:
        Sampler(self.drawn, "ic", (1, 2))
