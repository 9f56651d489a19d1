"""An agent's data read by another program, beside the running agent or without one."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from agent.store.migrate import check_schema
from agent.store.store import DATABASE, read_only


@contextmanager
def opened(data_dir: Path) -> Iterator[sqlite3.Connection]:
    """A connection that cannot write. FileNotFoundError where no agent has ever worked; StoreTooOld, StoreTooNew."""
    path = data_dir / DATABASE
    if not path.exists():
        raise FileNotFoundError(f"{path} does not exist: is this the data_dir of an agent?")
    with closing(read_only(path)) as reader:
        check_schema(reader, path)
        yield reader
