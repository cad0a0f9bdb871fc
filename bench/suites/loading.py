"""Reading graphs: text, Matrix Market, the binary file; and the import of the package."""

import subprocess
import sys
import time

import imax

from ._inputs import THREADS, Inputs


class Loading(Inputs):
    """From a file to a graph."""

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
    """The edge list by threads."""

    params = THREADS
    param_names = ("threads",)

    def time_edge_list(self, threads: int) -> None:
        imax.read_edgelist("graph.txt", threads=threads)


class Import:
    """A process that imports the package, less one that imports nothing."""

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
