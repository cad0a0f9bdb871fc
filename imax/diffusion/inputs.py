"""The checks of what `spread` and `exact_spread` share: graph, seeds, model and node weights."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .._utils.streams import RNG
from ..errors import InvalidArgumentError
from ..graph.influence_graph import InfluenceGraph
from ..io.accept import as_graph
from ..io.node_reader import NodeList, NodeReader, NodeValues
from .tables import check_model

__all__ = ["Inputs", "check_inputs", "check_seeds"]


class Inputs(NamedTuple):
    """Checked arguments; seeds (sorted, each once) and weights are by internal id. Notes say what was left out."""

    graph: InfluenceGraph
    seeds: NDArray[np.int32]
    model: str
    weights: NDArray[np.float64] | None
    notes: list[str]


def check_inputs(
    graph: Any,
    seeds: NodeList,
    model: str,
    probability: str | None,
    node_weights: NodeValues | None,
    rng: RNG = None,
    on_missing: str | None = None,
    **reading: Any,
) -> Inputs:
    """Return the checked arguments of `spread` and `exact_spread`; `reading` are options of `NodeReader`."""
    model = check_model(model)
    network = as_graph(graph, probability=probability, rng=rng, max_memory=reading.get("max_memory"))
    reader = NodeReader(network, on_missing, source=graph, **reading)
    chosen = np.sort(check_seeds(reader, seeds))
    return Inputs(network, chosen, model, reader.node_weights(node_weights), reader.notes)


def check_seeds(reader: NodeReader, seeds: NodeList, name: str = "seeds") -> NDArray[np.int32]:
    """Return the internal ids of seeds, each once, in the order of their first occurrence."""
    ids = reader.nodes(seeds, name)
    if ids is None or not ids.size:
        raise InvalidArgumentError(f"{name} is empty; give at least one node of the graph", argument="seeds")
    _, first = np.unique(ids, return_index=True)
    return ids[np.sort(first)]
