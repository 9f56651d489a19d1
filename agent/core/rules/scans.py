"""A scan at a station: told apart from one that came before, then answered by the station's role, then journaled."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from agent.core import commands as c
from agent.core import events as ev
from agent.core.rules import pack, pick, repeats, returns, ship
from agent.core.rules.answers import Answer
from agent.core.story import Refused, Story


def _counts_nothing(_: Story, __: c.TakeScan) -> bool:
    return False


class Role(NamedTuple):
    """What a scan means at such a station, and whether another unit with its code is due there."""

    answer: Callable[[Story, c.TakeScan], Answer]
    wants_unit: Callable[[Story, c.TakeScan], bool] = _counts_nothing


ROLES: dict[str, Role] = {
    "ship": Role(ship.ship),
    "pack": Role(pack.pack, pack.wants_unit),
    "pick": Role(pick.pick, pick.wants_unit),
    "return": Role(returns.take_back),
}


def take_scan(story: Story, scan: c.TakeScan) -> Refused | None:
    """Every scan ends in the journal as taken or as ignored, with its answer."""
    role = ROLES[scan.role]
    counting = repeats.counting_of(story, scan)
    again = repeats.find_repeat(story, scan, lambda: role.wants_unit(story, scan))
    answer = again.answer if again is not None else role.answer(story, scan)
    story.emit(_taken(scan, answer) if again is None else _ignored(scan, answer, again))
    repeats.tell_gaps(story, scan, counting)
    return answer.of_door(story)


def _taken(scan: c.TakeScan, answer: Answer) -> ev.ScanTaken:
    return ev.ScanTaken(
        scan.scanner, scan.text, scan.scanned_at, answer.tone, answer.text,
        scan.device, scan.path, scan.link, scan.sequence, scan.replayed,
    )  # fmt: skip


def _ignored(scan: c.TakeScan, answer: Answer, again: repeats.Repeat) -> ev.ScanIgnored:
    first = again.first.number if again.first is not None else None
    return ev.ScanIgnored(
        scan.scanner, scan.device, scan.text, scan.scanned_at, again.why, answer.tone, answer.text, first,
        scan.path, scan.link, scan.sequence, scan.replayed,
    )  # fmt: skip
