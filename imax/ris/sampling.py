"""`sample_rr_sets`: draw random RR sets."""

import warnings
from typing import Any

from .._utils import check
from .._utils.durations import Duration
from .._utils.streams import RNG, Stream, key_from, stream_key
from ..cluster.session import Session
from ..diffusion.deadline import ArcDelays, check_deadline
from ..diffusion.sampler import Sampler
from ..errors import OutOfMemoryBoundError
from ..io.accept import as_graph
from ..io.node_reader import NodeReader, NodeValues
from .collection import RRCollection
from .remote import RemoteCollection

__all__ = ["sample_rr_sets"]


def sample_rr_sets(
    graph: Any,
    count: int,
    *,
    model: str = "ic",
    node_weights: NodeValues | None = None,
    on_missing: str | None = None,
    max_steps: int | None = None,
    deadline: Duration | None = None,
    delay: "ArcDelays | None" = None,
    rng: RNG = None,
    lanes: int | None = None,
    threads: int | None = None,
    max_memory: int | str | None = None,
    client: Any = None,
) -> RRCollection | RemoteCollection:
    """Draw random reverse-reachable (RR) sets.

    An RR set holds the nodes that reach a random root through live arcs. The spread of a seed set is the number of
    nodes times the probability that a random RR set holds a seed.

    Parameters
    ----------
    graph : InfluenceGraph, networkx graph or SciPy sparse array
    count : int
        Number of RR sets.
    model : {"ic", "lt"}, default "ic"
        Independent cascade or linear threshold.
    node_weights : node values, optional
        Weight of each node, see `imax.Constraints`; roots are drawn in proportion to it. Default 1 each.
    on_missing : {"error", "drop", "default"}, default "error"
        Nodes that `node_weights` does not list, and labels that are not nodes: see `imax.spread`. A warning says what
        was left out.
    max_steps, deadline, delay
        As in `imax.spread`: an RR set holds only the nodes that reach its root in so many steps, or until the deadline.
    rng : None, int, numpy.random.SeedSequence or numpy.random.Generator, optional
        RR set i depends on `rng` and i alone, not on `threads` and `lanes`.
    lanes : int, optional
        Number of RR sets that run side by side in a thread, 1 to 16. Changes the speed, never the result.
    threads : int, optional
        Default ``IMAX_NUM_THREADS``, else all cores. Changes the speed, never the result.
    max_memory : int or str, optional
        Limit on the bytes of the sets, such as ``"2GiB"``; with a client, on each worker. Default: no limit.
    client : distributed.Client, optional
        Draw the sets on the workers of a Dask cluster and keep them there, see :doc:`/how-to/cluster`.

    Returns
    -------
    RRCollection, or RemoteCollection with a client
        A RemoteCollection counts and estimates but does not list the sets. They leave the cluster at its ``close()``,
        at the end of a ``with`` block, or when it is deleted.

    Raises
    ------
    InvalidArgumentError
        If an argument is wrong.
    InvalidGraphError
        If the LT weights of a node sum to more than 1.
    OutOfMemoryBoundError
        If the RR sets need more than `max_memory`.

    References
    ----------
    Borgs, Brautbar, Chayes, Lucier: Maximizing Social Influence in Nearly Optimal Time. SODA 2014 (RR sets).

    Examples
    --------
    >>> import imax
    >>> graph = imax.datasets.load("karate")
    >>> sets = imax.sample_rr_sets(graph, 1000, rng=1)
    >>> len(sets), sets.estimate([33, 0]) > sets.estimate([11])
    (1000, True)
    """
    count = check.count(count, "count")
    limit = check.memory_bytes(max_memory)
    network = as_graph(graph, max_memory=limit)
    reader = NodeReader(network, on_missing, source=graph, max_memory=limit)
    weights = reader.node_weights(node_weights)
    for note in reader.notes:
        warnings.warn(note, stacklevel=2)
    sampler = Sampler(
        network,
        model,
        stream_key(key_from(rng), Stream.RR_SETS),
        node_weights=weights,
        lanes=lanes,
        threads=threads,
        deadline=check_deadline(network, max_steps=max_steps, deadline=deadline, delay=delay),
    )
    collection = RRCollection(sampler) if client is None else RemoteCollection(Session(client, network), sampler)
    try:
        step = count if limit is None else 1 << 14
        while len(collection) < count:
            collection.extend(min(count, len(collection) + step))
            if limit is not None and collection.nbytes > limit:
                raise OutOfMemoryBoundError(
                    f"max_memory of {limit:,} bytes is exceeded by {len(collection):,} of {count:,} RR sets, which "
                    f"need {collection.nbytes:,} bytes; lower count or raise max_memory",
                    argument="max_memory",
                )
    except BaseException:
        if isinstance(collection, RemoteCollection):
            collection.close()  # otherwise the traceback, which consoles keep, keeps the sets on the cluster
        raise
    return collection
