"""Drawings in SVG, as text. Their colors are those of the page, so they follow dark mode and printing."""

import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from itertools import accumulate, count
from unicodedata import east_asian_width

from .document import text

__all__ = ["Band", "Bar", "Line", "bars", "lines", "shortened", "svg", "ticks"]

_WIDTH, _HEIGHT = 440, 270
_LEFT, _RIGHT, _TOP, _BOTTOM = 62, 12, 10, 40
_SIZE_OF_LETTER = 7.2  # mean width in the font of the page
_NUMBERS = count(1)


@dataclass(frozen=True)
class Line:
    """A line of a chart; `style` is a class of the page: line, line-2 or bound."""

    name: str
    x: Sequence[float]
    y: Sequence[float]
    style: str = "line"


@dataclass(frozen=True)
class Band:
    """An interval around a line."""

    x: Sequence[float]
    low: Sequence[float]
    high: Sequence[float]


@dataclass(frozen=True)
class Bar:
    """A bar with an interval; the first of a chart is emphasized."""

    name: str
    value: float
    low: float
    high: float
    strong: bool = False


def svg(width: float, height: float, title: str, description: str, body: str) -> str:
    """Return an SVG element with a title and a description for screen readers."""
    mark = f"drawing-{next(_NUMBERS)}"
    return (
        f'<svg viewBox="0 0 {width:g} {height:g}" role="img" aria-labelledby="{mark}-title {mark}-text">'
        f'<title id="{mark}-title">{escape(text(title))}</title>'
        f'<desc id="{mark}-text">{escape(text(description))}</desc>{body}</svg>'
    )


def shortened(value: object, length: int = 20) -> str:
    """Return a text of at most so many characters; a wide letter, such as a Chinese one, counts as two.

    >>> shortened("a long name of a node", 8)
    'a long …'
    """
    shown = text(value).replace("\n", " ")
    ends = [*accumulate(_width(letter) for letter in shown)]
    if not ends or ends[-1] <= length:
        return shown
    return shown[: bisect_right(ends, length - 1)] + "…"


def _width(letter: str) -> int:
    return 2 if east_asian_width(letter) in "WF" else 1


def ticks(low: float, high: float, n: int = 5, *, whole: bool = False) -> list[float]:
    """Return about n round numbers between two numbers; whole numbers only with `whole`.

    >>> ticks(0, 1000)
    [0.0, 200.0, 400.0, 600.0, 800.0, 1000.0]
    """
    span = max(high - low, 1e-12)
    step = 10 ** math.floor(math.log10(span / n))
    step *= next((m for m in (1, 2, 5) if span / (step * m) <= n), 10)
    step = max(step, 1) if whole else step
    first = math.ceil(low / step - 1e-9)
    return [float(i * step) for i in range(first, math.floor(high / step + 1e-9) + 1)]


def _label(value: float) -> str:
    return f"{value:,.10g}"


