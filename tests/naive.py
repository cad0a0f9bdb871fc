"""Slow and obvious reference implementations, written from the papers without imax.

Nodes are 0 to n - 1 and arcs are (source, target, probability) triples. Sets of nodes are bit masks.
"""

import itertools
import math

import numpy as np
from scipy.stats import chi2

# -- intervals ---------------------------------------------------------------------------------------------------


def interval_levels(likely, n_rounds):
    """Return the probabilities with which the intervals of rounds may miss.

    `likely` says how likely each round is the last one. A round gets this share of what the rounds before it have left,
    but at least 1/32 and at most 95 %. The last round that is possible gets all. Rounds that are cut short have looks
    from 61 on to themselves.
    """
    left = 0.05 * (1 - 1 / (10 * math.pi**2))
    levels = []
    for number, share in enumerate(likely, 1):
        levels.append(left if number == n_rounds else left * min(max(share, 1 / 32), 0.95))
        left -= levels[-1]
    return levels


# -- random words ------------------------------------------------------------------------------------------------

WORD = 2**64


def mix(x):
    """Return Stafford's 13th variant of the 64-bit finalizer of a Python int."""
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9 % WORD
    x = (x ^ (x >> 27)) * 0x94D049BB133111EB % WORD
    return x ^ (x >> 31)


def stream_words(key, i, count):
    """Return the first words of stream i: a Weyl sequence with a start and an odd step that depend on i."""
    start = mix((key[0] + 0x9E3779B97F4A7C15 * (i + 1)) % WORD)
    step = mix(start ^ key[1]) | 1
    return [mix((start + j * step) % WORD) for j in range(1, count + 1)]


def mix_words(x):
    """Return `mix` of each word of an array."""
    with np.errstate(over="ignore"):
        x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return x ^ (x >> np.uint64(31))


def many_words(key, first, streams, count):
    """Return the first words of many streams: uint64, shape (streams, count)."""
    i = np.arange(first, first + streams, dtype=np.uint64)
    with np.errstate(over="ignore"):
        start = mix_words(np.uint64(key[0]) + np.uint64(0x9E3779B97F4A7C15) * (i + np.uint64(1)))
        step = mix_words(start ^ np.uint64(key[1])) | np.uint64(1)
        return mix_words(start[:, None] + step[:, None] * np.arange(1, count + 1, dtype=np.uint64))


# -- graphs ------------------------------------------------------------------------------------------------------


def merged_arcs(arcs, multi_edges="merge", directed=True):
    """Return {(u, v): p} without self-loops, (number of loops, number of arcs merged)."""
    found = {}
    loops = merged = 0
    for u, v, p in arcs:
        if u == v:
            loops += 1
            continue
        for pair in [(u, v)] if directed else [(u, v), (v, u)]:
            if pair not in found:
                found[pair] = p
                continue
            merged += 1
            found[pair] = max(found[pair], p) if multi_edges == "merge" else 1 - (1 - found[pair]) * (1 - p)
    return found, loops, merged


def reverse_rows(n, pairs):
    """Return {target: sorted list of sources}."""
    return {v: sorted(u for u, w in pairs if w == v) for v in range(n)}


def weighted_cascade(pairs):
    """Return (u, v, 1 / in-degree of v) triples."""
    degree = {}
    for _, v in pairs:
        degree[v] = degree.get(v, 0) + 1
    return [(u, v, 1 / degree[v]) for u, v in pairs]


# -- live-arc graphs, all of them --------------------------------------------------------------------------------


def worlds_ic(n, arcs):
    """Return (probability of each world, which arcs are live in it): arcs are independent."""
    m = len(arcs)
    live = (np.arange(1 << m)[:, None] >> np.arange(m)) & 1 == 1
    p = np.array([a[2] for a in arcs], dtype=float)
    return np.prod(np.where(live, p, 1 - p), axis=1), live


def worlds_lt(n, arcs):
    """Return (probability of each world, which arcs are live in it): one in-arc of each node, or none."""
    choices = []
    for v in range(n):
        into = [(a, arc[2]) for a, arc in enumerate(arcs) if arc[1] == v]
        choices.append([*into, (None, max(0.0, 1 - sum(w for _, w in into)))])
    probabilities, rows = [], []
    for world in itertools.product(*choices):
        probabilities.append(math.prod(w for _, w in world))
        row = [False] * len(arcs)
        for a, _ in world:
            if a is not None:
                row[a] = True
        rows.append(row)
    return np.array(probabilities), np.array(rows, dtype=bool).reshape(len(rows), len(arcs))


