"""Who on shift may take which orders of the pool, how many carts those would fill, and who gets a list that waits."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import cycle, islice
from math import ceil, inf
from typing import NamedTuple

from routing import Cart

_SPARE = 0.25  # so many more carts for a wave than a simple filling needs: room for short tours


@dataclass(frozen=True, slots=True)
class Ready:
    """An order of the pool: since when, how urgent, and what it needs; `zones` empty: anybody may try."""

    order: str
    ready_ms: int
    priority: int = 0  # larger is sooner
    cutoff_ms: int | None = None
    zones: frozenset[str] = frozenset()
    skills: frozenset[str] = frozenset()
    weight_g: int = 0
    volume_cm3: int = 0


class Shift:
    """Who may take what, with everybody on shift in mind."""

    def __init__(self, carts: Iterable[Cart]) -> None:
        self.carts = [cart for cart in carts if cart.slots]
        self._kinds = {(cart.zones, cart.skills): cart for cart in self.carts}.values()

    def may_take(self, cart: Cart, ready: Ready) -> bool:
        """Whether the cart may take it, or a part of it where nobody on shift serves all of it."""
        if not cart.slots or not ready.skills <= cart.skills:
            return False
        return cart.serves(ready.zones) or (bool(ready.zones & cart.zones) and not self._is_served(ready))

    def _is_served(self, ready: Ready) -> bool:
        return any(cart.serves(ready.zones) and ready.skills <= cart.skills for cart in self._kinds)


def filled(cart: Cart, unclaimed: Mapping[str, Ready], shift: Shift) -> tuple[list[Ready], bool]:
    """As much as the cart holds, and whether it is full. An order larger than a cart fills one."""
    load: list[Ready] = []
    weight_g = volume_cm3 = 0
    for ready in unclaimed.values():
        if not shift.may_take(cart, ready):
            continue
        weight_g += ready.weight_g
        volume_cm3 += ready.volume_cm3
        over = weight_g > cart.max_weight_g or volume_cm3 > cart.max_volume_cm3
        if not (load and over):
            load.append(ready)
        if over or len(load) == cart.slots:
            return load, True
    return load, False


def claim(cart: Cart, load: Iterable[Ready], unclaimed: dict[str, Ready]) -> None:
    """The cart takes these; the zones of an order that it does not serve are left to others."""
    for ready in load:
        if cart.serves(ready.zones):
            del unclaimed[ready.order]
        else:
            unclaimed[ready.order] = replace(ready, zones=ready.zones - cart.zones)


def carts_for_all(orders: Iterable[Ready], shift: Shift) -> list[Cart]:
    """Carts like those on shift, in turn, until all that they may take is on one; and some to spare."""
    unclaimed = {ready.order: ready for ready in orders}
    used: list[Cart] = []
    useful = shift.carts
    while useful:
        useful = [cart for cart in useful if _took_some(cart, unclaimed, shift)]
        used += useful
    spare = islice(cycle(used), ceil(_SPARE * len(used)))
    return [replace(cart, cart=f"cart-{number}") for number, cart in enumerate([*used, *spare], start=1)]


def _took_some(cart: Cart, unclaimed: dict[str, Ready], shift: Shift) -> bool:
    load, _ = filled(cart, unclaimed, shift)
    claim(cart, load, unclaimed)
    return bool(load)


class Waiting(NamedTuple):
    """A pick list that is nobody's yet: how many totes it needs, its zones, the earliest cut-off of its orders."""

    task: str
    totes: int
    due_ms: int | None = None
    zones: frozenset[str] = frozenset()


def hand_out(lists: Iterable[Waiting], idle: Iterable[Cart]) -> list[tuple[Waiting, Cart]]:
    """Lists for idle carts, the earliest cut-off first, else as they stand; each goes to the smallest cart it fits."""
    free = sorted(idle, key=lambda cart: (cart.slots, len(cart.zones) or inf))
    given = []
    for each in sorted(lists, key=lambda each: inf if each.due_ms is None else each.due_ms):
        cart = next((cart for cart in free if cart.slots >= each.totes and cart.serves(each.zones)), None)
        if cart is not None:
            free.remove(cart)
            given.append((each, cart))
    return given
