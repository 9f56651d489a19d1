"""The hub over a folder of signed files: a USB stick, or what SFTP synchronises.

`out/{first sequence}.ndjson` holds our events, `acks/{n}.ndjson` the hub's word on them, `in/{n}.ndjson` its feed. Ours
are deleted by us once the hub has said its word on all that is in them; the hub's are read in the order of their
numbers and left where they are. How far `in` and `acks` are read is a mark of the inbox; one that is missing or
broken is waited for.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Never, ParamSpec, TypeVar

import msgspec

from sync.channels.messages import read_feed_event, read_result
from sync.errors import BadEvent, Unreachable
from sync.protocols import Arrival, BrokenEvent, Inbox, Mark, Outbox, OutboxEvent, Result
from sync.signed_files import BadFile, Direction, SignedFile, SignedFolder, lines_of, what_to_do

log = logging.getLogger(__name__)

BURST = 100  # feed events in one commit
_ACKS_BURST = 500
_UNKNOWN = (0, -1)  # from which sequence to which one everything stands in `out`
_LARGE_EVENTS, _LARGE_BYTES = (
    100,
    262_144,
)  # a batch of this size is written at once, a smaller one waits its turn

P = ParamSpec("P")
T = TypeVar("T")
Take = Callable[[int, SignedFile], Awaitable[None]]


class _Standing(msgspec.Struct, frozen=True):
    """What stands in `out`: the sequences that each file holds, and what is wrong with files that cannot be read."""

    spans: dict[str, tuple[int, int]]
    faults: dict[str, str]
    first_lines: dict[str, bytes] = {}  # of the files that are new to us


class _Sequence(msgspec.Struct, frozen=True):
    sequence: str


class FilesChannel:
    """Hands batches over to the folder; `run` takes what the hub has put there.

    `faults`: what a person must mend, as of the last look. `broken_events` counts lines of the feed that
    could not be read and went into the inbox as that. `pace_s`: how far apart small files are, for three days of a
    file for each event are more than a folder holds.
    """

    def __init__(
        self,
        folder: Path,
        key: bytes,
        site: str,
        inbox: Inbox,
        outbox: Outbox,
        *,
        poll_s: float = 1.0,
        pace_s: float = 5.0,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        clock_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._folder = folder
        self._out = SignedFolder(folder, "out", site, key)
        self._in = SignedFolder(folder, "in", site, key)
        self._acks = SignedFolder(folder, "acks", site, key)
        self._inbox = inbox
        self._outbox = outbox
        self._poll_s = poll_s
        self._pace_s = pace_s
        self._sleep = sleep
        self._clock_s = clock_s
        self._next_at_s = clock_s()  # for a small file
        self._reach = _UNKNOWN
        self._new_acks = False
        self._read_again_at = -1
        self._disk = ThreadPoolExecutor(
            max_workers=1, thread_name_prefix="files"
        )  # one write after the other
        self._looking = asyncio.Lock()
        self._standing: _Standing | None = None
        self._read: dict[Direction, int] = {}  # up to which number
        self._acks_kept = 0  # what of it the inbox has as its mark
        self.faults: tuple[str, ...] = ()
        self.broken_events = 0

    @property
    def handed(self) -> int:
        """The last sequence up to which all that the hub has said no word on stands in `out`."""
        acked = self._outbox.acked
        begun, end = self._reach
        if not begun <= acked + 1 <= end + 1:
            end = acked
            for first, last in sorted(self._standing.spans.values() if self._standing else ()):
                if first > end + 1:
                    break
                end = max(end, last)
            self._reach = acked + 1, end
        return end

    async def ship(self, events: Sequence[OutboxEvent]) -> Sequence[Result]:
        """A file of them, unless they stand there already; the hub's word comes later. Raises Unreachable."""
        if len(events) < _LARGE_EVENTS and sum(len(event.body) for event in events) < _LARGE_BYTES:
            await self._sleep(max(0.0, self._next_at_s - self._clock_s()))
        async with self._looking:
            standing = self._standing or await self._look_at_ours()
            first, last = events[0].sequence, events[-1].sequence
            if last > self.handed:
                name = await self._on_disk(self._out.write, first, [event.body for event in events])
                standing.spans[name] = first, last
                self._reach = self._reach_with(first, last, standing)
                self._next_at_s = self._clock_s() + self._pace_s
        return []

    def _reach_with(self, first: int, last: int, standing: _Standing) -> tuple[int, int]:
        """With one more file, which in most cases follows all the others."""
        begun, end = self._reach
        follows = begun <= first <= end + 1 and all(span[0] <= first for span in standing.spans.values())
        return (begun, max(end, last)) if follows else _UNKNOWN

    async def run(self) -> Never:
        """Look again and again; only what inbox and outbox raise comes out of here."""
        while True:
            await self.look()
            await self._sleep(self._poll_s)

    async def look(self) -> None:
        """Take what the hub has put there since the last look, and delete what it has said its word on."""
        try:
            async with self._looking:
                ours = await self._look_at_ours()
            waiting = [
                await self._take(self._acks, self._take_acks),
                await self._take(self._in, self._take_feed),
            ]
            await self._clear()
        except Unreachable as error:
            self._tell([str(error)])
        else:
            self._tell([*ours.faults.values(), *(fault for fault in waiting if fault)])

    def _tell(self, faults: Sequence[str]) -> None:
        for fault in faults:
            if fault not in self.faults:
                log.warning("files: %s", fault)
        self.faults = tuple(faults)

    # --- ours -------------------------------------------------------------------------------------------------

    async def _look_at_ours(self) -> _Standing:
        """Another stick may be there than a moment ago: what is gone is to be handed over again."""
        known = self._standing.spans if self._standing else {}
        try:
            standing = await self._on_disk(_standing, self._out, known)
        except Unreachable:
            self._standing, self._reach = None, _UNKNOWN
            raise
        for name, line in standing.first_lines.items():
            event = await self._outbox.pending(_number(name) - 1, 1, 1)
            if not event or event[0].body != line:
                del standing.spans[name]
                standing.faults[name] = (
                    f"out/{name} is of an agent whose data are gone; it makes room for ours"
                )
        if standing.spans.keys() != known.keys():
            self._reach = _UNKNOWN
        self._standing = standing
        return standing

    async def _clear(self) -> None:
        """Delete what the hub has said its word on; once nothing stands, the words that were read are all used."""
        async with self._looking:
            ours = self._standing
            if ours is None:
                return
            acked = self._outbox.acked
            spans = {name: span for name, span in ours.spans.items() if span[1] > acked}
            faults = {name: fault for name, fault in ours.faults.items() if _number(name) > acked}
            for name in (ours.spans.keys() - spans.keys()) | (ours.faults.keys() - faults.keys()):
                await self._on_disk(self._out.delete, name)
            if spans.keys() != ours.spans.keys():
                self._reach = _UNKNOWN
            self._standing = _Standing(spans, faults)
        if not spans and self._read["acks"] > self._acks_kept:
            self._acks_kept = self._read["acks"]
            await self._inbox.accept_ahead([], Mark(_mark("acks"), str(self._acks_kept)))
        elif spans and not self._new_acks and acked != self._read_again_at:
            self._read_again_at = acked  # words that came before their turn may fit by now
            self._read["acks"] = self._acks_kept
        self._new_acks = False

    # --- the hub's --------------------------------------------------------------------------------------------

    async def _take(self, folder: SignedFolder, take: Take) -> str | None:
        """The files that were not read yet, one after the other; what the next one waits for."""
        direction = folder.direction
        if direction not in self._read:
            self._read[direction] = int(await self._inbox.mark(_mark(direction)) or 0)
            if folder is self._acks:
                self._acks_kept = self._read[direction]
        names = await self._on_disk(folder.names)
        last = max(names, default=0)
        while (number := self._read[direction] + 1) <= last:
            if number not in names:
                return f"{direction}/{number}.ndjson is missing, later ones are there: copy it again"
            try:
                with await self._on_disk(folder.open, names[number]) as file:
                    await take(number, file)
            except (BadFile, BadEvent) as error:
                return str(error)
            self._read[direction] = number
        return None

    async def _take_acks(self, number: int, file: SignedFile) -> None:
        """The mark follows when nothing stands in `out`: until then a word may come before its turn."""
        while lines := await self._on_disk(file.burst, _ACKS_BURST):
            try:
                results = [read_result(line) for line in lines if line.strip()]
            except BadEvent as error:
                raise BadEvent(f"acks/{number}.ndjson is not the hub's word on events: {error}") from None
            await self._outbox.settle(results)
        self._new_acks = True

    async def _take_feed(self, number: int, file: SignedFile) -> None:
        """In bursts, however long it is; the mark is committed with the last one."""
        lines = await self._on_disk(file.burst, BURST)
        while more := await self._on_disk(file.burst, BURST):
            if events := self._feed_events(number, lines):
                await self._inbox.accept_ahead(events)
            lines = more
        await self._inbox.accept_ahead(self._feed_events(number, lines), Mark(_mark("in"), str(number)))

    def _feed_events(self, number: int, lines: Sequence[bytes]) -> list[Arrival]:
        return [self._feed_event(number, line) for line in lines if line.strip()]

    def _feed_event(self, number: int, line: bytes) -> Arrival:
        """A line that is signed and cannot be read: no copy will be better. It may name people: the log says
        only where it stands."""
        arrived = read_feed_event(line)
        if isinstance(arrived, BrokenEvent):
            self.broken_events += 1
            log.error("a line of in/%d.ndjson cannot be read: %s", number, arrived.reason)
        return arrived

    async def _on_disk(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """In the thread of the disk, for a stick may take its time. Raises Unreachable."""
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self._disk, lambda: work(*args, **kwargs))
        except OSError as error:
            raise Unreachable(what_to_do(self._folder, error)) from error


def _mark(direction: Direction) -> str:
    return f"files.{direction}"


def _number(name: str) -> int:
    return int(name.partition(".")[0])


def _standing(out: SignedFolder, known: Mapping[str, tuple[int, int]]) -> _Standing:
    """What is there; only files that are new to us are read."""
    spans: dict[str, tuple[int, int]] = {}
    faults: dict[str, str] = {}
    first_lines: dict[str, bytes] = {}
    for first, name in out.names().items():
        if name in known:
            spans[name] = known[name]
            continue
        try:
            lines = lines_of(out.read(name))
            spans[name] = first, _sequence_of(lines[-1])
            first_lines[name] = lines[0]
        except (BadFile, msgspec.DecodeError, ValueError, IndexError) as error:
            faults[name] = f"{error}; it is written again, if the hub still needs it"
    return _Standing(spans, faults, first_lines)


def _sequence_of(line: bytes) -> int:
    return int(msgspec.json.decode(line, type=_Sequence).sequence)
