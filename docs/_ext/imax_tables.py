"""Directives that make tables from the registries of the package, so that pages always agree with it."""

from typing import Any

from docutils import nodes
from docutils.parsers.rst import Directive
from docutils.statemachine import StringList
from sphinx.application import Sphinx

import imax
import imax.annotate
import imax.capacity
import imax.recommend
from imax import datasets, errors, probabilities
from imax._utils.registry import Entry, Registry
from imax.selection.registry import ALGORITHMS

__all__ = ["setup"]


class _Table(Directive):
    """A table, written as a reStructuredText list table."""

    header: tuple[str, ...] = ()
    widths = ""

    def rows(self) -> list[tuple[str, ...]]:
        """Return the cells of all rows."""
        raise NotImplementedError

    def run(self) -> list[nodes.Node]:
        """Build the table."""
        lines = [".. list-table::", "   :header-rows: 1", f"   :widths: {self.widths}", ""]
        for row in (self.header, *self.rows()):
            lines += [f"   {'*' if i == 0 else ' '} - {cell}" for i, cell in enumerate(row)]
        node = nodes.container()
        self.state.nested_parse(StringList(lines, source="imax_tables"), self.content_offset, node)
        return node.children


class Schemes(_Table):
    """All probability schemes."""

    header = ("name", "what it does", "source", "needs a column", "random")
    widths = "20 43 20 9 8"

    def rows(self) -> list[tuple[str, ...]]:
        """Return a row for each scheme."""
        return [
            (
                ", ".join(f"``{name}{':VALUE' * bool(s.parameter)}``" for name in (s.name, *s.aliases)),
                s.summary,
                s.source,
                "yes" if s.needs_column else "",
                "yes" if s.random else "",
            )
            for s in probabilities.schemes()
        ]


class Datasets(_Table):
    """All named graphs."""

    header = ("name", "graph", "nodes", "edges", "read as", "file")
    widths = "16 40 10 12 10 12"

    def rows(self) -> list[tuple[str, ...]]:
        """Return a row for each graph."""
        return [
            (
                f"``{d.name}``",
                f"`{d.title} <{d.source}>`__" + (f" ({d.note})" if d.note else ""),
                f"{d.nodes:,}",
                f"{d.edges:,}",
                "directed" if d.directed else "undirected",
                "built in" if d.file is None else f"``{d.file}``",
            )
            for d in datasets.DATASETS
        ]


class Errors(_Table):
    """All error classes."""

    header = ("class", "also a subclass of", "meaning")
    widths = "30 20 50"

    def rows(self) -> list[tuple[str, ...]]:
        """Return a row for each class."""
        found = []
        for name in errors.__all__:
            made = getattr(errors, name)
            builtin = [base.__name__ for base in made.__bases__ if base is not imax.ImaxError]
            found.append((f".. py:exception:: {name}", f"``{builtin[0]}``", (made.__doc__ or "").split("\n")[0]))
        return found


class _Algorithms(_Table):
    """All algorithms of a registry. Columns that no algorithm fills are left out."""

    registry: Registry[Any]
    accepted: tuple[str, ...] = ()  # the order of the optional arguments; others follow by name

    def run(self) -> list[nodes.Node]:
        """Build the table."""
        columns = {
            "name": (13, lambda entry: f"``{entry.name}``"),
            "how it chooses": (35, lambda entry: entry.summary),
            "guarantee": (18, lambda entry: entry.guarantee),
            "also accepts": (20, self.also_accepts),
            "epsilon": (9, lambda entry: "" if entry.epsilon is None else f"{entry.epsilon:g}"),
            "source": (22, lambda entry: entry.source),
        }
        cells = {name: [cell(entry) for entry in self.registry.values()] for name, (_, cell) in columns.items()}
        filled = [name for name in columns if any(cells[name])]
        self.header = tuple(filled)
        self.widths = " ".join(str(columns[name][0]) for name in filled)
        self.cells = list(zip(*(cells[name] for name in filled), strict=True))
        return super().run()

    def rows(self) -> list[tuple[str, ...]]:
        """Return a row for each algorithm."""
        return self.cells

    def also_accepts(self, entry: Entry[Any]) -> str:
        """Return the optional arguments that an algorithm accepts."""
        known = [name for name in self.accepted if name in entry.accepts]
        return ", ".join(f"``{name}``" for name in [*known, *sorted(entry.accepts - set(known))])


class SelectionAlgorithms(_Algorithms):
    """The algorithms of `imax.maximize`."""

    registry = ALGORITHMS
    accepted = ("node_weights", "start", "quotas", "budget", "n_rr_sets", "n_simulations", "oracle")


class CapacityAlgorithms(_Algorithms):
    """The algorithms of `imax.capacity.assign`."""

    registry = imax.capacity.ALGORITHMS
    accepted = ("oracle", "n_rr_sets", "n_simulations", "spare")


class RecommendAlgorithms(_Algorithms):
    """The algorithms of `imax.recommend.Reranker`."""

    registry = imax.recommend.ALGORITHMS


class AnnotateAlgorithms(_Algorithms):
    """The algorithms of `imax.annotate.select`."""

    registry = imax.annotate.ALGORITHMS


def _examples(app: Sphinx, context: Any, lines: list[str]) -> None:
    """Show the indented lines of the epilog of a command as code."""
    shown: list[str] = []
    for line in lines:
        if line.startswith("|   "):
            if not (shown and shown[-1].startswith("   ")):
                shown += ["", ".. code-block:: text", ""]
            shown.append("   " + line[4:])
        else:
            if shown and shown[-1].startswith("   "):
                shown.append("")
            shown.append(line.removeprefix("| ") if line.startswith("| ") else line)
    lines[:] = shown


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the directives."""
    app.add_directive("imax-schemes", Schemes)
    app.add_directive("imax-datasets", Datasets)
    app.add_directive("imax-errors", Errors)
    app.add_directive("imax-algorithms", SelectionAlgorithms)
    app.add_directive("imax-capacity-algorithms", CapacityAlgorithms)
    app.add_directive("imax-recommend-algorithms", RecommendAlgorithms)
    app.add_directive("imax-annotate-algorithms", AnnotateAlgorithms)
    app.connect("sphinx-click-process-epilog", _examples)
    return {"parallel_read_safe": True}
