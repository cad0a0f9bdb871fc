"""Counts how often the bounds and intervals that imax returns are wrong.

``python -m bench.audit`` runs every function that returns a certificate or an interval thousands of times, on graphs
whose spreads and optima are known by enumeration, and counts the results that are wrong. It prints a table and exits
with status 1 if any claim fails more often than its stated probability allows.
"""

import argparse
import itertools
import multiprocessing
import os
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
from scipy.stats import beta, binom

import imax
from imax.capacity import assign, choose_inviters
from imax.errors import InvalidArgumentError

from ._audit_cases import CapacityCase, ItemsCase, SelectionCase, cases_of
from ._audit_cuts import lucky_cuts, ticking_clock
from ._measure import machine, table

# -- adapter: the calls whose names or arguments may change ----------------------------------------------------------


def minimize_seeds(graph: Any, target: float, **options: Any) -> Any:
    """Return the fewest seeds that certainly reach the target."""
    return imax.minimize_seeds(graph, target, **options)


def select_items(data: Any, budget: int, n_neighbors: int, algorithm: str, **options: Any) -> Any:
    """Return the items that an annotation algorithm selects."""
    return imax.annotate.select(data, budget, n_neighbors, algorithm=algorithm, **options)


SLACK = 1e-5  # relative to the optimum: probabilities are stored as float32
FALSE_ALARM = 1e-3  # probability that an audit of correct bounds ends with status 1
INTERVAL_RATE = 0.05  # of the 95 % intervals; bounds and promises fail with probability delta
TESTED = ("bounds", "promise", "interval")  # "lower", "upper" and "ratio" are parts of "bounds"
CHUNK = 250  # runs that one process does at a time

# -- claims ----------------------------------------------------------------------------------------------------------

Claims = dict[str, bool]  # whether each is wrong
Counts = Counter[tuple[str, bool]]  # how often each was wrong (True) and not (False)


def claims_of(case: Any, result: Any, seeds: Iterable[Any], *, promise: float | None = None) -> Claims:
    """Return which claims of a result are wrong.

    Parameters
    ----------
    case : SelectionCase, CapacityCase or PrefixCase
    result : object with `lower_bound`, `upper_bound`, `ratio` and `interval`
    seeds : iterable of int, or of whatever `case.spread` takes
    promise : float, optional
        The share of the optimum that the algorithm promises.
    """
    truth = case.spread(seeds)
    best = case.optimum
    slack = SLACK * best
    lower = result.lower_bound > truth + slack
    upper = result.upper_bound is not None and result.upper_bound < best - slack
    ratio = result.ratio is not None and result.ratio * best > truth + slack
    found = {"lower": lower, "upper": upper, "ratio": ratio, "bounds": lower or upper or ratio}
    if promise is not None:
        found["promise"] = truth < promise * best - slack
    low, high = result.interval
    found["interval"] = not low - slack <= truth <= high + slack
    return found


def joined(claims: Iterable[Claims]) -> Claims:
    """Return the claims of several results: bounds have to hold together, intervals one by one."""
    found: Claims = {}
    for number, one in enumerate(claims, 1):
        for name, wrong in one.items():
            if name == "interval":
                found[f"interval {number}"] = wrong
            else:
                found[name] = found.get(name, False) or wrong
    return found


# -- what is audited -------------------------------------------------------------------------------------------------

Run = Callable[[Any, dict[str, Any]], Claims]


def run_maximize(case: SelectionCase, work: dict[str, Any], *, promise: bool = True, **options: Any) -> Claims:
    """Select seeds."""
    result = imax.maximize(case.graph, case.k, **case.options, **options, **work)
    share = case.guarantee - result.epsilon if promise else None
    return claims_of(case, result, result.seeds, promise=share)


