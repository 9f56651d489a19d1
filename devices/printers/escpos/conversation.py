"""One connection to an ESC/POS printer: what was asked on it, and what came back.

A process id (GS ( H function 48) is sent by the printer when everything before it has been printed; an answer to
GS r when everything before it has been interpreted, which proves a label together with a healthy DLE EOT after it.

Process ids tell themselves apart, answers to GS r do not. So whatever an earlier connection asked in order must be
answered before the first job of this one: see `probe`. Our payloads hold no real-time command, so that there is
nothing for GS ( D to forbid.
"""

from __future__ import annotations

from collections import deque

from devices.errors import LinkTimeout
from devices.labels.label import Media
from devices.links.link import Link
from devices.printers.escpos.raster import longest_command_bytes
from devices.printers.escpos.replies import (
    BufferCleared,
    FlowControl,
    InOrderStatus,
    ProcessId,
    RealTimeStatus,
    Reply,
    ReplyReader,
    status_of,
)
from devices.printers.line import Line
from devices.printers.status import NO_ANSWER, Confirm, Evidence, PrinterStatus, Timeouts

STATUS_QUERIES = (1, 2, 3, 4)
CLEAR_BUFFER = bytes.fromhex("10 14 08 01 03 14 01 06 02 08")
IN_ORDER_QUERY = b"\x1dr\x01"
_LAST_TICKET = 9999
_FORM_FEED, _CUT = b"\x0c", b"\x1dV\x00"


def process_id_query(ticket: str) -> bytes:
    """GS ( H function 48: answer with these four characters once everything before has been printed."""
    return b"\x1d(H\x06\x0000" + ticket.encode("ascii")


