"""Random faults of printers and of the agent while labels are printed: nothing lost, nothing doubled without its mark.

    python -m bench.print_faults --schedules 500 --seed 1     # each schedule is made from its own seed alone
    python -m bench.print_faults --every-step                 # in each language, killed after each step of two labels

A schedule has two or three simulated printers of any language in one group, a dozen paid orders, printers' faults at
random moments, and the agent killed between any two of its steps: before or after a commit, before, in the middle of
and after the bytes to a printer. When all is mended a person settles what is suspect by looking at the paper.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import track

from agent.config import Config, Printer, parse
from agent.core import commands as c
from agent.core.model import JobState, Parcel, PrintJob
from agent.printer_owner import Pace
from agent.printers import link_to
from agent.roster import PrinterRoster
from agent.spool import Spool
from agent.store.journal import rows
from agent.store.store import Store
from agent.store.tables import table
from agent.store.verify import verify
from bench import orders as shop
from bench.print_schedules import FAULTS, QUIRKS, Schedule, killed_after, schedule_of
from devices.links.link import Link
from devices.printers.status import Timeouts
from devices.sim.printer import SimPrinter

_PACE = Pace(
    Timeouts(
        connect_s=0.3, probe_s=0.3, status_s=0.3, write_s=1.0, confirm_s=1.5, poll_s=0.02, grace_s=0.08, hold_s=0.03
    ),
    idle_check_s=0.1,
    retry_s=0.03,
)  # fmt: skip
STEPS = {"escpos": 50, "tspl": 100, "zpl": 120}  # what two labels take, the questions at the start included
_SPEED = 60.0
_SETTLE_WITHIN_S = 30.0
_OPEN = frozenset({JobState.QUEUED, JobState.SENDING, JobState.SENT, JobState.SUSPECT})


@dataclass(frozen=True, slots=True)
class Outcome:
    """`wrong`: what must not be, in words. `seen`: how often what happened."""

    wrong: tuple[str, ...]
    seen: Counter[str]


class Fate:
    """Kills the agent after so many of its steps: the task that takes the last one dies in it, then all others."""

    def __init__(self, steps: int | None) -> None:
        self._left = steps
        self.struck = asyncio.Event()

    def step(self) -> None:
        """Between two things that a crash may separate. CancelledError at the last one, and ever after."""
        if self._left is not None:
            self._left -= 1
            if self._left <= 0:
                self.struck.set()
                raise asyncio.CancelledError


class MortalLink:
    """A real link whose owner may die before, in the middle of and after every write."""

    def __init__(self, link: Link, fate: Fate, rng: random.Random) -> None:
        self._link = link
        self._fate = fate
        self._rng = rng

    @property
    def name(self) -> str:
        return self._link.name

    @property
    def bytes_per_s(self) -> float | None:
        return self._link.bytes_per_s

    @property
    def is_open(self) -> bool:
        return self._link.is_open

    async def open(self, *, connect_timeout_s: float) -> None:
        await self._link.open(connect_timeout_s=connect_timeout_s)

    async def write(
        self, data: bytes, *, deadline_s: float, on_handed: Callable[[], None] | None = None
    ) -> None:
        self._fate.step()
        cut = self._rng.randrange(len(data))
        if cut:
            await self._link.write(data[:cut], deadline_s=deadline_s, on_handed=on_handed)
            on_handed = None
        self._fate.step()
        await self._link.write(data[cut:], deadline_s=deadline_s, on_handed=on_handed)
        self._fate.step()

    async def read(self, *, deadline_s: float) -> bytes:
        return await self._link.read(deadline_s=deadline_s)

    async def close(self) -> None:
        await self._link.close()


class MortalSpool(Spool):
    """Its owners may die before and after every commit."""

    fate: Fate

    async def ask(self, command: c.Command) -> Any:
        self.fate.step()
        outcome = await super().ask(command)
        self.fate.step()
        return outcome


class Rehearsal:
    """One schedule, played."""

    def __init__(self, schedule: Schedule, folder: Path) -> None:
        self._schedule = schedule
        self._folder = folder
        self._rng = random.Random(f"cuts:{schedule.seed}")
        self._sims = [
            SimPrinter(language=language, speed=_SPEED, **quirks) for language, quirks in schedule.printers
        ]
        self._orders = len(schedule.pay_at_s)
        self._lives = list(schedule.lives)
        self._paid = 0
        self.seen: Counter[str] = Counter()

    async def play(self) -> Outcome:
        """The faults, then the mending, then the comparison of paper and journal."""
        async with AsyncExitStack() as stack:
            for sim in self._sims:
                await stack.enter_async_context(sim)
            config = self._config()
            await self._stock_up()
            faults = asyncio.create_task(self._break_things())
            while self._lives:
                self.seen["kills"] += await self._live(config, Fate(self._lives.pop(0)))
            wrong = list(await self._live_on(config, faults))
            wrong += self._paper_faults()
        verdict = verify(self._folder)
        if not verdict.ok:
            wrong.append(f"verify: {verdict.first_bad}")
        return Outcome(tuple(wrong), self.seen)

    async def _stock_up(self) -> None:
        store = Store(self._folder, "WH1", PrinterRoster(()))
        store.open()
        await shop.stock_up(store)
        await shop.lease(store, range(self._orders * 3))
        await store.close()

    def _config(self) -> Config:
        printers = [
            {"id": f"lp{at}", "url": sim.plug.url, "language": sim.language, "group": "pack"}
            for at, sim in enumerate(self._sims)
        ]
        tables = {
            "site": {"id": "WH1", "data_dir": str(self._folder)},
            "hub": {"url": "http://127.0.0.1:9"},
            "broker": {"url": "mqtt://127.0.0.1:9"},
            "printers": printers,
        }
        return parse(tables, self._folder / "floorhand.toml")

    async def _break_things(self) -> None:
        """Each fault at its time, mended at its time."""
        began = time.monotonic()
        acts = [(fault.at_s, fault, True) for fault in self._schedule.faults]
        acts += [(fault.at_s + fault.lasts_s, fault, False) for fault in self._schedule.faults]
        for at_s, fault, breaks in sorted(acts, key=lambda act: act[0]):
            await asyncio.sleep(max(0.0, began + at_s - time.monotonic()))
            breaking, mending = FAULTS[fault.kind]
            if breaks:
                self.seen[fault.kind] += 1
                breaking(self._sims[fault.printer], fault)
            else:
                mending(self._sims[fault.printer])

    async def _live(self, config: Config, fate: Fate) -> bool:
        """One life of the agent, until its fate strikes (True) or nothing is left to be done."""
        async with _Agent(config, fate, self._rng) as agent:
            paying = asyncio.create_task(self._pay(agent.store))
            struck = asyncio.create_task(fate.struck.wait())
            await asyncio.wait((struck, paying), return_when=asyncio.FIRST_COMPLETED)
            if not struck.done():
                await asyncio.wait((struck,), timeout=1.0)  # all is paid; it may still die of its printing
            for task in (paying, struck):
                task.cancel()
            await asyncio.gather(paying, struck, return_exceptions=True)
        return fate.struck.is_set()

    async def _live_on(self, config: Config, faults: asyncio.Task[None]) -> Iterator[str]:
        """The last life: everything is paid, mended and settled. What stays open, in words."""
        async with _Agent(config, Fate(None), self._rng) as agent:
            await self._pay(agent.store)
            await faults
            for sim in self._sims:
                for _, mend in FAULTS.values():
                    mend(sim)
            return iter(await self._settled(agent.store))

    async def _pay(self, store: Store) -> None:
        """What is not paid yet, at its time after the last one."""
        while self._paid < self._orders:
            at = self._schedule.pay_at_s
            await asyncio.sleep(at[self._paid] - at[self._paid - 1] if self._paid else at[0])
            await store.ask(shop.take(self._paid))
            await store.ask(shop.pay(self._paid))
            self._paid += 1

    async def _settled(self, store: Store) -> list[str]:
        """A person looks at the paper until nothing waits any more."""
        reader = store.reader()
        until = time.monotonic() + _SETTLE_WITHIN_S
        while time.monotonic() < until:
            jobs = list(table(PrintJob).find(reader, "ORDER BY queued_at"))
            waiting = [job for job in jobs if job.state in _OPEN]
            if not waiting and len({job.order_no for job in jobs}) == self._orders:
                reader.close()
                return []
            await asyncio.sleep(0.25)  # long enough for whatever a printer still holds to come out
            for job in waiting:
                if job.state is JobState.SUSPECT:
                    self.seen["settled by a person"] += 1
                    printed = job.job in {label.job for label in self._paper()}
                    await store.ask(c.SettlePrint(by="person", job=job.job, printed=printed))
        reader.close()
        return [f"job {job.job} of {job.order_no} is still {job.state}: {job.reason}" for job in waiting]

    def _paper(self) -> Iterator[Any]:
        for sim in self._sims:
            yield from (label for label in sim.paper if label.qr)

    def _paper_faults(self) -> Iterator[str]:
        """What lies on the tables against what the journal says."""
        store = Store(self._folder, "WH1", PrinterRoster(()))
        store.open()
        reader = store.reader()
        jobs = list(table(PrintJob).find(reader, ""))
        parcels = list(table(Parcel).find(reader, "WHERE state <> 'voided'"))
        printed = Counter(row.entry.event for row in rows(reader, "WHERE type = 'label.printed'"))
        reader.close()
        asyncio.get_running_loop().create_task(store.close())
        return _compare(jobs, parcels, list(self._paper()), printed, self.seen)


def _compare(
    jobs: Sequence[PrintJob],
    parcels: Sequence[Parcel],
    paper: Sequence[Any],
    printed: Counter[Any],
    seen: Counter[str],
) -> Iterator[str]:
    """Every order's label once; a further one only with a higher copy number; no proof without a label."""
    on_paper = Counter((label.waybill, label.copy) for label in paper)
    out = {label.job for label in paper}
    seen["labels"] += sum(on_paper.values())
    seen["marked copies"] += sum(count for (_, copy), count in on_paper.items() if copy > 1)
    seen.update(f"proved by {job.evidence}" for job in jobs if job.state is JobState.CONFIRMED)
    for (waybill, copy), count in on_paper.items():
        if count > 1:
            yield f"{waybill} copy {copy} came out {count} times"
    for job in jobs:
        if job.state is JobState.CONFIRMED and job.job not in out:
            yield f"{job.job} is proved by {job.evidence} at {job.printer}, and no label is there"
    labelled = {label.waybill for label in paper}
    for parcel in parcels:
        if parcel.waybill not in labelled:
            yield f"{parcel.waybill} of {parcel.order_no} has no label"
    for event, count in printed.items():
        if count > 1:
            yield f"label.printed {count} times for {event.waybill} copy {event.copy_no}"


