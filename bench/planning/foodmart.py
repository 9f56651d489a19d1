"""Foodmart (Valle, Beasley and da Cunha 2017): orders for trolleys with boxes, on eight aisles of two blocks.

The depot lies before the front cross-aisle and is joined to the end of each aisle by a straight walk of its own. An
order fills boxes that it shares with nobody, as many as its volume needs; a trolley has eight. That is the model of the
proven optima (Wahlen 2026): over all splits of the orders, with shortest tours, it gives their values exactly.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from bench.planning.data import length_mm, routing_data, rows_of
from bench.planning.instances import Case
from bench.planning.sections import DEPOT
from routing import Cart, FloorRules, Layout, PickLine, PickOrder, Problem, Spot, Way

_PRODUCTS, _ORDERS = "Idx Location Volume", "Idx M NbProdInOrder ProdIdx1 Qty1 ProdIdx2 Qty2 ..."
_PLACES, _ARCS = "Vertices coordinates LocationName", "Start End Distance"
_BOXES, _BOX_VOLUME = "K: NbBoxesTrolley", "B: CapaBox"
_DEPOT, _ARRIVAL = "DepartingDepot", "ArrivalDepot"
_DELTA_AISLES = ("5", "8")
"""The references' rows that are meant: orders of five days joined, eight aisles."""


def foodmart_files() -> list[Path]:
    """All given instances, the small ones first."""
    return sorted((routing_data() / "foodmart").glob("*.txt"))


def foodmart(path: Path) -> Case:
    """An instance and its proven optimum."""
    problem = problem_of(path.read_text("utf-8"))
    rows = rows_of(routing_data() / "reference" / "foodmart_wahlen_2026.csv")
    known = {
        row["orders_n"]: row["bks_value"] for row in rows if (row["delta"], row["aisles_S"]) == _DELTA_AISLES
    }
    return Case(path.stem, problem, length_mm(known[f"{len(problem.orders)}"]))


def problem_of(text: str) -> Problem:
    """The trolleys, one for each order, and the orders of an instance.

    What is planned as weight are boxes: an order has all of its own on its first line. A line is one unit, with the
    volume of all that is taken.
    """
    blocks = _blocks(text)
    products = {int(row[0]): (row[1], int(row[2])) for row in blocks[_PRODUCTS]}
    orders = tuple(_order(row, products) for row in blocks[_ORDERS])
    boxes, box_cm3 = int(blocks[_BOXES][0][0]), int(blocks[_BOX_VOLUME][0][0])
    carts = tuple(Cart(f"trolley-{n}", len(orders), boxes, boxes * box_cm3) for n in range(len(orders)))
    return Problem(_layout(blocks), DEPOT, orders, carts)


def shortest_mm(text: str) -> dict[tuple[str, str], int]:
    """The shortest walks between spots as the file has them, in mm; only to compare ours with."""
    blocks = _blocks(text)
    depots = {blocks[_DEPOT][0][0], blocks[_ARRIVAL][0][0]}
    return {
        (DEPOT if start in depots else start, DEPOT if end in depots else end): length_mm(units)
        for start, end, units in blocks["LocStart LocEnd ShortestPath"]
    }


def _blocks(text: str) -> dict[str, list[list[str]]]:
    """The words of the lines below each comment."""
    found: dict[str, list[list[str]]] = {}
    below = ""
    for line in text.splitlines():
        if line.startswith("//"):
            below = line[2:].strip()
            found[below] = []
        elif line.strip():
            found[below].append(line.split())
    return found


def _order(row: list[str], products: dict[int, tuple[str, int]]) -> PickOrder:
    """Index, boxes, number of products, then product and units in turn."""
    name, boxes, wanted = f"order-{row[0]}", int(row[1]), [int(word) for word in row[3:]]
    lines = []
    for line_no, (product, units) in enumerate(zip(wanted[::2], wanted[1::2], strict=True), start=1):
        location, volume_cm3 = products[product]
        own_boxes = boxes if line_no == 1 else 0
        lines.append(PickLine(name, line_no, f"{product}", location, 1, own_boxes, units * volume_cm3))
    return PickOrder(name, int(row[0]), tuple(lines))


@dataclass(frozen=True, slots=True)
class _Vertex:
    """A place of the floor: a product's, or where an aisle meets a cross-aisle."""

    id: str
    x_mm: int
    y_mm: int
    crossing: bool

    @property
    def spot(self) -> Spot:
        """In the aisle of its x."""
        kind = "junction" if self.crossing else "bin"
        return Spot(self.id, kind, "", f"{self.x_mm}", 1, 1, self.x_mm, self.y_mm)


def _layout(blocks: dict[str, list[list[str]]]) -> Layout:
    """Aisles and cross-aisles by the places' coordinates, and the depot's walks as ways."""
    (depot,) = blocks[_DEPOT][0]
    vertices = list(_vertices(blocks[_PLACES]))
    levels = {vertex.y_mm for vertex in vertices if vertex.crossing}
    here = next(row for row in blocks[_PLACES] if row[0] == depot)
    ways = tuple(Way(DEPOT, end, length_mm(units)) for end, units in _from(depot, blocks[_ARCS], vertices))
    rules = FloorRules(
        cross_aisles_y_mm=tuple(sorted(levels)),
        at_aisle_ends=False,
        decks=(frozenset({DEPOT}),),
        ways=ways,
    )
    spot = Spot(DEPOT, "depot", DEPOT, "", 1, 1, length_mm(here[1]), length_mm(here[2]))
    return Layout.of([spot, *(vertex.spot for vertex in vertices)], rules)


def _vertices(rows: Iterable[list[str]]) -> Iterator[_Vertex]:
    for number, x, y, *words in rows:
        if words[0] != '"depot"':
            yield _Vertex(number, length_mm(x), length_mm(y), words[0] == '"intersection')


def _from(depot: str, arcs: Iterable[list[str]], vertices: Iterable[_Vertex]) -> Iterator[tuple[str, str]]:
    """The depot's own arcs: where to, and how long."""
    known = {vertex.id for vertex in vertices}
    return ((end, units) for start, end, units in arcs if start == depot and end in known)
