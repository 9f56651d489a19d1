"""Orders in several parts: which carts they are on, so that the parts come together again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from routing.parts import Part
from routing.result import Batch, Left, Link


def links_of(batches: Iterable[Batch], left: Iterable[Left], parts: Iterable[Part]) -> tuple[Link, ...]:
    """A link for each order that is parted, with the carts that its parts are on now."""
    why = {part.order.order: part.why for part in parts if part.why}
    why |= {each.order: "too-big" for each in left if each.line_nos and each.order not in why}
    carts: dict[str, list[str]] = defaultdict(list)
    for batch in batches:
        for order in batch.slots:
            carts[order].append(batch.cart)
    return tuple(Link(order, tuple(carts[order]), reason) for order, reason in why.items())
