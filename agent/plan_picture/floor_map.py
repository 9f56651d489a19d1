"""Where on the paper a place of the floor is.

True to scale but for one thing: cross-aisles are widened, so that the tours in them, and the racks that begin where
they pass, can be seen. Decks stand side by side. Greater y is up, as on the plans that hang in warehouses.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass

from agent.plan_picture.floor_facts import (
    boxes_mm,
    decks_of_nodes,
    nearest_racks_mm,
    usual_bay_mm,
    usual_pitch_mm,
    usual_way_mm,
)
from agent.plan_picture.shapes import Point
from routing import Layout
from routing.layout import Grid

_MOST_BAY_PX, _MOST_PITCH_PX, _MOST_WAY_PX = 42.0, 150.0, 90.0
_DECK_GAP_PX, _EDGE_PX, _NAMES_PX = 40.0, 38.0, 6.0
_SIDE_PX = 76.0  # beside the outermost corridors: half of one, a rack and some air


@dataclass(frozen=True, slots=True)
class Measures:
    """Sizes on the paper, in pixels: of corridors, racks, bays and cross-aisles."""

    scale: float
    corridor: float
    rack: float
    bay: float
    cross: float


class FloorMap:
    """A floor of which each place has a point on the paper; it is `width` × `height` pixels."""

    def __init__(self, layout: Layout, width: float, height: float, cross_px: float) -> None:
        self.layout = layout
        self.deck_of_node = decks_of_nodes(layout)
        self._boxes_mm = boxes_mm(layout, self.deck_of_node)
        self._bay_mm, pitch_mm = usual_bay_mm(layout), usual_pitch_mm(layout)
        scale = self._scale(width, height, pitch_mm, cross_px)
        self.measures = _measures(scale, pitch_mm, self._bay_mm, cross_px)
        self._levels = [_Levels(layout, n, self.measures, self._bay_mm) for n in range(len(self._boxes_mm))]
        self._left_px, self.width = self._spread()
        self.height = max(self._tall(deck) for deck in range(len(self._boxes_mm))) + 2 * _EDGE_PX

    @property
    def decks(self) -> int:
        """How many stand side by side."""
        return len(self._boxes_mm)

    def frame(self, deck: int) -> tuple[float, float, float, float]:
        """Left, top, right and bottom of a deck."""
        least, _, greatest, _ = self._boxes_mm[deck]
        left = self._left_px[deck]
        right = left + (greatest - least) * self.measures.scale + 2 * _SIDE_PX
        return left, self.height - self._tall(deck) - 2 * _EDGE_PX, right, self.height

    def place(self, deck: int, x_mm: float, y_mm: float) -> Point:
        """The point of a place on a deck."""
        least_mm = self._boxes_mm[deck][0]
        return self._left_px[deck] + _SIDE_PX + (x_mm - least_mm) * self.measures.scale, self._up(deck, y_mm)

    def beside(self, deck: int, x_mm: float, y_mm: float, *, above: bool) -> Point:
        """The same for a rack: one where a cross-aisle passes stands on the side of it where its aisle is."""
        x, y = self.place(deck, x_mm, y_mm)
        return x, y + self._levels[deck].aside(y_mm, above=above)

    def cross_aisle(self, deck: int, level: int) -> tuple[float, float]:
        """Upper and lower border of a cross-aisle: as wide as the racks leave it."""
        y = self._up(deck, self.layout.decks[deck].levels_y_mm[level])
        below, above = self._levels[deck].free(level)
        return y - above, y + below

    def node(self, number: int) -> Point:
        """The point of a node of the network."""
        return self.place(self.deck_of_node[number], *self.layout.network.xy_mm[number])

    def on_edge(self, edge_number: int, offset_mm: int) -> Point:
        """The point so many mm from an edge's tail."""
        edge, xy_mm = self.layout.network.edges[edge_number], self.layout.network.xy_mm
        if offset_mm in (0, edge.length_mm):
            return self.node(edge.head if offset_mm else edge.tail)
        (ax, ay), (bx, by) = xy_mm[edge.tail], xy_mm[edge.head]
        share = offset_mm / edge.length_mm
        return self.place(self.deck_of_node[edge.tail], ax + share * (bx - ax), ay + share * (by - ay))

    def spot(self, spot_id: str) -> Point:
        """The point where a spot stands; of one in a closed aisle, where it would."""
        standing = self.layout.network.standings.get(spot_id)
        if standing is not None:
            return self.on_edge(*standing)
        spot = self.layout.spots[spot_id]
        return self.place(self.deck_of_spot(spot_id), spot.x_mm, spot.y_mm)

    def deck_of_spot(self, spot_id: str) -> int:
        """The deck that a spot is on."""
        standing = self.layout.network.standings.get(spot_id)
        if standing is not None:
            return self.deck_of_node[self.layout.network.edges[standing.edge].tail]
        zone = self.layout.spots[spot_id].zone
        beside = (one.id for one in self.layout.spots.values() if one.zone == zone and one.id != spot_id)
        open_ones = (one for one in beside if one in self.layout.network.standings)
        return next((self.deck_of_spot(one) for one in open_ones), 0)

    def _up(self, deck: int, y_mm: float) -> float:
        """From the top of the paper."""
        least_mm = self._boxes_mm[deck][1]
        raised = (y_mm - least_mm) * self.measures.scale + self._levels[deck].raised(y_mm)
        return self.height - _EDGE_PX - raised

    def _tall(self, deck: int) -> float:
        _, least_mm, _, greatest_mm = self._boxes_mm[deck]
        above = self.measures.cross / 2 + _NAMES_PX if self.layout.decks else 0.0
        raised = self._levels[deck].raised(greatest_mm)
        return (greatest_mm - least_mm) * self.measures.scale + raised + above

    def _spread(self) -> tuple[list[float], float]:
        lefts, right = [], 0.0
        for least_mm, _, greatest_mm, _ in self._boxes_mm:
            lefts.append(right)
            right += (greatest_mm - least_mm) * self.measures.scale + 2 * _SIDE_PX + _DECK_GAP_PX
        return lefts, right - _DECK_GAP_PX

    def _scale(self, width: float, height: float, pitch_mm: float, cross_px: float) -> float:
        """Pixels for a mm: as many as the paper and the eye allow."""
        wide_mm = sum(box[2] - box[0] for box in self._boxes_mm) or 1
        levels = max((len(grid.levels_y_mm) for grid in self.layout.decks), default=0)
        tall_mm = max(box[3] - box[1] for box in self._boxes_mm) + levels * self._bay_mm or 1
        free_px = width - len(self._boxes_mm) * (2 * _SIDE_PX + _DECK_GAP_PX) + _DECK_GAP_PX
        options = [free_px / wide_mm, (height - 2 * _EDGE_PX - levels * cross_px) / tall_mm]
        if self.layout.decks:
            options += [_MOST_BAY_PX / self._bay_mm, _MOST_PITCH_PX / pitch_mm]
        else:
            options.append(_MOST_WAY_PX / usual_way_mm(self.layout))
        return max(min(options), 1e-4)


