"""What the addresses of links look like, and what they say."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

RAW_PRINT_PORT = 9100

_BAUD = re.compile(r"[1-9][0-9]{0,8}")  # the driver's field is an int of 32 bits
_BITS = re.compile(r"[78][NEO][12]")
_FLOWS = ("none", "rtscts", "xonxoff")
_USB_IDS = re.compile(r"(?P<vendor>[0-9a-fA-F]{4}):(?P<product>[0-9a-fA-F]{4})")
_ENDPOINT = re.compile(r"0x[0-9a-fA-F]{2}")
_MAC = re.compile(r"[0-9a-fA-F]{2}(:[0-9a-fA-F]{2}){5}")
_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_IN_BIT = 0x80  # of an endpoint's address: towards the host (USB 2.0, 9.6.6)


@dataclass(frozen=True, slots=True)
class UsbAddress:
    """A device by its ids, and its endpoints where its own description of them is not to be trusted."""

    vendor: int
    product: int
    in_endpoint: int | None = None
    out_endpoint: int | None = None

    def __str__(self) -> str:
        return f"usb {self.vendor:04x}:{self.product:04x}"


def tcp_address(url: str) -> tuple[str, int]:
    """Host and port of tcp://host[:9100]. Raises ValueError that says what is expected."""
    expected = f"not a network address (tcp://host[:{RAW_PRINT_PORT}]): {url!r}"
    parts = _split(url, expected)
    try:
        port = RAW_PRINT_PORT if parts.port is None else parts.port
    except ValueError as error:
        raise ValueError(expected) from error
    if parts.scheme != "tcp" or not parts.hostname or not port or parts.path or parts.query:
        raise ValueError(expected)
    return parts.hostname, port


def port_settings(url: str) -> dict[str, Any]:
    """pyserial's arguments for a serial:// address. Raises ValueError that says what is expected."""
    expected = f"not a serial address (serial:///dev/…?baud=9600&bits=8N1&flow=none): {url!r}"
    parts = _split(url, expected)
    options = {"baud": "9600", "bits": "8N1", "flow": "none"} | dict(parse_qsl(parts.query))
    bits = options["bits"]
    if parts.scheme != "serial" or not parts.path or set(options) != {"baud", "bits", "flow"}:
        raise ValueError(expected)
    if not _BAUD.fullmatch(options["baud"]) or not _BITS.fullmatch(bits) or options["flow"] not in _FLOWS:
        raise ValueError(f"baud, bits (8N1) or flow (none, rtscts, xonxoff) cannot be used: {url!r}")
    return {
        "port": parts.path,
        "baudrate": int(options["baud"]),
        "bytesize": int(bits[0]),
        "parity": bits[1],
        "stopbits": int(bits[2]),
        "rtscts": options["flow"] == "rtscts",
        "xonxoff": options["flow"] == "xonxoff",
    }


def node_path(url: str) -> str:
    """The path of file:///dev/usb/lp0. Raises ValueError that says what is expected."""
    expected = f"not a device file (file:///dev/usb/lp0): {url!r}"
    parts = _split(url, expected)
    if parts.scheme != "file" or parts.netloc or not parts.path.strip("/") or parts.query:
        raise ValueError(expected)
    return parts.path


def usb_address(url: str) -> UsbAddress:
    """The device of usb://vid:pid[?in=0x82&out=0x01]. Raises ValueError that says what is expected."""
    expected = f"not a USB address (usb://04b8:0202, and ?in=0x82&out=0x01 where needed): {url!r}"
    parts = _split(url, expected)
    options = dict(parse_qsl(parts.query, keep_blank_values=True))
    ids = _USB_IDS.fullmatch(parts.netloc)
    wrong = [value for value in options.values() if not _ENDPOINT.fullmatch(value)]
    if parts.scheme != "usb" or ids is None or parts.path or not set(options) <= {"in", "out"} or wrong:
        raise ValueError(expected)
    endpoints = {key: int(value, 16) for key, value in options.items()}
    if not endpoints.get("in", _IN_BIT) & _IN_BIT or endpoints.get("out", 0) & _IN_BIT:
        raise ValueError(f"an endpoint in is 0x81 or more, one out 0x0f or less: {url!r}")
    return UsbAddress(
        int(ids["vendor"], 16), int(ids["product"], 16), endpoints.get("in"), endpoints.get("out")
    )


def ble_address(url: str) -> tuple[str, str | None]:
    """Address (upper case) and profile of ble://AA:BB:CC:DD:EE:FF[?profile=nus]. Raises ValueError."""
    expected = f"not a Bluetooth address (ble://AA:BB:CC:DD:EE:FF?profile=nus): {url!r}"
    parts = _split(url, expected)
    options = dict(parse_qsl(parts.query, keep_blank_values=True))
    profile = options.pop("profile", None)
    if parts.scheme != "ble" or not _MAC.fullmatch(parts.netloc) or parts.path or options or profile == "":
        raise ValueError(expected)
    return parts.netloc.upper(), profile


def ble_url(address: str, profile: str | None) -> str:
    """What `ble_address` reads."""
    return f"ble://{address}" + (f"?profile={profile}" if profile is not None else "")


def gateway_address(url: str) -> tuple[str, str | None]:
    """Gateway and device of mqtt://{gateway}/{device}; None: every device of it. Raises ValueError."""
    expected = f"not a gateway's scanner (mqtt://gateway/device, or mqtt://gateway for all of it): {url!r}"
    parts = _split(url, expected)
    device = unquote(parts.path.removeprefix("/"))
    if parts.scheme != "mqtt" or not _ID.fullmatch(parts.netloc) or parts.query:
        raise ValueError(expected)
    return parts.netloc, device or None


def _split(url: str, expected: str) -> SplitResult:
    try:
        return urlsplit(url, allow_fragments=False)  # udev leaves a # in a device's name
    except ValueError as error:  # a bracket that is not closed
        raise ValueError(expected) from error
