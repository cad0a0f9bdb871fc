"""OPIM-C end to end in process, beside PyNetIM's in the same run; and the quality of the default settings.

``python -m bench.opimc`` reads graphs from the folder named by IMAX_DATA; PyNetIM is used where it is installed.
"""

from collections.abc import Callable
from typing import Any, TypeAlias

import imax

from ._measure import BEST_KNOWN, data_graph, machine, parser, table, timed


def quality(repeats: int, keys: int, simulations: int) -> None:
    """Print spread against the best known, at default settings."""
    rows = []
    for name, best in BEST_KNOWN.items():
        graph = data_graph(name)
        if graph is None:
            continue
        for key in range(keys):
            timing = timed({"": lambda g=graph, r=key: imax.maximize(g, 50, rng=r)}, repeats)[""]
            result = imax.maximize(graph, 50, rng=key)
            estimate = imax.spread(graph, result.seeds, n_simulations=simulations, rng=1000 + key)
            rows.append(
                (
                    name, key, f"{estimate.spread:.1f} ± {estimate.std_error:.1f}", f"{estimate.spread / best:.2%}",
                    f"{result.ratio:.3f}", f"{result.n_rr_sets:,}", str(timing),
                )
            )  # fmt: skip
    table(("graph, k = 50", "rng", "spread", "of best known", "certified", "RR sets", "time"), rows)


Tasks: TypeAlias = dict[str, Callable[[], Any]]


def _pynetim(arcs: tuple[Any, ...], epsilon: float) -> tuple[Tasks, Tasks] | None:
    """Return PyNetIM's tasks, on its built graph and from the arcs; None where it is not installed."""
    try:
        from pynetim.algorithms import OPIMCAlgorithm
        from pynetim.graph.graph import IMGraph
    except ImportError as error:
        print(f"left out: PyNetIM ({error})")
        return None
    src, dst, p = (array.tolist() for array in arcs)
    edges = list(zip(src, dst, strict=True))

    def build() -> Any:
        # without renumbering, so that seeds are node indices on both sides
        return IMGraph(edges, p, True, False)

    made = build()
    return (
        {"PyNetIM": lambda: OPIMCAlgorithm(made, "IC", 1).run(50, epsilon)},
        {"PyNetIM": lambda: OPIMCAlgorithm(build(), "IC", 1).run(50, epsilon)},
    )


def peer(repeats: int, epsilon: float, simulations: int) -> None:
    """Print the same selection by both programs, in turn: on a graph that is built, and from the arcs."""
    graph = data_graph("facebook")
    if graph is None:
        return
    arcs = graph.arc_arrays()

    def select(made: imax.InfluenceGraph, threads: int | None = None) -> Any:
        return imax.maximize(made, 50, epsilon=epsilon, rng=1, threads=threads)

    def build() -> imax.InfluenceGraph:
        return imax.InfluenceGraph.from_arrays(*arcs[:2], n_nodes=graph.n_nodes)

    built: Tasks = {"imax": lambda: select(graph), "imax, one thread": lambda: select(graph, 1)}
    whole: Tasks = {"imax": lambda: select(build()), "imax, one thread": lambda: select(build(), 1)}
    theirs = _pynetim(arcs, epsilon)
    if theirs is not None:
        built |= theirs[0]
        whole |= theirs[1]
    for title, tasks in (("graph built", built), ("graph from arcs, then", whole)):
        timings = timed(tasks, repeats)
        rows = []
        for name, task in tasks.items():
            estimate = imax.spread(graph, list(task()), n_simulations=simulations, rng=7)
            ratio = timings["PyNetIM"].median / timings[name].median if theirs else float("nan")
            rows.append(
                (name, str(timings[name]), f"{ratio:.1f}x", f"{estimate.spread:.1f} ± {estimate.std_error:.1f}")
            )
        table((f"facebook, {title}: k = 50, epsilon = {epsilon}", "time", "PyNetIM / this", "spread"), rows)


def main() -> None:
    """Print both tables."""
    options = parser(__doc__ or "").parse_args()
    print(machine(), "\n")
    peer(2 if options.smoke else 3 * options.repeats, 0.1, 500 if options.smoke else 10_000)
    quality(1 if options.smoke else options.repeats, 1 if options.smoke else 3, 500 if options.smoke else 10_000)


if __name__ == "__main__":
    main()
