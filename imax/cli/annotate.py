"""``imax annotate``: choose examples to label from their embeddings."""

from typing import TYPE_CHECKING, Any

import click

from .._utils import check
from ..errors import FileFormatError, InvalidArgumentError, MissingDependencyError
from . import options as opt
from .arguments import given, reject_two_stdin
from .cluster import connect, scheduler_option
from .context import Context, command
from .errors import WrongUsage
from .facts import Fact, algorithm_fact, closing_facts, interval_facts
from .output import as_csv, as_facts, as_json_lines, as_lines, as_table, check_report, check_writable, write_output
from .progress import selection_progress

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from ..annotate import Annotation, Selection
    from ..annotate.item_files import Items

__all__ = ["choose_items"]

_WIDEST = 60  # characters of a cell of the table


@command(
    "annotate",
    "Choose examples to label from embeddings.",
    examples=(
        "imax annotate embeddings.npy --budget 100",
        "imax annotate data.npz --key train --budget 50 --format plain",
        "imax annotate texts.jsonl --id-column id --text-column text --budget 50 -o batch1.jsonl",
        "imax annotate texts.jsonl --id-column id --text-column text --budget 50 --start batch1.jsonl",
        "imax annotate x.npy --items texts.csv --id-column id --budget 20 --labels labels.csv --diffuse all.csv",
        "imax annotate rows.csv --text-column question --embedding-model ./my-model --budget 50",
    ),
)
@click.argument("embeddings")
@opt.integer("--budget", required=True, help="Number of examples to choose.")
@opt.algorithm_option("annotate")
@opt.integer(
    "--n-neighbors", default=10, show_default=True, help="Number of nearest neighbors that each item has arcs to."
)
@opt.choice(
    "--direction",
    values=["in", "out"],
    default="in",
    help="in: an item influences the items that have it among their nearest neighbors. out: an item influences its own "
    "nearest neighbors, as in the paper.",
)
@opt.number(
    "--sharpness",
    rule=check.not_negative,
    help="Exponent of the similarities, from which the probabilities of the arcs follow; 1 in the paper.  [default: 8]",
)
@opt.choice(
    "--model",
    values=["ic", "lt"],
    default="ic",
    help="How influence spreads: independent cascade, or linear threshold (--direction in only).",
)
@opt.choice(
    "--neighbor-search",
    values=["auto", "exact", "approximate"],
    default="auto",
    help="How neighbors are found; auto is exact for up to 100,000 items.",
)
@click.option("--key", metavar="NAME", help="Array of the .npz file.  [required if it holds several]")
@click.option("--column", metavar="NAME", default="embedding", show_default=True, help="Column of vectors of a table.")
@click.option("--id-column", metavar="NAME", help="Column of the ids of items. All files name items by these ids.")
@click.option("--text-column", metavar="NAME", help="Column of texts; the output contains the texts.")
@click.option(
    "--items",
    "items_file",
    metavar="FILE",
    help="Table with the ids and texts of the items, in the order of EMBEDDINGS.  [default: EMBEDDINGS]",
)
@click.option(
    "--embedding-model",
    "model_path",
    metavar="DIR",
    help="Embed the texts of --text-column by the sentence-transformers model in this folder; no model is downloaded.",
)
@click.option(
    "--start",
    metavar="FILE",
    help="Items that are already annotated: one per line, or an output of this command (plain, csv, json, jsonl).",
)
@click.option("--exclude", metavar="FILE", help="Items that may not be chosen; the same formats as --start.")
@click.option(
    "--labels",
    metavar="FILE",
    help="Labels of annotated items: an item and a label per line, or a table with the columns item (or --id-column) "
    "and --label-column. Items with a blank label are not annotated; the others are added to --start.",
)
@click.option(
    "--label-column", metavar="NAME", default="label", show_default=True, help="Column of labels in --labels."
)
@opt.number(
    "--decided-above",
    rule=check.probability,
    help="Do not choose items whose label diffuses from --labels with a probability above this, and do not count them.",
)
@click.option(
    "--confidence",
    metavar="FILE",
    help="How sure a model is of each item: an item and a number per line, or a table with the columns item (or "
    "--id-column) and confidence. vote-k then does its second stage. Only for vote-k.",
)
@click.option(
    "--diffuse",
    metavar="FILE",
    help="File for the labels of all items, which diffuse from those of --labels: CSV, or JSON lines if it ends with "
    ".jsonl.",
)
@opt.number(
    "--threshold",
    rule=check.probability,
    default=0.0,
    show_default=True,
    help="Give an item a diffused label only if its probability is above this.",
)
@opt.choice(
    "--on-missing",
    values=["error", "drop"],
    default="error",
    help="What to do with ids in --start, --exclude, --labels and --confidence that belong to no item: stop with an "
    "error, or ignore them.",
)
@opt.epsilon_option("annotate")
@scheduler_option
@opt.format_option("table", "json", "csv", "jsonl", "plain", note="plain: one item per line.")
@opt.report_option
@opt.common_options
def choose_items(
    context: Context,
    embeddings: str,
    key: str | None,
    column: str,
    model_path: str | None,
    start: str | None,
    exclude: str | None,
    labels: str | None,
    label_column: str,
    confidence: str | None,
    diffuse: str | None,
    threshold: float,
    report_file: str | None,
    client: str | None,
    **options: Any,
) -> int:
    """Choose the items of EMBEDDINGS whose labels tell most about the other items.

    EMBEDDINGS is a .npy or .npz file, or a CSV, JSON lines, Parquet or Feather file with a column of vectors. Items are
    numbered from 0, or have the ids of --id-column.
    """
    check_writable(diffuse or "-")
    check_report(report_file)
    if diffuse is not None and labels is None:
        raise WrongUsage("--diffuse needs --labels")
    if options["decided_above"] is not None and labels is None:
        raise WrongUsage("--decided-above needs --labels")
    columns = {name: options.pop(name) for name in ("id_column", "text_column", "items_file")}
    if model_path is not None and columns["text_column"] is None:
        raise WrongUsage("--embedding-model needs --text-column; nothing is downloaded")
    reject_two_stdin(
        EMBEDDINGS=embeddings,
        **{"--start": start, "--exclude": exclude, "--labels": labels, "--items": columns["items_file"]},
        **{"--confidence": confidence},
    )
    from ..annotate import auto_annotate, select
    from ..annotate.item_files import read_item_labels, read_items

    context.source = embeddings
    context.status.show("reading")
    vectors, items = _read(embeddings, key, column, model_path, **columns)
    ignored: list[str] | None = [] if context.on_missing == "drop" else None
    known, n_blank = ({}, 0) if labels is None else read_item_labels(labels, items, label_column, ignored)
    if n_blank:
        context.note(f"{labels}: items with a blank label, not annotated: {n_blank:,}")
    by_name = {items.name(row): label for row, label in known.items()}
    annotated = [] if start is None else read_items(start, items, ignored)
    excluded = None if exclude is None else [items.name(row) for row in read_items(exclude, items, ignored)]
    sure = None if confidence is None else _read_confidence(confidence, items, ignored)
    for note in ignored or ():
        context.note(note)
    cluster = connect(client)
    context.status.show("choosing")
    found = select(
        vectors,
        ids=items.ids,
        start=[items.name(row) for row in annotated] or None,
        exclude=excluded,
        labels=by_name or None,
        confidence=sure,
        progress=selection_progress(context.status),
        client=cluster,
        **given(options),
        **context.work,
    )
    for note in found.notes:
        context.note(note)
    diffused = None
    if diffuse is not None:
        context.status.show("diffusing labels")
        diffused = auto_annotate(found, by_name, threshold=threshold, client=cluster, **context.work)
        write_output(_as_labels(diffused, items, diffuse), diffuse)
    context.write_report(report_file, found)
    return context.finish(_text(context, found, diffused, items), found.stop_reason == "interrupted")


