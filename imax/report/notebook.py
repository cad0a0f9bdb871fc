"""What notebooks show of a graph or a result: one sentence and a small table."""

from collections.abc import Callable
from html import escape
from itertools import accumulate
from typing import Any

import numpy as np

from ..results import Certificate, Comparison, CurveResult, SelectionResult, SpreadEstimate
from .document import Cell, Table, label, number, text
from .words import count, row_names, until

__all__ = ["View", "html_of", "view_of"]

_ROWS = 10  # rows that a notebook shows
_KEPT = 500  # rows that a report shows
View = tuple[str, list[Table]]


def html_of(result: Any) -> str:
    """Return one sentence and small tables as HTML; all texts are escaped."""
    sentence, tables = view_of(result)
    return f"<div><p>{escape(text(sentence))}</p>{''.join(_table_html(table) for table in tables)}</div>"


def view_of(result: Any) -> View:
    """Return a sentence and tables about a result; the repr in one line for other objects."""
    view = next((view for kind, view in _views().items() if isinstance(result, kind)), None)
    return (repr(result), []) if view is None else view(result)


def _table_html(table: Table) -> str:
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in table.head)
    body = "".join("<tr>" + "".join(_cell_html(cell) for cell in row) + "</tr>" for row in table.rows[:_ROWS])
    n_more = table.n_more(_ROWS)
    more = f"<p>and {count(n_more, 'more row')}</p>" if n_more else ""
    caption = f"<caption>{escape(table.caption)}</caption>"
    return f"<table>{caption}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{more}"


def _cell_html(cell: Cell) -> str:
    if cell.is_label:
        return f'<td style="text-align: left"><bdi>{escape(cell.text)}</bdi></td>'
    return f"<td>{escape(cell.text)}</td>"


def _views() -> dict[type, Callable[[Any], View]]:
    from .. import annotate, capacity, learn, recommend
    from ..capacity.assignment import CapacityComparison
    from ..graph.influence_graph import InfluenceGraph
    from ..recommend import metrics
    from ..selection.robust import RobustResult
    from ..selection.scaled import Sensitivity

    return {
        InfluenceGraph: _graph,
        SelectionResult: _selection,
        SpreadEstimate: _spread,
        Certificate: _certificate,
        CurveResult: _curve,
        Comparison: _comparison,
        CapacityComparison: _comparison,
        Sensitivity: _sensitivity,
        RobustResult: _robust,
        capacity.Assignment: _assignment,
        annotate.Selection: _items,
        annotate.Annotation: _annotation,
        recommend.Ranking: _ranking,
        metrics.Evaluation: _metrics,
        learn.LearnedModel: _model,
        learn.Evaluation: _evaluation,
    }


def _interval(low: float, high: float, form: str = "{:,.1f}") -> str:
    return f"95 % interval {form.format(low)} to {form.format(high)}"


def _graph(graph: Any) -> View:
    degree = graph.out_degree()
    top = np.argsort(-degree, kind="stable")[:5]
    rows = [[label(graph.labels[int(i)]), number(int(degree[i]), "{:,.0f}")] for i in top.tolist()]
    read = "directed" if graph.report.directed else "undirected"
    sentence = (
        f"{count(graph.n_nodes, 'node')} and {count(graph.n_arcs, 'arc')} ({read} input), probabilities "
        f"{graph.probability.spec}."
    )
    return sentence, [Table("Nodes with the most out-arcs", ["Node", "Out-arcs"], rows)]


def _selection(result: SelectionResult) -> View:
    n = count(len(result), "seed")
    if result.spread is None or result.interval is None:
        sentence = f"{n} by {result.algorithm}, without a certificate."
    else:
        best = "" if result.ratio is None else f", at least {result.ratio:.1%} of the best possible"
        reach = f"{result.spread:,.1f} nodes" if not result.n_start else f"{result.spread:,.1f} more nodes"
        sentence = f"{n} reach about {reach}{until(result)} ({_interval(*result.interval)}){best}."
    head, columns = ["Rank", "Seed"], [
        [number(rank, "{:.0f}") for rank in range(1, len(result) + 1)], [label(seed) for seed in result.seeds],
    ]  # fmt: skip
    if result.gains is not None:
        head += ["Gain", "Total"]
        columns += [[number(gain) for gain in result.gains], [number(total) for total in accumulate(result.gains)]]
    if result.scores is not None:
        head.append("Score")
        columns.append([number(score, "{:,.4g}") for score in result.scores])
    return sentence, [Table("Seeds in the order of choice", head, list(zip(*columns, strict=True)))]


