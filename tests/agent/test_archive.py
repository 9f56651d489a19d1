"""The archive: rows are moved whole and in order, a crash at any moment loses and doubles nothing, and every reader
finds them wherever they are."""

from __future__ import annotations

import gzip
import json
import shutil
import subprocess
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.core import commands as c
from agent.core.model import Order
from agent.store import archiving
from agent.store.archive import FOLDER, last_part, parts, rows_about
from agent.store.errors import ArchiveDamaged, StoreError
from agent.store.evidence import every_row
from agent.store.history import acts, history_of
from agent.store.journal import Row, rows
from agent.store.store import DATABASE, RELAY_ACKED, read_only
from agent.store.verify import verify
from tests.agent.books import DAY_MS, Books
from tests.agent.floors import NOON, fact, order


@pytest.fixture
def books(data_dir: Path) -> Books:
    made = Books.at(data_dir)
    made.stock_up()
    return made


def whole(books: Books) -> list[Row]:
    """The journal, from wherever it is."""
    return list(every_row(books.connection))


def in_table(books: Books) -> list[int]:
    return [row.row for row in rows(books.connection, "ORDER BY row")]


def stays(books: Books) -> list[int]:
    """The first row, and from the last one on that the hub gets: the least that the table ever has."""
    *_, last = (row.row for row in whole(books) if row.sequence is not None)
    return [1, *range(last, books.floor.head.row + 1)]


def files(books: Books) -> list[str]:
    return sorted(path.name for path in (books.path.parent / FOLDER).glob("*"))


# --- what is moved ------------------------------------------------------------------------------------------


def test_rows_are_moved_whole_and_in_order(books: Books, data_dir: Path) -> None:
    books.day()
    books.checkpoint()
    books.acknowledge()
    before = whole(books)
    head = books.floor.head
    assert books.archive() == 1
    assert whole(books) == before
    assert in_table(books) == [1, head.row], "the journal's first row, and the last that the hub has"
    assert books.journal.read_head() == head
    assert verify(data_dir).rows == head.row


def test_what_the_hub_has_not_got_stays(books: Books) -> None:
    books.day("SO-1")
    acked = books.floor.head
    books.acknowledge()
    books.day("SO-2")
    assert books.archive() == 1
    first = next(rows(books.connection, "WHERE row > 1 ORDER BY row"))
    assert first.sequence == acked.sequence + 1


def test_what_is_young_stays(books: Books) -> None:
    books.day("SO-1")
    between = books.now + 10 * DAY_MS
    books.now += 20 * DAY_MS
    books.day("SO-2")
    books.acknowledge()
    assert books.archive(before=between) == 1
    first = next(rows(books.connection, "WHERE row > 1 ORDER BY row"))
    assert (first.type, first.order_no) == ("order.accepted", "SO-2")


def test_nothing_that_the_hub_gets_is_moved_before_it_has_anything(books: Books) -> None:
    books.day()
    books.archive()
    first = next(rows(books.connection, "WHERE row > 1 ORDER BY row"))
    assert first.sequence == 1


def test_each_month_has_its_file_and_a_clock_set_back_never_reopens_one(books: Books, data_dir: Path) -> None:
    for days in (0, 20, -25, 40, 0):
        books.now += days * DAY_MS
        books.ask(order(f"SO-{days}-{books.now}"))
    books.acknowledge()
    before = whole(books)
    books.archive()
    assert files(books) == [f"journal-2026-0{month}.ndjson.gz" for month in (6, 7)]
    assert whole(books) == before
    assert verify(data_dir).ok


def test_a_row_from_the_future_holds_nobody_up(books: Books, data_dir: Path) -> None:
    books.now += 900 * DAY_MS
    books.ask(order("SO-1"))
    books.now = NOON + DAY_MS
    books.ask(order("SO-2"), order("SO-3"))
    books.acknowledge()
    books.archive()
    assert in_table(books) == stays(books)
    assert files(books) == ["journal-2026-06.ndjson.gz"]
    assert verify(data_dir).ok


def test_a_few_rows_wait_for_others_of_their_day(books: Books) -> None:
    books.day()
    books.acknowledge()
    books.commit()
    with closing(read_only(books.path)) as reader:
        assert archiving.write_next(reader, books.now + 1, books.now + DAY_MS) is None
        assert archiving.write_next(reader, books.now + DAY_MS, books.now + DAY_MS) is not None


def test_a_part_is_as_many_rows_as_are_read_at_once(books: Books, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archiving, "PART_ROWS", 10)
    books.day()
    books.acknowledge()
    before = whole(books)
    assert books.archive() > 2
    found = parts(books.connection)
    assert [part.last_row - part.first_row + 1 for part in found[:-1]] == [10] * (len(found) - 1)
    assert whole(books) == before


def test_a_row_that_was_changed_stays_where_it_is_seen(books: Books) -> None:
    books.day()
    books.acknowledge()
    books.connection.execute("UPDATE journal SET by = 'person:x' WHERE row = 5")
    books.commit()
    with (
        closing(read_only(books.path)) as reader,
        pytest.raises(StoreError, match=r"row 5 of .* was changed"),
    ):
        archiving.write_next(reader, books.now + DAY_MS * 2, books.now + DAY_MS * 3)
    assert files(books) == []


