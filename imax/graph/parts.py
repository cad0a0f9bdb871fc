"""A graph as parts that a file can hold: a description for JSON, and arrays."""

import dataclasses
import json
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import FileFormatError, InvalidArgumentError
from .influence_graph import InfluenceGraph
from .labels import Labels
from .probabilities import ArcProbability
from .report import BuildReport

__all__ = ["from_parts", "to_parts"]


def to_parts(graph: InfluenceGraph) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """Return a description that JSON can hold, and the arrays: all that `from_parts` needs to restore the graph."""
    p = graph.probability
    meta = {
        "n_nodes": graph.n_nodes,
        "n_arcs": graph.n_arcs,
        "probability": {"spec": p.spec, "kind": p.kind, "value": p.value},
        "report": dataclasses.asdict(graph.report),
    }
    arrays: dict[str, NDArray[Any]] = {"in_ptr": graph.in_ptr, "in_idx": graph.in_idx, "index": graph.index}
    optional = {"values": p.values, "column": graph.weight, "copies": graph.multiplicity}
    arrays |= {name: array for name, array in optional.items() if array is not None}
    return meta, arrays | _pack_labels(graph.labels)


def from_parts(meta: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> InfluenceGraph:
    """Return the graph of which `to_parts` returned the parts; the arrays may be memory-mapped.

    Raises
    ------
    FileFormatError
        If the parts do not fit each other.
    """
    n, m = int(meta["n_nodes"]), int(meta["n_arcs"])
    stored = meta["probability"]
    sizes = {
        "in_ptr": n + 1,
        "in_idx": m,
        "index": n,
        "values": m,
        "column": m,
        "copies": m,
        "labels": n,
        "label_ends": n,
    }
    for name, array in arrays.items():
        if name in sizes and array.shape != (sizes[name],):
            raise FileFormatError(f"the array {name!r} has shape {array.shape}, not ({sizes[name]},)")
    if stored["kind"] == "arcs" and "values" not in arrays:
        raise FileFormatError("the probabilities of the arcs are missing")
    report = dict(meta["report"])
    report["notes"] = tuple(report.get("notes", ()))
    return InfluenceGraph(
        in_ptr=arrays["in_ptr"],
        in_idx=arrays["in_idx"],
        index=arrays["index"],
        labels=_unpack_labels(n, arrays),
        probability=ArcProbability(stored["spec"], stored["kind"], float(stored["value"]), arrays.get("values")),
        report=BuildReport(**report),
        weight=arrays.get("column"),
        multiplicity=arrays.get("copies"),
    )


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
    if "labels" in arrays:
        return Labels(n, np.asarray(arrays["labels"]))
    if "label_ends" not in arrays:
        return Labels(n)
    blob = arrays["label_bytes"].tobytes()
    ends = arrays["label_ends"].tolist()
    return Labels(n, [json.loads(blob[a:b]) for a, b in zip([0, *ends[:-1]], ends, strict=True)])
