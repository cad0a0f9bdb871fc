"""The sections of a report on seeds."""

from itertools import accumulate
from typing import Any

from ..results import Compared
from ..selection.scaled import SensitivityRow
from .charts import Band, Bar, Line, bars, lines, shortened
from .document import Cell, Code, Facts, Figure, Part, Section, Table, Text, label, number, text
from .evidence import CHOSEN, WITHOUT_QUOTAS, Evidence, GroupReach, Task, ignores_quotas
from .neighborhood import seed_map
from .words import assumptions, certificate, count, expected, failure, model_name, until

__all__ = ["answer_of", "sections_of"]

_ROWS = 500  # seeds that the table shows
_NAMED = 5  # up to so many seeds, the answer contains their labels
_NAMES = {
    "degree": "most connected",
    "pagerank": "PageRank",
    "random": "random",
}


def answer_of(task: Task) -> str:
    """Return the answer in one sentence."""
    result = task.result
    n = len(result)
    these = "this node" if n == 1 else f"these {n:,} nodes"
    if 0 < n <= _NAMED:
        these += f" ({', '.join(shortened(seed) for seed in result.seeds)})"
    reach = expected(result, task.graph, weighted=task.work["node_weights"] is not None)
    cost = "" if result.total_cost is None else f", at a cost of {result.total_cost:,g}"
    sure = "" if result.ratio is None else f", at least {result.ratio:.0%} of the best possible"
    if not reach:
        return f"Choose {these}{cost}."
    who = "it is" if n == 1 else "together they are"
    return f"Choose {these}: {who} expected to reach {reach}{sure}{cost}."


def sections_of(task: Task, found: Evidence, notes: list[str], command: str) -> list[Section]:
    """Return all sections, without those that the caller left out."""
    sections = [
        _answer(task, found),
        _seeds(task),
        _part("curve", "How many seeds", task, found, _curve(task, found)),
        _part("alternatives", "Compared with other choices", task, found, _alternatives(task, found)),
        _part("groups", "Who is reached", task, found, _groups(task, found)) if task.groups is not None else None,
        _part("sensitivity", "If the probabilities are wrong", task, found, _sensitivity(task, found)),
        None if "map" in task.skip else _map(task),
        _method(task, notes, command),
    ]
    return [section for section in sections if section is not None]


def _part(name: str, title: str, task: Task, found: Evidence, parts: list[Part]) -> Section | None:
    """Return a section; with the reason instead of its content if it was not computed."""
    if name in task.skip:
        return None
    missing = [Text(f"Not complete: {found.missing[name]}.")] if name in found.missing else []
    return Section(title, name, [*parts, *missing])


def _best(task: Task) -> str:
    """Return the name of what the seeds are compared with."""
    if task.rules.keys() & {"budget", "quotas", "group_budgets", "include", "candidates", "exclude"}:
        return "no other seeds within the same limits"
    return f"no other {count(task.result.k, 'node')}" if task.result.k > 1 else "no other node"


def _answer(task: Task, found: Evidence) -> Section:
    result = task.result
    said: list[Part] = [Text(sentence) for sentence in certificate(result, _best(task))]
    rows = [] if found.comparison is None else found.comparison.rows
    own = next((row for row in rows if row.algorithm == CHOSEN), None)
    others = [row for row in rows if row.algorithm in _NAMES and row.complete]
    if own is not None and others:
        said.append(Text(_alternative_sentence(own, others)))
    said.append(Text(assumptions(task.graph, result.model)))
    return Section("How sure this is", "certificate", said)


def _alternative_sentence(own: Compared, others: list[Compared]) -> str:
    parts = []
    for row in others:
        change = row.spread - own.spread
        close = row.interval[0] <= own.interval[1] and own.interval[0] <= row.interval[1]
        differs = "about the same" if close else f"{abs(change):,.1f} {'more' if change > 0 else 'fewer'}"
        name = {"degree": "The most connected nodes", "pagerank": "The first nodes by PageRank"}.get(
            row.algorithm, "Random nodes"
        )
        parts.append(f"{name} would reach {row.spread:,.1f} ({differs}).")
    first = f"In a separate simulation, the chosen seeds reach {own.spread:,.1f}. These choices keep the same limits:"
    return " ".join([first, *parts])