class _Levels:
    """How a deck's cross-aisles push apart what lies above and below them."""

    def __init__(self, layout: Layout, deck: int, measures: Measures, bay_mm: float) -> None:
        grid = layout.decks[deck] if layout.decks else Grid((), ())
        self._at_mm = grid.levels_y_mm
        near_mm = [nearest_racks_mm(layout, deck, level) for level in range(len(self._at_mm))]
        near_px = [[(mm - bay_mm / 2) * measures.scale for mm in both] for both in near_mm]
        self._half = measures.cross / 2
        self._below = [self._half + max(0.0, -below) for below, _ in near_px]
        self._above = [self._half + max(0.0, -above) for _, above in near_px]
        self._free = [tuple(px if 0 < px < 3 * measures.bay else 0.0 for px in both) for both in near_px]

    def raised(self, y_mm: float) -> float:
        """How many pixels a place is raised by the cross-aisles below it, and by half of one it stands on."""
        below = bisect_left(self._at_mm, y_mm)
        pixels = sum(self._below[:below]) + sum(self._above[:below])
        return pixels + (self._below[below] if self._stands_on(below, y_mm) else 0.0)

    def aside(self, y_mm: float, *, above: bool) -> float:
        """How many pixels downwards from a cross-aisle's middle to the rack beside it; 0 elsewhere."""
        level = bisect_left(self._at_mm, y_mm)
        if not self._stands_on(level, y_mm):
            return 0.0
        return -self._above[level] if above else self._below[level]

    def free(self, level: int) -> tuple[float, float]:
        """How many pixels a cross-aisle reaches downwards and upwards from its middle: to the next racks."""
        below, above = self._free[level]
        return self._half + below, self._half + above

    def _stands_on(self, level: int, y_mm: float) -> bool:
        return level < len(self._at_mm) and self._at_mm[level] == y_mm


def _measures(scale: float, pitch_mm: float, bay_mm: float, cross_px: float) -> Measures:
    pitch = pitch_mm * scale
    corridor = min(72.0, 0.6 * pitch)
    return Measures(
        scale, corridor, max(1.5, min(26.0, (pitch - corridor - 3) / 2)), bay_mm * scale, cross_px
    )
