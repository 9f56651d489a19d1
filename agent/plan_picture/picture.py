"""The whole picture: title, floor, tours and legend."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from agent.plan_picture.colours import GREY, INK, PAPER
from agent.plan_picture.floor_map import FloorMap
from agent.plan_picture.floor_shapes import floor_shapes, place_signs
from agent.plan_picture.legend import WIDTH, gap_told, legend, sums_mm
from agent.plan_picture.shapes import Area, Box, Disc, Drawing, Line, Shape, Words
from agent.plan_picture.tours import Drawn, drawn_tours, tour_shapes
from routing import Layout, Plan, Problem

_MARGIN, _HEAD, _BETWEEN = 32.0, 96.0, 36.0
_FLOOR_BESIDE, _FLOOR_ABOVE = (1130.0, 1160.0), (1560.0, 1000.0)
_WORTH_IT = 1.3  # so much larger must the floor become for the legend to stand below it


def plan_picture(problem: Problem, plan: Plan, only: str = "") -> Drawing:
    """The picture of a plan; `only` shows the tour of this cart alone, with its picks.

    Raises LayoutError where a tour leads to where nobody can walk.
    """
    batches = [(n, batch) for n, batch in enumerate(plan.batches) if not only or batch.cart == only]
    floor, beside = _floor(problem.layout, max(1, len(batches)))
    tours, gap = drawn_tours(floor, batches)
    taken: dict[str, list[str]] = defaultdict(list)
    for tour in tours:
        for place in tour.places:
            taken[place].append(tour.colour)
    on_floor = [*floor_shapes(floor, taken), *tour_shapes(floor, tours, gap), *place_signs(floor, problem)]
    return _composed(problem, plan, only, floor, beside, on_floor, tours)


def _floor(layout: Layout, tours: int) -> tuple[FloorMap, bool]:
    """The floor's map, and whether the legend stands beside it; below it where the floor is wide."""
    cross_px = min(92.0, 30.0 + 2.4 * tours)
    beside = FloorMap(layout, *_FLOOR_BESIDE, cross_px)
    above = FloorMap(layout, *_FLOOR_ABOVE, cross_px)
    if above.measures.scale > _WORTH_IT * beside.measures.scale:
        return above, False
    return beside, True


def _composed(
    problem: Problem, plan: Plan, only: str, floor: FloorMap, beside: bool, on_floor: Sequence[Shape],
    tours: Sequence[Drawn],
) -> Drawing:  # fmt: skip
    title = _title(tours, only)
    if beside:
        words = legend(problem, plan, only, _MARGIN + floor.width + _BETWEEN, _HEAD + 20)
        width = _MARGIN + floor.width + _BETWEEN + WIDTH + _MARGIN
        height = max(_HEAD + floor.height, words.bottom) + _MARGIN
    else:
        words = legend(problem, plan, only, _MARGIN, _HEAD + floor.height + _BETWEEN)
        width, height = max(floor.width, WIDTH) + 2 * _MARGIN, words.bottom + _MARGIN
    shapes = [
        Box(0, 0, width, height, PAPER),
        *_head(title, plan, only),
        *(_moved(shape, _MARGIN, _HEAD) for shape in on_floor),
        *words.shapes,
    ]
    return Drawing(round(width), round(height), tuple(shapes), title)


def _title(tours: Sequence[Drawn], only: str) -> str:
    batches = [tour.batch for tour in tours]
    orders = sum(len(batch.slots) for batch in batches)
    metres = sum(batch.distance_mm for batch in batches) / 1000
    whom = f"on cart {only}" if only else f"on {len(batches)} cart{'s' if len(batches) != 1 else ''}"
    return f"{orders} order{'s' if orders != 1 else ''} {whom}: {metres:,.0f} m"


def _head(title: str, plan: Plan, only: str) -> Iterator[Shape]:
    yield Words(_MARGIN, 38, title, 25, INK, bold=True)
    yield Words(_MARGIN, 68, _below_title(plan, only), 13, GREY)


def _below_title(plan: Plan, only: str) -> str:
    batches = [batch for batch in plan.batches if not only or batch.cart == only]
    walked_mm, bound_mm = sums_mm(batches)
    if bound_mm >= walked_mm:
        said = ["no walk through these stops is shorter: proven"] if batches else []
    else:
        gap = gap_told(1 - bound_mm / walked_mm)
        said = [f"these stops need at least {bound_mm / 1000:,.0f} m (gap {gap})"]
    minutes = sum(batch.time_ms for batch in batches) / 60_000
    said += [f"{minutes:,.0f} minutes of work"] if minutes >= 2 else []
    if not only:
        said += [f"any plan: at least {plan.bound_mm / 1000:,.0f} m"] if plan.bound_mm else []
        said += [f"{len(plan.left)} left for later"] if plan.left else []
        said.append(plan.method)
    return "  ·  ".join(said)


def _moved(shape: Shape, dx: float, dy: float) -> Shape:
    match shape:
        case Line() | Area():
            return shape._replace(points=tuple((x + dx, y + dy) for x, y in shape.points))
        case Box() | Disc() | Words():
            return shape._replace(x=shape.x + dx, y=shape.y + dy)
