"""Duplicates told apart: is this scan one that the device has sent before, or one more?

A scan is compared with the last 1,024 of its device, by text; times by their difference, since clocks may be set back,
and on one path where both came over it, since another gateway's clock may be wrong.
The first line that fits decides; none: the scan is taken. What is doubtful is ignored, not counted: a unit that is
missing is seen, one too many is shipped.

| the scan                                            | like one that came                 | is      |
|-----------------------------------------------------|------------------------------------|---------|
| has its sequence and its path                       | at the same time, or 60 s around   | repeat  |
| likewise, the last of its path and not the first    | ever                               | repeat  |
| likewise, and is replayed                           | 12 h around, in the same counting  | replay  |
| is replayed, its sequence older than the ring, `resends` | ever                          | replay  |
| has its sequence, over a path that has not brought it | 60 s around                      | other-path |
| came over a path that has not brought it            | 2 s around                         | other-path |
| is `resent`, without sequence                       | last of this device, 60 s around   | resent  |
| is replayed, without sequence, `resends`            | next in the ring, over this link   | replay  |
| has no sequence, is not replayed                    | 50 ms around                       | echo    |
| is not replayed, and no other unit is due           | `bounce_ms` around                 | bounce  |
| is not replayed, and another unit is due            | 250 ms around                      | bounce  |

So a sequence that is newer, fills a gap, or belongs to a counter begun anew (a battery was changed, a day has passed)
is taken. A counter that jumps leaves a gap, which a person sees until the missing scans have come after all. The link
is that of the memory: each new connection tells it from its beginning, in its order, so two units of one SKU in it
match two scans, and one more is taken; what was a bounce follows its scan there too.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice
from typing import NamedTuple

from agent.core import commands as c
from agent.core import events as ev
from agent.core.model import Counting, FloorException, SeenScan, Trail
from agent.core.rules.answers import Answer
from agent.core.story import Story
from agent.core.trails import RING, has_new_gap, is_late, is_newer, memory_over, missing

_ECHO_MS, _UNIT_MS, _PATHS_MS, _REPEAT_MS = 50, 250, 2_000, 60_000
_REPLAY_MS = 12 * 3_600_000  # longer ago the same number is that of another day
_RECENT = 16  # so many with one text are looked at where the time decides
_MISSING = "scan-gap"


class Repeat(NamedTuple):
    """A scan that came before, and as which; None: as one that is not remembered any more."""

    why: ev.Why
    first: SeenScan | None

    @property
    def answer(self) -> Answer:
        """The first one's."""
        if self.first is None:
            return Answer("good", "taken before, long ago")
        return Answer(self.first.tone, f"{self.first.reason} (the same scan again)")


def find_repeat(story: Story, scan: c.TakeScan, wants_unit: Callable[[], bool]) -> Repeat | None:
    """The scan that this one repeats. `wants_unit`: another unit with this code is due at the station."""
    trail = story.get(Trail, scan.device)
    if trail is None:
        return None
    recent = list(islice(story.floor.seen_scans(scan.device, scan.text), _RECENT))
    again = _other_path(scan, recent)
    if scan.sequence is not None:
        again = _same_sequence(story, scan, trail, scan.sequence, recent) or again
    else:
        again = again or _resent(scan, trail, recent)
    if again is None and scan.replayed:
        return _from_memory(story, scan, trail) if scan.resends and scan.sequence is None else None
    return again or _bounce(scan, recent, wants_unit)


def _away_ms(scan: c.TakeScan, seen: SeenScan) -> int:
    """By the clock of the scan's own path, where that has brought it: another gateway's may be wrong, or it lags."""
    own = seen.paths.get(scan.path)
    heard = seen.paths.values() if own is None else (own,)
    return min(abs(scan.scanned_at - at) for each in heard for at in (each.first_at, each.last_at))


def _had(seen: SeenScan, path: str, sequence: int) -> bool:
    return path in seen.paths and sequence in seen.paths[path].sequences


