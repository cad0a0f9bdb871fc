"""Influence maximization: choose whom to start with so that the most people are reached.

Each public name is imported when it is first used, so ``import imax`` is fast.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from . import annotate, capacity, errors, io, learn, recommend
    from .diffusion.exact import exact_spread
    from .diffusion.simulation import spread
    from .errors import ImaxError
    from .graph import probabilities
    from .graph.attributes import set_attributes
    from .graph.influence_graph import InfluenceGraph
    from .io import as_graph, read_edgelist, read_graph, write_graph
    from .report import Report, make_report
    from .report.plotting import plot
    from .results import Certificate, Comparison, CurveResult, SelectionResult, SpreadEstimate
    from .ris.collection import RRCollection
    from .ris.sampling import sample_rr_sets
    from .selection import (
        Constraints,
        anytime,
        certify,
        compare,
        curve,
        maximize,
        maximize_robust,
        minimize_seeds,
        sensitivity,
    )
    from .selection.robust import RobustResult
    from .selection.scaled import Sensitivity

__all__ = [
    "Certificate",
    "Comparison",
    "Constraints",
    "CurveResult",
    "ImaxError",
    "InfluenceGraph",
    "RRCollection",
    "Report",
    "RobustResult",
    "SelectionResult",
    "Sensitivity",
    "SpreadEstimate",
    "__version__",
    "annotate",
    "anytime",
    "as_graph",
    "capacity",
    "certify",
    "compare",
    "curve",
    "datasets",
    "errors",
    "exact_spread",
    "io",
    "learn",
    "make_report",
    "maximize",
    "maximize_robust",
    "minimize_seeds",
    "plot",
    "probabilities",
    "read_edgelist",
    "read_graph",
    "recommend",
    "sample_rr_sets",
    "sensitivity",
    "set_attributes",
    "spread",
    "write_graph",
]

__version__ = "0.1.0"

_HOMES = {
    "Certificate": "results",
    "Comparison": "results",
    "Constraints": "selection",
    "CurveResult": "results",
    "ImaxError": "errors",
    "InfluenceGraph": "graph.influence_graph",
    "SelectionResult": "results",
    "RRCollection": "ris.collection",
    "Report": "report",
    "RobustResult": "selection.robust",
    "Sensitivity": "selection.scaled",
    "SpreadEstimate": "results",
    "anytime": "selection",
    "as_graph": "io",
    "certify": "selection",
    "compare": "selection",
    "curve": "selection",
    "exact_spread": "diffusion.exact",
    "make_report": "report",
    "maximize": "selection",
    "maximize_robust": "selection",
    "minimize_seeds": "selection",
    "plot": "report.plotting",
    "read_edgelist": "io",
    "read_graph": "io",
    "sample_rr_sets": "ris.sampling",
    "sensitivity": "selection",
    "set_attributes": "graph.attributes",
    "spread": "diffusion.simulation",
    "write_graph": "io",
}
_MODULES = {
    "annotate": "annotate",
    "capacity": "capacity",
    "datasets": "datasets",
    "errors": "errors",
    "io": "io",
    "learn": "learn",
    "probabilities": "graph.probabilities",
    "recommend": "recommend",
}


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        value = getattr(import_module(f".{_HOMES[name]}", __name__), name)
    elif name in _MODULES:
        value = import_module(f".{_MODULES[name]}", __name__)
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
