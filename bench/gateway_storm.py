"""Scanners behind gateways against the real agent and a real broker, while both are killed and the gateways err.

    python -m bench.gateway_storm                   # 40 scanners behind 4 gateways, 5 scans/s each, for 30 s
    python -m bench.gateway_storm --kills 10        # the agent killed so often

The gateways lose, repeat, swap and replay messages, restart their counters, lose their links, and have wrong clocks;
the last one passes on radio packets, as Cassia's do. In the end every scan that the broker answered for to its gateway
must stand in the journal as taken, exactly once, and in its order where its gateway keeps it; and people must have been
told of what is missing, and of nothing else. Where the agent dies between two pieces of one code, that code is lost,
for the first piece was acknowledged: it is counted. The broker is killed while the agent is there: what it answered for
an instant before may not be on its disk yet.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import msgspec

from agent.core import events as ev
from agent.sandbox.processes import Child
from agent.store.verify import verify
from bench.campaign import run
from bench.figures import machine
from bench.gateway_gaps import judge_gaps
from bench.gateway_ledger import Told, at_broker, compare, count_taken, read_told
from bench.gateway_report import Report, Storm, show_report
from bench.gateway_shift import SITE, GatewayShift
from bench.scan_agent import write_config
from bench.scan_report import BACK_WITHIN_S, Recovery
from devices.broker import EmbeddedBroker
from devices.mqtt import Message, MqttLink
from devices.topics import Topics

_ALL_WITHIN_S = 60.0
_STILL_S = 2.0
_AWAY_S = (0.0, 1.0)  # what was killed
_AFTER_VOLLEY_S = (0.0, 0.06)  # somewhere from the gateways' links to the agent's commits


async def play(storm: Storm, folder: Path) -> Report:
    """One storm, with a broker of its own. BrokerError where none is installed, RuntimeError without the agent."""
    with EmbeddedBroker() as broker:
        shift = GatewayShift(storm, broker.url)
        config = write_config(folder, shift.tables, broker.url)
        agent = Child("agent", ["run", "--config", str(config)], folder)
        async with _watching(broker.url) as watch, shift.switched_on():
            try:
                return await _Rehearsal(storm, folder, shift, agent, broker, watch).play()
            finally:
                await agent.stop()


class _Watch:
    """Hears from the broker when the agent has connected."""

    def __init__(self) -> None:
        self._came = asyncio.Event()

    async def hear(self, message: Message) -> None:
        """A presence of the agent: a stored one says nothing of now."""
        if not message.retain and msgspec.json.decode(message.payload)["online"]:
            self._came.set()

    def begin(self) -> None:
        """What counts comes from now on."""
        self._came.clear()

    async def is_back(self, within_s: float) -> bool:
        """Wait for it."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._came.wait(), within_s)
        return self._came.is_set()


@asynccontextmanager
async def _watching(broker: str) -> AsyncIterator[_Watch]:
    watch = _Watch()
    greeted = asyncio.Event()

    async def greet(_session_present: bool) -> None:
        greeted.set()

    link = MqttLink(
        broker,
        client_id="watch",
        subscriptions=(Topics(SITE).agent_presence,),
        retry_first_s=0.02,
        retry_cap_s=0.2,
    )
    running = asyncio.create_task(link.run(watch.hear, greet))
    try:
        await greeted.wait()
        yield watch
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


