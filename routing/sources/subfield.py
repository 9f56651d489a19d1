"""Fields with fewer entries, and with none to choose from."""

from __future__ import annotations

import numpy as np

from routing.exact.lanes import Costs
from routing.sources.field import FIXED, Field, Flags, beyond_of, last_fixed_of


def restricted(field: Field, keep: Flags) -> Field:
    """The field without the entries that are not to be kept."""
    segments = len(field.length)
    of_entry = np.repeat(np.arange(segments), np.diff(field.first))
    first = np.cumsum(np.append(0, np.bincount(of_entry[keep], minlength=segments))).astype(np.int64)
    kept = field._replace(
        first=first,
        place=field.place[keep],
        offer=field.offer[keep],
        good=field.good[keep],
        units=field.units[keep],
        extra=field.extra[keep],
        gift=field.gift[keep],
        choice=field.choice[keep],
        bonus=field.bonus[keep],
    )
    return kept._replace(
        last_fixed=last_fixed_of(first, kept.offer),
        beyond=beyond_of(first, kept.good, kept.units, len(field.demand)),
    )


def enough_of(field: Field, order: Costs) -> Flags:
    """Entries with enough of each good: the first of `order`, which are all entries."""
    left, some = field.demand.copy(), np.zeros(len(order), np.bool_)
    for entry in order.tolist():
        good = field.good[entry]
        if good >= 0 and left[good] > 0:
            some[entry] = True
            left[good] -= field.units[entry]
    return some


def as_fixed(field: Field) -> Field:
    """The field where a tour stops at every entry, and nothing is to be chosen."""
    entries, offer = len(field.place), np.full(len(field.place), FIXED)
    return field._replace(
        offer=offer,
        good=np.full(entries, -1),
        choice=np.zeros(entries, np.bool_),
        bonus=np.zeros(entries, np.bool_),
        last_fixed=last_fixed_of(field.first, offer),
        demand=np.zeros(0, np.int64),
        exact=np.zeros(0, np.bool_),
        beyond=np.zeros((len(field.first), 0), np.int64),
    )
