"""A serial scanner on a pseudo-terminal, with a stable name like /dev/serial/by-id/… for its port.

The simulator holds the port open itself, so what is scanned while nobody reads waits there. Unplugged, the name
is gone and a reader gets the error that a real unplug gives; plugged in again, the same name leads to a new port.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
import time
import tty
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from devices.scanners.scan import Tone
from devices.scanners.voice import tone_of

_FIFO_BYTES = 8  # a UART hands over its bytes in small groups
_BETWEEN_BELLS_S = 0.03


@dataclass(frozen=True, slots=True)
class ScanSent:
    """One pull of the trigger: when its last byte left (seconds since the epoch), and the tone that came back."""

    text: str
    last_byte_at: float
    tone: Tone | None


class PtyScanner:
    """A hand scanner whose `url` goes into the configuration; use as a context manager inside a running loop."""

    def __init__(self, *, baud: int = 9600, speed: float = 1.0, terminator: bytes = b"\r") -> None:
        """`speed` divides the time that the bytes take."""
        self.scans: list[ScanSent] = []
        self._byte_s = 10 / baud / speed
        self._terminator = terminator
        self._baud = baud
        self._folder = tempfile.TemporaryDirectory(prefix="floorhand-scanner-")
        self._name = Path(self._folder.name) / "scanner"
        self._ends: tuple[int, int] | None = None
        self._heard = bytearray()
        self._hearing = asyncio.Event()
        self._trigger = asyncio.Lock()
        self.plug()

    @property
    def url(self) -> str:
        """For `[[scanners]]`."""
        return f"serial://{self._name}?baud={self._baud}&bits=8N1&flow=none"

    def __enter__(self) -> PtyScanner:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    @property
    def last_answer(self) -> bytes:
        """What came back since the last pull of the trigger, as bytes."""
        return bytes(self._heard)

    async def scan(
        self,
        text: str,
        *,
        times: int = 1,
        noise: bytes = b"",
        piece: int = _FIFO_BYTES,
        timeout_s: float = 1.0,
    ) -> Tone | None:
        """Pull the trigger and wait for the tone; None if none came within `timeout_s`.

        `times`: the code is sent that often at once (trigger bounce); `noise` goes before it; `piece`: how many
        bytes leave together.
        """
        return await self.scan_many([text] * times, noise=noise, piece=piece, timeout_s=timeout_s)

    async def scan_many(
        self,
        texts: Sequence[str],
        *,
        noise: bytes = b"",
        piece: int = _FIFO_BYTES,
        timeout_s: float = 1.0,
    ) -> Tone | None:
        """Several codes in one stream, as a scanner sends what it kept in its memory; waits for the first tone."""
        async with self._trigger:
            self._heard.clear()
            self._hearing.clear()
            await self._write(noise + b"".join(text.encode() + self._terminator for text in texts), piece)
            last_byte_at = time.time()
            tone = await self.listen(timeout_s)
            self.scans += [ScanSent(text, last_byte_at, tone) for text in texts]
            return tone

    async def listen(self, timeout_s: float) -> Tone | None:
        """The tone of what has come back since the last pull of the trigger, once something has."""
        try:
            async with asyncio.timeout(timeout_s):
                await self._hearing.wait()
        except TimeoutError:
            return None
        await asyncio.sleep(_BETWEEN_BELLS_S)  # the next bells of the same tone
        return tone_of(bytes(self._heard))

    def plug(self) -> None:
        """Appear as a serial port."""
        if self._ends is not None:
            return
        ours, port = os.openpty()
        tty.setraw(port)
        os.set_blocking(ours, False)
        self._name.symlink_to(os.ttyname(port))
        self._ends = (ours, port)
        asyncio.get_running_loop().add_reader(ours, self._hear)

    def unplug(self) -> None:
        """Disappear, with whatever nobody has read."""
        if self._ends is None:
            return
        asyncio.get_running_loop().remove_reader(self._ends[0])
        self._name.unlink()
        for end in self._ends:
            os.close(end)
        self._ends = None

    def close(self) -> None:
        """Unplug for good."""
        self.unplug()
        self._folder.cleanup()

    async def _write(self, data: bytes, piece: int) -> None:
        sent = 0
        while sent < len(data) and self._ends is not None:  # unplugged meanwhile: the rest is lost
            part = data[sent : sent + piece]
            await asyncio.sleep(len(part) * self._byte_s)
            sent += self._give(part)

    def _give(self, part: bytes) -> int:
        """How many bytes the port took; none when nobody has read for long and its buffer (4 kB) is full."""
        if self._ends is None:
            return 0
        try:
            return os.write(self._ends[0], part)
        except BlockingIOError:
            return 0

    def _hear(self) -> None:
        if self._ends is not None:
            self._heard += os.read(self._ends[0], 256)
            self._hearing.set()
