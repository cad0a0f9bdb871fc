"""A graph as parts that a file can hold: a description for JSON, and arrays."""

import dataclasses
import json
import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._utils.durations import SECONDS
from ..errors import FileFormatError, InvalidArgumentError
from .delays import LearnedDelays
from .influence_graph import InfluenceGraph
from .labels import Labels
from .probabilities import ArcProbability
from .report import BuildReport

__all__ = ["from_parts", "to_parts"]

TIME_UNITS = (SECONDS, None)
PROBABILITY_KINDS = ("weighted_cascade", "uniform", "arcs")
_LABEL_TYPES = {str, int, float, bool, type(None)}


def to_parts(graph: InfluenceGraph) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """Return a description that JSON can hold, and the arrays: all that `from_parts` needs to restore the graph."""
    if graph.walks is not None:
        raise InvalidArgumentError(
            "graph: a credit distribution model cannot be stored; keep the log and make it anew", argument="graph"
        )
    p, delays = graph.probability, graph.delays
    meta: dict[str, Any] = {
        "n_nodes": graph.n_nodes,
        "n_arcs": graph.n_arcs,
        "probability": {"spec": p.spec, "kind": p.kind, "value": p.value},
        "report": dataclasses.asdict(graph.report),
    }
    arrays: dict[str, NDArray[Any]] = {"in_ptr": graph.in_ptr, "in_idx": graph.in_idx, "index": graph.index}
    optional = {
        "values": p.values,
        "lower": p.lower,
        "upper": p.upper,
        "column": graph.weight,
        "copies": graph.multiplicity,
        "delays": None if delays is None else delays.mean,
    }
    if delays is not None:
        meta["delays"] = {"overall": delays.overall, "unit": delays.unit, "n_observed": delays.n_observed}
    arrays |= {name: array for name, array in optional.items() if array is not None}
    return meta, arrays | _pack_labels(graph.labels)


def from_parts(meta: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> InfluenceGraph:
    """Return the graph of which `to_parts` returned the parts; the arrays may be memory-mapped.

    The caller has checked the type, length and values of each array (`imax.io.layout`).

    Raises
    ------
    FileFormatError
        If the parts do not fit each other.
    """
    n, stored = meta["n_nodes"], meta["probability"]
    kind, spec, value = stored["kind"], stored["spec"], float(stored["value"])
    if kind not in PROBABILITY_KINDS or not isinstance(spec, str) or not 0.0 <= value <= 1.0:
        raise FileFormatError("the description of the probabilities is damaged")
    if (kind == "arcs") != ("values" in arrays):
        raise FileFormatError("the probabilities of the arcs are missing or superfluous")
    lower, upper = arrays.get("lower"), arrays.get("upper")
    if (lower is None) != (upper is None) or (lower is not None and "values" not in arrays):
        raise FileFormatError("the intervals of the probabilities are missing or superfluous")
    report = dict(meta["report"])
    report |= {name: tuple(report.get(name, ())) for name in ("notes", "doubts")}
    return InfluenceGraph(
        in_ptr=arrays["in_ptr"],
        in_idx=arrays["in_idx"],
        index=arrays["index"],
        labels=_unpack_labels(n, arrays),
        probability=ArcProbability(spec, kind, value, arrays.get("values"), lower, upper),
        report=BuildReport(**report),
        weight=arrays.get("column"),
        multiplicity=arrays.get("copies"),
        delays=_delays(meta.get("delays"), arrays.get("delays")),
    )


def _delays(stored: Any, mean: NDArray[np.float32] | None) -> LearnedDelays | None:
    """Return the delays of a file; None without any."""
    if (stored is None) != (mean is None):
        raise FileFormatError("the delays of the arcs are missing or superfluous")
    if mean is None:
        return None
    overall, n_observed = float(stored["overall"]), stored["n_observed"]
    fits = stored["unit"] in TIME_UNITS and 0.0 < overall < math.inf
    if not fits or type(n_observed) is not int or not 0 <= n_observed <= mean.size:
        raise FileFormatError("the description of the delays is damaged")
    return LearnedDelays(mean, overall, stored["unit"], n_observed)


def _pack_labels(labels: Labels) -> dict[str, NDArray[Any]]:
    if labels.values is None:
        return {}
    if isinstance(labels.values, np.ndarray):
        return {"labels": labels.values}
    texts = []
    for label in labels.values:
        if not isinstance(label, (str, int, float)) and label is not None:
            raise InvalidArgumentError(
                f"graph: the label {label!r} cannot be stored, only strings and numbers can; relabel the nodes first",
                argument="graph",
            )
        texts.append(json.dumps(label, ensure_ascii=False).encode())
    ends = np.cumsum([len(text) for text in texts], dtype=np.int64)
    return {"label_bytes": np.frombuffer(b"".join(texts), dtype=np.uint8), "label_ends": ends}


def _unpack_labels(n: int, arrays: dict[str, NDArray[Any]]) -> Labels:
    stored = {name for name in ("labels", "label_bytes", "label_ends") if name in arrays}
    if not stored:
        return Labels(n)
    if stored == {"labels"}:
        return Labels(n, arrays["labels"])
    if stored != {"label_bytes", "label_ends"}:
        raise FileFormatError(f"the labels cannot be {' and '.join(sorted(stored))}")
    blob = arrays["label_bytes"].tobytes()
    ends = arrays["label_ends"].tolist()
    labels = [json.loads(blob[a:b]) for a, b in zip([0, *ends[:-1]], ends, strict=True)]
    if not {type(label) for label in labels} <= _LABEL_TYPES:
        raise FileFormatError("a label is neither a string nor a number")
    if len(set(labels)) != n:
        raise FileFormatError("two nodes have the same label")
    return Labels(n, labels)
