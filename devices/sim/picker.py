"""A picker with a PDA: accepts a list, walks it, picks, scans, makes mistakes, and brings the totes to the dock."""

from __future__ import annotations

import asyncio
import random
import uuid
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Never

from devices.pda import PdaEvent, Presence, Recall, Reply, Task, TaskStop
from devices.sim.handset import Handset

_SEVERAL_REFUSALS = 3


@dataclass(frozen=True, slots=True)
class Habits:
    """How a picker works. Times are those of a real floor; probabilities are per stop."""

    walking_m_s: float = 1.2
    accept_s: float = 3.0
    pick_s_per_unit: float = 2.0
    pick_longest_s: float = 15.0
    bind_first_p: float = 0.2
    two_parts_p: float = 0.1
    short_p: float = 0.0
    wrong_barcode_p: float = 0.0
    offline_p: float = 0.0
    offline_s: float = 60.0


@dataclass(frozen=True, slots=True)
class Picked:
    """What went into a tote at one stop."""

    stop: TaskStop
    qty: int


@dataclass(slots=True)
class Ledger:
    """What one picker did, as the agent answered it: to be compared with the agent's books."""

    picked: Counter[str] = field(default_factory=Counter)  # by stop
    short: Counter[str] = field(default_factory=Counter)
    refused: list[tuple[PdaEvent, str]] = field(default_factory=list)
    done: list[str] = field(default_factory=list)
    recalled: list[str] = field(default_factory=list)


