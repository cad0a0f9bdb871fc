"""Time for each node of RR sets that are cut at a number of steps or at a deadline, and without a limit.

``python -m bench.deadlines`` generates an R-MAT graph. The three samplers take turns in the same run.
"""

from typing import Any

from imax import InfluenceGraph
from imax._utils.streams import key_from
from imax.diffusion.deadline import check_deadline
from imax.diffusion.sampler import Sampler

from ._measure import bench_graph, machine, parser, table, timed

HEADER = ("probabilities", "model", "limit", "nodes/set", "ns/node", "to no limit")
LIMITS: dict[str, dict[str, Any]] = {
    "none": {},
    "100 steps": {"max_steps": 100},
    "3 steps": {"max_steps": 3},
    "deadline 3, delays of mean 1": {"deadline": 3.0, "delay": "exponential:1"},
}


def _rows(graph: InfluenceGraph, model: str, count: int, repeats: int) -> list[tuple[Any, ...]]:
    samplers = {
        name: Sampler(graph, model, key_from(1), threads=1, deadline=check_deadline(graph, **limit))
        for name, limit in LIMITS.items()
    }
    sizes = {name: sum(piece.nodes.size for piece in one.sample(0, count)) for name, one in samplers.items()}
    tasks = {name: lambda one=one: one.sample(0, count) for name, one in samplers.items()}
    found = timed(tasks, repeats)
    base = found["none"].median / sizes["none"]
    return [
        (
            graph.probability.spec,
            model.upper(),
            name,
            f"{sizes[name] / count:.1f}",
            f"{timing.median / sizes[name] * 1e9:.1f}",
            f"{timing.median / sizes[name] / base:.2f}",
        )
        for name, timing in found.items()
    ]


def main() -> None:
    """Print the table."""
    options = parser(__doc__ or "").parse_args()
    scale, count, repeats = (10, 500, 1) if options.smoke else (18, 100_000, options.repeats)
    print(machine())
    graph = bench_graph(scale)
    rows = []
    for spec, model in (("weighted_cascade", "ic"), ("uniform:0.02", "ic"), ("trivalency", "ic"), ("lt_uniform", "lt")):
        few = count // 50 if spec == "uniform:0.02" else count
        rows += _rows(graph.with_probability(spec, rng=1), model, max(few, 50), repeats)
    table(HEADER, rows)


if __name__ == "__main__":
    main()