class _Rehearsal:
    def __init__(
        self,
        storm: Storm,
        folder: Path,
        shift: GatewayShift,
        agent: Child,
        broker: EmbeddedBroker,
        watch: _Watch,
    ) -> None:
        self._storm, self._folder, self._shift = storm, folder, shift
        self._agent, self._broker, self._watch = agent, broker, watch
        self._rng = random.Random(f"blows {storm.seed}")
        self._recoveries: list[Recovery] = []
        self._deaths: list[tuple[float, float]] = []

    async def play(self) -> Report:
        """Through all blows, until everything has come; then the comparison."""
        self._agent.start()
        if not await self._watch.is_back(BACK_WITHIN_S):
            raise RuntimeError(self._agent.last_words())
        all_came = await self._suffer()
        await self._at_rest()
        await self._agent.stop()
        return self._report(read_told(self._folder), all_came=all_came)

    async def _suffer(self) -> bool:
        """The shift and the blows; does the broker have everything in the end?"""
        with suppress(TimeoutError):
            async with asyncio.timeout(self._storm.seconds + _ALL_WITHIN_S):
                async with asyncio.TaskGroup() as group:
                    group.create_task(self._shift.scan())
                    group.create_task(self._strike(group))
                await self._shift.settle()
            return True
        return False

    async def _strike(self, volleys: asyncio.TaskGroup) -> None:
        """All blows at random moments, the next when the one before is overcome; much is on its way at each."""
        storm = self._storm
        blows = ["agent"] * storm.kills + ["broker"] * storm.broker_kills
        self._rng.shuffle(blows)
        for blow in blows:
            await asyncio.sleep(self._rng.uniform(0.2, 1.8) * storm.seconds / (len(blows) + 1))
            volleys.create_task(self._shift.volley())
            await asyncio.sleep(self._rng.uniform(*_AFTER_VOLLEY_S))
            await self._bear(blow)

    async def _bear(self, blow: str) -> None:
        began, killed_at = asyncio.get_running_loop().time(), time.time()
        self._watch.begin()
        if blow == "agent":
            self._agent.kill()
            await asyncio.sleep(self._rng.uniform(*_AWAY_S))
            self._agent.start()
        else:
            self._broker.stop(kill=True)
            await asyncio.sleep(self._rng.uniform(*_AWAY_S))
            self._broker.start()
        is_back = await self._watch.is_back(BACK_WITHIN_S)
        took_s = asyncio.get_running_loop().time() - began
        self._recoveries.append(Recovery(blow, took_s if is_back else None))
        if blow == "agent":
            self._deaths.append((killed_at, time.time()))

    async def _at_rest(self) -> None:
        """When nothing comes any more; what the broker has is waited for longer."""
        loop = asyncio.get_running_loop()
        until = loop.time() + _ALL_WITHIN_S
        before = -1
        while (count := count_taken(self._folder)) > before or (
            count < self._at_broker and loop.time() < until
        ):
            before = count
            await asyncio.sleep(_STILL_S)

    @property
    def _at_broker(self) -> int:
        """Codes that the broker has answered for to a gateway."""
        return sum(at_broker(reading) for track in self._shift.tracks for reading in track.readings)

    def _report(self, told: Sequence[Told], *, all_came: bool) -> Report:
        tracks = list(self._shift.tracks)
        readings = [reading for track in tracks for reading in track.readings]
        opened = (each.kind for each in told if isinstance(each, ev.ExceptionOpened))
        sent = [each for gateway in self._shift.gateways for each in gateway.ledger.scans]
        misdeeds = {"never published": sum(not each.published for each in sent), **self._shift.misdeeds}
        return Report(
            machine=machine(),
            broker=self._broker.name,
            storm=self._storm,
            scans=len(readings),
            at_broker=self._at_broker,
            taken=sum(isinstance(each, ev.ScanTaken) for each in told),
            ignored=Counter(each.why for each in told if isinstance(each, ev.ScanIgnored)),
            difference=compare(tracks, told, self._deaths),
            gaps=judge_gaps(tracks, told),
            misdeeds=misdeeds,
            told=Counter(opened),
            recoveries=self._recoveries,
            all_came=all_came,
            verdict=verify(self._folder),
        )


def main(arguments: Sequence[str] | None = None) -> int:
    """The tables, or JSON; the exit code is 0 where nothing is wrong."""
    storm = Storm()
    parser = argparse.ArgumentParser(prog="python -m bench.gateway_storm", description=__doc__)
    parser.add_argument(
        "--gateways", type=int, default=storm.gateways, metavar="N", help="the last is a Cassia"
    )
    parser.add_argument("--scanners", type=int, default=storm.scanners, metavar="N")
    parser.add_argument("--per-s", type=float, default=storm.per_s, metavar="N", help="scans of each")
    parser.add_argument("--seconds", type=float, default=storm.seconds, metavar="N")
    parser.add_argument("--kills", type=int, default=storm.kills, metavar="N", help="of the agent")
    parser.add_argument("--broker-kills", type=int, default=storm.broker_kills, metavar="N")
    parser.add_argument("--seed", type=int, default=storm.seed, metavar="N")
    return run(parser, arguments, lambda asked, folder: play(Storm(**asked), folder), show_report)


if __name__ == "__main__":
    sys.exit(main())
