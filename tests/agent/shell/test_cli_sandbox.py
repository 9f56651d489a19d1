"""`floorhand sandbox printer` and `scanners` as people start them: processes with words on their standard input."""

from __future__ import annotations

import asyncio
import shutil
import signal
import socket
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import msgspec
import pytest
import serial
import zxingcpp
from bleak import BleakClient, BleakScanner
from PIL import Image

from agent.config_scanning import Scanner
from devices.labels.label import Media
from devices.labels.specimen import SPECIMEN
from devices.labels.template import load_templates
from devices.links.url import ble_address, port_settings
from devices.printers.languages import LANGUAGES
from devices.printers.press import Press
from devices.scanners.ble.profiles import profile_named

_COMMAND = [sys.executable, "-m", "agent.cli", "sandbox"]


class Desk:
    """A running part, and what it has said."""

    def __init__(self, process: subprocess.Popen[str], errors: Path) -> None:
        assert process.stdout is not None
        assert process.stdin is not None
        self._process = process
        self._says: IO[str] = process.stdout
        self._hears: IO[str] = process.stdin
        self._errors = errors

    def said(self, beginning: str) -> str:
        """The next line that begins so."""
        for line in self._says:
            if line.startswith(beginning):
                return line.rstrip("\n")
        raise AssertionError(f"it ended before it said {beginning!r}: {self._errors.read_text()}")

    def tell(self, word: str) -> None:
        """Type a line."""
        self._hears.write(word + "\n")
        self._hears.flush()

    def interrupt(self) -> tuple[int, str]:
        """Ctrl-C; its exit code, and what stands on its standard error."""
        self._process.send_signal(signal.SIGINT)
        return self._process.wait(20), self._errors.read_text()


@contextmanager
def desk(tmp_path: Path, *options: str, part: str = "printer") -> Iterator[Desk]:
    """Start it, and see that it is gone afterwards."""
    errors = tmp_path / "stderr"
    with (
        errors.open("w") as stderr,
        subprocess.Popen(
            [*_COMMAND, part, *options],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
        ) as process,
    ):
        try:
            yield Desk(process, errors)
        finally:
            process.kill()


def label_bytes(language: str) -> bytes:
    """The specimen's label as a picture."""
    press = Press(LANGUAGES[language], Media(76, 130), bytes_per_s=None, mm_per_s=100)
    return press.compose(load_templates()["express"], SPECIMEN).payload