class _Agent:
    """The store and the spool of one life."""

    def __init__(self, config: Config, fate: Fate, rng: random.Random) -> None:
        roster = PrinterRoster(config.printers)
        self.store = Store(config.site.data_dir, "WH1", roster)
        self._parts = config, roster, fate, rng
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> _Agent:
        self.store.open()
        config, roster, fate, rng = self._parts

        def connect(printer: Printer) -> Link:
            return MortalLink(link_to(printer), fate, rng)

        spool = MortalSpool(self.store, config, roster, _PACE, connect)
        spool.fate = fate
        self._tasks = [asyncio.create_task(owner.run()) for owner in spool.owners]
        self._tasks.append(asyncio.create_task(spool.compositor.run()))
        return self

    async def __aexit__(self, *error: object) -> None:
        for task in self._tasks:
            task.cancel()
        ended = await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.store.close()
        for each in ended:
            if isinstance(each, Exception):
                raise each


def rehearse(schedule: Schedule) -> Outcome:
    """One schedule, in a folder of its own."""
    with tempfile.TemporaryDirectory(prefix="floorhand-") as folder:
        return asyncio.run(Rehearsal(schedule, Path(folder)).play())


def main(arguments: Sequence[str] | None = None) -> int:
    """Many schedules, on all cores; the seeds of those that failed."""
    parser = argparse.ArgumentParser(prog="python -m bench.print_faults", description=__doc__)
    parser.add_argument("--schedules", type=int, default=500, metavar="N")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="of the first; the others follow")
    parser.add_argument(
        "--every-step", action="store_true", help="kills alone, after each step of two labels"
    )
    parser.add_argument("--jobs", type=int, default=2, metavar="N")
    options = parser.parse_args(arguments)
    schedules = [schedule_of(options.seed + at) for at in range(options.schedules)]
    if options.every_step:
        schedules = [
            killed_after(language, step) for language in QUIRKS for step in range(1, STEPS[language] + 1)
        ]
    seen: Counter[str] = Counter()
    bad: list[str] = []
    with ProcessPoolExecutor(options.jobs) as pool:
        console = Console(stderr=True)
        outcomes = track(
            pool.map(rehearse, schedules), "schedules", len(schedules), console=console,
            disable=not console.is_terminal,
        )  # fmt: skip
        for schedule, outcome in zip(schedules, outcomes, strict=True):
            seen += outcome.seen
            if outcome.wrong:
                printers = ", ".join(language for language, _ in schedule.printers)
                bad.append(f"seed {schedule.seed} ({printers}): {'; '.join(outcome.wrong)}")
    for what, count in sorted(seen.items()):
        print(f"{what:24} {count:8,}")
    print(*bad, f"{len(schedules)} schedules, {len(bad)} bad", sep="\n")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
