"""Labels, media and a reader of codes that the tests of this folder share."""

from __future__ import annotations

from itertools import product
from typing import Any

import zxingcpp
from PIL import Image

from devices.labels.code128 import sscc_check_digit
from devices.labels.elements import Template, Text
from devices.labels.fields import Fields, fields_of
from devices.labels.fonts import RasterTypeface
from devices.labels.label import Label, LabelItem, Media, Party
from devices.labels.layout import lay_out
from devices.labels.placed import Bars, Box, Fill, Layout, Picture, Placed, QrCode, TextRun
from devices.labels.template import load_templates
from devices.labels.textbox import Rect, runs
from devices.labels.typeface import Typeface

SSCC = "34567890123456789" + sscc_check_digit("34567890123456789")
LABEL = Label(
    waybill="SF1234567890123",
    job="J-000123",
    copy=1,
    order_no="SO-1001",
    carrier="SF",
    service="standard",
    routing_code="342-081-00 052",
    bag_code="沪-03",
    consignee=Party("张小丰", "13812345678", "上海市", "上海市", "浦东新区", "世纪大道100号3号楼2单元501室"),
    sender=Party("样例仓", "021-12345678", "江苏省", "苏州市", "昆山市", "物流大道88号2号库"),
    items=(
        LabelItem("A-100", "冻干咖啡", 2),
        LabelItem("B-205", "Ceramic mug", 1),
        LabelItem("C-7", "杯刷", 1),
    ),
    sscc=SSCC,
)
SIZES_MM = ((76, 130), (100, 150), (100, 180))
MEDIA = Media(76, 130)
EVERY_MEDIA = tuple(Media(width, height, dpi) for (width, height), dpi in product(SIZES_MM, (203, 300)))
TEMPLATES = load_templates()
EXPRESS, LOGISTIC = TEMPLATES["express"], TEMPLATES["gs1-logistic"]
TYPEFACE = RasterTypeface()
RECT = Rect(16, 24, 320, 96)
_CODES = zxingcpp.BarcodeFormats((zxingcpp.BarcodeFormat.Code128, zxingcpp.BarcodeFormat.QRCode))


def codes(picture: Image.Image) -> set[tuple[str, str]]:
    """AIM id and content of every code that a reader finds."""
    found = zxingcpp.read_barcodes(picture.convert("L"), formats=_CODES, text_mode=zxingcpp.TextMode.Plain)
    return {(code.symbology_identifier, code.text) for code in found}


def laid_out(template: Template = EXPRESS, label: Label = LABEL, media: Media = MEDIA) -> Layout:
    """In the typeface of this machine."""
    return lay_out(template, label, media, TYPEFACE)


def texts(layout: Layout) -> list[str]:
    """Every line that stands on the label."""
    return [each.text for each in layout.placed if isinstance(each, TextRun)]


def area(placed: Placed, quiet: bool = False) -> tuple[int, int, int, int]:
    """Left, top, right and bottom in dots; `quiet`: of a code with its quiet zone."""
    x, y, width, height = placed.x, placed.y, 0, 0
    match placed:
        case TextRun():
            width, height = placed.width_dots, placed.size_dots
        case Fill() | Box() | Bars():
            width, height = placed.width_dots, placed.height_dots
        case QrCode():
            width = height = placed.width_dots
        case Picture():
            width, height = 8 * placed.raster.width_bytes, placed.raster.height_dots
    across = 10 * placed.module_dots if quiet and isinstance(placed, Bars) else 0
    around = 4 * placed.module_dots if quiet and isinstance(placed, QrCode) else 0
    return x - across - around, y - around, x + width + across + around, y + height + around


def overlap(one: tuple[int, int, int, int], other: tuple[int, int, int, int]) -> bool:
    """Whether two areas share a dot."""
    return max(one[0], other[0]) < min(one[2], other[2]) and max(one[1], other[1]) < min(one[3], other[3])


def text_element(text: str = "{service}", **changes: Any) -> Text:
    """A box of 40 × 12 mm for four lines of 3 mm."""
    place: dict[str, Any] = {
        "x_mm": 2,
        "y_mm": 3,
        "width_mm": 40,
        "height_mm": 12,
        "size_mm": 3,
        "max_lines": 4,
    }
    return Text(text=text, **{**place, **changes})


def lines_in(
    element: Text, text: str, rect: Rect = RECT, typeface: Typeface = TYPEFACE
) -> tuple[list[TextRun], tuple[str, ...]]:
    """The lines of `text` as {service} at 8 dots to the millimetre, and what the typeface lacks of it."""
    missing: dict[str, None] = {}
    fields = fields_of(LABEL)
    changed = Fields({**fields.texts, "service": text}, fields.items)
    placed = list(runs(element, changed, rect, 8.0, typeface, missing))
    return [each for each in placed if isinstance(each, TextRun)], tuple(missing)
