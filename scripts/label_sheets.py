"""Write docs/img/label-NAME.png and native-NAME.png for each shipped template: a further copy of a full label.

The first on every media and head, as the picture that is the same in all languages; the second on the media that the
template is designed for, as printers of each language draw it in their own text and codes.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from itertools import product
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from devices.labels.code128 import sscc_check_digit
from devices.labels.compose import Composer
from devices.labels.fonts import installed_fonts
from devices.labels.label import Media
from devices.labels.layout import lay_out
from devices.labels.raster import preview
from devices.labels.specimen import SPECIMEN
from devices.labels.template import Template, load_templates
from devices.printers.languages import LANGUAGES, language_of
from devices.sim.printer import first_page

FONT = "E:SIMSUN.TTF"
UNIT = "34567890123456789"
LABEL = replace(SPECIMEN, copy=2, sscc=UNIT + sscc_check_digit(UNIT))
SIZES_MM = ((76, 130), (100, 150), (100, 180))
HEADS_DPI = (203, 300)
PIXELS_PER_MM = 5
MARGIN, CAPTION = 40, 46  # pixels
GROUND, FRAME, INK = 226, 120, 40  # greys
GREYS = 8


def label_on(template: Template, media: Media, composer: Composer) -> Image.Image:
    """The label as a picture."""
    raster, _ = composer.finish(composer.prepare(LABEL, template, media), LABEL)
    return framed(preview(raster), media)


def framed(page: Image.Image, media: Media) -> Image.Image:
    """In a thin frame, at the scale of the sheet."""
    size = (media.width_mm * PIXELS_PER_MM, media.height_mm * PIXELS_PER_MM)
    picture = page.convert("L").resize(size, Image.Resampling.LANCZOS)
    ImageDraw.Draw(picture).rectangle((0, 0, size[0] - 1, size[1] - 1), outline=FRAME)
    return picture


def sheet_of(template: Template, composer: Composer) -> Image.Image:
    """A row of labels for each head, a column for each size, all at one scale."""
    columns = [width * PIXELS_PER_MM + MARGIN for width, _ in SIZES_MM]
    row = max(height for _, height in SIZES_MM) * PIXELS_PER_MM + CAPTION + MARGIN
    sheet = Image.new("L", (sum(columns) + MARGIN, row * len(HEADS_DPI) + MARGIN), GROUND)
    pen, font = ImageDraw.Draw(sheet), ImageFont.truetype(str(installed_fonts()[0].path), 24)
    for (across, dpi), (along, (width, height)) in product(enumerate(HEADS_DPI), enumerate(SIZES_MM)):
        x, y = MARGIN + sum(columns[:along]), MARGIN + row * across
        pen.text((x, y), f"{width} × {height} mm, {dpi} dpi", font=font, fill=INK)
        sheet.paste(label_on(template, Media(width, height, dpi), composer), (x, y + CAPTION))
    return sheet.quantize(GREYS)


def native_sheet_of(template: Template) -> Image.Image:
    """A row for each head, a column for each language, and one for ZPL with a Chinese font of the printer's own."""
    speakers = [(name, language_of(name)) for name in LANGUAGES] + [
        ("zpl, own font", language_of("zpl", FONT))
    ]
    width, height = round(template.width_mm), round(template.height_mm)
    column, row = width * PIXELS_PER_MM + MARGIN, height * PIXELS_PER_MM + CAPTION + MARGIN
    sheet = Image.new("L", (column * len(speakers) + MARGIN, row * len(HEADS_DPI) + MARGIN), GROUND)
    pen, font = ImageDraw.Draw(sheet), ImageFont.truetype(str(installed_fonts()[0].path), 24)
    for (across, dpi), (along, (name, language)) in product(enumerate(HEADS_DPI), enumerate(speakers)):
        media = Media(width, height, dpi)
        job = language.native(lay_out(template, LABEL, media, language.typeface(media)), media)
        page = first_page(language.name, job, media)
        assert page is not None, f"{name} prints nothing"
        x, y = MARGIN + column * along, MARGIN + row * across
        pen.text((x, y), f"{name}, {dpi} dpi, {len(job):,} bytes", font=font, fill=INK)
        sheet.paste(framed(page, media), (x, y + CAPTION))
    return sheet.quantize(GREYS)


if __name__ == "__main__":
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "docs/img")
    folder.mkdir(parents=True, exist_ok=True)
    drawn_by = Composer()
    for each in load_templates().values():
        sheet_of(each, drawn_by).save(folder / f"label-{each.name}.png", optimize=True)
        native_sheet_of(each).save(folder / f"native-{each.name}.png", optimize=True)
