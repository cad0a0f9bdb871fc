"""Every selector at k = 50: spread against the best known, certificate, time; and IMM beside PyNetIM's in the same run.

``python -m bench.selectors`` reads graphs from the folder named by IMAX_DATA; PyNetIM is used where it is installed.
"""

import statistics
import time
from typing import Any

import imax
from imax.algorithms.registry import ALGORITHMS

from ._measure import BEST_KNOWN, data_graph, machine, parser, table, timed

EPSILON = 0.1
SLOW = ("greedy", "celf", "celf++")  # a matter of hours by simulation at this k: see bench.simulation


def quality(name: str, graph: Any, best: float, k: int, repeats: int, simulations: int) -> None:
    """Print what each selector's seeds are worth."""
    rows = []
    for algorithm in ALGORITHMS:
        options: dict[str, Any] = {"rng": 1, "algorithm": algorithm}
        if algorithm in SLOW:
            options["oracle"] = "rr"
        runs = repeats if algorithm != "irie" else 1
        timing = timed({"": lambda o=options: imax.maximize(graph, k, **o)}, runs)[""]
        result = imax.maximize(graph, k, **options)
        found = imax.spread(graph, result.seeds, n_simulations=simulations, rng=1001)
        certified = imax.certify(graph, result.seeds, rng=1001)
        label = algorithm + (" on RR sets" if algorithm in SLOW else "")
        rows.append((label, f"{found.spread:,.1f} ± {found.std_error:.1f}", f"{found.spread / best:.2%}",
                     f"{certified.ratio:.3f}", str(timing)))  # fmt: skip
    table((f"{name}, k = {k}", "spread", "of best known", "certified", "time"), rows)


def imm_beside_pynetim(graph: Any, k: int, repeats: int, simulations: int) -> None:
    """Print IMM by both programs, in turn."""
    try:
        from pynetim.algorithms import IMMAlgorithm
        from pynetim.graph.graph import IMGraph
    except ImportError as error:
        print(f"left out: PyNetIM ({error})")
        return
    src, dst, p = (array.tolist() for array in graph.arc_arrays())
    made = IMGraph(list(zip(src, dst, strict=True)), p, True, False)
    tasks = {
        "imax": lambda: imax.maximize(graph, k, algorithm="imm", epsilon=EPSILON, rng=1),
        "imax, one thread": lambda: imax.maximize(graph, k, algorithm="imm", epsilon=EPSILON, rng=1, threads=1),
        "PyNetIM": lambda: IMMAlgorithm(made, "IC", EPSILON, 1, 1).run(k),
    }
    seconds: dict[str, list[float]] = {name: [] for name in tasks}
    seeds = {}
    for run in range(repeats + 1):
        for name, task in tasks.items():
            if name == "PyNetIM" and run == 0:
                continue  # compiled ahead of time
            began = time.perf_counter()
            seeds[name] = list(task())
            if run:
                seconds[name].append(time.perf_counter() - began)
    theirs = statistics.median(seconds["PyNetIM"])
    rows = []
    for name, times in seconds.items():
        found = imax.spread(graph, seeds[name], n_simulations=simulations, rng=7)
        median = statistics.median(times)
        rows.append((name, f"{median:.3f} s", f"{theirs / median:.1f}x", f"{found.spread:.1f} ± {found.std_error:.1f}"))
    table((f"IMM on facebook, k = {k}, epsilon = {EPSILON}", "time", "PyNetIM / this", "spread"), rows)


def main() -> None:
    """Print the tables."""
    options = parser(__doc__ or "").parse_args()
    print(machine(), "\n")
    if options.smoke:
        quality("karate", imax.datasets.load("karate"), 30.0, 3, 1, 100)
        return
    facebook = data_graph("facebook")
    if facebook is not None:
        imm_beside_pynetim(facebook, 50, 3, 10_000)
    for name in ("facebook", "nethept", "epinions"):
        graph = data_graph(name)
        if graph is not None:
            quality(name, graph, BEST_KNOWN[name], 50, min(options.repeats, 3), 10_000)


if __name__ == "__main__":
    main()