WORLDS = {"ic": worlds_ic, "lt": worlds_lt}


def reaching(n, arcs, live):
    """Return, for each world and node, the mask of the nodes that reach it (itself included)."""
    masks = np.tile(1 << np.arange(n, dtype=np.int64), (len(live), 1))
    while True:
        before = masks.copy()
        for a, (u, v, _) in enumerate(arcs):
            masks[:, v] |= np.where(live[:, a], masks[:, u], 0)
        if np.array_equal(before, masks):
            return masks


def rr_distribution(n, arcs, model="ic", weights=None):
    """Return the probability of each (root, set): shape (n, 2**n)."""
    probability, live = WORLDS[model](n, arcs)
    masks = reaching(n, arcs, live)
    roots = np.ones(n) if weights is None else np.asarray(weights, dtype=float)
    roots = roots / roots.sum()
    return np.array([roots[v] * np.bincount(masks[:, v], probability, minlength=1 << n) for v in range(n)])


def reached_distribution(n, arcs, seeds, model="ic"):
    """Return the probability of each final set of active nodes: shape (2**n,)."""
    probability, live = WORLDS[model](n, arcs)
    masks = reaching(n, arcs, live)
    chosen = sum(1 << s for s in set(seeds))
    active = ((masks & chosen != 0) << np.arange(n)).sum(axis=1)
    return np.bincount(active, probability, minlength=1 << n)


def exact_spread(n, arcs, seeds, model="ic", weights=None):
    """Return the expected weight of the active nodes."""
    weight = np.ones(n) if weights is None else np.asarray(weights, dtype=float)
    bits = (np.arange(1 << n)[:, None] >> np.arange(n)) & 1
    return float(reached_distribution(n, arcs, seeds, model) @ (bits @ weight))


def best_spread(n, arcs, k, model="ic", weights=None, allowed=None):
    """Return (largest exact spread of k seeds, spread of every choice as a dictionary of masks)."""
    total = n if weights is None else float(np.sum(weights))
    sets = rr_distribution(n, arcs, model, weights).sum(axis=0)
    masks = np.arange(1 << n)
    spreads = {}
    for seeds in itertools.combinations(range(n) if allowed is None else sorted(allowed), k):
        chosen = sum(1 << s for s in seeds)
        spreads[chosen] = total * float(sets[masks & chosen != 0].sum())
    return max(spreads.values()), spreads


# -- sampling, a coin for every arc ------------------------------------------------------------------------------


def rr_set_ic(rows, p, root, generator):
    """Return one RR set under IC: breadth first against the arcs."""
    found = {root}
    queue = [root]
    for v in queue:
        for u in rows[v]:
            if generator.random() < p[u, v] and u not in found:
                found.add(u)
                queue.append(u)
    return queue


# -- greedy ------------------------------------------------------------------------------------------------------


def greedy_cover(sets, order, k, allowed):
    """Choose k nodes, each covering the most sets not yet covered; ties go to the node that is first in `order`.

    Return (seeds, gains, bound): the bound is the minimum, over the prefixes, of what the prefix covers plus the k
    largest gains that are left.
    """
    left = [set(s) for s in sets]
    seeds, gains = [], []

    def gain(v):
        return sum(v in s for s in left)

    def bound():
        best = sorted((gain(v) for v in allowed), reverse=True)[:k]
        return sum(gains) + sum(best)

    bounds = [bound()]
    for _ in range(k):
        rest = [v for v in order if v in allowed and v not in seeds]
        best = max(rest, key=gain)  # the first of equals
        gains.append(gain(best))
        seeds.append(best)
        left = [s for s in left if best not in s]
        bounds.append(bound())
    return seeds, gains, min(bounds)


def prefix_gains(sets, seeds, allowed):
    """Yield, for each prefix of a selection, what it covers and what each allowed node would add, largest first."""
    for size in range(len(seeds) + 1):
        left = [s for s in sets if not set(s) & set(seeds[:size])]
        yield len(sets) - len(left), sorted((sum(v in s for s in left) for v in allowed), reverse=True)


def cover_bound(sets, seeds, allowed, k):
    """Return an upper bound on what k allowed nodes cover, from the prefixes of a greedy selection."""
    return min(covered + sum(gains[:k]) for covered, gains in prefix_gains(sets, seeds, allowed))