def _same_sequence(
    story: Story, scan: c.TakeScan, trail: Trail, sequence: int, recent: list[SeenScan]
) -> Repeat | None:
    counting = trail.paths.get(scan.path)
    if counting is None:
        return None
    newer = is_newer(counting, sequence)  # then only one from before the counter began anew can be the same
    seen_all = recent if newer else story.floor.seen_scans(scan.device, scan.text)
    same = (seen for seen in seen_all if _had(seen, scan.path, sequence))
    first = next((seen for seen in same if _is_same(scan, counting, seen)), None)
    if first is not None:
        return Repeat("replay" if scan.replayed else "repeat", first)
    forgotten = not newer and not is_late(counting, sequence) and counting.last - sequence >= RING
    return Repeat("replay", None) if scan.replayed and scan.resends and forgotten else None


def _is_same(scan: c.TakeScan, counting: Counting, seen: SeenScan) -> bool:
    """The last number again is one that the broker kept for us: a counter that begins anew begins lower."""
    if _away_ms(scan, seen) == 0 or (scan.sequence == counting.last and seen.number > counting.since):
        return True
    within_ms = _REPLAY_MS if scan.replayed else _REPEAT_MS
    return seen.number >= counting.since and _away_ms(scan, seen) <= within_ms


def _other_path(scan: c.TakeScan, recent: list[SeenScan]) -> Repeat | None:
    """The oldest that fits: a path brings scans in their order, and the nearest may be one more unit where it lags."""
    elsewhere = [seen for seen in reversed(recent) if scan.path not in seen.paths]
    counted = (
        seen for seen in elsewhere if any(scan.sequence in heard.sequences for heard in seen.paths.values())
    )
    for among, within_ms in ((counted, _REPEAT_MS), (elsewhere, _PATHS_MS)):
        first = next((seen for seen in among if _away_ms(scan, seen) <= within_ms), None)
        if first is not None:
            return Repeat("other-path", first)
    return None


def _resent(scan: c.TakeScan, trail: Trail, recent: list[SeenScan]) -> Repeat | None:
    """Such a device waits for the answer: had it sent another code since, this one would have been answered."""
    last = recent[0] if recent and recent[0].number == trail.count - 1 else None
    if scan.resent and last is not None and _away_ms(scan, last) <= _REPEAT_MS:
        return Repeat("resent", last)
    return None


def _from_memory(story: Story, scan: c.TakeScan, trail: Trail) -> Repeat | None:
    memory = memory_over(trail, scan.link)
    start = memory.next - 1 if memory.again > 0 else memory.next
    left = (s for s in story.floor.seen_scans(scan.device, scan.text) if start <= s.number < memory.end)
    first = min(left, key=lambda seen: seen.number, default=None)
    return Repeat("replay", first) if first is not None else None


def _bounce(scan: c.TakeScan, recent: list[SeenScan], wants_unit: Callable[[], bool]) -> Repeat | None:
    first = min(recent, key=lambda seen: _away_ms(scan, seen), default=None)
    if first is None:
        return None
    away_ms = _away_ms(scan, first)
    if scan.sequence is None and away_ms <= _ECHO_MS:
        return Repeat("echo", first)
    if away_ms >= scan.bounce_ms or (away_ms >= _UNIT_MS and wants_unit()):
        return None
    return Repeat("bounce", first)


# --- gaps of a counter --------------------------------------------------------------------------------------


def counting_of(story: Story, scan: c.TakeScan) -> Counting | None:
    """How far the device's counter is on the scan's path."""
    trail = story.get(Trail, scan.device)
    return trail.paths.get(scan.path) if trail is not None else None


def tell_gaps(story: Story, scan: c.TakeScan, before: Counting | None) -> None:
    """A person hears of scans that are missing until they have come; what he has closed only when more are missing."""
    now = counting_of(story, scan)
    if before is None or now is None or now.since != before.since:
        return
    subject = f"{scan.path}/{scan.device}"
    known = story.get(FloorException, f"{_MISSING}:{subject}")
    more = has_new_gap(now, before)
    fewer = len(now.gaps) < len(before.gaps)  # not at each scan of a long gap that is filled
    if more or (fewer and known is not None and known.closed_at is None):
        story.close_exception(_MISSING, subject, "more are missing" if more else "they came late")
        if now.gaps:
            story.open_exception(_MISSING, subject, _text(scan, now))


def _text(scan: c.TakeScan, counting: Counting) -> str:
    count = missing(counting)
    many = f"{count} scans of {scan.device} are" if count > 1 else f"1 scan of {scan.device} is"
    where = ", ".join(f"between {first - 1} and {last + 1}" for first, last in counting.gaps)
    return f"{scan.path}: {many} missing {where}: scan those parcels again"
