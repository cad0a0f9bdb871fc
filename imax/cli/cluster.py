"""``--scheduler``: the Dask cluster on which a command does its work."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click

from .._utils import check
from ..errors import ClusterError, InvalidArgumentError, MissingDependencyError
from .errors import WrongUsage

__all__ = ["connect", "scheduler_option"]

_LOCAL = "local:"
_SECONDS = 10.0  # to wait for an answer of the scheduler


def _check(ctx: click.Context, param: click.Parameter, value: str | None) -> str | None:
    """Check the number of local processes before a file is read."""
    if value is not None and value.startswith(_LOCAL):
        try:
            _n_workers(value)
        except (ValueError, InvalidArgumentError):
            raise WrongUsage(f"--scheduler must be an address or local:N with N of at least 1, got {value!r}") from None
    return value


def _n_workers(value: str) -> int:
    return check.count(int(value.removeprefix(_LOCAL)), "scheduler")


scheduler_option = click.option(
    "--scheduler",
    "client",
    metavar="ADDRESS",
    callback=_check,
    help="Work on a Dask cluster: the address of its scheduler, such as tcp://10.0.0.1:8786, or local:N for N "
    "processes on this machine. It requires the package distributed.  [default: this process]",
)


def connect(address: str | None) -> Any:
    """Return a client of the cluster of ``--scheduler``, which the command closes at its end; None for None."""
    if address is None:
        return None
    return click.get_current_context().with_resource(_connected(address))


@contextmanager
def _ignored_interrupts() -> Iterator[None]:
    """Start processes that ignore Ctrl-C, which a terminal sends to all processes: this process alone handles it."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def _connected(address: str) -> Iterator[Any]:
    try:
        import distributed
    except ImportError:
        raise MissingDependencyError(
            "client requires the package distributed: pip install 'influence-maximization[dask]'", argument="client"
        ) from None
    dask: Any = distributed  # its functions have no types
    if address.startswith(_LOCAL):
        options: dict[str, Any] = {"threads_per_worker": 1, "dashboard_address": ":0", "silence_logs": 50}
        with _ignored_interrupts():
            cluster = dask.LocalCluster(n_workers=_n_workers(address), **options)
        with cluster, dask.Client(cluster) as client:
            yield client
        return
    try:
        client = dask.Client(address, timeout=_SECONDS)
    except (OSError, ValueError) as error:
        raise ClusterError(
            f"client {address}: no Dask scheduler answers there ({error}); check the address", argument="client"
        ) from None
    with client:
        yield client
