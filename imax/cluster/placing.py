"""The graph on the workers: mapped from its own file, or from a copy that one worker of each machine receives."""

from collections.abc import Iterable
from typing import Any

from ..graph.influence_graph import InfluenceGraph
from ..graph.labels import Labels
from . import worker
from .tasks import FAILED, Tasks

__all__ = ["GraphPlacement"]


class GraphPlacement:
    """Futures of a graph on workers.

    A worker maps the file that the graph came from, if all workers can read it. Otherwise one worker of each machine
    receives the arcs and writes them to a file in its own folder for temporary data, and all workers of the machine map
    this file. A worker that cannot read it gets a copy of its own.

    Parameters
    ----------
    tasks : Tasks
    graph : InfluenceGraph

    Attributes
    ----------
    by_path : bool
        Whether the workers map the file of the graph.
    n_sent : int
        How often the arcs were sent.
    """

    def __init__(self, tasks: Tasks, graph: InfluenceGraph) -> None:
        self._tasks, self._graph = tasks, graph
        self.by_path = graph.path is not None
        self.n_sent = 0
        self._graphs: dict[str, Any] = {}  # by worker
        self._stored: dict[str, tuple[str, Any]] = {}  # by machine: the worker that writes the file, and its future

    def place(self, addresses: Iterable[str]) -> None:
        """Place the graph on workers."""
        chosen = sorted(set(addresses))
        if self.by_path:
            futures = [self._open(address) for address in chosen]
            self._tasks.settle(futures, chosen)
            if not any(future.status == "error" for future in futures):
                return
            self.by_path, self._graphs = False, {}
        self._place_copies(chosen)

    def at(self, address: str) -> Any:
        """Return the future of the graph on a worker; None if the worker is lost."""
        made = self._graphs.get(address)
        if made is None or made.status in FAILED:
            if self.by_path:
                self._tasks.settle([self._open(address)], [address])
            else:
                self._place_copies([address])
        return self._graphs.get(address)

    def knows(self, address: str) -> bool:
        """Return whether the graph was placed on a worker."""
        return address in self._graphs

    def forget(self, address: str) -> None:
        """Forget a lost worker."""
        self._graphs.pop(address, None)

    def close(self) -> None:
        """Forget all futures."""
        self._graphs, self._stored = {}, {}

    def _open(self, address: str) -> Any:
        stored = self._graph.probability
        changed = stored if stored.values is None else None
        made = self._graphs[address] = self._tasks.submit(
            "open-graph", worker.open_graph, self._graph.path, changed, self._graph.fingerprint, address=address
        )
        return made

    def _place_copies(self, addresses: list[str]) -> None:
        """Send the graph to the machines of workers that do not have it, and let the workers map it there.

        A worker that is lost meanwhile has no future of the graph afterwards.
        """
        tasks, hosts = self._tasks, self._tasks.hosts(addresses)
        by_host: dict[str, list[str]] = {}
        for address in addresses:
            by_host.setdefault(hosts.get(address, address), []).append(address)
        for host, its in by_host.items():  # all machines write at the same time
            self._store(host, its)
        mapping = []
        for host, its in by_host.items():
            if (path := self._path_on(host, its)) is None:
                continue
            for address in its:
                self._graphs[address] = tasks.submit("map-graph", worker.map_graph, path, address=address)
            mapping += its
        tasks.settle([self._graphs[address] for address in mapping], mapping)
        for address in mapping:
            if self._graphs[address].status == "error":  # another file system, or no space
                self._send_copy(address)

    def _path_on(self, host: str, addresses: list[str]) -> str | None:
        """Return the path of the file on a machine, empty if it could not be written; None if its workers are lost."""
        tasks = self._tasks
        while self._store(host, addresses):
            writer, stored = self._stored[host]
            tasks.settle([stored], [writer])
            path = tasks.result(tasks.submit("name-graph", worker.StoredGraph.name, stored), [writer])
            if not isinstance(path, worker.Lost):
                return str(path)
            del self._stored[host]
        return None

    def _store(self, host: str, addresses: list[str]) -> bool:
        """Let one worker of a machine write the graph to a file, unless one does so; return False if all are lost."""
        if host in self._stored and self._stored[host][1].status not in FAILED:
            return True
        for address in addresses:
            sent = self._tasks.scatter(self._bare(), address)
            if sent is not None:
                stored = self._tasks.submit("store-graph", worker.StoredGraph.write, sent, address=address)
                self._stored[host] = address, stored
                self.n_sent += 1
                return True
        return False

    def _send_copy(self, address: str) -> None:
        """Send a worker a graph of its own."""
        sent = self._tasks.scatter(self._bare(), address)
        if sent is None:
            self.forget(address)
            return
        self._graphs[address] = self._tasks.submit("send-graph", worker.keep, sent, address=address)
        self.n_sent += 1
        self._tasks.settle([self._graphs[address]], [address])

    def _bare(self) -> InfluenceGraph:
        """Return the graph without its labels."""
        graph = self._graph
        return InfluenceGraph(
            in_ptr=graph.in_ptr, in_idx=graph.in_idx, index=graph.index, labels=Labels(graph.n_nodes),
            probability=graph.probability, report=graph.report,
        )  # fmt: skip
