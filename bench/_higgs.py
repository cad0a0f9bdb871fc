"""Reranking on real data: who mentioned and answered whom on Twitter around the discovery of the Higgs boson.

The first part of the events, by time, is the past: it gives the graph, the candidates and the probabilities. The rest
is the truth. A hit is a candidate whom the user contacts again. The spread of a hit is the set of people whom it
contacts in the rest, itself included.
"""

import gzip
import os
from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

import imax
from imax.recommend import Reranker

__all__ = ["RANKERS", "Log", "Split", "choose_blend", "expected_recall", "higgs_log", "measured", "small_log"]

MIN_FRIENDS = 5
KS = (1, 3)
ORDERS = 5  # random orders of the candidates
WINDOWS = 4  # parts of the past for learned probabilities
RANKERS: dict[str, tuple[str, dict[str, Any]]] = {
    "expected-spread": ("expected-spread", {}),
    "heteroir, 5 interactions": ("heteroir", {"interactions": 5}),
    "heteroir, 20 interactions": ("heteroir", {"interactions": 20}),
    "heteroim, 50 sets a node": ("heteroim", {"sets_per_node": 50}),
    "heteroim, 300 sets a node": ("heteroim", {"sets_per_node": 300}),
    "cim": ("cim", {}),
    "probability": ("probability", {}),
    "degree": ("degree", {}),
    "pagerank": ("pagerank", {}),
    "random": ("random", {}),
}
BLENDS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5)


@dataclass(frozen=True)
class Log:
    """Events in the order of time: who contacted whom."""

    source: NDArray[np.int64]
    target: NDArray[np.int64]

    def part(self, begin: float, end: float) -> "Log":
        """Return the events between two shares of all events."""
        first, last = int(begin * self.source.size), int(end * self.source.size)
        return Log(self.source[first:last], self.target[first:last])

    def counts(self) -> dict[tuple[int, int], int]:
        """Return the number of events of each pair."""
        pairs, counts = np.unique(np.stack([self.source, self.target]), axis=1, return_counts=True)
        return dict(zip(zip(*pairs.tolist(), strict=True), counts.tolist(), strict=True))


def higgs_log(kinds: tuple[str, ...] = ("MT", "RE")) -> Log | None:
    """Return the mentions and replies in the folder that IMAX_DATA names; None if the file is not there."""
    path = Path(os.environ.get("IMAX_DATA", ""), "higgs-activity_time.txt.gz")
    if not path.is_file():
        return None
    with gzip.open(path, "rt") as file:
        rows = [line.split() for line in file]
    kept = [(int(t), int(a), int(b)) for a, b, t, kind in rows if kind in kinds and a != b]
    time, source, target = np.array(kept, dtype=np.int64).T
    order = np.argsort(time, kind="stable")
    return Log(source[order], target[order])


def small_log() -> Log:
    """Return made-up events of 60 people, each of whom contacts the same few again and again."""
    generator = np.random.default_rng(0)
    source = generator.integers(0, 60, 3000)
    return Log(source, (source + 1 + generator.geometric(0.15, 3000)) % 60)


