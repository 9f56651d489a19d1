"""Blocking calls that open and close a device, kept off the loop and within their time."""

from __future__ import annotations

import asyncio
import errno
import os
from collections.abc import Callable
from concurrent.futures import Executor
from contextlib import suppress
from typing import TypeVar

from devices.errors import LinkUnreachable

CLOSE_TIMEOUT_S = 1.0

_T = TypeVar("_T")
_WHY_NOT = {
    errno.ENOENT: "not plugged in",
    errno.ENODEV: "not plugged in",
    errno.ENXIO: "not plugged in",
    errno.EACCES: "no permission",
    errno.EPERM: "no permission",
    errno.EBUSY: "held by another process",
    errno.EWOULDBLOCK: "held by another process",
}


async def opened(
    name: str,
    open_it: Callable[[], _T],
    close_it: Callable[[_T], None],
    *,
    timeout_s: float,
    executor: Executor | None = None,
) -> _T:
    """What `open_it` returns, run in a thread; what comes too late is closed again. Raises LinkUnreachable."""
    loop = asyncio.get_running_loop()
    opening = loop.run_in_executor(executor, open_it)

    def close_late(late: asyncio.Future[_T]) -> None:
        if not late.cancelled() and late.exception() is None:
            loop.run_in_executor(None, close_it, late.result())

    try:
        async with asyncio.timeout(timeout_s):
            return await asyncio.shield(opening)
    except TimeoutError as error:
        opening.add_done_callback(close_late)
        raise LinkUnreachable(f"{name} does not answer") from error
    except OSError as error:
        raise LinkUnreachable(f"{name}: {why_not(error)}") from error
    except asyncio.CancelledError:
        opening.add_done_callback(close_late)
        raise


async def closed(close_it: Callable[[], None], executor: Executor | None = None) -> None:
    """Run `close_it` in a thread, and wait for it a second; a driver that holds bytes back may take longer."""
    closing = asyncio.get_running_loop().run_in_executor(executor, close_it)
    with suppress(TimeoutError, OSError):
        async with asyncio.timeout(CLOSE_TIMEOUT_S):
            await asyncio.shield(closing)


def why_not(error: OSError) -> str:
    """Why a device cannot be opened, in words for the supervisor."""
    if error.errno is None:
        return str(error)
    return _WHY_NOT.get(error.errno) or os.strerror(error.errno)
