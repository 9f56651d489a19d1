"""A waybill number becomes bars that fit the media, are wide enough, and read back."""

from __future__ import annotations

import re

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from devices.errors import Unprintable
from devices.printers.escpos.code128 import code128
from devices.sim.code128 import bars, symbols_and_text

WIDTH_DOTS = 608


def test_a_short_number_stays_in_code_set_b() -> None:
    code = code128("SF1234567890", WIDTH_DOTS)
    assert (code.data, code.module_dots) == ("{BSF1234567890", 3)


def test_a_long_number_is_paired_rather_than_printed_thin() -> None:
    code = code128("SF1234567890123", WIDTH_DOTS)
    assert code.data.startswith("{BSF1{C")
    assert code.module_dots == 3


@pytest.mark.parametrize("digits", ["160423456789", "160523456789", "162023456789"])
def test_pairs_that_a_printer_would_obey_stay_in_code_set_b(digits: str) -> None:
    assert "{C" not in code128("SFX" + digits, WIDTH_DOTS).data


@pytest.mark.parametrize("waybill", ["", "顺丰123", "SF\n1", "A" * 81])
def test_what_cannot_be_written_is_refused(waybill: str) -> None:
    with pytest.raises(Unprintable):
        code128(waybill, WIDTH_DOTS)


def test_bars_that_do_not_fit_are_refused() -> None:
    with pytest.raises(Unprintable, match="do not fit"):
        code128("ABCDEFGHIJKLMNOPQRSTUVWXYZ", WIDTH_DOTS)


@given(st.text(alphabet=st.characters(min_codepoint=32, max_codepoint=126), min_size=1, max_size=40))
def test_the_firmware_reads_back_the_number_within_the_media(waybill: str) -> None:
    code = code128(waybill, 2000)
    read = symbols_and_text(code.data.encode())
    assert read is not None
    assert read[1] == waybill
    assert (len(bars(read[0])) + 20) * code.module_dots <= 2000


@given(st.from_regex(r"[A-Z]{0,3}[0-9]{8,20}", fullmatch=True))
def test_no_number_hides_a_real_time_command(waybill: str) -> None:
    assume(len(waybill) <= 20)
    assert not re.search("\x10[\x04\x05\x14]", code128(waybill, WIDTH_DOTS).data)


@given(st.binary(max_size=40))
def test_any_data_is_encoded_or_refused(data: bytes) -> None:
    read = symbols_and_text(data)
    assert read is None or set(bars(read[0])) == {"0", "1"}
