"""Reading ids and texts of items, lists of items, and labels from files: lines, CSV, JSON, JSON Lines and Parquet."""

import csv
import json
from dataclasses import dataclass
from typing import Any

from .._utils.locks import kept_property
from ..errors import FileFormatError
from ..graph.node_values import examples
from ..io.tables import read_table, shown, table_names
from ..io.text import Content, PathLike, integer, load, load_list, quoted
from ._checks import is_blank

__all__ = ["Items", "read_item_columns", "read_item_labels", "read_items"]

Cells = list[tuple[str, Any]]  # the position of each cell, for messages, and its value


@dataclass(frozen=True)
class Items:
    """The items of a file of embeddings.

    Attributes
    ----------
    n : int
        Number of items. Their rows are numbered from 0.
    ids : list or None
        The id of each item; None if items are named by row numbers.
    texts : list of str or None
        The text of each item.
    id_column, text_column : str
        The names of the columns that they come from.
    """

    n: int
    ids: list[Any] | None = None
    texts: list[str] | None = None
    id_column: str = "id"
    text_column: str = "text"

    @kept_property
    def row_of(self) -> dict[str, int]:
        """The row of each id, as text."""
        return {str(label): row for row, label in enumerate(self.ids or ())}

    def name(self, row: int) -> Any:
        """Return the id of a row, or the row number if there are no ids."""
        return row if self.ids is None else self.ids[row]

    def columns(self, rows: list[int]) -> dict[str, list[Any]]:
        """Return ids and texts of rows as columns, as far as there are any."""
        found: dict[str, list[Any]] = {}
        if self.ids is not None:
            found[self.id_column] = [self.ids[row] for row in rows]
        if self.texts is not None:
            found[self.text_column] = [self.texts[row] for row in rows]
        return found


def read_item_columns(path: PathLike, n: int | None, id_column: str | None, text_column: str | None) -> Items:
    """Read the ids and the texts of items from a table with one row for each item.

    Parameters
    ----------
    path : str or os.PathLike
        A CSV file with a header, JSON Lines, Parquet or Feather.
    n : int or None
        The number of embeddings, which is the number of rows; None if it is not known.
    id_column, text_column : str or None
        The columns to read.

    Raises
    ------
    FileFormatError
        If a column is missing, an id is blank or occurs twice, or the number of rows is wrong.
    """
    wanted = [name for name in (id_column, text_column) if name is not None]
    table = read_table(load(path), wanted)
    ids = None if id_column is None else _distinct_ids(table.column(id_column))
    texts = None
    if text_column is not None:
        texts = ["" if is_blank(cell) else str(cell) for _, cell in table.column(text_column)]
    if n is not None and n != len(table.rows):
        raise FileFormatError(
            f"{table.source} has {len(table.rows):,} rows, but there are {n:,} embeddings; the rows must be the same "
            "items in the same order"
        )
    return Items(len(table.rows), ids, texts, id_column or "id", text_column or "text")


def _distinct_ids(cells: Cells) -> list[Any]:
    seen: set[str] = set()
    for where, cell in cells:
        if is_blank(cell):
            raise FileFormatError(f"{where}: the id is missing")
        if str(cell) in seen:
            raise FileFormatError(f"{where}: the id {shown(cell)} occurs twice; ids must be distinct")
        seen.add(str(cell))
    return [cell if isinstance(cell, int) else str(cell) for _, cell in cells]


def read_items(path: PathLike, items: Items, ignored: list[str] | None = None) -> list[int]:
    """Read a list of items from a file and return their rows.

    If `ignored` is a list, ids of no item are ignored, and a note with their number is added to it.

    The file has one item per line, or is a table with a column of ids or, for items without ids, a column ``item``. The
    output of ``imax annotate`` in any format except the table is such a file.
    """
    content = load_list(path)
    record = _json_object(content)
    if record is not None:
        name = "ids" if items.ids is not None and "ids" in record else "indices"
        if not isinstance(record.get(name), list):
            raise FileFormatError(f"{content.name} is JSON without the list {name!r}; use JSON Lines or lines")
        return _rows([(content.name, cell) for cell in record[name]], items, ignored, by_row=name == "indices")
    column = _item_column(content, items)
    if column is None:
        return _rows(_lines(content), items, ignored)
    return _rows(read_table(content, (column,)).column(column), items, ignored, by_row=column == "item")


def _rows(cells: Cells, items: Items, ignored: list[str] | None, *, by_row: bool = False) -> list[int]:
    """Return the rows of items, without the ids of no item if these are ignored."""
    if ignored is not None and items.ids is not None and not by_row:
        cells = _without_unknown(cells, items, ignored)
    return [_row(cell, items, where, by_row=by_row) for where, cell in cells]


