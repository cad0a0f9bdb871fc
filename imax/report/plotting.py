"""Plots of results."""

from typing import TYPE_CHECKING

from ..errors import InvalidArgumentError, MissingDependencyError
from ..results import CurveResult

if TYPE_CHECKING:
    import matplotlib.axes

__all__ = ["plot"]


def plot(curve: CurveResult, ax: "matplotlib.axes.Axes | None" = None) -> "matplotlib.axes.Axes":
    """Plot the spread, its 95 % interval and both bounds against the number of seeds.

    Parameters
    ----------
    curve : CurveResult
        From `imax.curve`.
    ax : matplotlib.axes.Axes, optional
        Axes to draw on; default a new pyplot figure.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    InvalidArgumentError
        If `curve` is not a `CurveResult`.
    MissingDependencyError
        If matplotlib is not installed.

    Examples
    --------
    >>> import imax
    >>> ax = imax.plot(imax.curve(imax.datasets.load("karate"), 5, rng=1))
    >>> ax.get_xlabel()
    'number of seeds k'
    >>> ax.figure.savefig("curve.png")  # doctest: +SKIP
    """
    if not isinstance(curve, CurveResult):
        raise InvalidArgumentError(
            f"curve must be a CurveResult, got {type(curve).__name__}; imax.curve makes one", argument="curve"
        )
    if ax is None:
        try:
            import matplotlib.pyplot as plt
        except ImportError:
            raise MissingDependencyError("plot needs matplotlib: pip install 'influence-maximization[plot]'") from None
        _, ax = plt.subplots(layout="constrained")
    k = curve.k
    ax.plot(k, curve.upper_bound, linestyle="--", color="0.4", label="no k seeds reach more")
    ax.fill_between(k, curve.low, curve.high, alpha=0.35, linewidth=0)
    ax.plot(k, curve.spread, marker="." if len(curve) <= 60 else "", label="spread, 95 % interval")
    ax.plot(k, curve.lower_bound, linestyle=":", color="0.4", label="the seeds reach at least this")
    ax.set_xlabel("number of seeds k")
    ax.set_ylabel("spread")
    ax.set_title(f"{curve.model.upper()}, {curve.probability}")
    ax.set_xlim(left=0)
    ax.set_ylim(bottom=0)
    ax.legend(frameon=False)
    return ax
