"""Which goods a code names."""

from __future__ import annotations

from collections.abc import Iterable

from agent.core import commands as c
from agent.core.model import Sku
from agent.core.story import Story

_GTIN_DIGITS = 14


def codes_of(story: Story, sku: str) -> tuple[str, ...]:
    """The barcodes of an SKU."""
    known = story.get(Sku, sku)
    return known.barcodes if known is not None else ()


def naming(scan: c.TakeScan, codes: Iterable[str]) -> str | None:
    """What of the scan names one of these codes: its text, or the GTIN in it."""
    said = (scan.text,) if scan.gtin is None else (scan.text, scan.gtin)
    return next((each for code in codes for each in said if same_barcode(each, code)), None)


def same_barcode(one: str, other: str) -> bool:
    """GTINs of 8, 12, 13 and 14 digits are the same number at 14 digits."""
    if one.isdigit() and other.isdigit() and max(len(one), len(other)) <= _GTIN_DIGITS:
        return one.zfill(_GTIN_DIGITS) == other.zfill(_GTIN_DIGITS)
    return one == other