def run_anytime(case: SelectionCase, work: dict[str, Any], *, rounds: int = 7, stop: float | None = None) -> Claims:
    """Look at the first rounds; with `stop`, only at the first that certifies this share of the optimum."""
    found = []
    results = imax.anytime(case.graph, case.k, **case.options, **work)
    for result in itertools.islice(results, rounds):
        claims = claims_of(case, result, result.seeds)
        if stop is not None and result.ratio >= stop:
            return claims
        found.append(claims)
    return joined(found)


def run_curve(case: SelectionCase, work: dict[str, Any]) -> Claims:
    """Look at the bounds of every number of seeds together."""
    result = imax.curve(case.graph, case.k, **case.options, **work)
    found = []
    for size in range(1, len(result) + 1):
        one = Prefix(
            result.lower_bound[size - 1], result.upper_bound[size - 1], result.ratio[size - 1],
            (result.low[size - 1], result.high[size - 1]),
        )  # fmt: skip
        found.append(claims_of(prefix_case(case, size), one, result.seeds[:size]))
    return joined(found)


@dataclass
class Prefix:
    """The bounds of the first seeds of a curve."""

    lower_bound: float
    upper_bound: float
    ratio: float
    interval: tuple[float, float]


@dataclass
class PrefixCase:
    """A case for fewer seeds."""

    spread: Callable[[Iterable[int]], float]
    optimum: float


def prefix_case(case: SelectionCase, size: int) -> PrefixCase:
    """Return the case for `size` seeds."""
    return PrefixCase(case.spread, case.best_of_each_size[size])


def run_certify(case: SelectionCase, work: dict[str, Any]) -> Claims:
    """Certify given seeds."""
    result = imax.certify(case.graph, case.seeds, k=case.k, **case.options, **work)
    return claims_of(case, result, case.seeds)


def run_compare(case: SelectionCase, work: dict[str, Any]) -> Claims:
    """Compare two algorithms; each row has a certificate and an interval of its own."""
    result = imax.compare(case.graph, case.k, ["opim-c", "degree"], n_simulations=1000, **case.options, **work)
    found: Claims = {}
    for number, row in enumerate(result.rows, 1):
        found |= {f"{name} {number}": wrong for name, wrong in claims_of(case, row, row.seeds).items()}
    return found


def run_minimize(case: SelectionCase, work: dict[str, Any]) -> Claims:
    """Find the fewest seeds for a target."""
    try:
        result = minimize_seeds(case.graph, case.target, **case.options, **work)
    except InvalidArgumentError as error:
        if "cannot be reached" not in str(error):
            raise
        return {"lower": False, "promise": True, "bounds": True, "interval": False}
    truth = case.spread(result.seeds)
    slack = SLACK * case.target
    lower = result.lower_bound > truth + slack
    certified = "not certified" not in result.stop_reason and result.stop_reason != "time limit"
    missed = certified and truth < case.target - slack
    promise = missed or result.min_seeds > case.min_seeds
    low, high = result.interval
    return {
        "lower": lower, "promise": promise, "bounds": lower or promise,
        "interval": not low - slack <= truth <= high + slack,
    }  # fmt: skip


def run_assign(
    case: CapacityCase, work: dict[str, Any], *, algorithm: str, promise: bool = False, **options: Any
) -> Claims:
    """Assign friends to the active nodes."""
    result = assign(case.problem, algorithm, **options, **work)
    share = case.guarantee - result.epsilon if promise else None
    return claims_of(case, result, result.seeds, promise=share)


def run_declined(case: CapacityCase, work: dict[str, Any], *, promise: bool = True, **options: Any) -> Claims:
    """Assign friends who may decline."""
    declined = case.declined
    result = assign(case.problem, acceptance=declined.accept, **options, **work)
    pairs = [(ap, v) for ap, own in result.friends.items() for v in own]
    share = case.guarantee - result.epsilon if promise else None
    return claims_of(declined, result, pairs, promise=share)


def run_inviters(case: CapacityCase, work: dict[str, Any]) -> Claims:
    """Choose which active nodes invite, and their friends."""
    some = case.some_inviters
    result = choose_inviters(case.problem, some.count, **work)
    return claims_of(some, result, result.seeds, promise=result.target_ratio)