def _seeds(task: Task) -> Section:
    result, graph = task.result, task.graph
    places = graph.index[graph.internal_of(result.seeds)]
    columns: list[tuple[str, list[Cell]]] = [
        ("Rank", [number(rank, "{:.0f}") for rank in range(1, len(result) + 1)]),
        ("Node", [label(seed) for seed in result.seeds]),
    ]
    if result.gains is not None:
        columns.append(("Gain", [number(gain) for gain in result.gains]))
        columns.append(("Total", [number(total) for total in accumulate(result.gains)]))
    if result.scores is not None:
        columns.append(("Score", [number(score, "{:,.4g}") for score in result.scores]))
    columns.append(("Out-arcs", [number(degree, "{:,.0f}") for degree in graph.out_degree()[places].tolist()]))
    if task.groups is not None:
        columns.append(
            ("Group", [Cell("none") if (g := task.groups[i]) is None else label(g) for i in places.tolist()])
        )
    if task.costs is not None:
        columns.append(("Cost", [number(cost, "{:,g}") for cost in task.costs[places].tolist()]))
    rows = list(zip(*(cells for _, cells in columns), strict=True))
    parts: list[Part] = [
        Text(
            "The seeds are in the order of choice. The gain of a seed is what it adds to the seeds above it. Gains are "
            "estimates; they are slightly too large, because the seeds with the largest estimates were chosen."
            if result.gains is not None
            else "The seeds are in the order of choice."
        ),
        Table(f"The {count(len(result), 'seed')}", [name for name, _ in columns], rows[:_ROWS], "seeds"),
    ]
    if len(rows) > _ROWS:
        parts.append(Text(f"The table shows the first {_ROWS:,} seeds; the JSON in this file has all of them."))
    return Section("The seeds", "seeds", parts)


def _curve(task: Task, found: Evidence) -> list[Part]:
    curve = found.curve
    if curve is None:
        return []
    low, high = curve.spread[0], curve.spread[-1]
    y_name = "spread (weight)" if task.work["node_weights"] is not None else "spread (nodes)"
    picture = lines(
        [
            Line("spread of the first k seeds, with its 95 % interval", curve.k, curve.spread),
            Line("upper bound for any k seeds", curve.k, curve.upper_bound, "bound"),
            Line("lower bound of the spread", curve.k, curve.lower_bound, "line-2"),
        ],
        Band(curve.k, curve.low, curve.high),
        x_name="number of seeds k", y_name=y_name, title="Spread against the number of seeds",
        description=f"The spread rises from {low:,.1f} with {count(curve.k[0], 'seed')} to {high:,.1f} with "
        f"{curve.k[-1]:,}. The table below has the numbers.",
    )  # fmt: skip
    rows = [
        [number(k, "{:.0f}"), *(number(getattr(curve, name)[i]) for name in ("spread", "low", "high", "lower_bound",
         "upper_bound")), number(curve.ratio[i], "{:.1%}")]
        for i, k in enumerate(curve.k)
    ]  # fmt: skip
    return [
        Text(
            "This is what fewer seeds would reach. Seeds further down the list add less. With a probability of at most "
            f"{failure(curve.delta)}, at least one of the bounds is wrong." + _ignored(task)
        ),
        Figure(picture, "Spread of the first k seeds, and bounds."),
        Table(
            "Spread of the first k seeds", ["k", "Spread", "Low", "High", "Lower bound", "Upper bound", "Certified"],
            rows, "curve",
        ),
    ]  # fmt: skip


def _ignored(task: Task) -> str:
    """Return which limits the bounds of the curve ignore, as a sentence."""
    return " The upper bounds ignore the quotas." if ignores_quotas(task) else ""


