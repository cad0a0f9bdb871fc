"""Directives that print what the package knows about itself, so that pages cannot disagree with it."""

from typing import Any

from docutils import nodes
from docutils.parsers.rst import Directive
from docutils.statemachine import StringList
from sphinx.application import Sphinx

import imax
from imax import datasets, errors
from imax.capacity.front import METHODS
from imax.graph import probabilities
from imax.selection.registry import ALGORITHMS

__all__ = ["setup"]


class _Table(Directive):
    """A list table, parsed as reStructuredText."""

    header: tuple[str, ...] = ()
    widths = ""

    def rows(self) -> list[tuple[str, ...]]:
        """Return the cells."""
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
    """Every scheme of arc probabilities."""

    header = ("name", "what it does", "source", "third column", "draws")
    widths = "20 45 20 8 7"

    def rows(self) -> list[tuple[str, ...]]:
        """Return a row per scheme."""
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
    """Every graph that has a name."""

    header = ("name", "what it is", "nodes", "edges", "read as", "file")
    widths = "16 40 10 12 10 12"

    def rows(self) -> list[tuple[str, ...]]:
        """Return a row per graph."""
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
    """Every error class."""

    header = ("class", "is also a", "raised when")
    widths = "30 20 50"

    def rows(self) -> list[tuple[str, ...]]:
        """Return a row per class."""
        found = []
        for name in errors.__all__:
            made = getattr(errors, name)
            builtin = [base.__name__ for base in made.__bases__ if base is not imax.ImaxError]
            found.append((f".. py:exception:: {name}", f"``{builtin[0]}``", (made.__doc__ or "").split("\n")[0]))
        return found


class Algorithms(_Table):
    """Every selector."""

    header = ("name", "how it chooses", "promise", "also takes", "source")
    widths = "13 30 17 20 20"

    def rows(self) -> list[tuple[str, ...]]:
        """Return a row per algorithm."""
        order = ("node_weights", "start", "quotas", "budget", "n_rr_sets", "n_simulations", "oracle")
        return [
            (
                f"``{a.name}``",
                a.summary,
                a.guarantee or "none",
                ", ".join(f"``{name}``" for name in order if name in a.accepts),
                a.source,
            )
            for a in ALGORITHMS.values()
        ]


class CapacityMethods(_Table):
    """Every method of inviting within capacities."""

    header = ("name", "how it chooses", "promise", "also takes", "epsilon")
    widths = "12 43 20 15 10"

    def rows(self) -> list[tuple[str, ...]]:
        """Return a row per method."""
        order = ("oracle", "n_rr_sets", "n_simulations")
        return [
            (
                f"``{m.name}``",
                m.summary,
                m.guarantee or "none",
                ", ".join(f"``{name}``" for name in order if name in m.accepts),
                str(m.epsilon) if m.guarantee.endswith(("epsilon", "best")) else "",
            )
            for m in METHODS.values()
        ]


def _examples(app: Sphinx, context: Any, lines: list[str]) -> None:
    """Show the indented lines of a command's epilog as code."""
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
    app.add_directive("imax-algorithms", Algorithms)
    app.add_directive("imax-capacity-methods", CapacityMethods)
    app.connect("sphinx-click-process-epilog", _examples)
    return {"parallel_read_safe": True}
