"""Releases work: asks the planner when hands are idle and orders are ready, and takes lists back from silent PDAs."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Sequence

from agent.config import Config
from agent.core import commands as c
from agent.core.events import (
    LocationSet,
    OrderAccepted,
    OrderPaid,
    OrderUnheld,
    SkuSet,
    StockSet,
    StopResized,
    StopShort,
    TaskRecalled,
)
from agent.core.floor import Entry
from agent.core.model import Location, Order, Sku, Stock, Task
from agent.desk import TaskDesk
from agent.planner import Planner
from agent.release import (
    Candidates,
    CartLimits,
    Catalogue,
    Hand,
    candidates,
    carts_of,
    layout_of,
    released,
)
from agent.store.store import Store, now_ms
from agent.store.tables import table
from routing import Layout, PickOrder, Problem

log = logging.getLogger(__name__)

_POOL = """INDEXED BY orders_pool WHERE state IN ('ready', 'released', 'picking') AND untasked_qty > 0 AND held IS NULL
           ORDER BY priority DESC, ready_at LIMIT ?"""
_LOOKAHEAD = 4  # times what the carts hold: enough choice for short tours
_TICK_S = 1.0
_BREATH_S = 0.05  # events come in bursts: look once after each
#: What puts orders into the pool, and what may help one that could not be planned.
_READYING = (OrderPaid, OrderUnheld, TaskRecalled, StopShort)
_MENDING = (StockSet, SkuSet, LocationSet, TaskRecalled, StopResized)
_SILENT_MS = 15 * 60_000  # a PDA that is offline this long before accepting gives its list back


class Releaser:
    """`continuous`: idle hands get a list as soon as it is worth walking; `wave`: everything at fixed times."""

    def __init__(self, store: Store, desk: TaskDesk, config: Config) -> None:
        self._store = store
        self._desk = desk
        self._picking = config.picking
        self._limits = CartLimits(config.picking.cart_max_weight_g, config.picking.cart_max_volume_cm3)
        self._reader = store.reader()
        self._planner = Planner()
        self._layout: Layout | None = None  # None: look at the locations again
        self._next_wave_at = time.monotonic() + config.picking.wave_every_s
        self._seed = 0
        self._stuck: frozenset[str] = frozenset()  # orders that only a count or master data can help
        store.follow(self._committed)

    def _committed(self, entries: Sequence[Entry]) -> None:
        for entry in entries:
            if isinstance(entry.event, LocationSet):
                self._layout = None
            if isinstance(entry.event, _MENDING):
                self._stuck = frozenset()
            elif isinstance(entry.event, OrderAccepted):
                self._stuck -= {entry.event.order_no}
            if isinstance(entry.event, _MENDING + _READYING):
                self._desk.idle.set()

    async def run(self) -> None:
        """For ever."""
        try:
            while True:
                await self._desk.idle.wait(self._wait_s())
                await self._recall_silent()
                await self._assign_planned()
                await self._release()
                await asyncio.sleep(_BREATH_S)
        finally:
            await self._planner.close()

    def _wait_s(self) -> float:
        return min(_TICK_S, max(_BREATH_S, self._picking.max_wait_s / 4))

    # --- lists that wait, and lists that nobody takes -------------------------------------------------------

    async def _assign_planned(self) -> None:
        """Lists of a wave go to whoever is free and serves their zones, the most urgent first."""
        hands = self._desk.idle_hands()
        if not hands:
            return
        for task in list(table(Task).find(self._reader, "WHERE state = 'planned' ORDER BY due_at, task")):
            zones = self._zones_of(task)
            hand = next((each for each in hands if not each.zones or zones <= each.zones), None)
            if hand is not None:
                hands.remove(hand)
                await self._store.ask(
                    c.AssignTask(task=task.task, pda=hand.pda, picker=hand.picker, cart=hand.cart)
                )

    def _zones_of(self, task: Task) -> frozenset[str]:
        marks = ", ".join("?" * len(task.stops))
        sql = f"SELECT DISTINCT zone FROM locations WHERE location IN ({marks})"
        return frozenset(row[0] for row in self._reader.execute(sql, [stop.location for stop in task.stops]))

    async def _recall_silent(self) -> None:
        """Not accepted in time, or its PDA gone for long before: another may have it."""
        now = now_ms()
        for task in list(table(Task).find(self._reader, "WHERE state = 'assigned'")):
            late = now - (task.assigned_at or now) > self._picking.accept_within_s * 1000
            gone = now - self._desk.gone_since.get(task.pda or "", now) > _SILENT_MS
            if late or gone:
                reason = "not-accepted: nobody took it in time" if late else "offline: its PDA is away"
                await self._store.ask(c.RecallTask(task=task.task, reason=reason))

    # --- new lists ------------------------------------------------------------------------------------------

    async def _release(self) -> None:
        if self._picking.release == "wave":
            if time.monotonic() >= self._next_wave_at:
                self._next_wave_at = time.monotonic() + self._picking.wave_every_s
                await self.release_wave()
            return
        hands = self._desk.idle_hands()
        if hands:
            await self._plan_for(hands, self._worthwhile(len(hands)))

    def _worthwhile(self, hands: int) -> int:
        """How many lists: as many as full carts can be sent; one more once somebody has waited long enough."""
        sql = "SELECT order_no, ready_at FROM orders " + _POOL
        most = (hands + 1) * self._picking.cart_slots + len(self._stuck)
        waiting = [at for order_no, at in self._reader.execute(sql, (most,)) if order_no not in self._stuck]
        full, rest = divmod(len(waiting), self._picking.cart_slots)
        patience_ms = max(0.0, self._picking.max_wait_s - self._picking.plan_s - self._wait_s()) * 1000
        if rest and now_ms() - min(waiting) >= patience_ms:
            full += 1
        return min(full, hands)

    async def release_wave(self) -> int:
        """Plan everything that is ready, for as many carts as it takes; PDAs get the lists one by one. How many."""
        count = self._reader.execute(
            f"SELECT count(*) FROM (SELECT 1 FROM orders {_POOL})", (10_000,)
        ).fetchone()[0]
        slots = self._picking.cart_slots
        carts = [Hand(f"cart-{n}", None, None, frozenset(), slots) for n in range(-(-count // slots) * 2)]
        return await self._plan(carts, {}, count) if count else 0

    async def _plan_for(self, hands: list[Hand], lists: int) -> None:
        """Hands that serve the whole floor first; then others, with what lies in their zones.

        An order is picked in parts only where nobody on shift serves the whole floor.
        """
        whole = [hand for hand in hands if not hand.zones][:lists]
        if whole:
            lists -= await self._plan(whole, {hand.pda: hand for hand in whole}, len(whole))
        parts = all(hand.zones for hand in self._desk.hands())
        for hand in hands:
            if hand.zones and lists > 0:
                lists -= await self._plan([hand], {hand.pda: hand}, 1, hand.zones, parts=parts)

    async def _plan(
        self,
        carts: list[Hand],
        hands: dict[str, Hand],
        loads: int,
        zones: frozenset[str] = frozenset(),
        *,
        parts: bool = True,
    ) -> int:
        """How many lists were asked of the door; `parts`: orders may be begun that need other zones too."""
        floor = self._floor()
        if floor is None:
            return 0
        layout, depot = floor
        found = await self._find(loads, zones)
        orders = [order for order in found.orders if parts or self._is_whole(order)]
        if not orders:
            return 0
        problem = Problem(layout, depot, tuple(orders), carts_of(carts, self._limits))
        self._seed += 1
        plan = await self._planner.plan(problem, self._picking.plan_s, self._seed)
        command = c.ReleaseWave(lists=released(plan, found, hands, layout, depot))
        if not command.lists:
            return 0
        outcome = await self._store.ask(command)
        if outcome.status == "refused":
            log.info("a plan came too late: %s", outcome.reason)
        return len(command.lists)

    async def _find(self, loads: int, zones: frozenset[str]) -> Candidates:
        """Enough of the pool for so many carts; what cannot be planned is shown, and left out until something helps."""
        most = loads * self._picking.cart_slots * _LOOKAHEAD
        pool = [
            order
            for order in table(Order).find(self._reader, _POOL, (most + len(self._stuck),))
            if order.order_no not in self._stuck
        ]
        catalogue = self._catalogue(pool)
        found = candidates(pool, catalogue, self._limits, zones)
        await self._show_stuck(found)
        unknown = {
            order.order_no for order in pool if any(sku not in catalogue.skus for sku in _open_skus(order))
        }
        self._stuck |= found.stuck.keys() | unknown
        return found

    def _is_whole(self, order: PickOrder) -> bool:
        """Is everything here that is still open of it?"""
        known = next(table(Order).find(self._reader, "WHERE order_no = ?", (order.order,)))
        return sum(line.qty for line in order.lines) == sum(line.untasked_qty for line in known.lines)

    def _catalogue(self, pool: Sequence[Order]) -> Catalogue:
        """Goods and places of the pool's lines."""
        wanted = {sku for order in pool for sku in _open_skus(order)}
        skus: dict[str, Sku] = {}
        stock: dict[str, list[Stock]] = {}
        locations: dict[str, Location] = {}
        for name in wanted:
            skus.update((each.sku, each) for each in table(Sku).find(self._reader, "WHERE sku = ?", (name,)))
            stock[name] = list(table(Stock).find(self._reader, "WHERE sku = ?", (name,)))
        for place in {each.location for stocks in stock.values() for each in stocks}:
            for known in table(Location).find(self._reader, "WHERE location = ?", (place,)):
                locations[place] = known
        return Catalogue(skus, locations, stock)

    def _floor(self) -> tuple[Layout, str] | None:
        """The layout and the depot where tours begin; None while the hub has not told us of one."""
        if self._layout is None:
            locations = table(Location).find(self._reader, "")
            self._layout = layout_of(locations, self._picking.cross_aisles_y_mm)
        depots = self._layout.depots
        return (self._layout, depots[0]) if depots else None

    async def _show_stuck(self, found: Candidates) -> None:
        for order_no, why in found.stuck.items():
            kind = why.partition(":")[0]
            text = f"order {order_no} cannot be picked: {why}"
            await self._store.ask(c.OpenException(kind=kind, subject=order_no, text=text, order_no=order_no))


def _open_skus(order: Order) -> set[str]:
    """Goods that are on no list yet."""
    return {line.sku for line in order.lines if line.untasked_qty > 0}
