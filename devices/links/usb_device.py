"""A USB printer through libusb: found, claimed and opened by python-escpos, blocking, with a limit on every call.

Its `_raw` waits for ever and says nothing of bytes that were not taken, and its `_read` overflows where a packet
is longer than 16 bytes, so the bytes are moved by the pyusb device that it opened.
"""

from __future__ import annotations

import errno
import math
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import usb.core
import usb.util

from devices.errors import LinkUnreachable
from devices.links.opening import why_not
from devices.links.url import UsbAddress
from devices.python_escpos import DeviceNotFoundError, Usb

_PRINTER_CLASS = 7
_IEEE_1284_4 = 3  # a printer's protocol that wraps its bytes in packets of its own
_STALE_WAIT_S = 0.02
_STALE_READS = 64
_EMPTY_PACKET_PAUSE_S = 0.05
_WHAT_TO_DO = {
    errno.EBUSY: "held by another program: remove it from CUPS, or stop what else prints there",
    errno.EACCES: "no permission: a udev rule has to give this user the device",
}


@dataclass(frozen=True, slots=True)
class _Route:
    """Where bytes go in and out of a device. `back` is None where nothing comes back."""

    interface: int
    alternate: int
    out: int
    packet_bytes: int
    back: int | None
    back_packet_bytes: int


class UsbDevice:
    """One claimed printer."""

    def __init__(self, address: UsbAddress, backend: object = None) -> None:
        """Find and claim it. `backend`: pyusb's, where it shall not look for libusb. Raises LinkUnreachable."""
        ids = {"idVendor": address.vendor, "idProduct": address.product}
        self._printer = Usb(usb_args=ids | {"backend": backend})
        try:
            self._printer.open()
            self._device = self._printer.device
            self._route = _claimed(self._device, address)
            self._forget_stale_input()
        except usb.core.NoBackendError as error:
            raise LinkUnreachable(f"{address}: needs the package libusb-1.0-0") from error
        except (DeviceNotFoundError, usb.core.USBError) as error:
            self._printer.close()
            raise LinkUnreachable(f"{address}: {_reason(error)}") from error

    @property
    def packet_bytes(self) -> int:
        """The longest packet that it takes."""
        return self._route.packet_bytes

    @property
    def answers(self) -> bool:
        """Whether there is a way back from it."""
        return self._route.back is not None

    def send(self, data: bytes, timeout_s: float) -> int:
        """How many bytes it took in time. Raises USBError, which is an OSError."""
        try:
            return int(self._device.write(self._route.out, data, _milliseconds(timeout_s)))
        except usb.core.USBTimeoutError:
            return 0

    def receive(self, timeout_s: float) -> bytes:
        """What it says in time. Raises USBError, which is an OSError."""
        try:
            data = self._device.read(
                self._route.back, self._route.back_packet_bytes, _milliseconds(timeout_s)
            ).tobytes()
        except usb.core.USBTimeoutError:
            return b""
        if not data:  # some printers answer every question at once with nothing
            time.sleep(min(timeout_s, _EMPTY_PACKET_PAUSE_S))
        return bytes(data)

    def close(self) -> None:
        """Give it back."""
        self._printer.close()

    def _forget_stale_input(self) -> None:
        """Read away what it still had to say to an earlier owner."""
        for _ in range(_STALE_READS):
            if not self.answers or not self.receive(_STALE_WAIT_S):
                return


def _claimed(device: Any, address: UsbAddress) -> _Route:
    """The best way to this printer, claimed. Raises USBError."""
    routes = sorted(_routes(device.get_active_configuration(), address), key=lambda ranked: ranked[0])
    if not routes:
        raise usb.core.USBError("has no endpoint to print to")
    route = routes[-1][1]
    usb.util.claim_interface(device, route.interface)
    if route.alternate:
        device.set_interface_altsetting(route.interface, route.alternate)
    return route


def _routes(configuration: Any, address: UsbAddress) -> Iterator[tuple[tuple[bool, bool, bool], _Route]]:
    for interface in configuration:
        out = _endpoint(interface, usb.util.ENDPOINT_OUT, address.out_endpoint)
        back = _endpoint(interface, usb.util.ENDPOINT_IN, address.in_endpoint)
        if out is None or (back is None and address.in_endpoint is not None):
            continue
        plain = interface.bInterfaceProtocol != _IEEE_1284_4
        yield (
            (interface.bInterfaceClass == _PRINTER_CLASS, plain, back is not None),
            _Route(
                interface.bInterfaceNumber,
                interface.bAlternateSetting,
                out.bEndpointAddress,
                out.wMaxPacketSize,
                None if back is None else back.bEndpointAddress,
                0 if back is None else back.wMaxPacketSize,
            ),
        )


def _endpoint(interface: Any, direction: int, wanted: int | None) -> Any:
    """The interface's bulk endpoint in this direction, the wanted one if one is; None if there is none."""
    for endpoint in interface:
        address = endpoint.bEndpointAddress
        is_bulk = usb.util.endpoint_type(endpoint.bmAttributes) == usb.util.ENDPOINT_TYPE_BULK
        if is_bulk and usb.util.endpoint_direction(address) == direction and wanted in (None, address):
            return endpoint
    return None


def _reason(error: Exception) -> str:
    """Why it cannot be opened, and what to do. python-escpos hides the cause in its own error's context."""
    cause = error if isinstance(error, usb.core.USBError) else error.__context__
    if not isinstance(cause, usb.core.USBError):
        return "not plugged in"
    return _WHAT_TO_DO.get(cause.errno) or (why_not(cause) if cause.errno else cause.strerror)


def _milliseconds(timeout_s: float) -> int:
    """libusb's unit; its 0 would mean for ever."""
    return max(1, math.ceil(timeout_s * 1000))
