"""What is to be batched, and what came of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from routing.effort import Effort
from routing.layout import Layout


@dataclass(frozen=True, slots=True)
class CartType:
    """`count` carts that are alike; tours start at spot `start` and end at whichever of `ends` is best.

    With `waits` they stand for the carts of later rounds: what travels on them is paid its `wait_cost`.
    """

    count: int
    slots: int
    max_weight_g: int
    max_volume_cm3: int
    start: str
    ends: tuple[str, ...]
    waits: bool = False


@dataclass(frozen=True, slots=True)
class Item:
    """An order, or part of one, as it travels: one slot, its distinct locations, its load.

    `types` are the numbers of the cart types that may take it. `wait_cost`, in the Effort's units, is what it costs
    not to go now. Items whose `kinds` meet the other's `foes` (bits) never share a cart. `handling_ms` is what its
    units take beside the walk; the batch must be back after `due_ms` (None: whenever), walk, stops and handling
    together.
    """

    locations: tuple[str, ...]
    weight_g: int
    volume_cm3: int
    types: frozenset[int]
    wait_cost: int = 0
    kinds: int = 0
    foes: int = 0
    handling_ms: int = 0
    due_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Job:
    """Items to put on carts, each exactly once; the cost is that of all tours with the costs of waiting.

    `foe_cost`: None where foes never share a cart, else the cost of each batch where some do.
    """

    layout: Layout
    effort: Effort
    items: tuple[Item, ...]
    types: tuple[CartType, ...]
    foe_cost: int | None = None


@dataclass(frozen=True, slots=True)
class Load:
    """Items that share one cart of a type, by number, and the cost of their tour."""

    type: int
    items: tuple[int, ...]
    cost: int


@dataclass(frozen=True, slots=True)
class Formed:
    """All loads; `bound` is proven: no loads for this job cost less in all."""

    loads: tuple[Load, ...]
    cost: int
    bound: int
    method: str


@dataclass(frozen=True, slots=True)
class Limits:
    """When to stop: at `expires` (monotonic seconds) or, for a run that can be repeated, after `iterations`.

    `cores` is how many threads may work, at least one; `progress` is told the cost of each better set of loads.
    """

    expires: float
    iterations: int | None = None
    cores: int = 1
    progress: Callable[[int], None] | None = None