def run_items(case: ItemsCase, work: dict[str, Any], *, algorithm: str = "ideal") -> Claims:
    """Select items from embeddings."""
    assert case.k is not None
    if algorithm != "ideal":
        work = {name: value for name, value in work.items() if name != "epsilon"}
    result = select_items(case.embeddings, case.k, case.n_neighbors, algorithm, **work)
    share = case.guarantee - work["epsilon"] if algorithm == "ideal" else None
    return claims_of(case, result, result.indices, promise=share)


def run_spread(case: SelectionCase, work: dict[str, Any], *, n_simulations: int = 1000) -> Claims:
    """Estimate the spread of given seeds by simulation."""
    result = imax.spread(
        case.graph, case.seeds, model=case.model, node_weights=case.weights,
        n_simulations=n_simulations, rng=work["rng"], threads=1,
    )  # fmt: skip
    low, high = result.interval
    truth = case.exact(case.seeds)
    slack = SLACK * truth
    return {"interval": not low - slack <= truth <= high + slack}


def run_cut(case: Any, work: dict[str, Any], *, run: Run, cut: Any = lucky_cuts) -> Claims:
    """Run with a first round that a limit cuts short; promises are for complete rounds only."""
    with cut(work["rng"]) as limits:
        return run(case, work | limits)


@dataclass(frozen=True)
class Row:
    """A line of the table: one function on one case with one epsilon and one delta, many times."""

    path: str
    case: str
    epsilon: float | None
    delta: float | None
    run: Run

    def count(self, seed: int, number: int, first: int, last: int) -> Counts:
        """Count the claims of runs `first` to `last` - 1."""
        pool = cases_of(self.case)
        given = {"epsilon": self.epsilon, "delta": self.delta}
        work = {name: value for name, value in given.items() if value is not None}
        found: Counts = Counter()
        for i in range(first, last):
            rng = np.random.SeedSequence([seed, number, i])
            claims = self.run(pool[i % len(pool)], {**work, "rng": rng, "threads": 1})
            found.update((name, bool(wrong)) for name, wrong in claims.items())
        return found


PLAIN = ("one candidate", "100 equal hubs", "100 equal hubs, k=5", "equal hubs, p=1/2", "stars of 9, 6, 3", "random",
         "random, LT, weights")  # fmt: skip
RULES = ("quotas", "budget", "include and start")
TARGETS = ("one candidate, target 2.4", "6 hubs, target 3.9", "6 hubs, target 8.8", "stars, target 15",
           "12 hubs, target 30", "random", "random, LT, weights")  # fmt: skip
FRIEND_CASES = ("one friend", "30 equal friends", "shared friends", "random friends")

Lines = Iterator[tuple[str, Run, Sequence[str], Sequence[float | None]]]


