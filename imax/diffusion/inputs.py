"""The checks of what `spread` and `exact_spread` share: graph, seeds, model and node weights."""

from collections.abc import Hashable, Iterable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .._utils.streams import RNG
from ..errors import InvalidArgumentError
from ..graph.accept import as_graph
from ..graph.influence_graph import InfluenceGraph
from ..graph.node_values import node_weights as check_node_weights
from .tables import check_model

__all__ = ["Inputs", "check_inputs"]


class Inputs(NamedTuple):
    """Checked arguments; seeds (sorted, each once) and weights are by internal id."""

    graph: InfluenceGraph
    seeds: NDArray[np.int32]
    model: str
    weights: NDArray[np.float64] | None


def check_inputs(
    graph: Any,
    seeds: Iterable[Hashable],
    model: str,
    probability: str | None,
    node_weights: "ArrayLike | dict[Any, float] | None",
    rng: RNG = None,
) -> Inputs:
    """Return the checked arguments of `spread` and `exact_spread`."""
    model = check_model(model)
    network = as_graph(graph, probability=probability, rng=rng)
    if isinstance(seeds, str):
        raise InvalidArgumentError(
            f"seeds must be an iterable of labels, got the text {seeds!r}; put a single label into a list",
            argument="seeds",
        )
    chosen = np.unique(network.internal_of(seeds, "seeds"))
    if not chosen.size:
        raise InvalidArgumentError("seeds is empty; give at least one node", argument="seeds")
    return Inputs(network, chosen, model, check_node_weights(network, node_weights))
