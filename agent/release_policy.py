"""When to ask the planner, for whom and with which orders: the rolling horizon.

Pure: a clock reading and what is seen of the floor come in; what to ask now and when to look again comes out. All
moments are ms of one clock.

`continuous`: a full cart goes at once; one that is not full waits for good company, but no longer than `max_wait_s`
after its first order became ready, and never so long that an order would miss its cut-off. `wave`: everything goes at
fixed times, and in between only what the next wave would be too late for.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import inf
from typing import Literal

from agent.cart_filling import Ready, Shift, carts_for_all, claim, filled
from agent.config import Picking
from routing import Cart

_LOOK_AGAIN_MS = 60_000  # whatever happens, the floor is looked at so often


@dataclass(frozen=True, slots=True)
class Policy:
    """A site's settings; durations in seconds.

    `plan_s` is what the planner takes, `pack_s` what an order still needs between the floor and its carrier. An order
    that has waited `patience_s` goes before others of any priority. The planner is shown `look_ahead` times
    what its carts hold, to choose good company from. Every picker in an aisle makes it dearer to others by
    `crowd_percent`.
    """

    release: Literal["continuous", "wave"] = "continuous"
    max_wait_s: float = 20.0
    wave_every_s: float = 900.0
    plan_s: float = 1.0
    pack_s: float = 300.0
    patience_s: float = 3_600.0
    look_ahead: int = 8
    crowd_percent: int = 30

    @classmethod
    def of(cls, picking: Picking) -> Policy:
        """What the site's file says; the rest as it stands here."""
        return cls(picking.release, picking.max_wait_s, picking.wave_every_s, picking.plan_s)

    @property
    def max_wait_ms(self) -> int:
        """How long an order may wait for company; the planner's time is kept back from what was promised."""
        return max(0, round((self.max_wait_s - self.plan_s) * 1000))


@dataclass(frozen=True, slots=True)
class Floor:
    """What is seen at `now_ms`: the pool, the carts of everybody on shift, and the aisles ahead of those who walk.

    `walked` has an entry for each list that is out: the aisle of each of its open stops. `round_ms` is how long a list
    takes from its release back to the depot. `wave_ms` is when the next wave is due, `cart` what a cart of the site
    holds, for a wave while nobody is on shift.
    """

    now_ms: int
    pool: Sequence[Ready]
    idle: Sequence[Cart]
    busy: Sequence[Cart] = ()
    walked: Sequence[Sequence[str]] = ()
    round_ms: int = 900_000
    wave_ms: int = 0
    cart: Cart | None = None

    @property
    def carts(self) -> tuple[Cart, ...]:
        """Those of everybody on shift; the site's where there is nobody."""
        return (*self.idle, *self.busy) or ((self.cart,) if self.cart else ())


@dataclass(frozen=True, slots=True)
class Wanted:
    """An order for the planner; `rank` and `due_s` as in routing's PickOrder."""

    order: str
    rank: int
    due_s: int | None


@dataclass(frozen=True, slots=True)
class Ask:
    """A problem for the planner: these orders on these carts. In a `wave` the carts are nobody's yet."""

    orders: tuple[Wanted, ...]
    carts: tuple[Cart, ...]
    busy_percent: Mapping[str, int] = field(default_factory=dict)
    wave: bool = False


@dataclass(frozen=True, slots=True)
class Decision:
    """What to ask now, one after the other, in how many ms to look again at the latest, when the next wave is due."""

    asks: tuple[Ask, ...]
    again_ms: int
    wave_ms: int


def decide(policy: Policy, floor: Floor) -> Decision:
    """What the planner is asked now. Look again as soon as its answer is there: what it leaves may be due as well."""
    urgent = by_urgency(policy, floor)
    shift = Shift(floor.carts)
    if policy.release == "wave" and floor.now_ms >= floor.wave_ms:
        floor = replace(floor, wave_ms=floor.now_ms + round(policy.wave_every_s * 1000))
        asks = _wave(policy, floor, urgent, shift)
    else:
        asks = _lists(policy, floor, urgent, shift)
    return Decision(asks, _again_ms(policy, floor), floor.wave_ms)


def _lists(policy: Policy, floor: Floor, urgent: Sequence[Ready], shift: Shift) -> tuple[Ask, ...]:
    """For idle hands, where it is worth walking."""
    loads = _worth_walking(policy, floor, urgent, shift)
    if not loads:
        return ()
    orders = _window(policy, floor, urgent, loads, shift)
    return (_ask(policy, floor, orders, [cart for cart, _ in loads], wave=False),)


def _wave(policy: Policy, floor: Floor, urgent: Sequence[Ready], shift: Shift) -> tuple[Ask, ...]:
    """All that is ready. Where that is more than the idle hands take at once, what is pressing gets lists of its own,
    which go first."""
    pressing = [ready for ready in urgent if is_pressing(policy, floor, ready)]
    others = urgent[len(pressing) :]
    at_once = sum(cart.slots for cart in floor.idle) >= len(urgent)
    parts = [urgent] if at_once else [pressing, others]
    carts = [carts_for_all(part, shift) for part in parts]
    return tuple(
        _ask(policy, floor, part, some, wave=True) for part, some in zip(parts, carts, strict=True) if some
    )


# --- urgency ----------------------------------------------------------------------------------------------------


def by_urgency(policy: Policy, floor: Floor) -> list[Ready]:
    """The pool, most urgent first: cut-offs that are near, then what waited too long, then by priority and age."""

    def key(ready: Ready) -> tuple[int, int, int, int, str]:
        if _latest_start_ms(policy, floor, ready) <= _next_chance_ms(policy, floor):
            return 0, ready.cutoff_ms or 0, -ready.priority, ready.ready_ms, ready.order
        if is_pressing(policy, floor, ready):
            return 1, ready.ready_ms, 0, 0, ready.order
        return 2, -ready.priority, ready.ready_ms, 0, ready.order

    return sorted(floor.pool, key=key)


