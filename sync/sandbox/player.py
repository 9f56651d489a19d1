"""Plays a day on the feed in real time, compressed; goes on where it was after the process has died."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable

import msgspec

from sync.sandbox.day import Day
from sync.sandbox.ledger import Ledger, Put
from sync.times import from_epoch_ms

_PUTS_PER_COMMIT = 500
_TICK_S = 0.005  # what is due within a tick shares a commit
_PACE_KEPT_S = 240.0  # after the last arrival
_NAP_S = 0.1  # a stop is heard within this


class Run(msgspec.Struct, frozen=True):
    """How a day is played: from `start_s` of the floor's day on (None: its busiest hour), `speed` floor seconds
    a second, arrivals stop after `seconds` of real time (None: with the day)."""

    speed: float = 1.0
    seconds: float | None = None
    start_s: float | None = None


class Played(msgspec.Struct, frozen=True):
    """How far the day is: happenings put, the floor's time then, after how many of them and when arrivals stopped."""

    happenings: int = 0
    floor_s: float = 0.0
    stopped_after: int | None = None
    stopped_s: float | None = None


class Player:
    """Owns the clock of the floor's day. `on_put` is called after each commit."""

    def __init__(
        self, ledger: Ledger, make_day: Callable[[float | None], Day], on_put: Callable[[], None]
    ) -> None:
        self._ledger = ledger
        self._make_day = make_day
        self._on_put = on_put
        self._go = asyncio.Event()
        self._day: Day | None = None
        self._run = Run()
        self._played = Played()
        self._stop_asked = False
        self._began_s = 0.0  # monotonic: when this process began to play, at the floor's _floor_began_s
        self._floor_began_s = 0.0

    @property
    def started(self) -> bool:
        """The day is being played, or over."""
        return self._day is not None

    @property
    def arrivals_done(self) -> bool:
        """The day was started and creates no further order."""
        return self._day is not None and self._day.arrivals_done

    @property
    def to_come(self) -> int:
        """Follow-ups of created orders that are not on the feed yet."""
        return self._day.follow_ups if self._day is not None else 0

    @property
    def floor_s(self) -> float:
        """The floor's time of day in seconds; 0 before the start."""
        if self._day is None:
            return 0.0
        return self._floor_began_s + (time.monotonic() - self._began_s) * self._run.speed

    def start(self, run: Run) -> None:
        """Begin the day's arrivals; a second start changes nothing."""
        if self._day is not None:
            return
        day = self._make_day(run.start_s)
        start_s = day.start_s if run.start_s is None else run.start_s
        run = msgspec.structs.replace(run, start_s=start_s)
        played = Played(floor_s=start_s)
        with self._ledger.transaction():
            self._ledger.remember(run=run, played=played)
        self._begin(day, run, played)

    def resume(self) -> bool:
        """Go on with the day that the ledger knows of, if there is one: the same seed makes the same day."""
        known = self._ledger.note("run")
        if known is None:
            return False
        run, played = msgspec.convert(known, Run), msgspec.convert(self._ledger.note("played"), Played)
        day = self._make_day(run.start_s)
        for count in range(played.happenings):
            if count == played.stopped_after:
                day.stop_arrivals()
            day.pop(lambda _: "")
        if played.stopped_after == played.happenings:
            day.stop_arrivals()
        self._begin(day, run, played)
        return True

    def stop(self) -> None:
        """Let no further order arrive; what follows for the created ones keeps its pace for a few minutes of the
        floor's time, in which nearly all payments come, and is played at once after that."""
        self._stop_asked = True

    async def play(self) -> None:
        """Wait for the start, then play; returns when everything has happened."""
        await self._go.wait()
        assert self._day is not None  # _begin sets both
        while (due_s := self._day.next_at_s()) is not None:
            self._stop_when_over(self._day)
            until_s = self.floor_s if self._keeps_pace else math.inf
            if due_s <= until_s:
                self._put_due(self._day, until_s)
            nap_s = (due_s - until_s) / self._run.speed
            await asyncio.sleep(min(max(nap_s, _TICK_S), _NAP_S))

    @property
    def _stopped(self) -> bool:
        return self._played.stopped_after is not None

    @property
    def _keeps_pace(self) -> bool:
        return self._played.stopped_s is None or self.floor_s < self._played.stopped_s + _PACE_KEPT_S

    def _begin(self, day: Day, run: Run, played: Played) -> None:
        self._day, self._run, self._played = day, run, played
        self._began_s, self._floor_began_s = time.monotonic(), played.floor_s
        self._go.set()

    def _stop_when_over(self, day: Day) -> None:
        run = self._run
        over = run.seconds is not None and self.floor_s >= (run.start_s or 0.0) + run.seconds * run.speed
        if (over or self._stop_asked) and not self._stopped:
            day.stop_arrivals()
            self._played = msgspec.structs.replace(
                self._played, stopped_after=self._played.happenings, stopped_s=self.floor_s
            )

    def _put_due(self, day: Day, until_s: float) -> None:
        """Everything due by now (up to a commit's worth), together with how far the day is."""
        now_ms = time.time_ns() // 1_000_000
        floor_s = self.floor_s

        def stamp(at_s: float) -> str:
            ahead_s = 0.0 if self._stopped else max(0.0, at_s - floor_s) / self._run.speed
            return from_epoch_ms(now_ms + ahead_s * 1000)

        puts: list[Put] = []
        while len(puts) < _PUTS_PER_COMMIT and (due_s := day.next_at_s()) is not None and due_s <= until_s:
            puts.append(Put(*day.pop(stamp)[1:]))
        self._played = msgspec.structs.replace(
            self._played, happenings=self._played.happenings + len(puts), floor_s=floor_s
        )
        self._ledger.put(puts, now_ms, played=self._played)
        self._on_put()
