"""Where the public data is, and its numbers as integers."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import TypeVar

UNIT_MM = 1_000
"""The length that one unit of an instance stands for: distances of two decimals become whole centimetres."""

T = TypeVar("T")


class MissingDataError(Exception):
    """The public instances are not on this machine; the message says where they were looked for."""


def routing_data() -> Path:
    """The folder of the public planning instances: beside the repository, or in $FLOORHAND_DATA.

    Raises MissingDataError where there is none.
    """
    root = Path(os.environ.get("FLOORHAND_DATA", Path(__file__).parents[2].parent / "shared" / "data"))
    found = root / "routing"
    if not found.is_dir():
        raise MissingDataError(f"the planning instances are not in {found} (set FLOORHAND_DATA)")
    return found


def length_mm(units: str | float) -> int:
    """A length given in units, in mm. Raises ValueError where it is no whole number of mm."""
    mm = Decimal(str(units)) * UNIT_MM
    if mm != mm.to_integral_value():
        raise ValueError(f"{units} units are no whole number of mm")
    return int(mm)


def rows_of(path: Path) -> Iterator[dict[str, str]]:
    """The rows of a CSV by column name."""
    with path.open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def sampled(found: Sequence[T], count: int | None, seed: int) -> list[T]:
    """So many of them drawn by the seed, in the order they stand in; all where `count` is None."""
    if count is None or count >= len(found):
        return list(found)
    return [found[n] for n in sorted(Random(seed).sample(range(len(found)), count))]
