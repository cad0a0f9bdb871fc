"""``imax annotate``: choose examples to label from their embeddings."""

from typing import TYPE_CHECKING, Any

import click

from .._utils import check
from ..errors import InvalidArgumentError, MissingDependencyError
from . import options as opt
from .arguments import given, reject_two_stdin
from .context import Context, command
from .errors import WrongUsage
from .facts import Fact, closing_facts, interval_facts
from .output import as_csv, as_facts, as_lines, as_table, check_writable, write_output

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from ..annotate import Annotation, Selection

__all__ = ["choose_items"]


@command(
    "annotate",
    "Choose examples to label from embeddings.",
    examples=(
        "imax annotate embeddings.npy --budget 100",
        "imax annotate data.npz --key train --budget 50 --format plain",
        "imax annotate rows.jsonl --column vector --budget 50 --start done.txt",
        "imax annotate x.npy --budget 20 --labels labels.csv --diffuse all.csv",
        "imax annotate rows.csv --text-column question --model ./my-model --budget 50",
    ),
)
@click.argument("embeddings")
@opt.integer("--budget", required=True, help="Number of examples to choose.")
@opt.algorithm_option("annotate")
@opt.integer(
    "--n-neighbors", default=10, show_default=True, help="Number of nearest neighbors that each item has arcs to."
)
@opt.choice(
    "--neighbor-search",
    values=["auto", "exact", "approximate"],
    default="auto",
    help="How neighbors are found; auto is exact for up to 100,000 items.",
)
@click.option("--key", metavar="NAME", help="Array of the .npz file.  [required if it holds several]")
@click.option("--column", metavar="NAME", default="embedding", show_default=True, help="Column of vectors of a table.")
@click.option(
    "--text-column", metavar="NAME", help="Embed the texts of this column by sentence-transformers and --model."
)
@click.option(
    "--model", "model_path", metavar="DIR", help="Folder of a sentence-transformers model; no model is downloaded."
)
@click.option("--start", metavar="FILE", help="Items that are already annotated, one per line.")
@click.option("--exclude", metavar="FILE", help="Items that may not be chosen, one per line.")
@click.option(
    "--labels",
    metavar="FILE",
    help="Labels of annotated items, an item and a label per line; they are added to --start.",
)
@click.option(
    "--diffuse", metavar="FILE", help="CSV file for the labels of all items, which diffuse from those of --labels."
)
@opt.number(
    "--threshold",
    rule=check.probability,
    default=0.0,
    show_default=True,
    help="Give an item a diffused label only if its probability is above this.",
)
@opt.epsilon_option("annotate")
@opt.format_option("table", "json", "csv", "plain", note="plain: one item per line.")
@opt.common_options
def choose_items(
    context: Context,
    embeddings: str,
    text_column: str | None,
    model_path: str | None,
    key: str | None,
    column: str,
    start: str | None,
    exclude: str | None,
    labels: str | None,
    diffuse: str | None,
    threshold: float,
    **options: Any,
) -> int:
    """Choose the items of EMBEDDINGS whose labels tell most about the other items (IDEAL).

    EMBEDDINGS is a .npy or .npz file, or a CSV, JSON lines or Parquet file with a column of vectors. Items are numbered
    from 0.
    """
    check_writable(diffuse or "-")
    if diffuse is not None and labels is None:
        raise WrongUsage("--diffuse needs --labels")
    if (text_column is None) != (model_path is None):
        raise WrongUsage("--text-column and --model go together; nothing is downloaded")
    reject_two_stdin(EMBEDDINGS=embeddings, **{"--start": start, "--exclude": exclude, "--labels": labels})
    from ..annotate import auto_annotate, select
    from ..annotate.files import read_embeddings, read_items, read_labels_of_items

    context.source = embeddings
    context.status.show("reading")
    if text_column is None:
        vectors = read_embeddings(embeddings, key=key, column=column)
    else:
        vectors = _embed(embeddings, text_column, model_path or "")
    n = len(vectors)
    known = {} if labels is None else read_labels_of_items(labels, n)
    annotated = [*([] if start is None else read_items(start, n)), *known]
    context.status.show("choosing")
    found = select(
        vectors,
        start=annotated or None,
        exclude=None if exclude is None else read_items(exclude, n),
        **given(options),
        **context.work,
    )
    diffused = None
    if diffuse is not None:
        context.status.show("diffusing labels")
        diffused = auto_annotate(found, known, threshold=threshold, **context.work)
        write_output(_as_labels(diffused), diffuse)
    return context.finish(_text(context, found, diffused), found.stop_reason == "interrupted")


def _embed(path: str, column: str, model: str) -> "NDArray[np.float32]":
    """Return embeddings of texts by a model in a local folder."""
    from pathlib import Path

    from ..annotate.files import read_texts

    if not Path(model).is_dir():
        raise InvalidArgumentError(f"--model {model!r} is no folder on this machine; models are not downloaded")
    try:
        from sentence_transformers import SentenceTransformer
    except ImportError:
        raise MissingDependencyError(
            "--text-column needs sentence-transformers: pip install 'influence-maximization[text]'"
        ) from None
    vectors: NDArray[np.float32] = SentenceTransformer(model, local_files_only=True).encode(read_texts(path, column))
    return vectors


def _as_labels(diffused: "Annotation") -> str:
    """Return the labels of all items as CSV."""
    rows = [
        (item, "" if label is None else label, confidence)
        for item, (label, confidence) in enumerate(zip(diffused.labels, diffused.confidence, strict=True))
    ]
    return as_csv(("item", "label", "confidence"), rows)


def _text(context: Context, found: "Selection", diffused: "Annotation | None") -> str:
    if context.form == "json":
        return context.as_json(found.to_dict() | {"diffused": None if diffused is None else diffused.to_dict()})
    if context.form == "plain":
        return as_lines(found.indices)
    columns: dict[str, list[float]] = {} if found.gains is None else {"gain": found.gains}
    head = ("rank", "item", *columns)
    rows = list(zip(range(1, len(found) + 1), found.indices, *columns.values(), strict=True))
    if context.form == "csv":
        return as_csv(head, rows)
    cells = [(str(rank), str(item), *(f"{value:,.2f}" for value in values)) for rank, item, *values in rows]
    return as_table(head, cells, (True,) * len(head)) + "\n" + as_facts(_facts(context, found, diffused))


def _facts(context: Context, found: "Selection", diffused: "Annotation | None") -> list[Fact]:
    search = found.neighbor_search
    recall = "" if search == "exact" or found.recall is None else f", recall {found.recall:.3f}"
    facts = [
        *interval_facts(found, "these items", f"any {found.budget:,} items"),
        ("Algorithm", found.algorithm),
        ("Items", f"{found.n_items:,}, {found.n_neighbors} neighbors each, {search}{recall}"),
    ]
    if found.start:
        facts.append(("Annotated", f"{len(found.start):,} already; influence is what is added to theirs"))
    if diffused is not None:
        facts.append(("Diffused", f"labels to {len(diffused.labels) - diffused.n_abstained:,} items"))
    return [*facts, *closing_facts(found.stop_reason, f"{found.seconds['total']:.2f} s", context.rng)]
