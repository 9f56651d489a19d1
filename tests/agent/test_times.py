"""Times: any offset and up to nine decimals in; UTC with three decimals out."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.core.times import from_text, to_text

YEARS_MS = st.integers(from_text("0003-01-01T00:00:00Z"), from_text("9998-12-30T00:00:00Z"))


@given(YEARS_MS)
def test_what_is_written_is_read_back(at: int) -> None:
    assert from_text(to_text(at)) == at


@given(YEARS_MS, st.integers(-14 * 60, 14 * 60), st.text("0123456789", max_size=6))
def test_any_offset_and_more_decimals_name_the_same_millisecond(at: int, offset_min: int, more: str) -> None:
    local, sign = to_text(at + offset_min * 60_000)[:-1], "-" if offset_min < 0 else "+"
    offset = f"{sign}{abs(offset_min) // 60:02d}:{abs(offset_min) % 60:02d}"
    assert from_text(f"{local}{more}{offset}") == at


@pytest.mark.parametrize("decimals", ["", ".1", ".12", ".120", ".120000000"])
def test_decimals_are_a_fraction(decimals: str) -> None:
    assert from_text(f"2026-06-18T00:00:03{decimals}Z") % 1000 == int(decimals[1:4].ljust(3, "0"))


@pytest.mark.parametrize(
    "text",
    ["", "2026-06-18", "2026-06-18T00:00:03", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"],
)
def test_what_names_no_moment_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        from_text(text)


@given(st.text())
def test_any_text_is_a_time_or_a_value_error(text: str) -> None:
    try:
        at = from_text(text)
    except ValueError:
        return
    assert from_text(to_text(at)) == at
