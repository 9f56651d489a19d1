"""Random schedules of SIGKILL, channel loss and switch; at the end of each, the ledgers of hub and agent must be equal.

`python -m bench.hub_schedules [--seed N] [--count 1000] [--at-once 6] [--json]`: each seed makes one schedule for one
backup channel (none, a second URL, MQTT, files) with the real agent process. A schedule that fails is named by its
seed, and `--count 1` plays it again. Exit 1 if any failed.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import sys
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import msgspec

from agent.store.verify import verify
from bench.figures import folder_in, machine, show
from bench.hub_floor import BACKUPS, Backup, HubFloor

_STEPS = 9
_WITHIN_S = 60.0
_CHANCES = {
    "put": 5,
    "kill": 2,
    "shut http": 3,
    "open http": 2,
    "shut backup": 1,
    "open backup": 2,
    "fault http": 1,
}


class Played(msgspec.Struct, frozen=True):
    """What became of one schedule."""

    seed: int
    backup: Backup
    steps: tuple[str, ...]
    kills: int
    good: bool
    differences: tuple[str, ...]
    settled_s: float
    verified: bool


def schedule(seed: int) -> tuple[Backup, tuple[str, ...]]:
    """The backup channel and the steps of a seed."""
    dice = random.Random(seed)
    backup = BACKUPS[seed % len(BACKUPS)]
    steps = tuple(dice.choices(list(_CHANCES), weights=list(_CHANCES.values()), k=_STEPS))
    return backup, ("put", *steps, "put")


async def play(folder: Path, seed: int) -> Played:
    """One schedule in an empty folder."""
    backup, steps = schedule(seed)
    dice = random.Random(seed + 1_000_000)
    async with HubFloor(folder, backup) as floor:
        for step in steps:
            await _take(floor, step, dice)
            await asyncio.sleep(dice.expovariate(4.0))
        for gate in floor.gates.values():
            gate.faults.clear()
        floor.open("http")
        floor.open("backup")
        begun = time.monotonic()
        good = await floor.settled(_WITHIN_S)
        settled_s = time.monotonic() - begun
        differences = tuple(floor.differences())
        await floor.agent.stop()
    verified = (await asyncio.to_thread(verify, folder / "data")).ok
    return Played(
        seed, backup, steps, steps.count("kill"), good and verified, differences, settled_s, verified
    )


async def _take(floor: HubFloor, step: str, dice: random.Random) -> None:
    word, _, gate = step.partition(" ")
    match word:
        case "put":
            floor.put(dice.randint(1, 20))
        case "kill":
            floor.kill()
        case "shut":
            await floor.shut(gate)
        case "open":
            floor.open(gate)
        case "fault":
            floor.break_off(gate, dice)


async def campaign(parent: Path, seeds: Sequence[int], at_once: int) -> list[Played]:
    """Every seed, so many at the same time."""
    turn = asyncio.Semaphore(at_once)
    done = 0

    async def one(seed: int) -> Played:
        nonlocal done
        async with turn:
            with folder_in(parent) as folder:
                played = await play(Path(folder), seed)
        done += 1
        if not played.good:
            print(
                f"BAD: seed {seed}, {played.backup}: {', '.join(played.differences)}",
                file=sys.stderr,
                flush=True,
            )
        elif done % 20 == 0:
            print(f"{done} of {len(seeds)} schedules", file=sys.stderr, flush=True)
        return played

    return list(await asyncio.gather(*(one(seed) for seed in seeds)))


def report(played: Sequence[Played]) -> None:
    """A line for each backup channel."""
    columns = [
        "backup",
        "schedules",
        "good",
        "kills",
        "losses of a channel",
        "settled after: median s",
        "max s",
    ]
    rows = []
    for backup in BACKUPS:
        mine = [each for each in played if each.backup == backup]
        if not mine:
            continue
        times = sorted(each.settled_s for each in mine)
        steps = Counter(step for each in mine for step in each.steps)
        losses = steps["shut http"] + steps["shut backup"] + steps["fault http"]
        good = sum(each.good for each in mine)
        kills = sum(each.kills for each in mine)
        rows.append([backup, len(mine), good, kills, losses, times[len(times) // 2], times[-1]])
    show("Random schedules of kills and losses", columns, rows)


def main(arguments: Sequence[str] | None = None) -> int:
    """Play them, print the table."""
    parser = argparse.ArgumentParser(prog="bench.hub_schedules", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--at-once", type=int, default=6)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--dir", type=Path, default=Path())
    asked = parser.parse_args(arguments)
    seeds = range(asked.seed, asked.seed + asked.count)
    played = asyncio.run(campaign(asked.dir, seeds, asked.at_once))
    if asked.json:
        print(json.dumps([msgspec.to_builtins(each) for each in played]))
    else:
        print(machine())
        report(played)
    return 0 if all(each.good for each in played) else 1


if __name__ == "__main__":
    sys.exit(main())
