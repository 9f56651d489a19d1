"""The agent's side of the folder: what it hands over stands there whole, what it takes is whole and in order."""

from __future__ import annotations

import errno
import shutil
from collections.abc import Sequence
from pathlib import Path

import msgspec
import pytest

from sync import signed_files
from sync.channels.files import FilesChannel
from sync.cloudevents import CloudEvent, encode
from sync.errors import Unreachable
from sync.signed_files import SignedFolder, lines_of
from tests.sync.conftest import Asked, going
from tests.sync.stores import MemoryInbox, MemoryOutbox, agent_event

KEY = b"secret"


class Stick:
    """A folder, an agent at one end, and a hand that puts there what the hub would."""

    def __init__(self, base: Path, count: int = 20) -> None:
        self.base = base
        self.out, self.given, self.acks = (
            SignedFolder(base, direction, "WH1", KEY) for direction in ("out", "in", "acks")
        )
        self.events = [agent_event(n) for n in range(1, count + 1)]
        self.inbox = MemoryInbox()
        self.outbox = MemoryOutbox(self.events)
        self.channel = self.restarted()

    def restarted(self) -> FilesChannel:
        """The agent was killed and is there again, on the same store and folder."""
        self.channel = FilesChannel(self.base, KEY, "WH1", self.inbox, self.outbox, pace_s=0)
        return self.channel

    async def ship(self, first: int, last: int) -> None:
        assert await self.channel.ship(self.events[first - 1 : last]) == []

    def stands(self) -> dict[int, list[bytes]]:
        return {first: lines_of(self.out.read(name)) for first, name in self.out.names().items()}

    def bodies(self, first: int, last: int) -> list[bytes]:
        return [event.body for event in self.events[first - 1 : last]]

    def answer(self, number: int, first: int, last: int, status: str = "accepted") -> None:
        lines = [{"id": event.id, "status": status} for event in self.events[first - 1 : last]]
        self.acks.write(number, map(msgspec.json.encode, lines))

    def give(self, number: int, *names: str) -> None:
        self.given.write(number, map(feed_event, names))

    def faults(self) -> tuple[str, ...]:
        return self.channel.faults

    def taken(self) -> list[str]:
        return [event.event.id for event in self.inbox.ahead]


def feed_event(name: str) -> bytes:
    return encode(
        CloudEvent(
            name, "/erp", "order.held", "2026-06-18T00:00:00Z", {"order_no": name}, extensions={"cursor": "7"}
        )
    )


@pytest.fixture
def stick(tmp_path: Path) -> Stick:
    return Stick(tmp_path)


# --- out ----------------------------------------------------------------------------------------------------------


async def test_a_batch_stands_there_byte_for_byte_and_counts_as_handed(stick: Stick) -> None:
    await stick.ship(1, 5)
    await stick.ship(6, 9)
    assert stick.stands() == {1: stick.bodies(1, 5), 6: stick.bodies(6, 9)}
    assert (stick.channel.handed, stick.outbox.acked) == (9, 0)


async def test_a_restarted_agent_sees_what_stands_and_writes_none_of_it_again(stick: Stick) -> None:
    await stick.ship(1, 5)
    stick.restarted()
    assert stick.channel.handed == 0, "it has not looked yet"
    before = (stick.out.path / stick.out.names()[1]).stat().st_mtime_ns
    await stick.ship(1, 3)
    assert stick.channel.handed == 5
    assert (stick.out.path / stick.out.names()[1]).stat().st_mtime_ns == before


async def test_a_longer_batch_from_the_same_event_takes_the_place_of_the_shorter(stick: Stick) -> None:
    await stick.ship(1, 3)
    await stick.ship(1, 5)
    assert stick.stands() == {1: stick.bodies(1, 5)}


async def test_after_a_hole_nothing_counts_as_handed(stick: Stick) -> None:
    await stick.ship(1, 3)
    await stick.ship(4, 6)
    await stick.ship(7, 9)
    stick.out.delete(stick.out.names()[4])
    await stick.restarted().look()
    assert stick.channel.handed == 3
    await stick.ship(4, 6)
    assert stick.channel.handed == 9


async def test_what_overlaps_counts_once(stick: Stick) -> None:
    await stick.ship(1, 10)
    stick.outbox.settled = 5
    stick.restarted()
    await stick.ship(6, 15)
    assert stick.channel.handed == 15
    stick.outbox.settled = 0
    assert stick.channel.handed == 15


