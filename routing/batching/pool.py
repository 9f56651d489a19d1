"""A job as arrays: what each item weighs, where its bits are, which cart types take it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from routing.batching.floor import Floor, Spots, floor_of, grid_of, rounds_of
from routing.batching.job import Item, Job
from routing.batching.walked import Ground, ground_of, nowhere

NO_LIMIT = 2**60
_SEED = 20_260_101


FACTS = np.dtype(
    [
        ("on_grid", "?"),
        ("foes", "?"),
        ("dues", "?"),
        ("stops", "?"),
        ("limits", "?"),
        ("trails", "?"),
        ("foe_cost", "i8"),
        ("us_per_cost", "f8"),
    ]
)
ITEM = np.dtype(
    [
        ("weight_g", "i8"),
        ("volume_cm3", "i8"),
        ("wait_cost", "i8"),
        ("is_kind", "u8"),
        ("foe_kinds", "u8"),
        ("handling_ms", "i8"),
        ("due_ms", "i8"),
        ("start", "i8"),
        ("spot_start", "i8"),
        ("name", "u8"),
        ("alone", "i8"),
    ]
)
KIND = np.dtype(
    [
        ("carts", "i8"),
        ("slots", "i8"),
        ("weight_g", "i8"),
        ("volume_cm3", "i8"),
        ("waits", "?"),
        ("round", "i8"),
        ("name", "u8"),
    ]
)
MASK = np.dtype([("word", "i8"), ("bits", "u8")])
STOP = np.dtype([("cost", "i8"), ("ms", "i8")])


class Pool(NamedTuple):
    """All that the compiled search reads of a job.

    `facts` (one row): whether prices are by the floor, else by the ground; whether there are foes, due times, costs or
    times of stops that matter; whether the cost alone limits that together (see `price`); whether trails are worth it;
    the cost of foes (-1: they never share a cart); microseconds walked per unit of cost.

    Of item i: its bits are rows `items[i].start` up to the next item's of `masks`, for words of the floor's mask; its
    locations by number are `spots` from `spot_start` on. `name` is a random key; the exclusive or of names tells a set.
    `alone` is the cost of its tour on the first type. The row behind the last item closes the lists. `takes[i, t]`:
    whether type t may take it. `kinds` are the cart types; `round` is the number of a start with its ends, `name` its
    random key. `stops`: what each location costs and takes beside the walk.
    """

    floor: Floor
    ground: Ground
    facts: NDArray[np.void]
    items: NDArray[np.void]
    kinds: NDArray[np.void]
    takes: NDArray[np.bool_]
    masks: NDArray[np.void]
    spots: NDArray[np.int64]
    stops: NDArray[np.void]

    @property
    def size(self) -> int:
        """How many items there are."""
        return len(self.takes)

    @property
    def carts(self) -> NDArray[np.int64]:
        """How many carts there are of each type; no more than items."""
        return np.asarray(self.kinds["carts"], np.int64)


def pool_of(job: Job) -> Pool:
    """The arrays of a job."""
    grid = grid_of(job)
    numbers = {
        name: n for n, name in enumerate(sorted({spot for item in job.items for spot in item.locations}))
    }
    if grid is None:
        floor, places, ground = nowhere(job, numbers)
    else:
        (floor, places), ground = floor_of(job, grid), ground_of(job, ())
    keys = np.random.default_rng(_SEED)
    kinds = _kinds(job, keys)
    start, masks = _masks(job.items, places)
    stops = _stops(job, numbers)
    items = _items(job.items, keys)
    items["start"] = start
    items["spot_start"] = np.cumsum([0, *(len(set(item.locations)) for item in job.items)])
    spots = [numbers[name] for item in job.items for name in sorted(set(item.locations))]
    facts = np.zeros(1, FACTS)
    facts["on_grid"] = grid is not None
    facts["foes"] = any(item.foes for item in job.items)
    facts["dues"] = any(item.due_ms is not None for item in job.items)
    facts["stops"] = stops["cost"].any() or (bool(facts["dues"][0]) and stops["ms"].any())
    facts["limits"] = grid is not None and bool(floor.facts["comes_back"][0]) and len(floor.way_cost) == 1
    facts["trails"] = facts["limits"][0] and floor.facts["levels"][0] > 2
    facts["foe_cost"] = -1 if job.foe_cost is None else job.foe_cost
    facts["us_per_cost"] = 1.0 if job.effort.by_time else 10_000 / job.effort.speed_mm_s
    takes = np.array([[t in item.types for t in range(len(job.types))] for item in job.items], np.bool_)
    return Pool(
        floor=floor,
        ground=ground,
        facts=facts,
        items=items,
        kinds=kinds,
        takes=takes.reshape(len(job.items), len(job.types)),
        masks=masks,
        spots=np.array(spots, np.int64),
        stops=stops,
    )


def _items(items: Sequence[Item], keys: np.random.Generator) -> NDArray[np.void]:
    rows = np.zeros(len(items) + 1, ITEM)
    for row, item in zip(rows, items, strict=False):
        row["weight_g"], row["volume_cm3"], row["wait_cost"] = item.weight_g, item.volume_cm3, item.wait_cost
        row["is_kind"], row["foe_kinds"], row["handling_ms"] = item.kinds, item.foes, item.handling_ms
        row["due_ms"] = NO_LIMIT if item.due_ms is None else item.due_ms
    rows["name"] = keys.integers(1, 2**63, len(rows), np.uint64)
    return rows


def _kinds(job: Job, keys: np.random.Generator) -> NDArray[np.void]:
    rounds = rounds_of(job)
    names = keys.integers(1, 2**63, len(rounds), np.uint64)
    rows = np.zeros(len(job.types), KIND)
    for row, kind in zip(rows, job.types, strict=True):
        row["carts"], row["slots"] = min(kind.count, len(job.items)), kind.slots
        row["weight_g"], row["volume_cm3"], row["waits"] = kind.max_weight_g, kind.max_volume_cm3, kind.waits
        row["round"] = rounds.index((kind.start, kind.ends))
        row["name"] = names[row["round"]]
    return rows


def _masks(items: Sequence[Item], places: Spots) -> tuple[list[int], NDArray[np.void]]:
    """The bits of each item's locations, word by word."""
    start, rows = [0], []
    for item in items:
        masks: dict[int, int] = {}
        for name in item.locations:
            word = places.word[name]
            masks[word] = masks.get(word, 0) | 1 << places.bit[name]
        rows += sorted(masks.items())
        start.append(len(rows))
    return start, np.array(rows, MASK)


def _stops(job: Job, names: Iterable[str]) -> NDArray[np.void]:
    """What taking anything at each location costs and takes beside the units."""
    ms = np.array([job.effort.handling_ms([job.layout.spots[name]], 0) for name in names], np.int64)
    rows = np.zeros(len(ms), STOP)
    rows["ms"] = ms
    rows["cost"] = ms * 1000 if job.effort.by_time else 0
    return rows


__all__ = ["NO_LIMIT", "Pool", "pool_of"]
