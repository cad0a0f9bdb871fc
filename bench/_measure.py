"""What benchmarks share: timing, the machine's memory latency, graphs, and tables."""

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

# weighted cascade, k = 50: greedy over 400,000 RR sets, judged by 10,000 forward simulations
BEST_KNOWN = {"facebook": 1220.1, "nethept": 962.7, "epinions": 16749.0, "dnc-corecipient": 584.8}


class Timing:
    """Seconds of several runs."""

    def __init__(self, seconds: Sequence[float]) -> None:
        self.seconds = sorted(seconds)

    @property
    def median(self) -> float:
        """The middle run."""
        return statistics.median(self.seconds)

    def __str__(self) -> str:
        return f"{self.median * 1e3:,.2f} ms ({self.seconds[0] * 1e3:,.2f} to {self.seconds[-1] * 1e3:,.2f})"


def timed(tasks: dict[str, Callable[[], Any]], repeats: int) -> dict[str, Timing]:
    """Time tasks in turn, A B C A B C ..., after one run of each that does not count."""
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
    """Seconds of one dependent load over a random cycle through `mebibytes` of memory (median of several runs)."""
    size = (mebibytes << 20) // 8
    order = np.random.default_rng(0).permutation(size)
    following = np.empty(size, dtype=np.int64)
    following[order[:-1]] = order[1:]
    following[order[-1]] = order[0]
    steps = 500_000
    runs = timed({"chase": lambda: _chase(following, steps)}, repeats)
    return runs["chase"].median / steps


def data_graph(name: str) -> imax.InfluenceGraph | None:
    """Load a graph of the registry, or say why it is left out."""
    try:
        return imax.datasets.load(name)
    except imax.ImaxError as error:
        print(f"left out: {name} ({error})")
        return None


def bench_graph(scale: int, edge_factor: int = 16) -> imax.InfluenceGraph:
    """R-MAT as files hold it: without the ids that no arc touches."""
    src, dst = imax.datasets.rmat(scale, edge_factor, rng=0)
    used = np.zeros(1 << scale, dtype=np.bool_)
    used[src] = True
    used[dst] = True
    number = (np.cumsum(used) - 1).astype(np.int32)
    return imax.InfluenceGraph.from_arrays(number[src], number[dst])


def machine() -> str:
    """One line on where the figures come from."""
    model = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        names = [line.split(":", 1)[1].strip() for line in info.read_text().splitlines() if "model name" in line]
        model = names[0] if names else model
    return f"imax {imax.__version__}, Python {platform.python_version()}, {model}, {os.cpu_count()} cores"


def table(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Print rows under a header, columns aligned."""
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
    """Return a parser with the options that all benchmarks have."""
    made = argparse.ArgumentParser(description=text)
    made.add_argument("--repeats", type=int, default=7, help="counted runs of each (default 7)")
    made.add_argument("--smoke", action="store_true", help="tiny sizes: does it run?")
    return made
