"""`imax.plot`: pictures of results, drawn with matplotlib."""

from collections.abc import Callable, Sequence
from itertools import accumulate
from typing import TYPE_CHECKING, Any

from ..errors import InvalidArgumentError, MissingDependencyError
from ..results import Comparison, CurveResult, SelectionResult
from .charts import shortened
from .words import gain_unit, row_names

if TYPE_CHECKING:
    import matplotlib.axes

__all__ = ["plot"]

_BARS = 40  # largest number of bars


def plot(result: Any, ax: "matplotlib.axes.Axes | None" = None) -> "matplotlib.axes.Axes":
    """Draw a result.

    =========================================== ======================================================================
    Result of                                   Picture
    =========================================== ======================================================================
    `imax.curve`                                spread, its 95 % interval and both bounds against the number of seeds
    `imax.maximize`, `imax.minimize_seeds`      cumulative gain of the seeds, or their scores
    `imax.compare`, `imax.capacity.compare`     spread of each algorithm with its 95 % interval
    `imax.sensitivity`                          spread of the seeds, and of seeds chosen anew, against the factor
    `imax.maximize_robust`                      spread of both candidates at both ends of the probabilities
    `imax.capacity.assign`                      total gain of the invitations of each inviter, largest first
    `imax.annotate.select`                      cumulative gain of the items
    `imax.learn.from_actions`                   histogram of the learned probabilities
    `imax.learn.evaluate`                       calibration: observed share against mean prediction
    `imax.recommend.metrics.evaluate`           metrics against the length of the lists
    =========================================== ======================================================================

    Parameters
    ----------
    result : object
        A result of one of these functions.
    ax : matplotlib.axes.Axes, optional
        Axes to draw on; default a new pyplot figure.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    InvalidArgumentError
        If there is no picture of such an object, or it contains nothing to draw.
    MissingDependencyError
        If matplotlib is not installed.

    Examples
    --------
    >>> import imax
    >>> ax = imax.plot(imax.curve(imax.datasets.load("karate"), 5, rng=1))
    >>> ax.get_xlabel()
    'number of seeds k'
    >>> ax.figure.savefig("curve.svg")  # doctest: +SKIP
    """
    draw = _drawing_of(result)
    if ax is None:
        try:
            import matplotlib.pyplot as plt
        except ImportError:
            raise MissingDependencyError("plot needs matplotlib: pip install 'influence-maximization[plot]'") from None
        _, ax = plt.subplots(layout="constrained")
    draw(result, ax)
    return ax


def _drawing_of(result: Any) -> "Callable[[Any, Any], None]":
    """Return the function that draws a result, after a check that there is something to draw."""
    draw = next((draw for kind, draw in _drawings().items() if isinstance(result, kind)), None)
    if draw is None:
        kinds = ", ".join(f"{kind.__module__.split('.')[1]}.{kind.__name__}" for kind in _drawings())
        raise InvalidArgumentError(
            f"result must be an object that has a picture, got {type(result).__name__}; these have one: {kinds}",
            argument="result",
        )
    return draw


def _drawings() -> "dict[type, Callable[[Any, Any], None]]":
    from .. import annotate, capacity, learn
    from ..capacity.assignment import CapacityComparison
    from ..recommend import metrics
    from ..selection.robust import RobustResult
    from ..selection.scaled import Sensitivity

    return {
        CurveResult: _curve,
        SelectionResult: _selection,
        Comparison: _comparison,
        CapacityComparison: _comparison,
        Sensitivity: _sensitivity,
        RobustResult: _robust,
        capacity.Assignment: _assignment,
        annotate.Selection: _items,
        learn.LearnedModel: _probabilities,
        learn.Evaluation: _calibration,
        metrics.Evaluation: _metrics,
    }


def _empty(result: Any, why: str) -> InvalidArgumentError:
    return InvalidArgumentError(f"result: this {type(result).__name__} cannot be drawn: {why}", argument="result")


def _name(ax: Any, x: str, y: str, title: str, *, legend: bool = False) -> None:
    ax.set_xlabel(x)
    ax.set_ylabel(y)
    ax.set_title(title)
    if legend:
        ax.legend(frameon=False)


def _curve(curve: CurveResult, ax: Any) -> None:
    k = curve.k
    ax.plot(k, curve.upper_bound, linestyle="--", color="0.4", label="no k seeds reach more")
    ax.fill_between(k, curve.low, curve.high, alpha=0.35, linewidth=0)
    ax.plot(k, curve.spread, marker="." if len(curve) <= 60 else "", label="spread, 95 % interval")
    ax.plot(k, curve.lower_bound, linestyle=":", color="0.4", label="the seeds reach at least this")
    ax.set_xlim(left=0)
    ax.set_ylim(bottom=0)
    _name(ax, "number of seeds k", "spread", f"{curve.model.upper()}, {curve.probability}", legend=True)


