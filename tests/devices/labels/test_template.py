"""A template that cannot give a good label is refused when it is read, with its file and element."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from devices.errors import TemplateError
from devices.labels.label import Media
from devices.labels.placed import Picture
from devices.labels.template import load_template, load_templates
from tests.devices.labels.samples import laid_out

HEAD = 'name = "site"\nwidth_mm = 76\nheight_mm = 130\n'
WAYBILL = """
[[element]]
kind = "code128"
data = "{waybill}"
x_mm = 2
y_mm = 2
width_mm = 72
height_mm = 10
"""
QR = """
[[element]]
kind = "qr"
data = "{qr}"
x_mm = 2
y_mm = 20
width_mm = 25
height_mm = 25
"""
AGAIN = """
[[element]]
kind = "text"
text = "{again}"
x_mm = 40
y_mm = 20
width_mm = 20
height_mm = 5
size_mm = 4
"""
PLACE = "x_mm = 2\ny_mm = 60\nwidth_mm = 20\nheight_mm = 10\n"
GOOD = HEAD + WAYBILL + QR + AGAIN


def refusal(folder: Path, content: str) -> str:
    path = folder / "site.toml"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(TemplateError) as refused:
        load_template(path)
    return refused.value.reason


def element(lines: str) -> str:
    return f"{GOOD}\n[[element]]\n{PLACE}{lines}\n"


def test_a_plain_template_is_accepted(tmp_path: Path) -> None:
    path = tmp_path / "site.toml"
    path.write_text(GOOD, encoding="utf-8")
    assert load_template(path).name == "site"


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        ('kind = "text"\ntext = "a"\nsize_mm = 3\ncolour = 1', "unknown field `colour`"),
        ('kind = "text"\ntext = "a"\nsize_mm = "big"', "Expected `float`, got `str` - at `$.size_mm`"),
        ('kind = "text"\ntext = "a"', "missing required field `size_mm`"),
        ('kind = "text"\ntext = "a"\nsize_mm = 0', "Expected `float` >= 1.0"),
        ('kind = "text"\ntext = "a"\nsize_mm = 3\nalign = "middle"', "Invalid enum value 'middle'"),
        ('kind = "text"\ntext = "a"\nsize_mm = 3\nmin_size_mm = 4', "expected at most size_mm 3"),
        ('kind = "text"\ntext = "a"\nsize_mm = 11', "expected room for type of 11 mm"),
        ('kind = "text"\ntext = "{phone}"\nsize_mm = 3', "{phone} is no field, expected one of again,"),
        ('kind = "text"\ntext = "{waybill"\nsize_mm = 3', "a brace stands alone"),
        ('kind = "text"\ntext = "a"\nsize_mm = 3\nwhen = "weekend"', "{weekend} is no field"),
        ('kind = "text"\ntext = "1. {items}"\nsize_mm = 3', "expected to stand alone"),
        ('kind = "circle"', "Invalid value 'circle'"),
        ('kind = "box"\nline_mm = 6', "expected at most half of the box"),
        ('kind = "qr"\ndata = "{consignee.phone}"', "{consignee.phone} is never put into a code"),
        ('kind = "code128"\ndata = "{sender.name}"', "{sender.name} is never put into a code"),
        ('kind = "qr"\ndata = "{items}"', "{items} is never put into a code"),
        ('kind = "qr"\ndata = "a"\nmin_module_mm = 2', "min_module_mm is 2, expected at most 0.75"),
        ('kind = "gs1-128"\ndata = "{sscc}"', "unknown field `data`"),
        ('kind = "image"\nfile = "logo.png"', "logo.png is no picture"),
        ('kind = "image"\nfile = "../logo.png"', "logo.png is outside the template's folder"),
    ],
)
def test_a_wrong_element_is_named_with_what_is_expected(tmp_path: Path, lines: str, says: str) -> None:
    reason = refusal(tmp_path, element(lines))
    assert reason.startswith("site.toml: element 4: ")
    assert says in reason


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        (
            "x_mm = 2",
            "x_mm = 5",
            "element 1: reaches to (77, 12) mm, expected within the label of 76 × 130 mm",
        ),
        ("x_mm = 2", "x_mm = nan", "element 1: "),
        (
            "y_mm = 20\nwidth_mm = 20",
            "y_mm = 8\nwidth_mm = 20",
            "element 3: reaches into the code of element 1",
        ),
        ("x_mm = 40\ny_mm = 20", "x_mm = 26.9\ny_mm = 44.9", "element 3: reaches into the code of element 2"),
        (
            "y_mm = 20\nwidth_mm = 25",
            "y_mm = 11\nwidth_mm = 25",
            "element 2: reaches into the code of element 1",
        ),
        ('data = "{waybill}"', 'data = "{order_no}"', 'expected an element of kind "code128"'),
        (
            'data = "{waybill}"',
            'data = "{waybill}"\noptional = true',
            'expected an element of kind "code128"',
        ),
        (
            'data = "{waybill}"',
            'data = "{waybill}"\nwhen = "bag_code"',
            'expected an element of kind "code128"',
        ),
        ('data = "{qr}"', 'data = "{waybill}"', 'expected an element of kind "qr"'),
        ('text = "{again}"', 'text = "{copy}"', 'expected an element of kind "text" that shows {again}'),
        ('name = "site"', 'name = "Site 1"', "Expected `str` matching regex"),
        ("width_mm = 76", "width_mm = -1", "Expected `float` > 0.0"),
        ("width_mm = 76", 'width_mm = 76\nauthor = "me"', "unknown field `author`"),
        ("[[element]]", "[element", "expected a TOML file"),
    ],
)
def test_a_wrong_template_is_refused(tmp_path: Path, before: str, after: str, says: str) -> None:
    assert GOOD.count(before) >= 1
    assert says in refusal(tmp_path, GOOD.replace(before, after, 1))


def test_a_line_keeps_a_dot_away_from_a_code(tmp_path: Path) -> None:
    rule = '\n[[element]]\nkind = "rule"\nx_mm = 2\ny_mm = 12.1\nwidth_mm = 72\nheight_mm = 0.3\n'
    assert "element 4: reaches into the code of element 1" in refusal(tmp_path, GOOD + rule)


def test_a_sites_template_comes_in_the_place_of_the_shipped_one(tmp_path: Path) -> None:
    (tmp_path / "ours.toml").write_text(GOOD.replace('"site"', '"express"'), encoding="utf-8")
    loaded = load_templates(tmp_path)
    assert sorted(loaded) == ["express", "gs1-logistic"]
    assert len(loaded["express"].elements) == 3


def test_two_files_of_one_name_are_refused(tmp_path: Path) -> None:
    for name in ("a.toml", "b.toml"):
        (tmp_path / name).write_text(GOOD, encoding="utf-8")
    with pytest.raises(TemplateError, match=r"b\.toml: another file of this folder is named 'site' too"):
        load_templates(tmp_path)


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TemplateError, match="expected a folder"):
        load_templates(tmp_path / "nowhere")


def test_a_picture_is_stretched_to_its_box_in_black_and_white(tmp_path: Path) -> None:
    picture = Image.new("RGBA", (2, 1), (0, 0, 0, 0))
    picture.putpixel((0, 0), (10, 10, 10, 255))
    picture.resize((40, 20), Image.Resampling.NEAREST).save(tmp_path / "logo.png")
    (tmp_path / "site.toml").write_text(element('kind = "image"\nfile = "logo.png"'), encoding="utf-8")
    layout = laid_out(load_template(tmp_path / "site.toml"), media=Media(76, 130))
    placed = next(each for each in layout.placed if isinstance(each, Picture))
    assert (placed.x, placed.y, placed.raster.width_bytes, placed.raster.height_dots) == (16, 480, 20, 80)
    assert placed.raster.data == (b"\xff" * 10 + b"\x00" * 10) * 80
