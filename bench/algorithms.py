"""Every selector at k = 50: spread against the best known, certificate, time.

``python -m bench.algorithms`` reads graphs from the folder named by IMAX_DATA. Other programs: ``bench.peers``.
"""

from typing import Any

import imax
from imax.selection.registry import ALGORITHMS

from ._measure import BEST_KNOWN, data_graph, machine, parser, table, timed

SLOW = ("greedy", "celf", "celf++")  # a matter of hours by simulation at this k: see bench.simulation


def quality(name: str, graph: Any, best: float, k: int, repeats: int, simulations: int) -> None:
    """Print what each selector's seeds are worth."""
    rows = []
    for algorithm, entry in ALGORITHMS.items():
        if entry.symmetric:  # for other probabilities: see bench.regimes
            continue
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


def main() -> None:
    """Print the tables."""
    options = parser(__doc__ or "").parse_args()
    print(machine(), "\n")
    if options.smoke:
        quality("karate", imax.datasets.load("karate"), 30.0, 3, 1, 100)
        return
    for name in ("facebook", "nethept", "epinions"):
        graph = data_graph(name)
        if graph is not None:
            quality(name, graph, BEST_KNOWN[name], 50, min(options.repeats, 3), 10_000)


if __name__ == "__main__":
    main()
