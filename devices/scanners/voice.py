"""How a scanner is told the answer to a scan."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Literal, TypeAlias

from devices.scanners.framing.framer import FramingName
from devices.scanners.framing.ssi_packets import Beep, beep
from devices.scanners.scan import Feedback, Tone

FeedbackMode = Literal["none", "bel", "text"]

#: What is written to a scanner to tell it an answer; nothing to one that cannot be told.
Voice: TypeAlias = Callable[[Feedback], bytes]

_BELLS: dict[Tone, bytes] = {"good": b"\a", "wrong": b"\a\a", "stop": b"\a\a\a"}
_BEEPS: dict[Tone, bytes] = {
    "good": beep(Beep.ONE_SHORT_HIGH),
    "wrong": beep(Beep.TWO_SHORT_LOW),
    "stop": beep(Beep.THREE_LONG_LOW),
}
_SOUNDS = {sound: tone for table in (_BELLS, _BEEPS) for tone, sound in table.items()}
_SOUND = re.compile(b"|".join(map(re.escape, (*_BEEPS.values(), b"\a"))))


def voice_of(mode: FeedbackMode, framing: FramingName) -> Voice:
    """The voice for a scanner's `feedback` and framing; SSI has beeps alone, for every mode but "none"."""
    if framing == "ssi" and mode != "none":
        return _beeps
    return {"none": _silent, "bel": _bells, "text": _words}[mode]


def tone_of(answer: bytes) -> Tone | None:
    """What a scanner understands that hears this, whatever else comes with the bells or beeps of one tone."""
    return _SOUNDS.get(b"".join(_SOUND.findall(answer)))


def _silent(_: Feedback) -> bytes:
    return b""


def _bells(answer: Feedback) -> bytes:
    """BEL once for good, twice for wrong, three times for stop."""
    return _BELLS[answer.tone]


def _beeps(answer: Feedback) -> bytes:
    """One short high for good, two short low for wrong, three long low for stop."""
    return _BEEPS[answer.tone]


def _words(answer: Feedback) -> bytes:
    return answer.text.encode() + b"\r\n"
