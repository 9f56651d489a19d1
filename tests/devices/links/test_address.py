"""A printer's address says which link reaches it, and a wrong one says what was expected."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.links.address import check_address, link_of
from devices.links.file import FileLink
from devices.links.link import Link
from devices.links.serial import SerialLink
from devices.links.tcp import TcpLink
from devices.links.url import UsbAddress, port_settings, tcp_address, usb_address
from devices.links.usb import UsbLink


@pytest.mark.parametrize(
    ("url", "kind", "name"),
    [
        ("tcp://10.0.0.5", TcpLink, "10.0.0.5:9100"),
        ("tcp://printer.floor:9101", TcpLink, "printer.floor:9101"),
        ("serial:///dev/ttyS1?baud=115200", SerialLink, "/dev/ttyS1"),
        ("file:///dev/usb/lp0", FileLink, "/dev/usb/lp0"),
        ("usb://04b8:0202?in=0x82&out=0x01", UsbLink, "usb 04b8:0202"),
    ],
)
def test_an_address_makes_its_link(url: str, kind: type[Link], name: str) -> None:
    check_address(url)
    link = link_of(url)
    assert isinstance(link, kind)
    assert (link.name, link.is_open) == (name, False)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("/dev/usb/lp0", "tcp://, serial://, usb:// or file://"),
        ("http://10.0.0.5", "tcp://, serial://, usb:// or file://"),
        ("tcp://", r"tcp://host\[:9100\]"),
        ("tcp://10.0.0.5:http", r"tcp://host\[:9100\]"),
        ("tcp://10.0.0.5:0", r"tcp://host\[:9100\]"),
        ("tcp://10.0.0.5/lp", r"tcp://host\[:9100\]"),
        ("tcp://[fe80", r"tcp://host\[:9100\]"),
        ("serial://", "serial:///dev/"),
        ("serial:///dev/x?speed=1", "serial:///dev/"),
        ("serial:///dev/x?baud=fast", "baud"),
        ("serial:///dev/x?baud=0", "baud"),
        ("serial:///dev/x?bits=9X1", "baud"),
        ("file://lp0", "file:///dev/usb/lp0"),
        ("file:///", "file:///dev/usb/lp0"),
        ("usb://04b8", "usb://04b8:0202"),
        ("usb://04b8:0202/0", "usb://04b8:0202"),
        ("usb://04b8:0202?in=82", "usb://04b8:0202"),
        ("usb://04b8:0202?alt=0x01", "usb://04b8:0202"),
        ("usb://04b8:0202?in=0x01", "an endpoint in"),
        ("usb://04b8:0202?out=0x81", "an endpoint in"),
    ],
)
def test_a_wrong_address_says_what_is_expected(url: str, expected: str) -> None:
    for use in (check_address, link_of):
        with pytest.raises(ValueError, match=expected):
            use(url)


@given(st.sampled_from(["tcp:", "serial:", "file:", "usb:", ""]), st.text())
def test_any_text_is_an_address_or_a_value_error(scheme: str, rest: str) -> None:
    url = scheme + "//" + rest
    try:
        check_address(url)
    except ValueError:
        with pytest.raises(ValueError, match=r"not a|cannot be used|an endpoint"):
            link_of(url)


@given(st.integers(0, 0xFFFF), st.integers(0, 0xFFFF))
def test_usb_ids_are_read_as_they_are_written(vendor: int, product: int) -> None:
    assert usb_address(f"usb://{vendor:04x}:{product:04X}") == UsbAddress(vendor, product)


@given(st.integers(1, 65535))
def test_a_port_is_read_as_it_is_written(port: int) -> None:
    assert tcp_address(f"tcp://10.0.0.5:{port}") == ("10.0.0.5", port)


def test_a_serial_address_names_speed_bits_and_flow() -> None:
    settings = port_settings("serial:///dev/ttyS1?baud=115200&bits=7E2&flow=rtscts")
    assert settings == {
        "port": "/dev/ttyS1",
        "baudrate": 115200,
        "bytesize": 7,
        "parity": "E",
        "stopbits": 2,
        "rtscts": True,
        "xonxoff": False,
    }


def test_a_stable_name_with_a_number_sign_in_it_is_the_whole_name() -> None:
    """udev leaves `#` in serial numbers as it is."""
    settings = port_settings("serial:///dev/serial/by-id/usb-Acme_Scan#7-if00?baud=115200")
    assert (settings["port"], settings["baudrate"]) == ("/dev/serial/by-id/usb-Acme_Scan#7-if00", 115200)


@pytest.mark.parametrize("baud", ["0", "fast", "-9600", "9600000000"])
def test_a_speed_that_no_port_can_have_is_refused(baud: str) -> None:
    with pytest.raises(ValueError, match="cannot be used"):
        port_settings(f"serial:///dev/ttyS1?baud={baud}")


def test_checking_an_address_loads_no_usb_library() -> None:
    source = (
        "import sys; from devices.links.address import check_address\n"
        "check_address('usb://04b8:0202')\n"
        "assert not {'usb', 'escpos'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", source], check=True)
