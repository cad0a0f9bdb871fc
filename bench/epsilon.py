"""Time, certified ratio and spread of the default algorithm for several values of epsilon, over regimes.

``python -m bench.epsilon`` reads the graphs from the folder named by IMAX_DATA. Times are processor seconds of all
threads, which other work on the machine changes least. Each number is the mean over several streams.
"""

import time
from collections.abc import Iterator

import numpy as np

import imax

from ._measure import bench_graph, data_graph, machine, parser, table

EPSILONS = (0.3, 0.1, 0.05, 0.02, 0.01)


def random_directions(graph: imax.InfluenceGraph, both: float = 0.25) -> imax.InfluenceGraph:
    """Return a directed graph: each edge gets a random direction, and a share of the edges gets both."""
    source, target = graph.arc_arrays()[:2]
    one = source < target
    source, target = source[one], target[one]
    draw = np.random.default_rng(0).random(source.size)
    forward, back = draw < (1 + both) / 2, draw >= (1 - both) / 2
    tails = np.concatenate([source[forward], target[back]])
    heads = np.concatenate([target[forward], source[back]])
    return imax.InfluenceGraph.from_arrays(tails, heads)


def regimes(smoke: bool) -> Iterator[tuple[str, imax.InfluenceGraph, int]]:
    """Yield (name, graph, k)."""
    if smoke:
        yield "karate, uniform 0.1", imax.datasets.load("karate", probability="uniform:0.1"), 2
        return
    for name in ("facebook", "nethept", "epinions"):
        graph = data_graph(name)
        if graph is None:
            continue
        yield f"{name}, weighted cascade", graph, 50
        if name == "nethept":
            yield f"{name}, uniform 0.01", graph.with_probability("uniform:0.01"), 50
        if name == "epinions":
            yield f"{name}, uniform 0.02", graph.with_probability("uniform:0.02"), 100
            directed = random_directions(graph)
            for p in (0.01, 0.02, 0.05):
                yield f"{name}, directed, uniform {p}", directed.with_probability(f"uniform:{p}"), 100
    rmat = bench_graph(16)
    for p in (0.01, 0.05):
        yield f"R-MAT 2^16, uniform {p}", rmat.with_probability(f"uniform:{p}"), 100


def main() -> None:
    """Print the table."""
    arguments = parser(__doc__ or "")
    arguments.add_argument("--streams", type=int, default=3, help="runs of each cell (default 3)")
    arguments.add_argument("--only", default="", help="only the regimes whose name contains this text")
    options = arguments.parse_args()
    streams, simulations = (1, 20) if options.smoke else (options.streams, 3000)
    print(machine(), "\n")
    for name in ("opim-c", "hist", "worlds"):
        imax.maximize(imax.datasets.load("karate", probability="uniform:0.1"), 2, algorithm=name, rng=1)
    rows = []
    for name, graph, k in regimes(options.smoke):
        if options.only not in name:
            continue
        imax.maximize(graph, k, epsilon=0.3, rng=0)
        for epsilon in EPSILONS:
            took, ratios, spreads, ran = [], [], [], ""
            for rng in range(1, streams + 1):
                began = time.process_time()
                found = imax.maximize(graph, k, epsilon=epsilon, rng=rng, time_limit=60.0)
                took.append(time.process_time() - began)
                ratios.append(found.ratio)
                spreads.append(imax.spread(graph, found.seeds, n_simulations=simulations, rng=99).spread)
                ran = found.algorithm
            rows.append((name, k, epsilon, ran, np.mean(took), np.mean(ratios), np.mean(spreads)))
    best = {name: max(row[6] for row in rows if row[0] == name) for name in {row[0] for row in rows}}
    table(
        ("regime", "k", "epsilon", "algorithm", "processor", "certified", "spread", "of the best"),
        [
            (name, k, f"{epsilon:g}", ran, f"{took:.3f} s", f"{ratio:.3f}", f"{s:,.1f}", f"{s / best[name]:.4f}")
            for name, k, epsilon, ran, took, ratio, s in rows
        ],
    )


if __name__ == "__main__":
    main()
