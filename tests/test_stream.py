"""The random streams: the words are those of the reference, and the words of the reference look random.

Keys are fixed, so each test always gives the same result. With a random key each would fail once in a million times.
"""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numba import njit
from scipy.stats import chi2, norm

from imax._utils.streams import key_from
from imax.kernels import stream as kernels

from . import naive

FALSE_ALARM = 1e-6
WORDS = st.integers(0, 2**64 - 1)
STREAMS = 1 << 18


@njit
def mulhi(a, b):
    return kernels.mulhi(a, b)


@njit
def as_float(word):
    return kernels.as_float(word)


@njit
def touch(array, i):
    kernels.prefetch(array, i)
    return array.sum()


@pytest.fixture(autouse=True)
def _wrapping():
    with np.errstate(over="ignore"):
        yield


def words_of(key, i, count):
    state, step = kernels.stream(np.uint64(key[0]), np.uint64(key[1]), np.uint64(i))
    state, step, words = np.uint64(state), np.uint64(step), []
    for _ in range(count):
        state += step
        words.append(int(kernels.mix(state)))
    return words


def bits_fit(counts, n):
    """Return the p-value of counts of fair coins tossed n times each."""
    z2 = (np.asarray(counts) - n / 2) ** 2 / (n / 4)
    return chi2.sf(z2.sum(), z2.size)


@given(WORDS, WORDS, WORDS)
def test_words_are_the_reference_s(key0, key1, i):
    assert words_of((key0, key1), i, 5) == naive.stream_words((key0, key1), i, 5)


def test_the_two_references_agree():
    key = key_from(5)
    many = naive.many_words(key, 2**40, 20, 4)
    assert [naive.stream_words(key, 2**40 + i, 4) for i in range(20)] == many.tolist()


@given(WORDS, WORDS)
def test_mulhi_is_the_upper_half_of_the_product(a, b):
    assert int(mulhi(np.uint64(a), np.uint64(b))) == (a * b) >> 64


@given(WORDS)
def test_unit_takes_53_bits_and_stays_below_1(word):
    x = kernels.unit(np.uint64(word))
    assert x == (word >> 11) * 2.0**-53
    assert 0.0 <= x < 1.0


@given(st.floats(allow_nan=False))
def test_a_float_s_bits_come_back(x):
    assert float(as_float(np.float64(x).view(np.uint64))) == x


@pytest.mark.parametrize("shape", [(5,), (5, 3)])
def test_a_prefetch_changes_nothing(shape):
    array = np.ones(shape)
    assert touch(array, 4) == array.size


@given(WORDS, WORDS)
def test_mix_is_injective(a, b):
    assert (int(kernels.mix(np.uint64(a))) == int(kernels.mix(np.uint64(b)))) == (a == b)


@pytest.mark.parametrize("shift", [0, 8, 24, 32, 48, 56])
@pytest.mark.parametrize("place", [0, 1, 7])
def test_bytes_are_uniform(shift, place):
    # a byte value off by 14 % of its share would be seen
    words = naive.many_words(key_from(11), 0, STREAMS, 8)[:, place]
    counts = np.bincount(((words >> np.uint64(shift)) & np.uint64(255)).astype(np.int64), minlength=256)
    assert naive.fit(counts, np.full(256, STREAMS / 256)) > FALSE_ALARM


@pytest.mark.parametrize("d", [2, 3, 7, 100, 4039])
def test_places_by_the_upper_product_are_uniform(d):
    words = naive.many_words(key_from(12), 0, STREAMS, 1)[:, 0]
    low = (words & np.uint64(0xFFFFFFFF)) * np.uint64(d) >> np.uint64(32)
    places = ((words >> np.uint64(32)) * np.uint64(d) + low) >> np.uint64(32)
    sample = words[:50].tolist()
    assert places[:50].tolist() == [int(mulhi(np.uint64(w), np.uint64(d))) for w in sample]
    counts = np.bincount(places.astype(np.int64), minlength=d)
    assert naive.fit(counts, np.full(d, STREAMS / d)) > FALSE_ALARM


@pytest.mark.parametrize(("ahead", "place"), [(1, 0), (2, 0), (16, 0), (4096, 0), (1, 1), (0, 1), (0, 2)])
def test_neighboring_streams_and_words_are_independent(ahead, place):
    # a correlation of single bits of 0.015 would be seen
    words = naive.many_words(key_from(13), 0, STREAMS, 3)
    first, second = words[: STREAMS - ahead, 0], words[ahead:, place]
    n = first.size
    for shift in (0, 60):
        pair = ((first >> np.uint64(shift)) & np.uint64(15)) * np.uint64(16) + (
            (second >> np.uint64(shift)) & np.uint64(15)
        )
        assert naive.fit(np.bincount(pair.astype(np.int64), minlength=256), np.full(256, n / 256)) > FALSE_ALARM
    differ = first ^ second
    assert bits_fit([int(((differ >> np.uint64(b)) & np.uint64(1)).sum()) for b in range(64)], n) > FALSE_ALARM
    # all 64 bits against all 64 others
    bits = ((first[: 1 << 15, None] >> np.arange(64, dtype=np.uint64)) & np.uint64(1)).astype(np.float64) * 2 - 1
    other = ((second[: 1 << 15, None] >> np.arange(64, dtype=np.uint64)) & np.uint64(1)).astype(np.float64) * 2 - 1
    z = bits.T @ other / np.sqrt(len(bits))
    assert 4096 * norm.sf(np.abs(z).max()) * 2 > FALSE_ALARM


@pytest.mark.parametrize("words_per_stream", [1, 4])
def test_no_word_comes_twice(words_per_stream):
    # among 2**20 words of 64 bits, two are equal with probability 3e-8
    words = naive.many_words(key_from(14), 0, (1 << 20) // words_per_stream, words_per_stream)
    assert np.unique(words).size == words.size


def test_both_halves_of_the_key_count():
    base = naive.many_words((1, 2), 0, 4096, 1)
    for key in [(2, 2), (1, 3), (1, 2**63 + 2), (2**63 + 1, 2), (2, 1)]:
        other = naive.many_words(key, 0, 4096, 2)
        if key[0] == 1:
            other = other[:, 1:]  # the start depends on the first half alone; the step on both
        assert np.intersect1d(base, other).size == 0
    assert words_of((1, 2), 0, 1) != words_of((1, 3), 0, 1)


def test_the_sum_of_units_is_as_it_should_be():
    units = (naive.many_words(key_from(15), 0, STREAMS, 4) >> np.uint64(11)).astype(float) * 2.0**-53
    z = (units.mean(axis=0) - 0.5) * np.sqrt(12 * STREAMS)
    assert 2 * norm.sf(np.abs(z).max()) * 4 > FALSE_ALARM
    sums = units.sum(axis=1)
    assert abs(sums.var() / (4 / 12) - 1) < 0.02
