"""The default settings of OPIM-C: what its seeds are worth, beside the best known.

``python -m bench.opimc`` reads graphs from the folder named by IMAX_DATA. Other programs: ``bench.peers``.
"""

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


def main() -> None:
    """Print the table."""
    options = parser(__doc__ or "").parse_args()
    print(machine(), "\n")
    quality(1 if options.smoke else options.repeats, 1 if options.smoke else 3, 500 if options.smoke else 10_000)


if __name__ == "__main__":
    main()
