"""Orders to search from: each keeps all hard rules."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from routing.exact.lanes import NEVER, Costs
from routing.precedence import Mark, layers
from routing.tours.search import charge
from routing.tours.visits import Trip


def starts(trip: Trip, orders: Sequence[Sequence[int]]) -> Iterator[NDArray[np.int64]]:
    """From `orders` of all nodes but the depot: as they are, and layer after layer as the rules want it."""
    demands = trip.demands
    every = [visit.mark for visit in trip.visits]
    hard = [Mark(mark.early & demands.hard, mark.late & demands.hard) for mark in every]
    for order in orders:
        for marks in (None, hard, every) if demands.bind else (None,):
            for walk in _layered(order, marks):
                start = np.array([0, *walk], np.int64)
                if charge(start, demands.arrays) < NEVER:
                    yield start


def _layered(order: Sequence[int], marks: Sequence[Mark] | None) -> Iterator[list[int]]:
    """The nodes layer by layer, each as `order` has it; and with every other layer turned round."""
    if marks is None:
        yield list(order)
        return
    rank = {node: number for number, layer in enumerate(layers(marks)) for node in layer}
    by_layer = sorted(order, key=lambda node: rank[node - 1])
    yield by_layer
    backward = order[::-1]
    yield sorted(backward, key=lambda node: rank[node - 1])
    turned: list[int] = []
    for layer in range(max(rank.values()) + 1):
        piece = [node for node in order if rank[node - 1] == layer]
        turned += piece[::-1] if layer % 2 else piece
    yield turned


def nearest_first(legs: Costs) -> list[int]:
    """From the depot always on to the nearest node that is left."""
    left = np.ones(len(legs), np.bool_)
    left[0] = False
    order = [0]
    while left.any():
        order.append(int(np.where(left, legs[order[-1]], np.iinfo(np.int64).max).argmin()))
        left[order[-1]] = False
    return order[1:]
