"""How a printer reads ESC/POS. Bytes in, operations out; any split gives the same ones, and nothing raises.

Two readers look at the same bytes, as in the hardware: `RealTimeReader` when they arrive, inside data too, and
`OrderedReader` when their turn comes in the receive buffer.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace

from devices.sim.escpos.operations import (
    Ask,
    Barcode,
    BitImage,
    DefinedChar,
    EndOfLabel,
    Feed,
    Init,
    LineEnd,
    MotionUnits,
    MoveTo,
    Operation,
    PageMode,
    PrintArea,
    Qr,
    RealTime,
    Style,
    Text,
)

_DLE, _EOT, _ENQ, _DC4 = 0x10, 0x04, 0x05, 0x14
_LF, _FF, _ESC, _FS, _GS = 0x0A, 0x0C, 0x1B, 0x1C, 0x1D
_CLEAR_BODY = bytes.fromhex("01 03 14 01 06 02 08")
_LONGEST_REAL_TIME = 10
_CODE128 = 73
_DEFINED_BYTES_OF_A_COLUMN = 3
_DEFAULT_SPACING_DOTS = 34
_TEXT = re.compile(rb"[\x20-\xff]{1,4096}")

# How long the commands with a fixed length are, from their first two bytes. Any other is taken for two bytes.
_ESC_WITH_ONE, _ESC_WITH_TWO = b"!%-3EGJMRVadt{", b"$\\"
_FS_WITH_ONE, _FS_WITH_TWO = b"!-", b"S"
_GS_WITH_ONE, _GS_WITH_TWO = b"!BHIabfhrw", b"LPW"
_LENGTHS = {
    bytes((prefix, letter)): length
    for prefix, letters, length in (
        (_ESC, _ESC_WITH_ONE, 3),
        (_ESC, _ESC_WITH_TWO, 4),
        (_FS, _FS_WITH_ONE, 3),
        (_FS, _FS_WITH_TWO, 4),
        (_GS, _GS_WITH_ONE, 3),
        (_GS, _GS_WITH_TWO, 4),
    )
    for letter in letters
}
_PAGE_LENGTHS = {b"\x1bL": 2, b"\x1bS": 2, b"\x1bT": 3, b"\x1bW": 10, b"\x1d$": 4, b"\x1d\\": 4}
_SCALES = ((1, 1), (2, 1), (1, 2), (2, 2))  # of GS v 0 by its mode


def read_all(data: bytes) -> tuple[Operation, ...]:
    """What a printer in its initial state makes of `data`, as far as it is complete."""
    reader = OrderedReader()
    reader.feed(data)
    return tuple(iter(reader.next, None))


class RealTimeReader:
    """Finds real-time commands in what arrives, wherever they stand."""

    def __init__(self) -> None:
        self._tail = b""

    def feed(self, data: bytes) -> list[RealTime]:
        """The commands that are complete now."""
        data, found = self._tail + data, []
        at = data.find(_DLE)
        while at >= 0:
            used, command = _real_time(data, at)
            if used == 0:
                break
            if command is not None:
                found.append(command)
            at = data.find(_DLE, at + used)
        self._tail = data[at:] if at >= 0 else b""
        return found


def _real_time(data: bytes | bytearray, at: int) -> tuple[int, RealTime | None]:
    """Length of the command at `at`, and the command; 0: more bytes are needed; (1, None): it is none."""
    rest = bytes(data[at + 1 : at + _LONGEST_REAL_TIME])
    if len(rest) < 2:
        return (0 if not rest or rest[0] in (_EOT, _ENQ, _DC4) else 1), None
    if rest[0] == _EOT and 1 <= rest[1] <= 4:
        return 3, RealTime("status", rest[1])
    if rest[0] == _ENQ and rest[1] in (1, 2):
        return 3, RealTime("recover", rest[1])
    if rest[:2] == bytes((_DC4, 8)) and _CLEAR_BODY.startswith(rest[2:]):
        complete = rest[2:] == _CLEAR_BODY
        return (_LONGEST_REAL_TIME, RealTime("clear")) if complete else (0, None)
    return 1, None


@dataclass(slots=True)
class _Modes:
    """What commands have set, until ESC @ or a clear."""

    style: Style = field(default_factory=Style)
    kanji: bool = False
    spacing_dots: int = _DEFAULT_SPACING_DOTS
    barcode_height_dots: int = 162
    barcode_module_dots: int = 3
    barcode_with_text: bool = False
    qr_module_dots: int = 3
    qr_level: int = 0
    qr_data: bytes = b""
    graphics: BitImage | None = None
    defined: dict[int, bytes] = field(default_factory=dict)
    use_defined: bool = False


@dataclass(slots=True)
class OrderedReader:
    """Interprets the receive buffer in its order.

    `offset` counts all bytes done with; `operation_offset` is where the last operation began. A printer without
    `page_mode` takes its commands for two bytes, as all that it does not know, and their parameters for text.
    """

    page_mode: bool = True
    offset: int = 0
    operation_offset: int = 0
    _buffer: bytearray = field(default_factory=bytearray)
    _modes: _Modes = field(default_factory=_Modes)

    def feed(self, data: bytes) -> None:
        """Append to the receive buffer."""
        self._buffer += data

    @property
    def waiting_bytes(self) -> int:
        """How much the receive buffer holds."""
        return len(self._buffer)

    def clear(self) -> None:
        """Forget the buffer and all modes."""
        self.offset += len(self._buffer)
        self._buffer.clear()
        self._modes = _Modes()

    def next(self) -> Operation | None:
        """The next complete operation; None: more bytes are needed."""
        while self._buffer:
            used, operation = self._step()
            if used == 0:
                return None
            del self._buffer[:used]
            self.operation_offset, self.offset = self.offset, self.offset + used
            if operation is not None:
                return operation
        return None

    def _step(self) -> tuple[int, Operation | None]:
        """How many bytes the next command takes, and what it asks for; 0: more bytes are needed."""
        first = self._buffer[0]
        if first >= 0x20:
            return self._text()
        if first in (_ESC, _FS, _GS):
            return self._command() if len(self._buffer) > 1 else (0, None)
        if first == _DLE:
            return _real_time(self._buffer, 0)[0], None  # obeyed when it arrived
        if first == _LF:
            return 1, LineEnd(self._modes.spacing_dots)
        return 1, EndOfLabel() if first == _FF else None

    def _text(self) -> tuple[int, Operation | None]:
        if self._modes.use_defined and (columns := self._modes.defined.get(self._buffer[0])):
            return 1, DefinedChar(columns, self._modes.style)
        run = _TEXT.match(self._buffer)
        if run is None or (run.end() == len(self._buffer) and run.end() < 4096):
            return 0, None  # the rest of a character may still be on its way
        encoding = "gbk" if self._modes.kanji else "cp437"
        return run.end(), Text(run[0].decode(encoding, errors="replace"), self._modes.style)

    def _command(self) -> tuple[int, Operation | None]:
        name = bytes(self._buffer[:2])
        if name == b"\x1dk":
            return self._barcode()
        if name == b"\x1d(":
            return self._block()
        if name == b"\x1dV":
            return self._cut()
        if name == b"\x1dv":
            return self._raster()
        if name == b"\x1b&":
            return self._define(), None
        length = _LENGTHS.get(name) or (_PAGE_LENGTHS.get(name, 2) if self.page_mode else 2)
        if len(self._buffer) < length:
            return 0, None
        values = bytes(self._buffer[2:length])
        if name in _PAGE_LENGTHS or name in (b"\x1b$", b"\x1dP"):
            return length, _placed(name, values) if self.page_mode else None
        return length, self._obey(name, values[0] if values else 0)

    def _obey(self, name: bytes, n: int) -> Operation | None:
        """Commands of fixed length."""
        modes = self._modes
        match name:
            case b"\x1b@":
                self._modes = _Modes()
                return Init()
            case b"\x1bd":
                return Feed(n * modes.spacing_dots)
            case b"\x1bJ":
                return Feed(n)
            case b"\x1dr":
                return Ask("paper", bytes((n,)))
            case b"\x1dI":
                return Ask("info", bytes((n,)))
            case b"\x1da":
                return Ask("auto-status", bytes((n,)))
            case b"\x1d!" | b"\x1dB" | b"\x1bE" | b"\x1bG" | b"\x1ba":
                modes.style = _restyled(modes.style, name, n)
            case _:
                self._set_mode(name, n)
        return None

    def _set_mode(self, name: bytes, n: int) -> None:
        modes = self._modes
        match name:
            case b"\x1c&":
                modes.kanji = True
            case b"\x1c.":
                modes.kanji = False
            case b"\x1b%":
                modes.use_defined = bool(n & 1)
            case b"\x1b3":
                modes.spacing_dots = n
            case b"\x1b2":
                modes.spacing_dots = _DEFAULT_SPACING_DOTS
            case b"\x1dh":
                modes.barcode_height_dots = n
            case b"\x1dw":
                modes.barcode_module_dots = n
            case b"\x1dH":
                modes.barcode_with_text = n not in (0, ord("0"))

    def _barcode(self) -> tuple[int, Operation | None]:
        if len(self._buffer) < 4:
            return 0, None
        symbology = self._buffer[2]
        if symbology < 65:  # function A: ends with NUL
            end = self._buffer.find(0, 3)
            return (end + 1 if end >= 0 else 0), None
        end = 4 + self._buffer[3]
        if len(self._buffer) < end:
            return 0, None
        modes = self._modes
        code = Barcode(
            symbology,
            bytes(self._buffer[4:end]),
            modes.barcode_height_dots,
            modes.barcode_module_dots,
            modes.barcode_with_text,
            modes.style.align,
        )
        return end, code if symbology == _CODE128 else None

    def _cut(self) -> tuple[int, Operation | None]:
        if len(self._buffer) < 3:
            return 0, None
        length = 3 if self._buffer[2] in b"\x00\x0101" else 4  # the other forms name a feed
        return (length, EndOfLabel(cut=True)) if len(self._buffer) >= length else (0, None)

    def _define(self) -> int:
        """ESC & y c1 c2, and for each character its width and y bytes to a column."""
        if len(self._buffer) < 5:
            return 0
        height, first, last = self._buffer[2:5]
        defined, at = {}, 5
        for char in range(first, last + 1):
            end = at + 1 + height * self._buffer[at] if at < len(self._buffer) else 0
            if not at < end <= len(self._buffer):
                return 0
            defined[char] = bytes(self._buffer[at + 1 : end])
            at = end
        if height == _DEFINED_BYTES_OF_A_COLUMN:
            self._modes.defined |= defined
        return at

    def _raster(self) -> tuple[int, Operation | None]:
        """GS v 0 m xL xH yL yH and the rows."""
        if len(self._buffer) < 8:
            return 0, None
        _, _, zero, mode, *size = self._buffer[:8]
        width, rows = _word(size[0:2]), _word(size[2:4])
        if zero != ord("0"):
            return 2, None
        end = 8 + width * rows
        if len(self._buffer) < end:
            return 0, None
        scale_x, scale_y = _SCALES[mode & 3]
        align = self._modes.style.align
        image = BitImage(width, rows, bytes(self._buffer[8:end]), scale_x, scale_y, align, old=True)
        return end, image if image.data else None

    def _block(self) -> tuple[int, Operation | None]:
        """GS ( x pL pH and that many bytes."""
        if len(self._buffer) < 5:
            return 0, None
        end = 5 + self._buffer[3] + 256 * self._buffer[4]
        if len(self._buffer) < end:
            return 0, None
        body = bytes(self._buffer[5:end])
        return end, self._obey_block(self._buffer[2], body)

    def _obey_block(self, letter: int, body: bytes) -> Operation | None:
        match chr(letter), body[:2]:
            case "H", b"00" if len(body) == 6:
                return Ask("process-id", body[2:])
            case "H", b"10" if len(body) == 3:
                return Ask("offline-notice", body[2:])
            case "L", b"0p" if len(body) > 9:
                self._modes.graphics = _graphics(body[2:], self._modes.style.align)
            case "L", b"02" | b"0\x02":
                image, self._modes.graphics = self._modes.graphics, None
                return image
            case "k", _ if body[:1] == b"1":
                return self._qr(body)
        return None

    def _qr(self, body: bytes) -> Operation | None:
        modes = self._modes
        match body[1:2], body[2:]:
            case b"C", size if size:
                modes.qr_module_dots = size[0]
            case b"E", level if level:
                modes.qr_level = level[0] - ord("0")
            case b"P", data:
                modes.qr_data = data[1:]
            case b"Q", _ if modes.qr_data:
                return Qr(modes.qr_data, modes.qr_module_dots, modes.qr_level, modes.style.align)
        return None


def _word(low_high: bytes | list[int]) -> int:
    return low_high[0] + 256 * low_high[1]


def _placed(name: bytes, values: bytes) -> Operation | None:
    """What says where things stand."""
    match name:
        case b"\x1bL" | b"\x1bS":
            return PageMode(on=name == b"\x1bL")
        case b"\x1bW":
            return PrintArea(*(_word(values[at : at + 2]) for at in range(0, 8, 2)))
        case b"\x1b$":
            return MoveTo(x=_word(values))
        case b"\x1d$":
            return MoveTo(y=_word(values))
        case b"\x1dP":
            return MotionUnits(values[0], values[1])
    return None


def _graphics(body: bytes, align: int) -> BitImage | None:
    """GS ( L function 112: one tone, bx by c xL xH yL yH and the rows; None where there are more or fewer."""
    _, scale_x, scale_y, _, *size = body[:8]
    width, rows = (_word(size[0:2]) + 7) // 8, _word(size[2:4])
    if scale_x not in (1, 2) or scale_y not in (1, 2) or len(body) != 8 + width * rows:
        return None
    return BitImage(width, rows, body[8:], scale_x, scale_y, align)


def _restyled(style: Style, name: bytes, n: int) -> Style:
    if name == b"\x1dB":
        return replace(style, reverse=bool(n & 1))
    if name == b"\x1d!":
        return replace(style, width=(n >> 4 & 7) + 1, height=(n & 7) + 1)
    if name == b"\x1ba":
        return replace(style, align=n & 3 if n & 3 < 3 else style.align)
    return replace(style, bold=bool(n & 1))
