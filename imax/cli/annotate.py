"""``imax annotate``: which examples to label, from their embeddings."""

from typing import TYPE_CHECKING

import click

from .._utils import check
from ..errors import InvalidArgumentError, MissingDependencyError
from ._errors import INTERRUPTED, Command, WrongUsage
from ._output import as_csv, as_facts, as_json, as_table, check_place, emit, output_option
from ._selection import interval_facts
from ._shared import Status, checked, common_options, one_stdin

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from ..annotate import Annotation, Selection

__all__ = ["command"]

_ALGORITHMS = ["ideal", "simulated", "vote-k", "k-center", "facility-location", "graph-degree", "random"]


@click.command(
    "annotate",
    cls=Command,
    short_help="Choose examples to label, from embeddings.",
    epilog="""\b
Examples:
  imax annotate embeddings.npy --budget 100
  imax annotate data.npz --key train --budget 50 --format plain
  imax annotate rows.jsonl --column vector --budget 50 --start done.txt
  imax annotate embeddings.npy --budget 20 --labels labels.csv --diffuse all.csv
  imax annotate rows.csv --text-column question --model ./my-model --budget 50""",
)
@click.argument("embeddings")
@click.option(
    "--budget", type=int, required=True, callback=checked(check.count, "budget"), help="How many examples to choose."
)
@click.option("--algorithm", type=click.Choice(_ALGORITHMS), default="ideal", show_default=True, help="How to choose.")
@click.option(
    "--neighbors",
    "n_neighbors",
    type=int,
    default=10,
    show_default=True,
    callback=checked(check.count, "n_neighbors"),
    help="How many nearest others each item has arcs to.",
)
@click.option(
    "--search",
    type=click.Choice(["auto", "exact", "approximate"]),
    default="auto",
    show_default=True,
    help="How neighbours are found; auto is exact up to 100,000 items.",
)
@click.option("--key", help="The array of an .npz file.")
@click.option("--column", default="embedding", show_default=True, help="The column of vectors of a table.")
@click.option("--text-column", help="Embed the texts of this column, by sentence-transformers and --model.")
@click.option("--model", "model_path", metavar="DIR", help="A sentence-transformers model that is on this machine.")
@click.option("--start", metavar="FILE", help="Items that are annotated already, one a line.")
@click.option("--exclude", metavar="FILE", help="Items that cannot be chosen, one a line.")
@click.option(
    "--labels", metavar="FILE", help="Labels of annotated items, lines of an item and a label; they join --start."
)
@click.option(
    "--diffuse",
    metavar="FILE",
    help="Write there, as CSV, the labels that diffuse from those of --labels to all items.",
)
@click.option(
    "--threshold",
    type=float,
    default=0.0,
    show_default=True,
    callback=checked(check.probability, "threshold"),
    help="Abstain from a label whose probability is not above this.",
)
@click.option(
    "--epsilon",
    type=float,
    callback=checked(check.open_unit, "epsilon"),
    help="ideal: how close to stop; smaller is better and slower.  [default: 0.025]",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["table", "json", "csv", "plain"]),
    default="table",
    show_default=True,
    help="plain: one item a line.",
)
@output_option
@common_options
def command(
    embeddings: str,
    budget: int,
    algorithm: str,
    n_neighbors: int,
    search: str,
    key: str | None,
    column: str,
    text_column: str | None,
    model_path: str | None,
    start: str | None,
    exclude: str | None,
    labels: str | None,
    diffuse: str | None,
    threshold: float,
    epsilon: float | None,
    form: str,
    output: str,
    quiet: bool,
    rng: int,
    threads: int | None,
) -> int:
    """Choose the items of EMBEDDINGS whose labels would tell most about the others (IDEAL).

    EMBEDDINGS is a file: .npy, .npz, or CSV, JSON lines or Parquet with a column of vectors. Items are numbered from 0.
    """
    for place in (output, diffuse):
        check_place(place or "-")
    if diffuse is not None and labels is None:
        raise WrongUsage("--diffuse needs --labels")
    if (text_column is None) != (model_path is None):
        raise WrongUsage("--text-column and --model go together; nothing is downloaded")
    one_stdin(EMBEDDINGS=embeddings, **{"--start": start, "--exclude": exclude, "--labels": labels})
    from ..annotate import auto_annotate, select
    from ..annotate.files import read_embeddings, read_items, read_labels_of_items

    status = Status(quiet)
    status.show("reading")
    x = (
        read_embeddings(embeddings, key=key, column=column)
        if text_column is None
        else _embed(embeddings, text_column, model_path or "")
    )
    n = len(x)
    known = {} if labels is None else read_labels_of_items(labels, n)
    begun = [*([] if start is None else read_items(start, n)), *known]
    status.show("choosing")
    found = select(
        x, budget, n_neighbors, algorithm=algorithm, neighbor_search=search, start=begun or None,
        exclude=None if exclude is None else read_items(exclude, n), rng=rng, threads=threads,
        epsilon=epsilon,
    )  # fmt: skip
    spread = None
    if diffuse is not None:
        status.show("diffusing labels")
        spread = auto_annotate(found, known, threshold=threshold, rng=rng, threads=threads)
        emit(_diffused(spread), diffuse)
    status.clear()
    emit(_text(form, found, spread, embeddings, rng), output)
    if found.stop_reason == "interrupted":
        click.echo("imax: interrupted; this is the best result so far", err=True)
        return INTERRUPTED
    return 0


