"""From a printer's address to the link that reaches it."""

from __future__ import annotations

from collections.abc import Callable

from devices.links.file import FileLink
from devices.links.link import Link
from devices.links.serial import SerialLink
from devices.links.tcp import TcpLink
from devices.links.url import node_path, port_settings, tcp_address, usb_address

_READERS: dict[str, Callable[[str], object]] = {
    "tcp": tcp_address,
    "serial": port_settings,
    "file": node_path,
    "usb": usb_address,
}


def check_address(url: str) -> None:
    """Raises ValueError that says what is expected where `link_of` would not know this address."""
    scheme = url.partition(":")[0]
    if scheme not in _READERS:
        raise ValueError(f"not a printer's address (tcp://, serial://, usb:// or file:///dev/…): {url!r}")
    _READERS[scheme](url)


def link_of(url: str) -> Link:
    """The link to a printer at tcp://host[:9100], serial:///dev/…?baud=…, usb://vid:pid or file:///dev/…

    It is not opened yet. Raises ValueError that says what is expected.
    """
    check_address(url)
    match url.partition(":")[0]:
        case "tcp":
            return TcpLink(*tcp_address(url))
        case "serial":
            return SerialLink(url)
        case "file":
            return FileLink(url)
    # pyusb and python-escpos are 60 ms and more: only a USB printer is worth that.
    from devices.links.usb import UsbLink  # noqa: PLC0415

    return UsbLink(url)