def test_anybody_can_read_a_file_without_us(books: Books) -> None:
    books.day()
    books.acknowledge()
    books.archive()
    file = books.path.parent / FOLDER / files(books)[0]
    text = subprocess.run(["zcat", file], capture_output=True, check=True).stdout
    found = [json.loads(line) for line in text.splitlines()]
    assert [each["row"] for each in found] == list(range(1, len(found) + 1))
    assert found[0]["data"]["site"] == "WH1"


# --- crashes ------------------------------------------------------------------------------------------------


def _write(books: Books, torn: bool = False) -> object:
    with closing(read_only(books.path)) as reader:
        written = archiving.write_next(reader, books.now + DAY_MS * 2, books.now + DAY_MS * 3)
    assert written is not None
    if torn:
        file = books.path.parent / FOLDER / written[0].file
        file.write_bytes(file.read_bytes()[: written[0].offset + written[0].size // 2])
    return written


def _record(books: Books) -> None:
    archiving.record(books.door, *_write(books))  # type: ignore[misc]
    books.commit()


def _half(books: Books) -> None:
    _record(books)
    archiving.drop(books.door, 5)
    books.commit()


#: How far a move has come when the power fails.
CRASHES: dict[str, Callable[[Books], object]] = {
    "before": lambda books: None,
    "torn file": lambda books: _write(books, torn=True),
    "file": _write,
    "recorded": _record,
    "half deleted": _half,
}


@settings(max_examples=12)
@given(st.lists(st.sampled_from(sorted(CRASHES)), min_size=1, max_size=4))
def test_a_crash_at_any_moment_loses_and_doubles_nothing(
    blank: Path, tmp_path: Path, crashes: list[str]
) -> None:
    shutil.rmtree(tmp_path)
    tmp_path.mkdir()
    shutil.copy(blank, tmp_path / DATABASE)
    books = Books.at(tmp_path)
    books.stock_up()
    for number, crash in enumerate(crashes):
        books.day(f"SO-{number}")
        books.acknowledge()
        books.commit()
        before = whole(books)
        CRASHES[crash](books)
        assert whole(books) == before
        assert verify(tmp_path).ok
        books.archive()
        assert whole(books) == before
        assert verify(tmp_path).ok
    assert in_table(books) == stays(books)
    text = b"".join(gzip.decompress((tmp_path / FOLDER / name).read_bytes()) for name in files(books))
    numbers = [json.loads(line)["row"] for line in text.splitlines()]
    assert numbers == list(range(1, len(numbers) + 1))
    books.close()


def test_a_file_that_has_lost_its_end_is_not_written_on(books: Books) -> None:
    books.day("SO-1")
    books.acknowledge()
    books.archive()
    file = books.path.parent / FOLDER / files(books)[0]
    file.write_bytes(file.read_bytes()[:-5])
    books.day("SO-2")
    books.acknowledge()
    with pytest.raises(ArchiveDamaged, match="has lost its end"):
        books.archive()


# --- who reads ----------------------------------------------------------------------------------------------


def test_lineage_and_timeline_are_the_same_wherever_the_rows_are(
    books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archiving, "PART_ROWS", 15)
    for order_no in ("SO-1", "SO-2", 'S"O\\3 甲'):
        books.day(order_no)
    books.acknowledge()
    before = [(books.lineage(each), history_of(books.connection, each)) for each in ("SO-1", 'S"O\\3 甲')]
    assert books.archive() > 3
    books.ask(fact("cancelled", "SO-1"))
    assert books.lineage("SO-1") == before[0][0]
    assert history_of(books.connection, "SO-1")[: len(before[0][1])] == before[0][1]
    assert history_of(books.connection, 'S"O\\3 甲') == before[1][1]
    assert [row.order_no for row in acts(books.connection)] == ["SO-1"] * 2 + ["SO-2"] * 2 + ['S"O\\3 甲'] * 2


def test_only_the_parts_that_an_order_is_in_are_read(books: Books, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archiving, "PART_ROWS", 5)
    books.day("SO-1")
    books.day("SO-2")
    books.acknowledge()
    books.archive()
    (books.path.parent / FOLDER / files(books)[0]).write_bytes(b"")
    assert list(rows_about(books.connection, ["SO-9"])) == []
    with pytest.raises(ArchiveDamaged, match="journal-2026-06"):
        list(rows_about(books.connection, ["SO-1"]))


def test_rows_that_the_hub_asks_for_again_come_back(books: Books, data_dir: Path) -> None:
    books.day("SO-1")
    books.day("SO-2")
    books.acknowledge()
    public = list(rows(books.connection, "WHERE sequence IS NOT NULL ORDER BY sequence"))
    books.archive()
    for part in parts(books.connection, "WHERE last_sequence > ?", (3,)):
        archiving.bring_back(books.door, part)
    books.door.set_position(RELAY_ACKED, "3")
    books.commit()
    assert list(rows(books.connection, "WHERE sequence > 3 ORDER BY sequence")) == public[3:]
    assert verify(data_dir).ok
    archiving.drop(books.door, 1000)
    assert set(in_table(books)) >= {row.row for row in public[3:]}, "until the hub has them again"
    books.acknowledge()
    books.archive()
    assert in_table(books) == stays(books)


def test_the_state_needs_none_of_it(books: Books) -> None:
    books.day()
    books.acknowledge()
    books.archive()
    assert books.floor.get(Order, "SO-1") is not None
    (outcome,) = books.ask(c.HoldOrder(order_no="SO-1", reason="x"))
    assert outcome.status == "refused"
    assert last_part(books.connection) is not None
