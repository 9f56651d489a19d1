"""A Code 128 symbol as data for ^BC in mode N: every symbol is named, so that the bars are those of the layout.

Invocation codes: ZPL programming guide, ^BC, "Code 128 invocation characters".
"""

from __future__ import annotations

from devices.labels.code128 import symbol_values

_START_B, _START_C = 104, 105
_INVOKED = {_START_B: ">:", _START_C: ">;", 99: ">5", 100: ">6", 102: ">8"}
_ESCAPED = {">": ">0", "^": "><", "~": ">="}  # what means something to ^BC, or ends its data


def invocations(text: str, *, gs1: bool) -> str:
    """What follows ^FD; never a caret nor a tilde. Raises ValueError where `text` has no Code 128."""
    code_set, written = "B", []
    for value in symbol_values(text, gs1=gs1):
        if value in (_START_C, 99) and not (value == 99 and code_set == "C"):
            code_set = "C"
        elif value in (_START_B, 100):
            code_set = "B"
        elif value != 102:
            written.append(_character(value, code_set))
            continue
        written.append(_INVOKED[value])
    return "".join(written)


def _character(value: int, code_set: str) -> str:
    if code_set == "C":
        return f"{value:02}"
    char = chr(value + 32)
    return _ESCAPED.get(char, char)
