"""Metrics of recommended lists, compared with plain references and, for NDCG, with scikit-learn."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import imax
from imax.errors import InvalidArgumentError
from imax.recommend import heteroir, metrics

from . import naive_recommend

PEOPLE = "abcdefg"


@st.composite
def lists_and_truth(draw):
    person = st.sampled_from(PEOPLE)
    lists = draw(st.dictionaries(person, st.lists(person, unique=True, max_size=5), min_size=1, max_size=4))
    pairs = draw(st.lists(st.tuples(person, person), max_size=14))
    return lists, pairs, draw(st.integers(1, 4))


@given(lists_and_truth())
def test_metrics_equal_the_naive_ones(problem):
    lists, pairs, k = problem
    truth = {u: {v for w, v in pairs if w == u and v != u} for u in PEOPLE}
    used = {u: own for u, own in lists.items() if truth[u]}
    found = metrics.evaluate(lists, pairs, [k])
    assert (found.n_users, found.n_left_out) == (len(used), len(lists) - len(used))
    if not used:
        assert math.isnan(metrics.recall_at_k(lists, pairs, k))
        assert math.isnan(metrics.nspread_at_k(lists, pairs, k))
        return
    assert metrics.recall_at_k(lists, pairs, k) == pytest.approx(naive_recommend.recall(used, truth, k))
    assert metrics.ndcg_at_k(lists, pairs, k) == pytest.approx(naive_recommend.ndcg(used, truth, k))
    assert metrics.spread_at_k(lists, pairs, k) == naive_recommend.spread(used, truth, k)
    ideals = {u: metrics._ideal(u, truth, k)[0] for u in used}
    for u, chosen in ideals.items():
        assert set(chosen) <= truth[u]
        assert len(chosen) == min(k, len(truth[u]))
        assert naive_recommend.best_reach(u, {**truth, u: set(chosen)}, k) == naive_recommend.best_reach(u, truth, k)
    ideal = naive_recommend.spread(ideals, truth, k)
    assert metrics.ideal_spread_at_k(lists, pairs, k) == ideal
    assert metrics.nspread_at_k(lists, truth, k) == metrics.spread_at_k(lists, truth, k) / ideal
    assert found.exact == [True]
    assert [found.recall[0], found.ndcg[0], found.spread[0], found.ideal_spread[0]] == pytest.approx([
        metrics.recall_at_k(lists, pairs, k), metrics.ndcg_at_k(lists, pairs, k), metrics.spread_at_k(lists, pairs, k),
        ideal,
    ])  # fmt: skip


def test_ndcg_equals_that_of_scikit_learn():
    sklearn = pytest.importorskip("sklearn.metrics")
    generator = np.random.default_rng(1)
    for k in (1, 3, 5):
        relevant = generator.random((20, 8)) < 0.4
        relevant[:, 0] |= ~relevant.any(axis=1)
        scores = generator.random((20, 8))
        lists = {u: np.argsort(-scores[u]).tolist() for u in range(20)}
        truth = {u: [100 + v for v in np.flatnonzero(relevant[u])] for u in range(20)}
        lists = {u: [100 + v for v in own] for u, own in lists.items()}
        assert metrics.ndcg_at_k(lists, truth, k) == pytest.approx(sklearn.ndcg_score(relevant, scores, k=k))


def test_many_choices_are_greedy_and_reported():
    truth = {"u": range(60), **{v: [1000 + v, 2000 + v] for v in range(60)}}
    found = metrics.evaluate({"u": list(range(3))}, truth, [1, 4])
    assert found.exact == [True, False]
    assert found.ideal_spread == [3, 12]


def test_a_ranking_is_accepted():
    graph = imax.datasets.load("lesmis")
    lists = heteroir(graph, ["Myriel", "Valjean"], k=3)
    truth = [("Myriel", lists["Myriel"][1]), ("Valjean", "Nobody")]
    assert metrics.recall_at_k(lists, truth, 3) == 0.5
    assert metrics.evaluate(lists, truth).to_dict()["ks"] == [1, 2, 3]


@pytest.mark.parametrize(
    ("lists", "truth", "k", "message"),
    [
        (["a"], [], 1, "lists must be a mapping"),
        ({"a": "bc"}, [], 1, r"lists\['a'\] must be a sequence"),
        ({"a": ["b", "b"]}, [], 1, "must not contain a label more than once"),
        ({"a": ["b"]}, ["ab"], 1, "truth must be a mapping, or pairs"),
        ({"a": ["b"]}, [], 0, "k must be at least 1"),
    ],
)
def test_rejected_arguments(lists, truth, k, message):
    with pytest.raises(InvalidArgumentError, match=message) as caught:
        metrics.recall_at_k(lists, truth, k)
    assert str(caught.value).startswith(caught.value.argument)
    if k:
        with pytest.raises(InvalidArgumentError, match="ks must not be empty"):
            metrics.evaluate({"a": ["b"]}, [], [])
