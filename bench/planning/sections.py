"""The text format that the order batching and picker routing instances share, and the floor that it describes.

Lines `KEY : value` come first, then sections: which articles there are, in which cell of which aisle they lie, and the
orders. Aisles are counted from the left and cells from the *back* (top) of their aisle, from 0: only so do the
references come out, whatever the files' words suggest. Both sides of an aisle are served from one place.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from bench.planning.data import length_mm
from routing import FloorRules, Layout, Spot

DEPOT = "depot"
_HEADER = re.compile(r"^(\w+) : (.*\S)\s*$")
_WORD = re.compile(r"([A-Z_]+) (\S+)")


class Place(NamedTuple):
    """A cell, and how many units of an article lie there."""

    aisle: int
    cell: int
    qty: int


@dataclass(frozen=True, slots=True)
class Sections:
    """One file: its header, the weight of each article, where it lies, and how much of what each order wants."""

    header: dict[str, str]
    weights: dict[int, int]
    places: dict[int, list[Place]]
    orders: list[dict[int, int]]

    @classmethod
    def read(cls, path: Path) -> Sections:
        """The file, which is in Latin-1."""
        return cls.of(path.read_text("latin-1"))

    @classmethod
    def of(cls, text: str) -> Sections:
        """What a text of this format says."""
        found = cls({}, {}, defaultdict(list), [])
        section = ""
        for line in text.splitlines():
            if line.startswith(("ARTICLE_SECTION", "SKU_SECTION", "ORDER_SECTION")):
                section = line.strip()
            elif header := _HEADER.match(line):
                found._count(section, *header.groups())
            elif line.startswith("ID "):
                found._add(section, dict(_WORD.findall(line)))
        return found

    def _count(self, section: str, key: str, value: str) -> None:
        """A header, or the count at the head of a section or of an order."""
        if not section:
            self.header[key] = value
        elif section == "ORDER_SECTION" and key != "NUM_ORDERS":
            self.orders.append({})

    def _add(self, section: str, words: dict[str, str]) -> None:
        article = int(words["ID"])
        if section == "ARTICLE_SECTION":
            self.weights[article] = int(words.get("WEIGHT", 1))
        elif section == "SKU_SECTION":
            self.places[article].append(
                Place(int(words["AISLE"]), int(words["CELL"]), int(words["QUANTITY"]))
            )
        else:
            self.orders[-1][article] = self.orders[-1].get(article, 0) + int(words["QUANTITY"])

    def number(self, key: str) -> int:
        """A whole number of the header."""
        return int(self.header[key])

    def stock(self, article: int) -> dict[str, int]:
        """How many units of an article lie at which location."""
        units: Counter[str] = Counter()
        for place in self.places[article]:
            units[location(place.aisle, place.cell)] += place.qty
        return dict(units)


def location(aisle: int, cell: int) -> str:
    """The id of a cell's spot."""
    return f"{aisle:02}-{cell:03}"


@dataclass(frozen=True, slots=True)
class Lengths:
    """What a floor measures, in mm: between aisles, between cells, from an aisle's end to its first cell.

    `middle_mm`: None on a floor of one block; else from the cross-aisle in the middle to the cells on its either side.
    """

    aisle_mm: int
    cell_mm: int
    end_mm: int
    middle_mm: int | None = None

    @classmethod
    def of(cls, sections: Sections) -> Lengths:
        """As the header has it: one block, with the same length at both ends of the aisles.

        Raises ValueError where it says something else.
        """
        header = sections.header
        front, back = header["DISTANCE_BOTTOM_TO_CELL"], header["DISTANCE_TOP_TO_CELL"]
        beside = header["DISTANCE_TOP_OR_BOTTOM_TO_DEPOT"]
        if header["LAYOUT"] != "single-block" or front != back or beside != "0":
            raise ValueError("only one block with both ends alike and the depot on a cross-aisle is known")
        aisle, cell = header["DISTANCE_AISLE_TO_AISLE"], header["DISTANCE_CELL_TO_CELL"]
        return cls(length_mm(aisle), length_mm(cell), length_mm(front))

    def cell_y_mm(self, cell: int, cells: int) -> int:
        """How far a cell is from the front cross-aisle, in mm."""
        from_front = cells - 1 - cell
        if self.middle_mm is None or from_front < cells // 2:
            return self.end_mm + from_front * self.cell_mm
        return self.end_mm + (from_front - 1) * self.cell_mm + 2 * self.middle_mm

    def cross_aisles_y_mm(self, cells: int) -> tuple[int, ...]:
        """Front, back, and the one in the middle if there is one."""
        back_mm = self.cell_y_mm(0, cells) + self.end_mm
        if self.middle_mm is None:
            return 0, back_mm
        first_behind = cells - 1 - cells // 2
        return 0, self.cell_y_mm(first_behind, cells) - self.middle_mm, back_mm


def layout_of(sections: Sections, lengths: Lengths) -> Layout:
    """The floor: a spot for each cell where something lies and for the ends of each aisle, and the depot."""
    cells, depot_aisle = sections.number("NUM_CELLS"), sections.number("DEPOT_AISLE")
    used = {(place.aisle, place.cell) for places in sections.places.values() for place in places}
    ends = {(aisle, cell) for aisle in range(sections.number("NUM_AISLES")) for cell in (0, cells - 1)}
    cross_aisles = lengths.cross_aisles_y_mm(cells)
    depot_y_mm = cross_aisles[-1 if sections.header["DEPOT_LOCATION"] == "top" else 0]
    depot_x_mm = depot_aisle * lengths.aisle_mm
    depot = Spot(DEPOT, "depot", "", f"{depot_aisle:02}", 1, 1, depot_x_mm, depot_y_mm)
    return Layout.of(
        [depot, *_bins(sorted(used | ends), cells, lengths)],
        FloorRules(cross_aisles_y_mm=cross_aisles, at_aisle_ends=False),
    )


def _bins(places: Iterable[tuple[int, int]], cells: int, lengths: Lengths) -> Iterable[Spot]:
    for aisle, cell in places:
        x_mm, y_mm = aisle * lengths.aisle_mm, lengths.cell_y_mm(cell, cells)
        yield Spot(location(aisle, cell), "bin", "", f"{aisle:02}", cell + 1, 1, x_mm, y_mm)
