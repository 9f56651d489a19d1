"""Take pictures of the supervisor's screens for the documentation, from a busy and slightly unlucky moment.

python scripts/floor_screenshot.py docs/img/floor.svg [--columns 160] [--rows 50] [--light]
python scripts/floor_screenshot.py docs/img/manifest.svg --press m down enter --rows 24
python scripts/floor_screenshot.py docs/img/quarantine.svg --press u --rows 28
"""

from __future__ import annotations

import argparse
import asyncio
import html
import os
import random
import re
import time
from collections.abc import AsyncGenerator
from datetime import datetime, timedelta
from pathlib import Path

import msgspec
from rich.cells import cell_len

from agent.api.messages import (
    ChannelView,
    CommandAnswer,
    DeparturesView,
    DepartureView,
    ExceptionView,
    FloorView,
    FoundScannerView,
    FoundView,
    HubView,
    ManifestParcelView,
    ManifestView,
    MissingOrderView,
    PairingFailed,
    PairingStep,
    ParkedView,
    PdaView,
    Percentiles,
    PrinterView,
    QuarantineView,
    Role,
    ScannerView,
)
from tui.app import SupervisorApp
from tui.client import Connection, OnConnection, OnFloor

NOON = datetime.fromisoformat("2026-06-18T04:00:00+00:00")
PICKERS = ("王小明", "李娜", "张伟", "刘洋", "陈静", "杨帆", "赵磊", "黄丽", "周强", "吴敏")


CHANNELS = (
    ChannelView("http", "open", False, "the hub answered 502: Bad Gateway", "2026-06-18T10:02:11.000Z"),
    ChannelView("mqtt", "closed", True, "", "2026-06-18T06:00:00.000Z"),
)


def at(moment: datetime) -> str:
    """A moment as the API writes it."""
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def pdas() -> tuple[PdaView, ...]:
    """Ten pickers: most on their way, one offline with a list, one with a battery that ends soon."""
    done = (17, 3, 22, 9, 0, 14, 6, 19, 11, 0)
    total = (20, 18, 24, 16, 21, 19, 12, 20, 23, 0)
    battery = (82, 64, 9, 71, 93, 55, 38, 47, 88, 100)
    return tuple(
        PdaView(
            pda=f"pda-{n + 1:02}",
            online=n != 6,
            picker=PICKERS[n],
            battery_percent=battery[n],
            task=f"T-{4310 + n}" if total[n] else None,
            task_state=("assigned" if n == 4 else "accepted") if total[n] else None,
            stops_done=done[n],
            stops_total=total[n],
            distance_mm=total[n] * 21_400,
        )
        for n in range(10)
    )


def exceptions() -> tuple[ExceptionView, ...]:
    """Four things that wait for a person."""
    waiting = (
        (
            19,
            "suspect-label",
            "SO-20618-04417",
            "lp3 took all bytes of SF1002938475, then fell silent: printed?",
        ),
        (
            11,
            "short",
            "SO-20618-04502",
            "A-07-03-2: 2 × 保温杯 500ml 蓝 wanted, none there; the order is held",
        ),
        (4, "count", None, "A-07-03-2: stock of B-2209 set to 0 after a short, please count"),
        (1, "wrong-state", "SO-20618-04391", "scanned at dock1 but held since 11:52: parcel set aside"),
    )
    return tuple(
        ExceptionView(f"E-{n}", kind, order_no, text, at(NOON - timedelta(minutes=minutes)))
        for n, (minutes, kind, order_no, text) in enumerate(waiting)
    )


def scanners() -> tuple[ScannerView, ...]:
    """One on each way in; a battery that ends soon, and a link that is lost."""

    def ago(seconds: int) -> str:
        return at(NOON - timedelta(seconds=seconds))

    return (
        ScannerView("pack1", "pack", "up", "", 9_322, ago(2), "serial", ignored=14),
        ScannerView("pack2", "pack", "up", "", 9_208, ago(5), "hci0", 71, -58, 22, 1),
        ScannerView("dock1", "ship", "up", "", 9_871, ago(1), "gateway gw1", 12, -74, 31),
        ScannerView("dock2", "ship", "fault", "Bluetooth link lost", 8_571, ago(180), "hci1", 64, -91, 40, 3),
    )


def found() -> FoundView:
    """What is around the same floor by Bluetooth."""

    def heard(number: int, signal_dbm: int, adapter: str, station: str | None) -> FoundScannerView:
        address = f"AA:BB:CC:00:00:{number:02}"
        url = f"ble://{address}?profile=nus"
        name, services = f"Scanner {number:02}", ("6e400001-b5a3-f393-e0a9-e50e24dcca9e",)
        return FoundScannerView(address, name, signal_dbm, adapter, "nus", services, False, station, url)

    return FoundView(
        (heard(3, -49, "hci0", None), heard(1, -58, "hci0", "pack2"), heard(2, -91, "hci1", "dock2")),
        (),
        None,
    )


