"""How a scanner is told the answer to a scan."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, TypeAlias

from devices.scanners.framing.framer import FramingName
from devices.scanners.scan import Feedback, Tone

FeedbackMode = Literal["none", "bel", "text"]

#: What is written to a scanner to tell it an answer; nothing to one that cannot be told.
Voice: TypeAlias = Callable[[Feedback], bytes]

_BELLS: dict[Tone, int] = {"good": 1, "wrong": 2, "stop": 3}


def voice_of(mode: FeedbackMode, framing: FramingName) -> Voice:
    """The voice for a scanner's `feedback` and framing."""
    del framing
    return {"none": _silent, "bel": _bells, "text": _words}[mode]


def tone_of(answer: bytes) -> Tone | None:
    """What a scanner understands when it hears these bells."""
    return next((tone for tone, count in _BELLS.items() if answer.count(7) == count), None)


def _silent(_: Feedback) -> bytes:
    return b""


def _bells(answer: Feedback) -> bytes:
    """BEL once for good, twice for wrong, three times for stop."""
    return b"\x07" * _BELLS[answer.tone]


def _words(answer: Feedback) -> bytes:
    return answer.text.encode() + b"\r\n"