def _spread(result: SpreadEstimate) -> View:
    return (
        f"{count(result.n_seeds, 'seed')} reach about {result.spread:,.1f} nodes{until(result)} "
        f"({result.confidence:.0%} interval {result.interval[0]:,.1f} to {result.interval[1]:,.1f}, "
        f"{count(result.n_simulations, 'simulation')}).",
        [],
    )


def _certificate(result: Certificate) -> View:
    return (
        f"{count(result.n_seeds, 'seed')} reach about {result.spread:,.1f} nodes{until(result)} "
        f"({_interval(*result.interval)}), at least {result.ratio:.1%} of the best possible.",
        [],
    )


def _curve(result: CurveResult) -> View:
    rows = [
        [number(k, "{:.0f}"), *(number(values[i]) for values in (result.spread, result.low, result.high)),
         number(result.ratio[i], "{:.1%}")]
        for i, k in enumerate(result.k)
    ]  # fmt: skip
    sentence = (
        f"{result.k[0]:,} to {count(result.k[-1], 'seed')} reach about {result.spread[0]:,.1f} to "
        f"{result.spread[-1]:,.1f} nodes{until(result)}."
    )
    return sentence, [Table("Spread by number of seeds", ["k", "Spread", "Low", "High", "Certified"], rows)]


def _comparison(result: Any) -> View:
    names = row_names(result)
    rows = [
        [Cell(name, is_label=True), number(row.spread),
         *(number(end) for end in row.interval), number(row.ratio, "{:.1%}"), number(row.seconds, "{:,.3f}")]
        for name, row in zip(names, result.rows, strict=True)
    ]  # fmt: skip
    best = max((row for row in result.rows if row.rank == 1), key=lambda row: row.spread, default=None)
    sentence = f"{count(len(result.rows), 'row')}; "
    if best is None:
        sentence += "none can be ranked."
    else:
        sentence += f"the largest spread is {best.spread:,.1f}, by {best.algorithm}."
    head = ["Algorithm", "Spread", "Low", "High", "Certified", "Seconds"]
    return sentence, [Table("Algorithms on the same problem", head, rows)]


def _sensitivity(result: Any) -> View:
    rows = [
        [number(row.factor, "{:g}"), number(row.spread), number(row.best_spread), number(row.ratio, "{:.1%}"),
         number(row.overlap, "{:.0%}")]
        for row in result.rows
    ]  # fmt: skip
    low, high = min(row.overlap for row in result.rows), max(row.overlap for row in result.rows)
    n = count(len(result.seeds), "seed")
    sentence = f"{low:.0%} to {high:.0%} of {n} are chosen again under scaled probabilities"
    sentence += f", where nodes count{until(result)}." if until(result) else "."
    head = ["Factor", "Spread", "Chosen anew", "Certified", "Same seeds"]
    return sentence, [Table("All probabilities scaled", head, rows)]


def _robust(result: Any) -> View:
    rows = [[number(rank, "{:.0f}"), label(seed)] for rank, seed in enumerate(result.seeds, 1)]
    sentence = (
        f"{count(len(result), 'seed')} reach about {result.spread_lower:,.1f} to {result.spread_upper:,.1f} nodes"
        f"{until(result)}, at least {result.robust_ratio:.1%} of the best possible for all probabilities in the "
        "intervals."
    )
    return sentence, [Table("Seeds in the order of choice", ["Rank", "Seed"], rows)]


