"""Carriers' waybill numbers: the formats that are known, and those that a site adds.

Only formats that nothing else on a floor looks like are known. The sources are the carriers' present numbers as the
project BF-zh/Courier-Validation has and tests them, the table of Taobao's `logistics.companies.get`
(`reg_mail_no`), and UPU standard S10 for post. Left to the site, because goods carry such codes too: bare twelve
digits (old SF, ZTO, STO: a UPC-A), thirteen that begin with 50, 88, 95 or 97 (YD, STO, EMS: EAN-13 of the United
Kingdom, Korea and Malaysia, and books), fifteen that begin with another 3 than 31 (YD: an IMEI begins with 35).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

_LONGEST = 64  # no carrier's number is longer; a site's pattern is never tried on a QR code full of text

_KNOWN: dict[str, tuple[str, ...]] = {
    "SF": (r"SF[0-9A-Z][0-9]{12}",),
    "YTO": (r"YT[0-9]{13}",),
    "ZTO": (r"7[0-9]{13}",),
    "STO": (r"77[0-9]{13}",),
    "YD": (r"(?:31|43|46)[0-9]{13}",),
    "JD": (r"JD[0-9A-Z]{2}[0-9]{11}",),
    "JT": (r"JT[0-9]{13}",),
    "DBL": (r"DPK[0-9]{12}",),
    "EMS": (r"1[0-2][0-9]{11}",),
    "YZPY": (r"9[89][0-9]{11}", r"P[A-Z][0-9]{11}"),
}

_S10 = re.compile(r"[A-Z]{2}([0-9]{8})([0-9])CN")
_S10_WEIGHTS = (8, 6, 4, 2, 3, 5, 9, 7)


@dataclass(frozen=True, slots=True)
class WaybillRules:
    """What numbers of which carrier look like; the first that fits is it, a site's own before the known ones."""

    patterns: tuple[tuple[str, re.Pattern[str]], ...]

    def carrier_of(self, text: str) -> str | None:
        """The carrier whose number this is, or None."""
        if len(text) > _LONGEST:
            return None
        fitting = (carrier for carrier, pattern in self.patterns if pattern.fullmatch(text))
        return next(fitting, "EMS" if is_s10(text) else None)


def compile_rules(extra: Mapping[str, Sequence[str]]) -> WaybillRules:
    r"""The known formats, and before them `extra`: carrier → regular expressions that fit a whole number.

    `\d` means 0 to 9. Raises ValueError with the carrier, the pattern and what is wrong with it.
    """
    return WaybillRules((*_compiled(extra), *_compiled(_KNOWN)))


def is_s10(text: str) -> bool:
    """A postal item of China with the right check digit (UPU S10: weights 8 6 4 2 3 5 9 7, modulo 11)."""
    found = _S10.fullmatch(text)
    return found is not None and int(found[2]) == s10_check_digit(found[1])


def s10_check_digit(serial: str) -> int:
    """Of the eight digits of a postal item."""
    total = sum(int(digit) * weight for digit, weight in zip(serial, _S10_WEIGHTS, strict=True))
    return {10: 0, 11: 5}.get(11 - total % 11, 11 - total % 11)


def _compiled(formats: Mapping[str, Sequence[str]]) -> Iterator[tuple[str, re.Pattern[str]]]:
    for carrier, patterns in formats.items():
        for pattern in patterns:
            yield carrier, _compile(carrier, pattern)


def _compile(carrier: str, pattern: str) -> re.Pattern[str]:
    try:
        compiled = re.compile(pattern, re.ASCII)
    except (re.error, OverflowError, RecursionError) as error:
        raise ValueError(f"waybills of {carrier}: {pattern!r} is no regular expression: {error}") from None
    if compiled.fullmatch(""):
        raise ValueError(f"waybills of {carrier}: {pattern!r} fits an empty code, so it would fit too much")
    return compiled
