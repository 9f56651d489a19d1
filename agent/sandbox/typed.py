"""What people type at a simulated part, and what it says."""

from __future__ import annotations

import asyncio
import os
import stat
import sys
from collections.abc import AsyncIterator
from typing import TextIO


def say(text: str) -> None:
    """At once, also into a pipe: whoever started it waits for the address."""
    print(text, flush=True)


async def typed_lines() -> AsyncIterator[str]:
    """What is typed, without end: where nobody can type any more, it waits."""
    if _can_be_typed_at(sys.stdin):
        reader = asyncio.StreamReader()
        loop = asyncio.get_running_loop()
        await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
        while line := await reader.readline():
            yield line.decode(errors="replace").strip()
    await asyncio.Event().wait()


def _can_be_typed_at(stream: TextIO | None) -> bool:
    """A terminal or a pipe can; what a service has instead can neither be typed at nor waited for."""
    if stream is None:
        return False
    mode = os.fstat(stream.fileno()).st_mode
    return stream.isatty() or stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode)
