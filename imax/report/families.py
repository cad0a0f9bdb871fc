"""Reports on assignments, rankings, annotations and learned probabilities: one sentence, a picture, tables, facts."""

from collections.abc import Callable
from itertools import accumulate, pairwise
from typing import Any

import numpy as np

from .charts import Bar, Line, bars, lines
from .document import Code, Facts, Figure, Part, Report, Section, Table, Text, text
from .notebook import view_of
from .words import count, failure, gain_unit, model_name

__all__ = ["report_of"]

_ROWS = 500  # largest number of rows of a table
_BARS = 15
_FACTS = (
    ("algorithm", "Algorithm"), ("estimator", "Estimator"), ("model", "Model"), ("probability", "Probabilities"),
    ("n_nodes", "Nodes"), ("n_items", "Items"), ("n_neighbors", "Neighbors"), ("recall", "Recall of the search"),
    ("n_active", "Inviters"), ("n_slots", "Invitations allowed"), ("n_users", "Users"),
    ("n_exposures", "Exposed users"),
    ("n_rr_sets", "Reverse-reachable sets"), ("n_simulations", "Simulations"), ("stop_reason", "Stopped"),
    ("version", "Version"),
)  # fmt: skip


def report_of(
    result: Any, title: str | None = None, command: str | None = None, evaluation: Any | None = None
) -> Report:
    """Return a report on a result from what it contains, and on its evaluation; see `ReportView.report`."""
    sentence = view_of(result)[0]
    sections = []
    certificate = _certificate(result)
    if certificate:
        sections.append(Section("How sure this is", "certificate", [Text(certificate)]))
    sections.append(Section("The result", "result", _parts(result, "result")))
    if evaluation is not None:
        said = Text(view_of(evaluation)[0])
        sections.append(Section("Evaluation", "evaluation", [said, *_parts(evaluation, "evaluation")]))
    notes = [Text(text(note)) for note in getattr(result, "notes", ())]
    before = [Text("What was dropped, guessed or filled in:")] if notes else []
    closing: list[Part] = [Facts(_facts(result)), *before, *notes]
    if command is not None:
        closing += [Text("This command repeats the result:"), Code(text(command))]
    sections.append(Section("How it was computed", "method", closing))
    record = {"kind": type(result).__name__.lower(), "command": command, "result": _record(result)}
    if evaluation is not None:
        record["evaluation"] = evaluation.to_dict()
    return Report(title or _title(result), sentence, sections, record)


def _parts(result: Any, name: str) -> list[Part]:
    """Return the picture and the tables of a result."""
    figure = _figure_of(result)
    parts: list[Part] = [] if figure is None else [figure]
    for table in view_of(result)[1]:
        parts.append(Table(table.caption, table.head, table.rows[:_ROWS], name))
        if n_more := table.n_more(_ROWS):
            parts.append(Text(f"The table shows the first {_ROWS:,} of {count(_ROWS + n_more, 'row')}."))
    return parts


def _title(result: Any) -> str:
    return {
        "Assignment": "Whom each participant invites",
        "Ranking": "Friends to recommend",
        "Selection": "Items to annotate",
        "LearnedModel": "Probabilities from a log",
    }.get(type(result).__name__, "How well the method works")


def _record(result: Any) -> Any:
    return result.to_dict() if hasattr(result, "to_dict") else {"sentence": view_of(result)[0], "counts": result.counts}


def _facts(result: Any) -> list[tuple[str, str]]:
    found = []
    for name, title in _FACTS:
        value = getattr(result, name, None)
        if name == "model" and isinstance(value, str):
            value = model_name(value)
        if isinstance(value, (str, float)) or (isinstance(value, int) and not isinstance(value, bool) and value):
            shown = f"{value:,}" if isinstance(value, int) else f"{value:.3g}" if isinstance(value, float) else value
            found.append((title, text(shown)))
    return found


