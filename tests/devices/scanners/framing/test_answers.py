"""What a framing answers reaches the scanner in order, and a receipt never before the commit."""

from __future__ import annotations

import pytest

from devices.errors import DeviceGone
from devices.scanners.assembler import Assembler, answer_scans
from devices.scanners.framing import ssi_packets as ssi
from devices.scanners.framing.framer import Answer, Noise
from devices.scanners.framing.ssi import SsiFramer
from devices.scanners.framing.ssi_packets import DECODER, Beep, Cause, Opcode, Packet
from devices.scanners.scan import Feedback, Scan, Vitals
from devices.scanners.voice import voice_of
from devices.sim.framing import encode, ssi_packets


class Desk:
    """Commits scans, and writes down what happens when."""

    def __init__(self) -> None:
        self.log: list[str | bytes] = []

    async def scanned(self, scan: Scan) -> Feedback:
        self.log.append(f"committed {scan.text[:8]}")
        return Feedback("good", "")

    def garbled(self, noise: Noise) -> None:
        self.log.append(noise.reason)

    async def health(self, fault: str | None) -> None:
        self.log.append(f"health {fault}")

    def vitals(self, vitals: Vitals) -> None:
        self.log.append(f"path {vitals.path}")

    async def write(self, data: bytes) -> None:
        self.log.append(data)


async def told(*sent: bytes) -> list[str | bytes]:
    """What happens when a scanner in SSI mode sends this."""
    desk = Desk()
    line = Assembler(SsiFramer(), desk.garbled)
    for packet in sent:
        line.feed(packet)
    line.end(DeviceGone("gone"))
    with pytest.raises(DeviceGone):
        await answer_scans(line, desk, voice_of("bel", "ssi"), desk.write)
    return desk.log


GOOD = ssi.ACK + ssi.beep(Beep.ONE_SHORT_HIGH)


async def test_the_receipt_and_the_beep_follow_the_commit() -> None:
    assert await told(encode("ssi", "SF1")) == ["committed SF1", GOOD]


async def test_early_packets_are_answered_before_the_commit_of_the_whole() -> None:
    assert await told(*ssi_packets(b"SF" * 200)) == [ssi.ACK, "committed SFSFSFSF", GOOD]


async def test_answers_come_in_the_order_of_what_was_sent() -> None:
    event = Packet(Opcode.EVENT, b"\x01", DECODER).encode()
    assert await told(encode("ssi", "SF1"), event, encode("ssi", "SF2")) == [
        "committed SF1",
        GOOD,
        ssi.ACK,
        "committed SF2",
        GOOD,
    ]


async def test_a_code_of_nothing_gets_its_receipt_without_a_commit() -> None:
    assert await told(*ssi_packets(b"\r")) == [ssi.ACK]


async def test_a_code_that_is_refused_is_noise_and_answered() -> None:
    batch = Packet(Opcode.BATCH_DATA, b"SF1", DECODER).encode()
    assert await told(batch) == ["malformed", ssi.nak(Cause.DENIED)]


async def test_what_is_to_be_written_comes_before_the_scan_that_it_lets_come() -> None:
    line = Assembler(SsiFramer(), Desk().garbled)
    for packet in ssi_packets(b"SF" * 200):
        line.feed(packet)
    answer, scan = [await line.next_output() for _ in range(2)]
    assert answer == Answer(ssi.ACK)
    assert isinstance(scan, Scan)
    assert scan.text == "SF" * 200
