"""The configuration's tables about picking: how orders are released, what a cart holds, and how the floor is walked."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from msgspec import Meta, Struct, field

from routing import Apart, Before, Effort, FloorRules, Goods, Rules, Sourcing, Way

Positive = Annotated[int, Meta(ge=1)]
Count = Annotated[int, Meta(ge=0)]
Name = Annotated[str, Meta(min_length=1, max_length=64)]
_MM_PER_M = 1_000


class Lift(Struct, frozen=True):
    """A way between two locations outside the aisles; `time_s` where it is not walked."""

    start: Name
    end: Name
    length_mm: Count
    time_s: Annotated[float, Meta(ge=0)] | None = None
    one_way: bool = False


class FloorPlan(Struct, frozen=True):
    """What the locations alone do not tell of the floor.

    `only_ways`: there are no aisles, the ways between locations are all there is. `decks`: sets of zones with no
    cross-aisle in common with the rest of the floor.
    """

    at_aisle_ends: bool = True
    closed_aisles: tuple[Name, ...] = ()
    one_way: dict[str, Literal["up", "down"]] = field(default_factory=dict)
    decks: tuple[tuple[Name, ...], ...] = ()
    ways: tuple[Lift, ...] = ()
    only_ways: bool = False


class Pace(Struct, frozen=True):
    """How fast people are."""

    speed_mm_s: Positive = 1_200
    turn_ms: Count = 1_000
    stop_ms: Count = 6_000
    unit_ms: Count = 2_000
    level_ms: Count = 1_500


class GoodsChoice(Struct, frozen=True):
    """Goods that a rule means; all that is given must hold. `kind`: `fragile`, or a hazard class of the SKU."""

    kind: str = ""
    zone: str = ""
    min_weight_g: Count = 0
    max_weight_g: Count | None = None
    min_volume_cm3: Count = 0
    max_volume_cm3: Count | None = None

    @property
    def goods(self) -> Goods:
        """For the planner."""
        return Goods(
            self.kind,
            self.zone,
            self.min_weight_g,
            self.max_weight_g,
            self.min_volume_cm3,
            self.max_volume_cm3,
        )


class BeforeRule(Struct, frozen=True):
    """`first` comes onto the cart before `then`; with `penalty_m` only where that costs no more walking."""

    name: Name
    first: GoodsChoice
    then: GoodsChoice
    penalty_m: Annotated[float, Meta(ge=0)] | None = None


class ApartRule(Struct, frozen=True):
    """`one` and `other` never share a cart; with `penalty_m` only where that costs no more walking."""

    name: Name
    one: GoodsChoice
    other: GoodsChoice
    penalty_m: Annotated[float, Meta(ge=0)] | None = None


class Shelves(Struct, frozen=True):
    """How an SKU's location is chosen beside the walk; `reserve_zones` refill the others."""

    rest_bonus_m: Annotated[float, Meta(ge=0)] = 0
    reserve_zones: tuple[Name, ...] = ()
    reserve_penalty_m: Annotated[float, Meta(ge=0)] = 1_000


class Picking(Struct, frozen=True):
    """How orders are released, and what a cart holds.

    `drops`: locations where tours may end; none: at any depot. `cores`: how many the planner may use.
    """

    release: Literal["continuous", "wave"] = "continuous"
    wave_every_s: Annotated[float, Meta(gt=0)] = 900
    max_wait_s: Annotated[float, Meta(ge=0)] = 20
    plan_s: Annotated[float, Meta(gt=0, le=60)] = 1.0
    cores: Annotated[int, Meta(ge=1, le=64)] = 1
    accept_within_s: Annotated[float, Meta(gt=0)] = 300
    cart_slots: Positive = 8
    cart_max_weight_g: Positive = 60_000
    cart_max_volume_cm3: Positive = 200_000
    cross_aisles_y_mm: tuple[int, ...] = ()
    minimise: Literal["distance", "time"] = "distance"
    drops: tuple[Name, ...] = ()
    floor: FloorPlan = FloorPlan()
    pace: Pace = Pace()
    before: tuple[BeforeRule, ...] = ()
    apart: tuple[ApartRule, ...] = ()
    shelves: Shelves = Shelves()

    @property
    def floor_rules(self) -> FloorRules:
        """What is special about the floor, for the planner."""
        floor = self.floor
        return FloorRules(
            cross_aisles_y_mm=self.cross_aisles_y_mm,
            at_aisle_ends=floor.at_aisle_ends,
            closed_aisles=frozenset(floor.closed_aisles),
            one_way=floor.one_way,
            decks=tuple(frozenset(zones) for zones in floor.decks),
            ways=tuple(_way(lift) for lift in floor.ways),
        )

    @property
    def rules(self) -> Rules:
        """What may go together and in which order, for the planner."""
        return Rules(
            tuple(Before(r.name, r.first.goods, r.then.goods, _mm(r.penalty_m)) for r in self.before),
            tuple(Apart(r.name, r.one.goods, r.other.goods, _mm(r.penalty_m)) for r in self.apart),
        )

    @property
    def sourcing(self) -> Sourcing:
        """How shelves are chosen, for the planner."""
        rest_mm, reserve_mm = (
            _mm(m) or 0 for m in (self.shelves.rest_bonus_m, self.shelves.reserve_penalty_m)
        )
        return Sourcing(rest_bonus_mm=rest_mm, reserve_penalty_mm=reserve_mm)

    def effort(self, busy_percent: dict[str, int] | None = None) -> Effort:
        """What a walk costs, with some aisles busier than others."""
        pace = self.pace
        return Effort(
            self.minimise,
            pace.speed_mm_s,
            pace.turn_ms,
            pace.stop_ms,
            pace.unit_ms,
            pace.level_ms,
            busy_percent or {},
        )

    def faults(self) -> Iterator[tuple[str, str]]:
        """Keys whose values cannot be, with a sentence each."""
        if self.floor.only_ways and not self.floor.ways:
            yield "picking.floor.only_ways", "a floor of ways alone needs [[picking.floor.ways]]"
        for key, rules in (("before", self.before), ("apart", self.apart)):
            names = [rule.name for rule in rules]
            for index, name in enumerate(names):
                if name in names[:index]:
                    yield f"picking.{key}[{index}].name", f"{name!r} stands twice"
        if not self.cross_aisles_y_mm and not self.floor.at_aisle_ends and not self.floor.only_ways:
            yield (
                "picking.floor.at_aisle_ends",
                "without cross-aisles at the ends, cross_aisles_y_mm must name some",
            )


def _way(lift: Lift) -> Way:
    time_ms = None if lift.time_s is None else round(lift.time_s * 1000)
    return Way(lift.start, lift.end, lift.length_mm, time_ms, lift.one_way)


def _mm(metres: float | None) -> int | None:
    return None if metres is None else round(metres * _MM_PER_M)
