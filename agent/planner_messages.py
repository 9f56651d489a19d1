"""What the agent and its planner process say to each other: JSON with a length in front."""

from __future__ import annotations

import struct
from typing import Self

import msgspec

from routing import (
    Cart,
    Effort,
    FloorRules,
    Layout,
    PickOrder,
    Plan,
    Problem,
    Rules,
    Shelf,
    Sourcing,
    Spot,
)

LENGTH = struct.Struct(">I")


class Floor(msgspec.Struct, frozen=True, tag="floor"):
    """The layout from here on; `graph` where it has no aisles, but spots and ways alone."""

    spots: tuple[Spot, ...]
    rules: FloorRules = FloorRules()
    graph: bool = False

    @classmethod
    def of(cls, layout: Layout) -> Self:
        """The message for this layout."""
        return cls(tuple(layout.spots.values()), layout.rules, not layout.decks)

    def layout(self) -> Layout:
        """The layout of this message."""
        return Layout.graph(self.spots, self.rules.ways) if self.graph else Layout.of(self.spots, self.rules)


class Solve(msgspec.Struct, frozen=True, tag="solve"):
    """Plan this on the layout that was sent last."""

    depot: str
    orders: tuple[PickOrder, ...]
    carts: tuple[Cart, ...]
    deadline_s: float = 1.0
    seed: int = 1
    cores: int = 1
    drops: tuple[str, ...] = ()
    shelves: tuple[Shelf, ...] = ()
    sourcing: Sourcing = Sourcing()
    rules: Rules = Rules()
    effort: Effort = Effort()
    split_zones: bool = True

    @classmethod
    def of(cls, problem: Problem, deadline_s: float, seed: int, cores: int = 1) -> Self:
        """The message for this problem."""
        same = {name: getattr(problem, name) for name in cls.__struct_fields__ if hasattr(problem, name)}
        return cls(**same, deadline_s=deadline_s, seed=seed, cores=cores)

    def problem(self, layout: Layout) -> Problem:
        """The problem of this message on a layout."""
        apart = ("deadline_s", "seed", "cores")
        return Problem(
            layout, **{name: getattr(self, name) for name in self.__struct_fields__ if name not in apart}
        )


encode = msgspec.json.Encoder().encode
decode_request = msgspec.json.Decoder(Floor | Solve).decode
decode_plan = msgspec.json.Decoder(Plan).decode


def framed(body: bytes) -> bytes:
    """A message with its length in front."""
    return LENGTH.pack(len(body)) + body
