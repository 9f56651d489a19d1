"""A pyusb backend with one printer on it: the place where libusb would be.

The module's name matters: python-escpos detaches a kernel driver only where the backend's module ends in libusb1.
"""

from __future__ import annotations

import errno
import threading
from array import array
from types import SimpleNamespace
from typing import Any

from usb.backend import IBackend
from usb.core import USBError, USBTimeoutError

VENDOR, PRODUCT = 0x04B8, 0x0202
PRINTER_CLASS = 7


def interface(
    *endpoints: int, number: int = 0, alternate: int = 0, kind: int = PRINTER_CLASS, protocol: int = 2
) -> SimpleNamespace:
    """An interface with bulk endpoints at these addresses."""
    return SimpleNamespace(
        bLength=9,
        bDescriptorType=4,
        bInterfaceNumber=number,
        bAlternateSetting=alternate,
        bNumEndpoints=len(endpoints),
        bInterfaceClass=kind,
        bInterfaceSubClass=1,
        bInterfaceProtocol=protocol,
        iInterface=0,
        extra_descriptors=b"",
        endpoints=endpoints,
    )


class FakeUsb(IBackend):  # type: ignore[misc]
    """Takes bytes while it has room, says what it is given to say, and can be unplugged or held by another."""

    def __init__(self, *interfaces: list[SimpleNamespace]) -> None:
        """Each list: the alternate settings of one interface."""
        self.interfaces = interfaces or ([interface(0x01, 0x82)],)
        self.changed = threading.Condition()
        self.taken, self.answers = bytearray(), bytearray()
        self.room_bytes = 1 << 30
        self.plugged = True
        self.refusal: int | None = None  # the errno of a claim that fails
        self.driver_bound = True
        self.says_nothing_at_once = False
        self.reads = 0
        self.used: set[int] = set()
        self.settings: list[tuple[int, int]] = []
        self.claimed: dict[int, object] = {}  # by which handle
        self.resetting = threading.Event()
        self.resetting.set()

    def say(self, data: bytes) -> None:
        with self.changed:
            self.answers += data
            self.changed.notify_all()

    def make_room(self, room_bytes: int) -> None:
        with self.changed:
            self.room_bytes = room_bytes
            self.changed.notify_all()

    def unplug(self) -> None:
        with self.changed:
            self.plugged = False
            self.changed.notify_all()

    def _present(self) -> None:
        if not self.plugged:
            raise USBError("No such device", -4, errno.ENODEV)

    def enumerate_devices(self) -> list[str]:
        return ["printer"] if self.plugged else []

    def get_device_descriptor(self, dev: object) -> SimpleNamespace:
        return SimpleNamespace(
            bLength=18,
            bDescriptorType=1,
            bcdUSB=0x0200,
            bDeviceClass=0,
            bDeviceSubClass=0,
            bDeviceProtocol=0,
            bMaxPacketSize0=64,
            idVendor=VENDOR,
            idProduct=PRODUCT,
            bcdDevice=0x0100,
            iManufacturer=0,
            iProduct=0,
            iSerialNumber=0,
            bNumConfigurations=1,
            address=1,
            bus=1,
            port_number=1,
            port_numbers=(1,),
            speed=2,
        )

    def get_configuration_descriptor(self, dev: object, config: int) -> SimpleNamespace:
        if config:
            raise IndexError(config)
        return SimpleNamespace(
            bLength=9,
            bDescriptorType=2,
            wTotalLength=32,
            bNumInterfaces=len(self.interfaces),
            bConfigurationValue=1,
            iConfiguration=0,
            bmAttributes=0xC0,
            bMaxPower=1,
            extra_descriptors=b"",
        )

    def get_interface_descriptor(self, dev: object, intf: int, alt: int, config: int) -> SimpleNamespace:
        return self.interfaces[intf][alt]

    def get_endpoint_descriptor(
        self, dev: object, ep: int, intf: int, alt: int, config: int
    ) -> SimpleNamespace:
        return SimpleNamespace(
            bLength=7,
            bDescriptorType=5,
            bEndpointAddress=self.interfaces[intf][alt].endpoints[ep],
            bmAttributes=2,
            wMaxPacketSize=64,
            bInterval=0,
            bRefresh=0,
            bSynchAddress=0,
            extra_descriptors=b"",
        )

    def open_device(self, dev: object) -> object:
        self._present()
        return object()

    def close_device(self, dev_handle: object) -> None:
        """As the kernel does, this gives back what the handle still holds."""
        self.claimed = {intf: holder for intf, holder in self.claimed.items() if holder is not dev_handle}

    def get_configuration(self, dev_handle: object) -> int:
        return 1

    def set_configuration(self, dev_handle: object, config_value: int) -> None:
        self._present()
        if any(holder is not dev_handle for holder in self.claimed.values()):
            raise USBError("Resource busy", -6, errno.EBUSY)

    def reset_device(self, dev_handle: object) -> None:
        self.resetting.wait(5)

    def set_interface_altsetting(self, dev_handle: object, intf: int, altsetting: int) -> None:
        self.settings.append((intf, altsetting))

    def is_kernel_driver_active(self, dev_handle: object, intf: int) -> bool:
        return self.driver_bound

    def detach_kernel_driver(self, dev_handle: object, intf: int) -> None:
        if self.refusal is None:
            self.driver_bound = False

    def claim_interface(self, dev_handle: object, intf: int) -> None:
        if self.refusal is not None or self.driver_bound or intf in self.claimed:
            raise USBError("Resource busy", -6, self.refusal or errno.EBUSY)
        self.claimed[intf] = dev_handle

    def release_interface(self, dev_handle: object, intf: int) -> None:
        self._present()
        del self.claimed[intf]

    def bulk_write(self, dev_handle: object, ep: int, intf: int, data: array[int], timeout: int) -> int:
        assert timeout > 0, "0 waits for ever"
        self.used.add(ep)
        with self.changed:
            self.changed.wait_for(lambda: self.room_bytes or not self.plugged, timeout / 1000)
            self._present()
            if not self.room_bytes:
                raise USBTimeoutError("Operation timed out", -7, errno.ETIMEDOUT)
            piece = data.tobytes()[: self.room_bytes]
            self.taken += piece
            self.room_bytes -= len(piece)
            return len(piece)

    def bulk_read(self, dev_handle: object, ep: int, intf: int, buff: array[int], timeout: int) -> int:
        assert timeout > 0, "0 waits for ever"
        self.used.add(ep)
        with self.changed:
            self.reads += 1
            self.changed.wait_for(self._has_news, timeout / 1000)
            self._present()
            if not self.answers and not self.says_nothing_at_once:
                raise USBTimeoutError("Operation timed out", -7, errno.ETIMEDOUT)
            assert len(buff) >= min(64, len(self.answers)), "overflow: a packet is longer than the buffer"
            count = min(64, len(self.answers))
            buff[:count] = array("B", self.answers[:count])
            del self.answers[:count]
            return count

    def _has_news(self) -> Any:
        return self.answers or self.says_nothing_at_once or not self.plugged
