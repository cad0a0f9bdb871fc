"""Processor time for each node of RR sets that are cut at a number of steps or at a deadline, and without a limit.

``python -m bench.deadlines`` generates an R-MAT graph. The samplers take turns in the same run. Processor time counts,
because other programs change it less than the time of the clock.
"""

import time
from typing import Any

from imax import InfluenceGraph
from imax._utils.streams import key_from
from imax.diffusion.deadline import check_deadline
from imax.diffusion.sampler import Sampler

from ._measure import bench_graph, machine, parser, table

HEADER = ("probabilities", "model", "limit", "nodes/set", "ns/node", "to no limit")
LIMITS: dict[str, dict[str, Any]] = {
    "none": {},
    "100 steps": {"max_steps": 100},
    "3 steps": {"max_steps": 3},
    "deadline 3, delays of mean 1": {"deadline": 3.0, "delay": "exponential:1"},
}


def _rows(graph: InfluenceGraph, model: str, n_entries: int, repeats: int) -> list[tuple[Any, ...]]:
    samplers = {
        name: Sampler(graph, model, key_from(1), threads=1, deadline=check_deadline(graph, **limit))
        for name, limit in LIMITS.items()
    }
    mean = {name: sum(piece.nodes.size for piece in one.sample(0, 256)) / 256 for name, one in samplers.items()}
    counts = {name: int(n_entries / mean[name]) + 1 for name in samplers}
    per_node: dict[str, list[float]] = {name: [] for name in samplers}
    for _ in range(repeats):
        for name, one in samplers.items():
            began = time.process_time()
            size = sum(piece.nodes.size for piece in one.sample(0, counts[name]))
            per_node[name].append((time.process_time() - began) / size)
            mean[name] = size / counts[name]
    best = {name: min(values) for name, values in per_node.items()}
    return [
        (
            graph.probability.spec,
            model.upper(),
            name,
            f"{mean[name]:.1f}",
            f"{value * 1e9:.1f}",
            f"{value / best['none']:.2f}",
        )
        for name, value in best.items()
    ]


def main() -> None:
    """Print the table."""
    options = parser(__doc__ or "").parse_args()
    scale, n_entries, repeats = (10, 2_000, 1) if options.smoke else (16, 1_000_000, options.repeats)
    print(machine())
    graph = bench_graph(scale)
    rows = []
    for spec, model in (("weighted_cascade", "ic"), ("uniform:0.02", "ic"), ("trivalency", "ic"), ("lt_uniform", "lt")):
        rows += _rows(graph.with_probability(spec, rng=1), model, n_entries, repeats)
    table(HEADER, rows)


if __name__ == "__main__":
    main()
