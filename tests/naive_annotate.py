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


def arcs(x, k):
    """Return {(i, j): p}."""
    near, found = cosines(x), {}
    for i, row in enumerate(neighbors(x, k)):
        weight = {j: max(near[i][j], 0.0) for j in row}
        weight = {j: w for j, w in weight.items() if w >= 1e-6}
        total = sum(weight.values())
        found |= {(i, j): w / total for j, w in weight.items()}
    return found


def select(n, budget, score, allowed, start=()):
    """Select items one by one by `score(item, selected so far)`; ties go to the smaller number."""
    selected = []
    for _ in range(budget):
        free = [i for i in range(n) if i in allowed and i not in selected]
        selected.append(max(free, key=lambda i: (round(score(i, [*start, *selected]), 6), -i)))
    return selected


def vote_k(pairs):
    """Return the score of fast vote-k: Su et al., ICLR 2023, section 2.2.

    score(u) is the sum of s(v) over the items v that are not selected and have an arc (v, u), where s(v) is 10 to the
    power of minus the number of selected items l with an arc (v, l).
    """

    def score(u, selected):
        total = 0.0
        for v, w in pairs:
            if w == u and v not in selected:
                total += 10.0 ** -len([item for item in selected if (v, item) in pairs])
        return total

    return score


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