def parked() -> tuple[ParkedView, ...]:
    """A count that is no number, a kind of event that nobody knows, and one of ours that the hub has rejected."""

    def event(minutes: int, name: str, kind: str, subject: str, reason: str, **data: object) -> ParkedView:
        when = at(NOON - timedelta(minutes=minutes))
        said = {
            "specversion": "1.0",
            "id": name,
            "source": "/erp",
            "type": kind,
            "time": when,
            "subject": subject,
        }
        body = msgspec.json.encode(said | {"data": data}).decode()
        return ParkedView(
            name, when, "feed", "/erp", name, kind, subject, None, reason, body, len(body.encode()), ""
        )

    count = event(
        3, "erp-88213", "stock.set", "A-07-03-2",
        "malformed: Expected `int`, got `str` - at `$.qty`", location="A-07-03-2", sku="B-2209", qty="14",
    )  # fmt: skip
    unknown = event(
        41, "erp-87702", "promotion.started", "618", "unknown-type: promotion.started", title="年中大促"
    )
    rejected = event(
        9, "7f3a-301102", "parcel.shipped", "SO-20618-04377", "rejected: this order is closed",
        order_no="SO-20618-04377", waybill="SF1002937700", carrier="SF",
    )  # fmt: skip
    ours = msgspec.structs.replace(rejected, direction="outbox", source="", order_no="SO-20618-04377")
    return count, ours, unknown


def departures() -> tuple[DepartureView, ...]:
    """Of two carriers: what has left, what leaves next, what is to come."""

    def leaves(carrier: str, hours: int, state: str, parcels: int, missing: int, late: int) -> DepartureView:
        return DepartureView(carrier, at(NOON + timedelta(hours=hours)), state, parcels, missing, late)

    return (
        leaves("SF", -5, "left", 6_204, 0, 0),
        leaves("SF", -1, "left", 5_911, 4, 1),
        leaves("SF", 4, "next", 118, 311, 0),
        leaves("SF", 8, "to come", 0, 96, 0),
        leaves("YTO", -2, "left", 6_120, 2, 2),
        leaves("YTO", 5, "next", 89, 240, 0),
    )


def manifest(departure: DepartureView) -> ManifestView:
    """The latest parcels of it, and what is missing there."""
    steps = (
        ("picked", "picked, not scanned out"),
        ("held", "held: address: ask the customer"),
        ("picking", "being picked"),
        ("ready", "on no pick list"),
    )
    cutoff_at = departure.departure_at or ""
    leaves_at = datetime.fromisoformat(cutoff_at)
    here = departure.missing - departure.late
    missing = tuple(
        MissingOrderView(f"SO-20618-0{4391 + 17 * n}", f"SF10029384{n:02}", cutoff_at, *steps[n % len(steps)])
        for n in range(min(here, 40))
    )
    late = tuple(
        MissingOrderView(
            f"SO-20618-0{4377 + n}",
            f"SF10029377{n:02}",
            cutoff_at,
            "shipped",
            "came late",
            at(leaves_at + timedelta(minutes=12)),
        )
        for n in range(departure.late)
    )
    scanned = (at(leaves_at - timedelta(seconds=3 * n)) for n in reversed(range(min(departure.parcels, 60))))
    parcels = tuple(
        ManifestParcelView(f"SF10029312{n:02}", f"SO-20618-0{4100 + n}", when, "dock1", cutoff_at, 740 + n)
        for n, when in enumerate(scanned)
    )
    return ManifestView(departure, departure.parcels * 812, 3, parcels, missing + late)


def floor() -> FloorView:
    """Noon of a busy day in one warehouse."""
    states = ("received", "ready", "released", "picking", "picked", "packed", "shipped", "held", "cancelled")
    counts = (1_804, 212, 96, 143, 61, 38, 18_442, 7, 131)
    return FloorView(
        site="WH1",
        at=at(NOON),
        version="0.1.0",
        ready=True,
        degraded=("waybills-low: YTO has 180 numbers left, 400 orders in sight",),
        orders=dict(zip(states, counts, strict=True)),
        shipped_total=18_442,
        paid_to_first_byte_ms=Percentiles(4_120, 21.4, 83.0, 412.6),
        change_to_task_ms=Percentiles(388, 148.0, 502.3, 931.0),
        printers=(
            PrinterView("lp1", "printing", "", 3, 5_210, 0),
            PrinterView("lp2", "paper out", "", 12, 4_988, 0, ready=False),
            PrinterView("lp3", "online", "", 0, 4_630, 1),
            PrinterView("lp4", "online", "", 1, 3_701, 0),
        ),
        scanners=scanners(),
        pdas=pdas(),
        hub=HubView(
            "up", "sending", "the hub answered 502: Bad Gateway", 301_442, 301_118, 324, 21.5, CHANNELS
        ),
        exceptions_open=4,
        exceptions=exceptions(),
        walked_mm=48_310_000,
        naive_mm=171_920_000,
    )


