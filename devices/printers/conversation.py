"""What a driver needs of a printer's language: one conversation per connection."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from devices.labels.label import Media
from devices.labels.placed import Layout, Raster
from devices.labels.typeface import Typeface
from devices.links.link import Link
from devices.printers.status import Confirm, Evidence, PrinterStatus, Timeouts


class Conversation(Protocol):
    """What was asked on one connection, and what came back; a new connection is a new conversation.

    Every method that talks may raise LinkLost or LinkTimeout. One job at a time: what is said of "the job" is said
    of the latest one.
    """

    @property
    def heard(self) -> bool:
        """Did anything come back at all?"""
        ...

    @property
    def answered(self) -> bool:
        """Was anything at all understood of what came back?"""
        ...

    @property
    def proof(self) -> Evidence | None:
        """The best that this printer can prove; None until `probe` has found out."""
        ...

    async def status(self, timeout_s: float) -> PrinterStatus:
        """Ask now; NO_ANSWER where nothing readable comes in time."""
        ...

    async def probe(self, confirm: Confirm) -> None:
        """Find out what a healthy printer can prove. What it still holds of an earlier job is printed first."""
        ...

    async def mark(self) -> str:
        """What its counters say before a job, in a form of the conversation's own; empty where it has none."""
        ...

    def job(self, payload: bytes, mark: str) -> bytes:
        """The label's bytes, and after them the question that will prove it. From here on this is the job."""
        ...

    async def hear(self, timeout_s: float) -> None:
        """Listen until there may be evidence of the job, or the time is up."""
        ...

    def evidence(self) -> Evidence | None:
        """What proves by now that the job came out."""
        ...

    async def clear(self, timeout_s: float) -> bool:
        """Empty the printer's buffers; True when it acknowledged: nothing of any job comes out any more."""
        ...

    def surely_unprinted(self) -> bool:
        """After an acknowledged clear: would we have heard of the job if it had come out, and have not?"""
        ...

    async def settle(self, mark: str) -> Evidence | bool:
        """The first word on a new connection: a job begun at `mark` was cut off, or its owner died.

        Leaves a printer that holds nothing and reads commands from their beginning. Evidence: it came out. False: it
        surely did not, and does not any more. True: it may have.
        """
        ...


@dataclass(frozen=True, slots=True)
class Language:
    """A printer's language: how a label is said in it, and how a printer that speaks it is talked to."""

    name: str
    converse: Callable[[Link, Timeouts, Media], Conversation]
    raster: Callable[[Raster, Media], bytes]  # one label as a picture
    native: Callable[[Layout, Media], bytes]  # one label in the printer's own text, codes and rules
    typeface: Callable[[Media], Typeface]  # what native text is set in
    greeting: bytes  # a status question that prints nothing on a printer of another language
    recognises: Callable[[bytes], bool]  # is this how a printer of this language answers its greeting?
