"""What a TSPL printer sends back. Bytes in, replies out.

Only a long status and our own markers say by their shape what they are. A short status is one bare byte of any
value, the mileage bare digits; so the one who asks says what may come. What may be a piece of something longer is kept
until that is decided, and a byte that nobody asked for is noise.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from devices.printers.status import PrinterStatus, State

_MARKER = "{FHxxxxxx-nnnn}"  # begins with a byte that, as a status, would be six faults at once
_MARKER_SHAPE = re.compile(rb"\{FH[0-9a-f]{6}-[0-9]{4}\}")
_LONG_STATUS = re.compile(rb"\x02([\x40-\x7f]{4})\x03")
_MILEAGE = re.compile(rb"([0-9]{1,10})\r")
_LONG_STATUS_BYTES, _MILEAGE_BYTES = 6, 11
_STX, _CR, _LF, _OPENING = 0x02, 0x0D, 0x0A, 0x7B


@dataclass(frozen=True, slots=True)
class ShortStatus:
    """The byte that answers ESC ! ?"""

    bits: int


@dataclass(frozen=True, slots=True)
class LongStatus:
    """The four characters that answer ESC ! S: message, warning, printer error, media error."""

    codes: bytes


@dataclass(frozen=True, slots=True)
class Mileage:
    """What ~!@ counts, in a unit of the printer's own."""

    count: int


@dataclass(frozen=True, slots=True)
class Marker:
    """What an OUT of ours was told to send: everything before it has been interpreted."""

    text: str


Reply = ShortStatus | LongStatus | Mileage | Marker


def marker(connection: str, number: int) -> str:
    """The text of an OUT. `connection`: six hexadecimal digits; what an earlier one left behind is told apart by it."""
    return f"{{FH{connection}-{number:04}}}"


@dataclass(slots=True)
class ReplyReader:
    """Collects the bytes of one connection. Any split of the bytes gives the same replies; nothing raises.

    The counts are questions without an answer yet; `noise`: bytes that were nothing, an answer perhaps that was spoilt.
    """

    short_awaited: int = 0
    long_awaited: int = 0
    mileage_awaited: int = 0
    noise: int = 0
    _pending: bytes = b""
    _after_line: bool = False

    def feed(self, data: bytes) -> list[Reply]:
        """The replies that are complete now, in the order of arrival."""
        self._pending += data
        replies: list[Reply] = []
        at = 0
        while at < len(self._pending):
            used, reply = self._next(at)
            if used == 0:
                break
            at += used
            if reply is not None:
                replies.append(reply)
        self._pending = self._pending[at:]
        return replies

    def _next(self, at: int) -> tuple[int, Reply | None]:
        """How many bytes are done with, and the reply in them if it is one; 0: more bytes are needed."""
        first = self._pending[at]
        if self._after_line and first in (_CR, _LF):
            return 1, None  # whether lines end with them differs from printer to printer
        self._after_line = False
        framed = self._framed(at, first)
        if framed is not None:
            return framed
        if self.short_awaited:
            self.short_awaited -= 1
            return 1, ShortStatus(first)
        self.noise += 1
        return 1, None

    def _framed(self, at: int, first: int) -> tuple[int, Reply | None] | None:
        """As `_next`; None: what begins here has no frame that could come now."""
        if first == _OPENING:
            return self._marker(at)
        if first == _STX and self.long_awaited:
            return self._long_status(at)
        if 0x30 <= first <= 0x39 and self.mileage_awaited:
            return self._mileage(at)
        return None

    def _marker(self, at: int) -> tuple[int, Reply | None] | None:
        text = self._pending[at : at + len(_MARKER)]
        if _MARKER_SHAPE.fullmatch(text):
            self._after_line = True
            return len(text), Marker(text.decode("ascii"))
        begun = text + marker("000000", 0).encode("ascii")[len(text) :]
        return (0, None) if len(text) < len(_MARKER) and _MARKER_SHAPE.fullmatch(begun) else None

    def _long_status(self, at: int) -> tuple[int, Reply | None] | None:
        frame = self._pending[at : at + _LONG_STATUS_BYTES]
        if found := _LONG_STATUS.fullmatch(frame):
            self.long_awaited -= 1
            self._after_line = True
            return len(frame), LongStatus(found[1])
        begun = frame + b"\x02@@@@\x03"[len(frame) :]
        return (0, None) if len(frame) < _LONG_STATUS_BYTES and _LONG_STATUS.fullmatch(begun) else None

    def _mileage(self, at: int) -> tuple[int, Reply | None] | None:
        line = self._pending[at : at + _MILEAGE_BYTES]
        if found := _MILEAGE.match(line):
            self.mileage_awaited -= 1
            self._after_line = True
            return found.end(), Mileage(int(found[1]))
        return (0, None) if line.isdigit() and len(line) < _MILEAGE_BYTES else None


