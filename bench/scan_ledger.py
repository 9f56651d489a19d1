"""What was scanned against what the journal says: lost, doubled, out of order, or never scanned at all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from agent.core.events import ScanIgnored, ScanTaken
from agent.store.journal import rows
from agent.store.store import DATABASE, read_only
from devices.sim.bluez import HandsetScan

_SCANS = "WHERE type IN ('scan.taken', 'scan.ignored')"
_ON_ITS_WAY_S = 5.0  # so long before the agent is killed a scan may have been sent that is not committed yet


@dataclass(frozen=True, slots=True)
class Written:
    """The journal: the codes taken from each scanner, in order; how many were ignored, and why."""

    taken: Mapping[str, Sequence[str]]
    ignored: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Difference:
    """`lost`: scans that are not in the journal. `disordered`: taken after one that was scanned later.

    `unknown`: codes that nobody scanned.
    """

    lost: tuple[HandsetScan, ...]
    doubled: int
    disordered: int
    unknown: int


def count_scans(folder: Path) -> int:
    """So many stand in the journal, taken or ignored."""
    reader = read_only(folder / DATABASE)
    (count,) = reader.execute(f"SELECT count(*) FROM journal {_SCANS}").fetchone()
    reader.close()
    return int(count)


def read_journal(folder: Path) -> Written:
    """All scans that it has."""
    taken: dict[str, list[str]] = {}
    ignored: Counter[str] = Counter()
    reader = read_only(folder / DATABASE)
    for row in rows(reader, f"{_SCANS} ORDER BY row"):
        match row.entry.event:
            case ScanTaken() as scan:
                taken.setdefault(scan.scanner, []).append(scan.text)
            case ScanIgnored() as scan:
                ignored[scan.why] += 1
            case _:
                raise AssertionError(row.type)
    reader.close()
    return Written(taken, ignored)


def compare(scanned: Sequence[HandsetScan], taken: Sequence[str]) -> Difference:
    """One scanner's, whose codes are all different."""
    place = {scan.text: at for at, scan in enumerate(scanned)}
    times = Counter(taken)
    places = [place[text] for text in taken if text in place]
    return Difference(
        lost=tuple(scan for scan in scanned if scan.text not in times),
        doubled=sum(times[text] - 1 for text in times.keys() & place.keys()),
        disordered=sum(after < before for before, after in pairwise(places)),
        unknown=sum(times[text] for text in times.keys() - place.keys()),
    )


def compare_all(scanned: Mapping[str, Sequence[HandsetScan]], written: Written) -> Difference:
    """Every scanner's, together."""
    each = [compare(scans, written.taken.get(name, ())) for name, scans in scanned.items()]
    return Difference(
        lost=tuple(scan for one in each for scan in one.lost),
        doubled=sum(one.doubled for one in each),
        disordered=sum(one.disordered for one in each),
        unknown=sum(one.unknown for one in each),
    )


def died_with_agent(scan: HandsetScan, deaths: Iterable[tuple[float, float]]) -> bool:
    """Was it on its way when the agent was killed? One whose tone was heard was not: it is committed.

    `deaths`: from when the agent was killed until bluetoothd knew that nobody listens, in seconds since the epoch.
    """
    sent_at = scan.sent_at
    if scan.tone is not None or sent_at is None:
        return False
    return any(killed_at - _ON_ITS_WAY_S <= sent_at <= known_at for killed_at, known_at in deaths)
