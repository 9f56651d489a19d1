"""What people were told of missing scans, against what was missing."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from agent.core import events as ev
from bench.gateway_ledger import Heard, Key, Told, Track, key_of

_GAP = "scan-gap"
_HOLE = re.compile(r"between (\d+) and (\d+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Gaps:
    """`told`: exceptions. `false`: about numbers that had all come, or that nobody had; `stale`: the same of those that
    are open in the end. `untold`: readings that never came by their path, with others of their counting on both sides,
    which no exception named.
    """

    told: int
    false: int
    stale: int
    untold: int


def judge_gaps(tracks: Iterable[Track], told: Iterable[Told]) -> Gaps:
    """`told`: in the order of the journal."""
    judge = _Judge([counting for track in tracks if track.numbered for counting in _countings(track)])
    for each in told:
        judge.hear(each)
    return judge.gaps()


def _countings(track: Track) -> Iterator[list[Heard]]:
    """What each gateway had of it, cut where its counter began anew."""
    for of_one in zip(*track.readings, strict=True):
        begins = [number for number, each in enumerate(of_one) if each.sent.scan.seq == 1]
        for begin, end in zip(begins, [*begins[1:], len(of_one)], strict=True):
            yield list(of_one[begin:end])


class _Judge:
    """Goes through the journal once, and knows at each exception what had come."""

    def __init__(self, countings: Sequence[Sequence[Heard]]) -> None:
        self._countings = countings
        self._counting = {each.key: counting for counting in countings for each in counting}
        self._came: set[Key] = set()
        self._last: dict[str, Key] = {}  # that came, by the subject of its exception
        self._open: dict[str, list[set[Key]]] = {}
        self._named: set[Key] = set()
        self._told = self._false = 0

    def hear(self, told: Told) -> None:
        """The next one."""
        match told:
            case ev.ScanTaken() | ev.ScanIgnored():
                key = key_of(told)
                self._came.add(key)
                self._last[f"{_GAP}:{key.gateway}/{key.device}"] = key
            case ev.ExceptionOpened(kind=kind) if kind == _GAP:
                self._hear_gap(told)
            case ev.ExceptionClosed():
                self._open.pop(told.exception, None)

    def _hear_gap(self, told: ev.ExceptionOpened) -> None:
        counting = self._counting[self._last[told.exception]]
        holes = [range(int(first) + 1, int(last)) for first, last in _HOLE.findall(told.text)]
        absent = [{counting[number - 1].key for number in hole if number <= len(counting)} for hole in holes]
        self._told += 1
        self._false += any(hole <= self._came for hole in absent)
        self._named |= set().union(*absent)
        self._open[told.exception] = absent

    def gaps(self) -> Gaps:
        """All in all."""
        return Gaps(
            told=self._told,
            false=self._false,
            stale=sum(any(hole <= self._came for hole in absent) for absent in self._open.values()),
            untold=sum(len(self._surrounded(counting) - self._named) for counting in self._countings),
        )

    def _surrounded(self, counting: Sequence[Heard]) -> set[Key]:
        """What did not come, between others that did."""
        keys = [each.key for each in counting]
        came = [number for number, key in enumerate(keys) if key in self._came]
        return set(keys[came[0] : came[-1]]) - self._came if came else set()
