"""A label sent as a picture comes out dot by dot, in fewer bytes, and holds no command."""

from __future__ import annotations

import random
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageChops

from devices.labels.label import Media
from devices.labels.placed import Raster
from devices.printers.tspl.blocks import black_blocks, rows_of
from devices.printers.tspl.commands import LONGEST_PAYLOAD_BYTES
from devices.printers.tspl.raster import raster_job
from devices.sim.tspl.operations import Bar, Bitmap
from tests.devices.printers.samples import LABEL, MEDIA, raster
from tests.devices.printers.tspl.samples import printed, read

STAMP = Media(8, 6)
WIDTH_BYTES, HEIGHT_DOTS = STAMP.width_dots // 8, STAMP.height_dots


def image_of(dots: Raster) -> Image.Image:
    black = Image.frombytes("1", (8 * dots.width_bytes, dots.height_dots), dots.data)
    return ImageChops.invert(black)


@pytest.mark.parametrize("template", ["express", "gs1-logistic"])
@pytest.mark.parametrize("media", [MEDIA, Media(100, 150)])
def test_the_label_that_comes_out_is_the_raster_and_reads_back(template: str, media: Media) -> None:
    dots = raster(media, of=template)
    label = printed(raster_job(dots, media), media)
    assert label.image.tobytes() == image_of(dots).tobytes()
    assert (label.waybill, label.qr) == (LABEL.waybill, LABEL.qr)


def test_white_and_repeated_rows_are_not_sent() -> None:
    dots = raster()
    assert len(raster_job(dots, MEDIA)) < 0.45 * len(dots.data)


def sparse(seed: int) -> Raster:
    """Rectangles of noise, of black and of commands on white."""
    dice = random.Random(seed)
    data = bytearray(WIDTH_BYTES * HEIGHT_DOTS)
    for _ in range(dice.randrange(5)):
        left, top = dice.randrange(WIDTH_BYTES), dice.randrange(HEIGHT_DOTS)
        ink = dice.choice([dice.randbytes(9), b"\xff" * 9, b"\xe4\xde\xc0" * 3, b"\x81\xde" * 5])
        for y in range(top, min(HEIGHT_DOTS, top + dice.randrange(30))):
            row = ink[: min(WIDTH_BYTES - left, dice.randrange(1, 9))]
            data[y * WIDTH_BYTES + left : y * WIDTH_BYTES + left + len(row)] = row
    return Raster(WIDTH_BYTES, HEIGHT_DOTS, bytes(data))


rasters = st.one_of(
    st.integers(0, 10**6).map(sparse),
    st.binary(min_size=WIDTH_BYTES * HEIGHT_DOTS, max_size=WIDTH_BYTES * HEIGHT_DOTS).map(
        lambda data: Raster(WIDTH_BYTES, HEIGHT_DOTS, data)
    ),
)


@given(rasters)
def test_any_raster_comes_out_dot_by_dot(dots: Raster) -> None:
    assert printed(raster_job(dots, STAMP), STAMP).image.tobytes() == image_of(dots).tobytes()


@given(rasters)
def test_nothing_in_the_dots_could_be_obeyed_at_once_nor_is_long(dots: Raster) -> None:
    bitmaps = [operation for operation in read(raster_job(dots, STAMP)) if isinstance(operation, Bitmap)]
    assert all(len(bitmap.dots) <= LONGEST_PAYLOAD_BYTES for bitmap in bitmaps)
    assert not any(re.search(rb"[\x1b~]!", bitmap.dots) for bitmap in bitmaps)


@given(rasters)
def test_every_black_byte_lies_in_a_block(dots: Raster) -> None:
    left = bytearray(dots.data)
    for block in black_blocks(dots):
        for y in range(block.top, block.bottom):
            start = y * dots.width_bytes
            left[start + block.left : start + block.right] = bytes(block.right - block.left)
        assert any(any(row) for row in rows_of(dots, block))
    assert not any(left)


def test_a_full_label_is_sent_in_short_commands() -> None:
    dots = Raster(MEDIA.width_dots // 8, MEDIA.height_dots, random.Random(1).randbytes(79_040))
    bitmaps = [operation for operation in read(raster_job(dots, MEDIA)) if isinstance(operation, Bitmap)]
    assert max(len(bitmap.dots) for bitmap in bitmaps) <= LONGEST_PAYLOAD_BYTES


def test_a_white_label_has_no_dots() -> None:
    dots = Raster(WIDTH_BYTES, HEIGHT_DOTS, bytes(WIDTH_BYTES * HEIGHT_DOTS))
    assert not [op for op in read(raster_job(dots, STAMP)) if isinstance(op, Bitmap | Bar)]


def test_a_label_with_gaps_is_not_cut_and_a_roll_is() -> None:
    blank = Raster(WIDTH_BYTES, HEIGHT_DOTS, bytes(WIDTH_BYTES * HEIGHT_DOTS))
    assert raster_job(blank, STAMP) == (
        b"SIZE 8 mm,6 mm\r\nGAP 3 mm,0 mm\r\nDIRECTION 1\r\nCLS\r\nPRINT 1,1\r\n"
    )
    assert raster_job(blank, Media(8, 6, gap=False)) == (
        b"SIZE 8 mm,6 mm\r\nGAP 0,0\r\nDIRECTION 1\r\nCLS\r\nPRINT 1,1\r\nCUT\r\n"
    )
