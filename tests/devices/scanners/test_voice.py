"""What a scanner is told, in the voice that it has."""

from __future__ import annotations

import pytest

from devices.scanners.framing.framer import FramingName
from devices.scanners.framing.kinds import FRAMERS
from devices.scanners.framing.ssi_packets import ACK
from devices.scanners.scan import Feedback, Tone
from devices.scanners.voice import FeedbackMode, tone_of, voice_of

LINED = sorted(FRAMERS.keys() - {"ssi"})


@pytest.mark.parametrize("tone", ["good", "wrong", "stop"])
@pytest.mark.parametrize("framing", FRAMERS)
def test_a_scanner_hears_the_tone_that_it_is_told(tone: Tone, framing: FramingName) -> None:
    voice = voice_of("bel", framing)
    assert tone_of(voice(Feedback(tone, ""))) == tone


@pytest.mark.parametrize(("tone", "bells"), [("good", b"\a"), ("wrong", b"\a\a"), ("stop", b"\a\a\a")])
@pytest.mark.parametrize("framing", LINED)
def test_each_tone_has_its_bells(tone: Tone, bells: bytes, framing: FramingName) -> None:
    assert voice_of("bel", framing)(Feedback(tone, "")) == bells


@pytest.mark.parametrize(
    ("tone", "packet"),
    [("good", "05e6040000ff11"), ("wrong", "05e6040006ff0b"), ("stop", "05e6040011ff00")],
)
@pytest.mark.parametrize("mode", ["bel", "text"])
def test_ssi_has_beeps_alone(tone: Tone, packet: str, mode: FeedbackMode) -> None:
    assert voice_of(mode, "ssi")(Feedback(tone, "a text")).hex() == packet


@pytest.mark.parametrize("framing", FRAMERS)
def test_a_scanner_without_a_voice_is_told_nothing(framing: FramingName) -> None:
    assert voice_of("none", framing)(Feedback("stop", "STOP")) == b""


def test_a_display_gets_words() -> None:
    assert voice_of("text", "line")(Feedback("stop", "已取消")) == "已取消\r\n".encode()


def test_the_receipt_before_the_beep_is_no_part_of_the_tone() -> None:
    assert tone_of(ACK + voice_of("bel", "ssi")(Feedback("wrong", ""))) == "wrong"


@pytest.mark.parametrize("heard", [b"", ACK, b"\a" * 4, b"SF1 ok\r\n"])
def test_no_bell_or_too_many_are_no_tone(heard: bytes) -> None:
    assert tone_of(heard) is None
