"""What a scanner read, what it is told about it, and who listens to a scanner."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, Protocol

from devices.scanners.framing.framer import Frame, Noise

Tone = Literal["good", "wrong", "stop"]

_AIM = re.compile(r"\][A-Za-z][0-9A-Za-z]")
# Line noise and the framing of some models (STX, ETX); GS, RS and EOT belong to GS1 and ISO 15434 codes.
_NOISE = re.compile(r"[\x00-\x03\x05-\x1c\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Scan:
    """One code, and what is known about how it came.

    `text` without terminator and AIM id; `symbology` that id where there is one ("C0": Code 128). `at`: seconds since
    the epoch, of its last byte. `link` names the connection that it came over, another one for each connection ever.
    `sequence` is the device's own counter. `replayed`: read earlier, sent from the scanner's memory; `resent`: the
    scanner says that it has sent it before. `receipt`: see `Frame`.
    """

    text: str
    symbology: str | None
    at: float
    link: str = ""
    sequence: int | None = None
    replayed: bool = False
    resent: bool = False
    receipt: bytes = b""


@dataclass(frozen=True, slots=True)
class Feedback:
    """The answer to a scan: a tone, and words for a display."""

    tone: Tone
    text: str


@dataclass(frozen=True, slots=True)
class Vitals:
    """How a scanner is: what it hangs on ("hci0"), and battery and signal where they are known."""

    path: str = ""
    battery_percent: int | None = None
    signal_dbm: int | None = None


class Listener(Protocol):
    """Who takes what one scanner sends."""

    async def scanned(self, scan: Scan) -> Feedback:
        """Returns after the commit, with what the scanner is told."""
        ...

    def garbled(self, noise: Noise) -> None:
        """Something came that is no code."""
        ...

    async def health(self, fault: str | None) -> None:
        """It cannot be used, and why; None: it works."""
        ...

    def vitals(self, vitals: Vitals) -> None:
        """How it is."""
        ...


def read_frame(frame: Frame, at: float, link: str = "", *, replayed: bool = False) -> Scan | None:
    """The scan in a frame, or None where only noise is left. `at`: seconds since the epoch."""
    text = _NOISE.sub("", _decode(frame.data))
    aim = _AIM.match(text)
    if aim:
        text = text[aim.end() :]
    symbology = aim.group()[1:] if aim else frame.symbology
    if not text:
        return None
    return Scan(text, symbology, at, link, replayed=replayed, resent=frame.resent, receipt=frame.receipt)


def _decode(frame: bytes) -> str:
    """Scanners send UTF-8, or GB18030 where they are set up for Chinese codes; noise is neither."""
    for encoding in ("utf-8", "gb18030"):
        try:
            return frame.decode(encoding)
        except UnicodeDecodeError:
            continue
    return frame.decode("latin-1")
