"""Checks of a Dask client before it is used."""

from typing import Any

from ..errors import ClusterError, InvalidArgumentError, MissingDependencyError

__all__ = ["address_of", "check_client"]


def check_client(client: Any) -> Any:
    """Return a client of Dask after a check that it can be used.

    Raises
    ------
    MissingDependencyError
        If distributed is not installed.
    InvalidArgumentError
        If it is no client, or an asynchronous one.
    ClusterError
        If it is not connected.
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
        raise ClusterError(
            f"client must be connected to a Dask cluster, got a client whose status is {client.status}; connect a new "
            "Client",
            argument="client",
        )
    return client


def address_of(client: Any) -> str:
    """Return the address of the scheduler of a client, for messages."""
    scheduler = getattr(client, "scheduler", None)
    return str(getattr(scheduler, "address", "an unknown address"))