async def test_a_file_of_ours_that_a_kill_left_broken_is_written_again(stick: Stick) -> None:
    await stick.ship(1, 3)
    await stick.ship(4, 6)
    (stick.out.path / stick.out.names()[4]).write_bytes(b"torn")
    await stick.restarted().look()
    assert stick.channel.handed == 3
    assert "written again" in stick.faults()[0]
    await stick.ship(4, 6)
    await stick.channel.look()
    assert (stick.channel.handed, stick.faults()) == (6, ())


@pytest.mark.parametrize(
    ("number", "words"), [(errno.ENOSPC, "is full: make room"), (errno.EROFS, "write protection")]
)
async def test_a_disk_that_takes_nothing_is_unreachable_and_says_what_to_do(
    stick: Stick, monkeypatch: pytest.MonkeyPatch, number: int, words: str
) -> None:
    await stick.ship(1, 3)

    def failing(path: Path, content: bytes) -> None:
        raise OSError(number, "no")

    with monkeypatch.context() as patched:
        patched.setattr(signed_files, "_write", failing)
        with pytest.raises(Unreachable, match=words):
            await stick.ship(4, 6)
    assert (stick.channel.handed, stick.stands()) == (3, {1: stick.bodies(1, 3)})
    await stick.ship(4, 6)
    assert stick.channel.handed == 6


async def test_a_stick_that_is_pulled_out_has_taken_its_files_with_it(tmp_path: Path) -> None:
    stick = Stick(tmp_path / "stick")
    stick.base.mkdir()
    await stick.ship(1, 3)
    stick.base.rename(tmp_path / "pulled out")
    with pytest.raises(Unreachable, match="plug the stick in"):
        await stick.ship(4, 6)
    await stick.channel.look()
    assert "plug the stick in" in stick.faults()[0]
    assert stick.channel.handed == 0
    stick.base.mkdir()  # another one
    await stick.channel.look()
    assert (stick.channel.handed, stick.faults()) == (0, ())
    await stick.ship(1, 6)
    assert stick.stands() == {1: stick.bodies(1, 6)}


# --- acks ---------------------------------------------------------------------------------------------------------


async def test_the_hubs_word_settles_and_what_is_settled_is_deleted(stick: Stick) -> None:
    await stick.ship(1, 3)
    await stick.ship(4, 6)
    stick.answer(1, 1, 5)
    await stick.channel.look()
    assert (stick.outbox.acked, list(stick.stands())) == (5, [4])
    stick.answer(2, 6, 6, "rejected")
    await stick.channel.look()
    assert (stick.outbox.acked, stick.outbox.results["ev-6"].status) == (6, "rejected")
    assert list(stick.out.path.iterdir()) == []
    assert list(stick.acks.names()) == [1, 2], "the hub's files are the hub's"


async def test_a_word_that_came_before_its_turn_counts_after_a_restart(stick: Stick) -> None:
    await stick.ship(1, 3)
    await stick.ship(4, 6)
    stick.answer(1, 4, 6)
    stick.answer(2, 1, 3)
    await stick.channel.look()
    assert stick.outbox.acked == 3
    await stick.restarted().look()
    assert stick.outbox.acked == 6


async def test_words_that_are_used_up_are_not_read_again(stick: Stick) -> None:
    await stick.ship(1, 3)
    stick.answer(1, 1, 3)
    await stick.channel.look()
    assert stick.inbox.marks == {"files.acks": "1"}
    stick.acks.delete(stick.acks.names()[1])
    await stick.restarted().look()
    assert stick.faults() == ()


async def test_missing_words_are_waited_for(stick: Stick) -> None:
    await stick.ship(1, 6)
    stick.answer(2, 4, 6)
    await stick.channel.look()
    assert stick.outbox.acked == 0
    assert stick.faults() == ("acks/1.ndjson is missing, later ones are there: copy it again",)
    stick.answer(1, 1, 3)
    await stick.channel.look()
    assert (stick.outbox.acked, stick.faults()) == (6, ())


async def test_a_word_that_cannot_be_read_is_waited_for_too(stick: Stick) -> None:
    await stick.ship(1, 3)
    stick.acks.write(1, [b'{"id": "ev-1", "status": "perhaps"}'])
    await stick.channel.look()
    assert "acks/1.ndjson is not the hub's word" in stick.faults()[0]
    stick.answer(1, 1, 3)
    await stick.channel.look()
    assert stick.outbox.acked == 3


