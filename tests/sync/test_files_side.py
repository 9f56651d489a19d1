"""The sandbox hub's side of the folder: one ledger with HTTP, a word on every event, the feed in numbered files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from sync.channels.messages import read_feed_event
from sync.cloudevents import decode
from sync.protocols import FeedEvent
from sync.sandbox.files_side import FilesSide
from sync.sandbox.intake import receive
from sync.sandbox.ledger import Ledger, Put
from sync.signed_files import SignedFolder, lines_of
from tests.sync.stores import agent_event

KEY = b"secret"


class Site:
    """A hub, and a hand that puts there what the agent would."""

    def __init__(self, base: Path) -> None:
        self.base = base / "stick"
        self.base.mkdir()
        self.data = base / "hub.db"
        self.out, self.given, self.acks = (
            SignedFolder(self.base, direction, "WH1", KEY) for direction in ("out", "in", "acks")
        )
        self.ledger = Ledger(self.data)
        self.hub = FilesSide(self.ledger, self.base, KEY, "WH1")

    def restarted(self) -> FilesSide:
        self.ledger.close()
        self.ledger = Ledger(self.data)
        self.hub = FilesSide(self.ledger, self.base, KEY, "WH1")
        return self.hub

    def ship(self, first: int, last: int) -> str:
        return self.out.write(first, [agent_event(n).body for n in range(first, last + 1)])

    def post(self, first: int, last: int) -> None:
        receive(self.ledger, b"[" + b",".join(agent_event(n).body for n in range(first, last + 1)) + b"]", 1)

    def put(self, *order_nos: str) -> None:
        self.ledger.put(
            [Put("order.held", "/crm", no, {"order_no": no, "reason": "x"}) for no in order_nos], 1
        )

    def received(self) -> list[int]:
        return [
            row[0] for row in self.ledger.connection.execute("SELECT sequence FROM received ORDER BY row")
        ]

    def words(self) -> dict[int, list[tuple[str, str]]]:
        return {
            number: [
                (word["id"], word["status"])
                for word in map(msgspec.json.decode, lines_of(self.acks.read(name)))
            ]
            for number, name in self.acks.names().items()
        }

    def fed(self) -> dict[int, list[str | None]]:
        return {
            number: [_subject(line) for line in lines_of(self.given.read(name))]
            for number, name in self.given.names().items()
        }

    def faults(self) -> tuple[str, ...]:
        return self.hub.faults


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    site = Site(tmp_path)
    yield site
    site.ledger.close()


def word(first: int, last: int, status: str = "accepted") -> list[tuple[str, str]]:
    return [(f"ev-{n}", status) for n in range(first, last + 1)]


async def test_events_are_committed_in_order_and_answered_once(site: Site) -> None:
    site.ship(4, 6)
    site.ship(1, 3)
    await site.hub.look()
    await site.hub.look()
    assert site.received() == [1, 2, 3, 4, 5, 6]
    assert site.words() == {1: word(1, 3), 2: word(4, 6)}
    assert len(site.out.names()) == 2, "the agent's files are the agent's"


async def test_what_came_over_http_is_a_duplicate_and_what_is_missing_is_waited_for(site: Site) -> None:
    site.post(1, 4)
    site.ship(3, 6)
    site.ship(9, 10)
    await site.hub.look()
    assert site.received() == [1, 2, 3, 4, 5, 6]
    assert site.words() == {1: word(3, 4, "duplicate") + word(5, 6)}
    assert site.faults() == (f"out/{9:020d}.ndjson waits: event 7 is missing",)
    site.post(7, 8)
    await site.hub.look()
    assert (site.received()[-1], site.faults()) == (10, ())


async def test_a_longer_file_of_the_same_name_is_answered_too(site: Site) -> None:
    site.ship(1, 3)
    await site.hub.look()
    site.ship(1, 5)
    await site.hub.look()
    assert site.words() == {1: word(1, 3), 2: word(1, 3, "duplicate") + word(4, 5)}


async def test_a_harmed_file_is_told_and_answered_once_it_is_whole(site: Site) -> None:
    name = site.ship(1, 3)
    (site.out.path / name).write_bytes(b"torn")
    await site.hub.look()
    assert (site.received(), len(site.faults())) == ([], 1)
    assert name in site.faults()[0]
    site.ship(1, 3)
    await site.hub.look()
    assert (site.received(), site.faults()) == ([1, 2, 3], ())


async def test_an_event_that_is_none_is_rejected_and_does_not_hold_up_the_others(site: Site) -> None:
    nameless = msgspec.json.encode({"source": "/sites/WH1/agent", "sequence": f"{2:020d}"})
    typeless: dict[str, Any] = msgspec.json.decode(agent_event(3).body)
    del typeless["type"]
    site.out.write(
        1, [agent_event(1).body, nameless, msgspec.json.encode(typeless), b"{", agent_event(4).body]
    )
    await site.hub.look()
    assert site.received() == [1, 4]
    assert site.words() == {1: [("ev-1", "accepted"), ("ev-3", "rejected"), ("ev-4", "accepted")]}


async def test_a_file_with_a_hole_waits_without_repeating_its_words(site: Site) -> None:
    site.out.write(1, [agent_event(1).body, agent_event(3).body])
    for _ in range(3):
        await site.hub.look()
    assert (site.received(), site.words()) == ([1], {1: word(1, 1)})
    assert site.faults() == (f"out/{1:020d}.ndjson waits: event 2 is missing",)
    site.post(2, 2)
    await site.hub.look()
    assert (site.received(), site.faults()) == ([1, 2, 3], ())


async def test_the_feed_is_given_once_with_its_cursors(site: Site) -> None:
    site.put("SO-1", "SO-2")
    await site.hub.look()
    await site.restarted().look()
    site.put("SO-3")
    await site.hub.look()
    assert site.fed() == {1: ["SO-1", "SO-2"], 2: ["SO-3"]}
    (line,) = lines_of(site.given.read(site.given.names()[2]))
    assert decode(line).extensions == {"cursor": f"{3:020d}"}


async def test_a_long_feed_is_cut_into_files(site: Site) -> None:
    site.put(*(f"SO-{n}" for n in range(1201)))
    await site.hub.look()
    assert [len(subjects) for subjects in site.fed().values()] == [500, 500, 201]


async def test_no_number_is_given_twice_whether_ledger_or_folder_is_lost(site: Site) -> None:
    site.put("SO-1")
    site.ship(1, 1)
    await site.hub.look()
    for folder in (site.given, site.acks):
        folder.delete(folder.names()[1])
    site.put("SO-2")
    site.ship(2, 2)
    await site.hub.look()
    assert (list(site.given.names()), list(site.acks.names())) == ([2], [2])
    site.ledger.close()
    site.data.unlink()
    await site.restarted().look()
    assert (list(site.given.names()), list(site.acks.names())) == ([2], [2, 3, 4])


async def test_a_stick_that_is_away_is_told_and_loses_nothing(site: Site, tmp_path: Path) -> None:
    site.base.rename(tmp_path / "away")
    site.put("SO-1")
    await site.hub.look()
    assert "plug the stick in" in site.faults()[0]
    (tmp_path / "away").rename(site.base)
    site.ship(1, 1)
    await site.hub.look()
    assert (site.fed(), site.received(), site.faults()) == ({1: ["SO-1"]}, [1], ())


async def test_events_are_answered_again_where_the_answer_did_not_get_onto_the_stick(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.ship(1, 2)

    def full(*_: object) -> None:
        raise OSError(28, "full")

    with monkeypatch.context() as patched:
        patched.setattr(SignedFolder, "write", full)
        await site.hub.look()
    assert (site.received(), site.words()) == ([1, 2], {})
    assert "is full" in site.faults()[0]
    await site.hub.look()
    assert site.words() == {1: word(1, 2, "duplicate")}


def _subject(line: bytes) -> str | None:
    arrived = read_feed_event(line)
    assert isinstance(arrived, FeedEvent)
    return arrived.event.subject
