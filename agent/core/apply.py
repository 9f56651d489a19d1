"""The fold: what an event makes of the floor.

`apply` is pure and total over the events that `decide` emits: it reads the floor and answers with the new values
of what changed. The state tables are nothing but the fold of the journal through this function; `verify` folds
again and compares.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from agent.core.events import Event
from agent.core.floor import Entry, Floor
from agent.core.folds import labels, master, orders, parcels, people, picking, quarantine, scans
from agent.core.folds.values import Changes

#: Every event that changes something, and what it makes of the floor; the others only tell (a refusal, a wave).
FOLDS: dict[type[Event], Callable[[Floor, Entry, Any], Changes]] = {
    **master.FOLDS,
    **orders.FOLDS,
    **labels.FOLDS,
    **picking.FOLDS,
    **scans.FOLDS,
    **parcels.FOLDS,
    **people.FOLDS,
    **quarantine.FOLDS,
}


def apply(floor: Floor, entry: Entry) -> Changes:
    """The new values of all that `entry` changes."""
    fold = FOLDS.get(type(entry.event))
    return fold(floor, entry, entry.event) if fold is not None else []
