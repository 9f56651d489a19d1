"""Check digits of waybill numbers: a declared table of rules that are publicly documented.

s10: UPU S10 (Universal Postal Union, "Identification of postal items, 13-character identifier"): two letters, eight
digits weighted 8 6 4 2 3 5 9 7, a check digit modulo 11, two letters of the country.
mod10: GS1 General Specifications, section "Check digit calculations": weights 3 and 1 from the right, modulo 10; the
SSCC of 18 digits and every other GS1 number.
ems: what EMS of China gives: S10, or its domestic number of 13 digits that begins with 10, 11 or 12, which has no
published check digit.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Literal

from biip.checksums import gs1_standard_check_digit

from devices.scanners.waybills import s10_check_digit

Check = Literal["none", "s10", "mod10", "ems"]

_S10 = re.compile(r"[A-Z]{2}([0-9]{8})([0-9])[A-Z]{2}")
_EMS_DOMESTIC = re.compile(r"1[0-2][0-9]{11}")
_DIGITS = re.compile(r"[0-9]{2,}")


def _s10(number: str) -> bool:
    found = _S10.fullmatch(number)
    return found is not None and s10_check_digit(found[1]) == int(found[2])


def _mod10(number: str) -> bool:
    return _DIGITS.fullmatch(number) is not None and gs1_standard_check_digit(number[:-1]) == int(number[-1])


def _ems(number: str) -> bool:
    return _EMS_DOMESTIC.fullmatch(number) is not None or _s10(number)


_RULES: Mapping[Check, Callable[[str], bool]] = {
    "none": lambda _: True,
    "s10": _s10,
    "mod10": _mod10,
    "ems": _ems,
}

#: Carriers whose rule is known; a site's configuration comes first.
_KNOWN: Mapping[str, Check] = {"EMS": "ems"}


def check_of(carrier: str, configured: Mapping[str, Check]) -> Check:
    """The carrier's rule: as configured, else the known one, else none."""
    return configured.get(carrier) or _KNOWN.get(carrier, "none")


def failing(numbers: Iterable[str], check: Check) -> tuple[str, ...]:
    """Those that break the rule: their labels would be stopped at the carrier's first scanner."""
    return tuple(number for number in numbers if not _RULES[check](number))
