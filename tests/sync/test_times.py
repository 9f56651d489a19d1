"""RFC 3339 in and out."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.times import epoch_ms, format_time, from_epoch_ms, parse_time

MOMENTS = st.datetimes(
    max_value=datetime(9990, 1, 1),  # noqa: DTZ001 (hypothesis wants the bounds naive)
    timezones=st.just(UTC) | st.just(timezone(timedelta(hours=8))),
)


@given(MOMENTS)
def test_a_written_time_reads_back_to_the_millisecond(moment: datetime) -> None:
    text = format_time(moment)
    assert len(text) == 24
    assert text[19] == "."
    assert text[-1] == "Z"
    assert timedelta(0) <= moment - parse_time(text) < timedelta(milliseconds=1)


@given(st.text() | st.from_regex(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.+Z-]{0,20}"))
def test_any_text_is_a_time_or_a_value_error(text: str) -> None:
    with suppress(ValueError):
        assert parse_time(text).tzinfo is UTC


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("2026-06-18T08:00:03+08:00", "2026-06-18T00:00:03.000Z"),
        ("2026-06-18T00:00:03.1Z", "2026-06-18T00:00:03.100Z"),
        ("2026-06-18T00:00:03.123456789Z", "2026-06-18T00:00:03.123Z"),
        ("2026-06-18t00:00:03z", "2026-06-18T00:00:03.000Z"),
        ("2016-12-31T23:59:60Z", "2017-01-01T00:00:00.000Z"),
        ("2026-06-17T20:00:00-04:30", "2026-06-18T00:30:00.000Z"),
    ],
)
def test_any_offset_and_up_to_nine_decimals_are_read(text: str, written: str) -> None:
    assert format_time(parse_time(text)) == written


@pytest.mark.parametrize(
    "text",
    ["", "2026-06-18", "2026-06-18T00:00:03", "2026-02-30T00:00:00Z", "2026-06-18T24:00:00Z",
     "2026-06-18T00:00:00.1234567890Z", "0001-01-01T00:00:00+23:00", "２026-06-18T00:00:00Z"],
)  # fmt: skip
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="time"):
        parse_time(text)


def test_a_time_without_offset_is_never_written() -> None:
    with pytest.raises(ValueError, match="without offset"):
        format_time(datetime(2026, 6, 18))  # noqa: DTZ001 (the point of the test)


@given(st.integers(0, 4_000_000_000_000))
def test_epoch_milliseconds_survive(moment_ms: int) -> None:
    assert epoch_ms(from_epoch_ms(moment_ms)) == moment_ms
