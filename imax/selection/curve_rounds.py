"""Rounds that bound the spread for several numbers of seeds at once."""

import dataclasses
import math
from collections.abc import Callable, Generator
from dataclasses import dataclass
from functools import partial, reduce

import numpy as np
from numpy.typing import NDArray

from ..ris.bounds import GREEDY
from ..ris.constraint import Constraint
from ..ris.coverage import Cover, CoverAlgorithm, greedy_cover
from ..ris.marks import Collection
from ..ris.worlds import WorldCover
from .algorithms.hist import cover_after
from .algorithms.opim_c import schedule_of, stop_rule
from .algorithms.worlds import choose_on_worlds
from .certification import reason_to_stop
from .common_seed import CommonSeed
from .cut_sets import certificate_collections
from .doubling import doubling_rounds, run_rounds
from .forecast import Forecast
from .outcome import REACHED, UNSETTLED, Bounds
from .problem import Problem
from .rounds import CollectionPair
from .settling import Round, Settling

__all__ = ["CurveRound", "bound_prefixes", "bound_sizes"]

Seeds = NDArray[np.int32]


@dataclass(frozen=True)
class CurveRound(Round):
    """A round with the seeds and the bounds for each number of seeds; its own fields are those of the largest."""

    seeds_of: list[Seeds]
    bounds_of: list[Bounds]


def bound_prefixes(
    problem: Problem, common: CommonSeed, *, on_worlds: bool = False
) -> tuple[CollectionPair, CurveRound, str, int]:
    """Choose seeds greedily and bound the spread of every prefix of them.

    Parameters
    ----------
    problem : Problem
        Without forced seeds; only the number of seeds is limited.
    common : CommonSeed
        Where the RR sets end.
    on_worlds : bool, default False
        Whether the seeds are chosen on worlds, before any RR set of the bounds is drawn.

    Returns
    -------
    tuple of (CollectionPair, CurveRound, str, int)
        The collections, the last round, the stop reason and the number of rounds.
    """
    pair = CollectionPair(problem, sentinels=(common.ends, common.ends), why=common.why)
    chosen = None
    if on_worlds:
        with pair.clock("worlds"):
            chosen = choose_on_worlds(dataclasses.replace(problem, constraint=common.constraint(problem.constraint)))
    best, reason, number = run_rounds(_prefix_rounds(pair, common, chosen))
    return pair, best, reason, number


def bound_sizes(
    problems: list[Problem], given: list[Seeds] | None, precision: float, common: CommonSeed
) -> tuple[CollectionPair, CurveRound, str, int]:
    """Bound the spread for problems that differ in their constraints only, on the same collections.

    Parameters
    ----------
    problems : list of Problem
        By rising number of seeds.
    given : list of numpy.ndarray of int32, or None
        Seeds of each problem, which were chosen without looking at the collections. None: choose greedily.
    precision : float
        With given seeds: sampling ends when both bounds are within this share of the estimates.
    common : CommonSeed
        Where the RR sets end, if there are no given seeds.

    Returns
    -------
    tuple of (CollectionPair, CurveRound, str, int)
        As `bound_prefixes`.
    """
    select: CoverAlgorithm = greedy_cover
    if given is None:
        pair = CollectionPair(problems[-1], sentinels=(common.ends, common.ends), why=common.why)
        if common.seeds.size:
            select = partial(_cover_after_common, common)
    else:
        in_all = reduce(np.intersect1d, given).astype(np.int32)
        pair, select = certificate_collections(problems[-1], in_all, smallest=problems[0])
    best, reason, number = run_rounds(_sized_rounds(pair, problems, given, precision, select))
    return pair, best, reason, number


def _cover_after_common(common: CommonSeed, collection: Collection, constraint: Constraint) -> Cover:
    """Choose after the common first seed."""
    return cover_after(collection, common.constraint(constraint), whole=constraint)


def _sized_rounds(
    pair: CollectionPair, problems: list[Problem], given: list[Seeds] | None, precision: float, select: CoverAlgorithm
) -> Generator[CurveRound, None, str]:
    q = pair.problem
    schedule = schedule_of(q, q.delta)
    a = schedule.a + math.log(len(problems))

    def new_rule() -> Callable[[Round], str | None]:
        return stop_rule(q) if given is None else lambda best: reason_to_stop(pair, best, precision)

    forecast, stop = Forecast(new_rule, schedule.rounds), new_rule()

    def make_round(number: int, count: int) -> CurveRound:
        pair.draw(count, count)
        with pair.clock("index"):
            pair.selection.build_index()
        with pair.clock("greedy"):
            covers = [select(pair.selection, problem.constraint) for problem in problems]
        seeds_of = [cover.seeds for cover in covers] if given is None else given
        bounds_of, covered, own = [], 0, float(pair.own_weights(np.unique(seeds_of[-1])).sum())
        level = pair.level(forecast, covers[-1], own, a)
        for problem, cover, seeds in zip(problems, covers, seeds_of, strict=True):
            with pair.clock("certify"):
                covered = int(pair.validation.first_covered(seeds, problem.constraint.start).sum())
            own = float(pair.own_weights(np.unique(seeds)).sum())
            least = min(problem.constraint.min_spread(q.weights), pair.total)
            bounds_of.append(pair.bounds(covered, cover.upper_bound, a, level, own=own, min_spread=least))
        pair.have_result = True
        return CurveRound(
            covers[-1], covered, pair.known(own), bounds_of[-1], pair.selection.n_sets, pair.n_sets, pair.n_entries,
            seeds_of, bounds_of,
        )  # fmt: skip

    return doubling_rounds(pair, schedule, make_round, stop, target=1.0)


