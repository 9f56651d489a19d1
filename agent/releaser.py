"""Releases work: asks the planner when hands are idle and orders are ready, and takes lists back from silent PDAs."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import replace

from agent import release_policy as policy
from agent.cart_filling import Ready, Waiting, hand_out
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
    TaskAssigned,
    TaskDone,
    TaskRecalled,
)
from agent.core.floor import Entry
from agent.core.model import HELD_TASK, Location, Order, Sku, Stock, Task
from agent.desk import TaskDesk
from agent.planner import Planner
from agent.release import (
    Catalogue,
    Due,
    Floor,
    Hand,
    cart_of,
    layout_of,
    problem_of,
    released,
    stuck_of,
)
from agent.store.store import Store, now_ms
from agent.store.tables import table
from routing import Layout, LayoutError, Plan

log = logging.getLogger(__name__)

_POOL = """INDEXED BY orders_pool WHERE state IN ('ready', 'released', 'picking') AND untasked_qty > 0 AND held IS NULL
           ORDER BY {} LIMIT ?"""
_BY_PRIORITY = _POOL.format("priority DESC, ready_at")
#: In a pool too large to look at as a whole, an order may be urgent for other reasons than its priority.
_BY_CUT_OFF = _POOL.format("cutoff_at IS NULL OR cutoff_at <= ?, cutoff_at")
_BY_AGE = _POOL.format("ready_at")
_WAVE_LIMIT = 10_000  # orders of one wave
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
        self._policy = policy.Policy.of(config.picking)
        self._reader = store.reader()
        self._planner = Planner(config.site.data_dir / "failed-plans", config.picking.cores)
        self._floor: Floor | None = None  # None: look at the locations again
        self._wave_ms = now_ms() + self._wave_every_ms
        self._seed = 0
        self._stuck: frozenset[str] = frozenset()  # orders that only a count or master data can help
        self._begun_ms: dict[str, int] = {}
        self._took_ms: deque[int] = deque(maxlen=50)
        store.follow(self._committed)

    @property
    def _wave_every_ms(self) -> int:
        return round(self._picking.wave_every_s * 1000)

    def _committed(self, entries: Sequence[Entry]) -> None:
        for entry in entries:
            event = entry.event
            if isinstance(event, LocationSet):
                self._floor = None
            if isinstance(event, TaskAssigned):
                self._begun_ms[event.task] = entry.at
            elif isinstance(event, TaskDone | TaskRecalled):
                begun_ms = self._begun_ms.pop(event.task, None)
                if begun_ms is not None and isinstance(event, TaskDone):
                    self._took_ms.append(entry.at - begun_ms)
            if isinstance(event, _MENDING):
                self._stuck = frozenset()
            elif isinstance(event, OrderAccepted):
                self._stuck -= {event.order_no}
            if isinstance(event, _MENDING + _READYING):
                self._desk.idle.set()

    async def run(self) -> None:
        """For ever."""
        try:
            await self._planner.start()
            again_s = 0.0
            while True:
                await self._desk.idle.wait(min(_TICK_S, max(_BREATH_S, again_s)))
                await self._recall_silent()
                await self._assign_planned()
                again_s = await self._release()
                await asyncio.sleep(_BREATH_S)
        finally:
            await self._planner.close()

    # --- lists that wait, and lists that nobody takes -------------------------------------------------------

    async def _assign_planned(self) -> None:
        """Lists of a wave go to whoever is free, serves their zones and has slots enough, the most urgent first."""
        hands = {hand.pda: hand for hand in self._desk.idle_hands()}
        if not hands:
            return
        most = max(hand.slots for hand in self._desk.hands())  # what is larger than any cart must go as well
        waiting = [
            Waiting(task.task, min(len(task.totes), most), task.due_at, self._zones_of(task))
            for task in table(Task).find(self._reader, "WHERE state = 'planned' ORDER BY task")
        ]
        for each, cart in hand_out(waiting, [cart_of(hand, self._picking) for hand in hands.values()]):
            hand = hands[cart.cart]
            await self._store.ask(
                c.AssignTask(task=each.task, pda=hand.pda, picker=hand.picker, cart=hand.cart)
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

    async def _release(self) -> float:
        """Ask the planner for what the policy wants now; in how many seconds to look again."""
        floor = self._where()
        hands = {hand.pda: hand for hand in self._desk.idle_hands()}
        self._wave_ms = min(self._wave_ms, now_ms() + self._wave_every_ms)  # the clock may have been set
        wave = self._picking.release == "wave" and now_ms() >= self._wave_ms
        if floor is None or not (hands or wave):
            return _TICK_S
        orders, catalogue = self._pool(_WAVE_LIMIT if wave else self._window(len(hands)))
        seen = self._seen(floor, orders, catalogue, hands.values())
        decision = policy.decide(self._policy, seen)
        self._wave_ms = decision.wave_ms
        for ask in decision.asks:
            await self._plan(floor, ask, {order.order_no: order for order in orders}, hands)
        return decision.again_ms / 1000

    def _window(self, hands: int) -> int:
        """So many orders of the pool are looked at: enough to fill the idle carts, and a choice beside."""
        return (hands + 1) * self._picking.cart_slots * self._policy.look_ahead

    def _pool(self, limit: int) -> tuple[list[Order], Catalogue]:
        """The most urgent of the pool that something can be done about (their goods are known), and their goods."""
        limit += len(self._stuck)
        pool = list(table(Order).find(self._reader, _BY_PRIORITY, (limit,)))
        if len(pool) == limit:
            pool += table(Order).find(self._reader, _BY_CUT_OFF, (now_ms(), limit))
            pool += table(Order).find(self._reader, _BY_AGE, (limit,))
        orders = {order.order_no: order for order in pool if order.order_no not in self._stuck}
        catalogue = self._catalogue(list(orders.values()))
        unknown = {no for no, order in orders.items() if not catalogue.knows(order)}
        self._stuck |= unknown
        return [order for no, order in orders.items() if no not in unknown], catalogue

    def _seen(
        self, floor: Floor, orders: Sequence[Order], catalogue: Catalogue, idle: Iterable[Hand]
    ) -> policy.Floor:
        """The floor as the policy looks at it."""
        free = {hand.pda for hand in idle}
        carts = [(hand.pda, cart_of(hand, self._picking)) for hand in self._desk.hands()]
        held = table(Task).find(self._reader, f"WHERE state IN {tuple(map(str, HELD_TASK))}")
        return policy.Floor(
            now_ms=now_ms(),
            pool=[_ready(order, catalogue) for order in orders],
            idle=[cart for pda, cart in carts if pda in free],
            busy=[cart for pda, cart in carts if pda not in free],
            walked=[_aisles_ahead(task, floor) for task in held],
            round_ms=policy.round_ms([*self._took_ms]),
            wave_ms=self._wave_ms,
            cart=cart_of(Hand("cart", None, None, frozenset(), self._picking.cart_slots), self._picking),
        )

    async def _plan(
        self, floor: Floor, ask: policy.Ask, orders: dict[str, Order], hands: dict[str, Hand]
    ) -> None:
        """Have the planner answer, and release what it found."""
        due = [Due(orders[wanted.order], wanted.due_s) for wanted in ask.orders]
        problem = problem_of(
            due,
            self._catalogue([each.order for each in due]),
            floor,
            ask.carts,
            self._picking,
            busy_percent=ask.busy_percent,
            split_zones=ask.wave or all(hand.zones for hand in self._desk.hands()),
        )
        self._seed += 1
        plan = await self._planner.plan(problem, self._picking.plan_s, self._seed)
        await self._show_stuck(plan)
        command = c.ReleaseWave(lists=released(plan, {} if ask.wave else hands, floor))
        if command.lists:
            outcome = await self._store.ask(command)
            if outcome.status == "refused":
                log.info("a plan came too late: %s", outcome.reason)

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

    def _where(self) -> Floor | None:
        """The layout and the depot where tours begin; None while the hub has not told us of one."""
        if self._floor is None:
            layout = self._layout()
            depots = layout.depots
            if not depots:
                return None
            self._floor = Floor(layout, depots[0])
            for fault in layout.faults():
                log.warning("the floor: %s", fault)
        return self._floor

    def _layout(self) -> Layout:
        locations = list(table(Location).find(self._reader, ""))
        rules, only_ways = self._picking.floor_rules, self._picking.floor.only_ways
        try:
            return layout_of(locations, rules, only_ways=only_ways)
        except LayoutError as error:
            log.warning("the floor: %s: its ways are left out until the location is known", error)
            return layout_of(locations, replace(rules, ways=()), only_ways=only_ways)

    async def _show_stuck(self, plan: Plan) -> None:
        """What cannot be planned is shown, and left out until something helps."""
        stuck = stuck_of(plan)
        self._stuck |= stuck.keys()
        for order_no, why in stuck.items():
            kind = why.partition(":")[0]
            text = f"order {order_no} cannot be picked: {why}"
            await self._store.ask(c.OpenException(kind=kind, subject=order_no, text=text, order_no=order_no))


def _ready(order: Order, catalogue: Catalogue) -> Ready:
    """An order of the pool as the policy looks at it; a line belongs to the zone where most of its goods are."""
    lines = [line for line in order.lines if line.untasked_qty > 0]
    zones = {zone for line in lines if (zone := _zone_of(line.sku, catalogue))}
    return Ready(
        order=order.order_no,
        ready_ms=order.ready_at or 0,
        priority=order.priority,
        cutoff_ms=order.cutoff_at,
        zones=frozenset(zones),
        weight_g=sum(line.untasked_qty * catalogue.skus[line.sku].weight_g for line in lines),
        volume_cm3=sum(line.untasked_qty * catalogue.skus[line.sku].volume_cm3 for line in lines),
    )


def _zone_of(sku: str, catalogue: Catalogue) -> str:
    known = [stock for stock in catalogue.stock.get(sku, ()) if stock.location in catalogue.locations]
    fullest = max(known, key=lambda stock: stock.free_qty, default=None)
    return catalogue.locations[fullest.location].zone if fullest else catalogue.skus[sku].zone


def _aisles_ahead(task: Task, floor: Floor) -> list[str]:
    """The aisle of each stop that is still open."""
    spots = floor.layout.spots
    return [spots[stop.location].aisle for stop in task.stops if stop.open_qty and stop.location in spots]


def _open_skus(order: Order) -> set[str]:
    """Goods that are on no list yet."""
    return {line.sku for line in order.lines if line.untasked_qty > 0}
