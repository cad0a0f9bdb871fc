"""Reading graphs from text, Matrix Market and binary files, and the import of the package."""

import subprocess
import sys
import time

import imax

from ._inputs import THREADS, Inputs


class Loading(Inputs):
    """A graph from a file of each format."""

    def setup(self) -> None:
        self.time_edge_list()
        self.time_matrix_market()

    def time_edge_list(self) -> None:
        imax.read_graph("graph.txt")

    def time_matrix_market(self) -> None:
        imax.read_graph("graph.mtx")

    def time_binary(self) -> None:
        imax.read_graph("graph.imax")

    def peakmem_edge_list(self) -> None:
        imax.read_graph("graph.txt")


class Threads(Inputs):
    """A graph from an edge list, for each number of threads."""

    params = THREADS
    param_names = ("threads",)

    def time_edge_list(self, threads: int) -> None:
        imax.read_edgelist("graph.txt", threads=threads)


class Import:
    """The time of a process that imports the package, minus that of a process that imports nothing."""

    unit = "ms"

    def track_import(self) -> float:
        def median(code: str) -> float:
            seconds = []
            for _ in range(9):
                began = time.perf_counter()
                subprocess.run([sys.executable, "-c", code], check=True)
                seconds.append(time.perf_counter() - began)
            return sorted(seconds)[4]

        return 1e3 * (median("import imax") - median("pass"))
