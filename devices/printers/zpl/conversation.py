"""One connection to a ZPL printer: what was asked on it, and what came back.

~HS and ~HQES are obeyed when they arrive, before a label that came earlier is even read, so an answer that shows
an empty buffer proves nothing by itself. What proves a label is the printer's odometer, which counts what came out,
together with two answers in a row after that which show a healthy printer that holds nothing.

~JA empties the buffers; only a label already in motion is finished (ZPL programming guide, ~JA). Because immediate
commands are obeyed in their order, an answer to a ~HQES sent behind it acknowledges it.
"""

from __future__ import annotations

import asyncio

from devices.errors import LinkTimeout
from devices.labels.label import Media
from devices.links.link import Link
from devices.printers.line import Line
from devices.printers.status import NO_ANSWER, Confirm, Evidence, PrinterStatus, State, Timeouts
from devices.printers.zpl.replies import Faults, HostStatus, Reply, ReplyReader, Setting, status_of

STATUS_QUERIES = b"~HS~HQES"  # the second is answered in every state, and so tells that the first was not
ODOMETER_QUERY = b'! U1 getvar "odometer.total_label_count"\r\n'
CANCEL_ALL = b"~JA"
BEGIN_LABEL, END_LABEL = b"^XA", b"^XZ"
_SURELY_EMPTY = 2  # answers in a row: the first may have overtaken a label that was not yet read
_POLLS_IN_A_HEARING = 5
_HOLDS_ANOTHER = "still holds an earlier label"
# In these no label was torn: what the odometer has counted came out whole.
_WHOLE = frozenset({State.ONLINE, State.PAPER_LOW, State.PAUSED, State.HEAD_HOT})


