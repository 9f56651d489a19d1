"""The journal's old rows, in compressed files of a month each.

A part is a run of rows: one gzip member, appended to its month's file. It is on disk before the table
`archive_parts` says so, and the table says so before the rows are deleted; what a crash leaves behind the last part
that the table knows is cut off by the next. So at any moment every row is in the table, or in a part, or in both.
"""

from __future__ import annotations

import gzip
import hashlib
import os
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec

from agent.core.times import to_text
from agent.store.errors import ArchiveDamaged
from agent.store.journal import Row, with_personal

FOLDER = "archive"
_LEVEL = 6
#: Rows that are about a pick list and no one order, and change its orders all the same; in the order of their index.
OF_TASKS = ("task.planned", "task.accepted", "task.recalled", "stop.added", "stop.resized")
ACT = "person.acted"


class Part(NamedTuple):
    """A row of the table `archive_parts`."""

    first_row: int
    last_row: int
    last_sequence: int
    acts: int
    hash: bytes
    file: str
    offset: int
    size: int
    digest: bytes

    def __str__(self) -> str:
        return f"{FOLDER}/{self.file}: rows {self.first_row} to {self.last_row}"


class _Line(msgspec.Struct, frozen=True):
    """A row in a file: JSON, one row a line."""

    row: int
    at: int
    sequence: int | None
    by: str
    cause: str | None
    order_no: str | None
    type: str
    data: msgspec.Raw
    hash: str
    changed_at: int | None = None
    device: str | None = None


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(_Line).decode
_decode_data = msgspec.json.Decoder(dict[str, object]).decode


# --- writing ------------------------------------------------------------------------------------------------


def month_file(at: int) -> str:
    """The file of a row's month."""
    return f"journal-{to_text(at)[:7]}.ndjson.gz"


def write_part(folder: Path, file: str, offset: int, rows: Sequence[Row], last_sequence: int) -> Part:
    """Rows in their order, on disk when this returns. ArchiveDamaged where the file is shorter than it was."""
    blob = gzip.compress(b"".join(_line(row) + b"\n" for row in rows), _LEVEL, mtime=0)
    folder.mkdir(exist_ok=True)
    _append(folder / file, offset, blob)
    return _part(rows, last_sequence, file, offset, blob)


def _part(rows: Sequence[Row], last_sequence: int, file: str, offset: int, blob: bytes) -> Part:
    sequences = [row.sequence for row in rows if row.sequence is not None]
    acts = sum(row.type == ACT for row in rows)
    return Part(
        rows[0].row, rows[-1].row, max(sequences, default=last_sequence), acts, rows[-1].hash, file, offset,
        len(blob), hashlib.sha256(blob).digest(),
    )  # fmt: skip


def _line(row: Row) -> bytes:
    return _encode(
        _Line(*row[:7], msgspec.Raw(row.data.encode()), row.hash.hex(), row.changed_at, row.device)
    )


def _append(path: Path, offset: int, blob: bytes) -> None:
    fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640)
    with os.fdopen(fd, "r+b") as file:
        if os.fstat(fd).st_size < offset:
            raise ArchiveDamaged(f"{FOLDER}/{path.name} has lost its end: {offset} bytes were there")
        file.truncate(offset)
        file.seek(offset)
        file.write(blob)
        file.flush()
        os.fsync(fd)
    directory = os.open(path.parent, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


def subjects_of(rows: Iterable[Row]) -> set[str]:
    """The orders and pick lists that these rows are about."""
    return {subject for row in rows if (subject := _subject(row)) is not None}


def _subject(row: Row) -> str | None:
    return str(_decode_data(row.data)["task"]) if row.type in OF_TASKS else row.order_no


# --- reading ------------------------------------------------------------------------------------------------


def folder_of(connection: sqlite3.Connection) -> Path:
    """Beside the database that a connection is open on."""
    return Path(connection.execute("PRAGMA database_list").fetchone()[2]).parent / FOLDER


def parts(connection: sqlite3.Connection, where: str = "", values: Sequence[object] = ()) -> list[Part]:
    """Parts in the order of their rows; `where` is what follows FROM archive_parts."""
    names = ", ".join(Part._fields)
    found = connection.execute(f"SELECT {names} FROM archive_parts {where} ORDER BY first_row", tuple(values))
    return [Part(*each) for each in found]


def parts_after(connection: sqlite3.Connection, sequence: int) -> list[Part]:
    """Those that hold rows which the hub gets after that one."""
    return parts(connection, "WHERE last_sequence > ?", (sequence,))


def last_part(connection: sqlite3.Connection) -> Part | None:
    """The one that holds the youngest rows."""
    found = parts(connection, "WHERE first_row = (SELECT max(first_row) FROM archive_parts)")
    return found[0] if found else None


def part_lines(folder: Path, part: Part) -> list[bytes]:
    """Its lines, as they are in the file. ArchiveDamaged where a byte of it is not what it was."""
    try:
        with (folder / part.file).open("rb") as file:
            file.seek(part.offset)
            blob = file.read(part.size)
    except (OSError, ValueError, TypeError) as error:
        raise ArchiveDamaged(f"{part}: cannot be read: {error}") from error
    if hashlib.sha256(blob).digest() != part.digest:
        raise ArchiveDamaged(f"{part}: the file was changed")
    return gzip.decompress(blob).splitlines()


def row_of(line: bytes) -> Row:
    """A line's row, without its personal data."""
    found = _decode(line)
    return Row(
        found.row, found.at, found.sequence, found.by, found.cause, found.order_no, found.type,
        bytes(found.data).decode(), bytes.fromhex(found.hash), found.changed_at, found.device,
    )  # fmt: skip


def part_rows(connection: sqlite3.Connection, part: Part) -> list[Row]:
    """All of its rows. ArchiveDamaged."""
    lines = part_lines(folder_of(connection), part)
    return [with_personal(connection, row_of(line)) for line in lines]


def rows_about(connection: sqlite3.Connection, subjects: Sequence[str]) -> Iterator[Row]:
    """Archived rows about these orders and pick lists. ArchiveDamaged."""
    marks = ", ".join("?" * len(subjects))
    where = f"WHERE first_row IN (SELECT first_row FROM archive_subjects WHERE subject IN ({marks}))"
    wanted = [_encode(subject) for subject in subjects]
    for part in parts(connection, where, subjects):
        for line in part_lines(folder_of(connection), part):
            if any(each in line for each in wanted):
                row = row_of(line)
                if _subject(row) in subjects:
                    yield with_personal(connection, row)
