"""What the baselines load onto carts: orders by number, what they weigh, and which carts there are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from routing import Cart, Layout, Problem
from routing.layout import Grid
from routing.parts import Part, prepare


class Freight:
    """The orders of a problem, in their order of arrival, for carts that differ in their slots alone.

    Raises ValueError where an order is split or has to stay behind, or carts differ in more.
    """

    def __init__(self, problem: Problem) -> None:
        prepared = prepare(problem)
        self.problem = problem
        self.parts: tuple[Part, ...] = prepared.parts
        self.weight_g = [part.weight_g for part in self.parts]
        self.volume_cm3 = [part.volume_cm3 for part in self.parts]
        alike = {(cart.max_weight_g, cart.max_volume_cm3, cart.zones, cart.start) for cart in problem.carts}
        if prepared.left or any(part.why for part in self.parts) or len(alike) != 1:
            raise ValueError("the baselines know whole orders, and carts that differ in their slots alone")
        ((self.max_weight_g, self.max_volume_cm3, *_),) = alike
        self.most_slots = max(cart.slots for cart in problem.carts)

    @property
    def size(self) -> int:
        """How many orders there are."""
        return len(self.parts)

    def fits(self, load: Iterable[int]) -> bool:
        """Whether the weight and volume of these orders go on one cart."""
        load = list(load)
        return (
            sum(self.weight_g[n] for n in load) <= self.max_weight_g
            and sum(self.volume_cm3[n] for n in load) <= self.max_volume_cm3
        )

    def can_be_carted(self, sizes: Iterable[int]) -> bool:
        """Whether there is a cart with slots enough for each load of more orders than the smallest cart takes."""
        carts = Counter(cart.slots for cart in self.problem.carts)
        loads = Counter(sizes)
        return all(
            sum(count for size, count in loads.items() if size > slots)
            <= sum(count for size, count in carts.items() if size > slots)
            for slots in carts
        )

    def on_carts(self, loads: Iterable[Sequence[int]]) -> list[tuple[Cart, list[int]]]:
        """The loads with carts, the largest load on a cart of the most slots. Raises ValueError where it has none."""
        carts = sorted(self.problem.carts, key=lambda cart: -cart.slots)
        largest_first = sorted((sorted(load) for load in loads if load), key=lambda load: (-len(load), load))
        if len(largest_first) > len(carts):
            raise ValueError(f"{len(largest_first)} loads, {len(carts)} carts")
        found = list(zip(carts, largest_first, strict=False))
        for cart, load in found:
            if len(load) > cart.slots or not self.fits(load):
                raise ValueError(f"cart {cart.cart} cannot take orders {load}")
        return found


def grid_of(layout: Layout) -> Grid:
    """The floor's parallel aisles. Raises ValueError where it is something else."""
    if layout.grid is None:
        raise ValueError("the baselines know parallel aisles only")
    return layout.grid
