"""The independent verifier: does a plan keep every promise?

It shares nothing with the planners but the layout and what goods a rule means.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise

from routing.problem import ANYWHERE, Cart, PickLine, Problem
from routing.result import Batch, Plan, Stop
from routing.rules import Before, Goods

_Lines = Mapping[tuple[str, int], PickLine]


def check(problem: Problem, plan: Plan) -> tuple[str, ...]:
    """Everything that is wrong with `plan`, a sentence each; empty where it is fine."""
    return tuple(_faults(problem, plan))


def _faults(problem: Problem, plan: Plan) -> Iterator[str]:
    lines = {(line.order, line.line_no): line for order in problem.orders for line in order.lines}
    carts = {cart.cart: cart for cart in problem.carts}
    yield from _every_unit_once(problem, plan)
    yield from _stock(problem, plan)
    yield from _each_cart_once(plan)
    yield from _linked(plan)
    for batch in plan.batches:
        cart = carts.get(batch.cart)
        if cart is None:
            yield f"unknown-cart: there is no cart {batch.cart}"
        elif all((stop.order, stop.line_no) in lines for stop in batch.stops):
            for fault in _Tour(problem, cart, batch, lines).faults():
                yield f"cart {batch.cart}: {fault}"
    yield from _totals(plan)


def _every_unit_once(problem: Problem, plan: Plan) -> Iterator[str]:
    """Each line's units are on carts or left, none twice; nobody else's are there."""
    planned: Counter[tuple[str, int]] = Counter()
    for batch in plan.batches:
        for stop in batch.stops:
            planned[stop.order, stop.line_no] += stop.qty
    left = {(each.order, line_no) for each in plan.left for line_no in each.line_nos}
    whole = Counter(each.order for each in plan.left if not each.line_nos)
    names = {order.order for order in problem.orders}
    for name in (each.order for each in plan.left):
        if name not in names:
            yield f"unknown-order: nobody asked for order {name}"
    for order in problem.orders:
        served = any(planned[order.order, line.line_no] for line in order.lines)
        parted = any(name == order.order for name, _ in left)
        if whole[order.order] + (served or parted) != 1:
            yield f"not-once: order {order.order} is left {whole[order.order]} times and served: {served}"
        for line in order.lines if not whole[order.order] else ():
            units = planned.pop((order.order, line.line_no), 0)
            if units > line.qty or (units < line.qty and (order.order, line.line_no) not in left):
                yield f"wrong-qty: order {order.order} line {line.line_no}: {units} of {line.qty} are planned"
    for (name, line_no), units in planned.items():
        if units:
            yield f"unknown-line: {units} units of line {line_no} of order {name} were not asked for"
    for each in plan.left:
        word, _, sentence = each.reason.partition(": ")
        if not word or not sentence:
            yield f"no-reason: order {each.order} is left without a reason"


def _stock(problem: Problem, plan: Plan) -> Iterator[str]:
    """What may be taken anywhere is taken where it is, and no shelf gives more than it has."""
    anywhere = {
        (line.order, line.line_no)
        for order in problem.orders
        for line in order.lines
        if line.location == ANYWHERE
    }
    taken: Counter[tuple[str, str]] = Counter()
    for batch in plan.batches:
        for stop in batch.stops:
            if (stop.order, stop.line_no) in anywhere:
                taken[stop.location, stop.sku] += stop.qty
    free = {(shelf.location, shelf.sku): shelf.qty for shelf in problem.shelves}
    for (location, sku), units in taken.items():
        if units > free.get((location, sku), 0):
            yield f"no-stock: {units} of {sku} taken at {location}, {free.get((location, sku), 0)} are free"


def _each_cart_once(plan: Plan) -> Iterator[str]:
    for cart, times in Counter(batch.cart for batch in plan.batches).items():
        if times > 1:
            yield f"cart-twice: cart {cart} has {times} batches"


def _linked(plan: Plan) -> Iterator[str]:
    """An order that is on several carts, or partly left, is told as such."""
    carts: dict[str, list[str]] = defaultdict(list)
    for batch in plan.batches:
        for order in batch.slots:
            carts[order].append(batch.cart)
    links = {link.order: sorted(link.carts) for link in plan.links}
    left = {each.order for each in plan.left if each.line_nos}
    for order, on in carts.items():
        if (len(on) > 1 or order in left) and links.get(order) != sorted(on):
            yield f"not-linked: order {order} travels on {', '.join(on)} without a link that says so"


def _totals(plan: Plan) -> Iterator[str]:
    total_mm = sum(batch.distance_mm for batch in plan.batches)
    if plan.distance_mm != total_mm:
        yield f"wrong-distance: the plan says {plan.distance_mm} mm, its batches {total_mm} mm"
    if plan.bound_mm > total_mm:
        yield f"wrong-bound: at least {plan.bound_mm} mm said, {total_mm} mm walked"


@dataclass(frozen=True, slots=True)
class _Tour:
    """One batch beside what it should be."""

    problem: Problem
    cart: Cart
    batch: Batch
    lines: _Lines

    def faults(self) -> Iterator[str]:
        yield from self._places()
        yield from self._capacity()
        yield from self._stops()
        if not any(self._places()):
            yield from self._picker()
            yield from self._apart()
            yield from self._before()
            yield from self._walk()

    def _line(self, stop: Stop) -> PickLine:
        return self.lines[stop.order, stop.line_no]

    def _zone(self, stop: Stop) -> str:
        return self.problem.layout.spots[stop.location].zone

    def _places(self) -> Iterator[str]:
        """All of it can be walked to."""
        layout = self.problem.layout
        for spot in (self.batch.start, *(stop.location for stop in self.batch.stops), self.batch.end):
            if spot not in layout.spots:
                yield f"no-location: {spot} is not in the layout"
            elif not layout.reaches(self.batch.start, spot):
                yield f"cut-off: no walk leads to {spot}"

    def _capacity(self) -> Iterator[str]:
        cart, batch = self.cart, self.batch
        if not batch.stops:
            yield "no-stops: there is nothing to pick"
        if len(set(batch.slots)) != len(batch.slots):
            yield "slot-twice: one order has two slots"
        if len(batch.slots) > cart.slots:
            yield f"too-many: {len(batch.slots)} orders in {cart.slots} slots"
        weight_g = sum(stop.qty * self._line(stop).weight_g for stop in batch.stops)
        volume_cm3 = sum(stop.qty * self._line(stop).volume_cm3 for stop in batch.stops)
        if weight_g > cart.max_weight_g:
            yield f"too-heavy: {weight_g} g of {cart.max_weight_g} g"
        if volume_cm3 > cart.max_volume_cm3:
            yield f"too-big: {volume_cm3} cm³ of {cart.max_volume_cm3} cm³"

    def _stops(self) -> Iterator[str]:
        """Each stop is some of a line, at its place, into its order's tote; each tote gets something."""
        slot_of = {order: slot for slot, order in enumerate(self.batch.slots, start=1)}
        for stop in self.batch.stops:
            line = self._line(stop)
            at_home = line.location in (ANYWHERE, stop.location)
            if stop.qty < 1 or stop.sku != line.sku or not at_home or slot_of.get(stop.order) != stop.slot:
                yield f"wrong-stop: {stop}"
        for order in slot_of.keys() - {stop.order for stop in self.batch.stops}:
            yield f"empty-slot: nothing is picked for order {order}"

    def _picker(self) -> Iterator[str]:
        zones = {self._zone(stop) for stop in self.batch.stops}
        strange = sorted(zones - self.cart.zones) if self.cart.zones else []
        if strange:
            yield f"wrong-zone: its picker does not serve {', '.join(strange)}"
        skills = {skill for stop in self.batch.stops for skill in self._line(stop).skills}
        if skills - self.cart.skills:
            yield f"no-skill: its picker cannot {', '.join(sorted(skills - self.cart.skills))}"

    def _is(self, stop: Stop, goods: Goods) -> bool:
        return goods.holds(self._line(stop), self._zone(stop))

    def _apart(self) -> Iterator[str]:
        for rule in self.problem.rules.apart:
            ones = [stop for stop in self.batch.stops if self._is(stop, rule.one)]
            others = [stop for stop in self.batch.stops if self._is(stop, rule.other)]
            met = any(one != other for one in ones for other in others)
            if met and rule.penalty_mm is None:
                yield f"not-apart: {rule.name}"
            elif met and rule.name not in self.batch.broken:
                yield f"not-told: it breaks {rule.name} and does not say so"

    def _before(self) -> Iterator[str]:
        """Hard rules are kept, but for those that contradict earlier ones; what is broken is told."""
        kept: list[Before] = []
        for rule in self.problem.rules.before:
            binds = rule.penalty_mm is None and self._can_all_be_kept([*kept, rule])
            if binds:
                kept.append(rule)
            if not any(self._breaks(rule, one, other) for one, other in combinations(self.batch.stops, 2)):
                continue
            if binds:
                yield f"wrong-order: {rule.name}"
            elif rule.name not in self.batch.broken:
                yield f"not-told: it breaks {rule.name} and does not say so"

    def _breaks(self, rule: Before, one: Stop, other: Stop) -> bool:
        """Whether the rule wants the other stop before the one."""
        return self._is(one, rule.then) and self._is(other, rule.first) and not self._is(other, rule.then)

    def _can_all_be_kept(self, rules: Sequence[Before]) -> bool:
        """Whether some order of the stops breaks none of these: what nothing must precede goes, until all is gone."""
        roles = {
            tuple((self._is(stop, rule.then), self._is(stop, rule.first)) for rule in rules): stop
            for stop in self.batch.stops
        }
        left = list(roles.values())
        while left:
            free = [
                one
                for one in left
                if not any(self._breaks(rule, one, other) for other in left for rule in rules)
            ]
            if not free:
                return False
            left = [stop for stop in left if stop not in free]
        return True

    def _walk(self) -> Iterator[str]:
        problem, batch = self.problem, self.batch
        if batch.start != problem.start_of(self.cart) or batch.end not in problem.ends_of(self.cart):
            yield f"wrong-ends: the tour goes from {batch.start} to {batch.end}"
        way = [batch.start, *(stop.location for stop in batch.stops), batch.end]
        walked_mm = sum(problem.layout.distance_mm(a, b) for a, b in pairwise(way))
        if batch.distance_mm != walked_mm:
            yield f"wrong-distance: {batch.distance_mm} mm said, {walked_mm} mm walked"
        if batch.bound_mm > walked_mm:
            yield f"wrong-bound: at least {batch.bound_mm} mm said, {walked_mm} mm walked"
