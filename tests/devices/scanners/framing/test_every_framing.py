"""What every framing promises: no bytes raise, no split shows, and no noise swallows the code after it."""

from __future__ import annotations

import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.frame_fuzz import Fuzz
from devices.scanners.framing.framer import KEPT_OF_NOISE, LONGEST_FRAME, Frame, Framed, FramingName, Noise
from devices.scanners.framing.kinds import FRAMERS, framer_of
from devices.sim.framing import encode

FRAMINGS = sorted(FRAMERS)
LONG_SILENCE_S = 60.0

framings = st.sampled_from(FRAMINGS)
codes = st.text(st.characters(min_codepoint=0x20, exclude_categories=["Cs", "Cc"]), min_size=1, max_size=60)
marks = st.sampled_from(
    [b"\r", b"\n", b"\r\n", b"\x02", b"\x03", b"\x00", b"\x05", b"\xff", b"\x06\xf3\x00\x03"]
)


@st.composite
def streams(draw: st.DrawFn) -> tuple[FramingName, list[bytes]]:
    framing = draw(framings)
    good = codes.map(lambda code: encode(framing, code[:60]))
    return framing, draw(st.lists(good | st.binary(max_size=20) | marks, max_size=12))


def codes_in(framed: list[Framed]) -> list[bytes]:
    return [each.data for each in framed if isinstance(each, Frame)]


@given(framings, codes)
def test_what_a_scanner_sends_comes_out_as_its_code(framing: FramingName, code: str) -> None:
    framer = framer_of(framing)
    framed = framer.feed(encode(framing, code), 1.0) + framer.flush(1.0 + LONG_SILENCE_S)
    assert codes_in(framed) == [code.encode()]
    assert len(framed) == 1
    assert not framer.waiting


@given(framings, st.lists(codes, max_size=8))
def test_codes_that_follow_each_other_at_once_stay_apart(framing: FramingName, texts: list[str]) -> None:
    if framing == "silence":  # nothing else keeps them apart
        texts = texts[:1]
    framer = framer_of(framing)
    framed = framer.feed(b"".join(encode(framing, text) for text in texts), 1.0)
    assert codes_in(framed + framer.flush(LONG_SILENCE_S)) == [text.encode() for text in texts]


@given(streams(), st.data())
def test_any_split_of_the_bytes_gives_the_same(
    stream: tuple[FramingName, list[bytes]], data: st.DataObject
) -> None:
    framing, pieces = stream
    whole = b"".join(pieces)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(whole)), max_size=20)))
    one, many = framer_of(framing), framer_of(framing)
    in_one = one.feed(whole, 1.0)
    in_many = [
        each
        for start, end in zip([0, *cuts], [*cuts, len(whole)], strict=True)
        for each in many.feed(whole[start:end], 1.0)
    ]
    assert in_many == in_one
    assert many.waiting == one.waiting
    assert many.idle_s == one.idle_s
    assert many.flush(LONG_SILENCE_S) == one.flush(LONG_SILENCE_S)


@given(framings, st.lists(st.tuples(st.binary(max_size=40) | marks, st.floats(0, 10)), max_size=20))
def test_a_silence_ends_the_same_whether_it_is_asked_for_or_the_next_byte_shows_it(
    framing: FramingName, steps: list[tuple[bytes, float]]
) -> None:
    asked, shown, now = framer_of(framing), framer_of(framing), 0.0
    for data, silence_s in steps:
        now += silence_s
        assert asked.flush(now) + asked.feed(data, now) == shown.feed(data, now)


@given(streams(), codes)
def test_after_any_noise_and_a_silence_the_next_code_comes(
    stream: tuple[FramingName, list[bytes]], code: str
) -> None:
    framing, noise = stream
    framer = framer_of(framing)
    framer.feed(b"".join(noise), 0.0)
    framer.flush(LONG_SILENCE_S)
    assert not framer.waiting
    framed = framer.feed(encode(framing, code), 61.0) + framer.flush(99.0)
    assert codes_in(framed) == [code.encode()]
    assert len(framed) == 1


@given(streams(), codes)
def test_after_a_loss_the_next_byte_begins_anew(stream: tuple[FramingName, list[bytes]], code: str) -> None:
    framing, noise = stream
    framer = framer_of(framing)
    framer.feed(b"".join(noise), 0.0)
    framer.cut()
    assert not framer.waiting
    framed = framer.feed(encode(framing, code), 0.0) + framer.flush(LONG_SILENCE_S)
    assert codes_in(framed) == [code.encode()]


@pytest.mark.parametrize("framing", FRAMINGS)
def test_half_a_code_is_truncated_when_the_link_is_lost(framing: FramingName) -> None:
    framer = framer_of(framing)
    half = encode(framing, "SF1234567890123")[:8]
    assert framer.feed(half, 0.0) == []
    assert framer.waiting
    assert [each.reason for each in framer.cut() if isinstance(each, Noise)] == ["truncated"]
    assert framer.cut() == []


@pytest.mark.parametrize("framing", FRAMINGS)
def test_bytes_that_dawdle_are_still_one_code(framing: FramingName) -> None:
    framer = framer_of(framing)
    framed, now = [], 10.0
    for byte in encode(framing, "SF123"):
        framed += framer.feed(bytes([byte]), now)
        now += 0.9 * framer.idle_s if framer.waiting else 0.0
    assert codes_in(framed + framer.flush(now + LONG_SILENCE_S)) == [b"SF123"]


@given(framings, st.binary(min_size=1, max_size=50), st.integers(1, 2 * LONGEST_FRAME))
def test_of_noise_only_a_sample_is_kept(framing: FramingName, noise: bytes, times: int) -> None:
    framer = framer_of(framing)
    framed = framer.feed(noise * times, 0.0) + framer.flush(LONG_SILENCE_S) + framer.cut()
    assert all(len(each.data) <= KEPT_OF_NOISE for each in framed if isinstance(each, Noise))
    assert all(len(each.data) <= LONGEST_FRAME for each in framed if isinstance(each, Frame))


@pytest.mark.parametrize("framing", FRAMINGS)
@pytest.mark.parametrize("babble", [b"x", b"\x02", b"\x00", b"\xff\xf3\x00\x02"])
def test_a_scanner_that_babbles_without_end_costs_no_memory(framing: FramingName, babble: bytes) -> None:
    framer = framer_of(framing)
    babble *= 1024 // len(babble)
    flood = babble * 1000
    tracemalloc.start()
    try:
        framer.feed(flood, 0.0)
        for _ in range(1000):
            framer.feed(babble, 0.0)
        assert tracemalloc.get_traced_memory()[0] < LONGEST_FRAME * 4
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("framing", FRAMINGS)
@pytest.mark.parametrize("seed", [1, 2])
def test_fuzzed_streams_raise_nothing_and_cost_no_code_that_came_whole(
    framing: FramingName, seed: int
) -> None:
    fuzz = Fuzz(framing, seed)
    fuzz.run(3000)
    assert fuzz.missed == 0
    assert fuzz.whole > 300
    assert fuzz.noise
