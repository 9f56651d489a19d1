"""How a printer reads TSPL. Bytes in, operations out; any split gives the same ones, and nothing raises."""

from __future__ import annotations

import re
from collections.abc import Iterator

from devices.sim.tspl.lines import read_line
from devices.sim.tspl.operations import Bitmap, Immediate, Operation

_ESC = 0x1B
_IMMEDIATE_BYTES = 3
_ENDS_LINE_OR_ESC = re.compile(rb"[\r\n\x1b]")
_IMMEDIATE_IN_DOTS = re.compile(rb"\x1b!([?SRPO.])")
_BITMAP = re.compile(rb"[ \t]*BITMAP +(-?\d{1,5}),(-?\d{1,5}),(\d{1,4}),(\d{1,5}),([012]),", re.IGNORECASE)
_LONGEST_LINE_BYTES = 4096
_DROPS_ALL = (".", "R")

Read = Operation | Immediate


class Parser:
    """`esc_in_bitmap`: whether ESC commands are obeyed inside the dots of a BITMAP too; they remain dots."""

    def __init__(self, *, esc_in_bitmap: bool = False) -> None:
        self._esc_in_bitmap = esc_in_bitmap
        self._buffer = bytearray()
        self._taken = 0  # bytes that are no longer in the buffer
        self._bitmap: tuple[int, re.Match[bytes]] | None = None  # where it began, and its numbers
        self._scanned = 0  # dots already looked at for ESC commands

    @property
    def waiting_bytes(self) -> int:
        """What is not a whole command yet."""
        return len(self._buffer)

    def feed(self, data: bytes) -> Iterator[tuple[int, Read]]:
        """What is complete now, each with where in all bytes it began. To be used up before the next call."""
        self._buffer += data
        while self._buffer:
            more = self._dots() if self._bitmap is not None else self._line()
            if more is None:
                break
            yield from more

    def _take(self, size: int) -> bytes:
        taken = bytes(self._buffer[:size])
        del self._buffer[:size]
        self._taken += size
        return taken

    def _line(self) -> list[tuple[int, Read]] | None:
        """The next step outside dots; None: more bytes are needed."""
        began_at = self._taken
        if found := _BITMAP.match(bytes(self._buffer[:64])):
            self._bitmap, self._scanned = (began_at, found), 0
            self._take(found.end())
            return []
        end = _ENDS_LINE_OR_ESC.search(self._buffer)
        if end is None:
            if len(self._buffer) > _LONGEST_LINE_BYTES:
                self._take(len(self._buffer) - 1)
                return []
            return None
        if self._buffer[end.start()] == _ESC:
            return self._escape(end.start())
        operation = read_line(self._take(end.end())[:-1])
        return [] if operation is None else [(began_at, operation)]

    def _escape(self, at: int) -> list[tuple[int, Read]] | None:
        """An ESC command in the middle of a line is obeyed and taken out of it; any other ESC is dropped."""
        command = bytes(self._buffer[at : at + _IMMEDIATE_BYTES])
        if len(command) < _IMMEDIATE_BYTES and b"\x1b!".startswith(command):
            return None
        size = _IMMEDIATE_BYTES if command.startswith(b"\x1b!") else 1
        del self._buffer[at : at + size]
        self._taken += size
        if size == 1:
            return []
        letter = chr(command[2])
        if letter in _DROPS_ALL:
            self._take(at)
        return [(self._taken, Immediate(letter))]

    def _dots(self) -> list[tuple[int, Read]] | None:
        """The next step inside dots."""
        assert self._bitmap is not None
        began_at, found = self._bitmap
        x, y, width_bytes, height, mode = map(int, found.groups())
        wanted = width_bytes * height
        at_once = self._immediate_in_dots(min(wanted, len(self._buffer)))
        if at_once is not None:
            return [(began_at, at_once)]
        if len(self._buffer) < wanted:
            return None
        self._bitmap = None
        return [(began_at, Bitmap(x, y, width_bytes, height, mode, self._take(wanted)))]

    def _immediate_in_dots(self, end: int) -> Immediate | None:
        if not self._esc_in_bitmap:
            return None
        found = _IMMEDIATE_IN_DOTS.search(self._buffer, self._scanned, end)
        if found is None:
            self._scanned = max(self._scanned, end - _IMMEDIATE_BYTES + 1)
            return None
        self._scanned = found.end()
        letter = found[1].decode("ascii")
        if letter in _DROPS_ALL:
            self._bitmap = None
            self._take(found.end())
        return Immediate(letter)
