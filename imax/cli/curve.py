"""``imax seed --curve``: spread and bounds for every number of seeds."""

from typing import TYPE_CHECKING, Any

from ..errors import InvalidArgumentError
from .arguments import reject_options
from .context import Context
from .errors import OutputError, WrongUsage
from .facts import Fact, algorithm_fact, closing_facts, graph_fact, rr_sets_fact
from .output import as_csv, as_facts, as_lines, as_table, check_writable
from .progress import selection_progress

if TYPE_CHECKING:
    from ..graph.influence_graph import InfluenceGraph
    from ..results import CurveResult

__all__ = ["check_curve", "print_curve"]

_NOT_WITH_CURVE = ("verify", "target_spread", "certify")
_PLOT_FORMATS = (".png", ".pdf", ".svg")
_COLUMNS = ("spread", "low", "high", "lower_bound", "upper_bound", "ratio")


def check_curve(options: dict[str, Any], plot: str | None) -> None:
    """Reject options that a curve does not support, before the work starts."""
    if options["k"] is None:
        raise WrongUsage("--curve needs --k, the largest number of seeds")
    reject_options(options, _NOT_WITH_CURVE, "--curve")
    if plot is None:
        return
    check_writable(plot)
    if not plot.lower().endswith(_PLOT_FORMATS):
        raise WrongUsage(f"--plot {plot}: the name must end in one of {', '.join(_PLOT_FORMATS)}")
    try:
        import matplotlib  # noqa: F401
    except ImportError:
        raise WrongUsage("--plot needs matplotlib: pip install 'influence-maximization[plot]'") from None


def print_curve(context: Context, graph: "InfluenceGraph", arguments: dict[str, Any], plot: str | None) -> int:
    """Compute the curve, print it, draw it if `plot` is a file, and return the exit code."""
    from ..selection import curve

    result = curve(
        graph,
        arguments.pop("k"),
        **context.work,
        progress=selection_progress(context.status),
        **arguments,
    )
    if plot is not None:
        _draw(result, plot)
    return context.finish(_text(context, graph, result), result.stop_reason == "interrupted", notes=result.notes)


def _draw(result: "CurveResult", path: str) -> None:
    import io

    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    from ..io.text import write_bytes
    from ..report.plotting import plot

    figure = Figure(figsize=(6.4, 4.2), layout="constrained")  # without pyplot, which may need a display
    FigureCanvasAgg(figure)
    plot(result, figure.subplots())
    drawn = io.BytesIO()
    figure.savefig(drawn, format=path.rsplit(".", 1)[1].lower(), dpi=150)
    try:
        write_bytes(path, [drawn.getvalue()])
    except InvalidArgumentError as error:
        raise OutputError(str(error)) from None


def _text(context: Context, graph: "InfluenceGraph", result: "CurveResult") -> str:
    if context.form == "json":
        return context.as_json(result.to_dict())
    if context.form == "plain":
        return as_lines(result.seeds)
    nested = result.gains is not None
    numbers = [getattr(result, name) for name in _COLUMNS]
    if context.form == "csv":
        first = [result.seeds, result.gains] if nested else [[_joined(result.seeds_of(k)) for k in result.k]]
        names = ("node", "gain") if nested else ("nodes",)
        return as_csv(
            ("k", *names, *_COLUMNS, "complete"), list(zip(result.k, *first, *numbers, result.complete, strict=True))
        )
    cells = [
        (
            str(k),
            *((str(result.seeds[i]), f"{result.gains[i]:,.1f}") if result.gains is not None else ()),
            *(f"{values[i]:,.1f}" for values in numbers[:-1]),
            f"{result.ratio[i]:.1%}",
            *(() if all(result.complete) else ("" if result.complete[i] else "incomplete",)),
        )
        for i, k in enumerate(result.k)
    ]
    head = ("k", *(("node", "gain") if nested else ()), *(name.replace("_bound", "") for name in _COLUMNS))
    right = (True, *((graph.labels.kind != "object", True) if nested else ()), *([True] * len(_COLUMNS)))
    if not all(result.complete):
        head, right = (*head, ""), (*right, False)
    table = as_table(head, cells, right)
    bounds = f"all of them hold, except with probability {result.delta:.2g}; low and high: 95 % interval of each"
    facts: list[Fact] = [
        ("Bounds", bounds),
        algorithm_fact(result.algorithm, result.auto),
        graph_fact(graph, result),
        rr_sets_fact(result),
        *closing_facts(result.stop_reason, f"{result.seconds['total']:.2f} s", context.rng),
    ]
    return f"{table}\n{as_facts(facts)}"


def _joined(labels: list[Any]) -> str:
    return " ".join(str(label) for label in labels)
