"""Text shrinks, breaks and is cut, and never leaves its box, whatever it is."""

from __future__ import annotations

import unicodedata
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devices.errors import Unprintable
from devices.labels.cells import CellTypeface
from devices.labels.fonts import RasterTypeface
from devices.labels.layout import lay_out
from devices.labels.raster import draw
from devices.labels.textbox import Rect
from tests.devices.labels.samples import EXPRESS, LABEL, MEDIA, RECT, TYPEFACE, area, lines_in, text_element

ANY_TEXT = st.text(max_size=60) | st.text(alphabet="上海市 mug-12\u3000\n\x1b\x00𠮷😀é", max_size=400)
CELLS = CellTypeface(encodable=lambda char: ord(char) < 0x10000)


@pytest.mark.parametrize("typeface", [TYPEFACE, CELLS])
@given(ANY_TEXT, st.sampled_from(["left", "center", "right"]), st.sampled_from(["top", "middle", "bottom"]))
@settings(max_examples=60)
def test_any_text_stays_in_its_box(
    typeface: RasterTypeface | CellTypeface, text: str, align: str, vertical: str
) -> None:
    element = text_element(min_size_mm=2, align=align, vertical=vertical)
    lines, _ = lines_in(element, text, RECT, typeface)
    for left, top, right, bottom in map(area, lines):
        assert RECT.x <= left <= right <= RECT.x + RECT.width
        assert RECT.y <= top < bottom <= RECT.y + RECT.height
    assert not [
        char for line in lines for char in line.text if unicodedata.category(char) in ("Cc", "Cf", "Cs")
    ]


@given(ANY_TEXT, ANY_TEXT, st.text(max_size=40))
@settings(max_examples=30)
def test_any_order_gives_a_label(name: str, address: str, routing_code: str) -> None:
    consignee = replace(LABEL.consignee, name=name, address=address)
    label = replace(LABEL, consignee=consignee, routing_code=routing_code, service=name, order_no=address)
    layout = lay_out(EXPRESS, label, MEDIA, TYPEFACE)
    assert len(draw(layout, TYPEFACE).data) == 608 // 8 * 1040


def test_a_short_text_keeps_its_size() -> None:
    lines, _ = lines_in(text_element(min_size_mm=2, max_lines=1), "上海市浦东新区")
    assert [(line.text, line.size_dots) for line in lines] == [("上海市浦东新区", 24)]


def test_a_longer_one_shrinks_until_it_is_whole() -> None:
    text = "上海市浦东新区世纪大道一百"
    lines, _ = lines_in(text_element(size_mm=4, min_size_mm=2, max_lines=1), text)
    assert [line.text for line in lines] == [text]
    assert 16 < lines[0].size_dots < 32


def test_what_is_too_long_even_so_is_cut_with_an_ellipsis() -> None:
    text = "上海市浦东新区世纪大道" * 9
    lines, _ = lines_in(text_element(min_size_mm=2, max_lines=2), text)
    assert [line.size_dots for line in lines] == [16, 16]
    assert lines[1].text.endswith("…")
    assert text.startswith(lines[0].text + lines[1].text[:-1])


def test_lines_are_broken_without_losing_a_character() -> None:
    text = "上海市浦东新区世纪大道" * 4
    lines, _ = lines_in(text_element(), text)
    assert len(lines) > 1
    assert "".join(line.text for line in lines) == text


def test_a_word_is_not_broken_where_a_line_can_begin_before_it() -> None:
    lines, _ = lines_in(text_element(), "Kaffeetasse aus Keramik 350 Milliliter")
    assert " ".join(line.text for line in lines) == "Kaffeetasse aus Keramik 350 Milliliter"


def test_a_word_longer_than_a_line_is_broken() -> None:
    lines, _ = lines_in(text_element(), "W" * 40)
    assert "".join(line.text for line in lines) == "W" * 40


@pytest.mark.parametrize(("align", "x"), [("left", 16), ("center", 16 + 160 - 20), ("right", 16 + 320 - 40)])
def test_a_line_stands_where_it_is_wanted(align: str, x: int) -> None:
    lines, _ = lines_in(text_element(align=align), "上海")
    assert [(line.x, line.width_dots) for line in lines] == [(x, 40)]


def test_a_character_that_no_font_has_is_shown_as_such_and_reported() -> None:
    lines, missing = lines_in(text_element(), "张\ue000丰\ue000")
    assert [line.text for line in lines] == ["张〓丰〓"]
    assert missing == ("\ue000",)


def test_control_characters_are_gone_and_line_ends_are_spaces() -> None:
    lines, missing = lines_in(text_element(), "张\x1b@\x00小\r丰\u200b\ufe0f")
    assert [line.text for line in lines] == ["张@小 丰"]
    assert missing == ()


def test_type_that_is_larger_than_its_box_is_not_printed_over_its_neighbours() -> None:
    with pytest.raises(Unprintable, match="in 20 dots"):
        lines_in(text_element(), "上海", Rect(0, 0, 320, 20), CELLS)


def test_a_very_long_text_takes_no_longer_than_a_long_one() -> None:
    asked: list[int] = []

    class Counting(RasterTypeface):
        def width_dots(self, text: str, size_dots: int, bold: bool = False) -> int:
            asked.append(len(text))
            return super().width_dots(text, size_dots, bold)

    lines_in(text_element(min_size_mm=2), "上海" * 1_000_000, RECT, Counting())
    assert max(asked) <= 2001
