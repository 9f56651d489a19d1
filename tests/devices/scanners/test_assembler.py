"""One connection's bytes become its scans, in order; what waited before it is told from what was just scanned."""

from __future__ import annotations

import asyncio
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.errors import DeviceGone
from devices.scanners.assembler import Assembler, Burst, answer_scans
from devices.scanners.framing.framer import Noise
from devices.scanners.framing.lines import LineFramer
from devices.scanners.scan import Feedback, Scan, Vitals


def assembler(noises: list[Noise] | None = None) -> Assembler:
    return Assembler(LineFramer(), ([] if noises is None else noises).append)


async def text_of(line: Assembler) -> str:
    """Of the next scan; nothing is answered before it."""
    out = await line.next_output()
    assert isinstance(out, Scan)
    return out.text


async def test_scans_come_in_order_and_the_end_comes_after_the_last_of_them() -> None:
    line = assembler()
    line.feed(b"SF1\rSF")
    line.feed(b"2\r")
    line.end(DeviceGone("unplugged"))
    assert [await text_of(line) for _ in range(2)] == ["SF1", "SF2"]
    with pytest.raises(DeviceGone, match="unplugged"):
        await line.next_output()


async def test_half_a_code_is_noise_when_the_connection_ends() -> None:
    noises: list[Noise] = []
    line = assembler(noises)
    line.feed(b"SF1\rSF99")
    line.end(DeviceGone("out of range"))
    assert await text_of(line) == "SF1"
    assert noises == [Noise("truncated", b"SF99")]


async def test_silence_ends_a_code_by_the_loops_clock() -> None:
    line = assembler()
    line.feed(b"SF1")
    async with asyncio.timeout(5):
        assert await text_of(line) == "SF1"


async def test_every_connection_has_a_name_of_its_own() -> None:
    assert len({assembler().link for _ in range(100)}) == 100


class Listener:
    """Answers with the code itself."""

    def __init__(self) -> None:
        self.log: list[str] = []

    async def scanned(self, scan: Scan) -> Feedback:
        self.log.append(f"taken {scan.text}")
        return Feedback("good", scan.text)

    def garbled(self, noise: Noise) -> None:
        self.log.append(noise.reason)

    async def health(self, fault: str | None) -> None:
        self.log.append(f"health {fault}")

    def vitals(self, vitals: Vitals) -> None:
        self.log.append(f"path {vitals.path}")

    async def write(self, data: bytes) -> None:
        self.log.append(f"told {data.decode()}")


async def test_each_scan_is_told_after_it_was_taken_and_before_the_next_is() -> None:
    line, listener = assembler(), Listener()
    line.feed(b"A\rB\r")
    line.end(DeviceGone("gone"))
    with pytest.raises(DeviceGone):
        await answer_scans(line, listener, lambda answer: answer.text.encode(), listener.write)
    assert listener.log == ["taken A", "told A", "taken B", "told B"]


# --- what waited --------------------------------------------------------------------------------------------


def test_what_comes_with_the_connection_waited_and_what_comes_later_did_not() -> None:
    burst = Burst(10.0)
    assert burst.takes(10.0)
    assert burst.takes(10.4)
    assert not burst.takes(11.0)


def test_a_long_burst_is_one_burst_until_a_hands_pause() -> None:
    burst = Burst(0.0)
    assert all(burst.takes(0.1 * n) for n in range(100))
    assert not burst.takes(9.9 + Burst.FASTER_THAN_A_HAND_S + 0.01)
    assert not burst.takes(10.06), "once it is over, it is over"


@given(st.lists(st.floats(0, 3), max_size=30).map(sorted))
def test_a_burst_ends_at_the_first_pause_and_never_begins_again(times: list[float]) -> None:
    burst = Burst(0.0)
    taken = [burst.takes(at) for at in times]
    assert all(before or not after for before, after in pairwise(taken))
