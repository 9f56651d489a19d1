"""From the bytes of one connection to its scans, in order; silence is told by the loop's clock."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Awaitable, Callable
from typing import Never

from devices.scanners.framing.framer import Answer, Frame, Framed, Framer, Noise
from devices.scanners.scan import Listener, Scan, read_frame
from devices.scanners.voice import Voice


class Burst:
    """Tells codes that waited somewhere until the connection was there from those that a hand has just scanned.

    What comes at once with the connection waited in the scanner's memory, or in the port; what follows it faster than
    any hand scans belongs to the same burst. `now` in seconds of any steady clock.
    """

    WITH_CONNECTION_S = 0.5
    FASTER_THAN_A_HAND_S = 0.15

    def __init__(self, now: float) -> None:
        self._until = now + self.WITH_CONNECTION_S

    def takes(self, now: float) -> bool:
        """Did the code that comes now wait?"""
        if now > self._until:
            return False
        self._until = max(self._until, now + self.FASTER_THAN_A_HAND_S)
        return True


class Assembler:
    """One connection: feed it from the loop, take scans from it. After a loss, make a new one."""

    def __init__(self, framer: Framer, on_noise: Callable[[Noise], None]) -> None:
        """`on_noise` is called with what is no code."""
        self._framer = framer
        self._on_noise = on_noise
        self._loop = asyncio.get_running_loop()
        self._out: asyncio.Queue[Scan | Answer | Exception] = asyncio.Queue()
        self._silence: asyncio.TimerHandle | None = None
        self._burst = Burst(self._loop.time())
        self.link = secrets.token_hex(6)

    def feed(self, data: bytes) -> None:
        """Bytes that have just come."""
        self._put(self._framer.feed(data, self._loop.time()))
        self._await_silence()

    def end(self, error: Exception) -> None:
        """The connection is gone: `next_output` raises `error` once every scan before it is taken."""
        self._cancel_silence()
        self._put(self._framer.cut())
        self._out.put_nowait(error)

    async def next_output(self) -> Scan | Answer:
        """The next scan, or what is to be written before it; raises what `end` was given."""
        out = await self._out.get()
        if isinstance(out, Exception):
            raise out
        return out

    def close(self) -> None:
        """Nobody takes scans any more."""
        self._cancel_silence()

    def _put(self, framed: list[Framed]) -> None:
        for each in framed:
            match each:
                case Noise():
                    self._on_noise(each)
                case Answer():
                    self._out.put_nowait(each)
                case Frame():
                    waited = self._burst.takes(self._loop.time())
                    scan = read_frame(each, time.time(), self.link, replayed=waited)
                    # A code of nothing needs no commit, yet its scanner waits for the receipt.
                    self._out.put_nowait(scan or Answer(each.receipt))

    def _await_silence(self) -> None:
        self._cancel_silence()
        if self._framer.waiting:
            self._silence = self._loop.call_later(self._framer.idle_s, self._on_silence)

    def _on_silence(self) -> None:
        self._put(self._framer.flush(self._loop.time()))
        self._await_silence()

    def _cancel_silence(self) -> None:
        if self._silence is not None:
            self._silence.cancel()
            self._silence = None


async def answer_scans(
    assembler: Assembler, listener: Listener, voice: Voice, write: Callable[[bytes], Awaitable[None]]
) -> Never:
    """Have each scan taken in its turn, and tell the scanner after that; raises what the connection ended with.

    What a framing answers goes the same way, so all that is written to a scanner is in the order of what it sent.
    `write` gives bytes to the scanner and never raises DeviceError: an answer that a scanner cannot hear is no reason
    to leave the scans behind it untaken.
    """
    while True:
        out = await assembler.next_output()
        heard = out.data if isinstance(out, Answer) else out.receipt + voice(await listener.scanned(out))
        if heard:
            await write(heard)
