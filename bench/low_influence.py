"""Selections where spread is close to the number of seeds, and the memory that RR sets take.

``python -m bench.low_influence`` prints time, peak memory and the stop reason of `imax.maximize` with default
settings, and the bytes per RR-set entry, with and without storing the sets of one node.
"""

import argparse
import time
from collections.abc import Iterator

import numpy as np

import imax
from imax._utils.memory import peak_rise
from imax.diffusion.sampler import Sampler
from imax.ris.collection import RRCollection

from ._measure import machine, table

LIST_ROWS = 50_000


def invitation_list(rows: int, probability: str) -> imax.InfluenceGraph:
    """Return the graph of a list of invitations: most users invite at most one other user."""
    rng = np.random.default_rng(1)
    n = rows + rows // 5
    return imax.InfluenceGraph.from_arrays(
        rng.permutation(n)[:rows], rng.permutation(n)[:rows], n_nodes=n, probability=probability
    )


def graphs(smoke: bool) -> Iterator[tuple[str, imax.InfluenceGraph, int]]:
    """Yield (name, graph, k)."""
    rows = 500 if smoke else LIST_ROWS
    n = 500 if smoke else 5000
    rng = np.random.default_rng(1)
    sparse = imax.InfluenceGraph.from_arrays(*rng.integers(n, size=(2, 4 * n)), n_nodes=n, probability="uniform:1e-6")
    yield f"{n:,} nodes, p = 1e-6", sparse, 10
    for p in ("0.01", "0.05"):
        yield f"invitation list of {rows:,} rows, p = {p}", invitation_list(rows, f"uniform:{p}"), 50
    try:
        nethept = imax.datasets.load("nethept")
    except (imax.errors.ImaxError, OSError):
        return
    if not smoke:
        yield "nethept, p = 0.01", nethept.with_probability("uniform:0.01"), 1
        yield "nethept, weighted cascade", nethept.with_probability("weighted-cascade"), 50


def selections(smoke: bool) -> None:
    """Print the table of selections."""
    rows = []
    for name, graph, k in graphs(smoke):
        imax.maximize(graph, k, epsilon=0.5, rng=1)  # compile, and build the tables of the graph
        with peak_rise() as rise:
            began = time.perf_counter(), time.process_time()
            found = imax.maximize(graph, k, algorithm="opim-c", rng=1)
            wall, cpu = time.perf_counter() - began[0], time.process_time() - began[1]
        peak = rise()
        rows.append(
            (name, k, f"{wall:.2f}", f"{cpu:.2f}", "" if peak is None else f"{peak / 2**20:.0f}",
             f"{found.n_rr_sets:,}", f"{found.spread:.4g}", f"{found.ratio:.3f}", found.stop_reason)
        )  # fmt: skip
    table(("graph", "k", "s", "CPU s", "peak MiB", "RR sets", "spread", "certified", "stopped"), rows)


def memory(smoke: bool) -> None:
    """Print the table of bytes for each entry."""
    rows = []
    for name, graph, _ in graphs(smoke):
        for stores in (True, False):
            sets = RRCollection(Sampler(graph, "ic", (1, 2), stratify_after=16), store_singletons=stores)
            sets.extend(2000 if smoke else 400_000)
            per_set = sets.n_entries / sets.n_sets
            own, index = sets.nbytes, sets.index_nbytes
            rows.append(
                (name, "stored" if stores else "counted", f"{per_set:.2f}", f"{own / sets.n_entries:.1f}",
                 f"{index / sets.n_entries:.1f}", f"{(own + index) / sets.n_entries:.1f}")
            )  # fmt: skip
    table(("graph", "sets of one node", "nodes per set", "bytes per entry", "of the index", "in total"), rows)


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--smoke", action="store_true", help="small graphs: does it run?")
    smoke = parser.parse_args().smoke
    print(machine())
    selections(smoke)
    memory(smoke)


if __name__ == "__main__":
    main()
