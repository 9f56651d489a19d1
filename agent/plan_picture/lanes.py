"""Each run of a tour in a lane of its own: tours that share an aisle walk beside each other.

People keep to the right: what is walked both ways has its lanes left and right of the middle.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from agent.plan_picture.floor_map import FloorMap
from agent.plan_picture.trails import Run, Track, Trail

_MOST_GAP_PX = 11.0
_WAY_PX = 22.0  # how wide a way is that is no corridor
_FILLED = 0.84  # of a corridor's width is for lanes


def give_lanes(floor: FloorMap, trails: Iterable[Trail]) -> float:
    """Give each run its offset; the distance between lanes that most runs have, or more."""
    on_track: dict[Track, list[tuple[Trail, int]]] = defaultdict(list)
    for trail in trails:
        trail.offsets = [0.0] * len(trail.runs)
        for number, run in enumerate(trail.runs):
            if not run.rides:
                on_track[run.track].append((trail, number))
    gaps = sorted(gap for track, runs in on_track.items() for gap in [_share(floor, track, runs)] * len(runs))
    return gaps[len(gaps) // 3] if gaps else _MOST_GAP_PX


def _share(floor: FloorMap, track: Track, runs: Sequence[tuple[Trail, int]]) -> float:
    """Lanes of one track: on either side of the middle, those of the other direction beyond it."""
    ways = [[each for each in runs if each[0].runs[each[1]].forwards is way] for way in (True, False)]
    lanes = [_lanes([trail.runs[number] for trail, number in way]) for way in ways]
    counts = [max(way, default=-1) + 1 for way in lanes]
    gap = min(_MOST_GAP_PX, _width(floor, track) * _FILLED / sum(counts))
    for way, (mine, others) in enumerate(((0, 1), (1, 0))):
        from_middle = 0.5 + (counts[others] - counts[mine]) / 2
        for (trail, number), lane in zip(ways[way], lanes[way], strict=True):
            trail.offsets[number] = (lane + from_middle) * gap
    return gap


def _lanes(runs: Sequence[Run]) -> list[int]:
    """A lane for each run, so that none covers another; short runs are innermost, where they turn off first."""
    lanes = [0] * len(runs)
    taken: list[list[Run]] = []
    for number in sorted(range(len(runs)), key=lambda number: runs[number].length):
        run = runs[number]
        free = (lane for lane, others in enumerate(taken) if not any(run.meets(other) for other in others))
        lane = next(free, len(taken))
        if lane == len(taken):
            taken.append([])
        taken[lane].append(run)
        lanes[number] = lane
    return lanes


def _width(floor: FloorMap, track: Track) -> float:
    if not floor.layout.decks:
        return _WAY_PX
    return {"y": floor.measures.corridor, "x": floor.measures.cross}.get(track[0], _WAY_PX)
