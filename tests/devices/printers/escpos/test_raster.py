"""A picture of a label prints dot for dot, and holds nothing that a printer obeys on arrival."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops

from devices.labels.label import Media
from devices.labels.placed import Raster
from devices.labels.raster import preview
from devices.printers.escpos.raster import longest_command_bytes, raster_job
from devices.sim.escpos.drawing import picture
from devices.sim.escpos.operations import BitImage, EndOfLabel, Init, OnPage
from devices.sim.escpos.parser import read_all
from tests.devices.printers.samples import MEDIA, ROLL, raster

REAL_TIME = (b"\x10\x04", b"\x10\x05", b"\x10\x14")
TREACHEROUS = st.lists(st.sampled_from([0x00, 0x04, 0x05, 0x10, 0x14, 0x18, 0xFF]), max_size=600).map(bytes)
STRIPE = st.tuples(st.binary(min_size=1, max_size=4), st.integers(1, 400)).map(lambda part: part[0] * part[1])
DOTS = st.lists(TREACHEROUS | STRIPE | st.binary(max_size=300), max_size=6).map(b"".join)


@st.composite
def rasters(draw: st.DrawFn) -> Raster:
    """Of any width and height, with the bytes of commands, long stripes, noise and white."""
    width, dots = draw(st.integers(1, 40)), draw(DOTS)
    height = -(-len(dots) // width) + draw(st.integers(1, 300))
    return Raster(width, height, dots.ljust(width * height, b"\0"))


def printed(data: bytes, media: Media) -> Image.Image:
    on_page = tuple(operation for operation in read_all(data) if isinstance(operation, OnPage))
    return picture(on_page, media)


@given(rasters(), st.booleans())
def test_no_picture_holds_a_real_time_command(dots: Raster, gap: bool) -> None:
    payload = raster_job(dots, Media(76, 130, gap=gap))
    assert not any(command in payload for command in REAL_TIME)


@settings(max_examples=60)
@given(rasters())
def test_what_prints_differs_in_nothing_but_lone_dots_that_became_two(dots: Raster) -> None:
    got = printed(raster_job(dots, ROLL), ROLL).crop((0, 0, dots.width_bytes * 8, dots.height_dots))
    pairs = zip(dots.data, ImageChops.invert(got.convert("L")).convert("1").tobytes(), strict=True)
    assert {(sent, seen) for sent, seen in pairs if sent != seen} <= {(0x10, 0x18)}


def test_the_sample_label_prints_dot_for_dot() -> None:
    dots = raster(ROLL)
    got = printed(raster_job(dots, ROLL), ROLL)
    changed = ImageChops.difference(got.convert("L"), preview(dots).convert("L")).histogram()[255]
    assert (got.size, changed < 20) == ((608, 1040), True)


@pytest.mark.parametrize("media", [MEDIA, ROLL])
def test_white_costs_next_to_nothing_and_bands_stay_small(media: Media) -> None:
    dots = Raster(76, 1040, bytes(76 * 500) + b"\xff" * 76 * 20 + bytes(76 * 520))
    bands = [operation for operation in read_all(raster_job(dots, media)) if isinstance(operation, BitImage)]
    assert all(len(band.data) < longest_command_bytes(media) and band.rows <= 256 for band in bands)
    assert len(raster_job(dots, media)) < 76 * 20 + 1150
    assert sum(band.rows for band in bands) == (520 if media.gap else 1040)


def test_even_an_empty_label_comes_out() -> None:
    operations = read_all(raster_job(Raster(76, 1040, bytes(76 * 1040)), MEDIA))
    assert operations == (Init(), BitImage(1, 1, b"\0", old=True), EndOfLabel())


def test_labels_with_gaps_end_with_a_form_feed_and_rolls_with_a_cut() -> None:
    assert raster_job(raster(), MEDIA).endswith(b"\x0c")
    assert raster_job(raster(ROLL), ROLL).endswith(b"\x1dVB\x00")


def test_no_label_is_ever_longer_than_plain_bands() -> None:
    noise = Raster(76, 1040, random.Random(1).randbytes(76 * 1040))
    assert len(raster_job(noise, MEDIA)) <= 2 + 5 * 8 + 76 * 1040 + 1


def test_what_no_head_is_wide_enough_for_is_refused() -> None:
    with pytest.raises(ValueError, match="wider"):
        raster_job(Raster(256, 1, bytes(256)), MEDIA)
