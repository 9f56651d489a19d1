"""What gateways have in their ledgers against what the journal says: lost, doubled, disordered, never read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from agent.core import events as ev
from agent.core.times import from_text
from agent.store.journal import rows
from agent.store.store import DATABASE, read_only
from devices.scanners.gateway import device_id
from devices.sim.gateway import SentScan, SimGateway

Scan = ev.ScanTaken | ev.ScanIgnored
Told = Scan | ev.ExceptionOpened | ev.ExceptionClosed

_TOLD = "WHERE type IN ('scan.taken', 'scan.ignored', 'exception.opened', 'exception.closed') ORDER BY row"
_ON_ITS_WAY_S = (
    5.0  # so long before the agent is killed a piece may have been read whose code was not whole yet
)


class Key(NamedTuple):
    """One reading of one code, as one gateway published it; the journal has the same. `at` in ms."""

    gateway: str
    device: str
    text: str
    at: int


class Heard(NamedTuple):
    """A reading as one gateway heard it. `clock_off_s`: of that gateway."""

    key: Key
    sent: SentScan
    clock_off_s: float

    @property
    def at(self) -> float:
        """When it was read, seconds since the epoch."""
        return self.key.at / 1000 - self.clock_off_s


@dataclass(frozen=True, slots=True, kw_only=True)
class Track:
    """All that one device read: for each reading, as each gateway heard it.

    `in_order`: it is published so. `numbered`: its messages say which scan they are, not which piece.
    """

    readings: Sequence[Sequence[Heard]]
    in_order: bool
    numbered: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """`lost`: at the broker, and not taken. `unknown`: journaled, and never read so.

    `parted`: codes of several messages that the agent's death came between. `halves`: ends of such codes that were
    taken for codes; the whole one may have come as well.
    """

    lost: tuple[Key, ...]
    parted: tuple[Key, ...]
    unknown: tuple[Key, ...]
    doubled: int
    disordered: int
    halves: int


def heard(gateway: SimGateway, sent: SentScan) -> Heard:
    """With its key."""
    name, scan = gateway.gateway, sent.scan
    key = Key(name, device_id(name, scan.device), scan.data, from_text(scan.at))
    return Heard(key, sent, gateway.faults.clock_off_s)


def read_told(folder: Path) -> list[Told]:
    """Scans and exceptions of the journal, in order."""
    reader = read_only(folder / DATABASE)
    told = [row.entry.event for row in rows(reader, _TOLD)]
    reader.close()
    return [each for each in told if isinstance(each, Told)]


def count_taken(folder: Path) -> int:
    """So many scans stand in the journal as taken."""
    reader = read_only(folder / DATABASE)
    (count,) = reader.execute("SELECT count(*) FROM journal WHERE type = 'scan.taken'").fetchone()
    reader.close()
    return int(count)


def compare(
    tracks: Sequence[Track], told: Sequence[Told], deaths: Iterable[tuple[float, float]]
) -> Difference:
    """`deaths`: of the agent, until it had its broker again, seconds since the epoch."""
    deaths = list(deaths)
    scans = [each for each in told if isinstance(each, Scan)]
    taken = Counter(key_of(each) for each in scans if isinstance(each, ev.ScanTaken))
    readings = [reading for track in tracks for reading in track.readings]
    absent = [reading for reading in readings if at_broker(reading) and not _times(reading, taken)]
    parted = [reading[0].key for reading in absent if _may_be_parted(reading, deaths)]
    known = {each.key for reading in readings for each in reading}
    strange = [key for key in map(key_of, scans) if key not in known]
    cut = [each.key for reading in readings if _may_be_parted(reading, deaths) for each in reading]
    halves = [key for key in strange if any(_is_half(key, whole) for whole in cut)]
    return Difference(
        lost=tuple(reading[0].key for reading in absent if not _may_be_parted(reading, deaths)),
        parted=tuple(parted),
        unknown=tuple(key for key in strange if key not in halves),
        doubled=sum(max(0, _times(reading, taken) - 1) for reading in readings),
        disordered=sum(_disorder(track, scans, deaths) for track in tracks if track.in_order),
        halves=len(halves),
    )


def key_of(scan: Scan) -> Key:
    """Of a scan in the journal."""
    return Key(scan.path, scan.device, scan.text, scan.scanned_at)


def at_broker(reading: Sequence[Heard]) -> bool:
    """Has the broker answered for it to a gateway?"""
    return any(each.sent.acknowledged >= len(each.sent.payloads) for each in reading)


def _times(reading: Sequence[Heard], taken: Mapping[Key, int]) -> int:
    return sum(taken.get(each.key, 0) for each in reading)


def _may_be_parted(reading: Sequence[Heard], deaths: Sequence[tuple[float, float]]) -> bool:
    """Did the agent die while its pieces were on their way?"""
    return all(len(each.sent.payloads) > 1 for each in reading) and any(
        killed_at - _ON_ITS_WAY_S <= each.at <= back_at for each in reading for killed_at, back_at in deaths
    )


def _is_half(key: Key, whole: Key) -> bool:
    return key._replace(text=whole.text) == whole and whole.text.endswith(key.text)


def _disorder(track: Track, scans: Sequence[Scan], deaths: Sequence[tuple[float, float]]) -> int:
    """Taken after one that was read later; but one that came by a replay alone may."""
    place = {
        each.key: number
        for number, reading in enumerate(track.readings)
        for each in reading
        if not each.sent.lost and not _may_be_parted(reading, deaths)
    }
    keys = [key_of(scan) for scan in scans if isinstance(scan, ev.ScanTaken)]
    return sum(after < before for before, after in pairwise(place[key] for key in keys if key in place))
