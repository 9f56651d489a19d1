"""What may come from outside as a name or a number, so that everything that was taken can also be kept and shown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from msgspec import Meta

_MOST = 2**53 - 1  # the largest that every JSON reader and the database keep exactly

Whole = Annotated[int, Meta(ge=-_MOST, le=_MOST)]
Count = Annotated[int, Meta(ge=0, le=_MOST)]
Units = Annotated[int, Meta(ge=1, le=1_000_000_000)]


def is_name(text: str) -> bool:
    """An order number, SKU or location: 1 to 64 printable characters."""
    return 1 <= len(text) <= 64 and text.isprintable()


def sscc_in(rest: Mapping[str, object]) -> str | None:
    """The SSCC among the fields of an order that are kept as they came; None where it is no text."""
    sscc = rest.get("sscc")
    return sscc if isinstance(sscc, str) and sscc else None
