"""The hub's side of the folder of signed files: reads `out`, writes `acks` and `in`.

Nothing is remembered of `out` beyond this process: a file that is read once more is answered once more, and the agent
does not mind. A number in `acks` or `in` is never given twice, be it that the ledger or the folder is a new one.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Never, TypeAlias

import msgspec

from sync.sandbox.hub import now_ms
from sync.sandbox.intake import MAX_EVENTS, Received, expected_sequence, receive_each
from sync.sandbox.ledger import Ledger, with_cursor
from sync.signed_files import BadFile, SignedFolder, lines_of, what_to_do

log = logging.getLogger(__name__)

_FEED_ROWS = 500
_FEED_NOTE = "files_feed"  # the cursor up to which the feed stands in `in`

_Look: TypeAlias = tuple[int, int]


class FilesSide:
    """`faults`: what waits, as of the last look."""

    def __init__(
        self,
        ledger: Ledger,
        folder: Path,
        key: bytes,
        site: str,
        *,
        poll_s: float = 1.0,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._ledger = ledger
        self._folder = folder
        self._source = f"/sites/{site}/agent"
        self._out = SignedFolder(folder, "out", site, key)
        self._in = SignedFolder(folder, "in", site, key)
        self._acks = SignedFolder(folder, "acks", site, key)
        self._poll_s = poll_s
        self._sleep = sleep
        self._answered: dict[str, _Look] = {}  # files of `out`, as they were then
        self._missing: tuple[str, int] | None = None  # what a file waits for in its middle
        self.faults: tuple[str, ...] = ()

    async def run(self) -> Never:
        """Look again and again."""
        while True:
            await self.look()
            await self._sleep(self._poll_s)

    async def look(self) -> None:
        """Take what is new in `out`, put what is new on the feed into `in`."""
        try:
            faults = await self._take_events()
            await self._give_feed()
        except OSError as error:
            faults = [what_to_do(self._folder, error)]
        for fault in faults:
            if fault not in self.faults:
                log.warning("files: %s", fault)
        self.faults = tuple(faults)

    async def _take_events(self) -> list[str]:
        """In the order of the sequences; a file that is broken is passed over, a gap after it is waited for."""
        faults: list[str] = []
        there = await asyncio.to_thread(self._there)
        self._answered = {name: was for name, was in self._answered.items() if name in there}
        for name, (first, now) in there.items():
            if self._answered.get(name) == now:
                continue
            expected = expected_sequence(self._ledger, self._source)
            if first > expected or self._missing == (name, expected):
                return [*faults, f"out/{name} waits: event {expected} is missing"]
            try:
                received = self._receive(lines_of(await asyncio.to_thread(self._out.read, name)))
            except BadFile as error:
                faults.append(str(error))
                continue
            except FileNotFoundError:
                continue  # its writer has deleted it just now
            await self._write_acks(received)
            if received.missing is not None:
                self._missing = (name, received.missing)
                return [*faults, f"out/{name} waits: event {received.missing} is missing"]
            self._answered[name] = now
        return faults

    def _there(self) -> dict[str, tuple[int, _Look]]:
        """The files of `out` in order, with their first sequence and what changes when one is written again."""
        there: dict[str, tuple[int, _Look]] = {}
        for first, name in self._out.names().items():
            with suppress(FileNotFoundError):
                stat = (self._out.path / name).stat()
                there[name] = first, (stat.st_size, stat.st_mtime_ns)
        return there

    def _receive(self, lines: list[bytes]) -> Received:
        results, missing = [], None
        for start in range(0, len(lines), MAX_EVENTS):
            more = receive_each(self._ledger, lines[start : start + MAX_EVENTS], now_ms())
            results += more.results
            missing = missing or more.missing
        return Received(results, missing)

    async def _write_acks(self, received: Received) -> None:
        if received.results:
            await self._write_next(self._acks, map(msgspec.json.encode, received.results))

    async def _give_feed(self) -> None:
        """What stands in `in` is noted after it is there: it may stand there twice, and is a repeat then."""
        cursor = self._ledger.note(_FEED_NOTE) or 0
        while rows := self._ledger.feed_after(cursor, _FEED_ROWS):
            await self._write_next(self._in, map(with_cursor, rows))
            cursor = rows[-1].cursor
            self._ledger.remember(**{_FEED_NOTE: cursor})

    async def _write_next(self, folder: SignedFolder, lines: Iterable[bytes]) -> None:
        """Under the next number, which neither the ledger nor the folder has seen."""
        note = f"files_{folder.direction}"
        there = await asyncio.to_thread(folder.names)
        number = max(self._ledger.note(note) or 0, max(there, default=0)) + 1
        await asyncio.to_thread(folder.write, number, list(lines))
        self._ledger.remember(**{note: number})
