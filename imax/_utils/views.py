"""Display methods of results. Their code is in `imax.report`, which is loaded at the first call.

This is the only place that reaches a floor above: a result can show itself, but knows nothing about HTML or plots.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import matplotlib.axes

__all__ = ["HtmlView", "PlotView", "ReportView", "load_report"]


def load_report(module: str) -> Any:
    """Return a module of `imax.report`."""
    return import_module(f"{__name__.partition('.')[0]}.report.{module}")


class HtmlView:
    """An object that notebooks show as a small table."""

    def _repr_html_(self) -> str:
        """Return HTML for a notebook: one sentence and a small table."""
        html: str = load_report("notebook").html_of(self)
        return html


class PlotView(HtmlView):
    """An object that notebooks show as a small table, and that can be drawn."""

    def plot(self, ax: "matplotlib.axes.Axes | None" = None) -> "matplotlib.axes.Axes":
        """Draw the result with matplotlib; see `imax.plot`.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional
            Axes to draw on; default a new pyplot figure.
        """
        axes: matplotlib.axes.Axes = load_report("plotting").plot(self, ax)
        return axes


class ReportView(PlotView):
    """A result that can be written as a report without further computation."""

    def report(self, *, title: str | None = None, command: str | None = None) -> Any:
        """Return a report on the result, for readers who did not run the program.

        Parameters
        ----------
        title : str, optional
            Title of the report.
        command : str, optional
            How the result was made, for the last section.

        Returns
        -------
        Report
            Call its method `save` with a file name.
        """
        return load_report("families").report_of(self, title, command)
