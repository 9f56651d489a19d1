"""A shift of scanners behind simulated gateways, the hands that hold them, and how these gateways err meanwhile."""

from __future__ import annotations

import asyncio
import math
import random
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from agent.sandbox.gateway_desk import cassia_table
from agent.sandbox.scanners import hardware_address, names, table
from bench.gateway_ledger import Track, heard
from bench.gateway_report import Storm
from devices.sim.gateway import CassiaShape, ContractShape, Faults, Ledger, SentScan, SimGateway

SITE = "WH1"

_LONG = "/of-two-notifications"
_EVERY_S = (0.1, 0.5)  # between two misdeeds of one gateway
_MOST_REPLAYED = 20
_RIGHT_AFTER = 4  # each such pull follows at once on the one before: these two a gateway may swap
_VOLLEYS_BETWEEN = 4  # two units of one SKU, at the most
# In turn; what two gateways hear they must see within 2 s of each other, or it is two scans.
_CONTRACTS = (
    Faults(lose_p=0.02, repeat_p=0.1, clock_off_s=-3_600.0),
    Faults(lose_p=0.02, repeat_p=0.1, swap_p=0.1, clock_off_s=-3_599.0),
    Faults(repeat_p=0.1, swap_p=0.2, clock_off_s=86_400.0),
)
_CASSIAS = Faults(lose_p=0.02, repeat_p=0.1, clock_off_s=-86_400.0)


@dataclass(frozen=True, slots=True)
class Hand:
    """A scanner in use, and the gateways that hear it, each of which has every code of it in its ledger."""

    name: str
    device: str
    gateways: tuple[SimGateway, ...]


