"""Inputs of the suites. They are generated once for each commit."""

import os

import numpy as np

import imax

SCALE = int(os.environ.get("IMAX_BENCH_SCALE", "18"))  # log2 of the number of ids; each has 16 arcs
THREADS = (1, 2)


class Inputs:
    """An R-MAT graph in files. Benchmarks run in the folder that contains them."""

    timeout = 300

    def setup_cache(self) -> None:
        """Write the graph as text, as Matrix Market and as binary file."""
        source, target = imax.datasets.rmat(SCALE, 16, rng=0)
        used = np.zeros(1 << SCALE, dtype=np.bool_)
        used[source] = used[target] = True
        number = (np.cumsum(used) - 1).astype(np.int32)
        graph = imax.InfluenceGraph.from_arrays(number[source], number[target])
        for name in ("graph.imax", "graph.txt", "graph.mtx"):
            imax.write_graph(graph, name)

    def read(self, probability: str | None = None) -> imax.InfluenceGraph:
        """Return the graph, with the probabilities of a scheme if one is given."""
        graph = imax.read_graph("graph.imax")
        return graph if probability is None else graph.with_probability(probability, rng=1)
