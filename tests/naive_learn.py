"""Slow, obvious versions of the estimators of influence probabilities. They follow the papers and share no code.

Goyal, Bonchi, Lakshmanan, "Learning Influence Probabilities in Social Networks", WSDM 2010; Saito, Nakano, Kimura,
"Prediction of Information Diffusion Probabilities for Independent Cascade Model", KES 2008; Goyal, Bonchi, Lakshmanan,
"A Data-Based Approach to Social Influence Maximization", VLDB 2011.

A log is a list of (user, item, time), a graph is a list of arcs (u, v).
"""

import math
from collections import defaultdict


def first_actions(log, nodes):
    """Return {item: {user: time of the first action}} for users that are nodes."""
    table = defaultdict(dict)
    for user, item, time in log:
        if user in nodes:
            table[item][user] = min(time, table[item].get(user, math.inf))
    return dict(table)


def parents(arcs, times, v, window=None):
    """Return the in-neighbors of v that acted before v on one item, no longer than `window` before it."""
    if v not in times:
        return []
    found = []
    for u, w in arcs:
        if w == v and u in times:
            delay = times[v] - times[u]
            if delay > 0 and (window is None or delay <= window):
                found.append(u)
    return found


def actions_of(table, user):
    return [item for item, times in table.items() if user in times]


def trials(table, u, v):
    """Return the number of items on which u acted before v did, or v never did."""
    return sum(1 for times in table.values() if u in times and not (v in times and times[v] <= times[u]))


def successes(arcs, table, u, v, window=None):
    """Return the number of items on which u precedes v."""
    return sum(1 for times in table.values() if u in parents(arcs, times, v, window))


def bernoulli(arcs, log, nodes, window=None):
    """Return {arc: (share, successes, trials)}: items on which u precedes v, of all items of u."""
    table = first_actions(log, nodes)
    return {(u, v): ratio(successes(arcs, table, u, v, window), len(actions_of(table, u))) for u, v in arcs}


def jaccard(arcs, log, nodes, window=None):
    """Return {arc: ...}: items on which u precedes v, of all items on which u or v acted."""
    table = first_actions(log, nodes)
    return {
        (u, v): ratio(
            successes(arcs, table, u, v, window), sum(1 for times in table.values() if u in times or v in times)
        )
        for u, v in arcs
    }


def mean_delays(arcs, table, window=None):
    """Return ({arc: mean delay}, mean delay of all pairs)."""
    delays = defaultdict(list)
    for times in table.values():
        for v in times:
            for u in parents(arcs, times, v, window):
                delays[u, v].append(times[v] - times[u])
    every = [d for ds in delays.values() for d in ds]
    return {arc: sum(ds) / len(ds) for arc, ds in delays.items()}, sum(every) / len(every) if every else math.nan


def shared_credits(arcs, log, nodes, window=None, decay=False):
    """Return {arc: sum over items of the credit 1 / (number of parents), times exp(-delay / mean delay) if `decay`}."""
    table = first_actions(log, nodes)
    mean, _ = mean_delays(arcs, table, window)
    total = dict.fromkeys(arcs, 0.0)
    for times in table.values():
        for v in times:
            found = parents(arcs, times, v, window)
            for u in found:
                part = 1.0 / len(found)
                if decay:
                    part *= math.exp(-(times[v] - times[u]) / mean[u, v])
                total[u, v] += part
    return total


def partial_credits(arcs, log, nodes, window=None, decay=False):
    table = first_actions(log, nodes)
    total = shared_credits(arcs, log, nodes, window, decay)
    return {(u, v): ratio(total[u, v], len(actions_of(table, u))) for u, v in arcs}


def lt_weights(arcs, log, nodes, window=None, decay=False):
    """Return {arc: ...}: the credit of u for the actions of v, of all actions of v. The sum over u is at most 1."""
    table = first_actions(log, nodes)
    total = shared_credits(arcs, log, nodes, window, decay)
    return {(u, v): ratio(total[u, v], len(actions_of(table, v))) for u, v in arcs}


def ratio(successes, trials):
    return (successes / trials if trials else math.nan, successes, trials)


