"""What codes say: each ambiguity is a claim, and no text is too odd."""

import re

import pytest
from biip.checksums import gs1_standard_check_digit
from hypothesis import given
from hypothesis import strategies as st

from devices.scanners.codes import Code, read_code
from devices.scanners.waybills import compile_rules, is_s10

RULES = compile_rules({})
GTIN = "06901234567892"
SSCC = "106141411234567897"
FNC1 = "\x1d"
GS1_SYMBOLOGIES = ["C1", "d2", "Q3", "e0", "J1"]


def read(text: str, symbology: str | None = None) -> Code:
    code = read_code(text, symbology, RULES)
    assert code.text == text
    return code


# A number per known format, most of them from the tests of BF-zh/Courier-Validation.
WAYBILLS = {
    "SF1385628716739": "SF",
    "YT8962646785389": "YTO",
    "73610555582883": "ZTO",
    "71000000000001": "ZTO",
    "773277027280336": "STO",
    "463431409940372": "YD",
    "JDX024407261700": "JD",
    "JDVA12345678901": "JD",
    "JT5261988016578": "JT",
    "DPK202252612836": "DBL",
    "1207119765021": "EMS",
    "9881234567890": "YZPY",
    "PA12345678901": "YZPY",
    "EE876543216CN": "EMS",
}


@pytest.mark.parametrize(("number", "carrier"), WAYBILLS.items())
@pytest.mark.parametrize("symbology", [None, "C0", "A0", "Q1"])
def test_a_known_carriers_number_is_a_waybill(number: str, carrier: str, symbology: str | None) -> None:
    assert read(number, symbology) == Code(number, "waybill", waybill_of=carrier)


def numbers_of(carriers: dict[str, tuple[str, ...]]) -> st.SearchStrategy[str]:
    return st.one_of(
        *(st.from_regex(pattern, fullmatch=True) for each in carriers.values() for pattern in each)
    )


FORMATS = {
    "SF": (r"SF[0-9]{13}",),
    "YTO": (r"YT[0-9]{13}",),
    "ZTO": (r"7[3-9][0-9]{12}",),
    "STO": (r"77[0-9]{13}",),
    "YD": (r"(31|43|46)[0-9]{13}",),
    "JD": (r"JD[0VX][0-9A-Z][0-9]{11}",),
    "JT": (r"JT[0-9]{13}",),
    "DBL": (r"DPK[0-9]{12}",),
    "EMS": (r"1[0-2][0-9]{11}", r"9[89][0-9]{11}"),
}


@given(numbers_of(FORMATS), st.sampled_from([None, "C0"]))
def test_a_tracking_number_is_never_taken_for_a_gtin_or_gs1(number: str, symbology: str | None) -> None:
    code = read(number, symbology)
    assert (code.kind, code.gtin, code.sscc) == ("waybill", None, None)


def with_check_digit(payload: str) -> str:
    return payload + str(gs1_standard_check_digit(payload))


@given(st.from_regex(r"7[3-9][0-9]{11}", fullmatch=True).map(with_check_digit))
def test_a_zto_number_that_has_a_good_check_digit_by_chance_is_a_waybill(number: str) -> None:
    assert read(number).waybill_of == "ZTO"


@given(st.from_regex(r"1[0-2][0-9]{10}", fullmatch=True).map(with_check_digit))
def test_thirteen_digits_may_be_ems_or_an_ean_and_the_symbology_tells(number: str) -> None:
    assert read(number).waybill_of == "EMS"
    assert read(number, "E0") == Code(number, "gtin", gtin="0" + number)


def test_a_carton_code_whose_indicator_is_7_reads_as_zto_unless_gs1_marks_it() -> None:
    """ITF does not overrule: post offices print it. GS1-128 does."""
    carton = with_check_digit("7690123456789")
    assert read(carton, "I1").waybill_of == "ZTO"
    assert read("01" + carton, "C1").gtin == carton


def test_a_gs1_symbology_whose_content_is_no_element_string_may_hold_a_waybill() -> None:
    assert read("73610555582883", "C1").waybill_of == "ZTO"


