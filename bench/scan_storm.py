"""A shift of Bluetooth scanners against the real agent, while bluetoothd is killed and all links are lost.

    python -m bench.scan_storm                      # 100 scanners, 10 scans/s each, for a minute
    python -m bench.scan_storm --weather            # packets split, merged, doubled; links that fail one by one
    python -m bench.scan_storm --kills-of-agent 3   # and the agent killed in between

The real bleak in the real agent talks to a fake bluetoothd over a real D-Bus. What is scanned while a scanner is not
connected stays in its memory, and comes later, once. In the end every scan must stand in the journal, exactly once and
in the order of its scanner. A Bluetooth notification has no acknowledgement but the radio's: what was on its way when
the agent was killed is lost, and is counted; a scan whose tone was heard never is.
"""

from __future__ import annotations

import argparse
import asyncio
import math
import os
import random
import re
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import zip_longest
from pathlib import Path

from agent.api.messages import Percentiles
from agent.sandbox.processes import Child
from agent.store.verify import verify
from bench.campaign import run
from bench.figures import machine
from bench.scan_agent import cpu_s, start, write_config
from bench.scan_ledger import compare_all, count_scans, died_with_agent, read_journal
from bench.scan_report import BACK_WITHIN_S, Condition, Recovery, Report, Storm, show_report
from bench.scan_shift import TIMING, Blow, Shift
from devices.sim.bluez import FakeBluez, HandsetScan, adapters, private_bus

_BUS = "DBUS_SYSTEM_BUS_ADDRESS"
_AT_REST_WITHIN_S = 120.0
_STILL_S = 3.0
_LOOKS, _BETWEEN_LOOKS_S = 5, 0.1
_CATCHES_UP_S = 5.0


async def play(storm: Storm, folder: Path) -> Report:
    """One storm, on a bus of its own. DeviceError without dbus-daemon, RuntimeError where the agent does not start."""
    async with (
        private_bus() as bus,
        FakeBluez(bus.address, adapters(storm.adapters), timing=TIMING, seed=storm.seed) as bluez,
    ):
        shift = Shift(bluez, storm.scanners, seed=storm.seed, rough=storm.weather)
        with _system_bus(bus.address):
            agent = await start(write_config(folder, shift.tables))
            try:
                return await _Rehearsal(storm, folder, shift, agent).play()
            finally:
                await agent.stop()


