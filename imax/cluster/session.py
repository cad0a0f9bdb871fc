"""A session on a Dask cluster: the graph and the workers of one call, without a trace afterwards."""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from typing import Any, NamedTuple

from .. import __version__
from ..errors import ClusterError, InvalidArgumentError
from ..graph.influence_graph import InfluenceGraph
from . import worker
from .placing import GraphPlacement
from .tasks import PATIENCE, Tasks

__all__ = ["Request", "Session", "open_session"]

_WORKER_SECONDS = 20.0  # to wait for a worker if all are lost: nannies start new ones
_MAX_LOSSES = 4  # per slot: then the work itself seems to end the workers


class Request(NamedTuple):
    """What a request to all workers took.

    Attributes
    ----------
    seconds : float
    nbytes : int
        Bytes of the counts that the workers sent.
    n_touched : int
        Number of nodes whose gain became smaller, summed over the workers.
    n_lowered : int
        By how much all gains became smaller.
    """

    seconds: float
    nbytes: int
    n_touched: int
    n_lowered: int


@contextmanager
def open_session(client: Any, graph: InfluenceGraph) -> "Iterator[Session | None]":
    """Return a session on the cluster of a client, or an open session itself; None for None.

    All that the session placed on the cluster is removed at the end of the block, whatever ends it.
    """
    if client is None:
        yield None
        return
    if isinstance(client, Session) and client.graph is graph:
        yield client
        return
    session = Session(client.tasks.client if isinstance(client, Session) else client, graph)
    try:
        yield session
    finally:
        session.close()


