"""Numbers with percent signs, currency signs or separators of thousands, as spreadsheets write them."""

import re
from typing import Any

__all__ = ["plain_number"]

_PERCENT = re.compile(r"\s*(\d+)([.,]\d+)?\s*%\s*")
_MONEY = re.compile(r"\s*[$€£¥]?\s*([+-]?[\d.,\s'’]*\d)\s*[$€£¥]?\s*")
_POINT = re.compile(r"[+-]?\d{1,3}(?:[,\s'’]\d{3})*\.\d+|[+-]?\d{1,3}(?:[,\s'’]\d{3}){2,}|[+-]?\d+(?:\.\d+)?")
_COMMA = re.compile(r"[+-]?\d{1,3}(?:[.\s'’]\d{3})*,(?:\d{1,2}|\d{4,})|[+-]?\d{1,3}(?:\.\d{3})+,\d+")


def plain_number(value: Any) -> str:
    """Return the end of an error message: how to write a number plainly. It is empty if the value is not a number.

    >>> plain_number("35%"), plain_number("8.386,49"), plain_number("$1,200.50")
    ('; write it as 0.35', '; write it as 8386.49', '; write it as 1200.50')
    >>> plain_number("1,234")
    '; write it with a decimal point and without separators of thousands'
    >>> plain_number("many")
    ''
    """
    text = str(value)[:100]
    percent = _PERCENT.fullmatch(text)
    if percent:
        share = float(percent[1] + (percent[2] or "").replace(",", ".")) / 100
        return f"; write it as {share:g}"
    money = _MONEY.fullmatch(text)
    if not money:
        return ""
    number = money[1]
    if _POINT.fullmatch(number):
        return f"; write it as {re.sub(r'[^0-9.+-]', '', number)}"
    if _COMMA.fullmatch(number):
        return f"; write it as {re.sub(r'[^0-9,+-]', '', number).replace(',', '.')}"
    return "; write it with a decimal point and without separators of thousands"