class SimPicker:
    """Works until cancelled. Many fit into one loop: each is a link and a few sleeping tasks."""

    def __init__(
        self,
        pda: str,
        *,
        site: str,
        url: str,
        picker: str | None = None,
        zones: tuple[str, ...] = (),
        cart: str | None = None,
        slots: int | None = None,
        seed: int = 0,
        speed: float = 1.0,
        habits: Habits | None = None,
        walk_mm: Callable[[str | None, str | None], float] | None = None,
        on_tote: Callable[[str, str, tuple[Picked, ...]], None] | None = None,
        on_task: Callable[[str, int, float, Task | Recall], None] | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        new_id: Callable[[], str] = lambda: str(uuid.uuid4()),
        password: str | None = None,
        reply_timeout_s: float = 10.0,
        retry_cap_s: float = 30.0,
    ) -> None:
        """`speed` divides walking, picking and holes in the coverage.

        `walk_mm(from, to)` in locations, None being the dock; without it a list's distance is shared out evenly.
        `on_tote(order_no, task, picked)` when a list is done; `on_task(task, revision, received_at, message)`
        for every new list or recall. `new_id` makes event ids and tote codes.
        """
        self.pda = pda
        self.ledger = Ledger()
        self._rng = random.Random(f"{seed}/{pda}")
        self._speed, self._habits = speed, habits or Habits()
        self._walk_mm, self._on_tote, self._sleep, self._new_id = walk_mm, on_tote, sleep, new_id
        self._reply_timeout_s = reply_timeout_s
        self._at: str | None = None
        self._taken: Counter[str] = Counter()  # by stop: told and not refused
        self._refusals: Counter[str] = Counter()
        self._totes: dict[int, str] = {}
        self._answered_revision = 0
        self._handset = Handset(
            pda,
            site=site,
            url=url,
            presence=Presence(
                online=True, picker=picker or f"picker-{pda}", zones=zones, cart=cart, slots=slots, app="sim"
            ),
            new_id=new_id,
            on_task=on_task or (lambda *_: None),
            on_reply=self._learn,
            password=password,
            reply_timeout_s=reply_timeout_s,
            retry_cap_s=retry_cap_s,
            rng=self._rng,
        )

    @property
    def task(self) -> Task | None:
        """The pick list in hand."""
        return self._handset.task

    @property
    def online(self) -> bool:
        """Whether the PDA reaches the broker."""
        return self._handset.online

    def lose_coverage(self, for_s: float) -> None:
        """Be out of radio reach for so many (real) seconds."""
        self._handset.lose_coverage(for_s)

    async def run(self) -> Never:
        """Work until cancelled; the broker is then told that the PDA is offline."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._handset.run())
            while True:
                if self.task is None:
                    await self._handset.change()
                else:
                    await self._work_off(self.task)

    async def _work_off(self, task: Task) -> None:
        self._taken.clear()
        self._refusals.clear()
        self._totes.clear()
        self._answered_revision = 0
        await self._take_time(self._habits.accept_s)
        if not self._holds(task.task):
            return
        self._handset.tell("task.accepted", task.task, revision=self._list().revision)
        while self._holds(task.task):
            stop = self._next_stop()
            if stop is None:
                await self._hand_in(task.task)
            else:
                await self._walk_to(stop.location)
                await self._pick(task.task, stop.stop)

    async def _pick(self, task: str, stop_id: str) -> None:
        """Pick what the list, as it is by then, still wants here."""
        habits = self._habits
        stop = self._still_wanted(task, stop_id)
        if stop is not None:
            await self._take_time(min(habits.pick_longest_s, habits.pick_s_per_unit * self._left(stop)))
            stop = self._still_wanted(task, stop_id)
        if stop is None:
            return
        if self._chance(habits.offline_p):
            self.lose_coverage(habits.offline_s * self._rng.uniform(0.5, 1.5) / self._speed)
        found = wanted = self._left(stop)
        if self._refusals[stop_id] >= _SEVERAL_REFUSALS:
            found = 0
        elif self._chance(habits.short_p):
            found = self._rng.randrange(wanted)
        for part in self._parts(found):
            self._tell_picked(task, stop, part)
        if found < wanted:
            self._taken[stop_id] += wanted - found
            self._handset.tell("stop.short", task, stop=stop_id, qty=wanted - found, reason="not-found")

    def _tell_picked(self, task: str, stop: TaskStop, qty: int) -> None:
        tote = self._tote(task, stop.slot)
        barcode = stop.barcodes[0] if stop.barcodes else None
        if barcode is not None and self._chance(self._habits.wrong_barcode_p):
            self._taken[stop.stop] += qty
            wrong = f"{self._rng.randrange(10**12):012d}"
            self._handset.tell("stop.picked", task, stop=stop.stop, qty=qty, barcode=wrong, tote=tote)
        self._taken[stop.stop] += qty
        self._handset.tell("stop.picked", task, stop=stop.stop, qty=qty, barcode=barcode, tote=tote)

    def _parts(self, qty: int) -> list[int]:
        if qty > 1 and self._chance(self._habits.two_parts_p):
            first = self._rng.randrange(1, qty)
            return [first, qty - first]
        return [qty] if qty else []

    def _tote(self, task: str, slot: int) -> str:
        """The slot's tote: as the list says, as put there, or a fresh one."""
        bound = next((tote.tote for tote in self._list().totes if tote.slot == slot), None)
        if bound is None and slot not in self._totes:
            self._totes[slot] = "T-" + self._new_id()[:18]
            if self._chance(self._habits.bind_first_p):
                self._handset.tell("tote.bound", task, slot=slot, tote=self._totes[slot])
        return bound or self._totes[slot]

    async def _hand_in(self, task: str) -> None:
        """Bring the totes to the dock and report the list done; where stops are open, look at it again."""
        await self._walk_to(None)
        await self._handset.all_answered()
        if not self._holds(task) or self._next_stop() is not None:
            await self._catch_up(task)
            return
        last = self._list()
        reply = await self._handset.tell("task.done", task)
        if reply.status != "refused":
            self._handset.finish(task)
            self._deliver(last)
            return
        await self._take_time(1.0)
        await self._catch_up(task)
        self._taken.clear()  # the agent's count is the one that must be met

    async def _catch_up(self, task: str) -> None:
        """Wait until the list shows what the agent's latest answer was based on."""
        while self._holds(task) and self._list().revision < self._answered_revision:
            await self._handset.change(self._reply_timeout_s)

    def _deliver(self, last: Task) -> None:
        if self._on_tote is None:
            return
        for tote in last.totes:
            picked = tuple(
                Picked(stop, self.ledger.picked[stop.stop])
                for stop in last.stops
                if stop.slot == tote.slot and stop.state != "cancelled" and self.ledger.picked[stop.stop]
            )
            if picked:
                self._on_tote(tote.order_no, last.task, picked)

    def _learn(self, event: PdaEvent, reply: Reply) -> None:
        """What the agent's answer means for the books and for the list in hand."""
        if self._holds(event.task):
            self._answered_revision = max(self._answered_revision, reply.revision or 0)
        if reply.status == "refused":
            self._learn_refusal(event, reply.reason or "")
        elif event.type == "stop.picked":
            self.ledger.picked[event.stop or ""] += event.qty or 0
        elif event.type == "stop.short":
            self.ledger.short[event.stop or ""] += event.qty or 0
        elif event.type == "task.done":
            self.ledger.done.append(event.task)
        elif event.type == "task.recalled":
            self.ledger.recalled.append(event.task)

    def _learn_refusal(self, event: PdaEvent, reason: str) -> None:
        self.ledger.refused.append((event, reason))
        if event.stop is not None:
            self._taken[event.stop] -= event.qty or 0
            self._refusals[event.stop] += 1
        if reason.startswith("not-your-task"):
            self._handset.drop(event.task)
        if reason.startswith("tote-busy"):
            self._totes.clear()

    def _holds(self, task: str) -> bool:
        return self.task is not None and self.task.task == task

    def _list(self) -> Task:
        assert self.task is not None, "asked for only while `_holds`"
        return self.task

    def _next_stop(self) -> TaskStop | None:
        return next(
            (stop for stop in self._list().stops if stop.state == "open" and self._left(stop) > 0), None
        )

    def _still_wanted(self, task: str, stop_id: str) -> TaskStop | None:
        """That stop, unless the list is gone or something else comes first by now."""
        stop = self._next_stop() if self._holds(task) else None
        return stop if stop is not None and stop.stop == stop_id else None

    def _left(self, stop: TaskStop) -> int:
        return stop.qty - max(stop.picked_qty, self._taken[stop.stop])

    async def _walk_to(self, location: str | None) -> None:
        if self._walk_mm is not None:
            distance_mm = self._walk_mm(self._at, location)
        elif self.task is not None and self._at != location:
            distance_mm = self.task.distance_mm / (len(self.task.stops) + 1)
        else:
            distance_mm = 0
        await self._take_time(distance_mm / 1000 / self._habits.walking_m_s)
        self._at = location

    async def _take_time(self, real_s: float) -> None:
        await self._sleep(real_s / self._speed)

    def _chance(self, probability: float) -> bool:
        return self._rng.random() < probability