class Session:
    """The graph on the workers of a Dask cluster, and the work on it.

    The work is divided among slots, one for each worker at the start. If a worker is lost, its slots go to others.

    Parameters
    ----------
    client : distributed.Client
    graph : InfluenceGraph

    Attributes
    ----------
    graph : InfluenceGraph
    tasks : Tasks
    placement : GraphPlacement
    threads : list of int
        Number of threads of the worker of each slot, at the start.
    requests : list of Request or None
        What each request for the counts of chosen nodes took, if a list is set.
    """

    requests: "list[Request] | None" = None

    def __init__(self, client: Any, graph: InfluenceGraph) -> None:
        self.tasks = tasks = Tasks(client)
        self.graph = graph
        if graph.walks is not None:
            raise InvalidArgumentError(
                "client does not support a credit distribution model; leave it out", argument="client"
            )
        self._n_losses = 0
        alive = tasks.alive()
        if not alive:
            raise ClusterError(
                f"client: the Dask cluster at {tasks.address} has no workers; start some and try again",
                argument="client",
            )
        self._check_versions(list(alive))
        self._slots = sorted(alive)  # address of the worker of each slot
        self._generation = [0] * len(self._slots)
        self.threads = [alive[address] for address in self._slots]
        self.placement = GraphPlacement(tasks, graph)
        try:
            self.placement.place(self._slots)
        except BaseException:
            self.close()
            raise

    @property
    def n_slots(self) -> int:
        """Number of parts of the work."""
        return len(self._slots)

    def default_memory(self) -> int | None:
        """Return the bytes that each worker can use for RR sets by default; None if no worker knows its memory.

        It is a quarter of the memory of the smallest worker. Workers of one machine share its free memory.
        """
        found = [answer for answer in self.tasks.run(worker.default_memory, addresses=self.addresses()).values()
                 if isinstance(answer, tuple)]  # fmt: skip
        on_host = Counter(host for host, _, _ in found)
        shares = [free // on_host[host] for host, free, _ in found if free is not None]
        return min([*shares, *(limit for _, _, limit in found if limit is not None)], default=None)

    def shares(self, first: int, count: int) -> list[tuple[int, int]]:
        """Divide ``first`` to ``first + count`` among the slots by the threads of their workers: (start, stop) each."""
        total, done, cuts = sum(self.threads), 0, [first]
        for threads in self.threads:
            done += threads
            cuts.append(first + count * done // total)
        return list(pairwise(cuts))

    def close(self) -> None:
        """Cancel what is running, and remove everything that the session placed on the cluster."""
        self.placement.close()
        self.tasks.release_all()

    def _check_versions(self, addresses: list[str]) -> None:
        """Raise an error if a worker has no imax, or another version."""
        for address, answer in self.tasks.run(worker.version, addresses=addresses).items():
            if isinstance(answer, OSError):
                continue  # the worker is lost: other errors say so
            if isinstance(answer, Exception):
                raise ClusterError(
                    f"client: imax cannot be used on the worker {address} ({type(answer).__name__}: {answer}); install "
                    f"influence-maximization {__version__} there",
                    argument="client",
                )
            if answer != __version__:
                raise ClusterError(
                    f"client: the worker {address} has imax {answer}, this process has {__version__}; install the same "
                    "version on all workers",
                    argument="client",
                )

    # -- slots -------------------------------------------------------------------------------------------------

    def place(self, slot: int) -> tuple[str, int]:
        """Return the worker of a slot, and how often its objects had to be made anew."""
        return self._slots[slot], self._generation[slot]

    def addresses(self) -> list[str]:
        """Return the workers of all slots."""
        return sorted(set(self._slots))

    def dead_slots(self) -> list[int]:
        """Return the slots whose worker is lost."""
        alive = self.tasks.alive()
        return [slot for slot, address in enumerate(self._slots) if address not in alive]

    def replace_worker(self, slot: int) -> None:
        """Give the slot of a lost worker to another worker, or a new generation of objects to a living one."""
        self._n_losses += 1
        if self._n_losses > _MAX_LOSSES * self.n_slots:
            raise ClusterError(
                f"client: results were lost on the workers {self._n_losses} times during this work (the last time: "
                f"{self.tasks.cause}); if workers end, they may have too little memory: use larger workers, or set "
                "{max_memory}",
                argument="client",
                others=("max_memory",),
            )
        lost = self._slots[slot]
        until = time.monotonic() + _WORKER_SECONDS
        while not (alive := self.tasks.alive()):
            if time.monotonic() > until:
                raise ClusterError(
                    f"client: all workers of the Dask cluster at {self.tasks.address} are lost; start workers and try "
                    "again",
                    argument="client",
                )
            time.sleep(PATIENCE)
        self._generation[slot] += 1
        self.placement.forget(lost)  # also that of a living worker, from which Dask may have moved it
        if lost in alive:
            return
        load = {address: self._slots.count(address) / alive[address] for address in sorted(alive)}
        new = min(load, key=lambda address: load[address])
        if not self.placement.knows(new):
            self._check_versions([new])
        self._slots[slot] = new

    # -- tasks -------------------------------------------------------------------------------------------------

    def submit(self, name: str, function: Callable[..., Any], *arguments: Any, slot: int | None = None) -> Any:
        """Start a task, on the worker of a slot if given; return its future."""
        address = None if slot is None else self._slots[slot]
        return self.tasks.submit(name, function, *arguments, address=address)

    def settle(self, futures: list[Any]) -> None:
        """Wait until tasks end or a worker is lost; see `Tasks.settle`."""
        self.tasks.settle(futures, self._slots)

    def wait(self, futures: dict[int, Any]) -> tuple[dict[int, Any], list[int]]:
        """Wait for a future of each slot.

        Returns
        -------
        tuple of (dict, list)
            The results by slot, and the slots whose worker was lost.
        """
        found = {slot: self.tasks.result(future, [self._slots[slot]]) for slot, future in futures.items()}
        lost = [slot for slot, answer in found.items() if isinstance(answer, worker.Lost)]
        return {slot: answer for slot, answer in found.items() if slot not in lost}, lost

    def wait_for_sum(self, future: Any) -> Any:
        """Return the result of a task that depends on all slots, or `Lost`."""
        return self.tasks.result(future, self._slots)
