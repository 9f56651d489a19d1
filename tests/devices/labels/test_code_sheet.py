"""Codes on paper and on a terminal: every one of them can be read."""

from __future__ import annotations

import pytest
import zxingcpp
from PIL import Image

from devices.labels.code_sheet import SheetCode, bars_in_text, code_sheet, square_in_text

CODES = [SheetCode("as new", "GRADE-A"), SheetCode("opened, 拆封", "GRADE-B"), SheetCode("broken", "GRADE-C")]
_MODULES = {" ": "00", "▐": "01", "▌": "10", "█": "11"}


def read(image: Image.Image) -> list[tuple[str, str]]:
    """(kind, text) of every code in a picture."""
    return sorted((str(code.format), code.text) for code in zxingcpp.read_barcodes(image.convert("L")))


def test_every_code_of_a_sheet_is_read_as_bars_and_as_a_square() -> None:
    found = read(code_sheet(CODES))
    assert sorted(text for _, text in found) == sorted(code.data for code in CODES for _ in range(2))
    assert len({kind for kind, _ in found}) == 2


@pytest.mark.parametrize("data", ["FH-PAIR-7K3Q", "GRADE-A", "1", "12345678"])
def test_the_bars_of_a_terminal_are_read(data: str) -> None:
    modules = "".join(_MODULES[char] for char in bars_in_text(data))
    image = Image.new("1", (len(modules), 40), 1)
    for x, module in enumerate(modules):
        image.paste(module == "0", (x, 0, x + 1, 40))
    assert [text for _, text in read(image.resize((3 * image.width, 120)))] == [data]


@pytest.mark.parametrize("data", ["FH7K3QXY", "GRADE-A", "x" * 60])
def test_the_square_of_a_terminal_is_read(data: str) -> None:
    lines = square_in_text(data)
    image = Image.new("1", (len(lines[0]), 2 * len(lines)), 1)
    for y, line in enumerate(lines):
        for x, char in enumerate(line):
            image.putpixel((x, 2 * y), char not in "▀█")
            image.putpixel((x, 2 * y + 1), char not in "▄█")
    assert [text for _, text in read(image.resize((4 * image.width, 4 * image.height)))] == [data]


def test_what_no_code_can_say_is_refused() -> None:
    with pytest.raises(ValueError, match="printable ASCII"):
        code_sheet([SheetCode("x", "补打")])
