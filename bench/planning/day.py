"""A day on the floor, event by event on a clock of its own: orders become ready, lists go out, carts come back."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from bench.planning.day_orders import SHIFT_MS, Day, DayOrder
from bench.planning.day_walks import Crowd, Walked
from routing import Batch, Cart, Effort

EFFORT = Effort(speed_mm_s=1_000, stop_ms=12_000, unit_ms=4_000)
"""Millimetres are made small; a stop and a unit take so long wherever they lie."""
_CLOCK_ENDS_MS = 48 * 3_600_000


class Out(NamedTuple):
    """A list that goes now: on whose cart, and after how many ms its planner had it ready."""

    batch: Batch
    after_ms: int


class Seen(NamedTuple):
    """What a dispatcher sees: the orders that are on no list yet, oldest first, and the carts."""

    now_ms: int
    pool: Sequence[DayOrder]
    idle: Sequence[Cart]
    busy: Sequence[Cart]
    walked: Sequence[Sequence[str]]
    lists_ms: Sequence[int]


class Dispatcher(Protocol):
    """Who says which lists go."""

    def dispatch(self, seen: Seen) -> tuple[list[Out], int]:
        """The lists for carts that are idle, and in how many ms it should be asked again at the latest."""


class Trip(NamedTuple):
    """A list that was walked."""

    batch: Batch
    left_ms: int
    back_ms: int


@dataclass(slots=True)
class Run:
    """What became of a day: every list, and when each order was back from the floor."""

    trips: list[Trip] = field(default_factory=list)
    back_ms: dict[str, int] = field(default_factory=dict)


def run_day(day: Day, dispatcher: Dispatcher) -> Run:
    """The whole day, until the last order is back. RuntimeError where some order is never picked."""
    shift = _Shift(day)
    for now_ms in shift.moments():
        while True:
            outs, again_ms = dispatcher.dispatch(shift.seen(now_ms))
            if not outs:
                break
            for out in outs:
                shift.send(out, now_ms)
        shift.look_again(now_ms + again_ms)
    if shift.pool:
        raise RuntimeError(f"{len(shift.pool)} orders were never picked, {next(iter(shift.pool))} among them")
    return shift.run


class _Shift:
    """The state of the floor."""

    def __init__(self, day: Day) -> None:
        self.run = Run()
        self.pool: dict[str, DayOrder] = {}
        self._coming = sorted(day.orders, key=lambda order: (order.ready_ms, order.order), reverse=True)
        self._carts = {cart.cart: cart for cart in day.carts}
        self._out: dict[str, Walked] = {}
        self._returns: list[tuple[int, str]] = []
        self._look_ms = SHIFT_MS
        self._crowd = Crowd(day.layout, EFFORT)

    def moments(self) -> Iterator[int]:
        """Each moment when something happens; what happens then is done."""
        while self._coming or self._returns or self.pool:
            ahead = [self._look_ms, *(order.ready_ms for order in self._coming[-1:])]
            now_ms = min([*ahead, *(back_ms for back_ms, _ in self._returns[:1])])
            if now_ms > _CLOCK_ENDS_MS:
                return
            self._look_ms = _CLOCK_ENDS_MS + 1 if self._look_ms <= now_ms else self._look_ms
            while self._coming and self._coming[-1].ready_ms <= now_ms:
                order = self._coming.pop()
                self.pool[order.order] = order
            while self._returns and self._returns[0][0] <= now_ms:
                del self._out[heapq.heappop(self._returns)[1]]
            self._crowd.forget_before(now_ms)
            yield now_ms

    def seen(self, now_ms: int) -> Seen:
        """As a dispatcher sees it."""
        return Seen(
            now_ms,
            list(self.pool.values()),
            [cart for name, cart in self._carts.items() if name not in self._out],
            [self._carts[name] for name in self._out],
            [walked.ahead(now_ms) for walked in self._out.values()],
            [trip.back_ms - trip.left_ms for trip in self.run.trips[-100:] if trip.back_ms <= now_ms],
        )

    def send(self, out: Out, now_ms: int) -> None:
        """The list goes. RuntimeError where its cart is out, or an order is on a list already."""
        batch = out.batch
        if batch.cart in self._out:
            raise RuntimeError(f"{batch.cart} is out already")
        for order in batch.slots:
            if self.pool.pop(order, None) is None:
                raise RuntimeError(f"{order} is not in the pool")
        walked = self._crowd.walk(batch, now_ms + out.after_ms)
        self._out[batch.cart] = walked
        heapq.heappush(self._returns, (walked.back_ms, batch.cart))
        self.run.trips.append(Trip(batch, now_ms, walked.back_ms))
        self.run.back_ms.update(dict.fromkeys(batch.slots, walked.back_ms))

    def look_again(self, at_ms: int) -> None:
        """Something is due then by the clock alone."""
        self._look_ms = at_ms
