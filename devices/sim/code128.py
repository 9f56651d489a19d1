"""Code 128 as a printer's firmware makes it from the data of GS k: symbols, their text, and the bars."""

from __future__ import annotations

from barcode.charsets.code128 import CODES  # python-barcode ships no types

_STARTS = {"A": 103, "B": 104, "C": 105}
_SWITCHES = {"A": 101, "B": 100, "C": 99}
_FUNCTIONS = {"A": {"1": 102, "2": 97, "3": 96, "4": 101}, "B": {"1": 102, "2": 97, "3": 96, "4": 100}}
_STOP = "1100011101011"


def symbols_and_text(data: bytes) -> tuple[list[int], str] | None:
    """Symbol values without check and stop, and what a scanner reads; None where the firmware would refuse."""
    if data[:1] != b"{" or data[1:2] not in (b"A", b"B", b"C"):
        return None
    code_set = chr(data[1])
    symbols, text, at = [_STARTS[code_set]], "", 2
    while at < len(data):
        char = chr(data[at])
        mark = chr(data[at + 1]) if char == "{" and at + 1 < len(data) else ""
        if mark in _SWITCHES:
            code_set = mark
            symbols.append(_SWITCHES[mark])
            at += 2
            continue
        if mark and mark != "{":
            value = _FUNCTIONS.get(code_set, {"1": 102}).get(mark)
            char = ""
        else:
            value = _value(char, code_set)
        if value is None:
            return None
        symbols.append(value)
        text += f"{data[at]:02}" if code_set == "C" and not mark else char
        at += 2 if mark else 1
    return (symbols, text) if len(symbols) > 1 else None


def _value(char: str, code_set: str) -> int | None:
    point = ord(char)
    if code_set == "C":
        return point if point < 100 else None
    if code_set == "A" and point < 0x20:
        return point + 64
    highest = 0x5F if code_set == "A" else 0x7F
    return point - 32 if 0x20 <= point <= highest else None


def bars(symbols: list[int]) -> str:
    """The modules of the whole code, 1 for a bar and 0 for a space, without quiet zones."""
    check = (symbols[0] + sum(at * value for at, value in enumerate(symbols))) % 103
    return "".join(CODES[value] for value in (*symbols, check)) + _STOP