def is_pressing(policy: Policy, floor: Floor, ready: Ready) -> bool:
    """Whether it should not be left to the next round: its cut-off would be missed, or it has waited too long."""
    patient_ms = ready.ready_ms + round(policy.patience_s * 1000)
    return min(_latest_start_ms(policy, floor, ready), patient_ms) <= _next_chance_ms(policy, floor)


def round_ms(lists_ms: Sequence[int], guess_ms: int = 900_000) -> int:
    """How long a list takes: nine in ten of the last fifty took no longer; a guess while there are none."""
    lately = sorted(lists_ms[-50:])
    return lately[9 * len(lately) // 10] if lately else guess_ms


def _next_chance_ms(policy: Policy, floor: Floor) -> float:
    """When what is not planned now can count on hands again: those that go now are back, after the next wave."""
    wave_s = policy.wave_every_s if policy.release == "wave" else 0.0
    return floor.now_ms + floor.round_ms + 1000 * wave_s


def _due_ms(policy: Policy, floor: Floor, ready: Ready) -> int | None:
    """When it should be back from the floor; None without a cut-off, and where it is missed anyway."""
    if ready.cutoff_ms is None:
        return None
    due_ms = ready.cutoff_ms - round(policy.pack_s * 1000)
    return due_ms if due_ms > floor.now_ms else None


def _latest_start_ms(policy: Policy, floor: Floor, ready: Ready) -> float:
    """When the planner must be given it at the latest, for its cut-off; never where that does not matter."""
    due_ms = _due_ms(policy, floor, ready)
    return inf if due_ms is None else due_ms - floor.round_ms - round(policy.plan_s * 1000)


def _release_ms(policy: Policy, floor: Floor, ready: Ready) -> float:
    """Until when it waits for good company while a hand is idle."""
    if policy.release == "wave":
        return min(floor.wave_ms, _latest_start_ms(policy, floor, ready))
    return min(ready.ready_ms + policy.max_wait_ms, _latest_start_ms(policy, floor, ready))


# --- who gets a list --------------------------------------------------------------------------------------------


_Load = tuple[Cart, list[Ready]]


def _worth_walking(policy: Policy, floor: Floor, urgent: Iterable[Ready], shift: Shift) -> list[_Load]:
    """The idle carts that are sent now: they would be full, or hold an order that may wait no longer.

    Each is filled in thought with the most urgent orders that it may take. Those of few zones choose first: who
    serves the whole floor is kept for what only they can take.
    """
    unclaimed = {ready.order: ready for ready in urgent}
    sent = []
    for cart in sorted(floor.idle, key=lambda cart: len(cart.zones) or inf):
        load, full = filled(cart, unclaimed, shift)
        due = any(_release_ms(policy, floor, ready) <= floor.now_ms for ready in load)
        if due or (full and policy.release == "continuous"):
            sent.append((cart, load))
            claim(cart, load, unclaimed)
    return sent


# --- what is asked ----------------------------------------------------------------------------------------------


def _window(
    policy: Policy, floor: Floor, urgent: Iterable[Ready], loads: Sequence[_Load], shift: Shift
) -> list[Ready]:
    """The orders to choose from: the carts' loads, and the most urgent of what else they may take.

    Where what is pressing fills the carts there is nothing to choose: then no others are shown.
    """
    claimed = {ready.order for _, load in loads for ready in load}
    kinds = {(cart.zones, cart.skills): cart for cart, _ in loads}.values()
    slots = sum(cart.slots for cart, _ in loads)
    mine = [ready for ready in urgent if any(shift.may_take(cart, ready) for cart in kinds)]
    pressing = [ready for ready in mine if is_pressing(policy, floor, ready)]
    others = [ready for ready in (pressing if len(pressing) >= slots else mine) if ready.order not in claimed]
    shown = claimed | {ready.order for ready in others[: max(0, policy.look_ahead * slots - len(claimed))]}
    return [ready for ready in mine if ready.order in shown]


def _ask(policy: Policy, floor: Floor, orders: Iterable[Ready], carts: Iterable[Cart], *, wave: bool) -> Ask:
    wanted = []
    for rank, ready in enumerate(orders):
        due_ms = _due_ms(policy, floor, ready)
        wanted.append(Wanted(ready.order, rank, None if due_ms is None else (due_ms - floor.now_ms) // 1000))
    # A wave's lists are walked over the next hour: where others are now says little.
    crowded = {} if wave else busy_percent(floor.walked, policy.crowd_percent)
    return Ask(tuple(wanted), tuple(carts), crowded, wave)


def busy_percent(walked: Iterable[Sequence[str]], crowd_percent: int) -> dict[str, int]:
    """How much dearer each aisle is while these lists are walked.

    A picker counts in each aisle ahead of them by the share of their open stops there: so likely they are met there.
    """
    presence: Counter[str] = Counter()
    for aisles in walked:
        for aisle, stops in Counter(aisles).items():
            presence[aisle] += crowd_percent * 1000 * stops // len(aisles)
    return {aisle: share // 1000 for aisle, share in sorted(presence.items()) if share >= 1000}


def _again_ms(policy: Policy, floor: Floor) -> int:
    """How long nothing changes by the clock alone: no wait runs out, no wave is due."""
    moments = [_release_ms(policy, floor, ready) for ready in floor.pool]
    if policy.release == "wave":
        moments.append(floor.wave_ms)
    ahead = [moment - floor.now_ms for moment in moments if moment > floor.now_ms]
    return int(min([*ahead, _LOOK_AGAIN_MS]))
