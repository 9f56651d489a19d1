"""A scanner on a serial port: opened once and held; opened again as soon as it is back."""

from __future__ import annotations

import asyncio
import os
import termios
from typing import Any, Never

import serial

from devices.errors import DeviceGone
from devices.links.url import port_settings
from devices.scanners.assembler import Assembler, answer_scans
from devices.scanners.framing.framer import FramingName
from devices.scanners.framing.kinds import framer_of
from devices.scanners.scan import Listener, Vitals
from devices.scanners.voice import FeedbackMode, voice_of

_LOOK_EVERY_S = 0.25
_HOLDS_AFTER_S = 0.2  # a port that is lost again before this has not come back


class _HeldPort(serial.Serial):
    def _reset_input_buffer(self) -> None:
        """pyserial flushes a port that it opens; scans that wait there are wanted."""


class SerialScanner:
    """Reads scans, has each taken in order, and sounds the answer."""

    def __init__(self, url: str, *, feedback: FeedbackMode = "none", framing: FramingName = "line") -> None:
        """`url`: serial:///dev/…?baud=9600&bits=8N1&flow=none|rtscts|xonxoff. Raises ValueError."""
        self._settings = port_settings(url)
        self._framing: FramingName = framing
        self._voice = voice_of(feedback, framing)

    async def run(self, listener: Listener) -> Never:
        """Until cancelled; a port that is not there is looked for four times a second.

        Reading goes on while a scan is taken. A half-read code is lost with its port and shows as noise. An error of
        `listener` is passed on.
        """
        health = _Health(listener)
        listener.vitals(Vitals("serial"))
        while True:
            try:
                await self._hold(listener, health)
            except DeviceGone as gone:
                await health.tell(gone.reason)
            await asyncio.sleep(_LOOK_EVERY_S)

    async def _hold(self, listener: Listener, health: _Health) -> Never:
        """Raises DeviceGone when the port cannot be opened or is unplugged."""
        with _open(self._settings) as port:
            line = _Line(port, self._framing, listener)
            try:
                async with asyncio.TaskGroup() as group:
                    group.create_task(health.tell_if_it_holds())
                    await answer_scans(line.assembler, listener, self._voice, line.write)
            except ExceptionGroup as errors:
                raise errors.exceptions[0] from None
            finally:
                line.close()


class _Health:
    """What was last said of a port."""

    def __init__(self, listener: Listener) -> None:
        self._listener = listener
        self._said: str | None = "not opened yet"

    async def tell(self, fault: str | None) -> None:
        if fault != self._said:
            self._said = fault
            await self._listener.health(fault)

    async def tell_if_it_holds(self) -> None:
        await asyncio.sleep(_HOLDS_AFTER_S)
        await self.tell(None)


def _open(settings: dict[str, Any]) -> _HeldPort:
    try:
        return _HeldPort(timeout=0, write_timeout=0, exclusive=True, **settings)
    except (OSError, ValueError, termios.error) as error:  # gone, or a speed that it cannot have
        raise DeviceGone(_in_words(str(settings["port"]), error)) from error


def _in_words(port: str, error: Exception) -> str:
    if isinstance(error, OSError) and error.errno == 2:
        return f"unplugged: {port} is not there"
    return str(error)


class _Line:
    """An open port: its bytes go to the assembler from the loop's reader callback."""

    def __init__(self, port: serial.Serial, framing: FramingName, listener: Listener) -> None:
        self._port = port
        self._loop = asyncio.get_running_loop()
        self.assembler = Assembler(framer_of(framing), listener.garbled)
        self._loop.add_reader(port.fileno(), self._read)

    def _read(self) -> None:
        try:
            data = self._port.read(4096)
        except OSError as error:  # pyserial's own errors are such
            self._loop.remove_reader(self._port.fileno())
            self.assembler.end(DeviceGone(f"unplugged: {error}"))
            return
        self.assembler.feed(data)

    async def write(self, data: bytes) -> None:
        """What nobody listens to is dropped: the answer is on the station's screen too."""
        # Not port.write: it spins while a port that is held off by flow control takes nothing.
        try:
            os.write(self._port.fileno(), data)
        except OSError:
            return  # held off, or unplugged, which the reader sees too

    def close(self) -> None:
        self._loop.remove_reader(self._port.fileno())
        self.assembler.close()
