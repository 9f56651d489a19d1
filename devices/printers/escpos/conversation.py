"""One connection to an ESC/POS printer: what was asked on it, and what came back."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable

from devices.errors import LinkTimeout
from devices.links.tcp import TcpLink
from devices.printers.escpos.replies import (
    BufferCleared,
    InOrderStatus,
    ProcessId,
    RealTimeStatus,
    Reply,
    ReplyReader,
    trouble,
)

STATUS_QUERIES = (1, 2, 4)
CLEAR_BUFFER = bytes.fromhex("10 14 08 01 03 14 01 06 02 08")
IN_ORDER_QUERY = b"\x1dr\x01"


def process_id_query(ticket: str) -> bytes:
    """GS ( H function 48: answer with these four characters once everything before has been printed."""
    return b"\x1d(H\x06\x0000" + ticket.encode("ascii")


class EscposSession:
    """Keeps questions and answers of one connection together; a new connection is a new session."""

    def __init__(self, link: TcpLink, *, write_timeout_s: float) -> None:
        self.link = link
        self.answered = False  # anything at all
        self.confirmed: set[str] = set()
        self._write_timeout_s = write_timeout_s
        self._reader = ReplyReader()
        self._status: dict[int, int] = {}
        self._status_asked: deque[int] = deque()
        self._tickets: deque[str] = deque()
        self._in_order_asked = 0
        self._in_order_answers = 0
        self._clears = 0

    @property
    def in_order_answered(self) -> bool:
        """Whether everything sent before the last in-order query has been interpreted."""
        return self._in_order_answers >= self._in_order_asked > 0

    async def write(self, data: bytes, on_handed: Callable[[], None] | None = None) -> None:
        """Send a job, or a part of one. Raises LinkLost, LinkTimeout."""
        await self.link.write(data, deadline_s=self._write_timeout_s, on_handed=on_handed)

    def process_id_query(self, ticket: str) -> bytes:
        """The bytes that ask for `ticket`; noted as asked."""
        self.confirmed.discard(ticket)  # tickets come round again
        self._tickets.append(ticket)
        return process_id_query(ticket)

    def in_order_query(self) -> bytes:
        """The bytes that ask for an in-order answer; noted as asked."""
        self._in_order_asked += 1
        return IN_ORDER_QUERY

    async def ask_status(self, timeout_s: float) -> str | None:
        """What is wrong, in words (empty: nothing), or None where the printer does not answer in time."""
        self._status.clear()
        self._status_asked.extend(STATUS_QUERIES)
        await self.write(b"".join(bytes((0x10, 0x04, n)) for n in STATUS_QUERIES))
        if await self.wait_for(lambda: not self._status_asked, timeout_s):
            return trouble(self._status)
        return None

    async def clear_buffer(self, timeout_s: float) -> bool:
        """Empty the printer's buffers; True when it said that they are. Nothing else is sent meanwhile."""
        clears = self._clears
        await self.write(CLEAR_BUFFER)
        return await self.wait_for(lambda: self._clears > clears, timeout_s)

    async def wait_for(self, met: Callable[[], bool], timeout_s: float) -> bool:
        """Read replies until `met` or the time is up. Raises LinkLost."""
        loop = asyncio.get_running_loop()
        until = loop.time() + timeout_s
        while not met():
            try:
                data = await self.link.read(deadline_s=until - loop.time())
            except LinkTimeout:
                return met()
            for reply in self._reader.feed(data):
                self._take(reply)
        return True

    def _take(self, reply: Reply) -> None:
        self.answered = True
        match reply:
            case RealTimeStatus(bits) if self._status_asked:
                # These do not tell themselves apart, but they come in the order of the questions.
                self._status[self._status_asked.popleft()] = bits
            case InOrderStatus():
                self._in_order_answers += 1
            case ProcessId(ticket) if ticket in self._tickets:
                while ticket not in self.confirmed:  # an id confirms all earlier ones
                    self.confirmed.add(self._tickets.popleft())
            case BufferCleared():
                self._clears += 1
                self._tickets.clear()  # what was cleared is never answered
                self._in_order_asked = self._in_order_answers