def _alternatives(task: Task, found: Evidence) -> list[Part]:
    comparison = found.comparison
    if comparison is None:
        return []
    rows = sorted(comparison.rows, key=lambda row: (row.algorithm != CHOSEN, -row.spread))
    own = rows[0]
    names = {row.algorithm: _NAMES.get(row.algorithm, row.algorithm) for row in rows}
    picture = bars(
        [Bar(names[row.algorithm], row.spread, *row.interval, strong=row.algorithm == CHOSEN) for row in rows],
        x_name="spread, with its 95 % interval", title="Spread of several choices",
        description="; ".join(f"{names[row.algorithm]}: {row.spread:,.1f}" for row in rows),
    )  # fmt: skip
    cells = [
        [Cell(names[row.algorithm]), number(row.spread), number(row.interval[0]), number(row.interval[1]),
         number(row.spread - own.spread, "{:+,.1f}"), number(row.ratio, "{:.1%}"), number(len(row.seeds), "{:.0f}"),
         Cell("; ".join([*row.broken_rules, *([] if row.complete else ["cut short by the time limit"])]) or "none")]
        for row in rows
    ]  # fmt: skip
    order = [comparison.rows.index(row) for row in rows]
    overlap = [
        [Cell(names[rows[i].algorithm]), *(number(comparison.overlap[a][b], "{:.2f}") for b in order)]
        for i, a in enumerate(order)
    ]
    return [
        Text(
            f"All choices keep the same limits. Each is simulated {comparison.n_simulations:,} times, with the same "
            "random numbers, which were not used to choose. If two intervals overlap, the difference may be chance. "
            'Certified means: the choice reaches at least this share of the best possible.'
        ),
        Figure(picture, "Expected spread of the chosen seeds and of simple rules."),
        Table(
            "Spread by choice",
            ["Choice", "Spread", "Low", "High", "Difference", "Certified", "Seeds", "Broken limits"],
            cells, "comparison",
        ),
        Table(
            "Overlap of the seed sets: size of the intersection / size of the union",
            ["Choice", *(names[row.algorithm] for row in rows)], overlap, "overlap",
        ),
    ]  # fmt: skip


def _groups(task: Task, found: Evidence) -> list[Part]:
    reach = found.groups
    if reach is None:
        return []
    free = {row.group: row for row in found.groups_without_quotas or ()}
    picture = bars(
        [Bar(text(row.group), row.share, row.low, row.high, strong=True) for row in reach],
        x_name="share of the group that is reached, with its 95 % interval",
        title="Share of each group that is reached",
        description="; ".join(f"{text(row.group)}: {row.share:.1%}" for row in reach), percent=True,
    )  # fmt: skip
    head = ["Group", "Nodes", "Seeds", "Share reached", "Low", "High"] + (["Without quotas"] if free else [])
    rows = [_group_cells(row) + ([number(free[row.group].share, "{:.1%}")] if free else []) for row in reach]
    more = found.n_groups - len(reach)
    parts: list[Part] = [
        Text("The expected share of each group that the seeds reach" + (", with the start nodes." if task.result.n_start
             else ".") + (f" The {len(reach)} largest of {found.n_groups:,} groups are shown." if more > 0 else "")),
        Figure(picture, "Expected share of each group that is reached."),
        Table("Reach by group", head, rows, "groups"),
    ]  # fmt: skip
    if (price := _price(found)) is not None:
        parts.append(Text(price))
    return parts


def _group_cells(row: GroupReach) -> list[Cell]:
    return [
        label(row.group), number(row.size, "{:,.0f}"), number(row.n_seeds, "{:,.0f}"), number(row.share, "{:.1%}"),
        number(row.low, "{:.1%}"), number(row.high, "{:.1%}"),
    ]  # fmt: skip


def _price(found: Evidence) -> str | None:
    """Return what the quotas cost, in words."""
    rows = [] if found.comparison is None else found.comparison.rows
    by_name = {row.algorithm: row for row in rows}
    if WITHOUT_QUOTAS not in by_name or CHOSEN not in by_name:
        return None
    free, own = by_name[WITHOUT_QUOTAS], by_name[CHOSEN]
    lost = free.spread - own.spread
    error = 1.96 * (free.std_error**2 + own.std_error**2) ** 0.5
    if lost <= error:
        return (
            f"Price of the quotas: too small for the simulations to show. Without the quotas the spread is "
            f"{free.spread:,.1f}, with them {own.spread:,.1f}; a difference below {error:,.1f} may be chance."
        )
    return (
        f"Price of the quotas: {lost:,.1f} ({lost / free.spread:.1%} of the spread), plus or minus {error:,.1f}. "
        f"Without the quotas the spread is {free.spread:,.1f}, with them {own.spread:,.1f}."
    )


