"""A label as a picture: the same dots in the simulated printer and in an independent renderer."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.labels.label import Media
from devices.labels.placed import Raster
from devices.labels.raster import preview
from devices.printers.zpl.graphic import graphic, trimmed
from devices.printers.zpl.raster import raster_job
from devices.sim.zpl.graphic import picture
from tests.devices.printers.zpl.samples import MEDIA, drawn, payload, seen_by_zplkit
from tests.devices.sim.zpl_paper import printed

MEDIAS = [
    Media(width, height, dpi) for width, height in ((76, 130), (100, 150), (100, 180)) for dpi in (203, 300)
]


@st.composite
def rasters(draw: st.DrawFn) -> Raster:
    width, height = draw(st.integers(1, 5)), draw(st.integers(1, 12))
    rows = draw(
        st.lists(
            st.sampled_from([b"\0" * width, b"\x01" + b"\0" * (width - 1), b"\xa5" * width]),
            min_size=height,
            max_size=height,
        )
    )
    return Raster(width, height, b"".join(rows))


@pytest.mark.parametrize("template", ["express", "gs1-logistic"])
@pytest.mark.parametrize("media", MEDIAS, ids=str)
def test_the_picture_is_the_raster_to_the_dot(template: str, media: Media) -> None:
    raster = drawn(template, media)
    job, wanted = raster_job(raster, media), preview(raster).tobytes()
    assert seen_by_zplkit(job, media).tobytes() == wanted
    (label,) = printed(job, media)
    assert label.tobytes() == wanted


@given(rasters())
def test_any_raster_survives_trimming_and_packing(raster: Raster) -> None:
    ink = trimmed(raster)
    read = picture(graphic(ink.raster)[len(b"^GF") :])
    assert read is not None
    sheet = preview(Raster(raster.width_bytes, raster.height_dots, bytes(len(raster.data))))
    sheet.paste(0, (ink.x, ink.y), read)
    assert sheet.tobytes() == preview(raster).tobytes()


def test_white_edges_are_not_sent() -> None:
    raster = Raster(4, 5, b"\0" * 4 + b"\0\x0f\0\0" + b"\0" * 4 + b"\0\0\xf0\0" + b"\0" * 4)
    ink = trimmed(raster)
    assert (ink.x, ink.y, ink.raster) == (8, 1, Raster(2, 3, b"\x0f\0\0\0\0\xf0"))


def test_a_blank_label_is_still_a_label() -> None:
    assert b"^GFA,1,1,1," in raster_job(Raster(76, 1040, bytes(76 * 1040)), MEDIA)


def test_a_picture_holds_no_command_of_its_own() -> None:
    assert re.findall(rb"[\^~]..", payload()) == [
        b"^XA",
        b"^PW",
        b"^LL",
        b"^LH",
        b"^JZ",
        b"^PQ",
        b"^CI",
        b"^FO",
        b"^GF",
        b"^FS",
        b"^XZ",
    ]


def test_a_roll_is_cut_after_the_label_and_labels_with_gaps_are_not() -> None:
    roll = Media(76, 130, gap=False)
    assert b"^MNN^MMC" in raster_job(drawn(), roll)
    assert b"^MM" not in raster_job(drawn(), MEDIA)


def test_the_printer_is_told_not_to_print_a_torn_label_again() -> None:
    assert b"^JZN" in payload()


def test_a_label_is_a_fifth_of_its_raster() -> None:
    assert len(payload()) < len(drawn().data) / 5