def send(url: str, data: bytes) -> None:
    """To a printer in the network."""
    host, port = url.removeprefix("tcp://").split(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall(data)


def url_in(line: str) -> str:
    return line.split(" at ")[1].split(",", maxsplit=1)[0]


@pytest.mark.slow
@pytest.mark.parametrize("language", sorted(LANGUAGES))
def test_a_printer_on_a_desk_prints_pictures_and_obeys_words(tmp_path: Path, language: str) -> None:
    out = tmp_path / "paper"
    with desk(tmp_path, "--language", language, "--port", "0", "--speed", "40", "--out", str(out)) as printer:
        url = url_in(printer.said(f"a {language} printer at tcp://127.0.0.1:"))
        printer.tell("paper out")
        assert printer.said("paper out") == "paper out: done"
        send(url, label_bytes(language))
        printer.tell("dance")
        assert "unknown word 'dance': known are paper out, refill" in printer.said("unknown")
        assert not list(out.iterdir())
        printer.tell("refill")
        assert f"waybill {SPECIMEN.waybill} job {SPECIMEN.job} copy 1" in printer.said("label 1")
        (picture,) = out.iterdir()
        with Image.open(picture) as image:
            assert SPECIMEN.qr in {code.text for code in zxingcpp.read_barcodes(image.convert("L"))}
        code, errors = printer.interrupt()
        assert (code, errors) == (130, "")


@pytest.mark.slow
def test_where_nobody_can_type_it_prints_on(tmp_path: Path) -> None:
    """As a service, and after the end of its standard input."""
    process = subprocess.Popen(
        [*_COMMAND, "printer", "--port", "0", "--speed", "40"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    with process:
        assert process.stdout is not None
        send(url_in(process.stdout.readline()), label_bytes("zpl"))
        assert process.stdout.readline().startswith("words: ")
        assert SPECIMEN.waybill in process.stdout.readline()
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=20)
    assert (process.returncode, errors) == (130, "")


@pytest.mark.slow
def test_a_printer_on_a_serial_line_says_which(tmp_path: Path) -> None:
    with desk(tmp_path, "--language", "escpos", "--serial", "115200", "--speed", "40") as printer:
        url = url_in(printer.said("a escpos printer at serial:///"))
        assert url.endswith("?baud=115200")
        assert printer.interrupt() == (130, "")


@pytest.mark.slow
def test_a_port_that_is_taken_is_a_2_and_says_so(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        ended = subprocess.run(
            [*_COMMAND, "printer", "--port", str(port)], stdin=subprocess.DEVNULL, capture_output=True, text=True,
            timeout=30, check=False,
        )  # fmt: skip
    assert ended.returncode == 2
    assert "address already in use" in ended.stderr
    assert "Traceback" not in ended.stderr


# --- scanners ---------------------------------------------------------------------------------------------------

_TABLE_KEYS = ("id", "url", "role", "feedback")
_needs_a_bus = pytest.mark.skipif(shutil.which("dbus-daemon") is None, reason="dbus-daemon is not installed")


def table_said(scanners: Desk) -> Scanner:
    """The next `[[scanners]]` table that it says, as a configuration reads it."""
    lines = [scanners.said("[[scanners]]"), *(scanners.said(f"{key} = ") for key in _TABLE_KEYS)]
    (table,) = tomllib.loads("\n".join(lines))["scanners"]
    return msgspec.convert(table, Scanner)


async def listen(address: str, codes: list[bytes], gone: asyncio.Event) -> BleakClient:
    """Connect to a scanner and answer each of its packets with one bell, until it is gone."""
    device = await BleakScanner.find_device_by_address(address, timeout=20)
    assert device is not None
    client = BleakClient(device, disconnected_callback=lambda _: gone.set())
    await client.connect()
    profile = profile_named("nus")
    assert profile.write is not None

    async def answer(_: object, packet: bytearray) -> None:
        codes.append(bytes(packet))
        await client.write_gatt_char(profile.write or "", b"\x07", response=False)

    await client.start_notify(profile.notify, answer)
    return client


@pytest.mark.slow
@_needs_a_bus
async def test_scanners_on_a_desk_are_found_by_bleak_and_obey_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with desk(tmp_path, "--count", "2", part="scanners") as scanners:
        variable, address = scanners.said("DBUS_SYSTEM_BUS_ADDRESS=").split("=", maxsplit=1)
        monkeypatch.setenv(variable, address)
        first, second = table_said(scanners), table_said(scanners)
        assert (first.id, second.id, first.feedback) == ("s1", "s2", "bel")
        mac, profile = ble_address(first.url)
        assert profile == "nus"

        async def ask(word: str) -> str:
            scanners.tell(word)
            return (await asyncio.to_thread(scanners.said, f"{word}: ")).removeprefix(f"{word}: ")

        assert await ask("scan s1 SF1") == "nobody listens: lost"
        codes: list[bytes] = []
        gone = asyncio.Event()
        client = await listen(mac, codes, gone)
        assert await ask("scan s1 SF2 X") == "good"
        assert codes == [b"SF2 X\r"]
        assert await ask("list") == "s1 listened to, s2 advertising"
        assert await ask("battery s1 9") == "9 %"
        assert await client.read_gatt_char("2a19") == bytes([9])
        assert await ask("drop all") == "all links are lost"
        async with asyncio.timeout(20):
            await gone.wait()
        await client.disconnect()
        assert await ask("off s2") == "off"
        assert await ask("list") == "s1 advertising, s2 off"
        assert await ask("restart") == "bluetoothd is back"
        assert await ask("battery s1 200") == "'200': a percentage is expected"
        assert await ask("scan s1") == "it is 'scan NAME CODE'"
        assert await ask("drop s7") == "no scanner 's7': there are s1, s2"
        assert await ask("dance") == "unknown: see help"
        assert (await ask("help")).startswith("the words are scan NAME CODE, drop NAME|all")
        assert scanners.interrupt() == (130, "")


@pytest.mark.slow
def test_scanners_on_serial_lines_scan_by_themselves_and_by_word(tmp_path: Path) -> None:
    with desk(tmp_path, "--serial", "--rate", "20", part="scanners") as scanners:
        table = table_said(scanners)
        scanners.said("words: ")
        with serial.Serial(**port_settings(table.url), timeout=20) as port:
            assert port.read_until(b"\r").startswith(b"SIM001")
        scanners.tell("off s1")
        assert scanners.said("off s1") == "off s1: unplugged"
        assert not Path(port_settings(table.url)["port"]).exists()
        scanners.tell("on s1")
        assert scanners.said("on s1") == "on s1: plugged in"
        assert scanners.interrupt() == (130, "")


@pytest.mark.slow
def test_scanners_without_a_bus_are_a_2_and_say_what_to_install() -> None:
    ended = subprocess.run(
        [*_COMMAND, "scanners"], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=30,
        check=False, env={"PATH": ""},
    )  # fmt: skip
    assert ended.returncode == 2
    assert ended.stderr == "floorhand: dbus-daemon is not installed: apt install dbus-daemon\n"