def lines() -> Lines:
    """Yield (path, run, cases, epsilons): what the audit covers."""
    yield "opim-c", run_maximize, (*PLAIN, *RULES), (0.3, 0.1)
    yield "opim-c", run_maximize, ("equal hubs, p=1/2", "random"), (0.01,)
    yield "imm", partial(run_maximize, algorithm="imm"), ("one candidate", "100 equal hubs", "random"), (0.3,)
    hist_cases = ("equal hubs, p=1/2", "stars of 9, 6, 3", "random", "random, LT, weights")
    yield "hist", partial(run_maximize, algorithm="hist"), hist_cases, (0.3,)
    ris = partial(run_maximize, algorithm="ris", promise=False, n_rr_sets=2000)
    yield "ris", ris, ("one candidate", "100 equal hubs", "random", *RULES), (None,)
    celf = partial(run_maximize, algorithm="celf", promise=False, oracle="rr", n_rr_sets=1000, certify=True)
    yield "celf, certified", celf, ("one star of 29", "random"), (None,)
    yield "anytime, each round", run_anytime, ("one candidate", "100 equal hubs", "random", "quotas"), (None,)
    stopped = partial(run_anytime, stop=0.5, rounds=30)
    yield "anytime, stopped at 0.5", stopped, ("100 equal hubs", "equal hubs, p=1/2", "random"), (None,)
    yield "curve, every k", run_curve, ("100 equal hubs, k=5", "stars of 9, 6, 3", "random"), (0.3, 0.1)
    yield "certify", run_certify, ("one candidate", "equal hubs, p=1/2", "random", *RULES), (0.3,)
    yield "certify", run_certify, ("one star of 29",), (0.02,)
    yield "compare", run_compare, ("star of 12, p=1/2",), (0.3,)
    yield "minimize_seeds", run_minimize, TARGETS, (0.3, 0.1)
    yield "minimize_seeds", run_minimize, ("6 hubs, target 8.8", "random"), (0.01,)
    for algorithm in ("rr-opim+", "rr-opim", "mg-opim"):
        yield algorithm, partial(run_assign, algorithm=algorithm, promise=True), FRIEND_CASES, (0.3, 0.1)
    for algorithm in ("rr-greedy", "mg-greedy"):
        yield algorithm, partial(run_assign, algorithm=algorithm, n_rr_sets=2000), FRIEND_CASES, (None,)
    yield "friends who may decline", run_declined, FRIEND_CASES, (0.3, 0.1)
    fixed = partial(run_declined, algorithm="rr-greedy", n_rr_sets=2000, promise=False)
    yield "friends who may decline, fixed", fixed, FRIEND_CASES, (None,)
    yield "choose_inviters", run_inviters, FRIEND_CASES, (0.3, 0.1)
    yield "degree (capacity)", partial(run_assign, algorithm="degree"), ("random friends",), (None,)
    yield "annotate ideal", run_items, ("3-item clusters", "5 items"), (0.3, 0.1)
    yield "annotate random", partial(run_items, algorithm="random"), ("5 items",), (None,)


def cut_lines() -> Lines:
    """Yield the same for first rounds that a limit cuts short."""
    few = ("one candidate", "100 equal hubs", "equal hubs, p=1/2", "random")
    for algorithm, cases in (("opim-c", (*few, *RULES)), ("imm", few), ("hist", few[2:]), ("ris", few)):
        run: Run = partial(run_maximize, algorithm=algorithm, promise=False)
        yield f"{algorithm}, cut", partial(run_cut, run=run), cases, (0.1,)
    worlds = partial(run_maximize, algorithm="worlds", promise=False)
    yield "worlds", worlds, ("20 paths of 3", "10 triangles"), (0.3,)
    yield "worlds, cut", partial(run_cut, run=worlds, cut=ticking_clock), ("20 paths of 3", "10 triangles"), (0.3,)
    yield "curve, cut", partial(run_cut, run=run_curve), ("100 equal hubs, k=5", "random"), (0.1,)
    yield "certify, cut", partial(run_cut, run=run_certify), ("one candidate", "equal hubs, p=1/2", "random"), (0.1,)
    yield "minimize_seeds, cut", partial(run_cut, run=run_minimize), TARGETS, (0.1,)
    for path, friends in (("rr-opim+", partial(run_assign, algorithm="rr-opim+")), ("friends who may decline",
                          partial(run_declined, promise=False))):  # fmt: skip
        yield f"{path}, cut", partial(run_cut, run=friends), FRIEND_CASES, (0.1,)


def make_rows(deltas: Sequence[float]) -> list[Row]:
    """Return the rows of the table."""

    def rows_of(found: Lines) -> list[Row]:
        return [
            Row(path, case, epsilon, delta, run)
            for path, run, cases, epsilons in found
            for case in cases
            for epsilon in epsilons
            for delta in deltas
        ]

    spread = [
        Row(f"spread, {count:,} simulations", case, None, None, partial(run_spread, n_simulations=count))
        for count, case in ((1000, "equal hubs, p=1/2"), (1000, "random"), (1000, "random, LT, weights"),
                            (10_000, "rare jump"))
    ]  # fmt: skip
    return [*rows_of(lines()), *spread, *rows_of(cut_lines())]


