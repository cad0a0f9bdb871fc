"""``imax rerank``: reorder a recommender's candidates, or say how good lists are."""

from typing import TYPE_CHECKING, Any

import click

from .._utils import check
from ..errors import InvalidArgumentError
from ._errors import Command, OutputError, WrongUsage
from ._output import as_csv, as_facts, as_json, as_table, check_place, emit, output_option
from ._shared import Status, checked, common_options, graph_options, one_stdin, print_notes, read, split_reading

if TYPE_CHECKING:
    from ..graph.influence_graph import InfluenceGraph
    from ..recommend import Ranking
    from ..recommend.metrics import Evaluation

__all__ = ["command"]

_ALGORITHMS = ["heteroim", "heteroir", "cim", "probability", "degree", "pagerank", "random"]
_FORMS = ["table", "csv", "jsonl", "parquet", "json"]


@click.command(
    "rerank",
    cls=Command,
    short_help="Reorder candidate friends so that invitations travel.",
    epilog="""\b
Examples:
  imax rerank --candidates recs.csv --k 3 friends.txt.gz
  imax rerank --candidates recs.parquet --algorithm heteroir --k 3 --output lists.parquet friends.imax
  imax rerank --candidates recs.csv --acceptance accept.txt --on-missing drop friends.imax
  imax rerank --candidates recs.csv --k 3 --evaluate truth.csv friends.imax""",
)
@graph_options
@click.option(
    "--candidates",
    required=True,
    metavar="FILE",
    help="CSV, JSON lines or Parquet with the columns user, candidate and, if there is one, score.",
)
@click.option(
    "--algorithm",
    type=click.Choice(_ALGORITHMS),
    default="heteroim",
    show_default=True,
    help="By what users and candidates reach together (heteroim), by chances (heteroir), together within k (cim), or "
    "for comparison.",
)
@click.option(
    "-k", "--k", type=int, callback=checked(check.count, "k"), help="Keep each user's best k.  [default: all]"
)
@click.option(
    "--acceptance",
    metavar="FILE",
    help="How likely nodes accept an invitation: lines of a node and a number; 1 for those left out.",
)
@click.option(
    "--blend",
    type=float,
    callback=checked(check.probability, "blend"),
    help="Weigh the method by this, and how willing the user is by the rest.",
)
@click.option(
    "--interactions",
    type=int,
    callback=checked(check.count, "interactions"),
    help="heteroir: the maximum number of friends that a node interacts with.  [default: 20]",
)
@click.option(
    "--sets-per-node",
    type=int,
    callback=checked(check.count, "sets_per_node"),
    help="heteroim: the number of RR sets of which each node is the root.  [default: 20]",
)
@click.option(
    "--on-missing",
    type=click.Choice(["error", "drop"]),
    default="error",
    show_default=True,
    help="What to do about users and candidates that are no nodes.",
)
@click.option(
    "--on-short",
    type=click.Choice(["error", "keep"]),
    default="error",
    show_default=True,
    help="What to do about lists of fewer than k.",
)
@click.option(
    "--evaluate",
    metavar="FILE",
    help="Print how good the lists are against the pairs, in columns user and friend, that did spread; the lists go to "
    "--output alone.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(_FORMS),
    help="[default: what the name of --output says, else table]",
)
@output_option
@common_options
@click.pass_context
def command(
    ctx: click.Context,
    /,
    *,
    graph: str,
    candidates: str,
    algorithm: str,
    k: int | None,
    acceptance: str | None,
    on_missing: str,
    on_short: str,
    evaluate: str | None,
    form: str | None,
    output: str,
    quiet: bool,
    **options: Any,
) -> int:
    """Reorder each user's candidate friends by how far inviting them would carry in GRAPH.

    GRAPH is what it is for imax seed: a file, - for standard input, or a name. Its arcs lead from who invites to who
    may be invited, with the probability that he does; a score in the candidates' file takes its place.
    """
    check_place(output)
    one_stdin(**{"GRAPH": graph, "--candidates": candidates, "--acceptance": acceptance, "--evaluate": evaluate})
    from ..recommend.files import format_of, read_rows

    form = form or (format_of(output) if output != "-" else None) or "table"
    if form == "parquet" and output == "-" and evaluate is None:
        raise WrongUsage("--format parquet needs --output")
    if evaluate is not None and k is None:
        raise WrongUsage("--evaluate needs --k, the longest list to look at")
    reading, options = split_reading(options)
    status = Status(quiet)
    network = read(graph, status, **reading)
    print_notes(network, ctx.command, quiet)
    users, friends, scores = read_rows(candidates, network.labels, ("user", "candidate"), "score")
    truth = None
    if evaluate is not None:
        truth = list(zip(*read_rows(evaluate, network.labels, ("user", "friend")), strict=True))
    from ..recommend import Reranker

    status.show("preparing")
    reranker = Reranker(network, algorithm, acceptance=_acceptance(acceptance, network), **options)
    status.show("ranking")
    table = (_column(users), _column(friends), *([scores] if scores else []))
    ranking = reranker.rerank(table, k, on_missing=on_missing, on_short=on_short)
    status.clear()
    _tell_dropped(ranking, quiet)
    if truth is None:
        _write(ranking, form, output, options["rng"], graph)
        return 0
    from ..recommend.metrics import evaluate as judge

    assert k is not None
    found = judge(ranking, truth, range(1, k + 1))
    if output != "-":
        _write(ranking, "csv" if form == "table" else form, output, options["rng"], graph)
    emit(_judged(found, form if output == "-" else "table", ranking))
    return 0