def _sensitivity(task: Task, found: Evidence) -> list[Part]:
    result = found.sensitivity
    if result is None:
        return []
    rows = [
        [Cell("as given" if row.factor == 1 else f"× {row.factor:g}"), number(row.spread), number(row.interval[0]),
         number(row.interval[1]), number(row.best_spread), number(row.overlap, "{:.0%}"), number(row.ratio, "{:.1%}")]
        for row in result.rows
    ]  # fmt: skip
    changed = [row for row in result.rows if row.factor != 1]
    kept = " ".join(_scaled_sentence(row) for row in changed)
    clipped = [f"{row.n_clipped:,} at factor {row.factor:g}" for row in changed if row.n_clipped]
    parts: list[Part] = [
        Text(f"Probabilities are rarely known well. {kept}"),
        Table(
            "Scaled probabilities",
            ["Probabilities", "Spread", "Low", "High", "Newly chosen", "Same seeds", "Certified"], rows, "sensitivity",
        ),
    ]  # fmt: skip
    if clipped:
        parts.append(Text(f"Arcs whose scaled probability exceeds 1, and counts as 1: {', '.join(clipped)}."))
    return parts


def _scaled_sentence(row: SensitivityRow) -> str:
    """Return what other probabilities change, in words."""
    loss = 1 - row.spread / row.best_spread if row.best_spread else 0.0
    lost = f"would lose {loss:.1%}" if loss >= 0.0005 else "would lose nothing that the samples can show"
    return (
        f"If they were {row.factor:g} times as large, the chosen seeds would reach {row.spread:,.1f}; "
        f"{row.overlap:.0%} of them would be chosen again. Compared with newly chosen seeds, they {lost}."
    )


def _map(task: Task) -> Section:
    drawn = seed_map(task.graph, task.result.seeds)
    n = len(task.result)
    whole = drawn.n_nodes == task.graph.n_nodes
    about = (
        "The whole graph."
        if whole
        else f"{'The' if drawn.n_seeds == n else 'The first'} {count(drawn.n_seeds, 'seed')}, with the neighbors that "
        f"they reach with the largest probabilities: {drawn.n_nodes:,} of {task.graph.n_nodes:,} nodes and "
        f"{count(drawn.n_arcs, 'arc')}."
    )
    return Section(
        "Map of the seeds",
        "map",
        [Figure(drawn.svg, f"{about} Numbers are the ranks of the seeds. Distances have no exact meaning.")],
    )


def _method(task: Task, notes: list[str], command: str) -> Section:
    result, graph = task.result, task.graph
    why = "" if result.auto is None else f" (chosen automatically: {result.auto})"
    facts = [
        ("Graph", f"{count(graph.n_nodes, 'node')}, {count(graph.n_arcs, 'arc')}"),
        ("Model", model_name(result.model) + until(result)),
        ("Probabilities", result.probability),
        ("Algorithm", result.algorithm + why),
        ("Limits", ", ".join(_limits(task)) or "none besides the number of seeds"),
        ("Samples", f"{result.n_rr_sets:,} reverse-reachable sets, {result.n_simulations:,} simulations"),
        ("Stopped", result.stop_reason),
        ("Time", f"{result.seconds.get('total', 0.0):.2f} s for the selection"),
        ("Random numbers", f"key {result.rng_key[0]}, {result.rng_key[1]}"),
        ("Version", f"imax {result.version}"),
    ]
    noted: list[Part] = [Text(text(note)) for note in dict.fromkeys(notes)]
    before: list[Part] = [Text("What was dropped, guessed or filled in:")] if noted else []
    return Section(
        "How it was computed",
        "method",
        [Facts(facts), *before, *noted, Text("This command repeats the report:"), Code(text(command))],
    )


def _limits(task: Task) -> list[str]:
    """Return the constraints in words."""
    rules: dict[str, Any] = task.rules
    found = [] if task.k is None else [f"at most {count(task.k, 'seed')}"]
    lists = (name for name in ("candidates", "exclude", "include", "start") if name in rules)
    found += [f"{name}: {count(len(rules[name]), 'node')}" for name in lists]
    if "budget" in rules:
        found.append(f"budget {rules['budget']:,g}")
    for name in ("quotas", "group_budgets"):
        if name in rules:
            given = rules[name]
            items = (
                [f"{text(g)}: {_range(q)}" for g, q in given.items()]
                if isinstance(given, dict)
                else [f"{_range(given)} for every group"]
            )
            shown = ", ".join(items[:12]) + (" and others" if len(items) > 12 else "")
            found.append(f"{name.replace('_', ' ')} ({shown})")
    return found


def _range(quota: Any) -> str:
    """Return a quota in words."""
    return f"{quota[0]} to {quota[1]}" if isinstance(quota, (tuple, list)) else str(quota)
