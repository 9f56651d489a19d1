"""QR codes as a matrix of modules, error correction level M."""

from __future__ import annotations

from functools import lru_cache

from qrcode import QRCode
from qrcode.constants import ERROR_CORRECT_M
from qrcode.exceptions import DataOverflowError

QUIET_ZONE_MODULES = 4
_MAX_VERSION = 10  # 57 modules: more do not stand on a label in dots that a scanner tells apart
_MASK = 0  # every mask decodes; trying all eight for the prettiest costs ten times the whole code

Matrix = tuple[tuple[bool, ...], ...]


@lru_cache(maxsize=64)
def matrix(data: str) -> Matrix:
    """`matrix[row][column]`, True is black, without the quiet zone.

    Raises ValueError where `data` is empty or needs more than version 10.
    """
    if not data:
        raise ValueError("a QR code needs data")
    code = QRCode(error_correction=ERROR_CORRECT_M, mask_pattern=_MASK)
    code.add_data(data.encode())
    try:
        version = code.best_fit()
    except DataOverflowError:
        version = _MAX_VERSION + 1
    if version > _MAX_VERSION:
        raise ValueError(f"{len(data.encode())} bytes are too many for the QR code of a label")
    code.make(fit=False)
    return tuple(tuple(bool(module) for module in row) for row in code.modules)
