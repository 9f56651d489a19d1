"""One line of TSPL as an operation. What is unknown, or does not move or mark a label, is nothing."""

from __future__ import annotations

import re
from collections.abc import Callable

from devices.sim.tspl.operations import (
    Bar,
    Barcode,
    Box,
    Clear,
    CodePage,
    Direction,
    Operation,
    Out,
    Print,
    Qr,
    Query,
    Reverse,
    Size,
    Text,
)

# A quotation mark in a string is written \["], a line end \[R] or \[L].
_ARGUMENT = re.compile(rb'\s*(?:"((?:\\\["\]|[^"])*)"|([^",]*))\s*(?:,|$)')
_ESCAPES = ((rb'\["]', b'"'), (rb"\[R]", b"\r"), (rb"\[L]", b"\n"))
_MOST_COPIES = 50  # of one PRINT: more is a mistake that would run for minutes


def read_line(line: bytes) -> Operation | None:
    """What a printer makes of one line, without its end."""
    line = line.strip(b" \t")
    if line.startswith(b"~!"):
        return Query(line[2:3].decode("latin-1"))
    name, _, rest = line.partition(b" ")
    build = _COMMANDS.get(name.upper())
    if build is None:
        return None
    try:
        return build(_arguments(rest))
    except (ValueError, IndexError):
        return None  # a command with wrong arguments is skipped


def _arguments(rest: bytes) -> list[bytes]:
    """Raises ValueError where they are no list of words and strings."""
    arguments, at = [], 0
    while at < len(rest):
        found = _ARGUMENT.match(rest, at)
        if found is None:
            raise ValueError(rest)
        arguments.append(_unescaped(found[1]) if found[1] is not None else found[2].strip())
        at = found.end()
    return arguments


def _unescaped(string: bytes) -> bytes:
    for escape, byte in _ESCAPES:
        string = string.replace(escape, byte)
    return string


def _text(arguments: list[bytes]) -> Operation:
    x, y, font, rotation, times_x, times_y, data = arguments
    return Text(
        int(x),
        int(y),
        font.decode("ascii"),
        int(rotation) % 360,
        _magnified(times_x),
        _magnified(times_y),
        data,
    )


def _magnified(times: bytes) -> int:
    return max(1, min(10, int(times)))


def _barcode(arguments: list[bytes]) -> Operation:
    x, y, symbology, height, _readable, _rotation, narrow, _wide, data = arguments
    return Barcode(int(x), int(y), symbology.decode("ascii"), int(height), int(narrow), data)


def _qr(arguments: list[bytes]) -> Operation:
    x, y, level, cell, _mode, _rotation, *_model, data = arguments
    return Qr(int(x), int(y), level.decode("ascii").upper(), int(cell), data)


def _print(arguments: list[bytes]) -> Operation:
    sets, copies = int(arguments[0]), int(arguments[1]) if len(arguments) > 1 else 1
    return Print(max(0, min(_MOST_COPIES, sets * copies)))


def _direction(arguments: list[bytes]) -> Operation:
    return Direction(int(arguments[0]) == 0, len(arguments) > 1 and int(arguments[1]) == 1)


def _numbers(arguments: list[bytes], count: int) -> list[int]:
    """Raises ValueError unless there are so many."""
    if len(arguments) != count:
        raise ValueError(arguments)
    return [int(argument) for argument in arguments]


_COMMANDS: dict[bytes, Callable[[list[bytes]], Operation]] = {
    b"SIZE": lambda _: Size(),
    b"DIRECTION": _direction,
    b"CODEPAGE": lambda arguments: CodePage(arguments[0].decode("ascii")),
    b"CLS": lambda _: Clear(),
    b"TEXT": _text,
    b"BARCODE": _barcode,
    b"QRCODE": _qr,
    b"BAR": lambda arguments: Bar(*_numbers(arguments, 4)),
    b"BOX": lambda arguments: Box(*_numbers(arguments, 5)),
    b"REVERSE": lambda arguments: Reverse(*_numbers(arguments, 4)),
    b"PRINT": _print,
    b"OUT": lambda arguments: Out(arguments[0]),
}