def _without_unknown(cells: list[Any], items: Items, ignored: list[str]) -> list[Any]:
    """Return the cells, or longer tuples, whose second entry is the id of an item; add a note on the others."""
    unknown = [entry for entry in cells if str(entry[1]).strip() not in items.row_of]
    if unknown:
        shown_ids = examples((entry[1] for entry in unknown), len(unknown))
        name = unknown[0][0].rpartition(":")[0] or unknown[0][0]
        ignored.append(f"{name}: ids of no item, ignored: {len(unknown):,} ({shown_ids})")
    return [entry for entry in cells if str(entry[1]).strip() in items.row_of]


def read_item_labels(
    path: PathLike, items: Items, column: str = "label", ignored: list[str] | None = None
) -> tuple[dict[int, Any], int]:
    """Read the labels of annotated items from a file; return them by row, and the number of blank labels.

    The file is a table with a column of items, as for `read_items`, and a column of labels; or each line has an item
    and its label, separated by a comma or white space. Items with a blank label are not annotated. If `ignored` is a
    list, ids of no item are ignored, and a note with their number is added to it.
    """
    content = load_list(path)
    key = _item_column(content, items)
    pairs: list[tuple[str, Any, Any]]
    if key is None:
        pairs = [(where, *_split(line, where)) for where, line in _lines(content)]
    else:
        table = read_table(content, (key, column))
        cells = zip(table.column(key), table.column(column), strict=True)
        pairs = [(where, cell, label) for (where, cell), (_, label) in cells]
    if ignored is not None and items.ids is not None and key != "item":
        pairs = _without_unknown(pairs, items, ignored)
    found: dict[int, Any] = {}
    seen: set[int] = set()
    for where, cell, label in pairs:
        row = _row(cell, items, where, by_row=key == "item")
        if row in seen:
            raise FileFormatError(f"{where}: the item {items.name(row)} is listed twice; keep one line per item")
        seen.add(row)
        if is_blank(label):
            continue
        if isinstance(label, (list, dict)):
            raise FileFormatError(f"{where}: a label must be text or a number, got {shown(label)}")
        found[row] = label.strip() if isinstance(label, str) else label
    if not found:
        raise FileFormatError(f"{content.name} has no labels" + (", only blank ones" if seen else ""))
    return found, len(seen) - len(found)


def _json_object(content: Content) -> dict[str, Any] | None:
    """Return the object that the whole file consists of, as ``--format json`` writes it; None for other content."""
    if content.head(1) != b"{":
        return None
    lines = content.text_lines()
    if lines[0].strip() != "{":
        return None
    try:
        record = json.loads("\n".join(lines))
    except (ValueError, RecursionError):
        raise FileFormatError(f"{content.name} begins like JSON, but is damaged; write the file again") from None
    return record if isinstance(record, dict) else None


def _item_column(content: Content, items: Items) -> str | None:
    """Return the name of the column of items of a table; None if the file has no named columns."""
    names = table_names(content)
    is_text = names is None
    if names is None:
        names = _header(content)
    wanted = [items.id_column] if items.ids is not None else []
    found = next((name for name in (*wanted, "item") if name in names), None)
    if found is None and not is_text:
        has = ", ".join(map(shown, names[:10])) or "none"
        raise FileFormatError(f"{content.name}: the column {(*wanted, 'item')[0]!r} is missing; it has {has}")
    return found


def _header(content: Content) -> list[str]:
    """Return the cells of the first line that is neither empty nor a comment."""
    first = next((line for _, line in _lines(content)), "")
    try:
        return [name.strip() for name in next(csv.reader([first]), [])]
    except csv.Error:  # no CSV
        return []


def _lines(content: Content) -> list[tuple[str, str]]:
    """Return the position and the text of each line that is neither empty nor a comment."""
    lines = [(f"{content.name}:{i}", line.strip()) for i, line in enumerate(content.text_lines(), 1)]
    return [(where, line) for where, line in lines if line and line[0] != "#"]


def _split(line: str, where: str) -> tuple[str, str]:
    """Return the item and the label of a line; a label after a comma may be blank."""
    first, comma, label = line.partition(",")
    if not comma:
        first, _, label = line.partition(" ")
        if not label.strip():
            raise FileFormatError(f"{where}: expected an item and a label, got {quoted(line)}")
    return first.strip(), label.strip()


def _row(cell: Any, items: Items, where: str, by_row: bool = False) -> int:
    """Return the row of an item, given by its id or, with `by_row` or without ids, by its row number."""
    if items.ids is not None and not by_row:
        row = items.row_of.get(str(cell).strip())
        if row is None:
            raise FileFormatError(
                f"{where}: {shown(cell)} is not the id of an item (column {items.id_column!r}); remove it, or use "
                "{on_missing=drop}",
                others=("on_missing",),
            )
        return row
    found = integer(cell) if isinstance(cell, str) else cell
    if not isinstance(found, int) or isinstance(found, bool) or not 0 <= found < items.n:
        text = quoted(cell) if isinstance(cell, str) else shown(cell)
        raise FileFormatError(
            f"{where}: {text} is not an item; items are the whole numbers 0 to {items.n - 1}, unless {{id_column}} "
            "names their ids",
            others=("id_column",),
        )
    return found
