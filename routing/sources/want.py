"""What is wanted from shelves where it may lie in several places, and where it is taken."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple


class Candidate(NamedTuple):
    """`qty` free units at a location; to take from there costs `extra` (not negative, in the Effort's units).

    `expires_day` and `reserve` are those of a Shelf, and count as the Sourcing says.
    """

    location: str
    qty: int
    extra: int = 0
    expires_day: int | None = None
    reserve: bool = False


class Want(NamedTuple):
    """`qty` units of what `key` names (an SKU), from any of the candidates.

    Wants of one key share their shelves. Candidates may be given as bare tuples of location, quantity and extra cost.
    """

    key: str
    qty: int
    candidates: tuple[Candidate | tuple[str, int, int], ...]


class Pick(NamedTuple):
    """`qty` units for the want of this number, taken at a location."""

    want: int
    location: str
    qty: int


@dataclass(frozen=True, slots=True)
class Sourced:
    """Where everything is taken; `cost` is that of the shortest tour with the extra costs, in the Effort's units.

    `bound` is proven: no other choice costs less. The choice is proven best where they are equal.
    """

    picks: tuple[Pick, ...]
    cost: int
    bound: int