def _read_confidence(path: str, items: "Items", ignored: list[str] | None) -> dict[Any, float]:
    """Return how sure a model is of each item, by the names of the items."""
    from ..annotate.item_files import read_item_labels

    found: dict[Any, float] = {}
    for row, cell in read_item_labels(path, items, "confidence", ignored)[0].items():
        try:
            found[items.name(row)] = float(cell)
        except ValueError:
            raise FileFormatError(f"{path}: the confidence of item {items.name(row)} is no number: {cell!r}") from None
    return found


def _read(
    embeddings: str,
    key: str | None,
    column: str,
    model: str | None,
    *,
    id_column: str | None,
    text_column: str | None,
    items_file: str | None,
) -> "tuple[NDArray[Any], Items]":
    """Return the embeddings, and the ids and texts of the items."""
    from ..annotate.files import read_embeddings
    from ..annotate.item_files import Items, read_item_columns

    named = id_column is not None or text_column is not None
    if items_file is not None and not named:
        raise WrongUsage("--items needs --id-column or --text-column")
    if model is not None:
        items = read_item_columns(items_file or embeddings, None, id_column, text_column)
        return _embed(items.texts or [], model), items
    try:
        vectors = read_embeddings(embeddings, key=key, column=column)
    except FileFormatError as error:
        if text_column is None or "is missing" not in str(error):
            raise
        hint = "embed the texts by --embedding-model, or name a file of embeddings, and the texts by --items"
        raise FileFormatError(f"{error}; {hint} {embeddings}") from None
    n = vectors.shape[0]
    if not named:
        return vectors, Items(n)
    if items_file is None and embeddings.endswith((".npy", ".npz")):
        raise WrongUsage(
            f"--id-column and --text-column need --items, because {embeddings} has no columns; name a table with a row "
            "for each embedding"
        )
    return vectors, read_item_columns(items_file or embeddings, n, id_column, text_column)


