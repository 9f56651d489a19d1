"""Public instances of scattered storage: what is published to be shortest is found, and proven.

On two blocks only those where one unit of each article is wanted: see bench.planning.instances.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path
from time import monotonic

import pytest

from bench.planning.data import MissingDataError
from bench.planning.instances import PickCase, sprp, sprp_files
from routing import Effort
from routing.sources.solve import source
from routing.sources.want import Candidate, Sourced, Want

SAMPLE = 12
SECONDS = 5.0
"""Longer than any of the small ones takes to be proven; they end when they are."""


@pytest.fixture(scope="module")
def files() -> list[Path]:
    try:
        found = [file for alpha in (2, 5, 10) for file in sprp_files(alpha)]
    except MissingDataError as missing:
        pytest.skip(str(missing))
    return [file for file in found if "_a3_" in file.name or "_a7_" in file.name]


def solved(case: PickCase, seconds: float) -> Sourced:
    wants = [
        Want(
            str(article), qty, tuple(Candidate(place, units) for place, units in case.stock[article].items())
        )
        for article, qty in case.wants.items()
    ]
    return source(case.layout, Effort(), case.start, (), (), wants, monotonic() + seconds)


def cost(case: PickCase) -> int:
    assert case.best_mm is not None
    return case.best_mm * Effort().per_mm("")


def drawn(files: Sequence[Path], start: str = "") -> list[Path]:
    some = [file for file in files if file.name.startswith(start)]
    return random.Random(5).sample(some, min(SAMPLE, len(some)))


def test_one_block_is_solved_and_proven(files: list[Path]) -> None:
    for file in drawn(files):
        case = sprp(file, 1)
        found = solved(case, SECONDS)
        assert found.bound == found.cost == cost(case), case.name


def test_two_blocks_are_solved_and_proven(files: list[Path]) -> None:
    for file in drawn(files, "unit_"):
        case = sprp(file, 2)
        found = solved(case, SECONDS)
        assert found.bound == found.cost == cost(case), case.name


def test_in_no_time_the_bound_is_no_more_than_the_shortest(files: list[Path]) -> None:
    for file in drawn(files):
        case = sprp(file, 1)
        found = solved(case, 0)
        assert found.bound <= cost(case) <= found.cost, case.name
