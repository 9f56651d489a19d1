"""^GF as a printer reads it: hexadecimal with its run lengths, :B64:, :Z64:, and counted binary bytes.

Sources: ZPL programming guide, ^GF, "Alternative data compression scheme", "ZB64 encoding and compression".
"""

from __future__ import annotations

import re
import zlib
from base64 import b64decode
from binascii import crc_hqx

from PIL import Image

_HEADER = re.compile(rb"([AaBb]),(\d{1,7}),(\d{1,7}),(\d{1,4}),(.*)", re.DOTALL)
_ENCODED = re.compile(rb":(B64|Z64):([A-Za-z0-9+/=]*):([0-9A-Fa-f]{4})\s*")
_SPACE = b"\r\n\t "
_HEX = frozenset("0123456789ABCDEFabcdef")
_ONES, _TWENTIES = "GHIJKLMNOPQRSTUVWXY", "ghijklmnopqrstuvwxyz"


def picture(data: bytes) -> Image.Image | None:
    """Mode '1', black where set; None where the printer drops the field: data too short, or a wrong checksum."""
    header = _HEADER.match(data)
    if header is None or int(header[4]) == 0:
        return None
    total, row = int(header[3]), int(header[4])
    dots = header[5] if header[1] in b"Bb" else _dots(header[5], total, row)
    if dots is None or len(dots) < total or total < row:
        return None
    return Image.frombytes("1", (row * 8, total // row), dots[: total // row * row])


def _dots(text: bytes, total: int, row: int) -> bytes | None:
    if not text.startswith(b":"):
        return _hexadecimal(text.translate(None, _SPACE).decode("latin-1"), total, row * 2)
    encoded = _ENCODED.fullmatch(text.translate(None, _SPACE))
    if encoded is None or crc_hqx(encoded[2], 0) != int(encoded[3], 16):
        return None
    try:
        packed = b64decode(encoded[2], validate=True)
        return packed if encoded[1] == b"B64" else zlib.decompressobj().decompress(packed, total)
    except (ValueError, zlib.error):
        return None


def _hexadecimal(text: str, total: int, row: int) -> bytes | None:
    """`row`: hexadecimal digits of a row of dots."""
    digits, repeat = "", 0
    for char in text:
        left = row - len(digits) % row
        if char in _ONES:
            repeat += _ONES.index(char) + 1
        elif char in _TWENTIES:
            repeat += 20 * (_TWENTIES.index(char) + 1)
        elif char in _HEX:
            digits, repeat = digits + char * (repeat or 1), 0
        elif char in ",!":
            digits += ("0" if char == "," else "F") * left
        elif char == ":":
            digits += digits[-row:]
        else:
            return None
        if len(digits) >= total * 2:
            break
    return bytes.fromhex(digits[: total * 2]) if len(digits) >= total * 2 else None
