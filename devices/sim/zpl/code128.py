"""Code 128 as a printer's firmware makes it from the data of ^BC in mode N."""

from __future__ import annotations

_STARTS = {">9": ("A", 103), ">:": ("B", 104), ">;": ("C", 105)}
_SWITCHES = {
    "A": {">5": ("C", 99), ">6": ("B", 100)},
    "B": {">5": ("C", 99), ">7": ("A", 101)},
    "C": {">6": ("B", 100), ">7": ("A", 101)},
}
_CHARACTERS = {"><": 62, ">0": 30, ">=": 94}
_FNC1 = 102


def symbols(data: str) -> list[int] | None:
    """Symbol values without check and stop; None where the firmware would print nothing."""
    code_set, start = _STARTS.get(data[:2], ("B", 104))
    values, at = [start], 2 if data[:2] in _STARTS else 0
    while at < len(data):
        pair = data[at : at + 2]
        if pair in _SWITCHES[code_set]:
            code_set, value = _SWITCHES[code_set][pair]
            step: int | None = 2
        elif pair == ">8":
            value, step = _FNC1, 2
        else:
            value, step = _value(pair, code_set)
        if step is None:
            return None
        values.append(value)
        at += step
    return values if len(values) > 1 else None


def _value(pair: str, code_set: str) -> tuple[int, int | None]:
    """The symbol that `pair` begins with, and how many characters it takes; None: it has none."""
    if code_set == "C":
        return (int(pair), 2) if len(pair) == 2 and pair.isascii() and pair.isdigit() else (0, None)
    if pair in _CHARACTERS:
        return _CHARACTERS[pair], 2
    point = ord(pair[0])
    highest = 0x5F if code_set == "A" else 0x7F
    return (point - 32, 1) if 0x20 <= point <= highest else (0, None)
