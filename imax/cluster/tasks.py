"""Named tasks on a Dask cluster, which notice lost workers and a lost scheduler, and are removed together."""

import asyncio
import concurrent.futures
from collections.abc import Callable, Coroutine, Iterable
from contextlib import suppress
from typing import Any
from uuid import uuid4
from weakref import WeakSet

from ..errors import ClusterError
from . import worker
from .client import address_of, check_client

__all__ = ["FAILED", "PATIENCE", "Tasks"]

PATIENCE = 0.5  # seconds between two looks at which workers are alive
FAILED = ("cancelled", "error", "lost")
# what Dask raises for a cancelled task, depending on its version; the last by an error of its own
_CANCELLED = (asyncio.CancelledError, concurrent.futures.CancelledError, UnboundLocalError)


class Tasks:
    """Tasks of one call on the cluster of a client.

    Parameters
    ----------
    client : distributed.Client

    Attributes
    ----------
    cause : str
        Why the last result was lost.
    """

    def __init__(self, client: Any) -> None:
        self.client = check_client(client)
        self.address = address_of(client)
        self._name = uuid4().hex[:12]
        self.cause = ""
        self._n_keys = 0
        self._futures: WeakSet[Any] = WeakSet()

    def check_connected(self) -> None:
        """Raise `ClusterError` if the client has lost its scheduler."""
        if self.client.status != "running":
            raise self.gone()

    def gone(self) -> ClusterError:
        """Return the error for a lost scheduler."""
        return ClusterError(
            f"client: the Dask scheduler at {self.address} does not answer; check that the cluster is running and "
            "connect a new Client",
            argument="client",
        )

    def alive(self) -> dict[str, int]:
        """Return the number of threads of all workers by address."""
        self.check_connected()
        try:
            return dict(self.client.nthreads())
        except Exception as error:
            raise self.gone() from error

    def run(self, function: Callable[..., Any], *arguments: Any, addresses: Iterable[str]) -> dict[str, Any]:
        """Call a function on workers without tasks; return by address what it returns, or the error that it raises.

        If one of the workers is lost meanwhile, nothing is returned: Dask would try for 30 seconds to reach it.
        """
        self.check_connected()
        chosen = list(addresses)
        try:
            found = self._wait(self._run(function, arguments, chosen), chosen)
        except OSError:
            return {}
        return {} if isinstance(found, worker.Lost) else dict(found)

    async def _run(self, function: Callable[..., Any], arguments: tuple[Any, ...], addresses: list[str]) -> Any:
        """Call a function on workers, in the event loop of the client."""
        return await self.client.run(function, *arguments, workers=addresses, on_error="return")

    def hosts(self, addresses: Iterable[str]) -> dict[str, str]:
        """Return the name of the machine of each worker."""
        found = self.run(worker.host, addresses=addresses)
        return {address: name for address, name in found.items() if isinstance(name, str)}

    def submit(self, name: str, function: Callable[..., Any], *arguments: Any, address: str | None = None) -> Any:
        """Start a task, on the worker with this address if given; return its future."""
        self.check_connected()
        self._n_keys += 1
        where: dict[str, Any] = {} if address is None else {"workers": [address], "allow_other_workers": False}
        try:
            future = self.client.submit(
                function, *arguments, key=f"imax-{name}-{self._name}-{self._n_keys}", pure=False, **where
            )
        except Exception as error:
            raise self.gone() from error
        self._futures.add(future)
        return future

    def scatter(self, data: Any, address: str) -> Any:
        """Send data to a worker; return their future, or None if the worker is lost."""
        self.check_connected()
        try:
            sent = self._wait(self._scatter(data, address), [address])
        except Exception as error:
            if self.any_lost([address]):
                return None
            raise self.gone() from error
        if isinstance(sent, worker.Lost):
            return None
        self._futures.add(sent)
        return sent

    async def _scatter(self, data: Any, address: str) -> Any:
        """Send data to a worker, in the event loop of the client."""
        return await self.client.scatter(data, hash=False, workers=[address])

    def settle(self, futures: list[Any], addresses: Iterable[str]) -> None:
        """Wait until tasks end or one of their workers is lost.

        The scheduler may receive a task before another task that was submitted shortly before. So tasks are submitted
        only after those whose results they need have ended.
        """
        from distributed import wait as wait_for

        wait: Any = wait_for
        while True:
            try:
                wait(futures, timeout=PATIENCE)
                return
            except TimeoutError:
                if self.any_lost(addresses):
                    return
            except _CANCELLED:
                return

    def any_lost(self, addresses: Iterable[str]) -> bool:
        """Return whether one of these workers is lost."""
        return not set(addresses) <= self.alive().keys()

    def result(self, future: Any, addresses: Iterable[str]) -> Any:
        """Return the result of a task, or `Lost` if it needs something that the cluster lost.

        A task that needs a lost worker never ends, so the workers are looked at from time to time.
        """
        from distributed.scheduler import KilledWorker

        try:
            found = self._wait(self._fetch(future), addresses)
        except (KilledWorker, OSError, *_CANCELLED) as error:
            if self.client.status != "running":
                raise self.gone() from error
            return self._lost(future, f"{type(error).__name__}: {error}")
        return self._lost(future, "a worker that ended") if isinstance(found, worker.Lost) else found

    def _wait(self, request: Coroutine[Any, Any, Any], addresses: Iterable[str]) -> Any:
        """Return what a request in the event loop of the client returns, or `Lost` once one of the workers is lost.

        The request is never cancelled: after that, a client of Dask can fail to fetch any result. It ends by itself.
        """
        chosen = list(addresses)
        answer = asyncio.run_coroutine_threadsafe(request, self.client.loop.asyncio_loop)
        while not concurrent.futures.wait([answer], PATIENCE).done:
            if self.any_lost(chosen):
                return worker.Lost()
        return answer.result()

    async def _fetch(self, future: Any) -> Any:
        """Return the result of a task, in the event loop of the client."""
        return await self.client.gather(future, asynchronous=True)

    def _lost(self, future: Any, cause: str) -> worker.Lost:
        """Note why a result is lost, and forget its task."""
        self.cause = cause
        with suppress(Exception):
            future.release()
        return worker.Lost()

    def release_all(self) -> None:
        """Cancel all tasks that are running, and remove all results from the cluster."""
        futures, self._futures = list(self._futures), WeakSet()
        with suppress(Exception):  # the scheduler may be gone
            for future in futures:
                future.release()
