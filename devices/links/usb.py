"""A USB printer through libusb, without the kernel's usblp driver.

libusb blocks, so one thread of its own makes every call, in slices that are short enough for another to begin.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from devices.errors import LinkLost, LinkTimeout
from devices.links.link import FAST_BYTES_PER_S
from devices.links.opening import closed, opened
from devices.links.url import usb_address
from devices.links.usb_device import UsbDevice

_READ_SLICE_S = 0.1
_WRITE_SLICE_S = 0.5
_PIECE_BYTES = 16384


class UsbLink:
    """A `Link` to usb://vid:pid. That it was unplugged is noticed as bytes are moved, not before."""

    bytes_per_s: float | None = FAST_BYTES_PER_S

    def __init__(self, url: str, *, backend: object = None) -> None:
        """`url`: usb://04b8:0202, and ?in=0x82&out=0x01 where the device describes its endpoints wrongly.

        `backend`: pyusb's, where it shall not look for libusb. Raises ValueError.
        """
        self._address = usb_address(url)
        self.name = str(self._address)
        self._backend = backend
        self._thread: ThreadPoolExecutor | None = None
        self._device: UsbDevice | None = None
        self._lost = "closed"  # why it is not open; empty while it is
        self._received = bytearray()

    @property
    def is_open(self) -> bool:
        """False once a transfer has failed."""
        return not self._lost

    async def open(self, *, connect_timeout_s: float) -> None:
        """Find, reset and claim the printer, after closing what was open. Raises LinkUnreachable."""
        await self.close()
        thread = ThreadPoolExecutor(1, thread_name_prefix=self.name)
        try:
            self._device = await opened(
                self.name,
                partial(UsbDevice, self._address, self._backend),
                UsbDevice.close,
                timeout_s=connect_timeout_s,
                executor=thread,
            )
        except BaseException:
            thread.shutdown(wait=False)
            raise
        self._thread, self._lost = thread, ""

    async def write(
        self, data: bytes, *, deadline_s: float, on_handed: Callable[[], None] | None = None
    ) -> None:
        """Hand over `data`, and wait until the printer has all of it. Raises LinkLost or LinkTimeout.

        The first transfer is one packet, which goes whole or not at all: an error without `on_handed` means that
        nothing went out. What was not taken when this raises stays here.
        """
        loop = asyncio.get_running_loop()
        until = loop.time() + deadline_s
        rest, size = memoryview(data), 0
        while rest:
            device = self._opened()
            if until <= loop.time():
                raise LinkTimeout("takes no more bytes")
            slice_s = min(until - loop.time(), _WRITE_SLICE_S)
            try:
                sent = await self._send(device, bytes(rest[: size or device.packet_bytes]), slice_s)
            except asyncio.CancelledError:
                if on_handed is not None:  # nobody learns any more whether the packet went
                    on_handed()
                raise
            if sent and on_handed is not None:
                on_handed()
                on_handed = None
            rest, size = rest[sent:], _PIECE_BYTES if sent else size

    async def _send(self, device: UsbDevice, piece: bytes, slice_s: float) -> int:
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, device.send, piece, slice_s)
        except OSError as error:
            self._lose(device, error)
            raise LinkLost(self._lost) from error

    async def read(self, *, deadline_s: float) -> bytes:
        """The bytes that are there, or the next to come. Raises LinkTimeout, or LinkLost at the end."""
        loop = asyncio.get_running_loop()
        until = loop.time() + deadline_s
        while not self._received:
            device = self._opened()
            left_s = until - loop.time()
            if left_s <= 0:
                raise LinkTimeout("no answer")
            if device.answers:
                await self._receive(device, min(left_s, _READ_SLICE_S))
            else:
                await asyncio.sleep(left_s)
        data = bytes(self._received)
        self._received.clear()
        return data

    async def _receive(self, device: UsbDevice, slice_s: float) -> None:
        """Collect what comes; also where the one who waits for it has gone away meanwhile."""
        receiving = asyncio.get_running_loop().run_in_executor(self._thread, device.receive, slice_s)
        receiving.add_done_callback(partial(self._keep, device))
        await asyncio.wait([receiving])

    def _keep(self, device: UsbDevice, received: asyncio.Future[bytes]) -> None:
        if received.cancelled():
            return
        error = received.exception()
        if isinstance(error, OSError):
            self._lose(device, error)
        elif device is self._device:
            self._received += received.result()

    async def close(self) -> None:
        """Give the printer back. Safe to call at any time."""
        device, self._device = self._device, None
        thread, self._thread = self._thread, None
        self._lost = "closed"
        self._received.clear()
        if device is not None and thread is not None:
            await closed(device.close, thread)
            thread.shutdown(wait=False)

    def _opened(self) -> UsbDevice:
        if self._device is None or self._lost:
            raise LinkLost(self._lost)
        return self._device

    def _lose(self, device: UsbDevice, error: OSError) -> None:
        if device is self._device:
            self._lost = f"unplugged: {error.strerror or error}"