def em(arcs, log, nodes, window=None, prior=(0.0, 0.0), iterations=20, start=None):
    """Return ({arc: p}, [objective before each iteration and at the end]).

    The objective is the log-likelihood plus sum over arcs with trials of a log p + b log(1 - p).
    """
    table = first_actions(log, nodes)
    a, b = prior
    n_trials = {(u, v): trials(table, u, v) for u, v in arcs}
    p = dict(start)
    groups = []
    for times in table.values():
        for v in times:
            found = parents(arcs, times, v, window)
            if found:
                groups.append([(u, v) for u in found])
    n_success = defaultdict(int)
    for group in groups:
        for arc in group:
            n_success[arc] += 1

    def objective():
        total = 0.0
        for group in groups:
            total += math.log(1.0 - math.prod(1.0 - p[arc] for arc in group))
        for arc in arcs:
            if n_trials[arc]:
                failures = n_trials[arc] - n_success[arc] + b
                if failures:
                    total += failures * math.log1p(-p[arc]) if p[arc] < 1 else -math.inf
                if a:
                    total += a * math.log(p[arc])
        return total

    values = []
    for _ in range(iterations):
        values.append(objective())
        share = dict.fromkeys(arcs, 0.0)
        for group in groups:
            reached = 1.0 - math.prod(1.0 - p[arc] for arc in group)
            for arc in group:
                share[arc] += p[arc] / reached
        for arc in arcs:
            if n_trials[arc]:
                p[arc] = (share[arc] + a) / (n_trials[arc] + a + b)
    values.append(objective())
    return p, values


def direct_credits(arcs, times, v, window=None, mean=None):
    """Return {u: direct credit of u for the action of v on one item}; the sum is 1 if there are parents."""
    found = parents(arcs, times, v, window)
    if mean is None:
        return {u: 1.0 / len(found) for u in found}
    part = {u: math.exp(-(times[v] - times[u]) / mean[u, v]) for u in found}
    return {u: x / sum(part.values()) for u, x in part.items()}


def credit_spread(arcs, log, nodes, seeds, window=None, decay=False):
    """Return the spread under the credit distribution model: sum over users of the mean credit of the seeds."""
    table = first_actions(log, nodes)
    mean = mean_delays(arcs, table, window)[0] if decay else None
    total = 0.0
    for times in table.values():
        credit = {}
        for v in sorted(times, key=times.get):
            if v in seeds:
                credit[v] = 1.0
            else:
                direct = direct_credits(arcs, times, v, window, mean)
                credit[v] = sum(x * credit[u] for u, x in direct.items())
        total += sum(credit[v] / len(actions_of(table, v)) for v in times)
    return total


def greedy_credit(arcs, log, nodes, k, window=None, decay=False):
    """Return k seeds with the largest gain of spread, one after the other, and the spread of each prefix."""
    seeds, values = [], []
    for _ in range(k):
        best = max(
            (v for v in sorted(nodes) if v not in seeds),
            key=lambda v: round(credit_spread(arcs, log, nodes, {*seeds, v}, window, decay), 12),
        )
        seeds.append(best)
        values.append(credit_spread(arcs, log, nodes, set(seeds), window, decay))
    return seeds, values


def exposures(arcs, log, nodes, p, window=None):
    """Return a list of (item, user, acted, predicted) for each user with an active in-neighbor.

    A user that acted counts if an in-neighbor precedes it: predicted from the in-neighbors that precede it. A user that
    did not act: from all active in-neighbors.
    """
    table = first_actions(log, nodes)
    rows = []
    for item, times in table.items():
        for v in nodes:
            found = parents(arcs, times, v, window) if v in times else [u for u, w in arcs if w == v and u in times]
            if found:
                rows.append((item, v, v in times, 1.0 - math.prod(1.0 - p[u, v] for u in found)))
    return rows


def auc(rows):
    """Return the probability that an acting user is predicted above another, ties count one half."""
    yes = [x for acted, x in rows if acted]
    no = [x for acted, x in rows if not acted]
    wins = sum((a > b) + 0.5 * (a == b) for a in yes for b in no)
    return wins / (len(yes) * len(no))
