"""Stations: scans over a pseudo-terminal, answered after the commit."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from agent.core import events as ev
from devices.scanners.assembler import Burst
from devices.sim.scanner import PtyScanner
from tests.agent.floors import GTIN
from tests.agent.shell.dock import dock
from tests.agent.shell.stage import config_of, order_at, pay


@pytest.fixture
async def scanner() -> AsyncIterator[PtyScanner]:
    with PtyScanner(baud=115_200, speed=20) as made:
        yield made


def station(scanner: PtyScanner, role: str = "ship") -> dict[str, Any]:
    return {"id": f"{role}1", "url": scanner.url, "role": role, "feedback": "bel"}


# --- serial -------------------------------------------------------------------------------------------------


async def test_a_picked_parcel_ships_with_a_good_tone_and_a_second_scan_changes_nothing(
    data_dir: Path, scanner: PtyScanner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Burst, "WITH_CONNECTION_S", 0.0)  # as if the port had been open for long
    async with dock(config_of(data_dir, scanners=[station(scanner)])) as made:
        waybill = await made.picked()
        assert await scanner.scan(waybill, timeout_s=5) == "good"
        assert order_at(made.store, "SO-1").state == "shipped"
        assert await scanner.scan(waybill, timeout_s=5) == "good"
        assert len(made.diary.all(ev.ParcelShipped)) == 1
        (ignored,) = made.diary.all(ev.ScanIgnored)
        assert (ignored.why in {"echo", "bounce"}, made.stations.all[0].ignored) == (True, 1)


async def test_an_unknown_code_is_wrong_and_a_parcel_that_is_not_picked_is_stopped(
    data_dir: Path, scanner: PtyScanner
) -> None:
    async with dock(config_of(data_dir, scanners=[station(scanner)])) as made:
        await pay(made.store, "SO-1")
        assert await scanner.scan("nobody's", timeout_s=5) == "wrong"
        assert await scanner.scan(order_at(made.store, "SO-1").waybill or "", timeout_s=5) == "stop"
        assert made.diary.all(ev.ParcelShipped) == []
        assert [each.kind for each in made.diary.all(ev.ExceptionOpened)] == ["stopped-parcel"]


async def test_where_a_site_packs_the_items_are_scanned_before_it_ships(data_dir: Path) -> None:
    with PtyScanner(baud=115_200, speed=20) as packing, PtyScanner(baud=115_200, speed=20) as shipping:
        both = [station(packing, "pack"), station(shipping, "ship")]
        async with dock(config_of(data_dir, scanners=both)) as made:
            waybill = await made.picked()
            assert await shipping.scan(waybill, timeout_s=5) == "stop"
            assert await packing.scan(waybill, timeout_s=5) == "good"
            assert await packing.scan(GTIN, timeout_s=5) == "good"
            assert await shipping.scan(waybill, timeout_s=5) == "good"
            assert order_at(made.store, "SO-1").state == "shipped"


async def test_a_scanner_that_is_unplugged_is_one_fault_until_it_is_plugged_in_again(
    data_dir: Path, scanner: PtyScanner
) -> None:
    async with dock(config_of(data_dir, scanners=[station(scanner)])) as made:
        waybill = await made.picked()
        assert await scanner.scan("warm", timeout_s=5) == "wrong"
        scanner.unplug()
        await made.diary.until(ev.DeviceFault)
        await asyncio.sleep(1.5)  # it is tried again meanwhile
        assert made.stations.all[0].fault is not None
        assert made.diary.all(ev.DeviceRecovered) == []
        scanner.plug()
        await made.diary.until(ev.DeviceRecovered)
        assert await scanner.scan(waybill, timeout_s=5) == "good"
        assert len(made.diary.all(ev.DeviceFault)) <= 2, "unplugged, and not there"
