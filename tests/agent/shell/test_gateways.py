"""Scans over gateways: taken once whatever gateway and broker do, and nothing is lost without a word."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import msgspec
import pytest

from agent.core import events as ev
from devices.broker import EmbeddedBroker
from devices.mqtt import Message
from devices.sim.gateway import CassiaShape, ContractShape, Faults, SimGateway
from devices.topics import Topics
from tests.agent.floors import GTIN
from tests.agent.shell.dock import dock
from tests.agent.shell.stage import config_of, running, until
from tests.devices.pda.conftest import connected_peer

RING = {"id": "dock1", "url": "mqtt://gw1/ring7", "role": "ship"}
PACK = {"id": "pack1", "url": "mqtt://gw1/ring7", "role": "pack"}
ADDRESS = "AA:BB:CC:DD:EE:01"
GW1, GW2 = Topics("WH1").of("scan", "gw1"), Topics("WH1").of("scan", "gw2")


def scan(text: str, seq: int | None = None, second: int = 0, **more: Any) -> dict[str, Any]:
    """The contract's JSON."""
    message = {"device": "ring7", "data": text, "at": f"2026-06-18T08:00:{second:02}Z", **more}
    return message if seq is None else message | {"seq": seq}


async def test_a_gateways_scan_is_answered_on_its_stations_topic(
    data_dir: Path, broker: EmbeddedBroker, site: str
) -> None:
    heard: asyncio.Queue[Message] = asyncio.Queue()

    async def hear(message: Message) -> None:
        heard.put_nowait(message)

    topics = Topics(site)
    config = config_of(data_dir, site=site, broker_url=broker.url, scanners=[RING])
    gateway = connected_peer(
        broker.url, client_id=f"{site}-gw1", subscriptions=(topics.of("feedback", "dock1"),), on_message=hear
    )
    async with gateway as peer, dock(config) as made:
        await until(lambda: made.link.connected)
        waybill = await made.picked()
        for text in ("unknown", waybill):
            await peer.link.publish(topics.of("scan", "gw1"), msgspec.json.encode(scan(text)))
        async with asyncio.timeout(10):
            answers = [msgspec.json.decode((await heard.get()).payload) for _ in range(2)]
        assert [(each["scan"], each["tone"]) for each in answers] == [("unknown", "wrong"), (waybill, "good")]
        assert len(made.diary.all(ev.ParcelShipped)) == 1


async def test_a_gateway_without_a_device_in_its_url_is_one_station_for_all_that_have_none(
    data_dir: Path,
) -> None:
    scanners = [{"id": "all", "url": "mqtt://gw1", "role": "ship"}, RING]
    async with dock(config_of(data_dir, scanners=scanners)) as made:
        for device in ("ring7", "ring8", "ring9"):
            await made.deliver(GW1, scan("?", device=device))
        assert [each.scanner for each in made.diary.all(ev.ScanTaken)] == ["dock1", "all", "all"]


async def test_a_message_that_comes_again_is_answered_the_same_and_counts_once(data_dir: Path) -> None:
    async with dock(config_of(data_dir, scanners=[PACK])) as made:
        waybill = await made.picked()
        for message in (scan(waybill, 1), scan(GTIN, 2, 5), scan(GTIN, 2, 5), scan(waybill, 1)):
            await made.deliver(GW1, message)
        assert made.answers() == [("good", "1 item to scan"), ("good", "packed")]
        assert made.diary.all(ev.ParcelPacked)[0].waybill == waybill


async def test_one_scan_that_two_gateways_heard_is_one_scan(data_dir: Path) -> None:
    both = [
        {"id": f"dock{n}", "url": f"mqtt://gw{n}/{address}", "role": "ship"}
        for n, address in ((1, ADDRESS), (2, ADDRESS.replace(":", "").lower()))
    ]
    async with dock(config_of(data_dir, scanners=both)) as made:
        waybill = await made.picked()
        await made.deliver(GW1, scan(waybill, 7, device=ADDRESS))
        await made.deliver(GW2, scan(waybill, 44, 1, device=ADDRESS.replace(":", "").lower()))
        assert [each.scanner for each in made.diary.all(ev.ScanTaken)] == ["dock1"]
        (ignored,) = made.diary.all(ev.ScanIgnored)
        assert (ignored.scanner, ignored.why, ignored.tone) == ("dock2", "other-path", "good")


async def test_scans_that_are_missing_are_an_exception_until_they_come(data_dir: Path) -> None:
    async with dock(config_of(data_dir, scanners=[RING])) as made:
        for seq in (1, 2, 5):
            await made.deliver(GW1, scan(f"code {seq}", seq, seq))
        (opened,) = made.diary.all(ev.ExceptionOpened)
        assert (opened.kind, "missing between 2 and 5" in opened.text) == ("scan-gap", True)
        for seq in (4, 3):
            await made.deliver(GW1, scan(f"code {seq}", seq, seq))
        assert [each.kind for each in made.diary.all(ev.ExceptionClosed)] == ["scan-gap"]


