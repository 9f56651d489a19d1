"""Verify finds any byte that is not what it was: in the journal, beside it, and in the archive's files."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from agent.core import commands as c
from agent.store.archive import FOLDER
from agent.store.migrate import ensure_schema
from agent.store.store import DATABASE
from agent.store.verify import Verdict, verify
from tests.agent.books import DAY_MS, Books
from tests.agent.floors import sku

TABLES = (
    "journal",
    "journal",
    "journal",
    "personal",
    "archive_parts",
    "archive_subjects",
    "orders",
    "parcels",
)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Rows in two months' files, in the table and in both; an order erased, one with its data; checkpoints; people."""
    folder = tmp_path_factory.mktemp("worked")
    ensure_schema(folder / DATABASE)
    books = Books.at(folder)
    books.stock_up()
    books.day("SO-1")
    books.checkpoint()
    books.now += 20 * DAY_MS
    books.day("SO-2")
    books.ask(c.ErasePersonal(by="person:Wei", order_no="SO-1", reason="asked"))
    books.checkpoint()
    books.acknowledge()
    assert books.archive() == 2
    books.day("SO-3")
    books.checkpoint()
    books.close()
    assert verify(folder).first_bad is None
    return folder


def bad(folder: Path) -> tuple[int, str]:
    """What verify says is wrong."""
    verdict = verify(folder)
    assert verdict.first_bad is not None, "it was not found"
    return verdict.first_bad.row, verdict.first_bad.what


def flipped(value: object, at: int, mask: int) -> object:
    """Another value of the same kind, a byte or a bit away."""
    if value is None:
        return "x"
    if isinstance(value, int):
        return value ^ (1 << (at % 40))
    raw = bytearray(value if isinstance(value, bytes) else str(value).encode())
    assume(raw)
    raw[at % len(raw)] ^= mask
    return bytes(raw)


@settings(max_examples=250)
@given(st.data())
def test_a_byte_of_any_column_of_any_row_is_found(data: Path, drawn: st.DataObject) -> None:
    table = drawn.draw(st.sampled_from(TABLES))
    with closing(sqlite3.connect(data / DATABASE, isolation_level=None)) as connection:
        found = connection.execute(f"PRAGMA table_info({table})").fetchall()
        name, kind = drawn.draw(st.sampled_from([(each[1], each[2]) for each in found]))
        keys = ", ".join(each[1] for each in found if each[5]) or "rowid"
        rows = connection.execute(f"SELECT {keys} FROM {table} ORDER BY {keys}").fetchall()
        key = drawn.draw(st.sampled_from(rows))
        where = " AND ".join(f"{each} IS ?" for each in keys.split(", "))
        (value,) = connection.execute(f"SELECT {name} FROM {table} WHERE {where}", key).fetchone()
        wrong = flipped(value, drawn.draw(st.integers(0, 400)), drawn.draw(st.integers(1, 255)))
        as_text = kind == "TEXT" and isinstance(wrong, bytes)
        connection.execute("BEGIN")
        try:
            mark = "CAST(? AS TEXT)" if as_text else "?"
            connection.execute(f"UPDATE {table} SET {name} = {mark} WHERE {where}", (wrong, *key))
        except sqlite3.IntegrityError:
            assume(False)
        connection.execute("COMMIT")
    try:
        row, what = bad(data)
        assert what
        if table == "journal" and name not in {"row", "sequence"}:
            assert row == key[0]
    finally:
        undo(data, table, name, value, where, key, wrong, as_text)


def undo(
    data: Path,
    table: str,
    name: str,
    value: object,
    where: str,
    key: tuple[object, ...],
    wrong: object,
    as_text: bool,
) -> None:
    """As it was; the column may be part of the key."""
    columns = [each.split(" IS ")[0] for each in where.split(" AND ")]
    with closing(sqlite3.connect(data / DATABASE, isolation_level=None)) as connection:
        at = [wrong if column == name else part for column, part in zip(columns, key, strict=True)]
        mark = "CAST(? AS TEXT)" if as_text else "?"
        moved = " AND ".join(f"{column} IS {mark if column == name else '?'}" for column in columns)
        done = connection.execute(f"UPDATE {table} SET {name} = ? WHERE {moved}", (value, *at))
        assert done.rowcount == 1


@settings(max_examples=120)
@given(st.data())
def test_a_byte_of_any_file_of_the_archive_is_found_and_the_file_is_named(
    data: Path, drawn: st.DataObject
) -> None:
    file = drawn.draw(st.sampled_from(sorted((data / FOLDER).iterdir())))
    whole = file.read_bytes()
    at, mask = drawn.draw(st.integers(0, len(whole) - 1)), drawn.draw(st.integers(1, 255))
    file.write_bytes(whole[:at] + bytes([whole[at] ^ mask]) + whole[at + 1 :])
    try:
        assert file.name in bad(data)[1]
    finally:
        file.write_bytes(whole)
    assert verify(data).ok


