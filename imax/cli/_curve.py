"""``imax seed --curve``: spread and bounds for every number of seeds."""

from typing import TYPE_CHECKING, Any

import click

from ..errors import InvalidArgumentError
from ._errors import INTERRUPTED, OutputError, WrongUsage
from ._output import as_csv, as_facts, as_json, as_table, check_place, emit
from ._selection import shower

if TYPE_CHECKING:
    from ..graph.influence_graph import InfluenceGraph
    from ..results import CurveResult
    from ._shared import Status

__all__ = ["check_curve", "draw_curve"]

_TAKES = (
    "k", "model", "node_weights", "time_limit", "epsilon", "delta", "max_memory", "candidates", "exclude", "start",
    "rng", "threads", "probability", "directed", "multi_edges", "on_bad_line",
)  # fmt: skip
_KINDS = (".png", ".pdf", ".svg")
_HEAD = ("k", "node", "gain", "spread", "low", "high", "lower_bound", "upper_bound", "ratio")


def check_curve(options: dict[str, Any], verify: int | None, plot: str | None) -> None:
    """Refuse what a curve cannot do, before the work starts."""
    if options["k"] is None:
        raise WrongUsage("--curve needs --k, the most seeds")
    context = click.get_current_context()
    names = {p.name: max(p.opts, key=len) for p in context.command.params if p.name is not None}
    for name, value in {**options, "verify": verify}.items():
        unset = value is None or value is False or value == () or (name == "algorithm" and value == "opim-c")
        if name not in _TAKES and not unset:
            raise WrongUsage(f"{names[name]} cannot go with --curve")
    if plot is not None:
        check_place(plot)
        if not plot.lower().endswith(_KINDS):
            raise WrongUsage(f"--plot {plot}: the name must end in one of {', '.join(_KINDS)}")
        try:
            import matplotlib  # noqa: F401
        except ImportError:
            raise WrongUsage("--plot needs matplotlib: pip install 'influence-maximization[plot]'") from None


def draw_curve(
    network: "InfluenceGraph",
    source: str,
    form: str,
    output: str,
    plot: str | None,
    status: "Status",
    options: dict[str, Any],
) -> int:
    """Compute the curve, print it, and draw it if asked."""
    from ..selection import curve

    given = {name: value for name, value in options.items() if name in _TAKES and name != "k"}
    result = curve(network, options["k"], progress=shower(status), **given)
    status.clear()
    if plot is not None:
        _draw(result, plot)
    emit(_text(form, network, source, result, options["rng"]), output)
    if result.stop_reason == "interrupted":
        click.echo("imax: interrupted; this is the best result so far", err=True)
        return INTERRUPTED
    return 0


def _draw(result: "CurveResult", path: str) -> None:
    import io

    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    from ..io.text import write_bytes
    from ..plotting import plot

    figure = Figure(figsize=(6.4, 4.2), layout="constrained")  # of its own: no window system is asked
    FigureCanvasAgg(figure)
    plot(result, figure.subplots())
    drawn = io.BytesIO()
    figure.savefig(drawn, format=path.rsplit(".", 1)[1].lower(), dpi=150)
    try:
        write_bytes(path, [drawn.getvalue()])
    except InvalidArgumentError as error:
        raise OutputError(str(error)) from None


def _text(form: str, network: "InfluenceGraph", source: str, result: "CurveResult", random_seed: int) -> str:
    if form == "json":
        return as_json(result.to_dict() | {"random_seed": random_seed, "source": source})
    if form == "plain":
        return "".join(f"{label}\n" for label in result.seeds)
    numbers = (result.gains, result.spread, result.low, result.high, result.lower_bound, result.upper_bound)
    rows = list(zip(range(1, len(result) + 1), result.seeds, *numbers, result.ratio, strict=True))
    if form == "csv":
        return as_csv(_HEAD, rows)
    cells = [
        (str(k), str(label), *(f"{value:,.1f}" for value in values[:-1]), f"{values[-1]:.1%}")
        for k, label, *values in rows
    ]
    head = tuple(name.replace("_bound", "") for name in _HEAD)
    table = as_table(head, cells, (True, network.labels.kind != "object", *([True] * 7)))
    facts = [
        (
            "Bounds",
            f"all of them hold, except with probability {result.delta:.2g}; low and high: 95 % interval of each",
        ),
        (
            "Graph",
            f"{network.n_nodes:,} nodes, {network.n_arcs:,} arcs, {result.probability}, {result.model.upper()}",
        ),
        ("RR sets", f"{result.n_rr_sets:,} with {result.n_rr_entries:,} nodes, in {result.rounds} rounds"),
        ("Stopped", result.stop_reason),
        ("Time", f"{result.seconds['total']:.2f} s"),
        ("Random seed", str(random_seed)),
    ]
    return f"{table}\n{as_facts(facts)}"