# -- the audit -------------------------------------------------------------------------------------------------------


def work_on(deltas: tuple[float, ...], seed: int, number: int, first: int, last: int) -> Counts:
    """Do a part of a row's runs, in a process of its own."""
    return make_rows(deltas)[number].count(seed, number, first, last)


def count_all(wanted: list[int], deltas: tuple[float, ...], runs: int, seed: int, workers: int) -> list[Counts]:
    """Return the counts of each row that is wanted."""
    tasks = [(number, a, min(a + CHUNK, runs)) for number in wanted for a in range(0, runs, CHUNK)]
    found: dict[int, Counts] = {number: Counter() for number in wanted}
    if workers == 1:
        for number, a, b in tasks:
            found[number].update(work_on(deltas, seed, number, a, b))
    else:
        with ProcessPoolExecutor(workers, multiprocessing.get_context("spawn")) as pool:
            futures = {pool.submit(work_on, deltas, seed, *task): task[0] for task in tasks}
            for done in as_completed(futures):
                found[futures[done]].update(done.result())
    return list(found.values())


def allowed_rate(claim: str, delta: float | None) -> float:
    """Return how often a claim may be wrong."""
    rate = INTERVAL_RATE if claim.startswith("interval") else delta
    assert rate is not None
    return rate


def confidence(wrong: int, runs: int) -> tuple[float, float]:
    """Return the 95 % interval for the rate of wrong claims (Clopper and Pearson)."""
    low = float(beta.ppf(0.025, wrong, runs - wrong + 1)) if wrong else 0.0
    high = float(beta.ppf(0.975, wrong + 1, runs - wrong)) if wrong < runs else 1.0
    return low, high


@dataclass
class Line:
    """A line of a table: a row, or a function over all of its cases."""

    path: str
    case: str | None
    epsilon: float | None
    delta: float | None
    counts: Counts = field(default_factory=Counter)
    alarms: set[str] = field(default_factory=set)

    def claims(self) -> list[str]:
        """Return the names of the claims."""
        return list(dict.fromkeys(name for name, _ in self.counts))

    def tested(self) -> list[str]:
        """Return the names of the claims that are tested."""
        return [claim for claim in self.claims() if claim.split()[0] in TESTED]

    def tally(self, claim: str) -> tuple[int, int]:
        """Return how often a claim was wrong, and the number of runs that made it."""
        wrong = self.counts[claim, True]
        return wrong, wrong + self.counts[claim, False]

    def p_value(self, claim: str) -> float:
        """Return the probability of as many wrong results or more, if the rate is the allowed one."""
        wrong, runs = self.tally(claim)
        return float(binom.sf(wrong - 1, runs, allowed_rate(claim, self.delta)))

    def worst(self, kind: str) -> str | None:
        """Return the claim of a kind that fails most clearly: `anytime` and `curve` have several intervals."""
        names = [claim for claim in self.claims() if claim.split()[0] == kind]
        return min(names, key=self.p_value, default=None)

    def number(self, kind: str) -> str:
        """Return how often a kind of claim was wrong, as text."""
        claim = self.worst(kind)
        return "" if claim is None else f"{self.tally(claim)[0]}{' !' if claim in self.alarms else ''}"

    def rate(self, kind: str) -> str:
        """Return the rate of a kind of claim with its confidence interval, as text."""
        claim = self.worst(kind)
        if claim is None:
            return ""
        wrong, runs = self.tally(claim)
        low, high = confidence(wrong, runs)
        return f"{wrong / runs:.1%} ({low:.1%} to {high:.1%}){' !' if claim in self.alarms else ''}"

    def cells(self) -> tuple[Any, ...]:
        """Return the cells of the line after its names."""
        settings = ("" if x is None else f"{x:g}" for x in (self.epsilon, self.delta))
        runs = max(self.tally(claim)[1] for claim in self.claims())
        numbers = (self.number(kind) for kind in ("lower", "upper", "ratio", "promise"))
        return (*settings, f"{runs:,}", *numbers, self.rate("bounds"), self.rate("interval"))

    def sentence(self, claim: str) -> str:
        """Return a sentence on a claim that fails."""
        wrong, runs = self.tally(claim)
        low, high = confidence(wrong, runs)
        given = (("epsilon", self.epsilon), ("delta", self.delta))
        settings = "".join(f", {name} {x:g}" for name, x in given if x is not None)
        return (
            f"{self.path}, {self.case or 'all cases'}{settings}: {claim} is wrong in {wrong:,} of {runs:,} runs, "
            f"{wrong / runs:.1%} ({low:.1%} to {high:.1%}); allowed {allowed_rate(claim, self.delta):.0%}; "
            f"p = {self.p_value(claim):.1g}"
        )


