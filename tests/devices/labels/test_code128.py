"""Code 128 and QR codes in modules, held against other people's tables and readers."""

from __future__ import annotations

import pytest
from barcode.charsets.code128 import CODES  # python-barcode ships no types
from biip.gs1_messages import GS1Message
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from devices.labels import qr
from devices.labels.code128 import encodable, is_sscc, modules, sscc_check_digit, symbol_values
from tests.devices.labels.samples import SSCC, codes

ASCII = st.text(alphabet=st.characters(min_codepoint=32, max_codepoint=126), min_size=1, max_size=48)
MIXED = st.lists(st.sampled_from(["A", "-", "7", "12", "3456"]), min_size=1, max_size=12).map("".join)


def picture(rows: list[str], width: int, height: int) -> Image.Image:
    image = Image.new("L", (len(rows[0]), len(rows)))
    image.putdata([0 if module == "1" else 255 for row in rows for module in row])
    sheet = Image.new("L", (width + 80, height + 80), 255)
    sheet.paste(image.resize((width, height), Image.Resampling.NEAREST), (40, 40))
    return sheet


@given(ASCII | MIXED)
def test_any_ascii_text_reads_back(text: str) -> None:
    bars = modules(text)
    assert codes(picture([bars], 3 * len(bars), 60)) == {("]C0", text)}


@given(ASCII | MIXED)
def test_its_modules_are_those_of_the_standard(text: str) -> None:
    values = symbol_values(text)
    check = (values[0] + sum(at * value for at, value in enumerate(values))) % 103
    assert modules(text) == "".join(CODES[value] for value in (*values, check)) + "1100011101011"


@pytest.mark.parametrize(
    ("text", "symbols"),
    [
        ("1", 2),
        ("12", 2),
        ("123", 4),
        ("1234", 3),
        ("A12", 4),
        ("A1234", 5),
        ("SF1234567890123", 11),
        ("12A", 4),
    ],
)
def test_it_changes_sets_only_where_that_is_shorter(text: str, symbols: int) -> None:
    assert len(symbol_values(text)) == symbols


@given(st.text(alphabet="A12", min_size=1, max_size=9))
def test_no_other_choice_of_sets_is_shorter(text: str) -> None:
    def fewest(rest: str, code_set: str) -> int:
        if not rest:
            return 0
        in_b = 1 + fewest(rest[1:], "B") + (code_set == "C")
        paired = len(rest) > 1 and rest[:2].isdigit()
        return min(in_b, 1 + fewest(rest[2:], "C") + (code_set == "B")) if paired else in_b

    assert len(symbol_values(text)) - 1 == min(fewest(text, "B"), fewest(text, "C"))


def test_a_gs1_code_begins_with_fnc1_and_is_known_as_one() -> None:
    bars = modules("00" + SSCC, gs1=True)
    assert len(bars) == 156
    assert codes(picture([bars], 3 * len(bars), 60)) == {("]C1", "00" + SSCC)}


@pytest.mark.parametrize("text", ["", "张", "a\n", "\x7f", "é"])
def test_what_sets_b_and_c_lack_is_refused(text: str) -> None:
    assert not encodable(text)
    with pytest.raises(ValueError, match="printable ASCII"):
        modules(text)


@given(st.text(alphabet="0123456789", min_size=17, max_size=17))
def test_the_check_digit_is_what_a_gs1_parser_accepts(digits: str) -> None:
    sscc = digits + sscc_check_digit(digits)
    assert is_sscc(sscc)
    assert not is_sscc(digits + str((int(sscc[-1]) + 1) % 10))
    assert GS1Message.parse("00" + sscc).element_strings[0].value == sscc


@given(st.text(alphabet="FH1:SF234567890J-沪", min_size=1, max_size=60))
def test_a_qr_code_reads_back(text: str) -> None:
    rows = ["".join("01"[module] for module in row) for row in qr.matrix(text)]
    assert codes(picture(rows, 4 * len(rows), 4 * len(rows))) == {("]Q1", text)}


@pytest.mark.parametrize(("text", "says"), [("", "needs data"), ("沪" * 80, "240 bytes are too many")])
def test_a_qr_code_that_no_label_has_room_for_is_refused(text: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        qr.matrix(text)
