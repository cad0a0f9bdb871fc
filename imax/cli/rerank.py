"""``imax rerank``: reorder the candidates of a recommender, and evaluate lists."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .._utils import check
from . import options as opt
from ._algorithms import OptionOf
from .acceptance import discount_option
from .arguments import given, reject_two_stdin
from .cluster import connect, scheduler_option
from .context import Context, command
from .errors import WrongUsage
from .output import check_report, write_output
from .rerank_output import as_evaluation, write_lists

if TYPE_CHECKING:
    from ..recommend import Ranking

__all__ = ["rerank_candidates"]


@command(
    "rerank",
    "Reorder candidate friends by how far an invitation spreads.",
    examples=(
        "imax rerank --candidates recs.csv --k 3 friends.txt.gz",
        "imax rerank --candidates recs.csv --algorithm heteroir -o lists.parquet g.imax",
        "imax rerank --candidates recs.csv --acceptance accept.txt friends.imax",
        "imax rerank --candidates recs.csv --algorithm expected-spread --k 3 friends.imax",
        "imax rerank --candidates recs.csv --k 3 --evaluate truth.csv friends.imax",
    ),
)
@opt.graph_options
@click.option(
    "--candidates",
    required=True,
    metavar="FILE",
    help="CSV, JSON lines, Parquet or Feather file with the columns user, candidate and, optionally, score; "
    "FILE:USER:CANDIDATE[:SCORE] names other columns.",
)
@opt.algorithm_option("recommend")
@opt.integer("-k", "--k", help="Keep the best k candidates of each user.  [default: all]")
@click.option(
    "--acceptance",
    metavar="FILE",
    help="Acceptance probability of each node, a node and a number per line or FILE:NODE:PROBABILITY.  "
    "[default: 1 each]",
)
@opt.number(
    "--blend",
    rule=check.probability,
    help="Share of the algorithm's score in the final score; the rest is the probability that the candidate is invited "
    "and accepts.",
)
@opt.integer(
    "--interactions",
    cls=OptionOf,
    family="recommend",
    help="Largest number of friends that a node interacts with.{only}  [default: 20]",
)
@opt.integer(
    "--sets-per-node",
    cls=OptionOf,
    family="recommend",
    help="Number of RR sets rooted at each node.{only}  [default: 20]",
)
@opt.number(
    "--min-willingness",
    cls=OptionOf,
    family="recommend",
    rule=check.probability,
    help="Candidates who are invited and accept with less than this probability come after the others.{only}",
)
@discount_option("recommend")
@opt.integer(
    "--list-length",
    cls=OptionOf,
    family="recommend",
    help="Length of the lists of users who are not among the candidates' users.{only}  [default: 3]",
)
@scheduler_option
@opt.choice(
    "--on-missing",
    values=["error", "drop", "default"],
    default="error",
    help="What cannot be ranked: stop with an error; or keep the given order of unknown users and drop unknown and "
    "repeated candidates; or place unknown candidates after the others. Nodes that --acceptance does not list: stop "
    "with an error; or they never accept; or they always accept.",
)
@opt.choice(
    "--on-short",
    values=["error", "keep"],
    help="Lists of fewer than k candidates: stop with an error, or keep them.  [default: keep, but error with "
    "--on-missing error]",
)
@click.option(
    "--evaluate",
    metavar="FILE",
    help="Print metrics of the lists against the pairs in the columns user and friend of this file, or of "
    "FILE:USER:FRIEND. The lists are written only if --output is given.",
)
@opt.format_option("table", "csv", "jsonl", "parquet", "json", note="parquet needs --output.")
@opt.report_option
@opt.common_options
def rerank_candidates(
    context: Context,
    candidates: str,
    k: int | None,
    acceptance: str | None,
    on_short: str | None,
    evaluate: str | None,
    report_file: str | None,
    **options: Any,
) -> int:
    """Reorder the candidate friends of each user by how far an invitation of them spreads in GRAPH.

    GRAPH is a file, - for standard input, or the name of a graph: see imax seed --help. An arc leads from a user to a
    friend, with the probability that the user invites this friend; a score in the file of candidates replaces it.
    """
    files = {"GRAPH": context.source, "--candidates": candidates, "--acceptance": acceptance, "--evaluate": evaluate}
    reject_two_stdin(**files)
    check_report(report_file)
    from ..recommend.files import read_rows

    if context.form == "parquet" and context.output == "-" and evaluate is None:
        raise WrongUsage("--format parquet needs --output")
    if evaluate is not None and k is None:
        raise WrongUsage("--evaluate needs --k, the largest length of a list")
    graph = context.open_graph()
    users, friends, scores = read_rows(candidates, graph.labels, ("user", "candidate"), "score")
    truth = None
    if evaluate is not None:
        truth = list(zip(*read_rows(evaluate, graph.labels, ("user", "friend")), strict=True))
    from ..recommend import Reranker

    context.status.show("preparing")
    accept = None if acceptance is None else context.reader(graph).acceptance(Path(acceptance))[graph.rank]
    context.print_notes()
    options["client"] = connect(options["client"])
    reranker = Reranker(graph, acceptance=accept, **context.work, **given(options))
    context.status.show("ranking")
    table = (_column(users), _column(friends), *([scores] if scores else []))
    ranking = reranker.rerank(table, k, on_missing=context.on_missing or "error", on_short=on_short)
    context.status.clear()
    for note in ranking.notes:
        context.note(note)
    return _print(context, ranking, truth, k, report_file)


def _print(
    context: Context, ranking: "Ranking", truth: list[tuple[Any, ...]] | None, k: int | None, report_file: str | None
) -> int:
    """Print the lists, or their evaluation against `truth`, and write the report."""
    if truth is None:
        context.write_report(report_file, ranking)
        write_lists(context, ranking, context.form)
        return 0
    from ..recommend.metrics import evaluate

    assert k is not None
    evaluation = evaluate(ranking, truth, range(1, k + 1))
    context.write_report(report_file, ranking, evaluation)
    if context.output != "-":
        write_lists(context, ranking, "csv" if context.form == "table" else context.form)
    write_output(as_evaluation(evaluation, ranking, context.form if context.output == "-" else "table"))
    return 0


def _column(labels: list[Any]) -> Any:
    """Return labels as an array of objects; NumPy would make strings of mixed labels."""
    import numpy as np

    array = np.empty(len(labels), dtype=object)
    array[:] = labels
    return array
