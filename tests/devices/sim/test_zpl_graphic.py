"""^GF in every coding that printers read, and what they drop."""

from __future__ import annotations

import zlib
from base64 import b64encode
from binascii import crc_hqx

import pytest

from devices.sim.zpl.graphic import picture

DOTS = b"\xff\x00\xff\x00\x12\x34\x00\x00"


def coded(kind: bytes, payload: bytes, crc: int | None = None) -> bytes:
    text = b64encode(payload)
    return b"A,8,8,2,:%b:%b:%04X" % (kind, text, crc_hqx(text, 0) if crc is None else crc)


@pytest.mark.parametrize(
    "data",
    [
        b"A,8,8,2,FF00FF0012340000",
        b"A,8,8,2,FF00\r\n:1234,",
        b"A,8,8,2,HFH0:1234J0",
        b"A,8,8,2,HF,HF,1234,,",
        b"B,8,8,2," + DOTS,
        coded(b"B64", DOTS),
        coded(b"Z64", zlib.compress(DOTS)),
    ],
)
def test_every_coding_gives_the_same_dots(data: bytes) -> None:
    read = picture(data)
    assert read is not None
    assert (read.size, read.tobytes()) == ((16, 4), DOTS)


def test_runs_of_twenties_and_rows_of_ones() -> None:
    read = picture(b"A,30,30,10,hF!gFg0")
    assert read is not None
    assert read.tobytes() == b"\xff" * 20 + b"\xff" * 10


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"A,8,8,0,FF",
        b"A,8,8,2,FF00FF",
        b"A,8,8,2,FF00FF??12340000",
        b"B,8,8,2,\x00\x00",
        coded(b"B64", DOTS, crc=1),
        coded(b"Z64", b"no zlib at all"),
        coded(b"Z64", zlib.compress(DOTS)[:-6]),
        coded(b"Z64", zlib.compress(DOTS[:4])),
    ],
)
def test_a_broken_field_is_dropped(data: bytes) -> None:
    assert picture(data) is None
