"""Code 128 as data for a printer's own GS k: the very symbols that the layout reckoned with."""

from __future__ import annotations

import re
from collections.abc import Iterator

from devices.labels.code128 import encodable, symbol_values

_FNC1, _TO_B, _TO_C, _START_C = 102, 100, 99, 105
# In code set C the digits 16 04, 16 05, 16 20 are bytes that a printer obeys at once, inside data too.
_REAL_TIME = re.compile(b"\x10[\x04\x05\x14]")


def gs_k_data(text: str, *, gs1: bool = False) -> bytes | None:
    """What follows the length byte of GS k 73: code set marks and characters, a pair of digits in one byte.

    None where the printer would take two pairs for a real-time command. Raises ValueError where `text` cannot be
    Code 128.
    """
    if not encodable(text):
        raise ValueError(f"{text!r} is not printable ASCII")
    data = "".join(_marked(symbol_values(text, gs1=gs1))).encode("latin-1")
    return None if _REAL_TIME.search(data) else data


def _marked(values: list[int]) -> Iterator[str]:
    in_c = values[0] == _START_C
    yield "{C" if in_c else "{B"
    for value in values[1:]:
        if value == _FNC1:
            yield "{1"
        elif value == (_TO_B if in_c else _TO_C):
            in_c = not in_c
            yield "{C" if in_c else "{B"
        elif in_c:
            yield chr(value)
        else:
            yield chr(value + 32).replace("{", "{{")
