"""The legs of one trip as a round: node 0 is the start and whichever end is best, the others are the visits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from routing.exact.lanes import Costs
from routing.tours.legs import Legs
from routing.tours.visits import Trip


@dataclass(frozen=True, slots=True)
class Matrix:
    """`legs[0, v]` is the cost from the start to visit v - 1, `legs[v, 0]` that from it to the best end.

    `nearest[v]` is the number of that end (row 0: that of the start).
    """

    legs: Costs
    nearest: NDArray[np.int64]

    @classmethod
    def of(cls, legs: Legs, trip: Trip) -> Matrix:
        """All legs of a trip. Raises LayoutError where a spot cannot be come to."""
        places = [trip.start, *trip.locations]
        matrix = legs.between(places, places)
        home = legs.between(places, trip.ends)
        matrix[:, 0] = home.min(axis=1)
        return cls(matrix, home.argmin(axis=1))

    def length(self, order: Sequence[int]) -> int:
        """The cost of the walk through these nodes, from node 0 and back."""
        way = np.array([0, *order, 0], np.int64)
        return int(self.legs[way[:-1], way[1:]].sum())

    def end_after(self, order: Sequence[int]) -> int:
        """The number of the best end for a walk through these nodes."""
        return int(self.nearest[order[-1] if order else 0])
