"""What a label may show of a person: the masks of the national express waybill standard.

At least one character of a name, at least six digits of a phone number and every unit and room number are
hidden, for the recipient and for the sender alike. Masking twice changes nothing more.
"""

from __future__ import annotations

import re

HIDDEN = "*"
HIDDEN_PHONE_DIGITS = 6
_SHOWN_TAIL_DIGITS = 2

# 3, 12A, 3-2-501, 十二. Possessive, and only from the start of a run: linear in the length of the address.
_ALNUM = r"[\dA-Za-z]"
_NUMBER = rf"(?<![\dA-Za-z－-]){_ALNUM}++(?:[－-]{_ALNUM}++)*+"
_SPOKEN_NUMBER = r"[零〇一二三四五六七八九十百]++"
_ROOM_NUMBERS = (
    re.compile(rf"(?:{_NUMBER}|{_SPOKEN_NUMBER})(?=\s?(?:单元|层|室|房|户))"),  # 2单元, 501室, 三层
    re.compile(
        rf"(?<=[楼栋幢座单元])\s?{_ALNUM}++(?:[－-]{_ALNUM}++)*+(?!\s?(?:号|楼|栋|幢|座))"
    ),  # 3号楼501
    re.compile(r"(?<![\d－-])\d++[A-Za-z]?(?:[－-]\d++[A-Za-z]?)++(?!\s?(?:号|楼|栋|幢|座))"),  # …花园12-1203
)
_ENGLISH_ROOM = re.compile(r"((?:room|suite|unit|flat|apt)\.?\s?|#)\d[\w-]*", re.IGNORECASE)


def mask_name(name: str) -> str:
    """The first character and two stars: 张小丰 becomes 张**."""
    shown = name.strip()[:1]
    return shown + HIDDEN * 2 if shown else ""


def mask_phone(phone: str) -> str:
    """Hide the six digits before the last two, or all digits of a shorter number: 138******78."""
    digits = [at for at, char in enumerate(phone) if char.isdigit() or char == HIDDEN]
    last = len(digits) - _SHOWN_TAIL_DIGITS
    first = last - HIDDEN_PHONE_DIGITS
    hidden = set(digits[first:last] if first >= 0 else digits)
    return "".join(HIDDEN if at in hidden else char for at, char in enumerate(phone))


def mask_address(address: str) -> str:
    """Hide the numbers of unit, floor and room; street, house and building stay readable."""
    for pattern in _ROOM_NUMBERS:
        address = pattern.sub(HIDDEN * 2, address)
    return _ENGLISH_ROOM.sub(rf"\1{HIDDEN * 2}", address)
