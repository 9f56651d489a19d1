"""The public instances as problems of ours, with the best values that are known for them.

Nothing of the data is in this repository: see `bench.planning.data.routing_data`. One unit of an instance is a metre.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Literal

from bench.planning.data import length_mm, routing_data, rows_of
from bench.planning.sections import DEPOT, Lengths, Sections, layout_of
from routing import Cart, Layout, PickLine, PickOrder, Problem

HENN_VARIANTS = {"uniform_S-Shape": "Traversal", "uniform_Largest_Gap": "LargestGap"}
MUTER_END_MM = 1_500
"""From an aisle's end to its first cell: the references of Muter & Öncan's instances assume 1.5 units, files say 1."""
SPRP_MIDDLE_MM = 1_000
"""Half a unit to leave the aisle, half of one that the cross-aisle is wide."""
Blocks = Literal[1, 2]


@dataclass(frozen=True, slots=True)
class Case:
    """A batching instance and the least total length that is known for it."""

    name: str
    problem: Problem
    best_mm: int

    @property
    def orders(self) -> int:
        """How many orders it has."""
        return len(self.problem.orders)


@dataclass(frozen=True, slots=True)
class PickCase:
    """A routing instance: one tour from `start` and back that takes all of `wants` (units by article).

    `stock` is where each article lies, units by location; `best_mm` is proven, None where no value can be trusted.
    """

    name: str
    layout: Layout
    start: str
    wants: Mapping[int, int]
    stock: Mapping[int, Mapping[str, int]]
    best_mm: int | None

    @property
    def stops(self) -> tuple[str, ...]:
        """All locations of what is wanted: the stops, where nothing is scattered."""
        return tuple(dict.fromkeys(place for article in self.wants for place in self.stock[article]))


def batching_problem(sections: Sections, lengths: Lengths) -> Problem:
    """The orders of a batching instance, a cart for each, all alike; their capacity counts units of weight."""
    orders = tuple(_order(sections, n) for n in range(len(sections.orders)))
    capacity_g = sections.number("PICKER_CAPACITY")
    carts = tuple(Cart(f"cart-{n:03}", len(orders), capacity_g, 1) for n in range(len(orders)))
    return Problem(layout_of(sections, lengths), DEPOT, orders, carts)


def _order(sections: Sections, number: int) -> PickOrder:
    name = f"order-{number:03}"
    lines = []
    for line_no, (article, qty) in enumerate(sections.orders[number].items(), start=1):
        (place,) = sections.stock(article)
        lines.append(PickLine(name, line_no, f"{article}", place, qty, sections.weights[article], 0))
    return PickOrder(name, number, tuple(lines))


# --- Henn & Wäscher (2012) ---------------------------------------------------------------------------------------


def henn_files() -> list[Path]:
    """All given instances, the small ones first."""
    return sorted((routing_data() / "henn_waescher").glob("*/*.txt"), key=_henn_key)


def henn(path: Path) -> Case:
    """An instance of Henn & Wäscher: 10 aisles of 45 cells, one block; the best known for optimal routing."""
    sections = Sections.read(path)
    name = f"{path.parent.name}/{path.stem}"
    return Case(
        name, batching_problem(sections, Lengths.of(sections)), _henn_best(routing_data())[_henn_key(path)]
    )


def _henn_key(path: Path) -> tuple[int, int, int, str]:
    """Orders, capacity, number and variant: `70s-100-45-1` is set 70s, 100 orders, capacity 45, number 1."""
    _, count, capacity, number = path.stem.split("-")
    return int(count), int(capacity), int(number), HENN_VARIANTS[path.parent.name]


@cache
def _henn_best(data: Path) -> dict[tuple[int, int, int, str], int]:
    best = {}
    for row in rows_of(data / "reference" / "henn_waescher_wg2023.csv"):
        if row["storage"] == "UDD":
            numbers = int(row["num_orders"]), int(row["capacity"]), int(row["inst_num"])
            best[*numbers, row["source_variant"]] = length_mm(row["optimal_block_bks"])
    return best


# --- Muter & Öncan (2015) ----------------------------------------------------------------------------------------


def muter_files() -> list[Path]:
    """The given instances that have a reference: of five alike all but the last."""
    best = _muter_best(routing_data())
    found = (routing_data() / "muter_oncan").glob("*.txt")
    return sorted((path for path in found if _numbers(path) in best), key=_numbers)


def muter(path: Path) -> Case:
    """An instance of Muter & Öncan: 10 aisles of 10 cells, one block, measured as its references are."""
    sections = Sections.read(path)
    lengths = replace(Lengths.of(sections), end_mm=MUTER_END_MM)
    return Case(path.stem, batching_problem(sections, lengths), _muter_best(routing_data())[_numbers(path)])


def _numbers(path: Path) -> tuple[int, ...]:
    return tuple(int(part) for part in path.stem.split("_"))


@cache
def _muter_best(data: Path) -> dict[tuple[int, ...], int]:
    """By orders, capacity and number; the files count from 0 and the references from 1."""
    rows = rows_of(data / "reference" / "muter_oencan_wg2023.csv")
    return {
        (int(row["num_orders"]), int(row["capacity"]), int(row["inst_num"]) - 1): length_mm(
            row["optimal_bks"]
        )
        for row in rows
    }


# --- Heßler & Irnich (2023) --------------------------------------------------------------------------------------


def sprp_files(alpha: int | None = None) -> list[Path]:
    """All given routing instances, or those where each article has `alpha` places (1: nothing is scattered)."""
    folder = routing_data() / "sprp" / "instances"
    return sorted(folder.glob("*.txt" if alpha is None else f"*_F{alpha}_*.txt"))


def sprp(path: Path, blocks: Blocks) -> PickCase:
    """A routing instance on its floor of one block, or cut in two by a cross-aisle in the middle.

    On two blocks the published values for articles of which several units are wanted are not used: some are less than
    any choice of places allows (of varying_F10_m50_C180_a3_17 all 208,041 were tried: 376, where 358 is published).
    """
    sections = Sections.read(path)
    lengths = Lengths.of(sections)
    if blocks == 2:
        lengths = replace(lengths, middle_mm=SPRP_MIDDLE_MM)
    (wants,) = sections.orders
    stock = {article: sections.stock(article) for article in wants}
    trusted = blocks == 1 or path.stem.startswith("unit_")
    best_mm = _sprp_best(routing_data(), blocks)[path.stem] if trusted else None
    return PickCase(path.stem, layout_of(sections, lengths), DEPOT, wants, stock, best_mm)


@cache
def _sprp_best(data: Path, blocks: Blocks) -> dict[str, int]:
    """Proven lengths by the name of the instance."""
    folder = data / "reference" / "sprp"
    best = {}
    if blocks == 2:
        for file in ("results_SPRP_two_block.csv", "results_SPRP-SS_two_block.csv"):
            for row in rows_of(folder / file):
                best[Path(row["filename"]).stem] = length_mm(row["objective"])
        return best
    for file in ("results_SPRP.csv", "results_SPRP-SS.csv"):
        for row in rows_of(folder / file):
            best[_sprp_name(row)] = length_mm(row["Netw MIP cost"])
    return best


def _sprp_name(row: Mapping[str, str]) -> str:
    demand = "unit" if row["unit demand"] == "true" else "varying"
    aisles, cells, articles = row["num aisles"], row["num cells"], row["num articles"]
    return f"{demand}_F{row['alpha']}_m{aisles}_C{cells}_a{articles}_{row['random seed']}"
