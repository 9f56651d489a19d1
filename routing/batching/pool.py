"""A job as arrays: what each item weighs, where its bits are, which cart types take it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from routing.batching.floor import Floor, Spots, floor_of, grid_of, rounds_of
from routing.batching.job import CartType, Item, Job
from routing.batching.walked import Ground, ground_of, nowhere
from routing.exact.sweep import WORD

NO_LIMIT = 2**60
_SEED = 20_260_101


class Kinds(NamedTuple):
    """Cart types by number; `round` is the number of their start and ends."""

    count: NDArray[np.int64]
    slots: NDArray[np.int64]
    weight_g: NDArray[np.int64]
    volume_cm3: NDArray[np.int64]
    waits: NDArray[np.bool_]
    round: NDArray[np.int64]
    names: NDArray[np.uint64]


class Pool(NamedTuple):
    """All that the compiled search reads of a job.

    Of item i: its bits are `bits[start[i]:start[i + 1]]` in the words `words[...]` of the floor's mask; its locations by
    number are `spots[spot_start[i]:...]`. `takes[i, t]`: whether type t may take it. `names` are random keys whose
    exclusive or names a set. `stop_cost` and `stop_ms` are what each location costs and takes beside the walk.
    `us_per_cost` / 1000 milliseconds are walked per unit of cost. `on_grid`: prices are by the floor, else by the ground.
    """

    floor: Floor
    ground: Ground
    kinds: Kinds
    on_grid: bool
    weight_g: NDArray[np.int64]
    volume_cm3: NDArray[np.int64]
    takes: NDArray[np.bool_]
    wait_cost: NDArray[np.int64]
    is_kind: NDArray[np.uint64]
    foe_kinds: NDArray[np.uint64]
    foe_cost: int
    foes: bool
    handling_ms: NDArray[np.int64]
    due_ms: NDArray[np.int64]
    dues: bool
    start: NDArray[np.int64]
    words: NDArray[np.int64]
    bits: NDArray[np.uint64]
    spot_start: NDArray[np.int64]
    spots: NDArray[np.int64]
    stop_cost: NDArray[np.int64]
    stop_ms: NDArray[np.int64]
    stops: bool
    us_per_cost: float
    names: NDArray[np.uint64]

    @property
    def size(self) -> int:
        """How many items there are."""
        return len(self.weight_g)


def pool_of(job: Job) -> Pool:
    """The arrays of a job. An item that is late even alone has no due time here, as it must not hold up others."""
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
    start, words, bits = _masks(job.items, places)
    spot_start = np.cumsum([0, *(len(set(item.locations)) for item in job.items)]).astype(np.int64)
    spots = [numbers[name] for item in job.items for name in sorted(set(item.locations))]
    stop_ms = np.array([_stop_ms(job, name) for name in numbers], np.int64)
    by_time = job.effort.by_time
    return Pool(
        floor=floor,
        ground=ground,
        kinds=kinds,
        on_grid=grid is not None,
        weight_g=_ints([item.weight_g for item in job.items]),
        volume_cm3=_ints([item.volume_cm3 for item in job.items]),
        takes=np.array(
            [[t in item.types for t in range(len(job.types))] for item in job.items], np.bool_
        ).reshape(len(job.items), len(job.types)),
        wait_cost=_ints([item.wait_cost for item in job.items]),
        is_kind=np.array([item.kinds for item in job.items], np.uint64),
        foe_kinds=np.array([item.foes for item in job.items], np.uint64),
        foe_cost=-1 if job.foe_cost is None else job.foe_cost,
        foes=any(item.foes for item in job.items),
        handling_ms=_ints([item.handling_ms for item in job.items]),
        due_ms=_ints([NO_LIMIT if item.due_ms is None else item.due_ms for item in job.items]),
        dues=any(item.due_ms is not None for item in job.items),
        start=start,
        words=words,
        bits=bits,
        spot_start=spot_start,
        spots=_ints(spots),
        stop_cost=stop_ms * 1000 if by_time else np.zeros_like(stop_ms),
        stop_ms=stop_ms,
        stops=bool(stop_ms.any()) and (by_time or any(item.due_ms is not None for item in job.items)),
        us_per_cost=1.0 if by_time else 10_000 / job.effort.speed_mm_s,
        names=keys.integers(1, 2**63, len(job.items), np.uint64),
    )


def _ints(values: Sequence[int]) -> NDArray[np.int64]:
    return np.array(values, np.int64)


def _kinds(job: Job, keys: np.random.Generator) -> Kinds:
    rounds = rounds_of(job)

    def of(values: Sequence[int]) -> NDArray[np.int64]:
        return np.array(values, np.int64)

    types: Sequence[CartType] = job.types
    return Kinds(
        count=of([min(kind.count, len(job.items)) for kind in types]),
        slots=of([kind.slots for kind in types]),
        weight_g=of([kind.max_weight_g for kind in types]),
        volume_cm3=of([kind.max_volume_cm3 for kind in types]),
        waits=np.array([kind.waits for kind in types], np.bool_),
        round=of([rounds.index((kind.start, kind.ends)) for kind in types]),
        names=keys.integers(1, 2**63, len(rounds), np.uint64),
    )


def _masks(
    items: Sequence[Item], places: Spots
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.uint64]]:
    """The bits of each item's locations, word by word."""
    start, words, bits = [0], [], []
    for item in items:
        masks: dict[int, int] = {}
        for name in item.locations:
            word = places.word[name]
            masks[word] = masks.get(word, 0) | 1 << places.bit[name]
        for word in sorted(masks):
            words.append(word)
            bits.append(masks[word])
        start.append(len(words))
    return np.array(start, np.int64), np.array(words, np.int64), np.array(bits, np.uint64)


def _stop_ms(job: Job, name: str) -> int:
    """What taking anything at a location takes beside the units."""
    return job.effort.handling_ms([job.layout.spots[name]], 0)


__all__ = ["NO_LIMIT", "WORD", "Kinds", "Pool", "pool_of"]
