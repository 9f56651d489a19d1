"""`floorhand sandbox printer` and `scanners` as people start them: processes with words on their standard input."""

from __future__ import annotations

import asyncio
import itertools
import shutil
import signal
import socket
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO, Any

import msgspec
import pytest
import serial
import zxingcpp
from bleak import BleakClient, BleakScanner
from PIL import Image

from agent.config_scanning import Scanner
from agent.core import events as ev
from devices.broker import EmbeddedBroker
from devices.labels.label import Media
from devices.labels.specimen import SPECIMEN
from devices.labels.template import load_templates
from devices.links.url import ble_address, gateway_address, port_settings
from devices.pda import GatewayScan
from devices.printers.languages import LANGUAGES
from devices.printers.press import Press
from devices.scanners.ble.profiles import profile_named
from devices.scanners.gateway import GatewayFormat
from devices.scanners.gateway_reader import GatewayReader
from devices.topics import Topics
from tests.agent.shell.dock import dock
from tests.agent.shell.stage import config_of, until
from tests.devices.pda.conftest import Peer, connected_peer

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

    def table(self, kind: str) -> dict[str, Any]:
        """The next table of this kind that it says, as a configuration reads it."""
        lines = [self.said(f"[[{kind}]]"), *itertools.takewhile(str.strip, self._says)]
        (table,) = tomllib.loads("\n".join(lines))[kind]
        return dict(table)

    async def ask(self, word: str) -> str:
        """Type a line; what it answers."""
        self.tell(word)
        return (await asyncio.to_thread(self.said, f"{word}: ")).removeprefix(f"{word}: ")

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

_needs_a_bus = pytest.mark.skipif(shutil.which("dbus-daemon") is None, reason="dbus-daemon is not installed")


def table_said(scanners: Desk) -> Scanner:
    """The next `[[scanners]]` table."""
    return msgspec.convert(scanners.table("scanners"), Scanner)


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
        ask = scanners.ask
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
        assert await ask("battery s1 200") == "'200': a whole number from 0 to 100 is expected"
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


# --- scanners behind gateways -----------------------------------------------------------------------------------

_DOCUMENTED = Path(__file__).parents[2] / "devices" / "scanners" / "gateways.toml"


async def heard(peer: Peer, count: int) -> list[tuple[str, int | None, bool]]:
    """The code, the number and the mark of the next scans, in the contract's shape."""
    scans = [msgspec.json.decode(payload, type=GatewayScan) for payload in await peer.receive(count)]
    return [(scan.data, scan.seq, scan.replayed) for scan in scans]


@pytest.mark.slow
async def test_a_gateway_on_a_desk_publishes_by_the_contract_and_obeys_words(
    tmp_path: Path, broker: EmbeddedBroker, site: str
) -> None:
    scans = connected_peer(broker.url, client_id=f"{site}-in", subscriptions=[Topics(site).of("scan", "+")])
    options = ("--gateway", broker.url, "--site", site, "--count", "2")
    async with scans as peer:
        with desk(tmp_path, *options, part="scanners") as scanners:
            first, second = table_said(scanners), table_said(scanners)
            assert (first.id, second.id, first.feedback) == ("s1", "s2", "none")
            assert gateway_address(first.url) != gateway_address(second.url)
            ask = scanners.ask
            assert await ask("scan s1 SF1 X") == "gw1 sent 1"
            assert await heard(peer, 1) == [("SF1 X", 1, False)]
            assert await ask("lose 100") == "100 % of scans"
            assert await ask("scan s1 SF2") == "gw1 lost 2"
            assert await ask("list") == "gw1 online (1 of 2 scans at the broker)"
            await ask("lose 0")
            assert await ask("replay s1 9") == "gw1 sent 2"
            assert await ask("again s1 1") == "gw1 sent 1"
            assert await heard(peer, 3) == [("SF1 X", 1, True), ("SF2", 2, True), ("SF2", 2, False)]
            await ask("repeat 100")
            assert await ask("scan s2 SF3") == "gw1 sent 1 twice"
            await ask("repeat 0")
            await ask("swap 100")
            assert await ask("scan s2 SF4") == "gw1 holds 2 back"
            await ask("swap 0")
            assert await ask("scan s2 SF5") == "gw1 sent 3"
            assert await heard(peer, 4) == [("SF3", 1, False)] * 2 + [("SF5", 3, False), ("SF4", 2, False)]
            assert await ask("miscount s2 -1") == "its next number is wrong"
            assert await ask("scan s2 SF6") == "gw1 sent 3"
            assert await ask("restart s2") == "its next number is 1"
            assert await ask("clock -86400") == "-86400 s off"
            assert await ask("scan s2 SF7") == "gw1 sent 1"
            *_, last = await peer.receive(2)
            at = datetime.fromisoformat(msgspec.json.decode(last, type=GatewayScan).at)
            assert datetime.now(UTC) - at > timedelta(hours=23)
            assert await ask("cut") == "all links are lost"
            assert await ask("scan s2 SF8") in {"kept until the broker is back", "gw1 sent 2"}
            assert await heard(peer, 1) == [("SF8", 2, False)]
            assert await ask("again s1 0") == "'0': a whole number from 1 to 1000000 is expected"
            assert await ask("miscount s1 x") == "'x': a whole number from -1000000 to 1000000 is expected"
            assert await ask("scan s7 A") == "no scanner 's7': there are s1, s2"
            assert (await ask("help")).startswith("the words are scan NAME CODE, replay NAME COUNT")
            assert scanners.interrupt() == (130, "")


