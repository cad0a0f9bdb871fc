"""A report as data: sections of texts, facts, tables and figures; and its HTML page."""

import math
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib.resources import files
from typing import Any

from .. import __version__
from .._utils import jsons
from ..errors import MissingDependencyError

__all__ = ["Cell", "Code", "Facts", "Figure", "Part", "Report", "Section", "Table", "Text", "label", "number", "text"]


@dataclass(frozen=True)
class Cell:
    """One cell of a table.

    Attributes
    ----------
    text : str
        What a reader sees.
    value : float or None
        The exact number behind the text.
    is_label : bool
        Whether the text is the label of a node, which may have any direction of writing and any length.
    """

    text: str
    value: float | None = None
    is_label: bool = False


def number(value: float | None, form: str = "{:,.1f}") -> Cell:
    """Return a cell with a number; an empty cell for None and NaN."""
    if value is None or math.isnan(value):
        return Cell("")
    return Cell(form.format(value), value)


def label(value: Any) -> Cell:
    """Return a cell with the label of a node."""
    return Cell(text(value), is_label=True)


def text(value: Any) -> str:
    r"""Return any object as a text that HTML can represent: control characters and lone surrogates are escaped.

    >>> text("a\x00b")
    'a\\x00b'
    """
    shown = str(value)
    if shown.isprintable():
        return shown
    return "".join(ascii(c)[1:-1] if unicodedata.category(c) in ("Cc", "Cs") and c not in "\n\t" else c for c in shown)


@dataclass(frozen=True)
class Text:
    """A paragraph; `strong` for the main statement of the report."""

    text: str
    strong: bool = False
    kind: str = "text"


@dataclass(frozen=True)
class Facts:
    """Names and values."""

    rows: Sequence[tuple[str, str]]
    kind: str = "facts"


@dataclass(frozen=True)
class Code:
    """A command or a program."""

    text: str
    kind: str = "code"


@dataclass(frozen=True)
class Table:
    """A table; the first cell of a row names the row. `total` is the number of rows if not all are here."""

    caption: str
    head: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    name: str = ""
    total: int | None = None
    kind: str = "table"

    def n_more(self, shown: int) -> int:
        """Return the number of rows beyond the first ones."""
        return max((len(self.rows) if self.total is None else self.total) - shown, 0)


@dataclass(frozen=True)
class Figure:
    """A drawing in SVG, with a caption for all readers and a description for those who do not see it."""

    svg: str
    caption: str
    kind: str = "figure"


Part = Text | Facts | Code | Table | Figure


@dataclass(frozen=True)
class Section:
    """A heading and what follows it."""

    title: str
    anchor: str
    parts: Sequence[Part]


@dataclass(frozen=True, repr=False)
class Report:
    """A report for readers who did not run the program; see `imax.make_report`.

    Attributes
    ----------
    title : str
    answer : str
        The answer in one sentence.
    sections : list of Section
    record : dict
        All numbers of the report, as plain Python values. The HTML file contains them as JSON.

    Examples
    --------
    >>> import imax
    >>> skip = ["curve", "alternatives", "sensitivity", "map"]
    >>> report = imax.make_report(imax.datasets.load("karate"), 2, n_simulations=100, skip=skip, rng=1)
    >>> report.answer
    'Choose these 2 nodes (33, 0): ...
    >>> report.save("report.html")  # doctest: +SKIP
    """

    title: str
    answer: str
    sections: Sequence[Section]
    record: dict[str, Any] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Return all numbers of the report as plain Python values."""
        return self.record

    def to_json(self, indent: int | None = None) -> str:
        """Return all numbers of the report as JSON.

        Parameters
        ----------
        indent : int, optional
            Number of spaces of each level. Default: everything on one line.
        """
        return jsons.dumps(self.record, indent)

    def to_html(self) -> str:
        """Return the report as one HTML page that needs no other file, no network and no script.

        Raises
        ------
        MissingDependencyError
            If Jinja2 is not installed.
        """
        try:
            import jinja2
        except ImportError:
            raise MissingDependencyError(
                "a report needs Jinja2: pip install 'influence-maximization[report]'"
            ) from None
        environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True)
        template = files(__package__).joinpath("templates", "report.html").read_text(encoding="utf-8")
        page: str = environment.from_string(template).render(
            report=self, island=_island(self.to_json()), version=__version__
        )
        return page

    def save(self, path: Any) -> None:
        """Write the report to an HTML file, which appears complete or not at all.

        Parameters
        ----------
        path : str or os.PathLike
            The file. ``"-"`` is standard output.

        Raises
        ------
        InvalidArgumentError
            If the file cannot be written.
        """
        from ..io import write_text

        write_text(path, self.to_html())

    def _repr_html_(self) -> str:
        """Return the page in a frame, so that its style does not change the notebook."""
        from html import escape

        page = escape(self.to_html())
        return f'<iframe title="{escape(self.title)}" srcdoc="{page}" width="100%" height="600"></iframe>'

    def __repr__(self) -> str:
        return f"<Report: {self.title}, {len(self.sections)} sections: {self.answer}>"


def _island(json: str) -> str:
    """Return JSON that can be put into a script element: no character of it ends the element."""
    return json.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")
