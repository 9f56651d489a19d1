"""What a real scanner sends for a code, in each framing."""

from __future__ import annotations

from collections.abc import Callable

from devices.scanners.framing.framer import FramingName
from devices.scanners.framing.ssi_code_types import CODE_128
from devices.scanners.framing.ssi_packets import DECODER, LONGEST_DATA, Opcode, Packet
from devices.scanners.framing.stx_etx import ETX, STX


def encode(framing: FramingName, text: str) -> bytes:
    """All that leaves the scanner when nothing goes wrong. Raises ValueError where no such code can be sent so.

    A scanner in SSI mode waits between the packets of `ssi_packets` for their acknowledgements.
    """
    return _ENCODERS[framing](text.encode())


def ssi_packets(code: bytes, code_type: int = CODE_128, *, resent: bool = False) -> list[bytes]:
    """The DECODE_DATA packets of one code, each with the code's type in front of its piece.

    `resent`: marked as sent before, as each is that was not acknowledged in time.
    """
    room = LONGEST_DATA - 1
    pieces = [code[start : start + room] for start in range(0, len(code), room)] or [b""]
    return [
        Packet(
            Opcode.DECODE_DATA, bytes((code_type,)) + piece, DECODER, resent, number < len(pieces)
        ).encode()
        for number, piece in enumerate(pieces, start=1)
    ]


def _counted(code: bytes) -> bytes:
    if not 0 < len(code) < 256:
        raise ValueError(f"one length byte says 1 to 255, not {len(code)}")
    return bytes((len(code),)) + code


_ENCODERS: dict[FramingName, Callable[[bytes], bytes]] = {
    "line": lambda code: code + b"\r",
    "cr": lambda code: code + b"\r",
    "lf": lambda code: code + b"\n",
    "crlf": lambda code: code + b"\r\n",
    "stx-etx": lambda code: STX + code + ETX,
    "length": _counted,
    "ssi": lambda code: b"".join(ssi_packets(code)),
    "silence": lambda code: code,
}
