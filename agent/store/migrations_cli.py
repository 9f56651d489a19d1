"""The process that applies pending migrations: `python -m agent.store.migrations_cli FILE`."""

from __future__ import annotations

import sys
from pathlib import Path

from sqlite_utils import Database
from sqlite_utils.migrations import Migrations

from agent.store.migrate import FILES, statements

migrations = Migrations("floorhand")


def _register(file: Path, version: int) -> None:
    @migrations(name=file.stem)
    def _apply(db: Database) -> None:
        for statement in statements(file):
            db.execute(statement)
        db.execute(f"PRAGMA user_version = {version}")


for number, sql in enumerate(FILES, start=1):
    _register(sql, number)


def main() -> None:
    """Apply what is pending."""
    db = Database(Path(sys.argv[1]))
    db.enable_wal()
    migrations.apply(db)
    db.close()


if __name__ == "__main__":
    main()
