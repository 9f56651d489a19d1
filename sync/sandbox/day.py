"""What happens at the hub during a day: orders come in, are paid, changed, held, cancelled, in order of time.

Everything about an order follows from the seed and the order's number, whenever the day is begun; only the
texts of times come from the caller's `stamp`.
"""

from __future__ import annotations

import heapq
from bisect import bisect_left
from collections.abc import Callable, Sequence
from decimal import Decimal, InvalidOperation
from itertools import accumulate
from random import Random
from typing import Any, NamedTuple

from sync.sandbox.arrivals import HOUR_S, arrival_times, busiest_hour
from sync.sandbox.catalog import Catalog, Product
from sync.sandbox.consignees import draw_destination
from sync.sandbox.orders_csv import CsvDay, CsvOrder

#: The RFC 3339 text of a moment of the floor's day, in seconds since midnight.
Stamp = Callable[[float], str]

_CUTOFF_HOURS = (12, 16, 20, 24, 36)
_CHANNELS = ("tmall", "jd", "douyin", "shop")
_REASONS = {
    "held": "address: the address is being checked",
    "unheld": "address: the address is good",
    "cancelled": "customer: the customer no longer wants it",
}
_OWNERS = ("ACME", "ACME", "ACME", "BOREAL")


class Happening(NamedTuple):
    """One event of the hub, due at `at_s` seconds of the day."""

    at_s: float
    type: str
    source: str
    subject: str
    data: dict[str, Any]


class Draft(NamedTuple):
    """What is known of an order before it is placed; `cancel_at_s`: cancelled by the input."""

    order_no: str
    lines: tuple[tuple[str, int], ...]
    amount: str
    cancel_at_s: float | None = None


class _Open:
    """An order that still has follow-ups; `document` is its current revision."""

    def __init__(self, document: dict[str, Any], rng: Random) -> None:
        self.document = document
        self.rng = rng


class Day:
    """The happenings of one day from `start_s` on. `draw` makes the order of an arrival's number."""

    def __init__(
        self,
        arrivals: Sequence[float],
        draw: Callable[[int], Draft],
        skus: Sequence[str],
        *,
        seed: int,
        start_s: float,
        seeded_cancellations: bool = True,
    ) -> None:
        self._arrivals = arrivals
        self._draw = draw
        self._skus = skus
        self._seed = seed
        self._seeded_cancellations = seeded_cancellations
        self.start_s = start_s
        self._next = bisect_left(arrivals, start_s)
        self._end = len(arrivals)
        self._follow_ups: list[tuple[float, int, str, _Open]] = []
        self._pushed = 0

    @property
    def arrivals_done(self) -> bool:
        """No further order will be created."""
        return self._next >= self._end

    @property
    def follow_ups(self) -> int:
        """How many payments, changes, holds and cancellations of created orders are still to come."""
        return len(self._follow_ups)

    def stop_arrivals(self) -> None:
        """Create no further order; what follows for the created ones stays."""
        self._end = self._next

    def next_at_s(self) -> float | None:
        """When the next thing happens; None when the day is over."""
        times = [] if self.arrivals_done else [self._arrivals[self._next]]
        if self._follow_ups:
            times.append(self._follow_ups[0][0])
        return min(times, default=None)

    def pop(self, stamp: Stamp) -> Happening:
        """The next thing that happens. Raises IndexError when the day is over."""
        if not self.arrivals_done and self.next_at_s() == self._arrivals[self._next]:
            return self._create(stamp)
        at_s, _, kind, order = heapq.heappop(self._follow_ups)
        order_no = order.document["order_no"]
        match kind:
            case "paid":
                data = {"order_no": order_no, "paid_at": stamp(at_s), "payment_ref": f"PAY-{order_no}"}
                return Happening(at_s, "order.paid", "/erp", order_no, data)
            case "changed":
                order.document = self._revise(order.document, order.rng)
                return Happening(at_s, "order.changed", "/erp", order_no, order.document)
            case _:
                data = {"order_no": order_no, "reason": _REASONS[kind]}
                return Happening(at_s, f"order.{kind}", "/crm", order_no, data)

    def _create(self, stamp: Stamp) -> Happening:
        number, at_s = self._next, self._arrivals[self._next]
        self._next += 1
        rng = Random(f"order:{self._seed}:{number}")
        draft = self._draw(number)
        order = _Open(_document(draft, at_s, rng, stamp), rng)
        for due_s, kind in self._story(draft, at_s, rng):
            self._pushed += 1
            heapq.heappush(self._follow_ups, (due_s, self._pushed, kind, order))
        return Happening(at_s, "order.created", "/erp", draft.order_no, order.document)

    def _story(self, draft: Draft, at_s: float, rng: Random) -> list[tuple[float, str]]:
        """Paid within minutes, 2 % changed, 0.5 % held for a while, 1 % cancelled; nothing after that."""
        story = [(at_s + 2 + min(rng.expovariate(1 / 30), 600), "paid")]
        if rng.random() < 0.02:
            story.append((at_s + rng.uniform(2, 600), "changed"))
        if rng.random() < 0.005:
            held_s = at_s + rng.uniform(2, 300)
            story += [(held_s, "held"), (held_s + rng.uniform(300, 900), "unheld")]
        cancel_s = draft.cancel_at_s
        if self._seeded_cancellations and rng.random() < 0.01:
            cancel_s = at_s + rng.uniform(5, 1200)
        if cancel_s is None:
            return story
        return [(due_s, kind) for due_s, kind in story if due_s < cancel_s] + [(cancel_s, "cancelled")]

    def _revise(self, old: dict[str, Any], rng: Random) -> dict[str, Any]:
        """The whole order again: with another quantity, another line, or another consignee."""
        new = {**old, "revision": old["revision"] + 1}
        match rng.choice(("qty", "line", "consignee")):
            case "qty":
                lines = [dict(line) for line in old["lines"]]
                line = rng.choice(lines)
                line["qty"] = line["qty"] - 1 if line["qty"] > 1 and rng.random() < 0.5 else line["qty"] + 1
                new["lines"] = lines
            case "line":
                line_no = max(line["line_no"] for line in old["lines"]) + 1
                new["lines"] = [*old["lines"], {"line_no": line_no, "sku": rng.choice(self._skus), "qty": 1}]
            case _:
                new |= draw_destination(rng)._asdict()
        return new


