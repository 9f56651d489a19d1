"""When to try again."""

from __future__ import annotations

from datetime import UTC, datetime
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.backoff import Backoff, parse_retry_after

NOW = datetime(2026, 6, 18, tzinfo=UTC)


@given(st.integers(1, 10_000), st.integers(), st.floats(0, 100))
def test_a_delay_lies_between_the_floor_and_the_doubled_ceiling(
    failures: int, seed: int, floor_s: float
) -> None:
    delay_s = Backoff().delay_s(failures, Random(seed), floor_s)
    assert floor_s <= delay_s <= max(floor_s, min(30.0, 0.5 * 2.0 ** min(failures - 1, 100)))


def test_the_jitter_is_full() -> None:
    rng = Random(1)
    delays_s = [Backoff().delay_s(20, rng) for _ in range(2000)]
    assert min(delays_s) < 1
    assert max(delays_s) > 29
    assert 14 < sum(delays_s) / len(delays_s) < 16


@pytest.mark.parametrize(
    ("value", "wait_s"),
    [
        (None, 0), ("7", 7), (" 7 ", 7), ("Thu, 18 Jun 2026 00:00:09 GMT", 9), ("Wed, 17 Jun 2026 00:00:09 GMT", 0),
        ("soon", 0), ("-3", 0), ("", 0), ("999999999999999", 86_400), ("Thu, 18 Jun 2026 00:00:09 -0000", 9),
    ],
)  # fmt: skip
def test_retry_after_is_seconds_or_a_date(value: str | None, wait_s: float) -> None:
    assert parse_retry_after(value, NOW) == wait_s


@given(st.text())
def test_any_retry_after_is_a_wait(value: str) -> None:
    assert 0 <= parse_retry_after(value, NOW) <= 86_400
