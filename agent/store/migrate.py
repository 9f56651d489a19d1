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
from pathlib import Path

from agent.store.errors import StoreError, StoreTooNew

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


def ensure_schema(path: Path) -> None:
    """Bring the database up to this version. StoreTooNew, StoreError."""
    with sqlite3.connect(path) as connection:
        version = connection.execute("PRAGMA user_version").fetchone()[0]
    connection.close()
    if version > len(FILES):
        raise StoreTooNew(
            f"{path} has schema {version}, this floorhand knows {len(FILES)}: install the newer version"
        )
    if version < len(FILES):
        done = subprocess.run(
            [sys.executable, "-m", "agent.store.migrations_cli", str(path)],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise StoreError(f"{path} could not be migrated: {done.stderr.strip()}")