@pytest.mark.parametrize(
    "damage",
    [Path.unlink, lambda file: file.write_bytes(b""), lambda file: file.write_bytes(file.read_bytes()[:-9])],
)
def test_a_file_that_is_gone_or_cut_is_named(data: Path, damage: Callable[[Path], object]) -> None:
    file = sorted((data / FOLDER).iterdir())[0]
    whole = file.read_bytes()
    damage(file)
    try:
        row, what = bad(data)
        assert (row, file.name in what) == (1, True)
    finally:
        file.write_bytes(whole)


@pytest.mark.parametrize(
    ("sql", "what"),
    [
        ("DELETE FROM personal WHERE order_no = 'SO-3'", "are gone, and no row says that they were erased"),
        (
            "INSERT INTO personal VALUES ('SO-1', 9, 'facts.consignee', x'00', '{}')",
            "says that they were erased",
        ),
        (
            "INSERT INTO personal VALUES ('SO-7', 9, 'facts.consignee', x'00', '{}')",
            "1 personal data belong to no row",
        ),
        ("DELETE FROM archive_parts WHERE first_row = 1", "row 1 is missing"),
        ("DELETE FROM archive_parts WHERE first_row > 1", "names a part that there is not"),
        ("DELETE FROM archive_subjects WHERE subject = 'SO-1'", "the archive's index is wrong about SO-1"),
        ("INSERT INTO archive_subjects VALUES ('SO-1', 999)", "names a part that there is not"),
        ("INSERT INTO archive_subjects SELECT 'SO-7', first_row FROM archive_parts", "wrong about SO-7"),
        ("UPDATE orders SET sources = '{}' WHERE order_no = 'SO-3'", "orders SO-3: sources is not what"),
    ],
)
def test_what_stands_beside_the_chain_is_held_against_it(
    data: Path, tmp_path: Path, sql: str, what: str
) -> None:
    for file in (data / DATABASE, *(data / FOLDER).iterdir()):
        target = tmp_path / file.relative_to(data)
        target.parent.mkdir(exist_ok=True)
        target.write_bytes(file.read_bytes())
    with closing(sqlite3.connect(tmp_path / DATABASE, isolation_level=None)) as connection:
        connection.execute(sql)
    assert what in bad(tmp_path)[1]


# --- checkpoints --------------------------------------------------------------------------------------------


def chained_anew(data_dir: Path) -> None:
    """What somebody does who knows how the chain is made."""
    from agent.store.journal import GENESIS, rows  # noqa: PLC0415

    with closing(sqlite3.connect(data_dir / DATABASE, isolation_level=None)) as connection:
        before = GENESIS
        for row in list(rows(connection, "ORDER BY row")):
            before = row.expected_hash(before)
            connection.execute("UPDATE journal SET hash = ? WHERE row = ?", (before, row.row))


@pytest.fixture
def small(data_dir: Path) -> Iterator[tuple[Path, int, str]]:
    """A journal with a checkpoint, and what the hub has of it."""
    books = Books.at(data_dir)
    books.ask(sku("A"), sku("B"))
    row, digest = books.floor.head.row, books.door.head_hash
    books.checkpoint()
    books.ask(sku("C"))
    books.close()
    return data_dir, row, digest  # type: ignore[return-value]


def tamper(data_dir: Path) -> None:
    with closing(sqlite3.connect(data_dir / DATABASE, isolation_level=None)) as connection:
        connection.execute("UPDATE journal SET by = 'person:Wei' WHERE row = 2")


def test_a_chain_made_anew_contradicts_its_own_checkpoint(small: tuple[Path, int, str]) -> None:
    tamper(small[0])
    chained_anew(small[0])
    assert bad(small[0]) == (4, "the checkpoint in row 4 is not of the row before it")


def test_and_with_its_checkpoints_made_anew_the_one_that_the_hub_has(small: tuple[Path, int, str]) -> None:
    data_dir, row, digest = small
    assert checked(small).ok
    tamper(data_dir)
    chained_anew(data_dir)
    with closing(sqlite3.connect(data_dir / DATABASE, isolation_level=None)) as connection:
        (new,) = connection.execute("SELECT lower(hex(hash)) FROM journal WHERE row = ?", (row,)).fetchone()
        connection.execute("UPDATE journal SET data = replace(data, ?, ?)", (digest, new))
    chained_anew(data_dir)
    assert verify(data_dir).ok, "nothing here can tell"
    found = checked(small).first_bad
    assert found is not None
    assert (found.row, "is not the one that the hub has a checkpoint of" in found.what) == (row, True)


def test_a_journal_that_ends_before_a_checkpoint_was_cut(small: tuple[Path, int, str]) -> None:
    found = verify(small[0], known={99: small[2]}).first_bad
    assert found is not None
    assert found.what == "the hub has a checkpoint of row 99, and the journal ends at 5"


def checked(small: tuple[Path, int, str]) -> Verdict:
    return verify(small[0], known={small[1]: small[2]})
