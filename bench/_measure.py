"""Shared parts of the benchmarks: timing, memory latency of the machine, graphs, and tables."""

import argparse
import os
import platform
import statistics
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numba import njit

import imax

__all__ = [
    "BEST_KNOWN",
    "Timing",
    "bench_graph",
    "data_graph",
    "latency",
    "machine",
    "parser",
    "table",
    "timed",
]

# Spread by 10,000 forward simulations of greedy selection on 400,000 RR sets; weighted cascade, k = 50
BEST_KNOWN = {"facebook": 1220.1, "nethept": 962.7, "epinions": 16749.0, "dnc-corecipient": 584.8}


class Timing:
    """Seconds of several runs."""

    def __init__(self, seconds: Sequence[float]) -> None:
        self.seconds = sorted(seconds)

    @property
    def median(self) -> float:
        """The median, in seconds."""
        return statistics.median(self.seconds)

    def __str__(self) -> str:
        return f"{self.median * 1e3:,.2f} ms ({self.seconds[0] * 1e3:,.2f} to {self.seconds[-1] * 1e3:,.2f})"


def timed(tasks: dict[str, Callable[[], Any]], repeats: int) -> dict[str, Timing]:
    """Return the times of tasks that run in the order A B C A B C ..., without the first run of each."""
    seconds: dict[str, list[float]] = {name: [] for name in tasks}
    for run in range(repeats + 1):
        for name, task in tasks.items():
            began = time.perf_counter()
            task()
            if run:
                seconds[name].append(time.perf_counter() - began)
    return {name: Timing(values) for name, values in seconds.items()}


@njit(cache=True)
def _chase(following: Any, steps: int) -> int:
    at = 0
    for _ in range(steps):
        at = following[at]
    return at


def latency(mebibytes: int = 64, repeats: int = 5) -> float:
    """Return the seconds of one dependent load over a random cycle in `mebibytes` of memory (median of the runs)."""
    size = (mebibytes << 20) // 8
    order = np.random.default_rng(0).permutation(size)
    following = np.empty(size, dtype=np.int64)
    following[order[:-1]] = order[1:]
    following[order[-1]] = order[0]
    steps = 500_000
    runs = timed({"chase": lambda: _chase(following, steps)}, repeats)
    return runs["chase"].median / steps


def data_graph(name: str) -> imax.InfluenceGraph | None:
    """Return a named graph. If it cannot be loaded, print why and return None."""
    try:
        return imax.datasets.load(name)
    except imax.ImaxError as error:
        print(f"left out: {name} ({error})")
        return None


def bench_graph(scale: int, edge_factor: int = 16) -> imax.InfluenceGraph:
    """Return an R-MAT graph without the ids that have no arc, as in a file."""
    source, target = imax.datasets.rmat(scale, edge_factor, rng=0)
    used = np.zeros(1 << scale, dtype=np.bool_)
    used[source] = True
    used[target] = True
    number = (np.cumsum(used) - 1).astype(np.int32)
    return imax.InfluenceGraph.from_arrays(number[source], number[target])


def machine() -> str:
    """Return one line that describes the version and the machine."""
    model = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        names = [line.split(":", 1)[1].strip() for line in info.read_text().splitlines() if "model name" in line]
        model = names[0] if names else model
    return f"imax {imax.__version__}, Python {platform.python_version()}, {model}, {os.cpu_count()} cores"


def table(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Print rows under a header, with aligned columns."""
    cells = [[str(cell) for cell in row] for row in (header, *rows)]
    widths = [max(len(row[i]) for row in cells) for i in range(len(header))]
    for number, row in enumerate(cells):
        parts = [
            cell.ljust(w) if i == 0 else cell.rjust(w) for i, (cell, w) in enumerate(zip(row, widths, strict=True))
        ]
        print("  ".join(parts).rstrip())
        if number == 0:
            print("  ".join("-" * w for w in widths))
    print(flush=True)


def parser(text: str) -> argparse.ArgumentParser:
    """Return a parser with the options of all benchmarks."""
    found = argparse.ArgumentParser(description=text)
    found.add_argument("--repeats", type=int, default=7, help="number of measured runs of each task (default 7)")
    found.add_argument("--smoke", action="store_true", help="use tiny sizes, to check that the benchmark runs")
    return found