def report(rows: list[Row], counts: list[Counts]) -> bool:
    """Print the tables and the claims that fail; return whether there are any."""
    lines, groups = [], {}
    for row, own in zip(rows, counts, strict=True):
        lines.append(Line(row.path, row.case, row.epsilon, row.delta, own))
        key = row.path, row.epsilon, row.delta
        groups.setdefault(key, Line(row.path, None, row.epsilon, row.delta)).counts.update(own)
    both = [*lines, *groups.values()]
    tested = [(line, claim) for line in both for claim in line.tested()]
    for line, claim in tested:
        if line.p_value(claim) < FALSE_ALARM / len(tested):
            line.alarms.add(claim)
    head = ("epsilon", "delta", "runs", "lower", "upper", "ratio", "promise", "any bound", "95 % interval")
    table(("function, all cases", *head), [(line.path, *line.cells()) for line in groups.values()])
    table(("function", "case", *head), [(line.path, line.case, *line.cells()) for line in lines])
    print(
        f"{len(tested)} claims are tested. A claim fails (!) if the binomial probability of as many wrong results, at\n"
        f"the allowed rate, is below {FALSE_ALARM:g} / {len(tested)}. If all claims are true, the audit ends with\n"
        f"status 1 with probability at most {FALSE_ALARM:g}.\n"
    )
    failed = [line.sentence(claim) for line in both for claim in line.tested() if claim in line.alarms]
    print("\n".join(["Claims that fail:", *failed]) if failed else "No claim fails.")
    return bool(failed)


def main() -> int:
    """Print the table and the claims that fail; return the exit status."""
    made = argparse.ArgumentParser(description=__doc__)
    made.add_argument("--runs", type=int, default=2000, help="runs of each row (default 2000)")
    made.add_argument("--delta", type=float, nargs="+", default=[0.1, 0.9], help="failure probabilities to audit")
    made.add_argument("--seed", type=int, default=0, help="seed of all runs (default 0)")
    made.add_argument("--only", default="", help="only the rows whose function or case contains this text")
    made.add_argument("--workers", type=int, default=os.cpu_count(), help="processes (default: all cores)")
    made.add_argument("--smoke", action="store_true", help="few runs in one process: does it run?")
    options = made.parse_args()
    runs, workers = (2, 1) if options.smoke else (options.runs, options.workers)
    deltas = (0.1,) if options.smoke else tuple(options.delta)
    rows = make_rows(deltas)
    wanted = [number for number, row in enumerate(rows) if options.only in f"{row.path} | {row.case}"]
    if not wanted:
        made.error(f"no row has {options.only!r} in its function or case")
    began = time.perf_counter()
    counts = count_all(wanted, deltas, runs, options.seed, workers)
    print(f"{machine()}; {time.perf_counter() - began:.0f} s in {workers} processes\n")
    return int(report([rows[number] for number in wanted], counts))


if __name__ == "__main__":
    sys.exit(main())
