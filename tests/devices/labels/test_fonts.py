"""Every character is looked for in the chain of fonts, and drawn in black and white in its own place."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import ImageFont

from devices.labels.cells import CellTypeface
from devices.labels.cmap import read_cmap
from devices.labels.fonts import SMALLEST_DOTS, FontFile, RasterTypeface, installed_fonts
from tests.devices.labels.samples import TYPEFACE

BUNDLED = installed_fonts()[0]
ALONE = RasterTypeface((BUNDLED,))
CELLS = CellTypeface(encodable=lambda char: char not in "𠮷", max_magnification=3)


def test_the_bundled_font_comes_first_and_holds_all_of_gbk() -> None:
    assert BUNDLED.path.name == "NotoSansSC-Regular.otf"
    pairs = (bytes((high, low)) for high in range(0xB0, 0xF8) for low in range(0xA1, 0xFF))
    gb2312 = "".join(pair.decode("gbk", "ignore") for pair in pairs)
    assert len(gb2312) > 6700
    assert ALONE.missing(gb2312 + "，。、；：“”‘’—…·①℃×〓䶮") == "".join(sorted(set(gb2312) & _PRIVATE))


_PRIVATE = {chr(point) for point in range(0xE000, 0xF900)}


def test_what_one_font_lacks_the_next_one_draws() -> None:
    later = [font for font in installed_fonts()[1:] if "𠮷" in read_cmap(font.path, font.face)]
    typeface = RasterTypeface((BUNDLED, *later))
    assert ALONE.missing("吉𠮷") == "𠮷"
    assert typeface.missing("吉𠮷") == ("" if later else "𠮷")


def test_a_character_that_no_font_has_is_drawn_as_a_geta_mark() -> None:
    assert ALONE.missing("\ue000a\ue000") == "\ue000"
    assert ALONE.line("\ue000", 24).tobytes() == ALONE.line("〓", 24).tobytes()


@given(st.text(alphabet="张gÅj|（1 ", max_size=8), st.integers(8, 90), st.booleans())
def test_a_line_is_as_large_as_it_was_measured(text: str, size_dots: int, bold: bool) -> None:
    line = TYPEFACE.line(text, size_dots, bold)
    assert line.size == (max(1, TYPEFACE.width_dots(text, size_dots, bold)), size_dots)
    assert line.mode == "1"


@pytest.mark.parametrize("text", ["张", "g", "y", "("])
def test_no_stroke_of_usual_characters_is_cut_off(text: str) -> None:
    box = TYPEFACE.line(text, 96).getbbox()
    assert box is not None
    assert box[1] > 0
    assert box[3] < 96


def test_bold_is_blacker() -> None:
    plain, bold = (
        int.from_bytes(TYPEFACE.line("收件", 48, bold).tobytes()).bit_count() for bold in (False, True)
    )
    assert plain * 1.2 < bold < plain * 2.5


def test_type_is_never_smaller_than_can_be_read() -> None:
    assert TYPEFACE.size_at_most(1) == SMALLEST_DOTS
    assert TYPEFACE.size_at_most(37) == 37


@given(st.characters(exclude_categories=["Cs"]))
def test_the_table_of_characters_is_the_one_that_the_font_library_sees(char: str) -> None:
    font = ImageFont.truetype(str(BUNDLED.path), 24, layout_engine=ImageFont.Layout.BASIC)
    notdef = font.getmask("\U0010fffe").getbbox(), bytes(font.getmask("\U0010fffe"))
    drawn = font.getmask(char).getbbox(), bytes(font.getmask(char))
    if char not in read_cmap(BUNDLED.path):
        assert drawn == notdef
    elif not char.isspace() and char.isprintable():
        assert drawn != notdef


def test_a_segment_with_a_glyph_table_of_its_own_is_read(tmp_path: Path) -> None:
    """Format 4: A to C by a table that lacks B, a to b by a difference, and the closing segment."""
    segments = ((0x43, 0x62, 0xFFFF), (0x41, 0x61, 0xFFFF), (0, 7 - 0x61, 1), (6, 0, 0))
    ends, starts, deltas, offsets = (
        struct.pack(">3H", *(value % 65536 for value in part)) for part in segments
    )
    body = (
        struct.pack(">4H", 6, 0, 0, 0)
        + ends
        + b"\0\0"
        + starts
        + deltas
        + offsets
        + struct.pack(">3H", 5, 0, 6)
    )
    table = struct.pack(">HHHHI", 0, 1, 3, 1, 12) + struct.pack(">3H", 4, 6 + len(body), 0) + body
    directory = struct.pack(">IHHHH", 0x00010000, 1, 0, 0, 0) + struct.pack(
        ">4sIII", b"cmap", 0, 28, len(table)
    )
    path = tmp_path / "font.ttf"
    path.write_bytes(directory + table)
    assert [char for char in "@ABCD`abc\uffff" if char in read_cmap(path)] == ["A", "C", "a", "b"]


@pytest.mark.parametrize("content", [b"", b"\x00\x01\x00\x00", b"ttcf", b"no font at all, but long enough"])
def test_a_file_that_is_no_font_is_said_to_be_none(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "font.ttf"
    path.write_bytes(content)
    with pytest.raises(ValueError, match="is no OpenType font"):
        read_cmap(path)


def test_a_broken_font_is_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "broken.ttf"
    path.write_bytes(b"OTTO")
    assert (
        RasterTypeface((FontFile(path), BUNDLED)).line("收", 24).tobytes() == ALONE.line("收", 24).tobytes()
    )


def test_without_any_font_nothing_is_drawn_wrongly() -> None:
    with pytest.raises(FileNotFoundError):
        RasterTypeface(())


def test_a_font_file_is_known_by_path_and_face() -> None:
    assert FontFile(Path("a.ttc"), 2) == FontFile(Path("a.ttc"), 2) != FontFile(Path("a.ttc"))


@pytest.mark.parametrize(("size", "cells"), [(1, 24), (24, 24), (47, 24), (48, 48), (200, 72)])
def test_a_printers_own_type_comes_in_whole_cells(size: int, cells: int) -> None:
    assert CELLS.size_at_most(size) == cells
    assert CELLS.width_dots("A收", size) == cells * 3 // 2


def test_a_printers_own_type_lacks_what_the_printer_says() -> None:
    assert CELLS.missing("A吉𠮷𠮷") == "𠮷"