@pytest.mark.slow
async def test_what_two_gateways_on_a_desk_hear_is_one_scan_at_the_stations_they_say(
    tmp_path: Path, data_dir: Path, broker: EmbeddedBroker, site: str
) -> None:
    options = ("--gateway", broker.url, "--site", site, "--gateways", "2")
    with desk(tmp_path, *options, part="scanners") as scanners:
        tables = [scanners.table("scanners") for _ in range(2)]
        assert [table["id"] for table in tables] == ["s1", "s1-gw2"]
        async with dock(config_of(data_dir, site=site, broker_url=broker.url, scanners=tables)) as made:
            await until(lambda: made.link.connected)
            assert await scanners.ask("scan s1 SF1") == "gw1 sent 1, gw2 sent 1"
            (taken,) = await made.diary.until(ev.ScanTaken)
            (ignored,) = await made.diary.until(ev.ScanIgnored)
            assert {taken.scanner, ignored.scanner} == {"s1", "s1-gw2"}
            assert ignored.why == "other-path"


@pytest.mark.slow
async def test_a_gateway_on_a_desk_speaks_cassias_json_as_it_is_documented(
    tmp_path: Path, broker: EmbeddedBroker, site: str
) -> None:
    (documented, *_) = tomllib.loads(_DOCUMENTED.read_text())["gateways"]
    with desk(tmp_path, "--gateway", broker.url, "--shape", "cassia", part="scanners") as scanners:
        table = scanners.table("gateways")
        assert table == documented | {"id": "gw1", "topic": "up/gw1/notification"}
        reader = GatewayReader(GatewayFormat(**{key: table[key] for key in table if key != "id"}))
        pieces = connected_peer(broker.url, client_id=f"{site}-in", subscriptions=[table["topic"]])
        async with pieces as peer:
            assert await scanners.ask("scan s1 FH1:SF1385628716739:J0007:1") == "gw1 sent 1"
            payloads = await peer.receive(2)
        (scan,) = (each for payload in payloads for each in reader.read(table["topic"], payload, 0.0, 0.0))
        assert isinstance(scan, GatewayScan)
        assert scan.data == "FH1:SF1385628716739:J0007:1"
        assert await scanners.ask("replay s1 1") == "its messages have no mark for what is replayed"
        assert await scanners.ask("again s1 1") == "gw1 sent 1"


@pytest.mark.slow
async def test_scanners_behind_a_gateway_scan_by_themselves(
    tmp_path: Path, broker: EmbeddedBroker, site: str
) -> None:
    scans = connected_peer(broker.url, client_id=f"{site}-in", subscriptions=[Topics(site).of("scan", "gw1")])
    options = ("--gateway", broker.url, "--site", site, "--rate", "20")
    async with scans as peer:
        with desk(tmp_path, *options, part="scanners"):
            assert await heard(peer, 2) == [("SIM001000001", 1, False), ("SIM001000002", 2, False)]


@pytest.mark.slow
async def test_a_gateway_keeps_what_it_scans_without_its_broker_and_listens_to_words(tmp_path: Path) -> None:
    with EmbeddedBroker() as own, desk(tmp_path, "--gateway", own.url, part="scanners") as scanners:
        scanners.said("words: ")
        own.stop(kill=True)
        while not (await scanners.ask("list")).startswith("gw1 away"):
            pass
        assert await scanners.ask("scan s1 SF1") == "kept until the broker is back"
        assert await scanners.ask("list") == "gw1 away (0 of 1 scans at the broker)"
        own.start()
        while await scanners.ask("list") != "gw1 online (1 of 1 scans at the broker)":
            pass
        assert scanners.interrupt() == (130, "")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("options", "why"),
    [
        (("--gateway", "http://broker"), "not an MQTT address"),
        (("--gateway", "mqtt://127.0.0.1", "--serial"), "not allowed with argument"),
        (("--gateway", "mqtt://127.0.0.1", "--site", "a/b"), "'a/b' is no site's id"),
    ],
)
def test_gateways_that_cannot_be_are_a_2_and_say_why(options: tuple[str, ...], why: str) -> None:
    assert why in refused(*options)


@pytest.mark.slow
def test_a_broker_that_cannot_be_reached_is_a_2_and_says_so(free_port: int) -> None:
    url = f"mqtt://127.0.0.1:{free_port}"
    said = refused("--gateway", url, "--gateways", "2")
    assert said.startswith(f"floorhand: no broker at {url}: [Errno 111]")
    assert said.count("\n") == 1


def refused(*options: str) -> str:
    """What `sandbox scanners` says on its standard error when it ends with 2."""
    ended = subprocess.run(
        [*_COMMAND, "scanners", *options], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=30,
        check=False,
    )  # fmt: skip
    assert ended.returncode == 2
    return ended.stderr
