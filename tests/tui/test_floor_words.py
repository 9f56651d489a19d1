"""Numbers, bars and the trend, as a supervisor reads them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.bars import bar, spark
from tui.trend import ShippedTrend
from tui.words import age_s, clock_text, count_text, distance_text, duration_text, ms_text, saved_percent

NOON = datetime(2026, 6, 18, 12, tzinfo=UTC)


def trend(*totals: int, every_s: float = 10) -> ShippedTrend:
    """A trend of reports in even steps."""
    told = ShippedTrend()
    for step, total in enumerate(totals):
        told = told.with_total(NOON + timedelta(seconds=step * every_s), total)
    return told


@pytest.mark.parametrize(
    ("count", "width", "text"),
    [
        (127_000, None, "127,000"),
        (127_000, 5, "127k"),
        (12_345, 5, "12.3k"),
        (1_234_567, 4, "1.2M"),
        (7, 4, "7"),
    ],
)
def test_a_count_fits_its_column(count: int, width: int | None, text: str) -> None:
    assert count_text(count, width) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0 s"), (59.9, "59 s"), (60, "1 min"), (7_500, "2 h 05 min"), (273_600, "3 d 4 h"), (-5, "0 s")],
)
def test_a_duration_is_as_exact_as_one_decides_by(seconds: float, text: str) -> None:
    assert duration_text(seconds) == text


def test_units_change_where_the_number_would_be_unreadable() -> None:
    assert (ms_text(83.4), ms_text(12_345)) == ("83 ms", "12.3 s")
    assert (distance_text(428_000), distance_text(48_310_000)) == ("428 m", "48.3 km")


def test_saving_is_told_only_against_something() -> None:
    assert saved_percent(30, 100) == 70
    assert saved_percent(0, 0) is None


def test_times_are_read_with_any_offset_and_shown_where_the_supervisor_is() -> None:
    shanghai = timezone(timedelta(hours=8))
    assert clock_text("2026-06-18T04:00:00.123Z", shanghai) == "12:00:00"
    assert age_s("2026-06-18T11:59:00+08:00", "2026-06-18T04:00:00Z") == 60


@given(st.floats(0, 1), st.integers(1, 60))
def test_a_bar_is_exactly_as_wide_as_its_column(share: float, width: int) -> None:
    assert len(bar(share, width)) == width


@given(st.floats(0.000001, 1), st.integers(1, 60))
def test_even_one_order_among_many_shows(share: float, width: int) -> None:
    assert bar(share, width).strip()


@given(st.lists(st.floats(0, 1e6), max_size=80), st.integers(0, 60))
def test_a_sparkline_fills_its_width_and_stands_on_zero(values: list[float], width: int) -> None:
    drawn = spark(values, width)
    assert len(drawn) == width
    assert all(
        (column == "▁") == (value == 0) for value, column in zip(values[::-1], drawn[::-1], strict=False)
    )


def test_each_interval_shows_what_was_shipped_in_it() -> None:
    assert trend(100, 105, 105, 112).per_interval() == (5, 0, 7)


def test_a_gap_in_the_reports_is_spread_over_its_time() -> None:
    healed = trend(100, 110).with_total(NOON + timedelta(seconds=50), 150)
    assert healed.per_interval() == (10, 10, 10, 10, 10)


def test_another_day_or_agent_starts_a_new_trend() -> None:
    assert trend(100, 110, 0, 4).per_interval() == (4,)


def test_a_report_that_was_overtaken_is_void() -> None:
    told = trend(100, 110)
    assert told.with_total(NOON + timedelta(seconds=9), 109) == told


def test_the_pace_is_that_of_the_last_minute() -> None:
    assert trend(0, 90, *range(100, 107)).per_minute() == 6
    assert trend(5).per_minute() is None


@given(st.lists(st.tuples(st.floats(0.01, 30), st.integers(0, 50)), max_size=60))
def test_no_shipped_order_is_lost_or_invented_by_thinning(steps: list[tuple[float, int]]) -> None:
    told, moment, total = ShippedTrend(intervals=10_000), NOON, 0
    for seconds, shipped in [(0.0, 0), *steps]:
        moment, total = moment + timedelta(seconds=seconds), total + shipped
        told = told.with_total(moment, total)
    shown = told.per_interval()
    assert all(count >= 0 for count in shown)
    assert sum(shown) <= total + 1e-6
    assert len(told.samples) <= 2 + 2 * (len(shown) + 1)
