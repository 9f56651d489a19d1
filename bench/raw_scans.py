"""The baseline of `bench.scanning`: pseudo-terminals to SQLite, a commit for every line, a bell after it, no thought.

`python -m bench.raw_scans DATABASE PORT…` says `ready` and works until its standard input ends.
"""

from __future__ import annotations

import os
import select
import sys
import time
from pathlib import Path

from agent.store.store import connect

_STDIN = 0
_SCHEMA = "CREATE TABLE scans (n INTEGER PRIMARY KEY, port INTEGER, text TEXT, at REAL)"
_INSERT = "INSERT INTO scans (port, text, at) VALUES (?, ?, ?)"


def main(arguments: list[str]) -> None:
    """Read, write, ring."""
    database = connect(Path(arguments[0]))
    database.execute(_SCHEMA)
    partial = {os.open(port, os.O_RDWR | os.O_NOCTTY): b"" for port in arguments[1:]}
    print("ready", flush=True)
    while True:
        ready, _, _ = select.select([_STDIN, *partial], [], [])
        if _STDIN in ready:
            return
        for port in ready:
            *lines, partial[port] = (partial[port] + os.read(port, 4096)).split(b"\r")
            for line in lines:
                database.execute(_INSERT, (port, line.decode(), time.time()))
                os.write(port, b"\x07")


if __name__ == "__main__":
    main(sys.argv[1:])
