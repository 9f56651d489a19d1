"""Who sends the lists of the simulated day: first come first served, or the agent's own policy with a planner."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from time import perf_counter

from agent.cart_filling import Ready, Waiting, hand_out
from agent.release_policy import Ask, Floor, Policy, decide, round_ms
from bench.planning.day import EFFORT, Out, Seen
from bench.planning.day_orders import SHIFT_MS, DayOrder
from bench.planning.floors import DEPOT
from bench.planning.s_shape import s_shape
from routing import Batch, Cart, Layout, PickOrder, Plan, Problem, Stop

_LOOK_AGAIN_MS = 60_000
Planner = Callable[[Problem, int], Plan]
"""A problem and a seed in, a plan out."""


class FirstCome:
    """Each idle picker takes the oldest orders that the cart holds, in S-shape, once it is full or they waited long."""

    def __init__(self, layout: Layout, max_wait_s: float) -> None:
        self._layout = layout
        self._grid = layout.decks[0]
        self._max_wait_ms = round(max_wait_s * 1000)

    def dispatch(self, seen: Seen) -> tuple[list[Out], int]:
        """See Dispatcher."""
        pool, outs = list(seen.pool), []
        for cart in seen.idle:
            load = _oldest(cart, pool)
            full = len(load) == cart.slots or len(load) < len(pool)
            if not load or not (full or seen.now_ms - load[0].ready_ms >= self._max_wait_ms):
                break
            outs.append(Out(self._batch(cart, load), 0))
            pool = pool[len(load) :]
        again_ms = pool[0].ready_ms + self._max_wait_ms - seen.now_ms if pool else _LOOK_AGAIN_MS
        return outs, again_ms if again_ms > 0 else _LOOK_AGAIN_MS

    def _batch(self, cart: Cart, load: Sequence[DayOrder]) -> Batch:
        at: dict[str, list[Stop]] = {}
        for slot, order in enumerate(load, start=1):
            for line in order.lines:
                stop = Stop(line.location, line.sku, line.order, line.line_no, line.qty, slot)
                at.setdefault(line.location, []).append(stop)
        places = list(at)
        walked = s_shape(self._grid, [self._layout.cell(place) for place in places], self._layout.cell(DEPOT))
        stops = tuple(stop for number in walked.order for stop in at[places[number]])
        names = tuple(order.order for order in load)
        return Batch(cart.cart, names, stops, walked.distance_mm, 0, DEPOT, DEPOT)


def _oldest(cart: Cart, pool: Sequence[DayOrder]) -> list[DayOrder]:
    """The first so many that the cart holds, at least one."""
    load: list[DayOrder] = []
    for order in pool[: cart.slots]:
        weight_g = order.weight_g + sum(each.weight_g for each in load)
        volume_cm3 = order.volume_cm3 + sum(each.volume_cm3 for each in load)
        if load and (weight_g > cart.max_weight_g or volume_cm3 > cart.max_volume_cm3):
            break
        load.append(order)
    return load


class Released:
    """The policy decides and the planner plans; lists of a wave go to whoever is free, the most urgent first.

    `planned_s` are the seconds of each call of the planner, by the real clock; on the day's clock each list is ready
    after the policy's `plan_s`.
    """

    def __init__(self, layout: Layout, policy: Policy, planner: Planner) -> None:
        self._layout = layout
        self._policy = policy
        self._planner = planner
        self._wave_ms = SHIFT_MS
        self._plan_ms = round(policy.plan_s * 1000)
        self._lists: dict[str, Batch] = {}
        self._waiting: list[Waiting] = []
        self._seed = 0
        self.planned_s: list[float] = []

    def dispatch(self, seen: Seen) -> tuple[list[Out], int]:
        """See Dispatcher."""
        outs = self._given(seen)
        if outs:
            return outs, _LOOK_AGAIN_MS
        queued = {order for waiting in self._waiting for order in self._lists[waiting.task].slots}
        pool = {order.order: order for order in seen.pool if order.order not in queued}
        floor = self._floor(seen, pool.values())
        if not floor.idle and self._policy.release == "continuous":
            return [], _LOOK_AGAIN_MS
        decision = decide(self._policy, floor)
        self._wave_ms = decision.wave_ms
        for ask in decision.asks:
            plan = self._planned(ask, pool)
            if not ask.wave:
                outs += [Out(batch, self._plan_ms) for batch in plan.batches]
            for batch in plan.batches if ask.wave else ():
                self._add(batch, pool)
        return outs or self._given(seen), decision.again_ms

    def _floor(self, seen: Seen, pool: Iterable[DayOrder]) -> Floor:
        ready = [
            Ready(
                order.order,
                order.ready_ms,
                order.priority,
                order.cutoff_ms,
                weight_g=order.weight_g,
                volume_cm3=order.volume_cm3,
            )
            for order in pool
        ]
        return Floor(
            now_ms=seen.now_ms,
            pool=ready,
            idle=seen.idle,
            busy=seen.busy,
            walked=seen.walked,
            round_ms=round_ms(seen.lists_ms),
            wave_ms=self._wave_ms,
        )

    def _planned(self, ask: Ask, pool: Mapping[str, DayOrder]) -> Plan:
        orders = tuple(
            PickOrder(wanted.order, wanted.rank, pool[wanted.order].lines, wanted.due_s)
            for wanted in ask.orders
        )
        effort = replace(EFFORT, busy_percent=ask.busy_percent)
        problem = Problem(self._layout, DEPOT, orders, ask.carts, effort=effort)
        self._seed += 1
        began = perf_counter()
        plan = self._planner(problem, self._seed)
        self.planned_s.append(perf_counter() - began)
        return plan

    def _add(self, batch: Batch, pool: Mapping[str, DayOrder]) -> None:
        """A list of a wave waits for a hand."""
        name = f"T-{len(self._lists):05}"
        cutoffs = (pool[order].cutoff_ms for order in batch.slots)
        due_ms = min((at_ms for at_ms in cutoffs if at_ms is not None), default=None)
        self._lists[name] = batch
        self._waiting.append(Waiting(name, len(batch.slots), due_ms))

    def _given(self, seen: Seen) -> list[Out]:
        """Lists that wait, for those who are free."""
        given = hand_out(self._waiting, seen.idle)
        gone = {waiting.task for waiting, _ in given}
        self._waiting = [waiting for waiting in self._waiting if waiting.task not in gone]
        return [
            Out(replace(self._lists[waiting.task], cart=cart.cart), self._plan_ms) for waiting, cart in given
        ]
