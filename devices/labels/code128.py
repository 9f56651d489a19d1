"""Code 128 (ISO/IEC 15417) in modules: sets B and C, changed so that the fewest symbols are needed.

A module is the narrowest bar or space; every symbol has 11 of them, the stop symbol 13.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import cycle

QUIET_ZONE_MODULES = 10
SSCC_AI = "00"
_SSCC_DIGITS = 18
_SWITCH = {"B": 100, "C": 99}
_START = {"B": 104, "C": 105}
_FNC1 = 102
_STOP = 106

# ISO/IEC 15417 table 1: the widths of bar, space, bar, … of symbol 0, 1, 2, …
_WIDTHS = """
212222 222122 222221 121223 121322 131222 122213 122312 132212 221213 221312 231212 112232 122132 122231
113222 123122 123221 223211 221132 221231 213212 223112 312131 311222 321122 321221 312212 322112 322211
212123 212321 232121 111323 131123 131321 112313 132113 132311 211313 231113 231311 112133 112331 132131
113123 113321 133121 313121 211331 231131 213113 213311 213131 311123 311321 331121 312113 312311 332111
314111 221411 431111 111224 111422 121124 121421 141122 141221 112214 112412 122114 122411 142112 142211
241211 221114 413111 241112 134111 111242 121142 121241 114212 124112 124211 411212 421112 421211 212141
214121 412121 111143 111341 131141 114113 114311 411113 411311 113141 114131 311141 411131 211412 211214
211232
2331112
"""


def _modules(widths: str) -> str:
    return "".join(colour * int(width) for colour, width in zip(cycle("10"), widths, strict=False))


_SYMBOLS = tuple(map(_modules, _WIDTHS.split()))


def encodable(text: str) -> bool:
    """Whether sets B and C hold every character: printable ASCII, at least one."""
    return bool(text) and text.isascii() and text.isprintable()


@lru_cache(maxsize=64)
def modules(text: str, *, gs1: bool = False) -> str:
    """The whole symbol without quiet zones, 1 a bar and 0 a space; `gs1`: FNC1 stands first.

    Raises ValueError where `text` is not encodable.
    """
    if not encodable(text):
        raise ValueError(f"{text!r} is not printable ASCII")
    values = symbol_values(text, gs1=gs1)
    check = (values[0] + sum(at * value for at, value in enumerate(values))) % 103
    return "".join(_SYMBOLS[value] for value in (*values, check, _STOP))


def symbol_values(text: str, *, gs1: bool = False) -> list[int]:
    """Start, FNC1 where wanted, and the data, in as few symbols as there can be; without check and stop."""
    cost = _costs(text)
    code_set = "B" if cost["B"][0] <= cost["C"][0] else "C"
    values = [_START[code_set], _FNC1] if gs1 else [_START[code_set]]
    at = 0
    while at < len(text):
        code_set, changed = _next_set(code_set, cost, at)
        if changed:
            values.append(_SWITCH[code_set])
        step = 2 if code_set == "C" else 1
        values.append(int(text[at : at + 2]) if code_set == "C" else ord(text[at]) - 32)
        at += step
    return values


def _next_set(code_set: str, cost: dict[str, list[float]], at: int) -> tuple[str, bool]:
    """The set of the next symbol: the other one only where that is shorter."""
    other = "C" if code_set == "B" else "B"
    changed = 1 + cost[other][at] < cost[code_set][at]
    return (other, True) if changed else (code_set, False)


def _costs(text: str) -> dict[str, list[float]]:
    """For each position, how many symbols the rest takes where the next one is of set B, or of set C."""
    size = len(text)
    in_b, in_c = [0.0] * (size + 2), [0.0] * (size + 2)
    in_c[size + 1] = in_b[size + 1] = float("inf")
    for at in reversed(range(size)):
        in_b[at] = 1 + min(in_b[at + 1], 1 + in_c[at + 1])
        pair = text[at : at + 2].isdigit() and at + 2 <= size
        in_c[at] = 1 + min(in_c[at + 2], 1 + in_b[at + 2]) if pair else float("inf")
    return {"B": in_b, "C": in_c}


def sscc_check_digit(digits: str) -> str:
    """GS1's modulo 10 over the first 17 digits of an SSCC: weights 3, 1, 3, … from the right."""
    weighted = sum(int(digit) * (1 if at % 2 else 3) for at, digit in enumerate(reversed(digits)))
    return str(-weighted % 10)


def is_sscc(text: str) -> bool:
    """18 digits whose last is the check digit of those before."""
    if len(text) != _SSCC_DIGITS or not (text.isascii() and text.isdigit()):
        return False
    return sscc_check_digit(text[:-1]) == text[-1]