def morning(view: FloorView, minutes: int = 11) -> list[FloorView]:
    """The floors before this one, so that the trend has a past; the last one is `view` itself."""
    pace = random.Random(7)
    past, total = [view], view.shipped_total
    for step in range(1, minutes * 6):
        total -= max(0, round(pace.gauss(7, 2.4)) - (5 if 20 < step < 28 else 0))
        earlier = at(NOON - timedelta(seconds=10 * step))
        past.append(msgspec.structs.replace(view, at=earlier, shipped_total=total))
    return past[::-1]


class ScriptedAgent:
    """A source that has seen the whole morning."""

    def __init__(self, floors: list[FloorView]) -> None:
        self._floors = floors
        self.told = asyncio.Event()

    async def follow(self, on_floor: OnFloor, on_connection: OnConnection) -> None:
        """Each floor after the one before it is painted."""
        on_connection(Connection("live"))
        for view in self._floors:
            on_floor(view)
            await asyncio.sleep(0.01)
        self.told.set()

    def retry_now(self) -> None:
        """Nothing to retry: the source never fails."""

    async def departures(self) -> DeparturesView:
        """As the floor's last picture has it."""
        return DeparturesView(at(NOON), departures())

    async def manifest(self, carrier: str, departure_at: str | None, limit: int) -> ManifestView:
        """Of a departure that is listed."""
        del limit
        asked = (carrier, departure_at)
        return manifest(next(each for each in departures() if (each.carrier, each.departure_at) == asked))

    async def quarantine(self, limit: int) -> QuarantineView:
        """All of it."""
        return QuarantineView(at(NOON), len(parked()), parked()[:limit])

    async def release_parked(self, parked: str, note: str, body: str) -> CommandAnswer:
        """Nothing is settled in a picture."""
        del note, body
        return CommandAnswer("", "refused", f"picture: {parked} stays")

    async def drop_parked(self, parked: str, note: str) -> CommandAnswer:
        """Nor given up."""
        return await self.release_parked(parked, note, "")

    async def find_scanners(self) -> FoundView:
        """The two of this floor, and a third one that nobody has paired."""
        return found()

    async def pair(self, station: str, role: Role, *, write: bool) -> AsyncGenerator[PairingStep, None]:
        """Nobody scans in a picture."""
        del role, write
        yield PairingFailed(f"{station}: no scanner has read the code")


async def take(columns: int, rows: int, keys: list[str]) -> str:
    """The screen as SVG, after these keys."""
    source = ScriptedAgent(morning(floor()))
    app = SupervisorApp(source, paint_every_s=0.001)
    async with app.run_test(size=(columns, rows)) as pilot:
        await source.told.wait()
        for key in keys:
            await pilot.press(key)
            await pilot.pause(0.2)
        await pilot.pause(0.2)
        return tidy(app.export_screenshot(title="floorhand tui"))


def tidy(svg: str) -> str:
    """No font from elsewhere, and the width of wide characters counted as two cells."""
    svg = re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL)
    return re.sub(r'textLength="([\d.]+)"([^>]*)>([^<]*)</text>', _with_cells, svg)


def _with_cells(text: re.Match[str]) -> str:
    length, rest, escaped = text.groups()
    shown = html.unescape(escaped)
    cells = float(length) / len(shown) * cell_len(shown)
    return f'textLength="{cells:g}"{rest}>{escaped}</text>'


def main() -> None:
    """Write the picture."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("svg", type=Path)
    arguments.add_argument("--columns", type=int, default=160)
    arguments.add_argument("--rows", type=int, default=50)
    arguments.add_argument("--light", action="store_true")
    arguments.add_argument(
        "--press", nargs="+", default=[], metavar="KEY", help="to another screen: m, or m enter"
    )
    chosen = arguments.parse_args()
    os.environ["TZ"] = "Asia/Shanghai"  # where it is noon
    time.tzset()
    keys = [*chosen.press, *(["d"] if chosen.light else [])]
    chosen.svg.write_text(asyncio.run(take(chosen.columns, chosen.rows, keys)))


if __name__ == "__main__":
    main()
