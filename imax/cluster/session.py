"""A session on a Dask cluster: the graph and the objects of one call, without a trace afterwards."""

import asyncio
import concurrent.futures
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import pairwise
from typing import Any
from uuid import uuid4
from weakref import WeakSet

from .. import __version__
from ..errors import ClusterError, InvalidArgumentError, MissingDependencyError
from ..graph.influence_graph import InfluenceGraph
from ..graph.labels import Labels
from . import worker

__all__ = ["Held", "Session", "check_client", "open_session"]

_PATIENCE = 0.5  # seconds between two looks at which workers are alive
_WORKER_SECONDS = 20.0  # to wait for a worker if all are lost: nannies start new ones
_FAILED = ("cancelled", "error", "lost")
# what Dask raises for a cancelled task, depending on its version; the last by an error of its own
_CANCELLED = (asyncio.CancelledError, concurrent.futures.CancelledError, UnboundLocalError)
_MAX_LOSSES = 4  # per slot: then the work itself seems to end the workers
_FAN_IN = 4  # arrays that one task adds up
_FEW_PARTS = 4  # arrays that the caller adds up itself
_FEW_SLOTS = 16  # for which calls without tasks are worthwhile: all arguments are sent to all workers


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
    session = Session(client.client if isinstance(client, Session) else client, graph)
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
    threads : list of int
        Number of threads of the worker of each slot, at the start.
    by_path : bool
        Whether the workers map the file of the graph, instead of a copy that was sent to them.
    """

    def __init__(self, client: Any, graph: InfluenceGraph) -> None:
        self.client = check_client(client)
        self.graph = graph
        if graph.walks is not None:
            raise InvalidArgumentError(
                "client does not support a credit distribution model; leave it out", argument="client"
            )
        self._name = uuid4().hex[:12]
        self._n_keys = 0
        self._n_losses = 0
        self._futures: WeakSet[Any] = WeakSet()
        self._address = _address_of(client)
        alive = self._alive()
        if not alive:
            raise ClusterError(f"client: the Dask cluster at {self._address} has no workers; start some and try again")
        self._check_versions(list(alive))
        self._slots = sorted(alive)  # address of the worker of each slot
        self._generation = [0] * len(self._slots)
        self.threads = [alive[address] for address in self._slots]
        self._graphs: dict[str, Any] = {}
        self._scattered: Any = None
        self.by_path = False
        try:
            self._place_graph()
        except BaseException:
            self.close()
            raise

    @property
    def n_slots(self) -> int:
        """Number of parts of the work."""
        return len(self._slots)

    def shares(self, first: int, count: int) -> list[tuple[int, int]]:
        """Divide ``first`` to ``first + count`` among the slots by the threads of their workers: (start, stop) each."""
        total, done, cuts = sum(self.threads), 0, [first]
        for threads in self.threads:
            done += threads
            cuts.append(first + count * done // total)
        return list(pairwise(cuts))

    def hold(self, make: Callable[..., Any], *arguments: Any) -> "Held":
        """Place ``make(graph, *arguments, threads=...)`` on the worker of each slot; it stays there."""
        return Held(self, make, arguments)

    def close(self) -> None:
        """Cancel what is running, and remove everything that the session placed on the cluster."""
        futures, self._futures, self._graphs = list(self._futures), WeakSet(), {}
        with suppress(Exception):  # the scheduler may be gone
            for future in futures:
                future.release()

    # -- workers -----------------------------------------------------------------------------------------------

    def _alive(self) -> dict[str, int]:
        """Return the number of threads of all workers by address."""
        try:
            return dict(self.client.nthreads())
        except Exception as error:
            raise self._gone() from error

    def _gone(self) -> ClusterError:
        return ClusterError(
            f"client: the Dask scheduler at {self._address} does not answer; check that the cluster is running and "
            "connect a new Client"
        )

    def _check_versions(self, addresses: list[str]) -> None:
        """Raise an error if a worker has no imax, or another version."""
        found = self.client.run(worker.version, workers=addresses, on_error="return")
        for address, answer in found.items():
            if isinstance(answer, Exception):
                raise ClusterError(
                    f"client: imax cannot be used on the worker {address} ({type(answer).__name__}: {answer}); install "
                    f"influence-maximization {__version__} there"
                )
            if answer != __version__:
                raise ClusterError(
                    f"client: the worker {address} has imax {answer}, this process has {__version__}; install the same "
                    "version on all workers"
                )

    def _place_graph(self) -> None:
        """Let the workers map the file of the graph; if one cannot read it, send each of them a copy."""
        addresses = sorted(set(self._slots))
        self.by_path = self.graph.path is not None
        if self.by_path:
            futures = [self._start_graph(address) for address in addresses]
            self.settle(futures)
            if any(future.status == "error" for future in futures):
                self.by_path, self._graphs = False, {}
        if not self.by_path:
            self.settle([self._start_graph(address) for address in addresses])
            self._scattered = None

    def settle(self, futures: list[Any]) -> None:
        """Wait until tasks end or a worker is lost.

        The scheduler may receive a task before another task that was submitted shortly before. So tasks are submitted
        only after those whose results they need have ended.
        """
        from distributed import wait as wait_for

        wait: Any = wait_for
        while True:
            try:
                wait(futures, timeout=_PATIENCE)
                return
            except TimeoutError:
                if self.dead_slots():
                    return
            except _CANCELLED:
                return

    def graph_at(self, address: str) -> Any:
        """Return the future of the graph on a worker."""
        made = self._graphs.get(address)
        if made is None or made.status in _FAILED:
            made = self._start_graph(address)
            self.settle([made])
            self._scattered = None
        return made

    def _start_graph(self, address: str) -> Any:
        if self.by_path:
            stored = self.graph.probability
            changed = stored if stored.values is None else None
            arguments = (self.graph.path, changed, self.graph.fingerprint)
            made = self.submit("open-graph", worker.open_graph, *arguments, address=address)
        else:
            # another worker passes it on, if one has it
            copies = [future for future in self._graphs.values() if future.status == "finished"]
            if not copies and self._scattered is None:
                self._scattered = self._sent(address)
            made = self.submit("send-graph", worker.keep, copies[0] if copies else self._scattered, address=address)
        self._graphs[address] = made
        return made

    def _sent(self, address: str) -> Any:
        """Send the arcs to a worker; return their future."""
        graph = self.graph
        bare = InfluenceGraph(
            in_ptr=graph.in_ptr, in_idx=graph.in_idx, index=graph.index, labels=Labels(graph.n_nodes),
            probability=graph.probability, report=graph.report,
        )  # fmt: skip
        try:
            sent = self.client.scatter(bare, hash=False, workers=[address])
        except Exception as error:
            raise self._gone() from error
        self._futures.add(sent)
        return sent

    def replace_worker(self, slot: int) -> None:
        """Give the slot of a lost worker to another worker, or a new generation of objects to a living one."""
        self._n_losses += 1
        if self._n_losses > _MAX_LOSSES * self.n_slots:
            raise ClusterError(
                f"client: workers were lost {self._n_losses} times during this work; they may have too little memory: "
                "use larger workers, or set max_memory"
            )
        lost = self._slots[slot]
        until = time.monotonic() + _WORKER_SECONDS
        while not (alive := self._alive()):
            if time.monotonic() > until:
                raise ClusterError(
                    f"client: all workers of the Dask cluster at {self._address} are lost; start workers and try again"
                )
            time.sleep(_PATIENCE)
        self._generation[slot] += 1
        if lost in alive:
            return
        self._graphs.pop(lost, None)
        load = {address: self._slots.count(address) / alive[address] for address in sorted(alive)}
        new = min(load, key=lambda address: load[address])
        if new not in self._graphs:
            self._check_versions([new])
        self._slots[slot] = new

    def place(self, slot: int) -> tuple[str, int]:
        """Return the worker of a slot, and how often its objects had to be made anew."""
        return self._slots[slot], self._generation[slot]

    # -- tasks -------------------------------------------------------------------------------------------------

    def submit(self, name: str, function: Callable[..., Any], *arguments: Any, address: str | None = None) -> Any:
        """Start a task, on the worker with this address if given; return its future."""
        self._n_keys += 1
        where: dict[str, Any] = {} if address is None else {"workers": [address], "allow_other_workers": False}
        try:
            future = self.client.submit(
                function, *arguments, key=f"imax-{name}-{self._name}-{self._n_keys}", pure=False, **where
            )
        except Exception as error:
            raise self._gone() from error
        self._futures.add(future)
        return future

    def wait(self, futures: dict[int, Any]) -> tuple[dict[int, Any], list[int]]:
        """Wait for a future of each slot.

        Returns
        -------
        tuple of (dict, list)
            The results by slot, and the slots whose worker was lost.
        """
        results: dict[int, Any] = {}
        lost: list[int] = []
        for slot, future in futures.items():
            found = self._result(future, [slot])
            if isinstance(found, worker.Lost):
                lost.append(slot)
            else:
                results[slot] = found
        return results, lost

    def wait_for_sum(self, future: Any) -> Any:
        """Return the result of a task that depends on all slots, or `Lost`."""
        return self._result(future, list(range(self.n_slots)))

    def dead_slots(self) -> list[int]:
        """Return the slots whose worker is lost."""
        alive = self._alive()
        return [slot for slot, address in enumerate(self._slots) if address not in alive]

    def _result(self, future: Any, slots: list[int]) -> Any:
        """Return the result of a task, or `Lost` if it needs something that the cluster lost.

        A task that needs a lost worker never ends, so the workers of the slots are looked at from time to time.
        """
        from distributed.scheduler import KilledWorker

        patience = _PATIENCE
        while True:
            try:
                return future.result(timeout=patience)
            except (KilledWorker, TimeoutError, OSError, *_CANCELLED) as error:
                if self.client.status != "running":
                    raise self._gone() from error
                over = not isinstance(error, TimeoutError)
                if over or not set(slots).isdisjoint(self.dead_slots()):
                    with suppress(Exception):
                        future.release()
                    return worker.Lost()
                if future.done():
                    patience *= 2  # a large result takes long to arrive


class Held:
    """Objects on the workers, one for each slot, that live as long as this one.

    A lost object is made anew from the same arguments, so the methods have to be pure functions of their arguments;
    what an object remembers may only save time.
    """

    def __init__(self, session: Session, make: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
        self._session, self._make, self._arguments = session, make, arguments
        self._objects: dict[int, tuple[tuple[str, int], Any]] = {}

    def _future(self, slot: int) -> Any:
        """Return the future of the object of a slot."""
        return self._objects[slot][1]

    def _prepare(self, slots: Sequence[int]) -> None:
        """Make the objects of slots that do not exist."""
        session, made = self._session, []
        for slot in slots:
            place = session.place(slot)
            if slot not in self._objects or self._objects[slot][0] != place:
                made.append(
                    session.submit(
                        "prepare", worker.make_object, self._make, session.graph_at(place[0]), self._arguments,
                        session.threads[slot], address=place[0],
                    )
                )  # fmt: skip
                self._objects[slot] = place, made[-1]
        if made:
            session.settle(made)

    def call(
        self,
        name: str,
        method: str,
        arguments: Sequence[tuple[Any, ...]],
        slots: Sequence[int] = (),
        *,
        quick: bool = False,
    ) -> list[Any]:
        """Call a method of all objects, or of those of some slots, in named tasks; return the results in order.

        With `quick` the work takes little time: then it is done without tasks, see `call_at_once`.
        """
        session = self._session
        chosen = list(slots) or list(range(session.n_slots))
        given = dict(zip(chosen, arguments, strict=True))
        results: dict[int, Any] = {}
        missing = list(chosen)
        if quick and session.n_slots <= _FEW_SLOTS:
            found = dict(zip(chosen, self.call_at_once(method, arguments, chosen), strict=True))
            results = {slot: answer[0] for slot, answer in found.items() if answer is not None}
            missing = [slot for slot in chosen if slot not in results]
        while missing:
            self._prepare(missing)
            futures = {
                slot: session.submit(
                    name, worker.call, self._future(slot), method, given[slot], address=session.place(slot)[0]
                )
                for slot in missing
            }
            found, missing = session.wait(futures)
            results |= found
            for slot in missing:
                session.replace_worker(slot)
        return [results[slot] for slot in chosen]

    def total(self, name: str, method: str, arguments: Sequence[tuple[Any, ...]]) -> Any:
        """Return the sum of the arrays that a method of all objects returns; the workers add them up."""
        session = self._session
        if session.n_slots <= _FEW_PARTS:
            return worker.add(self.call(name, method, arguments))
        while True:
            self._prepare(range(session.n_slots))
            leaves = [
                session.submit(
                    name, worker.call, self._future(slot), method, arguments[slot], address=session.place(slot)[0]
                )
                for slot in range(session.n_slots)
            ]
            level = leaves
            while len(level) > 1:
                session.settle(level)
                level = [
                    session.submit(f"add-{name}", worker.add, level[i : i + _FAN_IN])
                    for i in range(0, len(level), _FAN_IN)
                ]
            found = session.wait_for_sum(level[0])
            if not isinstance(found, worker.Lost):
                return found
            for slot in session.dead_slots() or range(session.n_slots):
                session.replace_worker(slot)

    def call_at_once(
        self, method: str, arguments: Sequence[tuple[Any, ...]], slots: Sequence[int] = ()
    ) -> list[tuple[Any] | None]:
        """Call a quick method of all objects, or of some slots, without tasks: it takes a tenth of the time.

        Parameters
        ----------
        method : str
        arguments : sequence of tuple
            Those of each slot, or a single entry for all.
        slots : sequence of int, optional

        Returns
        -------
        list
            A tuple with the result of each slot, None where the object is lost.
        """
        session = self._session
        calls: dict[str, list[tuple[str, int]]] = {}
        names = []
        chosen = slots or range(session.n_slots)
        self._prepare(chosen)
        for place, slot in enumerate(chosen):
            names.append(self._future(slot).key)
            calls.setdefault(session.place(slot)[0], []).append((names[-1], min(place, len(arguments) - 1)))
        try:
            found = session.client.run(
                worker.call_at_once, calls, method, tuple(arguments), workers=list(calls), on_error="return"
            )
        except OSError:
            return [None] * len(names)
        by_key: dict[str, tuple[Any]] = {}
        for answer in found.values():
            if isinstance(answer, BaseException) and not isinstance(answer, OSError):
                raise answer
            if isinstance(answer, dict):
                by_key |= answer
        return [by_key.get(name) for name in names]


def check_client(client: Any) -> Any:
    """Return a client of Dask after a check that it can be used.

    Raises
    ------
    MissingDependencyError
        If distributed is not installed.
    InvalidArgumentError
        If it is no client, or an asynchronous or a closed one.
    """
    try:
        from distributed import Client
    except ImportError:
        raise MissingDependencyError(
            "client requires the package distributed: pip install 'influence-maximization[dask]'", argument="client"
        ) from None
    if not isinstance(client, Client):
        raise InvalidArgumentError(
            f"client must be a distributed.Client, got {type(client).__name__}; use distributed.Client(address)",
            argument="client",
        )
    if client.asynchronous:
        raise InvalidArgumentError(
            "client must not be asynchronous; use distributed.Client(address), in a thread if necessary",
            argument="client",
        )
    if client.status != "running":
        raise ClusterError(f"client must be connected to a Dask cluster, got a client whose status is {client.status}")
    return client


def _address_of(client: Any) -> str:
    scheduler = getattr(client, "scheduler", None)
    return str(getattr(scheduler, "address", "an unknown address"))
