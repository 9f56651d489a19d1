"""Schema migrations by sqlite-utils, each one SQL file, applied once and in order.

They run in a process of their own (`python -m agent.store.migrations_cli FILE`): sqlite-utils pulls in pandas where
that is installed, which the agent's own memory is better off without. `user_version` counts the files, so a start with
a current schema does not even begin that process.
"""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from agent.store.errors import StoreError, StoreTooNew, StoreTooOld

FILES = sorted((Path(__file__).parent / "migrations").glob("*.sql"))


def statements(file: Path) -> Iterator[str]:
    """The statements of one migration."""
    text = ""
    for line in file.read_text("utf-8").splitlines(keepends=True):
        text += line
        if sqlite3.complete_statement(text):
            yield text
            text = ""


def create_schema(connection: sqlite3.Connection) -> None:
    """All of it at once, for a scratch database."""
    for file in FILES:
        for statement in statements(file):
            connection.execute(statement)


def check_schema(connection: sqlite3.Connection, path: Path) -> None:
    """Only the schema of this version can be read. StoreTooNew, StoreTooOld."""
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version > len(FILES):
        raise StoreTooNew(
            f"{path} has schema {version}, this floorhand knows {len(FILES)}: install the newer version"
        )
    if version < len(FILES):
        raise StoreTooOld(
            f"{path} has schema {version}, this floorhand reads {len(FILES)}: "
            "start the agent once, it brings the database up to date"
        )


def ensure_schema(path: Path) -> None:
    """Bring the database up to this version. StoreTooNew, StoreError."""
    try:
        with closing(sqlite3.connect(path)) as connection:
            check_schema(connection, path)
    except StoreTooOld:
        _migrate(path)


def _migrate(path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "agent.store.migrations_cli", str(path)],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise StoreError(f"{path} could not be migrated: {done.stderr.strip()}")
