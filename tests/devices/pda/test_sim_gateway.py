"""The simulated gateway over a real broker: what it published is what its ledger says, faults included."""

import asyncio
import tomllib
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from devices.broker import EmbeddedBroker
from devices.pda import GatewayScan, Malformed
from devices.scanners.gateway import GatewayFormat, read_message
from devices.scanners.gateway_reader import GatewayReader
from devices.sim.gateway import CassiaShape, ContractShape, Faults, Shape, SimGateway
from tests.devices.pda.conftest import Connect, Peer

NOW = 1_781_740_803.120
EXAMPLES = Path(__file__).parent.parent / "scanners" / "gateways.toml"


@pytest.fixture
def gateway_id() -> str:
    return f"gw-{uuid.uuid4().hex[:8]}"


class Floor:
    """A gateway and, as the agent would be, a reader of its topic."""

    def __init__(self, gateway: SimGateway, reader: Peer, form: GatewayFormat) -> None:
        self.gateway = gateway
        self.peer = reader
        self._form = form
        self._reader = GatewayReader(form)

    async def read(self, messages: int) -> list[GatewayScan | Malformed]:
        out: list[GatewayScan | Malformed] = []
        async with asyncio.timeout(10):
            for _ in range(messages):
                message = await self.peer.inbox.get()
                out += self._reader.read(message.topic, message.payload, NOW, now=0.0)
        assert self.peer.inbox.empty()
        return out

    async def scans(self, messages: int) -> list[tuple[str, int | None]]:
        outs = await self.read(messages)
        return [(out.data, out.seq) for out in outs if isinstance(out, GatewayScan)]


@asynccontextmanager
async def floor(
    broker: EmbeddedBroker, connect: Connect, gateway: str, shape: Shape, form: GatewayFormat, **settings: Any
) -> AsyncIterator[Floor]:
    sim = SimGateway(
        gateway,
        url=broker.url,
        shape=shape,
        clock=lambda: NOW,
        retry_first_s=0.02,
        retry_cap_s=0.2,
        **settings,
    )
    topic = shape.topic(gateway)
    async with connect(broker.url, client_id=f"{gateway}-reader", subscriptions=[topic]) as reader:
        task = asyncio.create_task(sim.run())
        try:
            yield Floor(sim, reader, form)
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


def contract(broker: EmbeddedBroker, connect: Connect, gateway: str, **settings: Any) -> Any:
    return floor(broker, connect, gateway, ContractShape("WH1"), GatewayFormat(), **settings)


async def test_scans_arrive_numbered_per_device(
    broker: EmbeddedBroker, connect: Connect, gateway_id: str
) -> None:
    async with contract(broker, connect, gateway_id) as site:
        for device, text in (("gun-1", "A"), ("gun-2", "B"), ("gun-1", "C")):
            await site.gateway.scan(device, text)
        assert await site.scans(3) == [("A", 1), ("B", 1), ("C", 2)]
        assert site.gateway.ledger.acknowledged == site.gateway.ledger.scans


async def test_the_ledger_knows_what_the_broker_has_not_answered_for(
    broker: EmbeddedBroker, connect: Connect, gateway_id: str
) -> None:
    sim = SimGateway(gateway_id, url=broker.url, shape=ContractShape("WH1"), clock=lambda: NOW)
    waiting = asyncio.create_task(sim.scan("gun-1", "A"))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert (len(sim.ledger.scans), sim.ledger.acknowledged) == (1, [])
    running = asyncio.create_task(sim.run())
    await asyncio.wait_for(waiting, 10)
    assert sim.ledger.acknowledged == sim.ledger.scans
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_cassias_shape_is_read_with_the_documented_mapping(
    broker: EmbeddedBroker, connect: Connect, gateway_id: str
) -> None:
    table = next(t for t in tomllib.loads(EXAMPLES.read_text())["gateways"] if t.pop("id") == "cassia-1")
    async with floor(broker, connect, gateway_id, CassiaShape(), GatewayFormat(**table)) as site:
        codes = ["FH1:SF1385628716739:J0007:1", "6901234567892", "x" * 60]
        for code in codes:
            await site.gateway.scan("AA:BB:CC:00:00:01", code, "C0")
        outs = await site.read(sum(sent.published for sent in site.gateway.ledger.scans))
        assert [(out.data, out.symbology) for out in outs if isinstance(out, GatewayScan)] == [
            (code, "C0") for code in codes
        ]
        assert len(outs) == len(codes)


