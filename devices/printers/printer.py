"""A label printer of any language over any link: sends a job and says what proves that it was printed.

A write that succeeded proves nothing. So after each job the printer itself is asked, on the same connection, for
the best evidence that its language and its firmware have. A printer that answers nothing is taken at the
connection's word, and the evidence says so.

One owner per printer: calls are serialised by a lock, and exactly one connection is held.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from devices.errors import LinkError, LinkTimeout, NotStarted, PrinterUnreachable, Uncertain, WrongLanguage
from devices.labels.label import Media
from devices.links.link import Link, wire_s
from devices.printers.conversation import Conversation, Language
from devices.printers.greeting import language_spoken
from devices.printers.status import MUTE, Confirm, Evidence, PrinterStatus, State, Timeouts

_NOT_ASKED = PrinterStatus(State.UNKNOWN, "not asked yet")


class LabelPrinter:
    """One printer. Connects by itself when it must, also again.

    `others`: the languages that it is tried in, where it does not answer in its own. `speaks`: it is known to answer,
    so while it does not it is stuck, and never taken for a mute one.
    """

    def __init__(
        self,
        link: Link,
        language: Language,
        media: Media,
        *,
        confirm: Confirm = "auto",
        timeouts: Timeouts | None = None,
        others: Sequence[Language] = (),
        speaks: bool = False,
    ) -> None:
        self.media = media
        self.language = language
        self._link = link
        self._confirm = confirm
        self._timeouts = timeouts or Timeouts()
        self._others = others
        self._lock = asyncio.Lock()
        self._conversation: Conversation | None = None
        self._has_ever_answered = speaks
        self._doubt: Conversation | None = None  # where the last job was sent, if it is without evidence
        self._torn: str | None = None  # the mark of a job that a lost connection may have cut in the middle
        self._verdict: Evidence | bool | None = None  # on the torn job, by the connection after it
        self._last_status = _NOT_ASKED

    @property
    def proof(self) -> Evidence | None:
        """What it can prove, as far as it is known on this connection."""
        return self._conversation.proof if self._conversation is not None else None

    async def open(self) -> None:
        """Connect and find out what the printer answers. Raises PrinterUnreachable."""
        async with self._lock:
            await self._connected()

    async def status(self) -> PrinterStatus:
        """Ask now; connects when needed, never raises. While a label is printing: what was seen last."""
        if not self._lock.locked():
            async with self._lock:
                await self._greet_again()
                self._last_status = await self._ask_status()
        return self._last_status

    async def mark(self) -> str:
        """Make ready for a job; what the printer's counters say before it. Raises NotStarted."""
        async with self._lock:
            conversation = await self._ready()
            try:
                return await conversation.mark()
            except LinkError as error:
                await self._drop()
                raise NotStarted(error.reason) from error

    async def print(
        self,
        payload: bytes,
        *,
        mark: str | None = None,
        on_first_byte: Callable[[], None],
        on_sent: Callable[[], Awaitable[None]] | None = None,
    ) -> Evidence:
        """Print one label and return what proves it. `on_first_byte` is called when its first byte went out.

        `mark`: what `mark()` answered a moment ago; None: it is asked for here. `on_sent` is awaited once the printer
        has taken the last byte, before its proof is waited for.

        Raises NotStarted when certainly nothing was written, Uncertain when there is no evidence.
        """
        if mark is None:
            mark = await self.mark()
        async with self._lock:
            conversation = self._conversation
            if conversation is None or not self._link.is_open:
                await self._drop()
                raise NotStarted("connection lost")
            self._doubt, self._verdict = conversation, None
            await self._send(conversation.job(payload, mark), mark, on_first_byte)
            if on_sent is not None:
                await on_sent()
            evidence = await self._proof(conversation, mark)
            self._doubt = None
            return evidence

    async def _send(self, data: bytes, mark: str, on_first_byte: Callable[[], None]) -> None:
        """The link tells by its call whether any byte went. Raises NotStarted, Uncertain."""
        went: list[bool] = []

        def first_byte_went() -> None:
            went.append(True)
            on_first_byte()

        try:
            await self._write(data, first_byte_went)
        except LinkError as error:
            if went:
                raise await self._cut_off(mark, error) from error
            self._doubt = None
            await self._drop()
            raise NotStarted(error.reason) from error

    async def _proof(self, conversation: Conversation, mark: str) -> Evidence:
        """Raises Uncertain."""
        try:
            return await self._evidence(conversation)
        except LinkError as error:
            raise await self._cut_off(mark, error) from error
        except Uncertain as error:
            self._last_status = PrinterStatus(State.UNKNOWN, error.reason)
            raise

    async def _cut_off(self, mark: str, error: LinkError) -> Uncertain:
        """The connection is gone with a job of that mark on it."""
        self._torn, self._last_status = mark, PrinterStatus(State.UNKNOWN, error.reason)
        await self._drop()
        return Uncertain(error.reason)

    def late_evidence(self) -> Evidence | None:
        """What has proved the last job since, where it was uncertain; ask `status` first."""
        doubt = self._doubt
        evidence = doubt.evidence() if doubt is not None and doubt is self._conversation else None
        if evidence is not None:
            self._doubt = None
        return evidence

    async def settle(self, mark: str) -> Evidence | bool:
        """A job begun at `mark`, here or by an earlier owner, is uncertain: did it come out, or can it still?

        What the printer holds is cleared away, so that nothing comes out after this. Evidence: it came out. False:
        surely not, so it may be printed again. True: perhaps.
        """
        async with self._lock:
            try:
                if self._doubt is not None and self._doubt is self._conversation and self._link.is_open:
                    return await self._settle_here(self._doubt)
                if self._verdict is None:
                    await self._drop()
                    self._torn = mark
                    await self._connected()
            except (PrinterUnreachable, LinkError):
                await self._drop()
                return True
            verdict, self._verdict, self._doubt = self._verdict, None, None
            return True if verdict is None else verdict

    async def _settle_here(self, conversation: Conversation) -> Evidence | bool:
        """Nothing was missed of what this printer said since the job."""
        evidence = conversation.evidence()
        if evidence is None:
            cleared = await conversation.clear(self._timeouts.status_s)
            evidence = conversation.evidence()  # it may have come out under the question
            if evidence is None and not (cleared and conversation.surely_unprinted()):
                return True
        self._doubt = None
        return evidence or False

    async def close(self) -> None:
        """Hang up. What the printer holds it will still print."""
        async with self._lock:
            await self._drop()

    async def _ready(self) -> Conversation:
        """A conversation that can take a job now. Raises NotStarted."""
        self._last_status = await self._ask_status()
        conversation = self._conversation
        if not self._last_status.ready or conversation is None:
            raise NotStarted(self._last_status.words)
        try:
            if conversation.proof is None:
                await conversation.probe(self._confirm)
        except LinkError as error:
            await self._drop()
            raise NotStarted(error.reason) from error
        return conversation

    async def _greet_again(self) -> None:
        """One that was mute may have been stuck when it was greeted."""
        conversation = self._conversation
        if conversation is None or conversation.answered or self._confirm == "none":
            return
        try:
            await conversation.status(self._timeouts.status_s)
        except LinkError:
            await self._drop()
        if conversation.answered:
            await self._drop()  # so that the next connection finds out what it can prove

    async def _ask_status(self) -> PrinterStatus:
        try:
            conversation = await self._connected()
            if self._confirm == "none" or not conversation.answered:
                return MUTE
            status = await conversation.status(self._timeouts.status_s)
        except (PrinterUnreachable, LinkError) as error:
            await self._drop()
            return PrinterStatus(State.UNKNOWN, error.reason)
        if status.state is State.UNKNOWN:
            await self._drop()  # late answers would be taken for answers to later questions
        return status

    async def _connected(self) -> Conversation:
        """The conversation that there is, or a new one. Raises PrinterUnreachable."""
        if self._conversation is not None and self._link.is_open:
            return self._conversation
        await self._drop()
        try:
            await self._link.open(connect_timeout_s=self._timeouts.connect_s)
            conversation = self.language.converse(self._link, self._timeouts, self.media)
            if self._torn is not None:  # the rest of a cut command would swallow the first question
                self._verdict = await conversation.settle(self._torn)
                self._torn = None
            await self._get_to_know(conversation)
        except (LinkError, WrongLanguage) as error:
            await self._drop()
            raise PrinterUnreachable(error.reason) from error
        self._conversation = conversation
        return conversation

    async def _get_to_know(self, conversation: Conversation) -> None:
        """Find out once per connection what this printer answers. Raises LinkError, WrongLanguage."""
        if self._confirm == "none":
            await conversation.probe("none")
            return
        status = await conversation.status(self._timeouts.probe_s)
        self._has_ever_answered |= conversation.answered
        if status.ready:
            await conversation.probe(self._confirm)
        elif status.state is State.UNKNOWN:
            if self._has_ever_answered:
                raise LinkTimeout(status.words)  # one that used to speak is not mute: it is stuck
            await self._refuse_another_language()
            if conversation.heard:
                raise LinkTimeout("its answers make no sense")  # nor is one that says something
            await conversation.probe("none")

    async def _refuse_another_language(self) -> None:
        spoken = await language_spoken(self._link, self._others, self._timeouts.probe_s)
        if spoken is not None:
            raise WrongLanguage(f"it speaks {spoken}, and {self.language.name} is configured")

    async def _write(self, data: bytes, on_first_byte: Callable[[], None] | None = None) -> None:
        """Hand over bytes within the time that the wire takes for them, and some more."""
        deadline_s = wire_s(len(data), self._link.bytes_per_s) + self._timeouts.write_s
        await self._link.write(data, deadline_s=deadline_s, on_handed=on_first_byte)

    async def _evidence(self, conversation: Conversation) -> Evidence:
        """Wait for the proof, watching the printer's health meanwhile. Raises Uncertain, LinkError."""
        if conversation.proof == "none":
            await conversation.hear(self._timeouts.hold_s)
            return "none"
        now = asyncio.get_running_loop().time
        give_up_at, healthy_at = now() + self._timeouts.confirm_s, now()
        while (evidence := conversation.evidence()) is None:
            await conversation.hear(self._timeouts.poll_s)
            if conversation.evidence() is not None:
                continue
            status = await conversation.status(self._timeouts.status_s)
            if status.ready:
                healthy_at = now()
            elif status.state is not State.UNKNOWN and now() - healthy_at > self._timeouts.grace_s:
                raise Uncertain(status.words)
            if now() > give_up_at and conversation.evidence() is None:
                raise Uncertain("no confirmation" if status.ready else status.words)
        return evidence

    async def _drop(self) -> None:
        self._conversation = None
        await self._link.close()