def test_a_book_is_a_book_though_gs1_could_read_application_identifier_97_in_it() -> None:
    book = "9787115428028"
    for symbology in (None, "C0", "E0"):
        assert read(book, symbology) == Code(book, "gtin", gtin="09787115428028")
    assert read(book, "C1") == Code(book, "gs1")


@pytest.mark.parametrize(
    "text",
    [
        "1234567890128",  # (12) due date, and a good EAN check digit: EMS numbers look like this too
        "2112345",  # (21) serial
        "240ABC",  # (240) additional item identification
        "3712",  # (37) count
        "10LOT7",  # (10) lot
        "9012",  # (90) internal
    ],
)
def test_without_a_mark_other_element_strings_are_not_believed(text: str) -> None:
    assert read(text).kind != "gs1"


def test_an_imei_is_no_waybill_though_yunda_numbers_have_fifteen_digits_too() -> None:
    assert read("356938035643809").kind == "plain"


@pytest.mark.parametrize("symbology", [None, "C0", "I1", "E0"])
@pytest.mark.parametrize("text", ["6901234567892", "012345678905", "96385074", "16901234567899"])
def test_retail_and_carton_codes_are_gtins_at_fourteen_digits(text: str, symbology: str | None) -> None:
    assert read(text, symbology) == Code(text, "gtin", gtin=text.zfill(14))


@pytest.mark.parametrize("text", ["6901234567890", "012345678900", "96385070", "16901234567890", "690123456"])
@pytest.mark.parametrize("symbology", [None, "E0", "E4", "I1"])
def test_a_number_with_a_bad_check_digit_is_just_text(text: str, symbology: str | None) -> None:
    assert read(text, symbology) == Code(text, "plain")


def test_upc_e_is_expanded_where_the_symbology_says_that_it_is_one() -> None:
    assert read("04252614", "E0").gtin == "00042100005264"
    assert read("04252614", "E4").kind == "plain"


def test_the_price_behind_a_books_ean_is_left_out_of_its_gtin() -> None:
    assert read("978711542802802500", "E3").gtin == "09787115428028"


@pytest.mark.parametrize("symbology", GS1_SYMBOLOGIES)
def test_element_strings_are_read_in_every_gs1_symbology(symbology: str) -> None:
    text = f"01{GTIN}17260618" + f"10L-7{FNC1}21S/1"
    assert read(text, symbology) == Code(text, "gs1", gtin=GTIN, lot="L-7", serial="S/1")


@pytest.mark.parametrize("symbology", [None, "C0", "Q1"])
def test_unmarked_element_strings_are_read_where_nothing_else_begins_so(symbology: str | None) -> None:
    assert read(f"01{GTIN}21S1", symbology).serial == "S1"
    assert read(f"00{SSCC}", symbology).sscc == SSCC
    assert read(f"10L1{FNC1}21S1", symbology).lot == "L1"
    assert read(f"{FNC1}21S1", symbology).serial == "S1"


def test_the_gtin_of_a_pallets_content_is_not_the_gtin_of_the_pallet() -> None:
    code = read(f"00{SSCC}02{GTIN}37100", "C1")
    assert (code.sscc, code.gtin) == (SSCC, None)


@pytest.mark.parametrize("text", [f"01{GTIN[:-1]}0", f"00{SSCC[:-1]}0", f"01{GTIN[:-1]}010L1"])
def test_element_strings_with_a_bad_check_digit_are_just_text(text: str) -> None:
    assert read(text, "C1").kind == "plain"


def test_a_date_that_is_none_does_not_cost_the_gtin_beside_it() -> None:
    assert read(f"01{GTIN}17000000", "d2").gtin == GTIN


def test_a_value_longer_than_its_identifier_allows_is_not_cut_into_two() -> None:
    assert read("10" + "A" * 20 + "21S1", "C1").kind == "plain"


def test_a_space_is_no_separator() -> None:
    assert read(f"01{GTIN}10L1 21S1", "C1").kind == "plain"


def test_digits_of_other_scripts_are_just_text() -> None:
    assert read("٦٩٠١٢٣٤٥٦٧٨٩٢", "E0").kind == "plain"
    assert read("01" + "٣" * 14, "C1").kind == "plain"


