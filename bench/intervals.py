"""How often 95 % intervals miss the true spread, over many runs with adaptive stopping.

``python -m bench.intervals`` runs the default of `maximize` and OPIM-C on equal hubs and on a real graph (karate, one
seed of three; the true spreads come from 500,000 simulations), `minimize_seeds` on random graphs, and
`capacity.assign` on random problems, where the truth is exact. The error of a rate is that of a binomial variable: with
2,000 runs, a rate of 5 % lies between 4.1 % and 6.0 % in 95 % of all audits. Intervals divide the probability of a miss
among all rounds, so the rate is below 5 %. The width is that of the mean interval, divided by the width that the usual
95 % interval of a fixed number of RR sets has on the same RR sets.

A second table has such widths for `maximize` on data graphs, whose true spreads are not known.
"""

import itertools
import multiprocessing
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from functools import cache, partial
from typing import Any

import numpy as np

import imax
from imax.ris.bounds import wilson
from imax.selection import rounds, simulated

from ._measure import data_graph, machine, parser, table
from .audit import cases_of, confidence, run_assign, run_maximize, run_minimize

EPSILONS = (0.3, 0.1, 0.01)
LIMIT = 0.05
GRAPHS = ("facebook", "nethept", "epinions")


@cache
def karate() -> tuple[imax.InfluenceGraph, dict[int, float]]:
    """Return a real graph, and the spread of the seeds that may be chosen."""
    graph = imax.datasets.load("karate", probability="uniform:0.15")
    simulations = 500_000
    return graph, {v: imax.spread(graph, [v], n_simulations=simulations, rng=v).spread for v in (0, 2, 33)}


def run_karate(case: None, work: dict[str, Any], *, algorithm: str) -> dict[str, bool]:
    """Choose one seed of three."""
    graph, truth = karate()
    found = imax.maximize(graph, 1, algorithm=algorithm, candidates=list(truth), **work)
    low, high = found.interval
    return {"interval": not low <= truth[found.seeds[0]] <= high}


ROWS: dict[str, tuple[str, Callable[..., dict[str, bool]]]] = {
    "opim-c, equal hubs": ("100 equal hubs", partial(run_maximize, promise=False, algorithm="opim-c")),
    "auto, equal hubs": ("100 equal hubs", partial(run_maximize, promise=False, algorithm="auto")),
    "opim-c, karate": ("", partial(run_karate, algorithm="opim-c")),
    "minimize_seeds, random graphs": ("random", run_minimize),
    "capacity.assign, random problems": ("random friends", partial(run_assign, algorithm="auto")),
}


@contextmanager
def widths() -> Iterator[list[float]]:
    """Collect the widths of all intervals, divided by those of the usual ones; the last is that of the result."""
    found: list[float] = []
    by_sets, by_values = rounds.interval_at_level, simulated.z_at_level

    def of_sets(covered: float, n_sets: int, total: float, level: float, known: int = 0) -> tuple[float, float]:
        low, high = by_sets(covered, n_sets, total, level, known)
        usual_low, usual_high = wilson(covered, n_sets, total, known=known)
        found.append((high - low) / (usual_high - usual_low) if usual_high > usual_low else 1.0)
        return low, high

    def of_values(level: float) -> float:
        found.append(by_values(level) / by_values(LIMIT))
        return by_values(level)

    rounds.interval_at_level, simulated.z_at_level = of_sets, of_values
    try:
        yield found
    finally:
        rounds.interval_at_level, simulated.z_at_level = by_sets, by_values


def missed(name: str, epsilon: float, first: int, last: int) -> tuple[int, int, float]:
    """Return how many intervals of runs `first` to `last` - 1 miss the truth, how many there are, their total width."""
    case, run = ROWS[name]
    pool = cases_of(case) if case else [None]
    number = list(ROWS).index(name)
    wrong, count, width = 0, 0, 0.0
    for i in range(first, last):
        rng = np.random.SeedSequence([number, round(epsilon * 100), i])
        with widths() as found:
            claims = run(pool[i % len(pool)], {"epsilon": epsilon, "rng": rng, "threads": 1})
        wrong, count, width = wrong + int(claims["interval"]), count + 1, width + (found[-1] if found else 1.0)
    return wrong, count, width


def on_data(n_runs: int) -> None:
    """Print the widths on data graphs."""
    rows = []
    for name in GRAPHS:
        graph = data_graph(name)
        if graph is None:
            continue
        for epsilon in EPSILONS:
            last, n_rounds = [], []
            for i in range(n_runs):
                with widths() as found:
                    result = imax.maximize(graph, 50, epsilon=epsilon, rng=i)
                last.append(found[-1])
                n_rounds.append(result.rounds)
            shown = f"{min(n_rounds)} to {max(n_rounds)}"
            rows.append((name, f"{epsilon:g}", n_runs, shown, f"{np.mean(last):.2f}", f"{max(last):.2f}"))
    table(("graph, k = 50", "epsilon", "runs", "rounds", "width", "largest"), rows)


def main() -> None:
    """Print the table."""
    arguments = parser(__doc__ or "")
    arguments.add_argument("--runs", type=int, default=2000, help="runs of each cell (default 2000)")
    arguments.add_argument("--only", default="", help="only the rows whose name contains this text")
    options = arguments.parse_args()
    runs, workers = (2, 1) if options.smoke else (options.runs, 2)
    print(machine(), "\n")
    rows = []
    with ProcessPoolExecutor(workers, multiprocessing.get_context("spawn")) as pool:
        for name in (name for name in ROWS if options.only in name):
            for epsilon in EPSILONS:
                edges = np.linspace(0, runs, workers + 1).astype(int).tolist()
                jobs = [pool.submit(missed, name, epsilon, a, b) for a, b in itertools.pairwise(edges)]
                results = [job.result() for job in jobs]
                wrong, count, width = (sum(part) for part in zip(*results, strict=True))
                low, high = confidence(wrong, count)
                holds = "yes" if low <= LIMIT else "no"
                rows.append((name, f"{epsilon:g}", f"{count:,}", wrong, f"{wrong / count:.1%}",
                             f"{low:.1%} to {high:.1%}", holds, f"{width / count:.2f}"))  # fmt: skip
    names = "function, case", "epsilon", "runs", "missed", "rate", "95 % interval of the rate", "at most 5 %", "width"
    table(names, rows)
    if not options.smoke and not options.only:
        on_data(max(1, runs // 100))


if __name__ == "__main__":
    main()
