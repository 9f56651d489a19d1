"""What planning saves: metres walked by naive, quick and full plans of one round on a floor of two blocks."""

from __future__ import annotations

import random
from time import perf_counter

from routing import Cart, Layout, PickLine, PickOrder, Problem, Spot, check, naive_distance_mm, quick_plan
from routing.planner import plan

DEADLINE_S = 1.0
DEPOT = "depot"


def floor(aisles: int = 12, bays: int = 40) -> Layout:
    """Aisles 3 m apart, bins each metre, two blocks, the depot in the front corner."""
    bins = [
        Spot(f"{a:02}-{bay:02}", "bin", "A", f"{a:02}", bay + 1, 1, a * 3_000, 2_000 + bay * 1_000)
        for a in range(aisles)
        for bay in range(bays)
    ]
    return Layout.of([Spot(DEPOT, "depot", "", "", 1, 1, 0, 0), *bins], (2_000 + bays * 500,))


def problem(orders: int, carts: int = 10, slots: int = 8, seed: int = 1) -> Problem:
    """`orders` orders of one to five lines, each bin as likely as any other, and idle carts."""
    rng = random.Random(seed)
    layout = floor()
    bins = [spot.id for spot in layout.spots.values() if spot.kind == "bin"]
    return Problem(
        layout,
        DEPOT,
        tuple(_order(rng, f"SO-{n:04}", n, bins) for n in range(orders)),
        tuple(Cart(f"cart-{n}", slots, 60_000, 200_000, frozenset()) for n in range(carts)),
    )


def _order(rng: random.Random, name: str, rank: int, bins: list[str]) -> PickOrder:
    lines = tuple(
        PickLine(
            order=name,
            line_no=line_no,
            sku=f"SKU-{location}",
            location=location,
            qty=rng.randint(1, 3),
            weight_g=rng.randint(50, 2_000),
            volume_cm3=rng.randint(100, 4_000),
            zone="A",
        )
        for line_no, location in enumerate(rng.sample(bins, rng.choice((1, 1, 2, 2, 3, 4, 5))), start=1)
    )
    return PickOrder(name, rank, lines)


def naive_mm(asked: Problem, served: set[str]) -> int:
    """The walk for the served orders, each alone, its lines as they stand."""
    lines = [[line.location for line in order.lines] for order in asked.orders if order.order in served]
    return naive_distance_mm(asked.layout, asked.depot, lines)


def main() -> None:
    """Print a line per pool size. `naive` is the walk of the same orders as the plan's, one by one."""
    print(
        f"{'orders':>6} {'served':>6} {'naive m':>8} {'quick m':>8} {'s':>6} "
        f"{'plan m':>8} {'s':>6} {'bound m':>8}"
    )
    for orders in (50, 200, 500):
        asked = problem(orders)
        begun = perf_counter()
        quick = quick_plan(asked)
        quick_s = perf_counter() - begun
        begun = perf_counter()
        planned = plan(asked, DEADLINE_S)
        plan_s = perf_counter() - begun
        faults = check(asked, planned)
        if faults:
            raise SystemExit(f"the plan is wrong: {faults[0]}")
        served = {order for batch in planned.batches for order in batch.slots}
        naive_m = naive_mm(asked, served) / 1000
        bound_m = sum(batch.bound_mm for batch in planned.batches) / 1000
        print(
            f"{orders:>6} {planned.served:>6} {naive_m:>8.0f} "
            f"{quick.distance_mm / 1000:>8.0f} {quick_s:>6.3f} "
            f"{planned.distance_mm / 1000:>8.0f} {plan_s:>6.3f} {bound_m:>8.0f}"
        )


if __name__ == "__main__":
    main()