class GatewayShift:
    """The last gateway is a Cassia, the others are as the contract has it; the first two share some scanners."""

    def __init__(self, storm: Storm, broker: str) -> None:
        """`broker`: its URL."""
        self._storm = storm
        self._rng = random.Random(f"gateways {storm.seed}")
        self.gateways = [
            _gateway(name, number, storm, broker)
            for number, name in enumerate(names("gw", storm.gateways), start=1)
        ]
        self.hands = list(self._hands())
        self.misdeeds: Counter[str] = Counter()
        self._volleys = 0

    @property
    def tables(self) -> Iterator[str]:
        """Gateways and stations, as a configuration has them."""
        yield cassia_table(self.gateways[-1].gateway)
        for hand in self.hands:
            for gateway in hand.gateways:
                url = f"mqtt://{gateway.gateway}/{hand.device}"
                yield table(f"{hand.name}-{gateway.gateway}", url, "none")

    @property
    def tracks(self) -> Iterator[Track]:
        """What each scanner has read, by the ledgers of its gateways."""
        for hand in self.hands:
            by_gateway = (
                [heard(each, sent) for sent in each.ledger.of(hand.device)] for each in hand.gateways
            )
            yield Track(
                readings=list(zip(*by_gateway, strict=True)),
                in_order=len(hand.gateways) == 1 and not hand.gateways[0].faults.swap_p,
                numbered=hand.gateways[0] is not self.gateways[-1],
            )

    @asynccontextmanager
    async def switched_on(self) -> AsyncIterator[None]:
        """Every gateway holds, or tries for, its connection meanwhile."""
        running = [asyncio.create_task(gateway.run()) for gateway in self.gateways]
        try:
            yield
        finally:
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)

    async def scan(self) -> None:
        """The whole shift; returns when the broker has answered for all that was published."""
        async with asyncio.TaskGroup() as sends, asyncio.TaskGroup() as hands:
            for hand in self.hands:
                hands.create_task(self._scan(hand, random.Random(self._rng.random()), sends))
            for gateway in self.gateways:
                hands.create_task(self._err(gateway, random.Random(self._rng.random()), sends))

    async def volley(self) -> None:
        """Every hand scans in this very moment; returns as `scan`."""
        self._volleys += 1
        code = f"volley-{self._volleys}{_LONG}"
        scans = (
            gateway.scan(hand.device, f"{hand.name}/{code}")
            for hand in self.hands
            for gateway in hand.gateways
        )
        await asyncio.gather(*scans)

    async def settle(self) -> None:
        """What waits to be overtaken is published too; returns as `scan`."""
        await asyncio.gather(*(gateway.settle() for gateway in self.gateways))

    def _hands(self) -> Iterator[Hand]:
        *contracts, _ = self.gateways
        for number, name in enumerate(names("s", self._storm.scanners)):
            own = self.gateways[number % len(self.gateways)]
            is_shared = own is contracts[0] and len(contracts) > 1 and number // len(self.gateways) % 2 == 0
            gateways = tuple(contracts[:2]) if is_shared else (own,)
            yield Hand(name, hardware_address("C0:DE", number), gateways)

    async def _scan(self, hand: Hand, rng: random.Random, sends: asyncio.TaskGroup) -> None:
        """At the storm's rate with jitter; a late pull is not caught up, for a hand has its pace."""
        storm, codes = self._storm, list[str]()
        for pull in range(round(storm.per_s * storm.seconds)):
            if pull % _RIGHT_AFTER:
                await asyncio.sleep(rng.uniform(0.75, 1.25) / storm.per_s)
            codes.append(self._code(hand, pull, codes))
            for gateway in hand.gateways:
                sends.create_task(gateway.scan(hand.device, codes[-1]))

    def _code(self, hand: Hand, pull: int, before: Sequence[str]) -> str:
        """Some a second time, as two units of one SKU have it: long after any bounce, and by one gateway only, whose
        numbers tell them apart."""
        may_be_second = pull // self._apart % 2 == 1 and len(hand.gateways) == 1
        if may_be_second and pull % 5 == 0:
            return before[pull - self._apart]
        return f"{hand.name}/{pull:05}{_LONG if pull % 3 == 0 else ''}"

    @property
    def _apart(self) -> int:
        """So many pulls lie between two units of one SKU: longer than any bounce."""
        return max(_RIGHT_AFTER, math.ceil(1.5 * self._storm.per_s))

    # --- what they do wrong ---------------------------------------------------------------------------------

    async def _err(self, gateway: SimGateway, rng: random.Random, sends: asyncio.TaskGroup) -> None:
        """Replays, restarts of counters and lost links, as long as the hands scan."""
        loop = asyncio.get_running_loop()
        until = loop.time() + self._storm.seconds
        devices = [hand.device for hand in self.hands if gateway in hand.gateways]
        while devices and (left_s := until - loop.time()) > 0:
            await asyncio.sleep(min(left_s, rng.uniform(*_EVERY_S)))
            device = rng.choice(devices)
            match rng.choice(("replay", "replay flagged", "restart", "cut")):
                case "restart":
                    self._restart(gateway, device, sends)
                case "cut":
                    self.misdeeds["links cut"] += 1
                    gateway.cut()
                case replay:
                    flagged = replay == "replay flagged" and gateway is not self.gateways[-1]
                    self._replay(gateway, device, rng.randint(1, _MOST_REPLAYED), sends, flagged=flagged)

    def _restart(self, gateway: SimGateway, device: str, sends: asyncio.TaskGroup) -> None:
        """A counter that has gone so far that no unit's number is that of the other unit of its SKU."""
        if len(current(gateway.ledger, device)) > self._apart + _VOLLEYS_BETWEEN:
            self.misdeeds["counters restarted"] += 1
            sends.create_task(gateway.settle())  # what waits to be overtaken leaves before the new number 1
            gateway.restart_count(device)

    def _replay(
        self, gateway: SimGateway, device: str, most: int, sends: asyncio.TaskGroup, *, flagged: bool
    ) -> None:
        """Of the counting of now: what a gateway has forgotten it cannot tell again."""
        count = min(most, len(current(gateway.ledger, device)))
        if count:
            self.misdeeds["replays, flagged" if flagged else "replays"] += 1
            sends.create_task(gateway.replay(device, count, flagged=flagged))


def current(ledger: Ledger, device: str) -> list[SentScan]:
    """What a gateway has had of a device since its counter began anew."""
    sent = ledger.of(device)
    begins = [number for number, each in enumerate(sent) if each.scan.seq == 1]
    return sent[begins[-1] :] if begins else []


def _gateway(name: str, number: int, storm: Storm, broker: str) -> SimGateway:
    is_last = number == storm.gateways
    return SimGateway(
        name,
        url=broker,
        shape=CassiaShape() if is_last else ContractShape(SITE),
        faults=_CASSIAS if is_last else _CONTRACTS[(number - 1) % len(_CONTRACTS)],
        seed=storm.seed,
        retry_first_s=0.05,
        retry_cap_s=0.5,
    )
