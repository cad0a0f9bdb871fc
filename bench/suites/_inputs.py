"""Inputs of the suites, made once for each commit that is measured."""

import os

import numpy as np

import imax

SCALE = int(os.environ.get("IMAX_BENCH_SCALE", "18"))  # 2^this ids, 16 arcs for each
THREADS = (1, 2)


class Inputs:
    """Makes an R-MAT graph as files; benchmarks run in the folder that holds them."""

    timeout = 300

    def setup_cache(self) -> None:
        """Write the graph as text, Matrix Market and binary."""
        src, dst = imax.datasets.rmat(SCALE, 16, rng=0)
        used = np.zeros(1 << SCALE, dtype=np.bool_)
        used[src] = used[dst] = True
        number = (np.cumsum(used) - 1).astype(np.int32)
        graph = imax.InfluenceGraph.from_arrays(number[src], number[dst])
        for name in ("graph.imax", "graph.txt", "graph.mtx"):
            imax.write_graph(graph, name)

    def read(self, probability: str | None = None) -> imax.InfluenceGraph:
        """Return the graph, with probabilities of a scheme."""
        graph = imax.read_graph("graph.imax")
        return graph if probability is None else graph.with_probability(probability, rng=1)
