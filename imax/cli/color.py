"""Colors of the terminal; none if the output is not a terminal, or the user does not want them."""

import os
import re
import sys

import click

__all__ = ["emphasize", "paint", "wants_color"]

_FACT = re.compile(r"^(\S.*?)(?=  )", re.MULTILINE)


def wants_color(err: bool = False) -> bool:
    """Return whether to color standard output, or standard error if `err` is true.

    That is so for a terminal, unless ``NO_COLOR`` is set (https://no-color.org) or ``TERM`` is ``dumb``.
    """
    stream = sys.stderr if err else sys.stdout
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return False
    return stream is not None and stream.isatty()


def paint(text: str, err: bool = False, **style: str | bool) -> str:
    """Return a text with the style of `click.style`, if the stream takes colors."""
    return click.style(text, **style) if wants_color(err) else text  # type: ignore[arg-type]


def emphasize(text: str) -> str:
    r"""Return tables with bold heads, and the names of the facts in the last block with color.

    >>> emphasize("node  gain\n3     1\n\nSeed  7\n") == "\x1b[1mnode  gain\x1b[0m\n3     1\n\n\x1b[36mSeed\x1b[0m  7\n"
    True
    """
    *tables, facts = text.split("\n\n")
    return "\n\n".join([*map(_bold_head, tables), _FACT.sub(_color_name, facts)])


def _bold_head(block: str) -> str:
    head, newline, rest = block.partition("\n")
    return click.style(head, bold=True) + newline + rest


def _color_name(match: "re.Match[str]") -> str:
    return click.style(match[1], fg="cyan")
