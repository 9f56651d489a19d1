"""`floorhand scanners`: which scanners are around, whose is the one in hand, and codes to scan."""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from agent.api.messages import FoundScannerView, FoundView, PortView, signal_bars
from agent.cli_pair import add_pair
from agent.cli_words import FAILED, FINE, Commands, positive, refuse
from agent.config import load
from agent.config_scanning import Codes, Scanner, all_profiles, bare
from devices.errors import DeviceGone
from devices.labels.code_sheet import SheetCode, code_sheet
from devices.links.url import ble_url
from devices.scanners.ble.find import Found, find
from devices.scanners.ble.profiles import Profile
from devices.scanners.ports import serial_ports


def add_scanners(commands: Commands) -> None:
    """The parser."""
    scanners = commands.add_parser("scanners", help="find scanners, pair one, print codes to scan")
    parts = scanners.add_subparsers(required=True, metavar="PART")
    look = parts.add_parser("find", help="list what advertises by Bluetooth, and the serial ports")
    look.add_argument("--seconds", type=positive, default=8.0, metavar="S", help="how long to listen (8)")
    look.add_argument("--adapter", action="append", default=[], metavar="HCI", help="this one alone (all)")
    look.add_argument("--all", action="store_true", help="devices that do not look like scanners as well")
    look.add_argument(
        "--config", type=Path, metavar="FILE", help="the site's own profiles, and who has a place"
    )
    look.add_argument("--json", action="store_true")
    look.set_defaults(run=_find)
    add_pair(parts)
    codes = parts.add_parser("codes", help="a sheet with the codes that grade what came back")
    codes.add_argument("--config", type=Path, metavar="FILE", help="the site's own grades")
    codes.add_argument("--png", type=Path, required=True, metavar="OUT")
    codes.set_defaults(run=_codes)


# --- find ---------------------------------------------------------------------------------------------------


def _find(options: argparse.Namespace) -> int:
    config = load(options.config) if options.config else None
    places = _Places(config.scanners if config is not None else ())
    profiles = all_profiles(config.profiles if config is not None else ())
    options.adapter = options.adapter or list(config.bluetooth.adapters if config is not None else ())
    fault: str | None = None
    found: list[Found] = []
    try:
        found = asyncio.run(_listen(options, profiles, places))
    except DeviceGone as error:
        fault = error.reason
    shown = [each for each in found if options.all or _may_scan(each)]
    ports = [PortView(port.url, port.name, port.node, places.of(port.url)) for port in serial_ports()]
    view = FoundView(tuple(map(places.view, shown)), tuple(ports), fault)
    if options.json:
        print(msgspec.json.encode(view).decode())
    else:
        _print(view, len(found) - len(shown))
    if fault is not None:
        refuse(f"Bluetooth: {fault}", FAILED)
    return FINE if shown or ports else FAILED


async def _listen(options: argparse.Namespace, profiles: tuple[Profile, ...], places: _Places) -> list[Found]:
    """With what is heard so far on the screen, and how long it still takes."""
    console = Console(stderr=True)
    if options.json or not console.is_terminal:
        return await find(options.seconds, profiles, adapters=options.adapter)
    heard: dict[str, Found] = {}
    bar = Progress(TextColumn("listening"), BarColumn(), TimeRemainingColumn(), console=console)
    task = bar.add_task("listening", total=options.seconds)
    began = time.monotonic()  # the picture is drawn in a thread, which has no loop

    def picture() -> RenderableType:
        bar.update(task, completed=time.monotonic() - began)
        shown = [each for each in heard.values() if options.all or _may_scan(each)]
        return Group(_table(map(places.view, shown)), bar)

    with Live(get_renderable=picture, console=console, transient=True):
        return await find(
            options.seconds,
            profiles,
            adapters=options.adapter,
            on_found=lambda each: heard.update({each.address: each}),
        )


def _may_scan(found: Found) -> bool:
    return found.profile is not None


class _Places:
    """Who has a station already."""

    def __init__(self, scanners: Iterable[Scanner]) -> None:
        self._stations = {bare(each.url): each.id for each in scanners}

    def of(self, url: str) -> str | None:
        """The station of what is there."""
        return self._stations.get(bare(url))

    def view(self, found: Found) -> FoundScannerView:
        """With its station."""
        url = ble_url(found.address, found.profile)
        return FoundScannerView(
            address=found.address,
            name=found.name,
            signal_dbm=None if found.connected else found.rssi_dbm,
            adapter=found.adapter,
            profile=found.profile,
            services=found.services,
            connected=found.connected,
            station=self.of(url),
            url=url,
        )


def _table(found: Iterable[FoundScannerView]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("signal", "dBm", "name", "profile", "adapter", "station", "url"):
        table.add_column(column, justify="right" if column == "dBm" else "left", no_wrap=column == "url")
    for each in found:
        table.add_row(*_row(each))
    return table


def _row(found: FoundScannerView) -> Iterator[RenderableType]:
    yield Text(signal_bars(found.signal_dbm), "green" if found.profile else "dim")
    yield "" if found.signal_dbm is None else str(found.signal_dbm)
    yield found.name or Text("without a name", "dim")
    yield found.profile or Text("unknown", "dim")
    yield found.adapter
    yield found.station or Text("none", "dim")
    yield found.url


def _print(view: FoundView, others: int) -> None:
    console = Console()
    if not console.is_terminal:
        console.width = 160
    shown, ports = len(view.scanners), len(view.ports)
    if shown:
        console.print(_table(view.scanners))
    hidden = f" ({others} other device{'s' if others != 1 else ''} heard: --all shows them)" if others else ""
    console.print(f"{shown} scanner{'s' if shown != 1 else ''} by Bluetooth{hidden}")
    for port in view.ports:
        console.print(f"{port.url}  {port.name}, now {port.node}", soft_wrap=True)
    console.print(f"{ports} serial port{'s' if ports != 1 else ''} with a stable name")


# --- codes --------------------------------------------------------------------------------------------------


def _codes(options: argparse.Namespace) -> int:
    codes = load(options.config).codes if options.config else Codes()
    try:
        code_sheet([SheetCode(f"return: {grade}", grade) for grade in codes.grades]).save(options.png, "PNG")
    except (OSError, ValueError) as error:
        return refuse(f"{options.png} cannot be written: {error}", FAILED)
    print(f"wrote {options.png}: {', '.join(codes.grades)}", file=sys.stdout)
    return FINE