def _certificate(result: Any) -> str:
    ratio, upper = getattr(result, "ratio", None), getattr(result, "upper_bound", None)
    if ratio is None or upper is None:
        return ""
    low, high = result.interval
    return (
        f"The estimate comes from random samples that the choice did not use; its 95 % interval is {low:,.1f} to "
        f"{high:,.1f}. It is at least {result.lower_bound:,.1f}, and no other choice within the same limits can reach "
        f"more than {upper:,.1f}. So the choice reaches at least {ratio:.1%} of the best possible. This statement is "
        f"wrong with a probability of at most {failure(result.delta)}."
    )


def _figure_of(result: Any) -> Figure | None:
    draw = _FIGURES.get(type(result).__name__)
    if type(result).__name__ == "Evaluation":
        draw = _metrics if hasattr(result, "ks") else _calibration
    return None if draw is None else draw(result)


def _assignment(result: Any) -> Figure | None:
    totals = sorted(((sum(gains), inviter) for inviter, gains in result.gains.items() if gains), key=lambda x: -x[0])
    if not totals:
        return None
    shown = [Bar(text(inviter), total, total, total, strong=True) for total, inviter in totals[:_BARS]]
    description = "; ".join(f"{bar.name}: {bar.value:,.1f}" for bar in shown)
    svg = bars(shown, x_name="total gain of the invitations (nodes)", title="Gain by inviter", description=description)
    more = f" The {_BARS} largest of {len(totals):,} inviters." if len(totals) > _BARS else ""
    return Figure(svg, f"What the invitations of each participant add to the spread.{more}")


def _items(result: Any) -> Figure | None:
    if not result.gains:
        return None
    totals = list(accumulate(result.gains))
    svg = lines(
        [Line("cumulative gain of the first items", range(1, len(totals) + 1), totals)], x_name="number of items",
        y_name=f"gain ({gain_unit(result.algorithm)})", title="Gain against the number of items",
        description=f"It rises from {totals[0]:,.1f} to {totals[-1]:,.1f}.",
    )  # fmt: skip
    return Figure(svg, "Cumulative gain of the first items, as the algorithm estimates it.")


def _probabilities(result: Any) -> Figure:
    edges = np.array([0.0, 0.001, 0.01, 0.05, 0.1, 0.2, 0.5, 1.0])
    counts = np.histogram(result.probability, edges)[0].tolist()
    names = [f"{low:g} to {high:g}" for low, high in pairwise(edges.tolist())]
    shown = [Bar(name, n, n, n, strong=True) for name, n in zip(names, counts, strict=True)]
    description = "; ".join(f"{bar.name}: {count(int(bar.value), 'arc')}" for bar in shown)
    svg = bars(shown, x_name="number of arcs", title="Arcs by learned probability", description=description)
    return Figure(svg, "Number of arcs by learned probability.")


def _metrics(result: Any) -> Figure:
    found = [
        Line(name, result.ks, getattr(result, name), style)
        for name, style in (("recall", "line"), ("ndcg", "line-2"), ("nspread", "bound"))
    ]
    description = "; ".join(f"{line.name} at {result.ks[-1]}: {line.y[-1]:.3f}" for line in found)
    svg = lines(found, x_name="length of the lists K", y_name="mean over users", title="Metrics",
                description=description)  # fmt: skip
    return Figure(svg, "Metrics against the length of the lists.")


def _calibration(result: Any) -> Figure:
    row = result.rows[0]
    predicted, acted = ([group[i] for group in row.calibration] for i in (0, 1))
    top = max([*predicted, *acted, 1e-6])
    svg = lines(
        [Line(row.model, predicted, acted), Line("perfect", [0.0, top], [0.0, top], "bound")],
        x_name="mean predicted probability", y_name="share that acted", title="Calibration",
        description="; ".join(f"{p:.3g} predicted, {a:.3g} acted" for p, a in zip(predicted, acted, strict=True)),
    )  # fmt: skip
    return Figure(svg, "Observed share against prediction, for ten groups of exposed users.")


_FIGURES: dict[str, Callable[[Any], Figure | None]] = {
    "Assignment": _assignment,
    "Selection": _items,
    "LearnedModel": _probabilities,
}
