"""A waybill number becomes the very bars that the layout has room for, and nothing that a printer obeys."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.labels.code128 import modules
from devices.printers.escpos.code128 import gs_k_data
from devices.sim.code128 import bars, symbols_and_text
from devices.sim.escpos.parser import RealTimeReader

ENCODABLE = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), min_size=1, max_size=48)
DIGITS = st.text("016245", min_size=4, max_size=30)


@given(ENCODABLE | DIGITS, st.booleans())
def test_a_printer_draws_the_bars_that_were_laid_out(text: str, gs1: bool) -> None:
    data = gs_k_data(text, gs1=gs1)
    if data is not None:
        read = symbols_and_text(data)
        assert read is not None
        assert (read[1], bars(read[0])) == (text, modules(text, gs1=gs1))


@given(DIGITS)
def test_no_pairs_of_digits_are_a_real_time_command(text: str) -> None:
    data = gs_k_data(text)
    assert data is None or RealTimeReader().feed(data + b"\x01\x01") == []


@pytest.mark.parametrize("text", ["16041604", "99160500", "16201620"])
def test_pairs_that_a_printer_would_obey_are_refused(text: str) -> None:
    assert gs_k_data(text) is None


def test_a_brace_and_the_function_character_are_marked() -> None:
    assert gs_k_data("{A", gs1=True) == b"{B{1{{A"


def test_what_is_not_code_128_is_refused() -> None:
    with pytest.raises(ValueError, match="printable ASCII"):
        gs_k_data("快递")
