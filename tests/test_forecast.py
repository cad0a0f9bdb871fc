"""The forecast of the last round: how it divides the 5 % of an interval, and that it never sees the validation sets."""

import math
from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

import imax
from imax._utils.streams import Stream
from imax.capacity import CapacityProblem, assign, choose_inviters
from imax.ris.bounds import MAX_ROUNDS, level_of_look, wilson
from imax.ris.coverage import Cover
from imax.selection import rounds
from imax.selection.algorithms.opim_c import stop_rule
from imax.selection.forecast import Forecast
from imax.selection.problem import make_problem
from imax.selection.rounds import CollectionPair

from . import naive

N_RULES = 5
FEW = Cover(np.array([0], dtype=np.int32), np.array([50]), 50, 60)


def forecast_of(counts, n_rounds):
    """Return a forecast of which so many rules expect each round to be the last one."""
    numbers = iter(range(N_RULES))

    def new_rule():
        number, left = next(numbers), iter(counts)
        return lambda best: "enough" if number < next(left) else None

    return Forecast(new_rule, n_rounds)


@given(st.lists(st.integers(0, N_RULES), min_size=1, max_size=MAX_ROUNDS), st.booleans())
def test_all_rounds_together_have_the_level(counts, is_complete):
    """Whatever the forecast says: with the rounds that are cut short, the probabilities sum to at most 5 %."""
    n_rounds = len(counts) + 1 - is_complete
    forecast = forecast_of(counts, n_rounds)
    levels = [forecast.level(FEW, 0, 100, lambda covered: None) for _ in counts]
    assert levels == pytest.approx(naive.interval_levels([c / N_RULES for c in counts], n_rounds))
    cut_short = sum(level_of_look(MAX_ROUNDS + step) for step in range(1, 10_000))
    assert sum(levels) + forecast.left + cut_short <= 0.05
    assert min(levels) > 0.0
    if is_complete:
        assert forecast.left == pytest.approx(0.0, abs=1e-15)


@pytest.mark.parametrize("gains", [[400], [4] * 100, [0, 0, 90.5]])
@pytest.mark.parametrize("known", [0, 60])
def test_the_share_is_the_probability_of_the_last_round(gains, known):
    """Coverage of the validation sets is taken as normal, a little below that of the selection sets."""
    gains, n_sets = np.array(gains), 1000
    covered = gains.sum()
    cover = Cover(np.arange(gains.size, dtype=np.int32), gains, covered, 2 * covered)
    random = covered - known
    optimism = sum(min(math.sqrt(gain * random / covered), 2.5) for gain in gains)
    error = math.sqrt(2 * random * (1 - covered / n_sets) + (0.5 * optimism) ** 2)
    for quantile in (0.2, 0.5, 0.7):
        needed = norm.isf(quantile, covered - optimism, error)
        if needed < known:
            continue
        forecast = Forecast(lambda needed=needed: lambda found: "enough" if found >= needed else None, 9)
        before = forecast.left
        assert forecast.level(cover, known, n_sets, lambda found: found) / before == pytest.approx(
            quantile, abs=0.51 / N_RULES
        )


def test_the_level_depends_on_the_selection_sets_only():
    problem = make_problem(imax.datasets.load("karate"), 3, {}, function="maximize", epsilon=0.2, rng=1, threads=1)
    levels, ends = [], []
    for validation in (Stream.VALIDATION, Stream.RR_SETS, Stream.VERIFICATION):
        pair = CollectionPair(problem, (Stream.SELECTION, validation))
        forecast = Forecast(partial(stop_rule, problem), 9)
        spent = []
        for number in range(1, 5):
            before = forecast.left
            found = pair.round(20 << number, 20 << number, problem.constraint, 3.0, level=forecast)
            spent.append(before - forecast.left)
            ends.append(found.bounds.interval)
        levels.append(spent)
    assert levels[0] == levels[1] == levels[2]
    assert len(set(ends)) == len(ends)


def test_the_forecast_sees_the_round_that_comes():
    """With the coverage that the validation sets have, the guess is the round itself, except for the interval."""
    problem = make_problem(imax.datasets.load("karate"), 2, {}, function="maximize", epsilon=0.2, rng=2, threads=1)
    pair = CollectionPair(problem)
    guesses = []

    class Spy(Forecast):
        def level(self, cover, known, n_sets, round_at):
            guesses.append(round_at)
            return super().level(cover, known, n_sets, round_at)

    found = pair.round(100, 100, problem.constraint, 3.0, level=Spy(partial(stop_rule, problem), 9))
    guess = guesses[0](found.covered)
    assert (guess.bounds.spread, guess.bounds.lower, guess.bounds.upper) == (
        found.bounds.spread, found.bounds.lower, found.bounds.upper
    )  # fmt: skip
    assert (guess.covered, guess.known, guess.n_selecting) == (found.covered, found.known, found.n_selecting)
    assert guess.cover is found.cover


def adaptive_results():
    """Return results of all functions whose intervals use a forecast."""
    graph = imax.datasets.load("karate")
    friends = CapacityProblem(imax.datasets.load("lesmis"), ["Valjean", "Marius"], 2)
    work = {"epsilon": 0.3, "rng": 1, "threads": 1}
    return {
        "opim-c": lambda: imax.maximize(graph, 3, algorithm="opim-c", **work),
        "hist": lambda: imax.maximize(graph, 3, algorithm="hist", **work),
        "quotas": lambda: imax.maximize(graph, None, algorithm="opim-c", groups=[0] * 34, quotas={0: 2}, **work),
        "certify": lambda: imax.certify(graph, [0, 33], **work),
        "curve": lambda: imax.curve(graph, 3, **work),
        "curve under quotas": lambda: imax.curve(graph, 2, groups=[0] * 30 + [1] * 4, quotas={1: 1}, **work),
        "assign": lambda: assign(friends, **work),
        "friends who may decline": lambda: assign(friends, acceptance=0.5, **work),
        "inviters": lambda: choose_inviters(friends, 1, **work),
    }


@pytest.mark.parametrize("name", adaptive_results())
def test_levels_of_a_whole_run(name, monkeypatch):
    """The levels of a run sum to less than 5 %, and its interval is the one of the last of them."""
    seen, exact = [], rounds.interval_at_level

    def spy(covered, n_sets, total, level, known):
        found = exact(covered, n_sets, total, level, known)
        seen.append((level, found, wilson(covered, n_sets, total, known=known)))
        return found

    monkeypatch.setattr(rounds, "interval_at_level", spy)
    result = adaptive_results()[name]()
    assert seen
    levels = list(dict.fromkeys(level for level, *_ in seen))
    assert sum(levels) < 0.05
    low, high = (result.low[-1], result.high[-1]) if name.startswith("curve") else result.interval
    _, found, fixed = seen[-1]
    assert low == pytest.approx(max(found[0], low))
    assert high == pytest.approx(found[1])
    assert found[1] >= fixed[1]