def _embed(path: str, column: str, model: str) -> "NDArray[np.float32]":
    """Return embeddings of texts by a model on this machine."""
    from pathlib import Path

    from ..annotate.files import read_texts

    if not Path(model).is_dir():
        raise InvalidArgumentError(f"model {model!r} is no folder on this machine; models are not downloaded")
    try:
        from sentence_transformers import SentenceTransformer
    except ImportError:
        raise MissingDependencyError(
            "--text-column needs sentence-transformers: pip install 'influence-maximization[text]'"
        ) from None
    made: NDArray[np.float32] = SentenceTransformer(model, local_files_only=True).encode(read_texts(path, column))
    return made


def _diffused(spread: "Annotation") -> str:
    rows = [
        (item, "" if label is None else label, sure)
        for item, (label, sure) in enumerate(zip(spread.labels, spread.confidence, strict=True))
    ]
    return as_csv(("item", "label", "confidence"), rows)


def _text(form: str, found: "Selection", spread: "Annotation | None", source: str, random_seed: int) -> str:
    if form == "json":
        about = {"random_seed": random_seed, "source": source}
        return as_json(found.to_dict() | {"diffused": None if spread is None else spread.to_dict()} | about)
    if form == "plain":
        return "".join(f"{item}\n" for item in found.indices)
    columns: dict[str, list[float]] = {} if found.gains is None else {"gain": found.gains}
    head = ("rank", "item", *columns)
    rows = list(zip(range(1, len(found) + 1), found.indices, *columns.values(), strict=True))
    if form == "csv":
        return as_csv(head, rows)
    cells = [(str(rank), str(item), *(f"{value:,.2f}" for value in values)) for rank, item, *values in rows]
    recall = "" if found.neighbor_search == "exact" or found.recall is None else f", recall {found.recall:.3f}"
    facts = [
        *interval_facts(found, "these items", f"any {found.budget:,} items"),
        ("Algorithm", found.algorithm),
        ("Items", f"{found.n_items:,}, {found.n_neighbors} neighbors each, {found.neighbor_search}{recall}"),
    ]
    if found.start:
        facts.append(("Annotated", f"{len(found.start):,} already; influence is what is added to theirs"))
    if spread is not None:
        facts.append(("Diffused", f"labels to {len(spread.labels) - spread.n_abstained:,} items"))
    facts += [
        ("Stopped", found.stop_reason),
        ("Time", f"{found.seconds['total']:.2f} s"),
        ("Random seed", str(random_seed)),
    ]
    return as_table(head, cells, (True,) * len(head)) + "\n" + as_facts(facts)