async def test_a_lost_scan_leaves_a_gap_and_stands_in_the_ledger(
    broker: EmbeddedBroker, connect: Connect, gateway_id: str
) -> None:
    async with contract(broker, connect, gateway_id) as site:
        await site.gateway.scan("gun-1", "A")
        site.gateway.faults = Faults(lose_p=1.0)
        lost = await site.gateway.scan("gun-1", "B")
        site.gateway.faults = Faults()
        await site.gateway.scan("gun-1", "C")
        assert await site.scans(2) == [("A", 1), ("C", 3)]
        assert (lost.lost, lost.published, lost.acknowledged) == (True, 0, 0)
        assert lost not in site.gateway.ledger.acknowledged


async def test_a_scan_is_repeated_and_a_later_one_overtakes(
    broker: EmbeddedBroker, connect: Connect, gateway_id: str
) -> None:
    async with contract(broker, connect, gateway_id, faults=Faults(repeat_p=1.0)) as site:
        await site.gateway.scan("gun-1", "A")
        site.gateway.faults = Faults(swap_p=1.0)
        await site.gateway.scan("gun-1", "B")
        site.gateway.faults = Faults()
        await site.gateway.scan("gun-1", "C")
        assert await site.scans(4) == [("A", 1), ("A", 1), ("C", 3), ("B", 2)]


async def test_what_nothing_overtakes_is_sent_when_it_settles(
    broker: EmbeddedBroker, connect: Connect, gateway_id: str
) -> None:
    async with contract(broker, connect, gateway_id, faults=Faults(swap_p=1.0)) as site:
        held = await site.gateway.scan("gun-1", "A")
        assert held.published == 0
        await site.gateway.settle()
        await site.gateway.settle()
        assert await site.scans(1) == [("A", 1)]


@pytest.mark.parametrize("flagged", [True, False])
async def test_a_replay_sends_the_devices_last_scans_again(
    broker: EmbeddedBroker, connect: Connect, gateway_id: str, flagged: bool
) -> None:
    async with contract(broker, connect, gateway_id) as site:
        for device, text in (("gun-1", "A"), ("gun-1", "B"), ("gun-2", "X"), ("gun-1", "C")):
            await site.gateway.scan(device, text)
        first = await site.read(4)
        await site.gateway.replay("gun-1", 2, flagged=flagged)
        again = [out for out in await site.read(2) if isinstance(out, GatewayScan)]
        assert [(out.data, out.seq, out.replayed) for out in again] == [("B", 2, flagged), ("C", 3, flagged)]
        if not flagged:
            assert again == [first[1], first[3]]


async def test_a_gateway_that_lies_about_its_count_and_its_clock(
    broker: EmbeddedBroker, connect: Connect, gateway_id: str
) -> None:
    async with contract(broker, connect, gateway_id, faults=Faults(clock_off_s=-3600.0)) as site:
        await site.gateway.scan("gun-1", "A")
        site.gateway.miscount("gun-1", 5)
        await site.gateway.scan("gun-1", "B")
        site.gateway.miscount("gun-1", -1)
        await site.gateway.scan("gun-1", "C")
        site.gateway.restart_count("gun-1")
        await site.gateway.scan("gun-1", "D")
        outs = await site.read(4)
    assert [(out.data, out.seq) for out in outs] == [("A", 1), ("B", 7), ("C", 7), ("D", 1)]
    assert {out.at for out in outs} == {"2026-06-17T23:00:03.120Z"}


async def test_what_was_in_flight_when_the_link_broke_is_sent_after(
    broker: EmbeddedBroker, connect: Connect, gateway_id: str
) -> None:
    async with contract(broker, connect, gateway_id) as site:
        await site.gateway.scan("gun-1", "A")
        sending = [asyncio.create_task(site.gateway.scan("gun-1", f"B{n}")) for n in range(20)]
        await asyncio.sleep(0)
        site.gateway.cut()
        await asyncio.wait_for(asyncio.gather(*sending), 10)
        assert len(site.gateway.ledger.acknowledged) == 21
        seen: set[str] = set()
        while len(seen) < 21:
            [payload] = await site.peer.receive()
            [scan] = read_message(GatewayFormat(), "t", payload, NOW)
            assert isinstance(scan, GatewayScan)
            seen.add(scan.data)
        assert seen == {"A", *(f"B{n}" for n in range(20))}


async def test_the_same_seed_errs_in_the_same_way(
    broker: EmbeddedBroker, connect: Connect, gateway_id: str
) -> None:
    async def what_is_lost(seed: int) -> list[bool]:
        async with contract(broker, connect, gateway_id, faults=Faults(lose_p=0.5), seed=seed) as site:
            return [(await site.gateway.scan("gun-1", str(n))).lost for n in range(40)]

    assert await what_is_lost(3) == await what_is_lost(3) != await what_is_lost(4)