async def test_a_scanner_without_a_station_and_a_broken_message_are_told_to_a_person(data_dir: Path) -> None:
    async with dock(config_of(data_dir, scanners=[RING])) as made:
        for _ in range(2):
            await made.deliver(GW1, scan("SF1", device="ring99"))
            await made.deliver(GW1, scan("SF1") | {"data": 5})
        told = {each.kind: each.text for each in made.diary.all(ev.ExceptionOpened)}
        assert set(told) == {"unknown-scanner", "broken-scan"}
        assert "'SF1' of scanner ring99" in told["unknown-scanner"]
        assert "data" in told["broken-scan"]
        assert len(made.diary.all(ev.ExceptionOpened)) == 2, "once each while it is open"


@pytest.mark.parametrize("at", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"])
async def test_a_time_that_no_scan_has_is_told_and_the_next_scan_is_taken(data_dir: Path, at: str) -> None:
    async with dock(config_of(data_dir, scanners=[RING])) as made:
        await made.deliver(GW1, scan("SF1") | {"at": at})
        await made.deliver(GW1, scan("SF2"))
        (opened,) = made.diary.all(ev.ExceptionOpened)
        assert (opened.kind, "ring7" in opened.text, at[:10] in opened.text) == ("broken-scan", True, True)
        assert [each.text for each in made.diary.all(ev.ScanTaken)] == ["SF2"]


async def test_a_scan_that_the_broker_has_stored_is_not_taken_at_each_connection(data_dir: Path) -> None:
    async with dock(config_of(data_dir, scanners=[RING])) as made:
        await made.deliver(GW1, scan("SF1"), retain=True)
        assert made.answers() == []


async def test_pieces_of_a_code_are_put_together_and_silence_ends_the_last(data_dir: Path) -> None:
    cassia = {
        "id": "gw1", "topic": "up/+/notification", "items": "data", "encoding": "hex", "time": "none",
        "fields": {"device": "id", "data": "value"}, "framing": "line",
    }  # fmt: skip
    scanners = [RING | {"url": f"mqtt://gw1/{ADDRESS}"}]
    async with dock(config_of(data_dir, scanners=scanners, gateways=[cassia])) as made:
        for piece in (b"SF1234", b"5678\rSF9", b"99"):
            await made.deliver("up/CC:1B/notification", {"data": [{"id": ADDRESS, "value": piece.hex()}]})
        taken = await made.diary.until(ev.ScanTaken, 2)
        assert [each.text for each in taken] == ["SF12345678", "SF999"]


_TIMELESS: dict[str, Any] = {
    "id": "gw1", "time": "none", "fields": {"device": "device", "data": "data", "seq": "seq"},
}  # fmt: skip


async def test_two_units_that_waited_at_the_broker_are_two_where_the_gateway_says_no_time(
    data_dir: Path,
) -> None:
    async with dock(config_of(data_dir, scanners=[PACK], gateways=[_TIMELESS])) as made:
        for seq, text in enumerate(("code", "code", "other", "code")):
            await made.deliver(GW1, scan(text, seq))
        assert [(each.text, each.replayed) for each in made.diary.all(ev.ScanTaken)] == [
            (text, True) for text in ("code", "code", "other", "code")
        ]


async def test_what_the_broker_delivers_again_counts_once_where_nothing_else_tells_it(data_dir: Path) -> None:
    async with dock(config_of(data_dir, scanners=[PACK], gateways=[_TIMELESS])) as made:
        await made.deliver(GW1, scan("one"))
        await made.deliver(GW1, scan("two"))
        await asyncio.sleep(0.005)  # in the same millisecond it would be the same message
        await made.deliver(GW1, scan("two"), again=True)
        assert [each.text for each in made.diary.all(ev.ScanTaken)] == ["one", "two"]
        assert [each.why for each in made.diary.all(ev.ScanIgnored)] == ["resent"]


@pytest.mark.parametrize("form", ["contract", "cassia"])
async def test_a_gateway_that_repeats_swaps_and_replays_has_every_scan_taken_once(
    data_dir: Path, broker: EmbeddedBroker, site: str, form: str
) -> None:
    gateways = [_CASSIA] if form == "cassia" else []
    scanners = [RING | {"url": f"mqtt://gw1/{ADDRESS}"}]
    config = config_of(data_dir, site=site, broker_url=broker.url, scanners=scanners, gateways=gateways)
    shape = CassiaShape() if form == "cassia" else ContractShape(site)
    faults = Faults(repeat_p=0.3) if form == "cassia" else Faults(repeat_p=0.3, swap_p=0.3)
    sim = SimGateway("gw1", url=broker.url, shape=shape, faults=faults, seed=5)
    codes = [f"SF10000{n:08}" for n in range(60)]
    async with dock(config) as made, running(sim.run()):
        await until(lambda: made.link.connected and sim.online)
        for code in codes:
            await sim.scan(ADDRESS, code)
        await sim.settle()
        await made.diary.until(ev.ScanTaken, len(codes))
        await sim.replay(ADDRESS, 20, flagged=form == "contract")
        sim.faults = Faults()
        await sim.scan(ADDRESS, "the last")
        taken = await made.diary.until(ev.ScanTaken, len(codes) + 1)
    assert sorted(each.text for each in taken) == [*codes, "the last"]


_CASSIA: dict[str, Any] = {
    "id": "gw1", "topic": "up/gw1/notification", "items": "data", "encoding": "hex", "time": "ms", "framing": "cr",
    "fields": {"device": "id", "data": "value", "seq": "seqNum", "at": "timestamp"},
}  # fmt: skip