def _column(labels: list[Any]) -> Any:
    """Return labels as an array of objects: mixed ones must not become texts."""
    import numpy as np

    array = np.empty(len(labels), dtype=object)
    array[:] = labels
    return array


def _acceptance(path: str | None, network: "InfluenceGraph") -> Any:
    if path is None:
        return None
    from ..io import read_node_values

    return read_node_values(path, network, default=1.0)


def _tell_dropped(ranking: "Ranking", quiet: bool) -> None:
    if ranking.dropped_rows and not quiet:
        click.echo(
            f"note: {ranking.dropped_rows:,} candidates and {ranking.dropped_users:,} users are no nodes and left out",
            err=True,
        )


def _write(ranking: "Ranking", form: str, output: str, random_seed: int, source: str) -> None:
    from ..recommend.files import write_ranking

    if form == "json":
        emit(as_json(ranking.to_dict() | {"random_seed": random_seed, "source": source}), output)
    elif form == "table":
        emit(_table(ranking, random_seed), output)
    else:
        try:
            write_ranking(ranking, output, form)
        except InvalidArgumentError as error:
            raise OutputError(str(error)) from None


def _table(ranking: "Ranking", random_seed: int) -> str:
    columns = ranking.columns()
    head = tuple(columns)
    number = ranking.graph.labels.kind != "object"
    cells = [
        tuple(f"{value:,.4g}" if isinstance(value, float) else str(value) for value in row)
        for row in zip(*(c if isinstance(c, list) else c.tolist() for c in columns.values()), strict=True)
    ]
    table = as_table(head, cells, (number, number, *(True for _ in head[2:])))
    return (
        table
        + "\n"
        + as_facts(
            [
                ("Users", f"{len(ranking):,} with {ranking.friends.size:,} candidates"),
                ("Algorithm", ranking.algorithm),
                *([("RR sets", f"{ranking.n_rr_sets:,}")] if ranking.n_rr_sets else []),
                ("Random seed", str(random_seed)),
            ]
        )
    )


def _judged(found: "Evaluation", form: str, ranking: "Ranking") -> str:
    names = ("recall", "ndcg", "spread", "ideal_spread", "nspread")
    rows = list(zip(found.ks, *(getattr(found, name) for name in names), strict=True))
    if form == "json":
        return as_json(found.to_dict())
    if form != "table":
        return as_csv(("k", *names), rows)
    cells = [
        (str(k), f"{recall:.4f}", f"{ndcg:.4f}", f"{spread:,.0f}", f"{ideal:,.0f}", f"{nspread:.4f}")
        for k, recall, ndcg, spread, ideal, nspread in rows
    ]
    exact = "" if all(found.exact) else "; some ideal lists were chosen greedily"
    return (
        as_table(("k", *names), cells, (True,) * 6)
        + "\n"
        + as_facts(
            [
                ("Algorithm", ranking.algorithm),
                ("Users", f"{found.n_users:,} judged, {found.n_left_out:,} left out for lack of a pair{exact}"),
            ]
        )
    )