def _selection(result: SelectionResult, ax: Any) -> None:
    values, y = result.gains, "cumulative gain in spread"
    if values is None:
        if not result.scores:
            raise _empty(result, "it has neither gains nor scores")
        ax.bar(range(1, len(result.scores) + 1), result.scores)
        y = f"score by {result.algorithm}"
    else:
        _cumulative(values, ax)
    _name(ax, "rank of the seed", y, f"{result.algorithm}, {result.model.upper()}, {result.probability}")


def _cumulative(values: Sequence[float], ax: Any) -> None:
    ranks = range(1, len(values) + 1)
    ax.plot(ranks, list(accumulate(values)), marker="." if len(values) <= 60 else "")
    ax.set_xlim(left=0)
    ax.set_ylim(bottom=0)


def _bars(ax: Any, names: Sequence[str], values: Sequence[float], errors: Any = None) -> None:
    """Draw horizontal bars from the top; `errors` has the lengths of the whiskers to the left and to the right."""
    places = range(len(values))
    ax.barh(places, values, xerr=errors, capsize=3 if errors is not None else 0)
    ax.set_yticks(places, [shortened(name, 30).replace("$", r"\$") for name in names])
    ax.invert_yaxis()
    ax.set_xlim(left=0)


def _comparison(result: Any, ax: Any) -> None:
    rows = result.rows
    names = row_names(result)
    low = [max(row.spread - row.interval[0], 0.0) for row in rows]
    high = [max(row.interval[1] - row.spread, 0.0) for row in rows]
    _bars(ax, names, [row.spread for row in rows], [low, high])
    _name(ax, "spread, 95 % interval", "algorithm", f"{result.model.upper()}, {result.probability}")


def _sensitivity(result: Any, ax: Any) -> None:
    factors = [row.factor for row in result.rows]
    low, high = ([row.interval[end] for row in result.rows] for end in (0, 1))
    ax.fill_between(factors, low, high, alpha=0.35, linewidth=0)
    ax.plot(factors, [row.spread for row in result.rows], marker=".", label="these seeds, 95 % interval")
    ax.plot(factors, [row.best_spread for row in result.rows], marker=".", linestyle="--", label="seeds chosen anew")
    ax.set_ylim(bottom=0)
    _name(ax, "factor of all probabilities", "spread", f"{result.model.upper()}, {result.probability}", legend=True)


def _robust(result: Any, ax: Any) -> None:
    ax.plot([0, 1], [result.spread_lower, result.spread_upper], marker="o", label="these seeds")
    ax.axhline(result.lower_bound, linestyle=":", color="0.4", label="lower bound for all probabilities")
    ax.axhline(result.upper_bound, linestyle="--", color="0.4", label="upper bound for all seeds")
    ax.set_xticks([0, 1], ["all lower", "all upper"])
    ax.set_ylim(bottom=0)
    _name(ax, "probabilities", "spread", result.uncertainty, legend=True)


def _assignment(result: Any, ax: Any) -> None:
    totals = {inviter: sum(gains) for inviter, gains in result.gains.items() if gains}
    if not totals:
        raise _empty(result, "it has no invitations")
    largest = sorted(totals, key=lambda inviter: -totals[inviter])[:_BARS]
    _bars(ax, [str(inviter) for inviter in largest], [totals[inviter] for inviter in largest])
    more = f", the largest {_BARS} of {len(totals):,}" if len(totals) > _BARS else ""
    _name(ax, "total gain of the invitations (nodes)", "inviter", f"{result.algorithm}, {result.probability}{more}")


def _items(result: Any, ax: Any) -> None:
    if result.gains is None:
        raise _empty(result, f"the algorithm {result.algorithm} computes no gains")
    _cumulative(result.gains, ax)
    _name(ax, "rank of the item", f"cumulative gain ({gain_unit(result.algorithm)})", result.algorithm)


def _probabilities(result: Any, ax: Any) -> None:
    ax.hist(result.probability, bins=40, range=(0.0, max(float(result.probability.max(initial=0.0)), 1e-6)))
    ax.set_yscale("log")
    _name(ax, "learned probability", "number of arcs", result.estimator)


def _calibration(result: Any, ax: Any) -> None:
    ax.plot([0, 1], [0, 1], color="0.6", linewidth=1, label="perfect")
    top = 1e-6
    for row in result.rows:
        predicted, acted = ([group[i] for group in row.calibration] for i in (0, 1))
        top = max(top, *predicted, *acted)
        ax.plot(predicted, acted, marker=".", label=row.model)
    ax.set_xlim(0, 1.05 * top)
    ax.set_ylim(0, 1.05 * top)
    _name(ax, "mean predicted probability", "share that acted", f"{result.n_items:,} held-out items", legend=True)


def _metrics(result: Any, ax: Any) -> None:
    for name in ("recall", "ndcg", "nspread"):
        ax.plot(result.ks, getattr(result, name), marker=".", label=name)
    ax.set_ylim(bottom=0)
    _name(ax, "length of the lists K", "mean over users", f"{result.n_users:,} users", legend=True)