def _document(draft: Draft, at_s: float, rng: Random, stamp: Stamp) -> dict[str, Any]:
    """The whole order as the feed carries it."""
    carrier, service = rng.choices(
        (("SF", "standard"), ("SF", "express"), ("YTO", "standard"), ("ZTO", "standard")),
        weights=(35, 5, 30, 30),
    )[0]
    cutoff_h = next((hour for hour in _CUTOFF_HOURS if hour * HOUR_S >= at_s + HOUR_S), _CUTOFF_HOURS[-1])
    return {
        "order_no": draft.order_no,
        "revision": 1,
        "owner": rng.choice(_OWNERS),
        "channel": rng.choice(_CHANNELS),
        "placed_at": stamp(at_s),
        "carrier": carrier,
        "service": service,
        "cutoff_at": stamp(cutoff_h * HOUR_S),
        "priority": 10 if service == "express" else 0,
        "ship_complete": rng.random() < 0.9,
        **draw_destination(rng)._asdict(),
        "lines": [
            {"line_no": n, "sku": sku, "qty": qty} for n, (sku, qty) in enumerate(draft.lines, start=1)
        ],
        "facts": {"order_amount": draft.amount, "coupon_count": rng.randrange(3)},
    }


def model_day(catalog: Catalog, model: str, orders_day: int, seed: int, start_s: float | None) -> Day:
    """A day of one of the arrival models; `start_s` None: from its busiest hour on."""
    arrivals = arrival_times(model, orders_day, seed)
    skus = [row["sku"] for row in catalog.skus]
    popularity = list(accumulate(1 / (rank + 10) ** 0.9 for rank in range(len(skus))))

    def draw(number: int) -> Draft:
        rng = Random(f"draft:{seed}:{number}")
        count = rng.choices((1, 2, 3, 4, 6), weights=(58, 24, 10, 5, 3))[0]
        chosen = dict.fromkeys(rng.choices(skus, cum_weights=popularity, k=count))
        lines = tuple((sku, rng.choices((1, 2, 3), weights=(85, 12, 3))[0]) for sku in chosen)
        return Draft(f"SO-{number + 1:06d}", lines, f"{rng.randint(990, 59900) / 100:.2f}")

    return Day(arrivals, draw, skus, seed=seed, start_s=_start(arrivals, start_s))


def csv_products(day: CsvDay, seed: int) -> list[Product]:
    """The SKUs of a file, the one on most lines first, with a weight each."""
    names: dict[str, str] = {}
    lines: dict[str, int] = {}
    for order in day.orders:
        for line in order.lines:
            names.setdefault(line.sku, line.name)
            lines[line.sku] = lines.get(line.sku, 0) + 1
    ranked = sorted(lines, key=lambda sku: (-lines[sku], sku))
    return [Product(sku, names[sku], Random(f"weight:{seed}:{sku}").randint(15, 400)) for sku in ranked]


def csv_day(day: CsvDay, seed: int, start_s: float | None) -> Day:
    """The day of a file: its orders and cancellations, with payments, changes and holds by the seed."""
    cancel_at_s = {cancellation.order_invoice: cancellation.at_s for cancellation in day.cancellations}
    arrivals = [order.at_s for order in day.orders]

    def draw(number: int) -> Draft:
        order = day.orders[number]
        lines = tuple((line.sku, line.qty) for line in order.lines)
        return Draft(order.invoice, lines, _amount(order), cancel_at_s.get(order.invoice))

    skus = sorted({line.sku for order in day.orders for line in order.lines})
    start_s = _start(arrivals, start_s)
    return Day(arrivals, draw, skus, seed=seed, start_s=start_s, seeded_cancellations=False)


def _start(arrivals: Sequence[float], start_s: float | None) -> float:
    return busiest_hour(arrivals) * float(HOUR_S) if start_s is None else start_s


def _amount(order: CsvOrder) -> str:
    """Quantity times price over the lines; a price that is no number counts nothing."""
    total = Decimal(0)
    for line in order.lines:
        try:
            price = Decimal(line.unit_price)
        except InvalidOperation:
            continue
        total += line.qty * price if price.is_finite() else 0
    return f"{total:.2f}"
