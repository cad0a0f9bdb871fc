"""Graphs that public functions accept."""

from typing import Any

from .._utils.streams import RNG
from ..errors import InvalidArgumentError
from .influence_graph import InfluenceGraph

__all__ = ["as_graph"]


def as_graph(graph: Any, *, probability: str | None = None, rng: RNG = None) -> InfluenceGraph:
    """Return a graph that a user hands in as an InfluenceGraph.

    Parameters
    ----------
    graph : InfluenceGraph, NetworkX graph or SciPy sparse array
    probability : str, optional
        Scheme of the arc probabilities. Default: those of the graph.
    rng : None, int, numpy.random.SeedSequence or numpy.random.Generator, optional
        Source of randomness of schemes that draw probabilities.
    """
    if isinstance(graph, InfluenceGraph):
        return graph if probability is None else graph.with_probability(probability, rng=rng)
    home = type(graph).__module__.partition(".")[0]
    if home == "networkx" or hasattr(graph, "is_multigraph"):
        return InfluenceGraph.from_networkx(graph, probability=probability, rng=rng)
    if home == "scipy" and hasattr(graph, "tocsr"):
        return InfluenceGraph.from_scipy(graph, probability=probability, rng=rng)
    raise InvalidArgumentError(
        "graph must be an InfluenceGraph, a NetworkX graph or a SciPy sparse array, got "
        f"{type(graph).__name__}; for a file use imax.read_graph, for pairs InfluenceGraph.from_edges",
        argument="graph",
    )
