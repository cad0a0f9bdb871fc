"""The bounds: the paper's formulas, and their failure probability worked out exactly."""

import math
from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom, binomtest, norm

from imax.ris.bounds import (
    GREEDY,
    MAX_ROUNDS,
    imm_sizes,
    interval_at_level,
    level_of_look,
    log_binomial,
    lower_bound,
    opim_schedule,
    upper_bound,
    wilson,
    z_at_level,
)

from . import naive

SETS = st.integers(1, 10**9)
LEVEL = st.floats(0.01, 100)


@given(SETS, st.floats(0, 1), st.floats(1, 1e9), LEVEL)
def test_the_formulas_are_the_paper_s(n_sets, share, total, a):
    covered = int(share * n_sets)
    lower = naive.opim_lower(covered, n_sets, total, a)
    upper = naive.opim_upper(covered, n_sets, total, a)
    assert lower_bound(covered, n_sets, total, a) == pytest.approx(max(0.0, lower), rel=1e-9, abs=1e-9 * total / n_sets)
    assert upper_bound(covered, n_sets, total, a) == pytest.approx(min(total, upper), rel=1e-9)


@given(SETS, st.floats(0, 1), st.floats(1, 1e9), LEVEL)
def test_bounds_enclose_the_estimate(n_sets, share, total, a):
    covered = int(share * n_sets)
    estimate = total * covered / n_sets
    assert 0.0 <= lower_bound(covered, n_sets, total, a) <= estimate + 1e-12 * total
    assert estimate * (1 - 1e-12) <= upper_bound(covered, n_sets, total, a) <= total


@pytest.mark.parametrize("n_sets", [1, 7, 50, 1000, 30_000])
@pytest.mark.parametrize("a", [0.5, math.log(20), 10.0])
def test_bounds_fail_no_more_often_than_they_say(n_sets, a):
    # no sampling: the binomial probabilities of all counts for which a bound misses the truth
    counts = np.arange(n_sets + 1)
    lower = np.array([lower_bound(int(c), n_sets, 1.0, a) for c in counts])
    upper = np.array([upper_bound(int(c), n_sets, 1.0, a) for c in counts])
    for share in (1e-4, 0.003, 0.02, 0.1, 0.3, 0.5, 0.8, 0.99):
        law = binom.pmf(counts, n_sets, share)
        assert law[lower > share].sum() <= math.exp(-a)
        assert law[upper < share].sum() <= math.exp(-a)


