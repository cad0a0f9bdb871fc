"""Choosing inviters: quality against simple choices of the same number of participants, certificates and time.

``python -m bench.inviters`` reads dnc-corecipient and epinions from the folder that IMAX_DATA names, and generates an
R-MAT graph. Participants are random nodes with out-arcs. Simple choices are the participants with the most candidates,
random ones, and those whose friends have the largest gains when all participants invite; RR-OPIM+ then chooses friends.
"""

import statistics
import time
from typing import Any

import numpy as np

import imax
from imax.capacity import Assignment, CapacityProblem, assign, choose_inviters

from ._measure import bench_graph, data_graph, machine, parser, table


def _of_some(problem: CapacityProblem, chosen: list[Any]) -> Assignment:
    """Return the friends of some participants; the others stay active and invite nobody."""
    own = set(chosen)
    candidates = {u: problem.friends(u) if u in own else [] for u in problem.active}
    return assign(CapacityProblem(problem.graph, problem.active, problem.capacity, candidates=candidates), rng=2)


def study(name: str, graph: imax.InfluenceGraph, n_active: int, k: int, counts: list[int], keys: int) -> None:
    """Print the spread of each way to choose, the certificate and the time, by number of chosen participants."""
    degree = graph.out_degree()
    labels = graph.nodes()
    generator = np.random.default_rng(0)
    active = [labels[i] for i in generator.choice(np.flatnonzero(degree), n_active, replace=False).tolist()]
    problem = CapacityProblem(graph, active, k)
    sizes = np.minimum(np.diff(problem.matroid.ptr), k)
    by_degree = [active[i] for i in np.argsort(-np.diff(problem.matroid.ptr), kind="stable").tolist()]
    everyone = assign(problem, rng=1)
    by_gain = sorted(active, key=lambda u: -sum(everyone.gains[u]))
    rows = []
    for count in counts:
        choose_inviters(problem, count, epsilon=0.3, rng=0)
        seconds = []
        for key in range(keys):
            began = time.perf_counter()
            found = choose_inviters(problem, count, rng=key)
            seconds.append(time.perf_counter() - began)
        cost = dict(zip(active, np.maximum(sizes, 1).tolist(), strict=True))
        paid = choose_inviters(problem, costs=cost, budget=float(count * k // 2), rng=1)
        random = [_of_some(problem, generator.choice(active, count, replace=False).tolist()).spread for _ in range(3)]
        rows.append((
            count, f"{found.spread:,.1f}", f"{found.ratio:.3f}", f"{statistics.median(seconds):.3f} s",
            f"{found.n_rr_sets:,}", f"{_of_some(problem, by_gain[:count]).spread:,.1f}",
            f"{_of_some(problem, by_degree[:count]).spread:,.1f}", f"{statistics.mean(random):,.1f}",
            f"{paid.ratio:.3f}",
        ))  # fmt: skip
    print(f"{name}: {n_active:,} participants, capacity {k}; all of them reach {everyone.spread:,.1f}")
    head = (
        "chosen", "spread", "certified", "time", "RR sets", "largest gains", "most candidates", "random",
        "certified, budget",
    )  # fmt: skip
    table(head, rows)


def main() -> None:
    """Print a table for each graph."""
    options = parser(__doc__ or "").parse_args()
    print(machine(), "\n")
    if options.smoke:
        study("R-MAT 2^8", bench_graph(8), 20, 3, [2, 5], 1)
        return
    for name, n_active, k, counts in (("dnc-corecipient", 50, 10, [2, 5, 20]), ("epinions", 3793, 10, [20, 200, 1000])):
        graph = data_graph(name)
        if graph is not None:
            study(name, graph, n_active, k, counts, 3)
    study("R-MAT 2^20", bench_graph(20), 32_327, 20, [100, 1000], 1)


if __name__ == "__main__":
    main()
