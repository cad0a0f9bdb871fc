"""JSON that every parser reads."""

import json
import math
from typing import Any

__all__ = ["dumps"]


def dumps(value: Any, indent: int | None = None) -> str:
    """Return JSON. Numbers that JSON lacks (NaN, infinity) become null, objects of other types their repr.

    >>> dumps({"recall": float("nan"), "ks": (1, 2), "label": 1j})
    '{"recall": null, "ks": [1, 2], "label": "1j"}'
    """
    return json.dumps(_finite(value), indent=indent, default=repr, ensure_ascii=False, allow_nan=False)


def _finite(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {_key(key): _finite(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(item) for item in value]
    return value


def _key(key: Any) -> Any:
    return repr(key) if isinstance(key, float) and not math.isfinite(key) else key