def _embed(texts: list[str], model: str) -> "NDArray[np.float32]":
    """Return embeddings of texts by a model in a local folder."""
    from pathlib import Path

    if not Path(model).is_dir():
        raise InvalidArgumentError(
            f"--embedding-model {model!r} is no folder on this machine; models are not downloaded"
        )
    try:
        from sentence_transformers import SentenceTransformer
    except ImportError:
        raise MissingDependencyError(
            "--embedding-model needs sentence-transformers: pip install 'influence-maximization[text]'"
        ) from None
    vectors: NDArray[np.float32] = SentenceTransformer(model, local_files_only=True).encode(texts)
    return vectors


def _as_labels(diffused: "Annotation", items: "Items", path: str) -> str:
    """Return the labels of all items as CSV or, for a file with the ending .jsonl, as JSON lines."""
    rows = list(range(items.n))
    as_lines_of_json = path.endswith((".jsonl", ".ndjson"))
    labels = [
        "" if label is None and not as_lines_of_json else label for label in diffused.labels
    ]  # fmt: skip
    columns = {"item": rows, **items.columns(rows), "label": labels, "confidence": diffused.confidence}
    table = list(zip(*columns.values(), strict=True))
    return as_json_lines(tuple(columns), table) if as_lines_of_json else as_csv(tuple(columns), table)


def _text(context: Context, found: "Selection", diffused: "Annotation | None", items: "Items") -> str:
    if context.form == "json":
        named = items.columns(found.indices)
        texts = {"texts": named[items.text_column]} if items.texts is not None else {}
        return context.as_json(found.to_dict() | texts | {"diffused": None if diffused is None else diffused.to_dict()})
    if context.form == "plain":
        return as_lines(found.ids)
    gains: dict[str, list[float]] = {} if found.gains is None else {"gain": found.gains}
    columns = {"rank": range(1, len(found) + 1), "item": found.indices, **items.columns(found.indices), **gains}
    head, rows = tuple(columns), list(zip(*columns.values(), strict=True))
    if context.form in ("csv", "jsonl"):
        return as_csv(head, rows) if context.form == "csv" else as_json_lines(head, rows)
    cells = [tuple(_cell(value) for value in row) for row in rows]
    numbers = tuple(name in ("rank", "item", "gain") for name in head)
    return as_table(head, cells, numbers) + "\n" + as_facts(_facts(context, found, diffused))


def _cell(value: Any) -> str:
    """Return a cell of the table: one line, at most 60 characters."""
    text = f"{value:,.2f}" if isinstance(value, float) else " ".join(str(value).split())
    return text if len(text) <= _WIDEST else text[: _WIDEST - 3] + "..."


def _facts(context: Context, found: "Selection", diffused: "Annotation | None") -> list[Fact]:
    search = found.neighbor_search
    recall = "" if search == "exact" or found.recall is None else f", recall {found.recall:.3f}"
    facts = [
        *interval_facts(found, "these items", f"any {found.budget:,} items"),
        algorithm_fact(found.algorithm, found.auto),
        ("Items", f"{found.n_items:,}, {found.n_neighbors} neighbors each, {search}{recall}"),
        ("Diffusion", f"direction {found.direction}, sharpness {found.sharpness:g}, {found.model}"),
    ]
    if found.start:
        facts.append(("Annotated", f"{len(found.start):,} already; influence is what is added to theirs"))
    if diffused is not None:
        facts.append(("Diffused", f"labels to {len(diffused.labels) - diffused.n_abstained:,} items"))
    return [*facts, *closing_facts(found.stop_reason, f"{found.seconds['total']:.2f} s", context.rng)]
