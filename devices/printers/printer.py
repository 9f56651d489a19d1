"""A label printer that speaks ESC/POS over TCP: sends a job and says what proves that it was printed.

A write that succeeded proves nothing. So after each job the printer itself is asked, on the same connection:
for a process id where it knows GS ( H (sent when the paper is printed), else for GS r (answered once
everything before it is interpreted) together with a healthy DLE EOT. A printer that answers nothing is taken
at the connection's word, and the evidence says so.

One owner per printer: calls are serialised by a lock, and exactly one connection is held.
"""

from __future__ import annotations

import asyncio
import enum
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Literal

from devices.errors import LinkError, LinkTimeout, NotStarted, PrinterUnreachable, Uncertain
from devices.links.tcp import TcpLink
from devices.printers.escpos.conversation import EscposSession
from devices.labels.label import Media

Evidence = Literal["process-id", "status", "none"]
Confirm = Literal["auto", "none"]

_LAST_TICKET = 9999
# Ends whatever command and label a lost connection may have cut in the middle: no command of ours is longer.
_RESYNC = bytes(256)
_FORM_FEED, _CUT = b"\x0c", b"\x1dV\x00"


@dataclass(frozen=True, slots=True)
class Timeouts:
    """How long a printer is waited for, in seconds."""

    connect_s: float = 1.0
    probe_s: float = 1.0  # for a first answer on a new connection
    status_s: float = 1.0
    write_s: float = 5.0
    confirm_s: float = 10.0
    poll_s: float = 0.5  # between status questions while a label is awaited
    grace_s: float = 2.0  # a fault that lasts no longer is forgiven
    hold_s: float = 2.0  # how long a connection must hold where it is the only evidence


@dataclass(frozen=True, slots=True)
class PrinterStatus:
    """Whether a job may be sent now; `reason` says why not, and may hold a note where it may."""

    ready: bool
    reason: str


class _Proof(enum.Enum):
    PROCESS_ID = "process-id"
    IN_ORDER = "status"
    NOTHING = "none"


