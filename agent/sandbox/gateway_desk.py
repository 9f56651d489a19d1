"""Simulated MQTT gateways on a desk, and the scanners that they hear; they scan, and take faults by word."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from agent.sandbox.scanners import hardware_address, names, serve, table
from agent.sandbox.typed import Say, Words, named, say, whole
from devices.errors import LinkUnreachable
from devices.sim.gateway import CassiaShape, ContractShape, SentScan, Shape, SimGateway

#: How the gateways of a site may publish, by the option's word.
SHAPES: Mapping[str, Callable[[str], Shape]] = {
    "contract": ContractShape,
    "cassia": lambda _site: CassiaShape(),
}

_LOOKS_EVERY_S = 0.1  # whether a gateway whose broker has not answered yet still has one
_RETRY_CAP_S = 2.0  # a person waits for a broker that is back
_YEAR_S = 366 * 86_400
_LARGEST = 1_000_000

# Beside its id and topic; `where` is one line, as it stands in docs/scanning.md.
_CASSIA_READING = """\
items = "data"
where = { "$.action" = "data.notification", handle = 15 }
fields = { device = "id", data = "value", seq = "seqNum", at = "timestamp" }
encoding = "hex"
time = "ms"
framing = "cr"
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayOptions:
    """How many scanners behind how many gateways, each of which hears all of them.

    `broker`: its URL. `shape`: of SHAPES. `rate`: codes that each scanner scans a second by itself.
    """

    broker: str
    site: str
    shape: str
    gateways: int
    count: int
    rate: float | None = None


@dataclass(frozen=True, slots=True)
class HeardScanner:
    """A scanner, and the gateways that hear it."""

    device: str
    gateways: Sequence[SimGateway]

    async def scan(self, text: str) -> list[SentScan]:
        """Pull the trigger; what each gateway made of it."""
        return await asyncio.gather(*(gateway.scan(self.device, text) for gateway in self.gateways))


async def run_gateways(options: GatewayOptions, tell: Say = say) -> None:
    """Until interrupted. Raises LinkUnreachable, in a group, where the broker cannot be reached."""
    shape = SHAPES[options.shape](options.site)
    async with asyncio.TaskGroup() as group:
        gateways = [
            await _switched_on(name, options.broker, shape, group) for name in names("gw", options.gateways)
        ]
        scanners = {
            name: HeardScanner(hardware_address("AA:5C", number), gateways)
            for number, name in enumerate(names("s", options.count), start=1)
        }
        for text in _tables(shape, gateways, scanners):
            tell(text)
        await serve(GatewayDesk(gateways, scanners).words, scanners.values(), options.rate, tell)


async def _switched_on(name: str, broker: str, shape: Shape, group: asyncio.TaskGroup) -> SimGateway:
    """A gateway that has reached its broker, and from now on tries for ever. Raises LinkUnreachable."""
    first: asyncio.Future[tuple[bool, str]] = asyncio.get_running_loop().create_future()

    def hear(online: bool, reason: str) -> None:
        if not first.done():
            first.set_result((online, reason))

    gateway = SimGateway(name, url=broker, shape=shape, retry_cap_s=_RETRY_CAP_S, on_state=hear)
    group.create_task(gateway.run())
    online, reason = await first
    if not online:
        raise LinkUnreachable(f"no broker at {broker}: {reason}")
    return gateway


def cassia_table(gateway: str) -> str:
    """`[[gateways]]` as a configuration has it for one that publishes as Cassia's do."""
    return f'[[gateways]]\nid = "{gateway}"\ntopic = "{CassiaShape().topic(gateway)}"\n{_CASSIA_READING}'


def _tables(
    shape: Shape, gateways: Sequence[SimGateway], scanners: Mapping[str, HeardScanner]
) -> Iterator[str]:
    """What a configuration says of them; a scanner has a station at each gateway, the first by its own name."""
    if isinstance(shape, CassiaShape):
        for each in gateways:
            yield cassia_table(each.gateway)
    for name, scanner in scanners.items():
        for each in gateways:
            station = name if each is gateways[0] else f"{name}-{each.gateway}"
            yield table(station, f"mqtt://{each.gateway}/{scanner.device}", feedback="none")


