"""How a printer reads ZPL: bytes in, commands out; any split gives the same ones, and nothing raises.

A caret or a tilde begins a command wherever it stands, in data too, except in the counted bytes of ^GFB.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_PREFIX = re.compile(rb"[\^~]")
_COMPLETE = frozenset({"^XA", "^XZ", "^FS", "~HS", "~JA", "~HQES"})  # obeyed without waiting for what follows
_COUNTED = re.compile(rb"B,(\d{1,7}),(\d{0,7}),(\d{1,5}),")
_LONGEST_COUNTED_HEADER = 24
_GETVAR = re.compile(rb'! U1 getvar "([^"\r\n]{0,64})"[ \r\n]')
_LONGEST_GETVAR = 96
_CONTROLS = bytes(range(0x20))


@dataclass(frozen=True, slots=True)
class Command:
    """`name` with its prefix: `^FO`, `^A` (any font), `~HS`, or `getvar`. `end`: the offset behind its bytes."""

    name: str
    data: bytes
    begin: int
    end: int

    @property
    def parameters(self) -> tuple[str, ...]:
        """Between commas, without line ends."""
        return tuple(self.data.translate(None, _CONTROLS).decode("latin-1").split(","))


def read_all(data: bytes) -> tuple[Command, ...]:
    """The commands in `data`, as far as they are complete."""
    return tuple(CommandReader().feed(data))


class CommandReader:
    """Collects bytes until a command is complete."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._offset = 0  # of the buffer's first byte in all that was received
        self._searched = 0

    def feed(self, data: bytes) -> list[Command]:
        """The commands that are complete now, in their order."""
        self._buffer += data
        commands: list[Command] = []
        while (used := self._step(commands)) > 0:
            del self._buffer[:used]
            self._offset, self._searched = self._offset + used, 0
        return commands

    def forget(self) -> None:
        """What was begun will not be ended."""
        self._offset += len(self._buffer)
        self._buffer.clear()
        self._searched = 0

    def _step(self, commands: list[Command]) -> int:
        """How many bytes are done with; 0: more are needed."""
        if not self._buffer:
            return 0
        if self._buffer[0] not in b"^~":
            return self._plain_text(commands)
        size = self._command_bytes()
        name, data_at = self._name()
        if name and data_at <= size:  # else half a name, which is nothing
            data = bytes(self._buffer[data_at:size])
            commands.append(Command(name, data, self._offset, self._offset + size))
        return size

    def _plain_text(self, commands: list[Command]) -> int:
        """What stands between commands is nothing, but for SGD lines."""
        found = _PREFIX.search(self._buffer)
        end = found.start() if found else len(self._buffer)
        if getvar := _GETVAR.search(self._buffer, 0, end):
            at = self._offset
            commands.append(Command("getvar", getvar[1], at + getvar.start(), at + getvar.end()))
            return getvar.end()
        return end if found else max(0, end - _LONGEST_GETVAR)

    def _name(self) -> tuple[str, int]:
        """The command's name and where its data begin; an empty name: more bytes are needed."""
        if self._buffer[1:2].upper() == b"A" and self._buffer[0] == ord("^"):
            return "^A", 2
        name = bytes(self._buffer[:3]).decode("latin-1").upper()
        if name == "~HQ":
            name = bytes(self._buffer[:5]).decode("latin-1").upper()
        return (name, len(name)) if len(name) in (3, 5) else ("", 0)

    def _command_bytes(self) -> int:
        again = _PREFIX.search(self._buffer, 1, 5)
        if again and again.start() < 3:
            return again.start()
        name, data_at = self._name()
        if name in _COMPLETE:
            return data_at
        if name == "^GF" and self._buffer[3:4].upper() in b"B":
            return self._counted_bytes()
        found = _PREFIX.search(self._buffer, max(1, self._searched))
        self._searched = len(self._buffer)
        return found.start() if found else 0

    def _counted_bytes(self) -> int:
        header = _COUNTED.match(self._buffer, 3)
        if header is None:
            found = _PREFIX.search(self._buffer, 1)
            long_enough = len(self._buffer) > 3 + _LONGEST_COUNTED_HEADER
            return found.start() if found else len(self._buffer) if long_enough else 0
        end = header.end() + int(header[1])
        return end if len(self._buffer) >= end else 0
