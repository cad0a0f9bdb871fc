"""Formats of graph files, recognized by their first bytes."""

import re

from ..errors import FileFormatError
from .binary import is_binary
from .matrix_market import is_matrix_market
from .text import Content, quoted

__all__ = [
    "ARROW_FILE", "ARROW_STREAM", "FEATHER_1", "GRAPH_FORMATS", "PARQUET", "TABLE_FORMATS", "format_of",
    "graph_format_of",
]  # fmt: skip

PARQUET, ARROW_FILE, FEATHER_1, ARROW_STREAM = b"PAR1", b"ARROW1", b"FEA1", b"\xff\xff\xff\xff"

# formats that name the ends of each arc themselves, read through NetworkX
GRAPH_FORMATS = ("GraphML", "GEXF", "GML", "Pajek", "node-link JSON")
TABLE_FORMATS = {"Parquet": PARQUET, "Arrow": ARROW_FILE, "Feather 1": FEATHER_1, "Arrow stream": ARROW_STREAM}
_OTHERS = (
    (b"PK\x03\x04", "a ZIP archive, such as an Excel workbook or a NumPy archive; save it as CSV or Parquet"),
    (b"\x93NUMPY", "a NumPy array; load it with numpy.load and use InfluenceGraph.from_edges"),
    (b"SQLite format 3", "a SQLite database; export the edge table as CSV or Parquet"),
    (b"\x89HDF", "an HDF5 file; export the edge table as CSV or Parquet"),
    (b"%PDF", "a PDF document; export the edge table as CSV"),
)
_HEAD = 1 << 16
_XML = re.compile(r"<(?:\w+:)?(\w+)[\s/>]")
# possessive quantifiers: without them the time doubles with each line of comments
_GML = re.compile(
    r"\s*+(?:(?:#[^\n]*+|creator\s++\"[^\"]*+\"|version\s++\S++|comment\s++\"[^\"]*+\")\s*+)*+graph\s*+\[", re.I
)
_PAJEK = re.compile(r"\s*(?:%[^\n]*\n\s*)*\*(?:vertices|network|arcs|edges)\b", re.I)
_DOT = re.compile(r"\s*(?:strict\s+)?(?:di)?graph\b[^\[\n]*\{", re.I)


def format_of(content: Content) -> str:
    """Return the name of the format of a graph file.

    Returns
    -------
    str
        ``"binary"``, ``"Matrix Market"``, ``"edge list"``, ``"JSON Lines"``, or one of `GRAPH_FORMATS` and
        `TABLE_FORMATS`.

    Raises
    ------
    FileFormatError
        If the content is in a known format that cannot be read as a graph.
    """
    if is_binary(content):
        return "binary"
    if is_matrix_market(content):
        return "Matrix Market"
    head = content.head(_HEAD)
    table = next((name for name, magic in TABLE_FORMATS.items() if head.startswith(magic)), None)
    return table or _text_format(content, head)


def graph_format_of(content: Content) -> str | None:
    """Return the name of the format of a file in one of `GRAPH_FORMATS`; None for other content."""
    try:
        kind = format_of(content)
    except FileFormatError:
        return None
    if kind == "node-link JSON" and b'"nodes"' not in content.head(_HEAD):  # any other object of JSON
        return None
    return kind if kind in GRAPH_FORMATS else None


def _text_format(content: Content, head: bytes) -> str:
    other = next((what for magic, what in _OTHERS if head.startswith(magic)), None)
    if other is not None:
        raise FileFormatError(f"{content.name}: this is {other}")
    text = head[content.text_start() :].decode("utf-8", "replace").lstrip()
    if text.startswith("<"):
        return _xml(content, text)
    if text.startswith("{"):
        return _json(content, text)
    if text.startswith("["):
        raise FileFormatError(
            f"{content.name}: this is a JSON array, but not of objects; give an array of objects, node-link JSON, JSON "
            "Lines or CSV"
        )
    for name, pattern in (("GML", _GML), ("Pajek", _PAJEK)):
        if pattern.match(text):
            return name
    if _DOT.match(text):
        raise FileFormatError(
            f"{content.name}: this is a Graphviz file, which imax does not read; convert it to GraphML, GML or CSV"
        )
    return "edge list"


def _xml(content: Content, text: str) -> str:
    """Return the format of an XML document by its root element."""
    plain = re.sub(r"<!--.*?-->|<\?.*?\?>|<!DOCTYPE[^>\[]*(\[.*?\])?[^>]*>", "", text, flags=re.S)
    root = _XML.search(plain)
    name = root[1].lower() if root else ""
    if name in ("graphml", "gexf"):
        return "GraphML" if name == "graphml" else "GEXF"
    raise FileFormatError(
        f"{content.name}: this is XML or HTML with the first element {quoted(name, 30)}; imax reads GraphML and GEXF"
    )


def _json(content: Content, text: str) -> str:
    """Return the format of JSON: an object on each line, or one object with nodes and links."""
    first, _, _ = text.partition("\n")
    if first.rstrip().endswith("}") and not re.search(r'"(nodes|links|edges)"\s*:\s*\[', first):
        return "JSON Lines"
    if re.match(r'\{\s*"[^"]*"', text):
        return "node-link JSON"
    raise FileFormatError(f"{content.name}: this begins like JSON, but {quoted(first, 60)} is no object")