class _Rehearsal:
    def __init__(self, storm: Storm, folder: Path, shift: Shift, agent: Child) -> None:
        self._storm, self._folder, self._shift, self._agent = storm, folder, shift, agent
        self._recoveries: list[Recovery] = []
        self._unquiet: list[tuple[float, float]] = []  # from each blow until what it kept back has come
        self._deaths: list[tuple[float, float]] = []  # of the agent, until bluetoothd knew
        self._cores = 0.0

    async def play(self) -> Report:
        """Through all blows, until everything has come; then the comparison."""
        before = await self._at_rest()
        async with asyncio.TaskGroup() as group:
            group.create_task(self._shift.scan(self._storm.per_s, self._storm.seconds))
            group.create_task(self._suffer())
        after = await self._at_rest()
        await self._agent.stop()
        return self._report(before, after)

    # --- blows ----------------------------------------------------------------------------------------------

    async def _suffer(self) -> None:
        """The blows, with even pauses."""
        blows = self._blows()
        pause_s = self._storm.seconds / (len(blows) + 1)
        self._cores = await self._cores_for(pause_s)
        for blow in blows:
            await self._bear(blow)
            async with self._shift.weather():
                await asyncio.sleep(pause_s)

    def _blows(self) -> list[Blow]:
        """Those of the agent among the others, which take turns."""
        storm, shift = self._storm, self._shift
        kills, drops = [shift.kill()] * storm.kills, [shift.drop_all()] * storm.drops
        blows = [blow for pair in zip_longest(kills, drops) for blow in pair if blow is not None]
        rng = random.Random(f"agent {storm.seed}")
        for _ in range(storm.agent_kills):
            blows.insert(rng.randint(0, len(blows)), Blow("agent killed", self._kill_agent))
        return blows

    async def _bear(self, blow: Blow) -> None:
        began, began_at = asyncio.get_running_loop().time(), time.time()
        await blow.strike()
        are_back = await self._shift.are_back(BACK_WITHIN_S)
        took_s = asyncio.get_running_loop().time() - began
        self._recoveries.append(Recovery(blow.name, took_s if are_back else None))
        # Under a silent link tones are lost, and those that follow are taken for their answers.
        self._unquiet.append((began_at, math.inf if self._storm.weather else time.time() + _CATCHES_UP_S))

    async def _kill_agent(self) -> None:
        killed_at = time.time()
        self._agent.kill()
        await self._shift.none_listened_to()
        self._deaths.append((killed_at, time.time()))
        self._agent.start()

    # --- measuring ------------------------------------------------------------------------------------------

    async def _at_rest(self) -> Condition:
        """When all are connected, nothing is kept, and nothing comes any more."""
        await self._shift.are_back(BACK_WITHIN_S)
        with suppress(TimeoutError):
            async with asyncio.timeout(_AT_REST_WITHIN_S):
                while count_scans(self._folder) < self._shift.scanned and await self._more_come():
                    continue
        process = Path(f"/proc/{self._agent.pid}")
        descriptors = []
        for _ in range(_LOOKS):  # a connection that is tried now and then is none that is held
            descriptors.append(len(list((process / "fd").iterdir())))
            await asyncio.sleep(_BETWEEN_LOOKS_S)
        resident_kb = re.search(r"VmRSS:\s+(\d+)", (process / "status").read_text())
        assert resident_kb is not None
        return Condition(min(descriptors), int(resident_kb[1]) / 1024)

    async def _more_come(self) -> bool:
        """Is anything kept still, or are there more in the journal after a while?"""
        before = count_scans(self._folder)
        await asyncio.sleep(_STILL_S)
        return self._shift.kept or count_scans(self._folder) > before

    async def _cores_for(self, seconds: float) -> float:
        pid = self._agent.pid
        assert pid is not None
        before, began = cpu_s(pid), time.perf_counter()
        await asyncio.sleep(seconds)
        return (cpu_s(pid) - before) / (time.perf_counter() - began)

    def _report(self, before: Condition, after: Condition) -> Report:
        written = read_journal(self._folder)
        scanned = {handset.name: handset.scans for handset in self._shift.handsets}
        all_scans = [scan for scans in scanned.values() for scan in scans]
        difference = compare_all(scanned, written)
        swallowed = [scan for scan in difference.lost if scan.swallowed]
        died = [scan for scan in difference.lost if died_with_agent(scan, self._deaths)]
        excused = {scan.text for scan in (*swallowed, *died)}
        return Report(
            machine=machine(),
            storm=self._storm,
            scans=len(all_scans),
            taken=sum(map(len, written.taken.values())),
            ignored=dict(written.ignored),
            lost=len(difference.lost) - len(excused),
            doubled=difference.doubled,
            disordered=difference.disordered,
            unknown=difference.unknown,
            swallowed=len(swallowed),
            died_with_agent=len(died),
            recoveries=self._recoveries,
            before=before,
            after=after,
            cores=self._cores,
            quiet=Percentiles.of(filter(None, map(self._quiet_ms, all_scans))),
            verdict=verify(self._folder),
        )

    def _quiet_ms(self, scan: HandsetScan) -> float | None:
        """From trigger to tone, if both were outside of every blow."""
        toned_at = scan.toned_at
        if toned_at is None or any(scan.at <= end and toned_at >= blow for blow, end in self._unquiet):
            return None
        return (toned_at - scan.at) * 1000


@contextmanager
def _system_bus(address: str) -> Iterator[None]:
    """What is started meanwhile takes this bus for the system's."""
    before = os.environ.get(_BUS)
    os.environ[_BUS] = address
    try:
        yield
    finally:
        if before is None:
            del os.environ[_BUS]
        else:
            os.environ[_BUS] = before


def main(arguments: Sequence[str] | None = None) -> int:
    """The tables, or JSON; the exit code is 0 where nothing is wrong."""
    storm = Storm()
    parser = argparse.ArgumentParser(prog="python -m bench.scan_storm", description=__doc__)
    parser.add_argument("--scanners", type=int, default=storm.scanners, metavar="N")
    parser.add_argument("--per-s", type=float, default=storm.per_s, metavar="N", help="scans of each")
    parser.add_argument("--seconds", type=float, default=storm.seconds, metavar="N")
    parser.add_argument("--adapters", type=int, default=storm.adapters, metavar="N")
    parser.add_argument("--seed", type=int, default=storm.seed, metavar="N")
    parser.add_argument("--weather", action="store_true", help="faults by chance between the blows")
    parser.add_argument("--kills-of-agent", type=int, default=0, metavar="N", dest="agent_kills")
    return run(parser, arguments, lambda asked, folder: play(Storm(**asked), folder), show_report)


if __name__ == "__main__":
    sys.exit(main())
