"""The least cost of a tour under one rule of order, exactly: what is early comes before what is late.

Such a tour is two walks: from the start to the last early stop, by way of all early ones, and from there to the
end. Late stops are on the second, or pay for being on the first; what the rule does not know is on either. Both walks
are swept over the aisles at once, point by point: the states are pairs, so this is for few cross-aisles.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from routing.exact.frontier import frontier
from routing.exact.frontier_tour import Sweep
from routing.exact.lanes import Lanes
from routing.exact.phases_sweep import EARLY, END, LATE, NEUTRAL, START, phases_sweep
from routing.layout import Cell

PHASE_LEVELS = 3
"""So many cross-aisles at most."""


class Wish(NamedTuple):
    """A stop and what the rule wants of it; `charge` is what it costs where it is late and comes too early."""

    cell: Cell
    early: bool
    late: bool
    charge: int


def phased_cost(lanes: Lanes, stops: Sequence[Wish], start: Cell, end: Cell) -> int:
    """The least cost of a tour from `start` through all stops, at least one of them early, to `end`."""
    states = frontier(lanes.levels, open_ended=True)
    sweep = Sweep(lanes, states, [*(stop.cell for stop in stops), start, end], ())
    sweep.lay()
    roles = [EARLY if stop.early else LATE if stop.late else NEUTRAL for stop in stops] + [START, END]
    charges = [stop.charge if stop.late else 0 for stop in stops] + [0, 0]
    return int(
        phases_sweep(
            states.moves,
            states.starts,
            states.accepting,
            np.array(sweep.tables, np.int64),
            np.array(sweep.costs, np.int64),
            np.array([roles[stop] if stop >= 0 else -1 for stop in sweep.served], np.int64),
            np.array([charges[stop] if stop >= 0 else 0 for stop in sweep.served], np.int64),
            states.visit,
            states.end,
        )
    )
