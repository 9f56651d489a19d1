"""`floorhand scanners`: what is around, whose scanner is in hand, codes to scan; against the fake BlueZ."""

from __future__ import annotations

import asyncio
import json
import os
import pty
import re
import sys
from pathlib import Path
from typing import Any

import pytest
import zxingcpp
from PIL import Image

from agent.cli import main
from agent.cli_pair import _add
from agent.config import load
from devices.scanners import ports
from devices.sim.bluez import BleHandset

SMALLEST = """
[site]
id = "WH1"
[hub]
url = "https://hub.example"
[broker]
url = "mqtt://127.0.0.1:1883"
[[scanners]]
id = "dock1"
role = "ship"
url = "ble://C0:DE:00:00:00:01?profile=nus"
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    file = tmp_path / "floorhand.toml"
    file.write_text(SMALLEST)
    return file


async def ran(*arguments: str) -> int:
    """The command, in a thread of its own: it has its own event loop."""
    return await asyncio.to_thread(main, ["scanners", *arguments])


def nothing_plugged_in(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    monkeypatch.setattr(ports.serial_ports, "__defaults__", (folder / "none",))


def add_station(config: Path, station: str, url: str) -> None:
    config.write_text(f'{SMALLEST}[[scanners]]\nid = "{station}"\nrole = "pack"\nurl = "{url}"\n')


@pytest.mark.usefixtures("guns")
async def test_find_lists_scanners_the_strongest_first_with_what_to_write(
    config: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert await ran("find", "--seconds", "1.5", "--config", str(config)) == 0
    lines = capfd.readouterr().out.splitlines()
    rows = [line.split() for line in lines if "ble://" in line]
    assert [row[-1] for row in rows] == [
        "ble://C0:DE:00:00:00:02?profile=feea",
        "ble://C0:DE:00:00:00:01?profile=nus",
        "ble://C0:DE:00:00:00:03?profile=nus",
    ]
    assert [row[-2] for row in rows] == ["none", "dock1", "none"]
    assert "3 scanners by Bluetooth" in lines


@pytest.mark.usefixtures("guns")
async def test_find_tells_programs_the_same(
    config: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "by-id"
    folder.mkdir()
    (folder / "usb-Zebra_DS2208_S1234-if00").symlink_to("/dev/ttyACM0")
    monkeypatch.setattr(ports.serial_ports, "__defaults__", (folder,))
    add_station(config, "pack1", f"serial://{folder}/usb-Zebra_DS2208_S1234-if00?baud=9600")
    assert await ran("find", "--seconds", "1.5", "--json", "--config", str(config)) == 0
    said: dict[str, Any] = json.loads(capfd.readouterr().out)
    assert [(each["name"], each["profile"], each["adapter"]) for each in said["scanners"]] == [
        ("GUN-2", "feea", "hci0"), ("GUN-1", "nus", "hci0"), ("GUN-3", "nus", "hci0"),
    ]  # fmt: skip
    assert said["ports"] == [
        {
            "url": f"serial://{folder}/usb-Zebra_DS2208_S1234-if00",
            "name": "Zebra DS2208 S1234",
            "node": "ttyACM0",
            "station": "pack1",
        }
    ]
    assert [each["station"] for each in said["scanners"]] == [None, "dock1", None]
    assert said["fault"] is None


@pytest.mark.usefixtures("guns")
async def test_on_a_terminal_what_is_heard_is_shown_while_it_listens() -> None:
    ours, terminal = pty.openpty()
    command = [sys.executable, "-m", "agent.cli", "scanners", "find", "--seconds", "1.5"]
    process = await asyncio.create_subprocess_exec(
        *command,
        stdout=asyncio.subprocess.PIPE,
        stderr=terminal,
        env=os.environ | {"TERM": "xterm", "COLUMNS": "120"},
    )
    os.close(terminal)
    out, drawn = await asyncio.gather(process.stdout.read(), asyncio.to_thread(_all_of, ours))  # type: ignore[union-attr]
    assert await process.wait() == 0
    assert "3 scanners by Bluetooth" in out.decode()
    assert "GUN-2" in drawn
    assert "listening" in drawn
    assert "Traceback" not in drawn


def _all_of(ours: int) -> str:
    """What a terminal was given, until nobody holds it any more."""
    shown = b""
    try:
        while piece := os.read(ours, 65536):
            shown += piece
    except OSError:  # the last one has closed it
        os.close(ours)
    return shown.decode()


@pytest.fixture
def elsewhere(config: Path) -> Path:
    """A site that uses an adapter which is not there."""
    config.write_text(SMALLEST + '[bluetooth]\nadapters = ["hci7"]\n')
    return config


@pytest.mark.usefixtures("guns")
async def test_the_sites_own_adapters_are_the_ones_that_listen(
    elsewhere: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    nothing_plugged_in(monkeypatch, tmp_path)
    assert await ran("find", "--seconds", "1", "--config", str(elsewhere)) == 1
    assert await ran("pair", "--seconds", "1", "--config", str(elsewhere)) == 1
    assert capfd.readouterr().err.count("no Bluetooth adapter") == 2


async def test_a_machine_without_bluetooth_is_told_what_to_do(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", f"unix:path={tmp_path}/no-bus")
    nothing_plugged_in(monkeypatch, tmp_path)
    assert await ran("find", "--seconds", "1") == 1
    assert "no D-Bus on this machine" in capfd.readouterr().err


async def test_the_scanner_that_reads_the_code_is_the_one_and_gets_its_station(
    guns: list[BleHandset], config: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    picture = tmp_path / "pair.png"
    told = "--config", str(config), "--id", "pack7", "--role", "pack", "--write", "--png", str(picture)
    pairing = asyncio.create_task(ran("pair", *told))
    async with asyncio.timeout(30):
        while not guns[1].ready:  # noqa: ASYNC110 - what the other thread's loop does shows here only
            await asyncio.sleep(0.05)
    (code,) = {found.text for found in zxingcpp.read_barcodes(Image.open(picture).convert("L"))}
    await guns[1].scan(code)
    assert await pairing == 0
    added = load(config).scanners[-1]
    assert (added.id, added.role, added.url) == ("pack7", "pack", "ble://C0:DE:00:00:00:02?profile=feea")
    said = capfd.readouterr()
    assert "paired: GUN-2" in said.out
    assert "GUN-1" not in said.err, "it has a station already"
    assert re.search(f"^code {code}$", said.err, re.MULTILINE)


@pytest.mark.usefixtures("guns")
async def test_a_code_that_nobody_scans_pairs_nobody_and_changes_nothing(
    config: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert await ran("pair", "--config", str(config), "--write", "--seconds", "1") == 1
    assert "no scanner sent FH" in capfd.readouterr().err
    assert [each.id for each in load(config).scanners] == ["dock1"]


async def test_a_station_that_cannot_be_written_is_refused_before_anybody_scans(
    config: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert await ran("pair", "--config", str(config), "--write", "--id", "dock1") == 2
    assert "stands twice" in capfd.readouterr().err
    assert await ran("pair", "--write") == 2


async def test_pairing_tells_programs_each_step_on_a_line(
    guns: list[BleHandset], config: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    told = "--config", str(config), "--id", "pack7", "--role", "pack", "--json"
    pairing = asyncio.create_task(ran("pair", *told))
    async with asyncio.timeout(30):
        while not guns[1].ready:  # noqa: ASYNC110 - what the other thread's loop does shows here only
            await asyncio.sleep(0.05)
    lines = capfd.readouterr().out.splitlines()
    first = json.loads(lines[0])
    await guns[1].scan(first["code"])
    assert await pairing == 0
    lines += capfd.readouterr().out.splitlines()
    steps = [next(iter(json.loads(line))) for line in lines]
    assert (steps[0], steps[-1], set(steps[1:-1])) == ("code", "paired", {"candidate"})
    paired = json.loads(lines[-1])["paired"]
    assert (paired["address"], paired["station"], paired["written"]) == (guns[1].address, "pack7", False)
    assert [each.id for each in load(config).scanners] == ["dock1"], "without --write it is told, not written"
    assert decoded(first) == {first["code"]}


def decoded(step: dict[str, Any]) -> set[str]:
    """What a scanner reads of the bars and of the square."""
    texts = [[step["bars"]] * 12, step["square"]]
    return {found.text for lines in texts for found in zxingcpp.read_barcodes(painted(lines))}


def painted(lines: list[str]) -> Image.Image:
    """A character is two modules wide and two high, as the block elements divide it."""
    quarters = {"▌": "1010", "▐": "0101", "▀": "1100", "▄": "0011", "█": "1111", " ": "0000"}
    picture = Image.new("L", (max(map(len, lines)) * 2, len(lines) * 2), 255)
    for y, line in enumerate(lines):
        for x, character in enumerate(line):
            for n, dark in enumerate(quarters[character]):
                picture.putpixel((2 * x + n % 2, 2 * y + n // 2), 0 if dark == "1" else 255)
    return picture


async def test_why_nobody_is_paired_is_the_last_line(config: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert await ran("pair", "--config", str(config), "--write", "--id", "dock1", "--json") == 2
    (line,) = capfd.readouterr().out.splitlines()
    assert "stands twice" in json.loads(line)["failed"]


def test_a_configuration_that_ends_its_list_itself_is_told_and_stays(
    config: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    text = f"scanners = []\n{SMALLEST.partition('[[scanners]]')[0]}"
    config.write_text(text)
    assert main(["scanners", "pair", "--config", str(config), "--write", "--json", "--seconds", "1"]) == 2
    (line,) = capfd.readouterr().out.splitlines()
    assert "`scanners`" in json.loads(line)["failed"]
    assert config.read_text() == text


def test_a_configuration_that_begins_with_a_mark_of_bytes_can_be_added_to(config: Path) -> None:
    config.write_text(SMALLEST, "utf-8-sig")
    _add(config, '[[scanners]]\nid = "pack7"\nurl = "ble://C0:DE:00:00:00:02"\nrole = "pack"\n')
    assert [each.id for each in load(config).scanners] == ["dock1", "pack7"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root writes for others")
def test_a_configuration_stays_its_owners_when_root_pairs(config: Path) -> None:
    os.chown(config, 4321, 4322)
    config.chmod(0o640)
    _add(config, '[[scanners]]\nid = "pack7"\nurl = "ble://C0:DE:00:00:00:02"\nrole = "pack"\n')
    now = config.stat()
    assert (now.st_uid, now.st_gid, now.st_mode & 0o777) == (4321, 4322, 0o640)


def test_an_id_that_is_none_is_refused(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as refused:
        main(["scanners", "pair", "--id", 'pack"7'])
    assert refused.value.code == 2
    assert "is no station's id" in capfd.readouterr().err


def test_a_picture_that_cannot_be_written_is_told_programs_too(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(["scanners", "pair", "--json", "--png", str(tmp_path), "--seconds", "1"]) == 2
    (line,) = capfd.readouterr().out.splitlines()
    assert f"{tmp_path} cannot be written" in json.loads(line)["failed"]


async def test_a_folder_that_cannot_be_written_is_told_before_anybody_scans(
    config: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("agent.cli_pair.os.access", lambda folder, _mode: folder != config.parent)
    assert await ran("pair", "--config", str(config), "--write", "--id", "pack7") == 2
    assert "read-only" in capfd.readouterr().err


async def test_the_sheet_of_grades_can_be_read(tmp_path: Path) -> None:
    sheet = tmp_path / "grades.png"
    assert await ran("codes", "--png", str(sheet)) == 0
    read = {found.text for found in zxingcpp.read_barcodes(Image.open(sheet).convert("L"))}
    assert read == {"GRADE-A", "GRADE-B", "GRADE-C", "GRADE-D"}
