"""SSI: what is acknowledged when, what is asked for again, and codes of several packets."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.scanners.framing import ssi_packets as ssi
from devices.scanners.framing.framer import (
    KEPT_OF_NOISE,
    LONGEST_FRAME,
    STALL_S,
    Answer,
    Frame,
    Framed,
    Noise,
    NoiseReason,
)
from devices.scanners.framing.ssi import TRIES_S, SsiFramer
from devices.scanners.framing.ssi_packets import DECODER, HOST, Cause, Opcode, Packet
from devices.sim.framing import ssi_packets

ACKNOWLEDGED, RESEND, DENIED = Answer(ssi.ACK), Answer(ssi.nak(Cause.RESEND)), Answer(ssi.nak(Cause.DENIED))
LONG = bytes(range(0x20, 0x7F)) * 6  # three packets


def from_scanner(opcode: int, data: bytes = b"") -> bytes:
    return Packet(opcode, data, DECODER).encode()


def spoilt(packet: bytes) -> bytes:
    return packet[:-3] + bytes([packet[-3] ^ 0x40]) + packet[-2:]


@pytest.mark.parametrize(
    ("packet", "on_the_line"),
    [
        (Packet(Opcode.CMD_ACK), "04d00400ff28"),
        (Packet(Opcode.CMD_NAK, b"\x01"), "05d1040001ff25"),
        (Packet(0xE4), "04e40400ff14"),
        (Packet(Opcode.BEEP, b"\x11"), "05e6040011ff00"),
        (Packet(Opcode.DECODE_DATA, b"\x03A", DECODER, resent=True, continued=True), "06f3000303" + "41fec0"),
    ],
)
def test_packets_stand_on_the_line_as_the_guide_has_them(packet: Packet, on_the_line: str) -> None:
    assert packet.encode().hex() == on_the_line
    assert ssi.decode(packet.encode()) == packet


@given(
    st.builds(
        Packet,
        st.integers(0, 255),
        st.binary(max_size=ssi.LONGEST_DATA),
        st.integers(0, 255),
        st.booleans(),
        st.booleans(),
    ),
    st.data(),
)
def test_a_packet_reads_as_it_was_written_and_no_changed_byte_passes(
    packet: Packet, data: st.DataObject
) -> None:
    raw = packet.encode()
    assert ssi.size_of(raw[0]) == len(raw)
    assert ssi.decode(raw) == packet
    changed = bytearray(raw)
    changed[data.draw(st.integers(0, len(raw) - 1))] ^= data.draw(st.integers(1, 255))
    assert ssi.decode(bytes(changed)) is None


def test_a_packet_has_no_room_for_more_than_its_length_can_say() -> None:
    with pytest.raises(ValueError, match="252 bytes"):
        Packet(Opcode.DECODE_DATA, b"x" * 252).encode()


def test_the_receipt_of_a_code_is_kept_for_after_its_commit() -> None:
    (packet,) = ssi_packets(b"SF1")
    assert SsiFramer().feed(packet, 0.0) == [Frame(b"SF1", "C0", ssi.ACK)]


@pytest.mark.parametrize(
    ("kind", "symbology"), [(0x0B, "E0"), (0x0F, "C1"), (0x1C, "Q1"), (0x09, None), (0xEE, None)]
)
def test_the_packet_names_the_kind_of_its_code(kind: int, symbology: str | None) -> None:
    (packet,) = ssi_packets(b"1", kind)
    assert SsiFramer().feed(packet, 0.0) == [Frame(b"1", symbology, ssi.ACK)]


def test_a_code_of_nothing_still_gets_its_receipt() -> None:
    assert SsiFramer().feed(from_scanner(Opcode.DECODE_DATA), 0.0) == [Frame(b"", None, ssi.ACK)]


def test_what_does_not_check_is_asked_for_again_in_the_silence_after_it() -> None:
    framer = SsiFramer()
    (packet,) = ssi_packets(b"SF1")
    bad = spoilt(packet)
    assert framer.feed(bad, 0.0) == []
    assert framer.flush(STALL_S) == [Noise("checksum", bad), RESEND]
    (again,) = ssi_packets(b"SF1", resent=True)
    assert framer.feed(again, 1.0) == [Frame(b"SF1", "C0", ssi.ACK, resent=True)]


@pytest.mark.parametrize(("data", "reason"), [(b"\x00", "malformed"), (b"\x08\xf3\x00", "truncated")])
def test_what_is_no_packet_is_asked_for_again_too(data: bytes, reason: NoiseReason) -> None:
    framer = SsiFramer()
    assert framer.feed(data, 0.0) == []
    assert framer.flush(STALL_S) == [Noise(reason, data), RESEND]


def test_what_a_lost_link_cut_is_not_asked_for() -> None:
    framer = SsiFramer()
    framer.feed(b"\x08\xf3\x00", 0.0)
    assert framer.cut() == [Noise("truncated", b"\x08\xf3\x00")]


@pytest.mark.parametrize("opcode", [Opcode.EVENT, 0xD4, 0xA4, 0xC6])
def test_other_packets_are_acknowledged_and_are_no_code(opcode: int) -> None:
    assert SsiFramer().feed(from_scanner(opcode, b"\x01"), 0.0) == [ACKNOWLEDGED]


@pytest.mark.parametrize("answer", [from_scanner(Opcode.CMD_ACK), from_scanner(Opcode.CMD_NAK, b"\x02")])
def test_an_answer_is_not_answered(answer: bytes) -> None:
    assert SsiFramer().feed(answer, 0.0) == []


def test_a_line_that_echoes_is_not_answered() -> None:
    echo = ssi.beep(ssi.Beep.ONE_SHORT_HIGH) + Packet(Opcode.DECODE_DATA, b"\x03SF1", HOST).encode()
    assert SsiFramer().feed(echo, 0.0) == []


@pytest.mark.parametrize("opcode", [Opcode.MULTIPACKET_SEGMENT, Opcode.BATCH_DATA])
def test_codes_in_a_form_that_is_not_read_are_refused_and_not_lost_in_silence(opcode: int) -> None:
    packet = from_scanner(opcode, b"SF1")
    assert SsiFramer().feed(packet, 0.0) == [Noise("malformed", packet), DENIED]


def test_packets_of_one_code_are_put_together_and_all_but_the_last_acknowledged_at_once() -> None:
    framer = SsiFramer()
    first, second, last = ssi_packets(LONG)
    assert framer.feed(first, 0.0) == [ACKNOWLEDGED]
    assert framer.feed(second, 1.0) == [ACKNOWLEDGED]
    assert framer.feed(last, 2.0) == [Frame(LONG, "C0", ssi.ACK)]
    assert not framer.waiting


def sent_again(packets: list[bytes], number: int) -> list[bytes]:
    return [*packets[: number + 1], ssi_packets(LONG, resent=True)[number], *packets[number + 1 :]]


@pytest.mark.parametrize("number", [0, 1])
def test_an_early_packet_that_comes_again_counts_once(number: int) -> None:
    framer = SsiFramer()
    framed = [each for packet in sent_again(ssi_packets(LONG), number) for each in framer.feed(packet, 0.0)]
    assert framed == [ACKNOWLEDGED, ACKNOWLEDGED, ACKNOWLEDGED, Frame(LONG, "C0", ssi.ACK)]


def test_the_last_packet_that_comes_again_is_the_whole_code_again() -> None:
    framer = SsiFramer()
    framed = [each for packet in sent_again(ssi_packets(LONG), 2) for each in framer.feed(packet, 0.0)]
    assert framed[2:] == [Frame(LONG, "C0", ssi.ACK), Frame(LONG, "C0", ssi.ACK, resent=True)]


def test_the_same_code_scanned_again_is_not_marked() -> None:
    framer = SsiFramer()
    (packet,) = ssi_packets(b"SF1")
    assert framer.feed(packet, 0.0) == framer.feed(packet, 0.0) == [Frame(b"SF1", "C0", ssi.ACK)]


def test_a_code_whose_next_packet_never_comes_is_given_up() -> None:
    framer = SsiFramer()
    first, *_ = ssi_packets(LONG)
    framer.feed(first, 0.0)
    assert framer.waiting
    assert framer.flush(TRIES_S[2] - 0.1) == []
    assert framer.waiting
    assert framer.flush(TRIES_S[2]) == [Noise("truncated", LONG[:KEPT_OF_NOISE])]
    assert not framer.waiting


@pytest.mark.parametrize("end", [lambda framer: framer.flush(TRIES_S[2]), SsiFramer.cut])
def test_a_copy_after_a_code_was_given_up_begins_it_anew(end: Callable[[SsiFramer], list[Framed]]) -> None:
    framer = SsiFramer()
    packets, copies = ssi_packets(LONG), ssi_packets(LONG, resent=True)
    framer.feed(packets[0], 0.0)
    assert end(framer) == [Noise("truncated", LONG[:KEPT_OF_NOISE])]
    assert framer.feed(copies[0] + b"".join(packets[1:]), 7.0)[-1] == Frame(LONG, "C0", ssi.ACK)


def test_a_packet_that_was_lost_may_come_at_the_scanners_second_try() -> None:
    framer = SsiFramer()
    first, _, last = ssi_packets(LONG)
    framer.feed(first, 0.0)
    assert framer.feed(ssi_packets(LONG, resent=True)[1], 2.1) == [ACKNOWLEDGED]
    assert framer.feed(last, 2.2) == [Frame(LONG, "C0", ssi.ACK)]


def test_a_later_copy_may_be_of_this_code_or_another_and_is_refused() -> None:
    framer = SsiFramer()
    first, *_ = ssi_packets(LONG)
    framer.feed(first, 0.0)
    assert framer.feed(ssi_packets(LONG, resent=True)[1], 4.1) == [
        Noise("truncated", LONG[:KEPT_OF_NOISE]),
        DENIED,
    ]


def test_a_packet_that_was_taken_may_come_again_at_the_scanners_last_try() -> None:
    framer = SsiFramer()
    first, second, _ = ssi_packets(LONG)
    framer.feed(first, 0.0)
    assert framer.feed(ssi_packets(LONG, resent=True)[0], 4.1) == [ACKNOWLEDGED]
    assert framer.feed(second, 4.2) == [ACKNOWLEDGED]


def test_another_code_after_one_that_the_scanner_gave_up_is_no_part_of_it() -> None:
    framer = SsiFramer()
    first, *_ = ssi_packets(LONG)
    framer.feed(first, 0.0)
    (packet,) = ssi_packets(b"SF1")
    assert framer.feed(packet, TRIES_S[0]) == [
        Noise("truncated", LONG[:KEPT_OF_NOISE]),
        Frame(b"SF1", "C0", ssi.ACK),
    ]


def test_a_code_longer_than_any_is_refused_as_a_whole() -> None:
    framer = SsiFramer()
    framed: list[Framed] = [
        each for packet in ssi_packets(b"x" * (LONGEST_FRAME + 1)) for each in framer.feed(packet, 0.0)
    ]
    assert framed == [*[ACKNOWLEDGED] * 16, Noise("too-long", b"x" * KEPT_OF_NOISE), DENIED]


@given(st.binary(max_size=3000))
def test_any_code_survives_its_packets(code: bytes) -> None:
    framer = SsiFramer()
    *early, last = [framer.feed(packet, 0.0) for packet in ssi_packets(code)]
    assert all(framed == [ACKNOWLEDGED] for framed in early)
    assert last == [Frame(code, "C0", ssi.ACK)]


class LossyLine:
    """A scanner in SSI mode that talks to a framer over a line that loses and spoils what passes.

    It sends a packet up to three times, marked after the first; after two seconds without an answer, or when asked to.
    """

    def __init__(self, data: st.DataObject) -> None:
        self.framer = SsiFramer()
        self.heard: list[bytes] = []
        self._data = data
        self._now = 0.0

    def scan(self, code: bytes) -> bool:
        """Whether the scanner knows at the end that its code is safe."""
        self._pass(0.3)
        firsts, agains = ssi_packets(code), ssi_packets(code, resent=True)
        return all(self._send(first, again) for first, again in zip(firsts, agains, strict=True))

    def _send(self, first: bytes, again: bytes) -> bool:
        for packet in (first, again, again):
            said = self._try(packet)
            if ssi.ACK in said or DENIED.data in said:
                return ssi.ACK in said
        return False

    def _try(self, packet: bytes) -> list[bytes]:
        """What the scanner is answered."""
        fate = self._data.draw(st.sampled_from(["fine", "fine", "lost", "spoilt", "unanswered", "neither"]))
        if fate in {"spoilt", "neither"}:
            at, bit = self._data.draw(st.integers(0, len(packet) - 1)), self._data.draw(st.integers(0, 7))
            packet = packet[:at] + bytes([packet[at] ^ 1 << bit]) + packet[at + 1 :]
        said = [] if fate == "lost" else self._pass(0.01, packet) or self._pass(STALL_S)
        if said and fate not in {"unanswered", "neither"}:
            return said
        self._pass(2.0)
        return []

    def _pass(self, seconds: float, packet: bytes = b"") -> list[bytes]:
        """Time passes, then the packet comes; what is answered."""
        self._now += seconds
        framed = self.framer.flush(self._now) + self.framer.feed(packet, self._now)
        self.heard += [each.data for each in framed if isinstance(each, Frame)]
        return [
            each.receipt if isinstance(each, Frame) else each.data
            for each in framed
            if not isinstance(each, Noise)
        ]


@given(st.lists(st.integers(1, 120), min_size=1, max_size=6), st.data())
def test_over_a_bad_line_no_code_comes_that_was_not_scanned_and_none_is_lost_that_was_acknowledged(
    lengths: list[int], data: st.DataObject
) -> None:
    codes = [
        b"".join(b"%d.%03d;" % (number, n) for n in range(length)) for number, length in enumerate(lengths)
    ]
    line = LossyLine(data)
    safe = [code for code in codes if line.scan(code)]
    assert set(line.heard) <= set(codes)
    assert set(safe) <= set(line.heard)
    assert [code for code in codes if code in line.heard] == list(dict.fromkeys(line.heard))