class ZplConversation:
    """Keeps questions and answers of one connection together."""

    def __init__(self, link: Link, timeouts: Timeouts, media: Media) -> None:
        del media
        self.answered = False
        self.proof: Evidence | None = None
        self._line = Line(link, timeouts, self._hear)
        self._timeouts = timeouts
        self._reader = ReplyReader()
        self._host: HostStatus | None = None  # what was answered to the latest question
        self._faults: Faults | None = None
        self._faults_due = 0  # questions that are not answered yet
        self._tells_faults: bool | None = None
        self._odometer: int | None = None
        self._odometer_due = False
        self._obeys_cancel = False
        self._empties = 0  # healthy answers in a row that show nothing held
        self._empty_since = 0.0
        self._forget_job(None)

    def _forget_job(self, mark: int | None) -> None:
        self._mark = mark
        self._moved = False  # the odometer is beyond the mark
        self._moved_last = False  # after what ~HS answered latest
        self._was_held = False  # the job was seen in the printer
        self._cleared = False
        self._proven: Evidence | None = None
        self._empties = 0

    @property
    def heard(self) -> bool:
        return self._line.heard

    async def status(self, timeout_s: float) -> PrinterStatus:
        """~HS and ~HQES; and the odometer, while a job waits for it to move."""
        self._host = self._faults = None
        odometer = self._odometer_query() if self._mark is not None and not self._moved else b""
        self._faults_due += 1
        await self._line.write(odometer + STATUS_QUERIES)
        await self._line.wait_for(self._round_answered, timeout_s)
        if self._tells_faults is None:
            self._tells_faults = False if self._host is not None else None
        if self._faults is None and (self._host is None or self._tells_faults):
            self._empties = 0
            return NO_ANSWER
        status = status_of(self._host, self._faults)
        self._weigh(status)
        return status

    async def probe(self, confirm: Confirm) -> None:
        """Ask for the odometer, once what was held is out; a label that was begun and never ended is dropped."""
        if confirm == "none":
            self.proof = "none"
            return
        status = await self._idle(self._timeouts.confirm_s)
        if self._host is None or not self._host.idle:
            raise LinkTimeout(_HOLDS_ANOTHER if status.ready else status.words)
        if self._host.partial:  # it would swallow the question
            await self._drop_partial()
        counts = confirm != "status" and await self._read_odometer(self._timeouts.probe_s) is not None
        self._odometer_due = False
        self._obeys_cancel = counts and await self._drops_what_was_begun()
        self.proof = "odometer" if counts else "status"

    async def _drops_what_was_begun(self) -> bool:
        """Does ~JA do here what it should? Found out while all is well: in a fault ~HS, which would tell, is silent.

        A label that is begun shows in ~HS, and after ~JA it must not. Nothing is printed of it: it is empty.
        """
        await self._line.write(BEGIN_LABEL)
        begun = await self._shows_partial(True)
        dropped = await self._drop_partial()
        self._odometer_due = False  # a label that is begun swallows that question
        return begun and dropped

    async def _drop_partial(self) -> bool:
        """Whether ~JA drops the label that was begun. Where it does not, ^XZ ends it, lest no other ever begins."""
        await self._line.write(CANCEL_ALL)
        if await self._shows_partial(False):
            return True
        await self._line.write(END_LABEL)
        await self._idle(self._timeouts.confirm_s)
        return False

    async def _shows_partial(self, partial: bool) -> bool:
        """~HS may overtake what was just written: it is asked for a while."""
        now = asyncio.get_running_loop().time
        until = now() + self._timeouts.probe_s
        while now() < until:
            await self.status(self._timeouts.status_s)
            if self._host is not None and self._host.partial is partial:
                return True
            await self._line.listen(self._timeouts.poll_s / _POLLS_IN_A_HEARING)
        return False

    async def mark(self) -> str:
        """The odometer, with nothing held that could still move it; empty where there is none."""
        if self.proof == "none":
            return ""
        status = await self._idle(self._timeouts.confirm_s)
        if self._empties < _SURELY_EMPTY:
            raise LinkTimeout(_HOLDS_ANOTHER if status.ready else status.words)
        if self.proof != "odometer":
            return ""
        odometer = await self._read_odometer(self._timeouts.status_s)
        if odometer is None:
            raise LinkTimeout("does not tell its odometer")
        return str(odometer)

    def job(self, payload: bytes, mark: str) -> bytes:
        """The label alone: what proves it is asked for while it is awaited."""
        self._forget_job(_number(mark))
        return payload

    async def hear(self, timeout_s: float) -> None:
        """Ask until there is evidence or the time is up."""
        if self.proof == "none":
            await self._line.listen(timeout_s)
            return
        now = asyncio.get_running_loop().time
        until = now() + timeout_s
        while self._proven is None and now() < until:
            await self.status(self._timeouts.status_s)
            if self._proven is None and self._empties != 1:  # a first empty answer is asked for again at once
                await self._pause(min(timeout_s / _POLLS_IN_A_HEARING, until - now()))

    def evidence(self) -> Evidence | None:
        """The odometer beyond the mark, or without one the job seen and gone; a healthy, empty printer after that."""
        return self._proven

    async def clear(self, timeout_s: float) -> bool:
        """~JA, what answers behind it, and the time in which a label in motion comes out."""
        await self._line.write(CANCEL_ALL)
        self._cleared = True
        if await self.status(timeout_s) == NO_ANSWER:
            return False
        await self._line.listen(self._timeouts.hold_s)
        self._odometer_due, self._odometer = False, None  # what waited for its turn is gone too
        status = await self._idle(self._timeouts.confirm_s)
        if status == NO_ANSWER or (self._host is not None and not self._host.empty):
            return False
        if self._mark is not None and self._odometer is None:
            await self._read_odometer(self._timeouts.status_s)
        return True

    def surely_unprinted(self) -> bool:
        """The odometer was read after the clear, and stands where it stood before the job.

        That the clear was obeyed is seen in ~HS, or, where a fault silences that, was seen when all was well.
        """
        seen_empty = self._host is not None and self._host.empty
        obeyed = self._cleared and (seen_empty or self._obeys_cancel)
        return obeyed and self._mark is not None and self._odometer == self._mark

    async def settle(self, mark: str) -> Evidence | bool:
        """What is whole may still print; the rest is cleared, and the odometer tells."""
        await self._idle(self._timeouts.confirm_s)
        self._forget_job(_number(mark))
        if not await self.clear(self._timeouts.status_s):
            return True
        if self.surely_unprinted():
            return False
        status = status_of(self._host, self._faults)
        return "odometer" if self._moved and status.state in _WHOLE else True

    async def _idle(self, timeout_s: float) -> PrinterStatus:
        """Wait while it prints; not any longer where it cannot."""
        now = asyncio.get_running_loop().time
        until = now() + timeout_s
        while True:
            status = await self.status(self._timeouts.status_s)
            if not status.ready or self._empties >= _SURELY_EMPTY or now() > until:
                return status
            if self._host is not None and self._host.partial and self._host.idle:
                return status
            if not self._empties:
                await self._line.listen(self._timeouts.poll_s / _POLLS_IN_A_HEARING)

    def _weigh(self, status: PrinterStatus) -> None:
        """What this answer adds to the proof of the job."""
        now = asyncio.get_running_loop().time()
        if not status.ready or self._host is None or not self._host.empty:
            self._empties = 0
            self._was_held |= self._host is not None and not self._host.empty
            return
        if self._moved_last:
            return
        self._empty_since = self._empty_since if self._empties else now
        self._empties += 1
        if self._empties < _SURELY_EMPTY:
            return
        if self._mark is not None:
            self._proven = "odometer" if self._moved else None
        elif self.proof == "status" and not self._cleared:
            came_and_went = self._was_held or now - self._empty_since >= self._timeouts.hold_s
            self._proven = "status" if came_and_went else None

    def _round_answered(self) -> bool:
        return self._host is not None if self._tells_faults is False else self._faults_due == 0

    def _odometer_query(self) -> bytes:
        """One question at a time: some printers answer it when the label before it is out."""
        if self._odometer_due:
            return b""
        self._odometer_due = True
        return ODOMETER_QUERY

    async def _read_odometer(self, timeout_s: float) -> int | None:
        self._odometer = None
        if question := self._odometer_query():
            await self._line.write(question)
        await self._line.wait_for(lambda: not self._odometer_due, timeout_s)
        return self._odometer

    async def _pause(self, pause_s: float) -> None:
        """Cut short when the odometer moves."""
        had_moved = self._moved
        await self._line.wait_for(lambda: self._moved > had_moved, pause_s)

    def _hear(self, data: bytes) -> None:
        for reply in self._reader.feed(data):
            self._take(reply)

    def _take(self, reply: Reply) -> None:
        self.answered = True
        match reply:
            case HostStatus():
                self._host, self._moved_last = reply, False
            case Faults():
                self._tells_faults = True
                self._faults_due = max(0, self._faults_due - 1)
                self._faults = reply if self._faults_due == 0 else None
                self._host = self._host if self._faults_due == 0 else None  # it answered an earlier question
            case Setting(value):
                self._take_odometer(_number(value))

    def _take_odometer(self, odometer: int | None) -> None:
        self._odometer, self._odometer_due = odometer, False
        if self._mark is not None and odometer is not None and odometer > self._mark and not self._moved:
            self._moved = self._moved_last = True
            self._empties = 0  # only answers after this one prove that it is at rest


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() else None
