"""What runs on the workers of a Dask cluster: the graph, the objects that the caller holds there, and their methods."""

import asyncio
import socket
from pathlib import Path
from typing import Any, Self
from uuid import uuid4

import numpy as np

from .. import __version__
from ..graph.influence_graph import InfluenceGraph
from ..graph.probabilities import ArcProbability

__all__ = [
    "Lost",
    "Placed",
    "StoredGraph",
    "add",
    "call",
    "call_at_once",
    "default_memory",
    "host",
    "keep",
    "make_object",
    "map_graph",
    "open_graph",
    "version",
]


class Lost:
    """What is left of an object that was moved to another worker or to disk: it has to be made again."""


class Placed:
    """A graph on one worker. It does not move to other workers or to disk: that would be a copy of its arcs.

    Parameters
    ----------
    graph : InfluenceGraph
    """

    def __init__(self, graph: InfluenceGraph) -> None:
        self.graph = graph

    def __reduce__(self) -> tuple[Any, ...]:
        return Lost, ()


def version() -> str:
    """Return the version of imax on this worker."""
    return __version__


def host() -> str:
    """Return the name of this machine or container."""
    return socket.gethostname()


def default_memory(dask_worker: Any) -> tuple[str, int | None, int | None]:
    """Return the name of this machine, a quarter of its free memory in bytes, and of the memory of this worker."""
    from .._utils.memory import default_memory as of_machine

    limit = dask_worker.memory_manager.memory_limit
    return host(), of_machine(), int(limit) // 4 if limit else None


def open_graph(path: str, probability: ArcProbability | None, fingerprint: str) -> Placed:
    """Map a graph file into memory; `probability` replaces the probabilities in the file.

    Raises
    ------
    LookupError
        If this worker cannot read the file, or it contains another graph.
    """
    from ..errors import ImaxError
    from ..io.binary import read_binary

    try:
        graph = read_binary(path)
    except (OSError, ImaxError) as error:
        raise LookupError(str(error)) from None
    if probability is not None:
        graph = graph.with_arc_probability(probability)
    if graph.fingerprint != fingerprint:
        raise LookupError(f"{path} contains another graph here")
    return Placed(graph)


class StoredGraph:
    """A graph in a file in the folder of a worker for temporary data, which is removed together with this object.

    Parameters
    ----------
    path : str
        Empty if the file could not be written.
    """

    def __init__(self, path: str) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return Lost, ()

    def __del__(self) -> None:
        if self.path:
            Path(self.path).unlink(missing_ok=True)  # workers that have mapped it keep it

    @classmethod
    def write(cls, graph: InfluenceGraph) -> Self:
        """Write a graph on this worker."""
        from distributed import get_worker

        from ..errors import ImaxError
        from ..io.binary import write_binary

        path = str(Path(get_worker().local_directory) / f"imax-{uuid4().hex}.imax")
        try:
            write_binary(graph, path)
        except (OSError, ImaxError):
            return cls("")
        return cls(path)

    @staticmethod
    def name(stored: "StoredGraph | Lost") -> "str | Lost":
        """Return the path of a stored graph; what is left of it is passed on."""
        return stored if isinstance(stored, Lost) else stored.path


def map_graph(path: str) -> Placed:
    """Map the file of a stored graph; raise an error if this worker cannot read it."""
    from ..io.binary import read_binary

    return Placed(read_binary(path))


def keep(graph: InfluenceGraph) -> Placed:
    """Return the graph, as the result of a task of this worker: the scheduler drops further copies of a result."""
    return Placed(graph)


def make_object(make: Any, placed: Placed | Lost, arguments: tuple[Any, ...], threads: int) -> Any:
    """Return a new object for the caller to hold; it does its work with so many threads."""
    return placed if isinstance(placed, Lost) else make(placed.graph, *arguments, threads=threads)


def call(held: Any, method: str, arguments: tuple[Any, ...]) -> Any:
    """Call a method of an object that the caller holds here."""
    return held if isinstance(held, Lost) else getattr(held, method)(*arguments)


def add(parts: list[Any]) -> Any:
    """Return the sum of arrays; what is left of a lost object is passed on."""
    lost = [part for part in parts if isinstance(part, Lost)]
    return lost[0] if lost else np.sum(parts, axis=0, dtype=parts[0].dtype)


async def call_at_once(
    calls: dict[str, list[tuple[str, int]]], method: str, arguments: tuple[tuple[Any, ...], ...], dask_worker: Any
) -> dict[str, tuple[Any]]:
    """Call a method of objects on this worker without a task.

    Parameters
    ----------
    calls : dict
        For the address of each worker, the keys of its objects and the places of their arguments.
    method : str
    arguments : tuple of tuple
    dask_worker : distributed.Worker

    Returns
    -------
    dict
        A tuple with the result by key; nothing for objects that are not here.
    """
    found: dict[str, tuple[Any]] = {}
    for key, place in calls[dask_worker.address]:
        held = dask_worker.data.get(key)
        if held is not None and not isinstance(held, Lost):
            try:  # in a thread of its own, so that the worker stays reachable meanwhile
                running = dask_worker.executors["actor"].submit(getattr(held, method), *arguments[place])
            except RuntimeError:  # this worker is being closed
                break
            found[key] = (await asyncio.wrap_future(running),)
    return found
