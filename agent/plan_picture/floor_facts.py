"""What a picture has to know of a floor: its decks, and how far apart its aisles and bays usually are."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from statistics import median

from routing import Layout, LayoutError
from routing.layout import Cell

_BAY_MM, _PITCH_MM = 1_000.0, 3_000.0  # where the floor has too few places to tell


def cell_of(layout: Layout, spot_id: str) -> Cell | None:
    """Where a spot stands in its deck; None where it is in none, or its aisle is closed."""
    try:
        return layout.cell(spot_id)
    except (LayoutError, KeyError):
        return None


def stands_above(layout: Layout, spot_id: str, *, first: bool) -> bool:
    """Whether a spot on a cross-aisle belongs to what goes up from there; in a closed aisle if it is its `first`."""
    cell = cell_of(layout, spot_id)
    return first if cell is None else cell.offset_mm == 0


def nearest_racks_mm(layout: Layout, deck: int, level: int) -> tuple[float, float]:
    """How far it is from the middle of a cross-aisle to the middle of the next bays below and above it."""
    y_mm = layout.decks[deck].levels_y_mm[level]
    below = above = float("inf")
    for spot_id, spot in layout.spots.items():
        cell = cell_of(layout, spot_id) if spot.kind == "bin" else None
        if cell is None or cell.deck != deck:
            continue
        if spot.y_mm > y_mm or (spot.y_mm == y_mm and cell.offset_mm == 0):
            above = min(above, spot.y_mm - y_mm)
        else:
            below = min(below, y_mm - spot.y_mm)
    return below, above


def decks_of_nodes(layout: Layout) -> list[int]:
    """The deck of each node: nodes that corridors and cross-aisles join are on one."""
    deck = [-1] * len(layout.network.xy_mm)
    if not layout.decks:
        return [0] * len(deck)
    joined: dict[int, list[int]] = {}
    for edge in layout.network.edges:
        if edge.axis != "way":
            joined.setdefault(edge.tail, []).append(edge.head)
            joined.setdefault(edge.head, []).append(edge.tail)
    for spot_id, standing in layout.network.standings.items():
        stack, cell = [layout.network.edges[standing.edge].tail], cell_of(layout, spot_id)
        number = cell.deck if cell else 0
        while stack:
            node = stack.pop()
            if deck[node] < 0:
                deck[node] = number
                stack += joined.get(node, ())
    return [max(0, number) for number in deck]


def boxes_mm(layout: Layout, deck_of_node: Sequence[int]) -> list[tuple[int, int, int, int]]:
    """Least x and y, greatest x and y of each deck, in mm."""
    count = max(1, len(layout.decks))
    places: dict[int, list[tuple[int, int]]] = {deck: [] for deck in range(count)}
    for node, xy_mm in enumerate(layout.network.xy_mm):
        places[deck_of_node[node]].append(xy_mm)
    return [_box(places[deck] or [(0, 0)]) for deck in range(count)]


def _box(places: Iterable[tuple[int, int]]) -> tuple[int, int, int, int]:
    xs, ys = zip(*places, strict=True)
    return min(xs), min(ys), max(xs), max(ys)


def usual_bay_mm(layout: Layout) -> float:
    """The usual distance from bay to bay in an aisle."""
    by_aisle: dict[tuple[str, int], set[int]] = {}
    for spot in layout.spots.values():
        if spot.kind == "bin":
            by_aisle.setdefault((spot.aisle, spot.x_mm), set()).add(spot.y_mm)
    steps = [b - a for ys_mm in by_aisle.values() for a, b in pairwise(sorted(ys_mm))]
    return median(steps) if steps else _BAY_MM


def usual_pitch_mm(layout: Layout) -> float:
    """The usual distance from aisle to aisle."""
    steps = [
        b - a
        for grid in layout.decks
        for a, b in pairwise(sorted({column.x_mm for column in grid.columns if column.aisle}))
    ]
    return median(steps) if steps else _PITCH_MM


def usual_way_mm(layout: Layout) -> float:
    lengths_mm = [way.length_mm for way in layout.rules.ways if way.length_mm > 0]
    return median(lengths_mm) if lengths_mm else _PITCH_MM
