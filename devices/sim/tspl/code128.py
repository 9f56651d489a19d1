"""Code 128 as a TSPL printer makes it: from plain text (128), or with the host's own code sets (128M)."""

from __future__ import annotations

import re

from devices.sim.code128 import bars

_START_B = 104
_STARTS = {103: "A", 104: "B", 105: "C"}
_SWITCHES = {"A": {99: "C", 100: "B"}, "B": {99: "C", 101: "A"}, "C": {100: "B", 101: "A"}}
_TOKEN = re.compile(rb"!(\d{3})|(.)", re.DOTALL)


def modules(symbology: str, data: bytes) -> str | None:
    """1 a bar, 0 a space; None where the printer would draw nothing."""
    if symbology == "128":
        data = b"!104" + data
    elif symbology != "128M":
        return None
    symbols = _symbols(data)
    return bars(symbols) if symbols is not None and len(symbols) > 1 else None


def _symbols(data: bytes) -> list[int] | None:
    """Set B where no start is given."""
    symbols: list[int] = []
    code_set, first_digit = "B", ""
    for mark, char in _TOKEN.findall(data):
        if not (symbols or mark):
            symbols.append(_START_B)
        if mark:
            value: int | None = int(mark)
            code_set = _after(int(mark), code_set)
        elif code_set == "C" and not first_digit:
            first_digit = char.decode("latin-1")
            continue
        else:
            value = _value(first_digit + char.decode("latin-1"), code_set)
            first_digit = ""
        if value is None or first_digit or (mark and not 96 <= value <= 105):
            return None
        symbols.append(value)
    return None if first_digit else symbols


def _after(value: int, code_set: str) -> str:
    """The set that holds behind a symbol."""
    return _STARTS.get(value) or _SWITCHES[code_set].get(value, code_set)


def _value(chars: str, code_set: str) -> int | None:
    if code_set == "C":
        return int(chars) if chars.isascii() and chars.isdigit() else None
    point = ord(chars)
    if code_set == "A" and point < 0x20:
        return point + 64
    return point - 32 if 0x20 <= point <= (0x5F if code_set == "A" else 0x7F) else None
