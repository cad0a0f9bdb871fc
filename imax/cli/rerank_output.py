"""How ``imax rerank`` prints lists and their evaluation."""

from typing import TYPE_CHECKING

from ..errors import InvalidArgumentError
from .context import Context
from .errors import OutputError
from .facts import Fact
from .output import as_csv, as_facts, as_json, as_table, write_output

if TYPE_CHECKING:
    from ..recommend import Ranking
    from ..recommend.metrics import Evaluation

__all__ = ["as_evaluation", "write_lists"]


def write_lists(context: Context, ranking: "Ranking", form: str) -> None:
    """Write the lists of all users to ``--output``."""
    from ..recommend.files import write_ranking

    if form == "json":
        write_output(context.as_json(ranking.to_dict()), context.output)
    elif form == "table":
        write_output(_table(context, ranking), context.output)
    else:
        try:
            write_ranking(ranking, context.output, form)
        except InvalidArgumentError as error:
            raise OutputError(str(error)) from None


def _table(context: Context, ranking: "Ranking") -> str:
    columns = ranking.columns()
    head = tuple(columns)
    numbers = ranking.graph.labels.kind != "object"
    cells = [
        tuple(f"{value:,.4g}" if isinstance(value, float) else str(value) for value in row)
        for row in zip(*(c if isinstance(c, list) else c.tolist() for c in columns.values()), strict=True)
    ]
    facts: list[Fact] = [
        ("Users", f"{len(ranking):,} with {ranking.friends.size:,} candidates"),
        ("Algorithm", ranking.algorithm),
        *([("RR sets", f"{ranking.n_rr_sets:,}")] if ranking.n_rr_sets else []),
        ("Random seed", str(context.rng)),
    ]
    return f"{as_table(head, cells, (numbers, numbers, *(True for _ in head[2:])))}\n{as_facts(facts)}"


def as_evaluation(evaluation: "Evaluation", ranking: "Ranking", form: str) -> str:
    """Return the metrics of the lists as text."""
    if form == "json":
        return as_json(evaluation.to_dict())
    names = ("recall", "ndcg", "spread", "ideal_spread", "nspread")
    rows = list(zip(evaluation.ks, *(getattr(evaluation, name) for name in names), strict=True))
    if form != "table":
        return as_csv(("k", *names), rows)
    cells = [
        (str(k), f"{recall:.4f}", f"{ndcg:.4f}", f"{spread:,.0f}", f"{ideal:,.0f}", f"{nspread:.4f}")
        for k, recall, ndcg, spread, ideal, nspread in rows
    ]
    exact = "" if all(evaluation.exact) else "; some ideal lists were chosen greedily"
    users = f"{evaluation.n_users:,} evaluated, {evaluation.n_left_out:,} left out because they have no pair{exact}"
    facts: list[Fact] = [("Algorithm", ranking.algorithm), ("Users", users)]
    return f"{as_table(('k', *names), cells, (True,) * 6)}\n{as_facts(facts)}"
