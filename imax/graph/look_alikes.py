"""Labels that look alike. In exported tables, two labels that look alike often are the same person by mistake."""

import re
from collections.abc import Sequence
from typing import Any

__all__ = ["MISSING", "look_alikes", "pairs_with"]

# words that programs write for a missing value
MISSING = {"NA", "N/A", "#N/A", "n/a", "NaN", "nan", "<NA>", "NULL", "null", "None"}
_SHORTENED = re.compile(r"\d(\.\d+)?E\+\d+")
_NUMBER = re.compile(r"0*(\d+)(?:\.0+)?")
_MAX_LABELS = 1_000_000  # more labels are not compared: the comparison needs as much memory as the labels


def look_alikes(labels: Any) -> tuple[str, ...]:
    """Return doubts about labels that are strings: pairs that look alike, and words for missing values.

    Two labels look alike if they differ only in upper and lower case, in white space around them, in leading zeros or
    in a trailing ``.0``.

    Parameters
    ----------
    labels : list or any other object
        The labels of a graph. Only lists are examined, because other objects contain no strings.

    Returns
    -------
    tuple of str
        One sentence for each kind of doubt; empty if there is none, or if there are more than 1,000,000 labels.

    Examples
    --------
    >>> look_alikes(["ann", "Ann", "bob"])[0][:44]
    "the labels 'ann' and 'Ann' look alike, but a"
    """
    if not isinstance(labels, list) or not 1 < len(labels) <= _MAX_LABELS or set(map(type, labels)) != {str}:
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
    """Return whether a label may have a leading zero, a trailing ``.0`` or white space around it.

    `text` has one label per line, and an empty line at both ends.
    """
    if "\n0" in text or ".0\n" in text or "\t" in text:
        return True
    return " " in text and ("\n " in text or " \n" in text)


def _differ_in_case(text: str, n_labels: int) -> bool:
    """Return whether some labels may differ only in upper and lower case; `text` is as in `_is_suspect`."""
    folded = text.casefold()
    # a label may contain newlines: then the number of lines is larger
    return folded != text and (folded.count("\n") != n_labels + 1 or len(set(folded.split("\n"))) != n_labels + 1)


def _pairs(labels: Sequence[str]) -> list[tuple[str, str]]:
    """Return pairs of labels that look alike, in the order of their positions."""
    first: dict[str, str] = {}
    found = ((first.setdefault(_plain(label), label), label) for label in labels)
    return [(other, label) for other, label in found if other is not label]


def pairs_with(labels: Sequence[Any], nodes: Sequence[Any]) -> list[tuple[Any, Any]]:
    """Return the labels that look like a node, each with the node.

    >>> pairs_with(["Ann ", "bob", 7], ["ann", "cid", "007"])
    [('Ann ', 'ann'), (7, '007')]
    """
    wanted = {_plain(label) for label in labels if isinstance(label, (str, int))}
    alike = {_plain(node): node for node in nodes if type(node) is str and _plain(node) in wanted}
    found = ((label, alike.get(_plain(label))) for label in labels if isinstance(label, (str, int)))
    return [(label, node) for label, node in found if node is not None]


def _plain(label: Any) -> str:
    """Return a form of a label that is the same for all labels that look alike."""
    plain = str(label).strip().casefold()
    number = _NUMBER.fullmatch(plain) if plain[:1].isdecimal() else None
    return number[1] if number else plain
