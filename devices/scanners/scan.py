"""What a scanner read, and what it is told about it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

Tone = Literal["good", "wrong", "stop"]

_AIM = re.compile(r"\][A-Za-z][0-9A-Za-z]")
# Line noise and the framing of some models (STX, ETX); GS, RS and EOT belong to GS1 and ISO 15434 codes.
_NOISE = re.compile(r"[\x00-\x03\x05-\x1c\x1f\x7f]")
_BELLS: dict[Tone, int] = {"good": 1, "wrong": 2, "stop": 3}


@dataclass(frozen=True, slots=True)
class Scan:
    """`text` without terminator and AIM id; `symbology` that id where the scanner sends one ("C0": Code 128)."""

    text: str
    symbology: str | None
    at: float


@dataclass(frozen=True, slots=True)
class Feedback:
    """The answer to a scan: a tone, and words for a display."""

    tone: Tone
    text: str


def read_frame(frame: bytes, at: float) -> Scan | None:
    """The scan in a frame, or None where only noise is left. `at`: seconds since the epoch."""
    text = _NOISE.sub("", _decode(frame))
    aim = _AIM.match(text)
    if aim:
        text = text[aim.end() :]
    return Scan(text, aim.group()[1:] if aim else None, at) if text else None


def bells(tone: Tone) -> bytes:
    """BEL once for good, twice for wrong, three times for stop."""
    return b"\x07" * _BELLS[tone]


def tone_of(answer: bytes) -> Tone | None:
    """What a scanner understands when it hears these bytes."""
    return next((tone for tone, count in _BELLS.items() if answer.count(7) == count), None)


def _decode(frame: bytes) -> str:
    """Scanners send UTF-8, or GB18030 where they are set up for Chinese codes; noise is neither."""
    for encoding in ("utf-8", "gb18030"):
        try:
            return frame.decode(encoding)
        except UnicodeDecodeError:
            continue
    return frame.decode("latin-1")
