"""A printer on a serial port."""

from __future__ import annotations

import asyncio
import termios
from contextlib import suppress

import serial

from devices.links.descriptor import DescriptorLink
from devices.links.url import port_settings

_OUTPUT_POLL_S = 0.005


class SerialLink(DescriptorLink):
    """A `Link` to serial:///dev/…, held exclusively. A printer that holds off the port is a LinkTimeout.

    XON and XOFF are the driver's affair, and never read as data. What waited to be read when the port is opened
    is thrown away: it answers an earlier owner. After an error the driver's queue is emptied; a USB adaptor's
    own, a few kB, only by closing.
    """

    _port: serial.Serial | None

    def __init__(self, url: str) -> None:
        """`url`: serial:///dev/…?baud=9600&bits=8N1&flow=none|rtscts|xonxoff. Raises ValueError."""
        self._settings = port_settings(url)
        super().__init__(self._settings["port"], _bytes_per_s(**self._settings))

    def _open_port(self) -> serial.Serial:
        try:
            return serial.Serial(timeout=0, write_timeout=0, exclusive=True, **self._settings)
        except (ValueError, termios.error) as error:  # a speed that the port does not know
            raise OSError(str(error)) from error

    async def _until_out(self) -> None:
        while self._port is not None and self._port.out_waiting:  # noqa: ASYNC110 - nothing tells of it
            await asyncio.sleep(_OUTPUT_POLL_S)

    def _discard_output(self) -> None:
        with suppress(termios.error, OSError):  # one that is unplugged holds nothing
            if self._port is not None:
                self._port.reset_output_buffer()


def _bytes_per_s(*, baudrate: int, bytesize: int, parity: str, stopbits: int, **_: object) -> float:
    return baudrate / (1 + bytesize + (parity != "N") + stopbits)