# --- in -----------------------------------------------------------------------------------------------------------


async def test_the_feed_is_taken_in_the_order_of_the_numbers_once(stick: Stick) -> None:
    stick.give(2, "c", "d")
    stick.give(1, "a", "b")
    await stick.channel.look()
    await stick.restarted().look()
    assert stick.taken() == ["a", "b", "c", "d"]
    assert (stick.inbox.marks, stick.inbox.at) == ({"files.in": "2"}, None)
    assert list(stick.given.names()) == [1, 2]


@pytest.mark.parametrize("count", [0, 1, 100, 101, 200, 250])
async def test_only_the_last_of_many_bursts_moves_the_mark(stick: Stick, count: int) -> None:
    names = [f"e{n}" for n in range(count)]
    calls: list[tuple[int, bool]] = []
    accept = stick.inbox.accept_ahead

    async def watched(events: Sequence[object], mark: object = None) -> None:
        calls.append((len(events), mark is not None))
        await accept(events, mark)  # type: ignore[arg-type]

    stick.inbox.accept_ahead = watched  # type: ignore[method-assign]
    stick.give(1, *names)
    await stick.channel.look()
    assert stick.taken() == names
    assert [marked for _, marked in calls] == [False] * (len(calls) - 1) + [True]
    assert all(size <= 100 for size, _ in calls)


async def test_a_missing_number_waits_and_nothing_is_skipped(stick: Stick) -> None:
    stick.give(1, "a")
    stick.give(3, "c")
    await stick.channel.look()
    assert stick.taken() == ["a"]
    assert stick.faults() == ("in/2.ndjson is missing, later ones are there: copy it again",)
    stick.give(2, "b")
    await stick.channel.look()
    assert (stick.taken(), stick.faults()) == (["a", "b", "c"], ())


@pytest.mark.parametrize("harm", ["torn", "unsigned", "forged"])
async def test_a_harmed_file_stops_the_feed_until_it_is_replaced_while_words_go_on(
    stick: Stick, harm: str
) -> None:
    stick.give(1, "a")
    stick.give(2, "b")
    path = stick.given.path / stick.given.names()[1]
    match harm:
        case "torn":
            path.write_bytes(path.read_bytes()[:-5])
        case "unsigned":
            path.with_name(f"{path.name}.sig").unlink()
        case "forged":
            SignedFolder(stick.base, "in", "WH1", b"another").write(1, [feed_event("a")])
    await stick.ship(1, 3)
    stick.answer(1, 1, 3)
    await stick.channel.look()
    assert (stick.taken(), stick.outbox.acked) == ([], 3)
    assert path.name in stick.faults()[0]
    stick.give(1, "a")
    await stick.channel.look()
    assert (stick.taken(), stick.faults()) == (["a", "b"], ())


async def test_a_line_that_the_hub_has_signed_and_nobody_can_read_comes_in_its_place(stick: Stick) -> None:
    stick.given.write(1, [feed_event("a"), b"{", b"[]", feed_event("b")])
    stick.given.write(2, [b"?"])
    await stick.channel.look()
    assert (stick.taken(), stick.channel.broken_events) == (["a", "b"], 3)
    assert [(place, broken.raw) for place, broken in stick.inbox.broken] == [(1, "{"), (1, "[]"), (2, "?")]
    assert stick.inbox.marks == {"files.in": "2"}


async def test_it_looks_again_and_again(stick: Stick, asked: Asked) -> None:
    stick.channel = FilesChannel(
        stick.base, KEY, "WH1", stick.inbox, stick.outbox, poll_s=3, sleep=asked.sleep
    )
    async with going(stick.channel.run()):
        await asked.until(1)
        stick.give(1, "a")
        await stick.inbox.until(lambda inbox: len(inbox.ahead) == 1)
    assert set(asked.delays_s) == {3}


async def test_a_folder_that_goes_and_comes_is_told_and_forgotten(tmp_path: Path) -> None:
    stick = Stick(tmp_path / "stick")
    await stick.channel.look()
    assert len(stick.faults()) == 1
    stick.base.mkdir()
    stick.give(1, "a")
    await stick.channel.look()
    assert (stick.taken(), stick.faults()) == (["a"], ())
    shutil.rmtree(stick.base)
    await stick.channel.look()
    assert len(stick.faults()) == 1