def _assignment(result: Any) -> View:
    invitations = result.rows()
    rows = [
        [label(inviter), label(friend), number(rank, "{:.0f}"), number(gain)]
        for inviter, friend, rank, gain in invitations[:_KEPT]
    ]
    sentence = (
        f"{count(result.n_active, 'inviter')} invite {count(len(result.seeds), 'friend')}, who reach about "
        f"{result.spread:,.1f} nodes{until(result)} ({_interval(*result.interval)}), at least {result.ratio:.1%} of "
        "the best possible."
    )
    return sentence, [Table("Invitations", ["Inviter", "Friend", "Rank", "Gain"], rows, total=len(invitations))]


def _items(result: Any) -> View:
    gains = result.gains if result.gains is not None else [None] * len(result)
    rows = [
        [number(rank, "{:.0f}"), label(item), number(gain)]
        for rank, (item, gain) in enumerate(zip(result.ids, gains, strict=True), 1)
    ]
    sentence = (
        f"{count(len(result), 'item')} of {result.n_items:,} by {result.algorithm}: influence about "
        f"{result.influence:,.1f} ({_interval(*result.interval)}), at least {result.ratio:.1%} of the best possible."
    )
    return sentence, [Table("Items to annotate, in the order of selection", ["Rank", "Item", "Gain"], rows)]


def _annotation(result: Any) -> View:
    labels, sizes = np.unique([text(value) for value in result.labels if value is not None], return_counts=True)
    rows = [[label(labels[i]), number(int(sizes[i]), "{:,.0f}")] for i in np.argsort(-sizes, kind="stable").tolist()]
    n_spread = len(result.labels) - result.n_annotated - result.n_abstained
    sentence = (
        f"{count(result.n_annotated, 'item')} annotated by hand; {n_spread:,} more have a label by diffusion, and "
        f"{result.n_abstained:,} have none."
    )
    return sentence, [Table("Items by label", ["Label", "Items"], rows)]


def _ranking(result: Any) -> View:
    lists = [(user, result[user]) for user in list(result)[:_KEPT]]
    rows = [[label(user), Cell(", ".join(text(f) for f in friends[:5]) + (", ..." if len(friends) > 5 else ""),
             is_label=True)] for user, friends in lists]  # fmt: skip
    n_friends = count(int(result.friends.size), "friend")
    sentence = f"Lists of {count(len(result), 'user')} with {n_friends}, by {result.algorithm}."
    return sentence, [Table("Lists", ["User", "Friends"], rows, total=len(result))]


def _metrics(result: Any) -> View:
    names = ("recall", "ndcg", "spread", "nspread")
    rows = [
        [number(k, "{:.0f}"), *(number(getattr(result, name)[i], "{:,.4f}") for name in names)]
        for i, k in enumerate(result.ks)
    ]
    sentence = f"Means over {count(result.n_users, 'user')}; {result.n_left_out:,} have no friends in the test period."
    return sentence, [Table("Metrics by length of the lists", ["K", "Recall", "NDCG", "Spread", "nSpread"], rows)]


def _model(result: Any) -> View:
    known = int(np.count_nonzero(result.trials))
    mean = float(result.probability.mean()) if result.graph.n_arcs else 0.0
    sentence = (
        f"Probabilities of {count(result.graph.n_arcs, 'arc')} by {result.estimator}; {known:,} arcs have trials, and "
        f"the mean probability is {mean:.3g}."
    )
    rows = [[Cell(name.replace("_", " ")), number(value, "{:,.0f}")] for name, value in result.counts.items()]
    return sentence, [Table("Counts of the log", ["Count", "Number"], rows)]


def _evaluation(result: Any) -> View:
    rows = [
        [Cell(row.model), number(row.auc, "{:.3f}"), number(row.auc_interval[0], "{:.3f}"),
         number(row.auc_interval[1], "{:.3f}"), number(row.log_loss, "{:.4f}"), number(row.spread_rmse, "{:,.2f}")]
        for row in result.rows
    ]  # fmt: skip
    sentence = (
        f"{count(result.n_items, 'held-out item')}, {count(result.n_exposures, 'exposed user')}, {result.n_acted:,} "
        f"acted; the AUC of {result.rows[0].model} is {result.rows[0].auc:.3f}."
    )
    head = ["Model", "AUC", "Low", "High", "Log-loss", "Spread RMSE"]
    return sentence, [Table("Models on held-out items", head, rows)]
