"""What every framing has in common: what it is fed, and what comes out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol, TypeAlias

LONGEST_FRAME = 4096
KEPT_OF_NOISE = 64

#: A silence that ends a code where no byte does: longer than any gap within a code, shorter than from hand to hand.
IDLE_S = 0.080
#: A silence after which the rest of a code that has an end of its own does not come any more: a radio repeats what was
#: lost within this, and no hand scans twice within it.
STALL_S = 0.250

#: What `[[scanners]]` and profiles name: any line end; one line end alone; STX…ETX; a length before each code; Zebra's
#: Simple Serial Interface; nothing but silence.
FramingName = Literal["line", "cr", "lf", "crlf", "stx-etx", "length", "ssi", "silence"]

NoiseReason = Literal["too-long", "checksum", "malformed", "truncated"]


@dataclass(frozen=True, slots=True)
class Frame:
    """One code as the scanner sent it, an AIM id in front of it included.

    `symbology` is the AIM id (without its bracket) where the framing itself names the code's kind. `receipt` are the
    bytes that tell the scanner that its code is safe: they are written after the commit and never before; until then
    it may send the code again, which `resent` marks where the framing says so.
    """

    data: bytes
    symbology: str | None = None
    receipt: bytes = b""
    resent: bool = False


@dataclass(frozen=True, slots=True)
class Noise:
    """Bytes that are no code: why, and the first of them (at most `KEPT_OF_NOISE`)."""

    reason: NoiseReason
    data: bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """What the scanner waits for before it goes on, and what promises nothing: written without waiting for a commit."""

    data: bytes


Framed: TypeAlias = Frame | Noise | Answer


class Framer(Protocol):
    """One scanner's assembly of frames. However its bytes are split, the same frames come out; no bytes raise.

    `now` is in seconds of any steady clock.
    """

    @property
    def idle_s(self) -> float:
        """How long a silence must last from now on before `flush` ends something."""
        ...

    @property
    def waiting(self) -> bool:
        """Whether silence may still end something: ask `flush` when `idle_s` have passed."""
        ...

    def feed(self, data: bytes, now: float) -> list[Framed]:
        """What these bytes complete."""
        ...

    def flush(self, now: float) -> list[Framed]:
        """What silence has ended, if it has lasted long enough."""
        ...

    def cut(self) -> list[Framed]:
        """The link is gone: what was half there is truncated, and the next byte begins anew."""
        ...