def _prefix_rounds(
    pair: CollectionPair, common: CommonSeed, chosen: WorldCover | None
) -> Generator[CurveRound, None, str]:
    q = pair.problem
    target = GREEDY - q.epsilon
    schedule = schedule_of(q, q.delta)
    a = schedule.a + math.log(q.constraint.k)

    def new_rule() -> Callable[[Round], str | None]:
        settling = Settling(q.graph.n_nodes)

        def stop(best: Round) -> str | None:
            if best.bounds.ratio < target:
                return None
            # more sets do not change seeds that are chosen on worlds
            settled = best.settled(q.epsilon) if chosen is None else best.relative_error <= q.epsilon
            return settling.stop(best, settled, REACHED, UNSETTLED)

        return stop

    forecast = Forecast(new_rule, schedule.rounds)

    def make_round(number: int, count: int) -> CurveRound:
        pair.draw(count, count)
        with pair.clock("index"):
            pair.selection.build_index()
        with pair.clock("greedy"):
            cover = _cover(pair, common)
            if chosen is not None:
                cover = _replaced(pair, cover, chosen)
        with pair.clock("certify"):
            covered = np.cumsum(pair.validation.first_covered(cover.seeds, q.constraint.start))
        own = float(pair.own_weights(cover.seeds).sum())
        prefixes = _bounds(pair, cover, covered, a, pair.level(forecast, cover, own, a))
        pair.have_result = True
        seeds_of = [cover.seeds[: j + 1] for j in range(len(prefixes))]
        known = pair.known(own)
        return CurveRound(
            cover, int(covered[-1]), known, prefixes[-1], pair.selection.n_sets, pair.n_sets, pair.n_entries, seeds_of,
            prefixes,
        )  # fmt: skip

    return doubling_rounds(pair, schedule, make_round, new_rule(), target=target)


def _cover(pair: CollectionPair, common: CommonSeed) -> Cover:
    """Choose greedily after the common first seed, and bound what each number of other nodes covers together with it.

    The choice has one node more than the bounds of the other numbers of seeds need.
    """
    c = pair.problem.constraint
    if not common.seeds.size:
        found = greedy_cover(pair.selection, c, per_size=True)
        assert found.upper_bounds is not None
        reached = (np.cumsum(found.gains) / GREEDY).astype(np.int64)  # the greedy choice is 1 - 1/e of the best
        return dataclasses.replace(found, upper_bounds=np.minimum(found.upper_bounds, reached))
    more = dataclasses.replace(common.constraint(c), k=c.k + common.seeds.size)
    found = greedy_cover(pair.selection, more, per_size=True)
    assert found.upper_bounds is not None
    seeds, gains = found.seeds[: c.k], found.gains[: c.k]
    limits = np.append(found.upper_bounds, found.covered)[: seeds.size]  # all nodes are chosen if one is missing
    return Cover(seeds, gains, int(gains.sum()), int(limits[-1]), limits)


def _replaced(pair: CollectionPair, cover: Cover, chosen: WorldCover) -> Cover:
    """Return seeds that are chosen on worlds, with their gains as numbers of RR sets, and the bounds of a cover."""
    assert cover.upper_bounds is not None
    n = min(chosen.seeds.size, cover.seeds.size)
    gains = chosen.gains[:n] * (pair.selection.n_sets / pair.total)
    return Cover(chosen.seeds[:n], gains, float(gains.sum()), cover.upper_bound, cover.upper_bounds[:n])


def _bounds(pair: CollectionPair, cover: Cover, covered: NDArray[np.int64], a: float, level: float) -> list[Bounds]:
    """Return the bounds of every prefix of a choice."""
    assert cover.upper_bounds is not None
    own = np.cumsum(pair.own_weights(cover.seeds))
    candidates = np.flatnonzero(pair.problem.constraint.allowed).astype(np.int32)
    min_spread = np.cumsum(-np.sort(-pair.own_weights(candidates)))[: own.size]  # of the best seeds of each number
    optimum_own = pair.optimum_own_weights()[1 : own.size + 1]
    numbers = zip(
        covered.tolist(),
        cover.upper_bounds.tolist(),
        own.tolist(),
        min_spread.tolist(),
        optimum_own.tolist(),
        strict=True,
    )
    return [
        pair.bounds(have, limit, a, level, own=weight, min_spread=min(best, pair.total), optimum_own=least)
        for have, limit, weight, best, least in numbers
    ]