def test_bounds_close_in():
    for n_sets in (10**4, 10**6, 10**8):
        lower, upper = (bound(n_sets // 5, n_sets, 1.0, math.log(100)) for bound in (lower_bound, upper_bound))
        standard_error = math.sqrt(0.2 / n_sets)
        assert upper - lower < 2 * 3.5 * standard_error


@given(st.integers(1, 5000), st.data())
def test_log_binomial(n, data):
    k = data.draw(st.integers(0, n))
    assert log_binomial(n, k) == pytest.approx(math.log(math.comb(n, k)), rel=1e-9, abs=1e-9)


@given(st.integers(2, 10**5), st.data(), st.floats(0.01, 0.6), st.floats(1e-6, 0.5))
def test_the_schedule_is_the_paper_s(n, data, epsilon, delta):
    k = data.draw(st.integers(1, min(n, 100)))
    first, largest, rounds, a = naive.opim_sizes(n, k, epsilon, delta)
    schedule = opim_schedule(log_binomial(n, k), float(n), float(k), epsilon, delta)
    assert schedule.first == pytest.approx(first, abs=1.0)
    assert schedule.first >= first * (1 - 1e-12)
    # a power of two exactly may be rounded either way
    assert abs(schedule.rounds - rounds) <= (abs(math.log2(largest / first) % 1) < 1e-9)
    assert schedule.a == pytest.approx(a, rel=0.1)
    # the last round has the sets that the guarantee needs
    assert schedule.first << (schedule.rounds - 1) >= largest * (1 - 1e-9)


@given(st.integers(2, 10**5), st.data(), st.floats(0.01, 0.6), st.floats(0.2, 3.0))
def test_imm_s_sizes_are_the_paper_s(n, data, epsilon, ell):
    k = data.draw(st.integers(1, min(n, 100)))
    test, choose = imm_sizes(float(n), log_binomial(n, k), epsilon, n**-ell, min_spread=float(k))
    expected = naive.imm_sizes(n, k, epsilon, ell)
    assert (test, choose) == pytest.approx(expected, rel=1e-9)


@given(st.floats(1e-6, 1e6), st.integers(2, 10**5), st.floats(0.01, 0.6))
def test_imm_s_sizes_do_not_depend_on_the_unit_of_weights(unit, n, epsilon):
    plain = imm_sizes(float(n), math.log(n), epsilon, 0.1, min_spread=1.0)
    scaled = imm_sizes(n * unit, math.log(n), epsilon, 0.1, min_spread=unit)
    assert scaled == pytest.approx([size * unit for size in plain], rel=1e-9)


def test_odd_schedules():
    everything = opim_schedule(0.0, 5.0, 5.0, 0.9, 0.5)
    assert everything.rounds == 2
    assert everything.first >= 1
    assert opim_schedule(math.log(5), 10.0, 0.0, 0.1, 0.05).rounds == MAX_ROUNDS
    assert opim_schedule(math.log(5), 1e300, 1e-300, 0.1, 0.05).rounds == MAX_ROUNDS


@given(st.integers(1, 1000), st.data())
def test_wilson_is_scipy_s(n_sets, data):
    covered = data.draw(st.integers(0, n_sets))
    expected = binomtest(covered, n_sets).proportion_ci(method="wilson")
    low, high = wilson(covered, n_sets, 10.0)
    assert (low, high) == pytest.approx((10 * expected.low, 10 * expected.high), abs=1e-9)


def test_looks_share_the_level():
    """The probabilities of a miss at all looks sum to 5 %."""
    missed = [2 * norm.sf(z_at_level(level_of_look(look))) for look in range(1, 3000)]
    assert sum(missed) == pytest.approx(0.05, rel=1e-3)
    assert sum(missed) < 0.05
    assert missed == sorted(missed, reverse=True)
    assert missed[:9] == pytest.approx([level_of_look(look) for look in range(1, 10)])


@given(st.integers(1, 1000), st.data())
def test_few_sets_have_scipy_s_exact_interval(n_sets, data):
    near, level = data.draw(st.integers(0, min(20, n_sets))), data.draw(st.floats(1e-6, 0.05))
    covered = data.draw(st.sampled_from([near, n_sets - near]))
    expected = binomtest(covered, n_sets).proportion_ci(1 - level, method="exact")
    found = interval_at_level(covered, n_sets, 1.0, level)
    assert found == pytest.approx((expected.low, expected.high), abs=1e-9)


def test_the_interval_of_known_sets_counts_the_others():
    assert interval_at_level(14, 40, 40.0, 0.01, known=10) == pytest.approx(
        [10 + end for end in interval_at_level(4, 30, 30.0, 0.01)]
    )
    assert interval_at_level(10, 10, 5.0, 0.01, known=10) == (5.0, 5.0)


LEVELS = {
    "by look": [level_of_look(look) for look in range(1, 11)],
    "forecast": naive.interval_levels([0, 0, 0.1, 0.4, 0.8, 1, 1, 1, 1, 1], 10),
    "wrong forecast": naive.interval_levels([1, 0, 1, 0, 0.5, 0.5, 0, 0, 0, 0], 10),
}


@pytest.mark.parametrize("kind", LEVELS)
@pytest.mark.parametrize(("first", "share"), [(30, 0.01), (30, 0.99), (2000, 0.01), (2000, 0.1), (2000, 0.5)])
def test_intervals_hold_however_sampling_stops(first, share, kind):
    """The worst stopping rule: stop at the first of ten doublings whose interval misses the truth."""
    rng, runs = np.random.default_rng(5), 4000
    missed, plain = np.zeros(runs, dtype=bool), np.zeros(runs, dtype=bool)
    covered, n_sets = np.zeros(runs, dtype=int), 0
    for level in LEVELS[kind]:
        more = max(n_sets, first)
        covered += rng.binomial(more, share, runs)
        n_sets += more
        for wrong, interval in ((missed, partial(interval_at_level, level=level)), (plain, wilson)):
            ends = {have: interval(have, n_sets, 1.0) for have in set(covered.tolist())}
            for run, have in enumerate(covered.tolist()):
                wrong[run] |= not ends[have][0] <= share <= ends[have][1]
    assert binom.sf(int(missed.sum()) - 1, runs, 0.05) > 1e-3
    assert plain.mean() > 0.15


def test_the_greedy_share():
    assert pytest.approx(1 - 1 / math.e) == GREEDY
