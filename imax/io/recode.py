"""Content that is rewritten before it is read: UTF-16 as UTF-8, and an array of JSON objects as JSON Lines."""

import json
from typing import Any

from ..errors import FileFormatError

__all__ = ["recoded"]

_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_HEAD = 64


def recoded(content: Any) -> bytes | None:
    """Return the text of UTF-16 as UTF-8, and an array of JSON objects as JSON Lines; None for other content.

    `content` is an `imax.io.text.Content`.

    Raises
    ------
    FileFormatError
        If the text begins like UTF-16 but is damaged.
    OutOfMemoryBoundError
        If the text or the objects would exceed the memory bound.
    """
    head = content.head(_HEAD)
    if head.startswith(_UTF16):
        return _utf8(content)
    if head[content.text_start() :].lstrip().startswith(b"["):
        return _lines(content)
    return None


def _utf8(content: Any) -> bytes:
    """Return UTF-16 text as UTF-8."""
    content.require_memory(4 * int(content.data.size), "its text in UTF-8 takes")
    try:
        text: str = content.data.tobytes().decode("utf-16")
        return text.encode("utf-8")
    except UnicodeError:
        raise FileFormatError(
            f"{content.name}: the text begins like UTF-16, but is damaged; save it as UTF-8"
        ) from None


def _lines(content: Any) -> bytes | None:
    """Return the objects of a JSON array as JSON Lines; None if the content is not an array of objects."""
    content.require_objects()
    try:
        records = json.loads(content.data[content.text_start() :].tobytes())
    except (ValueError, RecursionError):
        return None
    if not (isinstance(records, list) and records and all(isinstance(record, dict) for record in records)):
        return None
    return "\n".join(json.dumps(record) for record in records).encode()
