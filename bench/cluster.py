"""Selections on a Dask cluster of this machine: overhead, bytes for each pick, and a model for large clusters.

``python -m bench.cluster`` draws R-MAT graphs. The seeds and bounds are compared with those of one process.

The model has these terms; the first three are fitted to the measurements, the bandwidth is an assumption:

- drawing: the seconds of one thread, in proportion to the arcs, divided among all threads;
- a fixed time for each round;
- a round trip for each pick: a fixed time, and a time for each worker;
- counts that the calling process receives: 8 bytes for each node that a pick touches on a worker; and once a round
  4 bytes for each node, added up in a tree of four branches.
"""

import math
import statistics
import time
from typing import Any

import numpy as np
from distributed import Client, LocalCluster

import imax
from imax.ris.remote import RemoteCollection

from ._measure import machine, parser, table

K = 50
BANDWIDTH = 1.25e9  # bytes per second: a network of 10 Gbit/s


class Picks:
    """Records the time, the bytes and the touched nodes of each pick."""

    def __init__(self) -> None:
        self.seconds: list[float] = []
        self.touched: list[float] = []  # nodes for each worker
        self.lowered: list[int] = []  # entries of covered sets
        self._pick = RemoteCollection.pick

    def __enter__(self) -> "Picks":
        record = self

        def pick(self: RemoteCollection, *arguments: Any) -> Any:
            began = time.perf_counter()
            answers = record._pick(self, *arguments)
            record.seconds.append(time.perf_counter() - began)
            record.touched.append(statistics.mean(nodes.size for _, nodes, _ in answers))
            record.lowered.append(sum(int(counts.sum()) for _, _, counts in answers))
            return answers

        RemoteCollection.pick = pick  # type: ignore[method-assign]
        return self

    def __exit__(self, *error: object) -> None:
        RemoteCollection.pick = self._pick  # type: ignore[method-assign]


def select(graph: imax.InfluenceGraph, epsilon: float, **options: Any) -> tuple[imax.SelectionResult, float]:
    """Return a selection and its time."""
    began = time.perf_counter()
    result = imax.maximize(graph, K, algorithm="opim-c", epsilon=epsilon, rng=1, **options)
    return result, time.perf_counter() - began


def measure(graph: imax.InfluenceGraph, small: imax.InfluenceGraph, epsilon: float, n_workers: int) -> dict[str, float]:
    """Return what a cluster of so many processes takes, on a graph and on a small one."""
    with (
        LocalCluster(n_workers=n_workers, threads_per_worker=1, dashboard_address=":0", silence_logs=50) as cluster,
        Client(cluster) as client,
    ):
        select(small, 0.3, client=client)  # compiles and loads
        select(small, 0.3)
        with Picks() as tiny:
            fast, small_seconds = select(small, 0.3, client=client)
        _, small_local = select(small, 0.3)
        local, local_seconds = select(graph, epsilon, threads=2)
        with Picks() as large:
            found, seconds = select(graph, epsilon, client=client)
    assert (local.seeds, local.lower_bound, local.upper_bound) == (found.seeds, found.lower_bound, found.upper_bound)
    return {
        "workers": n_workers,
        "local": local_seconds,
        "seconds": seconds,
        "rounds": found.rounds,
        "sample": found.seconds["sample"],
        "round": (small_seconds - sum(tiny.seconds)) / fast.rounds,
        "overhead": small_seconds - small_local,
        "pick": statistics.median(tiny.seconds),
        "large pick": statistics.median(large.seconds),
        "touched": statistics.mean(large.touched),
        "most touched": max(large.touched),
        "lowered": statistics.mean(large.lowered),
    }


def predict(rows: list[dict[str, float]], graph: imax.InfluenceGraph, bandwidth: float) -> None:
    """Print the seconds that the model predicts, term by term."""
    workers, picks = (np.array([row[name] for row in rows]) for name in ("workers", "pick"))
    slope, fixed = np.polyfit(workers, picks, 1) if len(rows) > 1 else (0.0, float(picks[0]))
    if slope < 0.0:
        slope, fixed = 0.0, float(picks.mean())
    elif fixed < 0.0:
        slope, fixed = float((picks / workers).mean()), 0.0
    last = rows[-1]
    drawing = last["sample"] * min(last["workers"], 2)  # this machine has two cores
    rounds, threads = last["rounds"], 16
    print(
        f"\na pick takes {fixed * 1e3:.2f} ms and {slope * 1e3:.3f} ms for each worker; a round {last['round']:.3f} s;"
    )
    print(f"drawing takes one thread {drawing:.1f} s on {graph.n_arcs:,} arcs; {bandwidth / 1e9:.3g} GB/s assumed\n")
    found = []
    for arcs in (10**9, 10**10, 10**11):
        scale = arcs / graph.n_arcs
        n = graph.n_nodes * scale
        for count in (10, 100, 1000):
            draw = drawing * scale / (count * threads)
            touched = min(n, last["lowered"] * scale / count)
            trips = rounds * K * (fixed + slope * count)
            bytes_ = rounds * (K * 8 * touched * count + 4 * n * math.ceil(math.log(count, 4)))
            total = draw + trips + bytes_ / bandwidth + rounds * last["round"]
            found.append((
                f"{arcs:.0e}", str(count), f"{draw:,.1f}", f"{trips:,.1f}", f"{bytes_ / bandwidth:,.1f}",
                f"{total:,.0f}", f"{bytes_ / 1e9:,.1f}",
            ))  # fmt: skip
    head = (
        "arcs",
        f"workers of {threads} threads",
        "drawing, s",
        "round trips, s",
        "counts, s",
        "total, s",
        "counts, GB",
    )
    table(head, found)


def main() -> None:
    arguments = parser(__doc__)
    arguments.add_argument("--scale", type=int, default=16, help="logarithm of the number of nodes")
    arguments.add_argument("--epsilon", type=float, default=0.02)
    arguments.add_argument("--bandwidth", type=float, default=BANDWIDTH, help="bytes per second, for the model")
    options = arguments.parse_args()
    print(machine())
    scale, epsilon, sizes = (10, 0.3, (1, 2)) if options.smoke else (options.scale, options.epsilon, (1, 2, 3))
    graph, small = (imax.datasets.load(f"rmat:{s}", rng=0) for s in (scale, 8))
    rows = [measure(graph, small, epsilon, size) for size in sizes]
    print(f"\nR-MAT 2^{scale} x 16, k = {K}, epsilon = {epsilon}, {rows[0]['rounds']} rounds; same seeds and bounds\n")
    table(
        ("processes", "2 threads", "cluster", "share", "small run more", "small pick", "pick",
         "bytes a pick and worker", "largest"),
        [
            (
                f"{row['workers']}", f"{row['local']:.2f} s", f"{row['seconds']:.2f} s",
                f"{row['seconds'] / row['local']:.2f}x", f"{row['overhead']:.2f} s", f"{row['pick'] * 1e3:.2f} ms",
                f"{row['large pick'] * 1e3:.2f} ms", f"{8 * row['touched']:,.0f}", f"{8 * row['most touched']:,.0f}",
            )
            for row in rows
        ],
    )  # fmt: skip
    predict(rows, graph, options.bandwidth)


if __name__ == "__main__":
    main()
