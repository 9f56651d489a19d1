"""Hands that scan at a given rate over pseudo-terminals, and note when the answer came back."""

from __future__ import annotations

import asyncio
import os
import tty
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from time import perf_counter


class Gun:
    """One pseudo-terminal: codes go in at once, a bell for each comes back."""

    def __init__(self, folder: Path, number: int) -> None:
        self._ours, self._port = os.openpty()
        tty.setraw(self._port)
        os.set_blocking(self._ours, False)
        self.path = folder / f"gun{number}"
        self.path.symlink_to(os.ttyname(self._port))
        self._sent_at: deque[float] = deque()
        self.latencies_ms: list[float] = []

    def open(self) -> None:
        """Listen for bells, in the running loop."""
        asyncio.get_running_loop().add_reader(self._ours, self._hear)

    def close(self) -> None:
        """For good."""
        asyncio.get_running_loop().remove_reader(self._ours)
        self.path.unlink()
        os.close(self._ours)
        os.close(self._port)

    @property
    def waiting(self) -> int:
        """Codes without an answer yet."""
        return len(self._sent_at)

    def scan(self, code: str) -> None:
        """All bytes of it now."""
        os.write(self._ours, code.encode() + b"\r")
        self._sent_at.append(perf_counter())

    def _hear(self) -> None:
        now = perf_counter()
        for _ in os.read(self._ours, 4096):
            self.latencies_ms.append((now - self._sent_at.popleft()) * 1000)


async def scan_all(guns: Sequence[Gun], codes: Sequence[str], per_s: float) -> list[float]:
    """Each code once, at an even rate, each by the next gun; the milliseconds to each answer, sorted."""
    for gun in guns:
        gun.latencies_ms.clear()
    began = perf_counter()
    for number, code in enumerate(codes):
        await asyncio.sleep(max(0.0, began + number / per_s - perf_counter()))
        guns[number % len(guns)].scan(code)
    async with asyncio.timeout(60):
        while any(gun.waiting for gun in guns):  # noqa: ASYNC110 - what comes back is seen by the guns' readers
            await asyncio.sleep(0.01)
    return sorted(each for gun in guns for each in gun.latencies_ms)
