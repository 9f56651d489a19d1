"""One connection to a TSPL printer: what was asked on it, and what came back.

OUT behind a label is answered when the label has been interpreted, on many printers before its paper moves. So that
alone proves nothing, nor does one look at a printer that stands still: its motor may not have started yet. The label is
proven by OUT's answer and a motor that was seen running since and has stopped, healthy all the time; or, where a short
label ran unseen, by two looks at a printer that stands still, both after OUT's answer and as far apart as a motor may
take to start. If a fault came between, the label may be lost: then the motor must be seen running again, or the
mileage must have moved.
"""

from __future__ import annotations

import asyncio
import secrets
from dataclasses import dataclass, field

from devices.errors import LinkTimeout
from devices.labels.label import Media
from devices.links.link import Link
from devices.printers.line import Line
from devices.printers.status import NO_ANSWER, Confirm, Evidence, PrinterStatus, Timeouts
from devices.printers.tspl.commands import LINE_END, LONGEST_PAYLOAD_BYTES
from devices.printers.tspl.replies import (
    Condition,
    LongStatus,
    Marker,
    Mileage,
    Reply,
    ReplyReader,
    ShortStatus,
    condition_of_long,
    condition_of_short,
    marker,
)

STATUS_QUERY = b"\x1b!?"
LONG_STATUS_QUERY = b"\x1b!S"
CANCEL = b"\x1b!."
MILEAGE_QUERY = b"~!@\r\n"
# Inside a BITMAP that was cut off these are its last dots, anywhere else empty lines.
FILLER = LINE_END * (LONGEST_PAYLOAD_BYTES // len(LINE_END) + 1)
_MARK = "tspl:"
_LAST_NUMBER = 9999
_LOOKS_IN_A_HEARING = 5


def out(text: str) -> bytes:
    """Send `text` back, in its turn."""
    return f'OUT "{text}"\r\n'.encode("ascii")


@dataclass(slots=True)
class _Job:
    """What is known of the latest job. Times are the loop's; `still_since`: the first look of a row of good ones."""

    mark: str
    begun: str  # the text of OUT before it
    marker: str  # and behind it
    noise_before: int
    from_rest: bool  # the motor stood still before it
    ran: bool = False  # the motor was seen since, and no fault after that
    interpreted: bool = False
    interrupted: bool = False  # a fault was seen after that, and the motor not yet since
    still_since: float | None = None
    evidence: Evidence | None = None

    def look(self, condition: Condition, asked_at: float, interpreted: bool, motor_start_s: float) -> bool:
        """Take in an answer; True: the motor has run and stopped, or not started for as long as one may take to start.

        `interpreted`: was it already when this was asked?
        """
        self.ran = condition.status.ready and (self.ran or (condition.busy and self.from_rest))
        if self.interpreted and not condition.status.ready:
            self.interrupted = True
        elif condition.busy:
            self.interrupted = False
        if not (interpreted and condition.idle):
            self.still_since = None
            return False
        if self.ran:
            return True
        if self.still_since is None:
            self.still_since = asked_at
        return asked_at - self.still_since >= motor_start_s


@dataclass(slots=True)
class _Heard:
    """The latest answers."""

    condition: Condition | None = None
    mileage: int | None = None
    markers: set[str] = field(default_factory=set)


class TsplConversation:
    """Keeps questions and answers of one connection together."""

    def __init__(self, link: Link, timeouts: Timeouts, media: Media) -> None:
        del media
        self.answered = False
        self.proof: Evidence | None = None
        self._line = Line(link, timeouts, self._hear)
        self._timeouts = timeouts
        self._motor_start_s = timeouts.poll_s
        self._reader = ReplyReader()
        self._heard = _Heard()
        self._knows_long_status = False
        self._knows_mileage = False
        self._name = secrets.token_hex(3)
        self._last_number = 0
        self._job: _Job | None = None

    @property
    def heard(self) -> bool:
        return self._line.heard

    async def status(self, timeout_s: float) -> PrinterStatus:
        """ESC ! S where it is known, else ESC ! ?, answered at once, whatever the printer is doing."""
        condition = await self._look(timeout_s)
        return NO_ANSWER if condition is None else condition.status

    async def probe(self, confirm: Confirm) -> None:
        """Ask everything there is; what it skips, it lacks."""
        if confirm == "none" or not await self._interprets_out():
            self.proof = "none"
            return
        self._knows_long_status = await self._ask_long_status(self._timeouts.probe_s)
        self._knows_mileage = confirm != "status" and await self._ask_mileage(self._timeouts.probe_s)
        self.proof = "odometer" if self._knows_mileage else "status"

    async def mark(self) -> str:
        """The mileage, in a unit of the printer's own."""
        if self._knows_mileage and await self._ask_mileage(self._timeouts.status_s):
            return f"{_MARK}{self._heard.mileage}"
        return ""

    def job(self, payload: bytes, mark: str) -> bytes:
        """The label between two OUTs: some printers answer the second only when a fault is mended, label out or not."""
        at_rest = self._heard.condition is not None and self._heard.condition.idle
        self._job = job = _Job(mark, self._next_marker(), self._next_marker(), self._reader.noise, at_rest)
        return payload if self.proof == "none" else out(job.begun) + payload + out(job.marker)

    async def hear(self, timeout_s: float) -> None:
        """Look again and again until there is evidence; where there can be none, listen for the whole time."""
        now = asyncio.get_running_loop().time
        until = now() + timeout_s
        while self.evidence() is None and now() < until:
            looks = self.proof != "none" and await self._look(self._timeouts.status_s) is not None
            if self.evidence() is None:
                await self._line.listen(timeout_s / _LOOKS_IN_A_HEARING if looks else until - now())

    def evidence(self) -> Evidence | None:
        """Interpreted, and since then healthy and standing still; better where the mileage has moved too."""
        return self._job.evidence if self._job is not None else None

    async def clear(self, timeout_s: float) -> bool:
        """ESC ! . and an OUT behind it, which is answered only if nothing is left before it.

        What is moving, or comes out meanwhile, is waited for.
        """
        await self._when_still(timeout_s)
        if self.evidence() is not None:
            return True
        emptied = self._next_marker()
        await self._line.write(CANCEL + LINE_END + out(emptied))
        return await self._line.wait_for(lambda: emptied in self._heard.markers, timeout_s)

    def surely_unprinted(self) -> bool:
        """Not even the OUT before it was answered, and nothing came that this answer may have been."""
        job = self._job
        return (
            job is not None
            and self.proof != "none"
            and not {job.begun, job.marker} & self._heard.markers
            and job.noise_before == self._reader.noise
        )

    async def settle(self, mark: str) -> Evidence | bool:
        """Complete what was cut off, let it finish, read the mileage, cancel the rest.

        Mileage that has not moved proves nothing: it counts whole metres, or more.
        """
        await self._line.write(FILLER)
        await self._line.listen(self._line.wire_s(FILLER))
        condition = await self._when_still(self._timeouts.confirm_s)
        moved = condition is not None and condition.idle and await self._has_moved_since(mark)
        await self._line.write(CANCEL + LINE_END + b"CLS" + LINE_END)
        return "odometer" if moved else True

    async def _look(self, timeout_s: float) -> Condition | None:
        """Ask how it is; what that says of the job is noted."""
        job, asked_at = self._job, asyncio.get_running_loop().time()
        interpreted = job is not None and job.interpreted
        ask = self._ask_long_status if self._knows_long_status else self._ask_short_status
        if not await ask(timeout_s) or (condition := self._heard.condition) is None:
            return None
        if job is not None and job.look(condition, asked_at, interpreted, self._motor_start_s):
            await self._note_evidence(job)
        return condition

    async def _note_evidence(self, job: _Job) -> None:
        if job.evidence is not None:
            return
        if await self._has_moved_since(job.mark):
            job.evidence = "odometer"
        elif not job.interrupted:
            job.evidence = "status"

    async def _when_still(self, timeout_s: float) -> Condition | None:
        """The first answer of a printer that does not move paper, or the last in time; None: no answer."""
        loop = asyncio.get_running_loop()
        until = loop.time() + timeout_s
        while (condition := await self._look(self._timeouts.status_s)) is not None and condition.busy:
            if loop.time() > until:
                break
            await self._line.listen(self._timeouts.poll_s)
        return condition

    async def _interprets_out(self) -> bool:
        """Whether OUT is answered. What it still holds of an earlier connection is printed first.

        Raises LinkTimeout where a fault keeps it from answering.
        """
        text = self._next_marker()
        await self._line.write(
            FILLER + out(text)
        )  # a BITMAP that was cut would swallow the question, and then a label
        loop = asyncio.get_running_loop()
        until, stood_still = loop.time() + self._timeouts.confirm_s, False
        while not await self._line.wait_for(lambda: text in self._heard.markers, self._timeouts.probe_s):
            condition = await self._look(self._timeouts.status_s)
            if condition is None or not condition.status.ready:
                raise LinkTimeout((condition.status if condition else NO_ANSWER).words)
            if stood_still or loop.time() > until:
                return False
            stood_still = not condition.busy
        return True

    async def _has_moved_since(self, mark: str) -> bool:
        before = mark.removeprefix(_MARK)
        if not mark.startswith(_MARK) or not before.isdigit():
            return False
        return await self._ask_mileage(self._timeouts.status_s) and self._heard.mileage != int(before)

    async def _ask_short_status(self, timeout_s: float) -> bool:
        """True once this question has its answer: answers come in the order of the questions."""
        self._reader.short_awaited += 1
        await self._line.write(STATUS_QUERY)
        return await self._line.wait_for(lambda: not self._reader.short_awaited, timeout_s)

    async def _ask_long_status(self, timeout_s: float) -> bool:
        self._reader.long_awaited += 1
        await self._line.write(LONG_STATUS_QUERY)
        return await self._line.wait_for(lambda: not self._reader.long_awaited, timeout_s)

    async def _ask_mileage(self, timeout_s: float) -> bool:
        self._reader.mileage_awaited += 1
        await self._line.write(MILEAGE_QUERY)
        return await self._line.wait_for(lambda: not self._reader.mileage_awaited, timeout_s)

    def _next_marker(self) -> str:
        self._last_number = self._last_number % _LAST_NUMBER + 1
        text = marker(self._name, self._last_number)
        self._heard.markers.discard(text)  # numbers come round again
        return text

    def _hear(self, data: bytes) -> None:
        for reply in self._reader.feed(data):
            self._take(reply)

    def _take(self, reply: Reply) -> None:
        self.answered = True
        match reply:
            case ShortStatus(bits):
                self._heard.condition = condition_of_short(bits)
            case LongStatus(codes):
                self._heard.condition = condition_of_long(codes)
            case Mileage(count):
                self._heard.mileage = count
            case Marker(text):
                self._heard.markers.add(text)
                if self._job is not None and text == self._job.marker:
                    self._job.interpreted = True