@dataclass(frozen=True, slots=True)
class Condition:
    """How a printer is, and whether it moves paper, or is about to."""

    status: PrinterStatus
    busy: bool

    @property
    def idle(self) -> bool:
        """Healthy, and standing still."""
        return self.status.ready and not self.busy


_ONLINE = PrinterStatus(State.ONLINE)
_PRINTING = 0x20
# What a person must mend first stands first.
_SHORT = (
    (0x41, PrinterStatus(State.COVER_OPEN)),
    (0x04, PrinterStatus(State.PAPER_OUT)),
    (0x02, PrinterStatus(State.JAMMED)),
    (0x08, PrinterStatus(State.FAULT, "ribbon out")),
    (0x80, PrinterStatus(State.FAULT, "error, or the head is hot")),
    (0x10, PrinterStatus(State.PAUSED)),
)
_MEDIA = (
    (0x20, PrinterStatus(State.COVER_OPEN)),
    (0x01, PrinterStatus(State.PAPER_OUT)),
    (0x02, PrinterStatus(State.JAMMED)),
    (0x04, PrinterStatus(State.FAULT, "ribbon out")),
    (0x08, PrinterStatus(State.FAULT, "ribbon jammed")),
)
_PRINTER = (
    (0x01, PrinterStatus(State.HEAD_HOT)),
    (0x02, PrinterStatus(State.FAULT, "motor hot")),
    (0x08, PrinterStatus(State.JAMMED, "cutter jammed")),
    (0x10, PrinterStatus(State.FAULT, "memory full")),
    (0x24, PrinterStatus(State.FAULT, "printer error")),
)
_MESSAGES = {
    ord("@"): _ONLINE,
    ord("`"): PrinterStatus(State.PAUSED),
    ord("B"): _ONLINE,
    ord("C"): _ONLINE,
    ord("E"): PrinterStatus(State.FAULT, "error"),
    ord("F"): _ONLINE,
    ord("K"): PrinterStatus(State.PAUSED, "waiting for the print key"),
    ord("L"): PrinterStatus(State.PAUSED, "a label waits to be taken"),
    ord("P"): _ONLINE,
    ord("W"): _ONLINE,
}
_BUSY = frozenset(b"BCFPW")  # backing, cutting, feeding, printing, imaging
_UNREADABLE = PrinterStatus(State.UNKNOWN, "unreadable status")


def condition_of_short(bits: int) -> Condition:
    """What the answer to ESC ! ? says (Gprinter GP-2120T manual p. 34)."""
    return Condition(_first_fault(bits, _SHORT) or _ONLINE, bool(bits & _PRINTING))


def condition_of_long(codes: bytes) -> Condition:
    """What the answer to ESC ! S says (TSC TTP-244 manual p. 97); flags are added to an @."""
    message, warning, printer, media = codes
    stated = _MESSAGES.get(message, _UNREADABLE)
    fault = _first_fault(media & 0x3F, _MEDIA) or _first_fault(printer & 0x3F, _PRINTER)
    if fault is None and stated == _ONLINE and warning & 0x01:
        stated = PrinterStatus(State.PAPER_LOW)
    return Condition(fault or stated, message in _BUSY)


def _first_fault(bits: int, faults: tuple[tuple[int, PrinterStatus], ...]) -> PrinterStatus | None:
    return next((status for mask, status in faults if bits & mask), None)
