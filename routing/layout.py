"""The warehouse floor: where a picker can stand, and how far it is to walk.

The model. Bins with the same aisle and x stand along one *corridor*, which runs along y. At the least
and the greatest y of each corridor, and at every configured y, a *cross-aisle* runs along x through the
whole deck. A corridor reaches every cross-aisle between its own ends and runs straight on to the next
corridor's end beyond them, so blocks that face each other across a cross-aisle are always joined. A depot,
a packing place or a dock that is not in an aisle of bins has a corridor of its own, up and down to the
nearest cross-aisle on either side. Walking is along corridors, cross-aisles and *ways* only.

What that does not say is said by `FloorRules`: cross-aisles at given places only, aisles that are closed or
one-way, decks (a mezzanine has cross-aisles of its own) and ways between spots (lifts, stairs, passages).
`Layout.graph` takes a floor of spots and ways alone, of any shape.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from routing.errors import LayoutError
from routing.network import Axis, Edge, Network, Standing
from routing.walks import Walks


@dataclass(frozen=True, slots=True)
class Spot:
    """One place on the floor (`kind` bin, depot, pack, dock or junction) and where a picker stands for it, in mm."""

    id: str
    kind: str
    zone: str
    aisle: str
    bay: int
    level: int
    x_mm: int
    y_mm: int


@dataclass(frozen=True, slots=True)
class Way:
    """A walk from spot `start` to spot `end` outside the aisles: a lift, stairs, a passage.

    `time_ms` where it does not go by the walking speed (a lift with its waiting).
    """

    start: str
    end: str
    length_mm: int
    time_ms: int | None = None
    one_way: bool = False


@dataclass(frozen=True, slots=True)
class FloorRules:
    """What is special about a floor of aisles.

    `cross_aisles_y_mm` are cross-aisles beside those at the aisles' ends, or the only ones where not
    `at_aisle_ends`. `one_way`: aisles that are walked towards greater y (`up`) or lesser y (`down`) alone.
    `decks`: sets of zones that share no cross-aisle with the others. `ways` join spots, across decks too.
    """

    cross_aisles_y_mm: tuple[int, ...] = ()
    at_aisle_ends: bool = True
    closed_aisles: frozenset[str] = frozenset()
    one_way: Mapping[str, Literal["up", "down"]] = field(default_factory=dict)
    decks: tuple[frozenset[str], ...] = ()
    ways: tuple[Way, ...] = ()


class Column(NamedTuple):
    """A corridor as a column of a grid of h cross-aisles: h + 1 segments along y, None where nobody can walk.

    Segment 0 is the dead end below the first cross-aisle, segment k lies between cross-aisles k - 1 and k,
    segment h is the dead end above the last.
    """

    x_mm: int
    aisle: str
    lengths_mm: tuple[int | None, ...]


@dataclass(frozen=True, slots=True)
class Grid:
    """A deck of parallel aisles: columns, least x first, and the y of its cross-aisles, which pass all columns."""

    levels_y_mm: tuple[int, ...]
    columns: tuple[Column, ...]


class Cell(NamedTuple):
    """Where a spot stands in its deck's grid; `offset_mm` counts from the segment's end of lesser y."""

    deck: int
    column: int
    segment: int
    offset_mm: int


@dataclass(frozen=True, slots=True)
class Layout:
    """All spots of a floor by id, and the walks between them. Build it with `Layout.of` or `Layout.graph`.

    `decks` are its parallel aisles; none on a floor that is a graph. `network` is all of it as a graph.
    """

    spots: Mapping[str, Spot]
    rules: FloorRules
    decks: tuple[Grid, ...] = field(compare=False, repr=False)
    network: Network = field(compare=False, repr=False)
    _cells: Mapping[str, Cell] = field(compare=False, repr=False)
    _walks: Walks = field(compare=False, repr=False)

    @classmethod
    def of(cls, spots: Iterable[Spot], rules: FloorRules | Iterable[int] = ()) -> Layout:
        """Lay out a floor of aisles; `rules` may be the y of the configured cross-aisles alone, in mm.

        Of two spots with one id the later counts, as a location that has changed. Raises LayoutError where a
        way begins or ends nowhere.
        """
        by_id = {spot.id: spot for spot in spots}
        if not isinstance(rules, FloorRules):
            rules = FloorRules(tuple(sorted(set(rules))))
        decks, cells = [], {}
        for number, group in enumerate(_by_deck(by_id.values(), rules)):
            grid, places = _grid(group, rules)
            decks.append(grid)
            cells.update({spot: Cell(number, *place) for spot, place in places.items()})
        network = _network(by_id, rules, decks, cells)
        return cls(by_id, rules, tuple(decks), network, cells, Walks.by_length(network))

    @classmethod
    def graph(cls, spots: Iterable[Spot], ways: Iterable[Way]) -> Layout:
        """Lay out a floor of any shape: spots (bins, depots, junctions) joined by ways alone.

        Raises LayoutError where a way begins or ends nowhere.
        """
        by_id = {spot.id: spot for spot in spots}
        rules = FloorRules(ways=tuple(ways))
        network = _network(by_id, rules, [], {})
        return cls(by_id, rules, (), network, {}, Walks.by_length(network))

    def __reduce__(self) -> tuple[object, ...]:
        """Travel to another process as the spots and rules alone."""
        spots = tuple(self.spots.values())
        return (Layout.of, (spots, self.rules)) if self.decks else (Layout.graph, (spots, self.rules.ways))

    @property
    def depots(self) -> tuple[str, ...]:
        """Ids of the spots where tours can start and end, in the order they were given."""
        return tuple(spot.id for spot in self.spots.values() if spot.kind == "depot")

    @property
    def grid(self) -> Grid | None:
        """The floor as one deck of aisles that are walked both ways, where it is nothing else."""
        plain = len(self.decks) == 1 and not self.rules.ways and not self.rules.one_way
        return self.decks[0] if plain else None

    def zone_of(self, spot_id: str) -> str:
        """The zone of a spot. Raises LayoutError where there is no such spot."""
        spot = self.spots.get(spot_id)
        if spot is None:
            raise LayoutError(f"unknown-spot: {spot_id!r} is nowhere in the layout")
        return spot.zone

    def cell(self, spot_id: str) -> Cell:
        """Where a spot stands in its deck. Raises LayoutError where it is in none, or in a closed aisle."""
        self.standing(spot_id)
        cell = self._cells.get(spot_id)
        if cell is None:
            raise LayoutError(f"no-aisle: {spot_id!r} stands on a way, not in an aisle that is walked")
        return cell

    def standing(self, spot_id: str) -> Standing:
        """Where a spot stands in the network. Raises LayoutError where it is nowhere or in a closed aisle."""
        self.zone_of(spot_id)
        standing = self.network.standings.get(spot_id)
        if standing is None:
            raise LayoutError(f"closed: {spot_id!r} stands in an aisle that is closed")
        return standing

    def distance_mm(self, a: str, b: str) -> int:
        """Shortest walk from `a` to `b`, in mm.

        Raises LayoutError where one of them is nowhere or in a closed aisle, or no walk leads there.
        """
        walked = self._walks.cost(self.standing(a), self.standing(b))
        if walked is None:
            raise LayoutError(f"cut-off: no walk leads from {a!r} to {b!r}")
        return walked

    def reaches(self, a: str, b: str) -> bool:
        """Whether both spots can be stood at, and a walk leads from `a` to `b` and one back."""
        here, there = self.network.standings.get(a), self.network.standings.get(b)
        if here is None or there is None:
            return False
        if self._walks.cost(here, there) is None:
            return False
        return not self.network.one_way or self._walks.cost(there, here) is not None

    def faults(self) -> tuple[str, ...]:
        """What is wrong with the floor, a sentence each: depots that are missing, spots that are cut off."""
        depots = self.depots
        if not depots:
            return ("no-depot: no spot is of the kind 'depot', so no tour can start",)
        lost = [spot for spot in self.spots if not any(self.reaches(depot, spot) for depot in depots)]
        return tuple(self._why_lost(spot) for spot in lost)

    def _why_lost(self, spot_id: str) -> str:
        if spot_id not in self.network.standings:
            return f"closed: {spot_id!r} stands in aisle {self.spots[spot_id].aisle!r}, which is closed"
        return f"cut-off: no walk leads from a depot to {spot_id!r} and back"


def _by_deck(spots: Iterable[Spot], rules: FloorRules) -> list[list[Spot]]:
    """The spots of each deck; spots of no named zone are on the first."""
    number = {zone: n for n, zones in enumerate(rules.decks, start=1) for zone in zones}
    decks: dict[int, list[Spot]] = {n: [] for n in range(len(rules.decks) + 1)}
    for spot in spots:
        decks[number.get(spot.zone, 0)].append(spot)
    return [deck for deck in decks.values() if deck]


def _grid(spots: Sequence[Spot], rules: FloorRules) -> tuple[Grid, dict[str, tuple[int, int, int]]]:
    """The grid of a deck, and of each spot the column, segment and offset; none for those in closed aisles."""
    groups = _corridors(spots)
    ends = _aisle_ends(groups)
    levels = tuple(sorted({*(ends if rules.at_aisle_ends else ()), *rules.cross_aisles_y_mm})) or (ends[0],)
    columns, places = [], {}
    for number, group in enumerate(groups):
        column = _column(group, ends, levels, rules)
        columns.append(column)
        for spot in group:
            if spot.aisle in rules.closed_aisles:
                continue
            places[spot.id] = (number, *_place(column, levels, spot.y_mm))
    return Grid(levels, tuple(columns)), places


def _corridors(spots: Iterable[Spot]) -> list[list[Spot]]:
    """The spots of each corridor, least x first. Without bins in its aisle a spot keeps to itself."""
    spots = sorted(spots, key=lambda spot: (spot.x_mm, spot.y_mm, spot.aisle, spot.id))
    with_bins = {(spot.aisle, spot.x_mm) for spot in spots if spot.kind == "bin"}
    groups: dict[tuple[str, ...] | tuple[str, int], list[Spot]] = {}
    for spot in spots:
        aisle = (spot.aisle, spot.x_mm)
        groups.setdefault(aisle if aisle in with_bins else ("alone", spot.id, ""), []).append(spot)
    return list(groups.values())


def _has_bin(group: Sequence[Spot]) -> bool:
    return any(spot.kind == "bin" for spot in group)


def _aisle_ends(groups: Sequence[Sequence[Spot]]) -> list[int]:
    """The least and greatest y of all aisles; of the first spot where there are no aisles."""
    aisles = [group for group in groups if _has_bin(group)] or groups[:1]
    return sorted({y_mm for group in aisles for y_mm in (group[0].y_mm, group[-1].y_mm)})


def _column(group: Sequence[Spot], ends: Sequence[int], levels: Sequence[int], rules: FloorRules) -> Column:
    """The corridor of these spots, reaching on to the next end of any aisle on either side."""
    low, high = group[0].y_mm, group[-1].y_mm
    if _has_bin(group):
        below, above = bisect_left(ends, low) - 1, bisect_right(ends, high)
    else:
        below, above = bisect_right(ends, low) - 1, bisect_left(ends, high)
    first = bisect_right(levels, ends[below]) - 1 if below >= 0 else 0
    last = bisect_left(levels, ends[above]) if above < len(ends) else len(levels) - 1
    first, last = max(0, first), min(last, len(levels) - 1)
    lengths: list[int | None] = [None] * (len(levels) + 1)
    if group[0].aisle not in rules.closed_aisles:
        for k in range(first + 1, last + 1):
            lengths[k] = levels[k] - levels[k - 1]
        if low < levels[0]:
            lengths[0] = levels[0] - low
        if high > levels[-1]:
            lengths[-1] = high - levels[-1]
    return Column(group[0].x_mm, group[0].aisle if _has_bin(group) else "", tuple(lengths))


def _place(column: Column, levels: Sequence[int], y_mm: int) -> tuple[int, int]:
    """Segment and offset of a standing point; one on a cross-aisle is in a segment that can be walked, if any."""
    if y_mm < levels[0]:
        return 0, y_mm - (levels[0] - (column.lengths_mm[0] or 0))
    if y_mm > levels[-1]:
        return len(levels), y_mm - levels[-1]
    above = bisect_left(levels, y_mm)
    if levels[above] == y_mm:
        # The end of the segment below, else the beginning of the one above, else the cross-aisle alone.
        if above > 0 and column.lengths_mm[above] is not None:
            return above, y_mm - levels[above - 1]
        return above + 1, 0
    return above, y_mm - levels[above - 1]


def _network(
    spots: Mapping[str, Spot], rules: FloorRules, decks: Sequence[Grid], cells: Mapping[str, Cell]
) -> Network:
    """The floor as a graph: crossings, dead ends and spots of ways are its nodes."""
    build = _Builder(spots)
    for number, grid in enumerate(decks):
        build.add_deck(number, grid, rules)
    for spot_id, cell in cells.items():
        build.stand(spot_id, cell)
    if not decks:
        for spot_id in spots:
            build.node_of(spot_id)
    for way in rules.ways:
        for end in (way.start, way.end):
            if end not in spots:
                raise LayoutError(f"unknown-spot: a way leads to {end!r}, which is nowhere in the layout")
        build.add_way(way)
    return build.done()


class _Builder:
    """Nodes, edges and standing points as they are added."""

    def __init__(self, spots: Mapping[str, Spot]) -> None:
        self._spots = spots
        self._xy_mm: list[tuple[int, int]] = []
        self._edges: list[Edge] = []
        self._crossings: dict[tuple[int, int, int], int] = {}
        self._segments: dict[tuple[int, int, int], int] = {}
        self._standings: dict[str, Standing] = {}
        self._joined: dict[str, int] = {}

    def add_deck(self, number: int, grid: Grid, rules: FloorRules) -> None:
        """All crossings of a deck, the cross-aisles between them, and the segments of its corridors."""
        top = len(grid.levels_y_mm) - 1
        for c, column in enumerate(grid.columns):
            for k, y_mm in enumerate(grid.levels_y_mm):
                node = self._node(column.x_mm, y_mm)
                self._crossings[number, c, k] = node
                if c:
                    width_mm = column.x_mm - grid.columns[c - 1].x_mm
                    self._edge(self._crossings[number, c - 1, k], node, width_mm, "cross")
            up, down = _directions(column.aisle, rules)
            for segment, length_mm in enumerate(column.lengths_mm):
                if length_mm is None:
                    continue
                low = self._crossings.get((number, c, segment - 1))
                high = self._crossings.get((number, c, segment))
                if low is None:
                    low = self._node(column.x_mm, grid.levels_y_mm[0] - length_mm)
                if high is None:
                    high = self._node(column.x_mm, grid.levels_y_mm[top] + length_mm)
                edge = Edge(low, high, length_mm, "aisle", column.aisle, up=up, down=down)
                self._segments[number, c, segment] = len(self._edges)
                self._edges.append(edge)

    def stand(self, spot_id: str, cell: Cell) -> None:
        """A spot on its segment; where that cannot be walked it stands on a cross-aisle."""
        deck, column, segment, offset_mm = cell
        edge = self._segments.get((deck, column, segment))
        if edge is None:
            self._standings[spot_id] = self._at(self._crossings[deck, column, max(0, segment - 1)])
        else:
            self._standings[spot_id] = Standing(edge, offset_mm)

    def add_way(self, way: Way) -> None:
        start, end = self.node_of(way.start), self.node_of(way.end)
        edge = Edge(start, end, way.length_mm, "way", "", up=True, down=not way.one_way, time_ms=way.time_ms)
        self._edges.append(edge)

    def node_of(self, spot_id: str) -> int:
        """The node where a spot stands: its segment is cut in two there by edges of no length of their own."""
        if spot_id in self._joined:
            return self._joined[spot_id]
        spot = self._spots[spot_id]
        node = self._node(spot.x_mm, spot.y_mm)
        standing = self._standings.get(spot_id)
        if standing is None:
            self._standings[spot_id] = self._at(node)
        else:
            edge = self._edges[standing.edge]
            self._join(edge.tail, node, standing.offset_mm, edge)
            self._join(node, edge.head, edge.length_mm - standing.offset_mm, edge)
        self._joined[spot_id] = node
        return node

    def done(self) -> Network:
        one_way = not all(edge.up and edge.down for edge in self._edges)
        return Network(tuple(self._xy_mm), tuple(self._edges), self._standings, one_way)

    def _join(self, tail: int, head: int, length_mm: int, like: Edge) -> None:
        self._edges.append(like._replace(tail=tail, head=head, length_mm=length_mm))

    def _node(self, x_mm: int, y_mm: int) -> int:
        self._xy_mm.append((x_mm, y_mm))
        return len(self._xy_mm) - 1

    def _edge(self, tail: int, head: int, length_mm: int, axis: Axis) -> None:
        self._edges.append(Edge(tail, head, length_mm, axis, ""))

    def _at(self, node: int) -> Standing:
        """A standing point at a node: on a loop of no length."""
        self._edges.append(Edge(node, node, 0, "aisle", ""))
        return Standing(len(self._edges) - 1, 0)


def _directions(aisle: str, rules: FloorRules) -> tuple[bool, bool]:
    way = rules.one_way.get(aisle)
    return way != "down", way != "up"