class GatewayDesk:
    """What a person can do to scanners behind gateways, and to these: faults are those of all gateways."""

    def __init__(self, gateways: Sequence[SimGateway], scanners: Mapping[str, HeardScanner]) -> None:
        self._gateways, self._scanners = gateways, scanners
        self._sending: set[asyncio.Task[str]] = set()
        self.words: Words = {
            "scan NAME CODE": self._scan,
            "replay NAME COUNT": partial(self._replay, flagged=True),
            "again NAME COUNT": partial(self._replay, flagged=False),
            "restart NAME": self._restart,
            "miscount NAME BY": self._miscount,
            "lose PERCENT": partial(self._err, "lose_p"),
            "repeat PERCENT": partial(self._err, "repeat_p"),
            "swap PERCENT": partial(self._err, "swap_p"),
            "clock SECONDS": self._clock,
            "cut": self._cut,
            "list": self._list,
        }

    async def _scan(self, name: str, code: str) -> str:
        scanner = named(self._scanners, name)

        async def scanning() -> str:
            fates = zip(scanner.gateways, await scanner.scan(code), strict=True)
            return ", ".join(f"{each.gateway} {_fate(sent)}" for each, sent in fates)

        return await self._unless_away(scanning())

    async def _replay(self, name: str, count: str, *, flagged: bool) -> str:
        device, most = named(self._scanners, name).device, whole(count, 1, _LARGEST)

        async def replaying() -> str:
            replays = (each.replay(device, most, flagged=flagged) for each in self._gateways)
            sent = await asyncio.gather(*replays)
            return ", ".join(
                f"{each.gateway} sent {len(scans)}" for each, scans in zip(self._gateways, sent, strict=True)
            )

        return await self._unless_away(replaying())

    async def _unless_away(self, sending: Coroutine[Any, Any, str]) -> str:
        """What came of it; where the broker is away, the gateways keep it while the next words are obeyed."""
        task = asyncio.create_task(sending)
        self._sending.add(task)
        task.add_done_callback(self._sending.discard)
        while True:
            await asyncio.wait({task}, timeout=_LOOKS_EVERY_S)
            if task.done():
                return task.result()
            if not all(each.online for each in self._gateways):
                return "kept until the broker is back"

    async def _restart(self, name: str) -> str:
        device = named(self._scanners, name).device
        for each in self._gateways:
            each.restart_count(device)
        return "its next number is 1"

    async def _miscount(self, name: str, by: str) -> str:
        device, numbers = named(self._scanners, name).device, whole(by, -_LARGEST, _LARGEST)
        for each in self._gateways:
            each.miscount(device, numbers)
        return "its next number is wrong"

    async def _err(self, fault: str, percent: str) -> str:
        self._change(**{fault: whole(percent, 0, 100) / 100})
        return f"{percent} % of scans"

    async def _clock(self, seconds: str) -> str:
        self._change(clock_off_s=whole(seconds, -_YEAR_S, _YEAR_S))
        return f"{seconds} s off"

    def _change(self, **faults: float) -> None:
        for each in self._gateways:
            each.faults = replace(each.faults, **faults)

    async def _cut(self) -> str:
        for each in self._gateways:
            each.cut()
        return "all links are lost"

    async def _list(self) -> str:
        return ", ".join(map(_state, self._gateways))


def _fate(sent: SentScan) -> str:
    if sent.lost:
        return f"lost {sent.scan.seq}"
    if not sent.published:
        return f"holds {sent.scan.seq} back"
    twice = " twice" if sent.published > len(sent.payloads) else ""
    return f"sent {sent.scan.seq}{twice}"


def _state(gateway: SimGateway) -> str:
    ledger = gateway.ledger
    online = "online" if gateway.online else "away"
    return (
        f"{gateway.gateway} {online} ({len(ledger.acknowledged)} of {len(ledger.scans)} scans at the broker)"
    )