def lines(
    found: Sequence[Line],
    band: Band | None = None,
    *,
    x_name: str,
    y_name: str,
    title: str,
    description: str,
    x_ticks: Sequence[float] = (),
) -> str:
    """Return a chart of lines; its y axis begins at 0."""
    xs = [x for line in found for x in line.x]
    top = max([*(y for line in found for y in line.y if math.isfinite(y)), *(band.high if band else ()), 1e-9])
    x_low, x_high = (min(0.0, *xs) if not x_ticks else min(xs)), max(xs)
    x_high = x_high if x_high > x_low else x_low + 1
    y_ticks = ticks(0, top)
    legend = len(found) * 16
    height = _HEIGHT + legend
    bottom = height - _BOTTOM - legend

    def px(x: float) -> float:
        return _LEFT + (x - x_low) / (x_high - x_low) * (_WIDTH - _LEFT - _RIGHT)

    def py(y: float) -> float:
        return bottom - min(y, top) / top * (bottom - _TOP)

    def path(points: Sequence[tuple[float, float]]) -> str:
        return "M" + "L".join(f"{px(x):.1f} {py(y):.1f}" for x, y in points if math.isfinite(y))

    parts = []
    for y in y_ticks:
        parts.append(f'<path class="grid" d="M{_LEFT} {py(y):.1f}H{_WIDTH - _RIGHT}"/>')
        parts.append(f'<text x="{_LEFT - 6}" y="{py(y) + 4:.1f}" text-anchor="end">{_label(y)}</text>')
    for x in x_ticks or ticks(x_low, x_high, 6, whole=all(float(x).is_integer() for x in xs)):
        parts.append(f'<path class="axis" d="M{px(x):.1f} {bottom}v4"/>')
        parts.append(f'<text x="{px(x):.1f}" y="{bottom + 17}" text-anchor="middle">{_label(x)}</text>')
    parts.append(f'<path class="axis" d="M{_LEFT} {_TOP}V{bottom}H{_WIDTH - _RIGHT}"/>')
    middle = (_LEFT + _WIDTH - _RIGHT) / 2
    parts.append(f'<text class="soft" x="{middle:g}" y="{bottom + 34}" text-anchor="middle">{escape(x_name)}</text>')
    parts.append(
        f'<text class="soft" transform="translate(11 {(bottom + _TOP) / 2:g}) rotate(-90)" text-anchor="middle">'
        f"{escape(y_name)}</text>"
    )
    if band is not None:
        edge = [*zip(band.x, band.high, strict=True), *reversed(list(zip(band.x, band.low, strict=True)))]
        parts.append(f'<path class="band" d="{path(edge)}Z"/>')
    for i, line in enumerate(found):
        points = list(zip(line.x, line.y, strict=True))
        parts.append(f'<path class="{line.style}" d="{path(points)}"/>')
        if len(points) <= 20 and line.style != "bound":
            dot = "dot" if line.style == "line" else "dot-2"
            parts += [f'<circle class="{dot}" cx="{px(x):.1f}" cy="{py(y):.1f}" r="3"/>' for x, y in points]
        y_text = bottom + 52 + 16 * i
        parts.append(f'<path class="{line.style}" d="M{_LEFT} {y_text - 4}h28"/>')
        parts.append(f'<text x="{_LEFT + 36}" y="{y_text}">{escape(text(line.name))}</text>')
    return svg(_WIDTH, height, title, description, "".join(parts))


def bars(found: Sequence[Bar], *, x_name: str, title: str, description: str, percent: bool = False) -> str:
    """Return a chart of horizontal bars with intervals, from 0."""
    top = max(max(bar.value, bar.high) for bar in found) or 1.0
    left = min(max(sum(map(_width, shortened(bar.name))) for bar in found) * _SIZE_OF_LETTER + 12, 180)
    step, height = 30, 30 * len(found) + 44
    bottom = step * len(found) + 6

    def px(x: float) -> float:
        return left + x / top * (_WIDTH - left - 16)

    parts = []
    for x in ticks(0, top, 4, whole=all(float(bar.value).is_integer() for bar in found)):
        shown = f"{x:.0%}" if percent else _label(x)
        parts.append(f'<path class="grid" d="M{px(x):.1f} 4V{bottom}"/>')
        parts.append(f'<text x="{px(x):.1f}" y="{bottom + 15}" text-anchor="middle">{shown}</text>')
    for i, bar in enumerate(found):
        y = 8 + step * i
        style = "bar" if bar.strong else "bar-2"
        parts.append(
            f'<text x="{left - 8:.1f}" y="{y + 14}" text-anchor="end">{escape(shortened(bar.name))}</text>'
            f'<rect class="{style}" x="{left:.1f}" y="{y}" width="{max(px(bar.value) - left, 0):.1f}" height="20"/>'
        )
        if bar.low < bar.high:
            low, high = px(bar.low), px(bar.high)
            parts.append(
                f'<path class="whisker" d="M{low:.1f} {y + 10}H{high:.1f}M{low:.1f} {y + 5}v10M{high:.1f} {y + 5}v10"/>'
            )
    parts.append(
        f'<text class="soft" x="{_WIDTH / 2:.1f}" y="{bottom + 33}" text-anchor="middle">{escape(x_name)}</text>'
    )
    return svg(_WIDTH, height, title, description, "".join(parts))