class EscposPrinter:
    """One printer at host:port. Connects by itself when it must, also again."""

    def __init__(
        self,
        host: str,
        port: int,
        media: Media,
        *,
        confirm: Confirm = "auto",
        timeouts: Timeouts | None = None,
    ) -> None:
        self.media = media
        self._confirm = confirm
        self._timeouts = timeouts or Timeouts()
        self._lock = asyncio.Lock()
        self._link = TcpLink(host, port)
        self._session: EscposSession | None = None
        self._proof: _Proof | None = None  # None: not known yet on this connection
        self._last_ticket = 0
        self._has_ever_answered = False
        self._torn = False  # a job may have been cut in the middle
        self._doubt: tuple[EscposSession, str | None] | None = (
            None  # the job without evidence, if the last one is
        )
        self._last_status = PrinterStatus(False, "not asked yet")

    async def open(self) -> None:
        """Connect and find out what the printer answers. Raises PrinterUnreachable."""
        async with self._lock:
            await self._connected()

    async def status(self) -> PrinterStatus:
        """Ask now; connects when needed, never raises. While a label is printing: what was seen last."""
        if not self._lock.locked():
            async with self._lock:
                self._last_status = await self._ask_status()
        return self._last_status

    async def print(
        self,
        payload: bytes,
        *,
        on_first_byte: Callable[[], None],
        on_sent: Callable[[], Awaitable[None]] | None = None,
    ) -> Evidence:
        """Print one label and return what proves it. `on_first_byte` is called when its first byte went out.

        `on_sent` is awaited once the printer has taken the last byte, before its proof is waited for.

        Raises NotStarted when certainly nothing was written, Uncertain when there is no evidence.
        """
        async with self._lock:
            session, proof = await self._ready_session()
            ticket = self._next_ticket() if proof is _Proof.PROCESS_ID else None
            try:
                await self._send(session, proof, payload, ticket, on_first_byte)
                if on_sent is not None:
                    await on_sent()
                evidence = await self._evidence(session, proof, ticket)
            except LinkError as error:
                self._torn, self._last_status = True, PrinterStatus(False, error.reason)
                await self._drop()
                raise Uncertain(error.reason) from error
            except Uncertain as error:
                self._last_status = PrinterStatus(False, error.reason)
                raise
            self._doubt = None
            return evidence

    async def clear_buffer(self) -> bool:
        """Empty the printer's buffers. True: it acknowledged, so a job that was uncertain did not print.

        False where it did not acknowledge, and also where the uncertain job may have printed unseen before:
        the connection was lost since, or the printer gives no process ids. After a restart nothing is known
        of earlier jobs, and True means no more than empty buffers.
        """
        async with self._lock:
            try:
                session = await self._connected()
                cleared = await session.clear_buffer(self._timeouts.status_s)
            except (PrinterUnreachable, LinkError):
                await self._drop()
                return False
            if not cleared or (self._doubt is not None and not _surely_unprinted(session, *self._doubt)):
                return False
            self._doubt = None
            return True

    async def take_over(self) -> bool:
        """The last owner died in the middle of a job: what the printer still holds of it is cleared away.

        True: it acknowledged, so nothing of that job comes out any more. False: its torn end is pushed out before
        the next job, and a whole label may still come.
        """
        cleared = await self.clear_buffer()
        self._torn = not cleared
        return cleared

    def has_printed(self, ticket: str | None) -> bool:
        """Whether an uncertain job (`Uncertain.ticket`) was confirmed after all; ask `status` first."""
        return self._session is not None and ticket in self._session.confirmed

    async def close(self) -> None:
        """Hang up. What the printer holds it will still print."""
        async with self._lock:
            await self._drop()

    async def _ready_session(self) -> tuple[EscposSession, _Proof]:
        """A session that can take a job now. Raises NotStarted."""
        self._last_status = await self._ask_status()
        if not self._last_status.ready or self._session is None:
            raise NotStarted(self._last_status.reason)
        session = self._session
        try:
            return session, self._proof or await self._probe(session)
        except LinkError as error:
            await self._drop()
            raise NotStarted(error.reason) from error

    async def _ask_status(self) -> PrinterStatus:
        try:
            session = await self._connected()
            if self._confirm == "none" or not session.answered:
                return PrinterStatus(True, "answers no query")
            fault = await session.ask_status(self._timeouts.status_s)
        except (PrinterUnreachable, LinkError) as error:
            await self._drop()
            return PrinterStatus(False, error.reason)
        if fault is None:
            await self._drop()  # late answers would be taken for answers to later questions
            return PrinterStatus(False, "no answer")
        return PrinterStatus(not fault, fault)

    async def _connected(self) -> EscposSession:
        """The session that there is, or a new one. Raises PrinterUnreachable."""
        if self._session is not None and self._link.is_open:
            return self._session
        await self._drop()
        try:
            await self._link.open(connect_timeout_s=self._timeouts.connect_s)
            session = EscposSession(self._link, write_timeout_s=self._timeouts.write_s)
            if self._torn:  # else the rest of a command that was cut would swallow the first question
                await session.write(_RESYNC + (_FORM_FEED if self.media.gap else _CUT))
                self._torn = False
            await self._get_to_know(session)
        except LinkError as error:
            await self._drop()
            raise PrinterUnreachable(error.reason) from error
        self._session = session
        return session

    async def _get_to_know(self, session: EscposSession) -> None:
        """Find out once per connection what this printer answers."""
        if self._confirm == "none":
            self._proof = _Proof.NOTHING
            return
        fault = await session.ask_status(self._timeouts.probe_s)
        if fault is None and self._has_ever_answered:
            raise LinkTimeout("no answer")  # one that used to speak is not mute: it is stuck
        self._has_ever_answered |= session.answered
        if fault is None:
            self._proof = _Proof.NOTHING
        elif not fault:
            await self._probe(session)

    async def _probe(self, session: EscposSession) -> _Proof:
        """Ask a healthy printer both in-order questions; what it skips, it lacks. Raises LinkError."""
        ticket = self._next_ticket()
        await session.write(session.process_id_query(ticket) + session.in_order_query())
        # What it still holds of an earlier connection is printed first: the answer may take as long as that.
        if await session.wait_for(lambda: session.in_order_answered, self._timeouts.confirm_s):
            spoke = await session.wait_for(lambda: ticket in session.confirmed, self._timeouts.probe_s)
            self._proof = _Proof.PROCESS_ID if spoke else _Proof.IN_ORDER
            return self._proof
        fault = await session.ask_status(self._timeouts.status_s)
        if fault != "":
            raise LinkTimeout(fault or "no answer")
        self._proof = _Proof.NOTHING
        return self._proof

    async def _send(
        self,
        session: EscposSession,
        proof: _Proof,
        payload: bytes,
        ticket: str | None,
        on_first_byte: Callable[[], None],
    ) -> None:
        """Hand over the job and the question that will prove it. Raises NotStarted, LinkError."""
        if not self._link.is_open:
            await self._drop()
            raise NotStarted("connection lost")
        if ticket is not None:
            payload += session.process_id_query(ticket)
        elif proof is _Proof.IN_ORDER:
            payload += session.in_order_query()
        self._doubt = (session, ticket)
        await session.write(payload, on_first_byte)

    async def _evidence(self, session: EscposSession, proof: _Proof, ticket: str | None) -> Evidence:
        """Wait for the proof, watching the printer's health meanwhile. Raises Uncertain, LinkError."""
        if proof is _Proof.NOTHING:
            await session.wait_for(lambda: False, self._timeouts.hold_s)
            return "none"
        if ticket is not None:
            await self._await_proof(session, lambda: ticket in session.confirmed, ticket)
            return "process-id"
        await self._await_proof(session, lambda: session.in_order_answered, None)
        fault = await session.ask_status(self._timeouts.status_s)
        if fault != "":
            raise Uncertain(fault or "no answer")
        return "status"

    async def _await_proof(
        self, session: EscposSession, proven: Callable[[], bool], ticket: str | None
    ) -> None:
        """Return when `proven`. A fault that outlasts the grace, or the time being up, raises Uncertain."""
        now = asyncio.get_running_loop().time
        give_up_at = now() + self._timeouts.confirm_s
        healthy_at = now()
        while not await session.wait_for(proven, self._timeouts.poll_s):
            fault = await session.ask_status(self._timeouts.status_s)
            if not fault:
                healthy_at = now() if fault == "" else healthy_at
            elif now() - healthy_at > self._timeouts.grace_s:
                raise Uncertain(fault, ticket)
            if now() > give_up_at and not proven():
                raise Uncertain(fault or ("no answer" if fault is None else "no confirmation"), ticket)

    def _next_ticket(self) -> str:
        """Increasing, because an id confirms all earlier ones."""
        self._last_ticket = self._last_ticket % _LAST_TICKET + 1
        return f"{self._last_ticket:04}"

    async def _drop(self) -> None:
        self._session, self._proof = None, None
        await self._link.close()


def _surely_unprinted(session: EscposSession, doubtful: EscposSession, ticket: str | None) -> bool:
    """We listened all the time, the printer would have said that it printed, and it did not."""
    return doubtful is session and ticket is not None and ticket not in session.confirmed
