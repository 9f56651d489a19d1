"""A scanner on a serial port: opened once and held."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Awaitable, Callable
from typing import Literal, Never

import serial

from devices.errors import DeviceGone
from devices.links.url import port_settings
from devices.scanners.frames import Framer
from devices.scanners.scan import Feedback, Scan, bells, read_frame

FeedbackMode = Literal["none", "bel", "text"]


class _HeldPort(serial.Serial):
    def _reset_input_buffer(self) -> None:
        """pyserial flushes a port that it opens; scans that wait there are wanted."""


class SerialScanner:
    """Reads scans, has each handled in order, and sounds the answer."""

    def __init__(self, url: str, feedback: FeedbackMode = "none") -> None:
        """`url`: serial:///dev/…?baud=9600&bits=8N1&flow=none|rtscts|xonxoff. Raises ValueError."""
        self._settings = port_settings(url)
        self._feedback = feedback

    async def run(self, handle: Callable[[Scan], Awaitable[Feedback]]) -> Never:
        """Read until cancelled; reading goes on while a scan is handled.

        Raises DeviceGone when the port cannot be opened or is unplugged; a half-read scan is lost with it. An
        error of `handle` is passed on.
        """
        try:
            port = _HeldPort(timeout=0, write_timeout=0, exclusive=True, **self._settings)
        except (serial.SerialException, OSError) as error:
            raise DeviceGone(str(error)) from error
        reader = _Reader(port)
        try:
            while True:
                answer = await handle(await reader.next_scan())
                self._sound(port, answer)
        finally:
            reader.close()
            port.close()

    def _sound(self, port: serial.Serial, answer: Feedback) -> None:
        if self._feedback == "none":
            return
        heard = bells(answer.tone) if self._feedback == "bel" else answer.text.encode() + b"\r\n"
        # Not port.write: it spins while a port that is held off by flow control takes nothing.
        try:
            os.write(port.fileno(), heard)
        except BlockingIOError:
            return  # nobody listens; the answer is on the station's screen too
        except OSError as error:
            raise DeviceGone(f"unplugged: {error}") from error


class _Reader:
    """Turns the bytes that wait on a port into scans, from the loop's reader callback."""

    def __init__(self, port: serial.Serial) -> None:
        self._port = port
        self._loop = asyncio.get_running_loop()
        self._framer = Framer()
        self._scans: asyncio.Queue[Scan | DeviceGone] = asyncio.Queue()
        self._silence: asyncio.TimerHandle | None = None
        self._loop.add_reader(port.fileno(), self._read)

    async def next_scan(self) -> Scan:
        scan = await self._scans.get()
        if isinstance(scan, DeviceGone):
            raise scan
        return scan

    def _read(self) -> None:
        try:
            data = self._port.read(4096)
        except (serial.SerialException, OSError) as error:
            self.close()
            self._scans.put_nowait(DeviceGone(f"unplugged: {error}"))
            return
        self._put(self._framer.feed(data, self._loop.time()))
        self._await_silence()

    def _await_silence(self) -> None:
        if self._silence is not None:
            self._silence.cancel()
        self._silence = (
            self._loop.call_later(self._framer.idle_s, self._on_silence) if self._framer.waiting else None
        )

    def _on_silence(self) -> None:
        self._put(self._framer.flush(self._loop.time()))
        self._await_silence()

    def _put(self, frames: list[bytes]) -> None:
        for frame in frames:
            scan = read_frame(frame, time.time())
            if scan is not None:
                self._scans.put_nowait(scan)

    def close(self) -> None:
        self._loop.remove_reader(self._port.fileno())
        if self._silence is not None:
            self._silence.cancel()
            self._silence = None
