"""A waybill number as data for a printer's own Code 128, in bars as wide as the media allows."""

from __future__ import annotations

import re
from dataclasses import dataclass

from devices.errors import Unprintable

SYMBOL_MODULES = 11
STOP_MODULES = 13
QUIET_MODULES = 10
THINNEST_DOTS = 2  # what native commands and 203 dpi scanners can still do
GOOD_DOTS = 3  # 0.375 mm at 203 dpi: what the main code of a parcel label should have
WIDEST_DOTS = 4

_SET_B = re.compile(r"[ -~]{1,80}")
_DIGIT_RUN = re.compile(r"\d{4,}", re.ASCII)
# In code set C the digits 16 04, 16 05, 16 20 are bytes that a printer obeys at once, inside data too.
_REAL_TIME = re.compile("\x10[\x04\x05\x14]")


@dataclass(frozen=True, slots=True)
class Code128:
    """What follows the length byte of GS k, and how wide one bar module prints."""

    data: str
    module_dots: int


def code128(text: str, width_dots: int) -> Code128:
    """Code set B; where its bars would be thin, digits two by two in set C. Raises Unprintable."""
    if not _SET_B.fullmatch(text):
        raise Unprintable(f"{text[:80]!r} cannot be written as Code 128")
    plain = _fit(*_in_set_b(text), width_dots)
    if plain.module_dots >= GOOD_DOTS:
        return plain
    paired = _fit(*_with_digit_pairs(text), width_dots)
    best = plain if _REAL_TIME.search(paired.data) else max(plain, paired, key=lambda code: code.module_dots)
    if best.module_dots < THINNEST_DOTS:
        raise Unprintable(f"the bars of {text} do not fit on {width_dots} dots")
    return best


def _fit(data: str, symbols: int, width_dots: int) -> Code128:
    modules = symbols * SYMBOL_MODULES + STOP_MODULES + 2 * QUIET_MODULES
    return Code128(data, min(WIDEST_DOTS, width_dots // modules))


def _in_set_b(text: str) -> tuple[str, int]:
    """Data, and its symbols with start and check."""
    return "{B" + text.replace("{", "{{"), len(text) + 2


def _with_digit_pairs(text: str) -> tuple[str, int]:
    """Runs of four digits and more in set C, the rest in set B; data, and its symbols as above."""
    data, symbols, done = "", 1, 0
    for run in _DIGIT_RUN.finditer(text):
        start = run.start() + len(run[0]) % 2
        pairs = [chr(int(text[at : at + 2])) for at in range(start, run.end(), 2)]
        before = text[done:start]
        data += ("{B" + before.replace("{", "{{") if before else "") + "{C" + "".join(pairs)
        symbols += (len(before) + 1 if before else 0) + 1 + len(pairs)
        done = run.end()
    rest = text[done:]
    if rest:
        data += "{B" + rest.replace("{", "{{")
        symbols += len(rest) + 1
    return data, symbols
