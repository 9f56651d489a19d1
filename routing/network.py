"""A floor as a graph: nodes where ways meet, edges that are walked, and where on them each spot stands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple, TypeAlias

Axis: TypeAlias = Literal["aisle", "cross", "way"]


class Edge(NamedTuple):
    """A walk of `length_mm` from node `tail` to node `head` (`up`) and back (`down`), where allowed.

    `axis` tells a corridor from a cross-aisle: to change from one to the other is a turn. `time_ms` is set where
    the walk does not go by the walking speed.
    """

    tail: int
    head: int
    length_mm: int
    axis: Axis
    aisle: str
    up: bool = True
    down: bool = True
    time_ms: int | None = None


class Standing(NamedTuple):
    """A point on an edge, so many mm from its tail."""

    edge: int
    offset_mm: int


@dataclass(frozen=True, slots=True)
class Network:
    """Nodes by number with their x and y in mm, edges by number, and the standing point of each spot.

    `one_way`: some edge is walked in one direction alone; only then may a walk lead somewhere and none back.
    """

    xy_mm: tuple[tuple[int, int], ...]
    edges: tuple[Edge, ...]
    standings: Mapping[str, Standing]
    one_way: bool
