"""Neighbors, selections of examples and spreading labels in plain Python."""

import math

import numpy as np

from .naive import WORLDS


def cosines(x):
    x = np.asarray(x, dtype=float)
    length = [math.sqrt(sum(v * v for v in row)) for row in x.tolist()]
    return [
        [float(np.dot(a, b)) / (length[i] * length[j]) for j, b in enumerate(x)] for i, a in enumerate(x)
    ]  # fmt: skip


def neighbors(x, k):
    """Return each item's k nearest others, by decreasing similarity to 12 digits, then by number."""
    near = cosines(x)
    return [
        sorted((j for j in range(len(x)) if j != i), key=lambda j: (-round(near[i][j], 12), j))[:k]
        for i in range(len(x))
    ]  # fmt: skip


def arcs(x, k, direction="in", sharpness=8.0):
    """Return {(u, v): p}: out, an item influences its neighbors; in, the items that have it among their neighbors."""
    near, found = cosines(x), {}
    for i, row in enumerate(neighbors(x, k)):
        weight = {j: near[i][j] ** sharpness for j in row if near[i][j] >= 1e-6}
        total = sum(weight.values())
        found |= {(i, j) if direction == "out" else (j, i): w / total for j, w in weight.items()}
    return found


def select(n, budget, score, allowed, start=()):
    """Select items one by one by `score(item, selected so far)`; ties go to the smaller number."""
    selected = []
    for _ in range(budget):
        free = [i for i in range(n) if i in allowed and i not in selected]
        selected.append(max(free, key=lambda i: (round(score(i, [*start, *selected]), 6), -i)))
    return selected


def _votes(nearest):
    """Return {item: its voters}, in the order of the published program: each item votes for its least similar first."""
    voters = {}
    for i, row in enumerate(nearest):
        for j in reversed(row):
            voters.setdefault(j, []).append(i)
    return voters


def fast_vote_k(nearest, budget, start=()):
    """Select by fast vote-k as the authors' program does (xlang-ai/icl-selective-annotation, two_steps.py).

    `nearest` are the neighbors of each item by decreasing similarity. Items without votes come last, by number: the
    program never selects them.
    """
    voters = _votes(nearest)
    order = sorted(voters, key=lambda j: len(voters[j]), reverse=True)
    order += [j for j in range(len(nearest)) if j not in voters]
    selected, times = [*start], [0] * len(nearest)
    for item in start:
        for i in voters.get(item, []):
            times[i] += 1
    while len(selected) < budget + len(start):
        score = {j: 0.0 for j in order if j not in selected}
        for j in score:
            for i in voters.get(j, []):
                if i not in selected:
                    score[j] += 10 ** -times[i]
        best = max(score, key=score.get)  # the first of equal ones
        selected.append(best)
        for i in voters.get(best, []):
            times[i] += 1
    return selected[len(start) :]


def vote_k_by_confidence(nearest, budget, confidence, start):
    """Select by the second stage of vote-k in the same program.

    In the program the counts of the second stage never change, because it looks items up by a key of another type.
    Here they change, as in the paper.
    """
    n, voters = len(nearest), _votes(nearest)
    selected, times = [*start], [0] * len(nearest)
    for item in start:
        for i in voters.get(item, []):
            times[i] += 1
    ranked = sorted(range(n), key=lambda j: math.inf if j in start else confidence[j])
    size = int(n * 0.9 / budget)
    for stage in range(budget):
        score = {}
        for j in ranked[stage * size : (stage + 1) * size]:
            if j not in selected:
                score[j] = sum(10 ** -times[i] for i in voters.get(j, []) if i not in selected)
        best = max(score, key=score.get)
        selected.append(best)
        for i in voters.get(best, []):
            times[i] += 1
    return selected[len(start) :]


def k_center(x):
    near = np.array(cosines(x))
    unit = np.asarray(x, dtype=float) / np.linalg.norm(x, axis=1, keepdims=True)
    return lambda i, selected: -max(near[i][c] for c in selected) if selected else float(unit[i] @ unit.mean(axis=0))


def facility_location(x):
    near = np.maximum(np.array(cosines(x)), 0.0)

    def score(i, selected):
        before = near[selected].max(axis=0) if selected else np.zeros(len(near))
        return float(np.maximum(near[i] - before, 0.0).sum())

    return score


def sparse_facility_location(nearest, similarity, weight):
    """Return the gain of an item, where similarities exist between an item and its neighbors only, 1 to itself."""
    n = len(nearest)
    near = np.zeros((n, n))
    for i, row in enumerate(nearest):
        for j, value in zip(row, similarity[i], strict=True):
            near[j][i] = max(value, 0.0)
        near[i][i] = 1.0

    def score(i, selected):
        before = near[selected].max(axis=0) if selected else np.zeros(n)
        return float((np.maximum(near[i] - before, 0.0) * weight).sum())

    return score


def first_labels(n, pairs, labels):
    """Return, by enumeration, the probability that each label alone reaches each item at the smallest distance."""
    probability, live = WORLDS["ic"](n, pairs)
    found = [{} for _ in range(n)]
    for p, world in zip(probability, live, strict=True):
        for i in range(n):
            level, seen = {i}, {i}
            while level and not level & labels.keys():
                level = {u for a, (u, v, _) in enumerate(pairs) if world[a] and v in level} - seen
                seen |= level
            here = {labels[u] for u in level & labels.keys()}
            if len(here) == 1:
                label = here.pop()
                found[i][label] = found[i].get(label, 0.0) + p
    return found