@dataclass(frozen=True)
class Split:
    """A past, a truth and a way to make probabilities.

    Attributes
    ----------
    past, future : Log
    p : {"repeat", "learned", "share"}
        ``repeat``: 1 - (1 - r)^n after n events, where r is the share of the pairs of the first half of the past that
        are seen again in its second half. ``learned``: `imax.learn.from_trials`, where each quarter of the past after
        the first event of a pair is a trial. ``share``: n / (1 + past events of the user).
    """

    past: Log
    future: Log
    p: str = "repeat"

    @cached_property
    def probabilities(self) -> dict[tuple[int, int], float]:
        """The probability of each past pair."""
        counts = self.past.counts()
        if self.p == "repeat":
            first, second = self.past.part(0.0, 0.5).counts(), self.past.part(0.5, 1.0).counts()
            r = len(first.keys() & second.keys()) / len(first)
            return {pair: 1.0 - (1.0 - r) ** n for pair, n in counts.items()}
        if self.p == "share":
            total: dict[int, int] = defaultdict(int)
            for (u, _), n in counts.items():
                total[u] += n
            return {(u, v): n / (total[u] + 1) for (u, v), n in counts.items()}
        return self._learned()

    def _learned(self) -> dict[tuple[int, int], float]:
        parts = [self.past.part(i / WINDOWS, (i + 1) / WINDOWS).counts() for i in range(WINDOWS)]
        trials: dict[tuple[int, int], list[int]] = {}
        for i, part in enumerate(parts):
            for pair in part:
                if pair in trials:
                    trials[pair][1] += 1
                else:
                    trials[pair] = [WINDOWS - 1 - i, 0]
        tried = {pair: own for pair, own in trials.items() if own[0]}
        table = {
            "source": [u for u, _ in tried], "target": [v for _, v in tried],
            "n_trials": [n for n, _ in tried.values()], "n_successes": [s for _, s in tried.values()],
        }  # fmt: skip
        model = imax.learn.from_trials(table, n_trials="n_trials", n_successes="n_successes")
        learned = {(u, v): p for u, v, p in model.graph.arcs()}
        new = sum(s for _, s in tried.values()) / sum(n for n, _ in tried.values())
        return {pair: learned.get(pair, new) for pair in trials}

    @cached_property
    def graph(self) -> imax.InfluenceGraph:
        """The past pairs with their probabilities."""
        return imax.InfluenceGraph.from_edges([(u, v, p) for (u, v), p in self.probabilities.items()])

    @cached_property
    def contacts(self) -> dict[int, set[int]]:
        """Whom each person contacts in the future."""
        found: dict[int, set[int]] = defaultdict(set)
        for u, v in self.future.counts():
            found[u].add(v)
        return dict(found)

    @cached_property
    def candidates(self) -> dict[int, list[int]]:
        """The past friends of each user who has enough of them and contacts one again."""
        friends: dict[int, list[int]] = defaultdict(list)
        for u, v in sorted(self.probabilities):
            friends[u].append(v)
        return {
            u: own
            for u, own in friends.items()
            if len(own) >= MIN_FRIENDS and not self.contacts.get(u, set()).isdisjoint(own)
        }

    @cached_property
    def hits(self) -> dict[int, set[int]]:
        """The candidates whom each user contacts again."""
        return {u: self.contacts[u] & set(own) for u, own in self.candidates.items()}

    def rank(self, algorithm: str, *, orders: int = ORDERS, **options: Any) -> list[dict[int, list[int]]]:
        """Return the lists of a ranker, for several random orders of the candidates, which decide between ties.

        Labels are no fair order: people who are more active have smaller ones. 0 stands for the order of the labels.
        """
        if algorithm == "expected-spread":
            options |= {"inviters": list(self.candidates)}
        reranker = Reranker(self.graph, algorithm, rng=1, **options)
        generator = np.random.default_rng(0)
        shuffled = [
            {u: generator.permutation(own).tolist() for u, own in self.candidates.items()} for _ in range(orders)
        ]
        found = [reranker.rerank(c, max(KS), on_short="keep") for c in shuffled or [self.candidates]]
        return [ranking.lists() for ranking in found]

    def ideal(self, u: int, k: int) -> list[int]:
        """Return the hits of a user that reach most others, chosen greedily."""
        reach = {v: self.reached(v) - {u} for v in sorted(self.hits[u])}
        chosen: list[int] = []
        covered: set[int] = set()
        while len(chosen) < min(k, len(reach)):
            best = max((v for v in reach if v not in chosen), key=lambda v: len(reach[v] - covered))
            chosen.append(best)
            covered |= reach[best]
        return chosen

    def reached(self, v: int) -> set[int]:
        """Return a person and those whom the person contacts in the future."""
        return {v} | self.contacts.get(v, set())


def expected_recall(split: Split, k: int) -> float:
    """Return the exact expected recall of ranking by probability, where a random order decides between ties."""
    recalls = []
    for u, own in split.candidates.items():
        p = np.array([split.probabilities[u, v] for v in own])
        hit = np.array([v in split.hits[u] for v in own])
        last = np.sort(p)[::-1][min(k, p.size) - 1]
        above, tied = p > last, p == last
        share = (min(k, p.size) - above.sum()) / tied.sum()
        recalls.append((hit[above].sum() + share * hit[tied].sum()) / hit.sum())
    return float(np.mean(recalls))


