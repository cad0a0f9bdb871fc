"""Labels that are different but look like one: in data of people, they are often one node by mistake."""

import re
from collections.abc import Sequence
from typing import Any

__all__ = ["MISSING", "look_alikes", "pairs_with"]

MISSING = {"NA", "N/A", "#N/A", "n/a", "NaN", "nan", "<NA>", "NULL", "null", "None"}  # as programs write them
_SHORTENED = re.compile(r"\d(\.\d+)?E\+\d+")
_NUMBER = re.compile(r"0*(\d+)(?:\.0+)?")
_TOO_MANY = 1_000_000  # labels, more than which are not compared: that takes 0.3 s, and as much memory as they do


def look_alikes(labels: Any) -> tuple[str, ...]:
    """Return doubts about labels that are texts: pairs that look alike, and words for missing values.

    Two labels look alike if they differ only in upper and lower case, white space around them, leading zeros, or in a
    trailing ``.0``.

    Parameters
    ----------
    labels : list or any other object
        The labels of a graph; only lists can hold texts.

    Returns
    -------
    tuple of str

    Examples
    --------
    >>> look_alikes(["ann", "Ann", "bob"])[0][:44]
    "the labels 'ann' and 'Ann' look alike, but a"
    """
    if not isinstance(labels, list) or not 1 < len(labels) <= _TOO_MANY or set(map(type, labels)) != {str}:
        return ()
    text = "\n".join(["", *labels, ""])
    doubts = []
    if _is_suspect(text) or _differ_in_case(text, len(labels)):
        pairs = _pairs(labels)
        if pairs:
            first, second = pairs[0]
            more = f" ({len(pairs):,} such pairs)" if len(pairs) > 1 else ""
            doubts.append(
                f"the labels {first!r} and {second!r} look alike, but are two nodes{more}; if they are one, write them "
                "the same way"
            )
    short = next(filter(_SHORTENED.fullmatch, labels), None) if "E+" in text else None
    if short is not None:
        doubts.append(
            f"the label {short!r} is a number that a spreadsheet has shortened, so that different ids may have become "
            "one; export ids as text"
        )
    if not MISSING.isdisjoint(labels):
        word = next(label for label in labels if label in MISSING)
        doubts.append(f"the label {word!r} is a node; if it stands for a missing value, remove its rows")
    return tuple(doubts)


def _is_suspect(text: str) -> bool:
    """Return whether a label in a text of lines may have a leading zero, a trailing ``.0`` or white space around it."""
    if "\n0" in text or ".0\n" in text or "\t" in text:
        return True
    return " " in text and ("\n " in text or " \n" in text)


def _differ_in_case(text: str, n_labels: int) -> bool:
    """Return whether some of the labels in a text of lines may differ only in upper and lower case."""
    folded = text.casefold()
    # there is an empty line at both ends; labels may hold newlines
    return folded != text and (folded.count("\n") != n_labels + 1 or len(set(folded.split("\n"))) != n_labels + 1)


def _pairs(labels: Sequence[str]) -> list[tuple[str, str]]:
    """Return pairs of labels that look alike; the first of them is the one that occurs first."""
    first: dict[str, str] = {}
    found = ((first.setdefault(_plain(label), label), label) for label in labels)
    return [(other, label) for other, label in found if other is not label]


def pairs_with(labels: Sequence[Any], nodes: Sequence[Any]) -> list[tuple[Any, Any]]:
    """Return labels that are no nodes but look like one, with the nodes.

    >>> pairs_with(["Ann ", "bob", 7], ["ann", "cid", "007"])
    [('Ann ', 'ann'), (7, '007')]
    """
    wanted = {_plain(label) for label in labels if isinstance(label, (str, int))}
    alike = {_plain(node): node for node in nodes if type(node) is str and _plain(node) in wanted}
    found = ((label, alike.get(_plain(label))) for label in labels if isinstance(label, (str, int)))
    return [(label, node) for label, node in found if node is not None]


def _plain(label: Any) -> str:
    """Return what all labels that look alike have in common."""
    plain = str(label).strip().casefold()
    number = _NUMBER.fullmatch(plain) if plain[:1].isdecimal() else None
    return number[1] if number else plain