# Character set 82 (GS1 General Specifications 7.11).
VALUES = st.text("!\"%&'()*+,-./0123456789:;<=>?ABCXYZ_abcxyz", min_size=1, max_size=20)


@given(
    st.from_regex(r"[0-9]{13}", fullmatch=True).map(with_check_digit), VALUES, VALUES, st.permutations("01l")
)
def test_element_strings_read_back_in_any_order(gtin: str, lot: str, serial: str, order: list[str]) -> None:
    parts = {"0": f"01{gtin}", "1": f"10{lot}{FNC1}", "l": f"21{serial}{FNC1}"}
    text = "".join(parts[each] for each in order)
    expected = Code(text, "gs1", gtin=gtin, lot=lot, serial=serial)
    assert read(text, "C1") == expected
    assert read(FNC1 + text) == Code(FNC1 + text, "gs1", gtin=gtin, lot=lot, serial=serial)


def test_a_label_of_ours_is_a_label_whatever_waybill_it_names() -> None:
    assert read("FH1:SF1385628716739:J7:2", "Q1").kind == "label"
    assert read("FH1:SF1385628716739:J7", "Q1").kind == "plain"


SYMBOLOGIES = st.sampled_from([None, "C0", "E0", "E3", "E4", "I1", "Q1", "A0", "??", *GS1_SYMBOLOGIES])
ODD_TEXTS = st.text(max_size=60) | st.text("0123456789\x1d .Aé٣", max_size=60)


@given(ODD_TEXTS, SYMBOLOGIES)
def test_any_text_says_something(text: str, symbology: str | None) -> None:
    code = read(text, symbology)
    assert code.gtin is None or re.fullmatch("[0-9]{14}", code.gtin)
    assert (code.waybill_of is not None) == (code.kind == "waybill")


@given(st.sampled_from(["00", "01", "02", "10", "17", "21", "310", "392", "4324", "7007", "8008"]), ODD_TEXTS)
def test_nothing_behind_an_application_identifier_raises(ai: str, rest: str) -> None:
    read(ai + rest, "C1")


# What a site adds


def test_a_sites_own_formats_come_before_the_known_ones() -> None:
    rules = compile_rules({"MINE": [r"7\d{13}"], "OTHER": ["X-[0-9]+", "Y[0-9]"]})
    assert read_code("73610555582883", None, rules).waybill_of == "MINE"
    assert read_code("X-12", None, rules).waybill_of == "OTHER"
    assert read_code("X-12 and more", None, rules).kind == "plain"
    assert read_code("SF1385628716739", None, rules).waybill_of == "SF"


def test_a_sites_pattern_means_plain_digits() -> None:
    assert compile_rules({"MINE": [r"\d{5}"]}).carrier_of("٣٣٣٣٣") is None


@pytest.mark.parametrize(
    ("pattern", "says"),
    [
        ("SF[0-9", "unterminated"),
        ("(", "missing"),
        (".*", "empty"),
        ("a{99999999999}", "overflow|repetition"),
    ],
)
def test_a_pattern_that_cannot_be_used_is_named(pattern: str, says: str) -> None:
    with pytest.raises(ValueError, match=rf"waybills of MINE: {re.escape(repr(pattern))} .*({says})"):
        compile_rules({"SF": ["SF1"], "MINE": ["M[0-9]", pattern]})


def test_a_pattern_is_not_tried_on_a_text_longer_than_any_number() -> None:
    """A pattern that backtracks for ever on a long code would hold the whole floor."""
    assert compile_rules({"SLOW": [r"(a+)+b"]}).carrier_of("a" * 5000) is None


@given(st.from_regex(r"[A-Z]{2}[0-9]{9}CN", fullmatch=True))
def test_of_ten_postal_numbers_that_differ_in_the_check_digit_one_is_good(number: str) -> None:
    assert sum(is_s10(f"{number[:10]}{digit}CN") for digit in range(10)) == 1


def test_the_check_digit_of_a_postal_number_is_reckoned_as_s10_says() -> None:
    """4·8 + 7·6 + 3·4 + 1·2 + 2·3 + 4·5 + 8·9 + 2·7 = 200, which leaves 2 of 11, so 9."""
    assert is_s10("RA473124829CN")
    assert not is_s10("RA473124828CN")