def min_seeds(sets, seeds, allowed, need):
    """Return a lower bound on the number of allowed nodes that cover `need` sets, from the prefixes; inf if none do."""
    bound = 0
    for covered, gains in prefix_gains(sets, seeds, allowed):
        counts = [k for k in range(len(gains) + 1) if covered + sum(gains[:k]) >= need]
        bound = max(bound, min(counts, default=float("inf")))
    return bound


def best_cover(sets, k, allowed):
    """Return the number of sets that the best k nodes cover."""
    return max(sum(bool(set(c) & set(s)) for s in sets) for c in itertools.combinations(sorted(allowed), k))


# -- OPIM-C's formulas, from the paper -----------------------------------------------------------------------------


def opim_lower(covered, n_sets, n, a):
    return ((math.sqrt(covered + 2 * a / 9) - math.sqrt(a / 2)) ** 2 - a / 18) * n / n_sets


def opim_upper(bound, n_sets, n, a):
    return (math.sqrt(bound + a / 2) + math.sqrt(a / 2)) ** 2 * n / n_sets


def opim_sizes(n, k, epsilon, delta):
    """Return (theta_0, theta_max, i_max, a)."""
    share = 1 - 1 / math.e
    log6 = math.log(6 / delta)
    root = share * math.sqrt(log6) + math.sqrt(share * (math.log(math.comb(n, k)) + log6))
    theta_max = 2 * n * root**2 / (epsilon**2 * k)
    theta_0 = theta_max * epsilon**2 * k / n
    i_max = math.ceil(math.log2(theta_max / theta_0)) + 1  # the paper's last round may have only half of theta_max
    return theta_0, theta_max, i_max, math.log(3 * i_max / delta)


def imm_sizes(n, k, epsilon, ell):
    """Return (lambda', lambda*) of IMM.

    The tests are of spreads from n / 2 to k, of which there are log2(n / k); the paper counts log2(n).

    Each of its two phases may fail with probability n**-ell / 2: the ell of the paper times 1 + ln 2 / ln n.
    """
    share = 1 - 1 / math.e
    log_choices = math.log(math.comb(n, k))
    ell += math.log(2) / math.log(n)
    wide = math.sqrt(2) * epsilon
    test = (2 + 2 * wide / 3) * (log_choices + ell * math.log(n) + math.log(max(math.log2(n / k), 1))) * n / wide**2
    alpha = math.sqrt(ell * math.log(n) + math.log(2))
    beta = math.sqrt(share * (log_choices + ell * math.log(n) + math.log(2)))
    return test, 2 * n * (share * alpha + beta) ** 2 / epsilon**2


# -- tests of fit --------------------------------------------------------------------------------------------------


def fit(observed, expected, min_expected=8.0):
    """Return the p-value of a chi-square test of counts; cells with few expected counts are pooled.

    The result is 0 if there is a count in an impossible cell.
    """
    observed, expected = np.ravel(observed).astype(float), np.ravel(expected).astype(float)
    if np.any(observed[expected == 0] > 0):
        return 0.0
    assert math.isclose(observed.sum(), expected.sum(), rel_tol=1e-5), (observed.sum(), expected.sum())
    small = expected < min_expected
    o, e = list(observed[~small]), list(expected[~small])
    rest_o, rest_e = observed[small].sum(), expected[small].sum()
    if rest_e >= min_expected or not e:
        o.append(rest_o)
        e.append(rest_e)
    elif rest_e > 0:
        o[-1] += rest_o
        e[-1] += rest_e
    o, e = np.array(o), np.array(e)
    return float(chi2.sf(((o - e) ** 2 / e).sum(), len(e) - 1)) if len(e) > 1 else 1.0


def same(first, second, min_expected=8.0):
    """Return the p-value of a chi-square test that two arrays of counts have the same distribution."""
    first, second = np.ravel(first).astype(float), np.ravel(second).astype(float)
    both = first + second
    order = np.argsort(-both, kind="stable")
    share = min(first.sum(), second.sum()) / both.sum()
    keep = order[both[order] * share >= min_expected]
    rest = order[both[order] * share < min_expected]
    cells = [(first[i], second[i]) for i in keep]
    if rest.size:
        cells.append((first[rest].sum(), second[rest].sum()))
    table = np.array([c for c in cells if sum(c) > 0])
    expected = table.sum(axis=1, keepdims=True) * table.sum(axis=0) / table.sum()
    freedom = len(table) - 1
    return float(chi2.sf(((table - expected) ** 2 / expected).sum(), freedom)) if freedom else 1.0