class Metrics:
    """The metrics of lists, for any sample of the users.

    Parameters
    ----------
    split : Split
    lists : dict of lists
    """

    def __init__(self, split: Split, lists: dict[int, list[int]]) -> None:
        self.users = list(split.candidates)
        number = {v: i for i, v in enumerate({w for u in split.contacts for w in split.reached(u)} | set(self.users))}
        self.recall: list[Any] = []
        self.ndcg: list[Any] = []
        self.spread: list[Any] = []
        self.ideal: list[Any] = []
        for k in KS:
            recall, ndcg, rows, ideal = [], [], [], []
            discount = 1.0 / np.log2(np.arange(2, k + 2))
            for u in self.users:
                hits = split.hits[u]
                found = np.array([v in hits for v in lists[u][:k]], dtype=bool)
                recall.append(found.sum() / len(hits))
                ndcg.append(discount[: found.size][found].sum() / discount[: min(k, len(hits))].sum())
                rows.append([number.setdefault(w, len(number)) for v in lists[u][:k] if v in hits
                             for w in split.reached(v)])  # fmt: skip
                ideal.append([number.setdefault(w, len(number)) for v in split.ideal(u, k) for w in split.reached(v)])
            self.recall.append(np.array(recall))
            self.ndcg.append(np.array(ndcg))
            self.spread.append(rows)
            self.ideal.append(ideal)
        size = len(number)
        self.spread = [_matrix(rows, size) for rows in self.spread]
        self.ideal = [_matrix(rows, size) for rows in self.ideal]

    def values(self, times: NDArray[np.float64]) -> dict[str, float]:
        """Return all metrics, where each user counts so many times."""
        found = {}
        for i, k in enumerate(KS):
            found[f"recall@{k}"] = float(times @ self.recall[i] / times.sum())
            found[f"ndcg@{k}"] = float(times @ self.ndcg[i] / times.sum())
            reached, ideal = (np.count_nonzero(m.T @ times) for m in (self.spread[i], self.ideal[i]))
            found[f"nspread@{k}"] = reached / max(ideal, 1)
        return found


def _matrix(rows: list[list[int]], size: int) -> Any:
    """Return a row for each user with 1 at the people reached."""
    ptr = np.concatenate([[0], np.cumsum([len(row) for row in rows])])
    places = np.array([i for row in rows for i in row], dtype=np.int64)
    return csr_array((np.ones(places.size), places, ptr), shape=(len(rows), size))


def means(parts: list[Metrics], times: NDArray[np.float64]) -> dict[str, float]:
    """Return the metrics, averaged over the orders of the candidates."""
    values = [part.values(times) for part in parts]
    return {name: float(np.mean([one[name] for one in values])) for name in values[0]}


def measured(
    split: Split, lists: list[dict[int, list[int]]], resamples: int = 0
) -> dict[str, tuple[float, float, float]]:
    """Return each metric with its 95 % interval, from resampled users; without resamples the metric alone."""
    parts = [Metrics(split, own) for own in lists]
    n = len(split.candidates)
    generator = np.random.default_rng(0)
    point = means(parts, np.ones(n))
    samples = [
        means(parts, np.bincount(generator.integers(0, n, n), minlength=n).astype(float)) for _ in range(resamples)
    ] or [point]
    return {
        name: (value, *np.quantile([sample[name] for sample in samples], [0.025, 0.975]).tolist())
        for name, value in point.items()
    }


def choose_blend(split: Split, loss: float = 0.03) -> float:
    """Return the blend of the largest NSpread@3 whose recall@3 is at most `loss` below that of willingness.

    If no blend is that good, return the smallest one.
    """
    floor = measured(split, split.rank("probability"))["recall@3"][0] - loss
    best, found = -1.0, BLENDS[0]
    for blend in BLENDS:
        values = measured(split, split.rank("expected-spread", blend=blend))
        if values["recall@3"][0] >= floor and values["nspread@3"][0] > best:
            best, found = values["nspread@3"][0], blend
    return found
