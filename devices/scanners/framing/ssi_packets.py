"""Packets of Zebra's Simple Serial Interface (SSI), for both directions.

Length (of all but the checksum), opcode, source, status, data, checksum (two's complement of the sum, high byte first);
255 bytes and the checksum at most. Zebra's Simple Serial Interface Programmer's Guide (72E-40451) is all of it; the
chapters on SSI of its product guides have what stands here: SE-923 the fields, MS4404 the opcodes, SE955 the causes of
CMD_NAK, DS2208 the status bits.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

LONGEST_DATA = 251
_HEADER_BYTES, _CHECKSUM_BYTES = 4, 2

DECODER, HOST = 0, 4

_RESENT, _CONTINUED = 1, 2


class Opcode(IntEnum):
    """The packets that mean something here; MULTIPACKET_SEGMENT (cordless models) and BATCH_DATA carry codes too."""

    MULTIPACKET_SEGMENT = 0x73
    CMD_ACK = 0xD0
    CMD_NAK = 0xD1
    BATCH_DATA = 0xD6
    BEEP = 0xE6
    DECODE_DATA = 0xF3
    EVENT = 0xF6


class Cause(IntEnum):
    """Why a packet is not acknowledged. RESEND: send it again; DENIED: do not."""

    RESEND = 1
    DENIED = 6


class Beep(IntEnum):
    """A few of the codes of BEEP (MK1000 guide, table 5-8; in Zebra's CoreScanner, the same numbers)."""

    ONE_SHORT_HIGH = 0x00
    TWO_SHORT_LOW = 0x06
    THREE_LONG_LOW = 0x11


@dataclass(frozen=True, slots=True)
class Packet:
    """One packet. `continued`: the next one goes on with the same message."""

    opcode: int
    data: bytes = b""
    source: int = HOST
    resent: bool = False
    continued: bool = False

    def encode(self) -> bytes:
        """As it stands on the line. Raises ValueError where `data` is too long."""
        if len(self.data) > LONGEST_DATA:
            raise ValueError(f"{len(self.data)} bytes do not fit into an SSI packet of {LONGEST_DATA}")
        status = _RESENT * self.resent | _CONTINUED * self.continued
        message = bytes((_HEADER_BYTES + len(self.data), self.opcode, self.source, status)) + self.data
        return message + _checksum(message)


def size_of(length: int) -> int | None:
    """The bytes of a packet that begins with this length, or None: shorter than its header it cannot be."""
    return length + _CHECKSUM_BYTES if length >= _HEADER_BYTES else None


def decode(raw: bytes) -> Packet | None:
    """The packet in as many bytes as `size_of` says, or None where its checksum is wrong."""
    message, checksum = raw[:-_CHECKSUM_BYTES], raw[-_CHECKSUM_BYTES:]
    if checksum != _checksum(message):
        return None
    _, opcode, source, status = message[:_HEADER_BYTES]
    return Packet(opcode, message[_HEADER_BYTES:], source, bool(status & _RESENT), bool(status & _CONTINUED))


def _checksum(message: bytes) -> bytes:
    return (-sum(message) & 0xFFFF).to_bytes(_CHECKSUM_BYTES, "big")


ACK = Packet(Opcode.CMD_ACK).encode()


def nak(cause: Cause) -> bytes:
    """A packet that could not be taken, and why."""
    return Packet(Opcode.CMD_NAK, bytes((cause,))).encode()


def beep(code: Beep) -> bytes:
    """Sound the beeper."""
    return Packet(Opcode.BEEP, bytes((code,))).encode()
