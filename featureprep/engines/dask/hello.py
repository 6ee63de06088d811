"""Asking who listens at an address before a client is made: a client waits for ever for an answer that is none of Dask's."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

from featureprep.errors import WorldError

CONNECT = 10.0
"""Seconds in which something has to listen there."""
ANSWER = 30.0
"""Seconds in which it has to have said that it is a scheduler."""


def greet(address: str, shown: str) -> None:
    """See that a Dask scheduler answers.

    Parameters
    ----------
    address : str
        Such as `tcp://host:8786`.
    shown : str
        The address, as a message names it.

    Raises
    ------
    WorldError
        None answers in time, or something else does.
    """
    said: list[Any] = []
    asking = threading.Thread(target=lambda: said.append(_asked(address)), name="featureprep-dask-hello", daemon=True)
    asking.start()  # not in this thread, which may be at work in an event loop of its own: a notebook's
    asking.join(ANSWER + 1)  # a name may be looked up for longer
    kind = said[0] if said else None
    if kind != "Scheduler":
        but = f", but a Dask {kind.lower()}" if isinstance(kind, str) else ""
        hint = "is this the host and port that `dask scheduler` printed?"
        error = WorldError(f"no Dask scheduler answers there{but}", where=shown, hint=hint)
        raise error from (kind if isinstance(kind, Exception) else None)


def _asked(address: str) -> Any:
    """What a server of Dask's calls itself; what went wrong where there is none."""
    try:
        return asyncio.run(asyncio.wait_for(_identity(address), ANSWER))["type"]
    except Exception as error:  # noqa: BLE001  (what is no server of Dask's may answer anything: lengths of exabytes too)
        return error


async def _identity(address: str) -> Any:
    from distributed.core import rpc

    async with rpc(address, timeout=CONNECT) as server:
        return await server.identity()