class EscposConversation:
    """Keeps questions and answers of one connection together."""

    def __init__(self, link: Link, timeouts: Timeouts, media: Media) -> None:
        self.answered = False
        self.proof: Evidence | None = None
        self._line = Line(link, timeouts, self._hear)
        self._timeouts = timeouts
        self._filler = bytes(
            longest_command_bytes(media)
        )  # the rest of a command that was cut, and nothing else
        self._end_label = _FORM_FEED if media.gap else _CUT
        self._reader = ReplyReader()
        self._status: dict[int, int] = {}
        self._status_asked: deque[int] = deque()
        self._tickets: deque[str] = deque()
        self._confirmed: set[str] = set()
        self._last_ticket = 0
        self._job: str | None = None  # the ticket of the job, where there is one
        self._probe = ""  # the ticket that finds out whether there are tickets
        self._begun = ""  # the ticket before the job
        self._noise_before = 0  # the job
        self._in_order_asked = 0
        self._in_order_answers = 0
        self._cleared = False  # the job, before it was interpreted
        self._healthy_since = False  # a good status was asked for after the in-order answer
        self._clears = 0

    @property
    def heard(self) -> bool:
        return self._line.heard

    async def status(self, timeout_s: float) -> PrinterStatus:
        """DLE EOT 1 to 4, answered at once, whatever the printer is doing."""
        interpreted = self._in_order_answered
        self._status.clear()
        self._status_asked.extend(STATUS_QUERIES)
        await self._line.write(b"".join(bytes((0x10, 0x04, n)) for n in STATUS_QUERIES))
        if not await self._line.wait_for(lambda: not self._status_asked, timeout_s):
            return NO_ANSWER
        status = status_of(self._status)
        self._healthy_since = interpreted and status.ready
        return status

    async def probe(self, confirm: Confirm) -> None:
        """Ask both in-order questions; what it skips, it lacks.

        The first answer may be one that an earlier connection waited for. The others follow it at once, as nothing
        is printed between them: so they have all come by the time that a ticket has, or has not within `probe_s`.
        """
        if confirm == "none":
            self.proof = "none"
            return
        # What it still holds of an earlier connection is printed first: the answer may take as long as that.
        if (
            not await self._answers_in_order(self._timeouts.confirm_s)
            and not await self._answers_after_filler()
        ):
            self.proof = "none"
            return
        self.proof = "process-id" if self._probe in self._confirmed and confirm != "status" else "status"
        self._in_order_asked = self._in_order_answers = 0

    async def _answers_in_order(self, timeout_s: float) -> bool:
        self._in_order_asked = self._in_order_answers
        self._probe = self._next_ticket()
        await self._line.write(self._process_id_query(self._probe) + self._in_order_query())
        if not await self._line.wait_for(lambda: self._in_order_answered, timeout_s):
            return False
        await self._line.wait_for(lambda: self._probe in self._confirmed, self._timeouts.probe_s)
        return True

    async def _answers_after_filler(self) -> bool:
        """A command that an earlier connection left half sent swallows questions, and would swallow a label.

        Raises LinkTimeout where it is a fault that keeps the printer from answering.
        """
        status = await self.status(self._timeouts.status_s)
        if not status.ready:
            raise LinkTimeout(status.words)
        await self._line.write(self._filler)
        if not await self._answers_in_order(self._timeouts.probe_s):
            return False
        await self._line.write(self._end_label)
        return True

    async def mark(self) -> str:
        """ESC/POS has no counters that can be asked for."""
        return ""

    def job(self, payload: bytes, mark: str) -> bytes:
        """The label and the best question that this printer answers.

        Ticket before and ticket after: a printer that stops at the label's end, as with the last one of a roll, has
        printed it and does not answer the second any more. Only one that has not answered the first did not begin.
        """
        del mark
        self._job, self._cleared, self._healthy_since = None, False, False
        self._noise_before = self._reader.noise
        if self.proof == "process-id":
            self._begun, self._job = self._next_ticket(), self._next_ticket()
            return self._process_id_query(self._begun) + payload + self._process_id_query(self._job)
        return payload + self._in_order_query() if self.proof == "status" else payload

    async def hear(self, timeout_s: float) -> None:
        """Until the ticket or the in-order answer of the job is there."""
        if self.proof == "none":
            await self._line.listen(timeout_s)
        else:
            await self._line.wait_for(lambda: self._job_interpreted, timeout_s)

    def evidence(self) -> Evidence | None:
        """The job's own ticket, or everything interpreted and a healthy printer after that."""
        if self._job is not None:
            return "process-id" if self._job in self._confirmed else None
        return (
            "status" if self.proof == "status" and self._in_order_answered and self._healthy_since else None
        )

    async def clear(self, timeout_s: float) -> bool:
        """DLE DC4 8 clears both buffers and says so; nothing else is sent meanwhile."""
        clears = self._clears
        await self._line.write(CLEAR_BUFFER)
        return await self._line.wait_for(lambda: self._clears > clears, timeout_s)

    def surely_unprinted(self) -> bool:
        """A cleared job gives no process id, so one that was asked for before it and did not come proves it.

        Unless something came that cannot be read: that may have been it.
        """
        unspoilt = self._reader.noise == self._noise_before
        return self._job is not None and self._begun not in self._confirmed and unspoilt

    async def settle(self, mark: str) -> Evidence | bool:
        """Nothing tells of earlier jobs here: clear, so that what a person then sees on the table is decisive."""
        del mark
        if not await self.clear(self._timeouts.status_s):
            await self._line.write(self._filler + self._end_label)
        return True

    @property
    def _in_order_answered(self) -> bool:
        return self._in_order_answers >= self._in_order_asked > 0 and not self._cleared

    @property
    def _job_interpreted(self) -> bool:
        return self._job in self._confirmed if self._job is not None else self._in_order_answered

    def _next_ticket(self) -> str:
        """Increasing, because an id confirms all earlier ones."""
        self._last_ticket = self._last_ticket % _LAST_TICKET + 1
        return f"{self._last_ticket:04}"

    def _process_id_query(self, ticket: str) -> bytes:
        self._confirmed.discard(ticket)  # tickets come round again
        self._tickets.append(ticket)
        return process_id_query(ticket)

    def _in_order_query(self) -> bytes:
        self._in_order_asked += 1
        return IN_ORDER_QUERY

    def _hear(self, data: bytes) -> None:
        for reply in self._reader.feed(data):
            self._take(reply)

    def _take(self, reply: Reply) -> None:
        self.answered |= not isinstance(reply, FlowControl)
        match reply:
            case RealTimeStatus(bits) if self._status_asked:
                # These do not tell themselves apart, but they come in the order of the questions.
                self._status[self._status_asked.popleft()] = bits
            case InOrderStatus():
                self._in_order_answers += 1
            case ProcessId(ticket) if ticket in self._tickets:
                while ticket not in self._confirmed:  # an id confirms all earlier ones
                    self._confirmed.add(self._tickets.popleft())
            case BufferCleared():
                self._clears += 1
                self._tickets.clear()  # what was cleared is never answered
                self._cleared = self._in_order_answers < self._in_order_asked
                self._in_order_asked = self._in_order_answers
