"""Forward simulations per second in CELF and in `imax.spread`, and those of CyNetDiff in the same run.

``python -m bench.simulation`` reads graphs from the folder IMAX_DATA. It leaves CyNetDiff out if that is not installed.
"""

import statistics
import time
from collections.abc import Callable
from typing import Any

import numpy as np

import imax
from imax.selection.oracles import SimulationOracle

from ._measure import data_graph, machine, parser, table
from .peers import cynetdiff_model

Rate = Callable[[], tuple[int, float]]  # simulations, seconds


def _clocked(count: int, work: Callable[[], Any]) -> Rate:
    def run() -> tuple[int, float]:
        began = time.perf_counter()
        work()
        return count, time.perf_counter() - began

    return run


def _simulate(model: Any, seeds: list[int], count: int) -> None:
    model.compute_marginal_gains(seeds, [], count)  # its own loop over cascades, in C++


def _print(title: str, tasks: dict[str, tuple[int, Rate]], repeats: int) -> None:
    """Run the tasks in turns; print their rates per thread, and their ratios to the rate of CyNetDiff."""
    rates: dict[str, list[float]] = {name: [] for name in tasks}
    for run in range(repeats + 1):
        for name, (threads, task) in tasks.items():
            count, seconds = task()
            if run:
                rates[name].append(count / seconds / threads)
    medians = {name: statistics.median(found) for name, found in rates.items()}
    peer = medians.get("CyNetDiff")
    rows = [
        (name, f"{median:,.0f}", f"{min(rates[name]):,.0f} to {max(rates[name]):,.0f}",
         "" if peer is None else f"{median / peer:.1f}x")
        for name, median in medians.items()
    ]  # fmt: skip
    table((title, "simulations/s and thread", "minimum to maximum", "over CyNetDiff"), rows)


def first_pass(name: str, graph: imax.InfluenceGraph, n: int, peers: int, repeats: int) -> None:
    """Simulate like the first pass of CELF: `n` cascades from each of some nodes."""
    nodes = np.random.default_rng(0).permutation(graph.n_nodes)[: 2000 if n > 100 else 200]
    tasks: dict[str, tuple[int, Rate]] = {}
    for threads in (1, 2):
        oracle = SimulationOracle(graph, "ic", None, (1, 2), n, threads, None)
        label = f"imax, {threads} thread" + "s" * (threads > 1)
        tasks[label] = (threads, _clocked(nodes.size * n, lambda o=oracle: o.gains(nodes)))
    model = cynetdiff_model(graph)
    if model is not None:
        few = nodes[:peers].tolist()
        tasks["CyNetDiff"] = (1, _clocked(len(few) * n, lambda: [_simulate(model, [v], n) for v in few]))
    _print(f"{name}: {n:,} cascades from single nodes", tasks, repeats)


def whole_celf(name: str, graph: imax.InfluenceGraph, k: int, n: int, repeats: int) -> None:
    """Time whole selections by CELF."""
    rows = []
    for algorithm in ("celf", "celf++"):
        for threads in (1, 2):
            seconds, found = [], None
            for _ in range(repeats):
                began = time.perf_counter()
                found = imax.maximize(graph, k, algorithm=algorithm, n_simulations=n, rng=1, threads=threads)
                seconds.append(time.perf_counter() - began)
            assert found is not None
            median = statistics.median(seconds)
            rate = found.n_simulations / median / threads
            spread = imax.spread(graph, found.seeds, n_simulations=n, rng=7)
            rows.append((algorithm, threads, f"{median:.2f} s", f"{found.n_simulations:,}", f"{rate:,.0f}",
                         f"{spread.spread:.2f} ± {spread.std_error:.2f}"))  # fmt: skip
    table((f"{name}: k = {k}, {n:,} simulations", "threads", "time", "simulations", "per s and thread", "spread"), rows)


def spread_rate(name: str, graph: imax.InfluenceGraph, seeds: int, n: int, peers: int, repeats: int) -> None:
    """Simulate one seed set."""
    chosen = imax.maximize(graph, seeds, algorithm="degree").seeds
    tasks: dict[str, tuple[int, Rate]] = {}
    for threads in (1, 2):
        label = f"imax, {threads} thread" + "s" * (threads > 1)
        work = lambda t=threads: imax.spread(graph, chosen, n_simulations=n, rng=1, threads=t)  # noqa: E731
        tasks[label] = (threads, _clocked(n, work))
    model = cynetdiff_model(graph)
    if model is not None:
        ids = graph.internal_of(chosen).tolist()
        tasks["CyNetDiff"] = (1, _clocked(peers, lambda: _simulate(model, ids, peers)))
    size = imax.spread(graph, chosen, n_simulations=n, rng=1).spread
    _print(f"{name}: {seeds} seeds, spread {size:.1f}", tasks, repeats)


def main() -> None:
    """Print the tables."""
    options = parser(__doc__ or "").parse_args()
    print(machine(), "\n")
    if options.smoke:
        karate = imax.datasets.load("karate", probability="uniform:0.1")
        first_pass("karate", karate, 50, 5, 1)
        whole_celf("karate", karate, 2, 50, 1)
        spread_rate("karate", karate, 3, 100, 20, 1)
        return
    nethept, facebook = data_graph("nethept"), data_graph("facebook")
    if nethept is not None:
        sparse = nethept.with_probability("uniform:0.01")
        first_pass("nethept, uniform 0.01", sparse, 10_000, 20, options.repeats)
        whole_celf("nethept, uniform 0.01", sparse, 10, 10_000, min(options.repeats, 3))
    if facebook is not None:
        spread_rate("facebook, weighted cascade", facebook, 10, 20_000, 3_000, options.repeats)


if __name__ == "__main__":
    main()
