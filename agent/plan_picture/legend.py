"""What stands beside the floor: the tours as a table, the picks of a single tour, and what the colours mean."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from agent.plan_picture.colours import BAD, CLOSED, GOOD, GREY, HATCH, INK, PALE, tour_colour, zone_colour
from agent.plan_picture.racks import zones_of
from agent.plan_picture.shapes import Anchor, Box, Line, Shape, Words, hatching
from agent.plan_picture.tours import places_of
from routing import Batch, Left, Plan, Problem

WIDTH = 440.0
_HEADS = ("cart", "orders", "stops", "metres", "at least", "gap")
_RIGHTS = (0.0, 176.0, 230.0, 300.0, 372.0, 436.0)  # where the columns end; that of the cart begins at 22
_CART_CHARACTERS, _LINE_CHARACTERS = 14, 70
_MOST_ROWS, _MOST_LEFT = 64, 8


class _Pen:
    """Goes down the page, line by line."""

    def __init__(self, x: float, y: float) -> None:
        self.x, self.y = x, y

    def words(self, text: str, dx: float = 0.0, *, size: float = 12.0, colour: str = INK, bold: bool = False,
              anchor: Anchor = "start") -> Words:  # fmt: skip
        """Text on this line."""
        return Words(self.x + dx, self.y, text, size, colour, anchor, bold)

    def down(self, pixels: float) -> None:
        """To the next line."""
        self.y += pixels


class Legend(NamedTuple):
    """Its shapes, and where it ends."""

    shapes: tuple[Shape, ...]
    bottom: float


def legend(problem: Problem, plan: Plan, only: str, x: float, y: float) -> Legend:
    """The legend from its upper left corner; `only` is the cart whose tour alone is shown."""
    pen = _Pen(x, y)
    batches = [(n, batch) for n, batch in enumerate(plan.batches) if not only or batch.cart == only]
    shapes = [*_table(pen, batches)]
    if only:
        shapes += [shape for _, batch in batches for shape in _picks(pen, batch)]
    else:
        shapes += [*_waiting(pen, plan)]
    shapes += [*_key(pen, problem)]
    return Legend(tuple(shapes), pen.y)


def gap_of(batch: Batch) -> float:
    """Its gap; that of its metres where nothing is known of its cost."""
    if batch.gap < 1 or not batch.distance_mm:
        return batch.gap
    return 1 - batch.bound_mm / batch.distance_mm


def sums_mm(batches: Sequence[Batch]) -> tuple[int, int]:
    """What is walked, and at least has to be walked, on all of these tours together."""
    return sum(batch.distance_mm for batch in batches), sum(batch.bound_mm for batch in batches)


def gap_told(gap: float) -> str:
    """In percent; a tour that is as short as can be says so."""
    return "proven" if gap <= 0 else f"{100 * gap:.1f} %"


def _table(pen: _Pen, batches: Sequence[tuple[int, Batch]]) -> Iterator[Shape]:
    yield from _cells(pen, _HEADS, GREY, bold=True)
    pen.down(12)
    yield Line(((pen.x, pen.y), (pen.x + WIDTH - 4, pen.y)), PALE, 1)
    pen.down(14)
    step = 22.0 if len(batches) <= 30 else 16.5
    for number, batch in batches[:_MOST_ROWS]:
        yield Box(pen.x, pen.y - 5.5, 15, 11, tour_colour(number), 3)
        yield from _row(pen, batch)
        pen.down(step)
        for rule in batch.broken:
            yield pen.words(_short(f"breaks: {rule}", 60), 22, size=10.5, colour=BAD)
            pen.down(16)
    if len(batches) > _MOST_ROWS:
        yield pen.words(f"and {len(batches) - _MOST_ROWS} more tours", 22, colour=GREY)
        pen.down(step)
    if len(batches) > 1:
        yield from _sum(pen, [batch for _, batch in batches])
    pen.down(10)


def _row(pen: _Pen, batch: Batch) -> Iterator[Shape]:
    texts = (
        _short(batch.cart, _CART_CHARACTERS), str(len(batch.slots)), str(len(places_of(batch))),
        f"{batch.distance_mm / 1000:,.0f}", f"{batch.bound_mm / 1000:,.0f}", gap_told(gap_of(batch)),
    )  # fmt: skip
    *cells, gap = _cells(pen, texts, INK)
    yield from cells
    yield gap._replace(colour=GOOD if gap_of(batch) <= 0 else INK)


def _sum(pen: _Pen, batches: Sequence[Batch]) -> Iterator[Shape]:
    pen.down(-6)
    yield Line(((pen.x, pen.y), (pen.x + WIDTH - 4, pen.y)), PALE, 1)
    pen.down(14)
    walked_mm, bound_mm = sums_mm(batches)
    texts = (
        "all", str(sum(len(batch.slots) for batch in batches)), str(sum(len(places_of(batch)) for batch in batches)),
        f"{walked_mm / 1000:,.0f}", f"{bound_mm / 1000:,.0f}", gap_told(1 - bound_mm / walked_mm if walked_mm else 0.0),
    )  # fmt: skip
    yield from _cells(pen, texts, INK, bold=True)
    pen.down(22)


def _cells(pen: _Pen, texts: Sequence[str], colour: str, *, bold: bool = False) -> Iterator[Words]:
    first, *rest = texts
    yield pen.words(first, 22, colour=colour, bold=bold)
    for text, right in zip(rest, _RIGHTS[1:], strict=True):
        yield pen.words(text, right, colour=colour, bold=bold, anchor="end")


def _picks(pen: _Pen, batch: Batch) -> Iterator[Shape]:
    """What is taken at which stop, into which tote."""
    yield pen.words("Picks", bold=True, size=13)
    pen.down(20)
    number, before = 0, ""
    for stop in batch.stops:
        if stop.location != before:
            number, before = number + 1, stop.location
            yield pen.words(str(number), 14, bold=True, size=11, anchor="end")
            yield pen.words(_short(stop.location, 14), 22, size=11)
        yield pen.words(_short(f"{stop.qty} × {stop.sku}", 24), 124, size=11)
        yield pen.words(_short(f"{stop.order}, tote {stop.slot}", 24), 290, size=11, colour=GREY)
        pen.down(17)
    pen.down(12)


def _waiting(pen: _Pen, plan: Plan) -> Iterator[Shape]:
    """Orders in parts, and those that are on no cart."""
    lines = [f"{link.order} in parts ({link.why}): {', '.join(link.carts)}" for link in plan.links]
    lines += [f"{left.order} waits: {_without_word(left)}" for left in plan.left]
    for line in lines[:_MOST_LEFT]:
        yield pen.words(_short(line, _LINE_CHARACTERS), size=11)
        pen.down(17)
    if len(lines) > _MOST_LEFT:
        yield pen.words(f"and {len(lines) - _MOST_LEFT} more", size=11, colour=GREY)
        pen.down(17)
    pen.down(10 if lines else 0)


def _without_word(left: Left) -> str:
    return left.reason.partition(": ")[2] or left.reason


def _key(pen: _Pen, problem: Problem) -> Iterator[Shape]:
    """What colours and hatching mean, as far as they are there."""
    dx = 0.0
    for number, zone in enumerate(zones_of(problem.layout)):
        told = _short(zone or "no zone", 12)
        if dx + 34 + 7 * len(told) > WIDTH:
            pen.down(20)
            dx = 0.0
        yield Box(pen.x + dx, pen.y - 6, 15, 12, zone_colour(number), 2)
        yield pen.words(told, dx + 21, size=11)
        dx += 40 + 7 * len(told)
    pen.down(20)
    if any(spot.aisle in problem.layout.rules.closed_aisles for spot in problem.layout.spots.values()):
        box = Box(pen.x, pen.y - 6, 15, 12, CLOSED)
        yield box
        yield from hatching(box, HATCH, 4)
        yield pen.words("closed aisle", 21, size=11)
        pen.down(20)


def _short(text: str, characters: int) -> str:
    return text if len(text) <= characters else text[: characters - 1] + "…"
