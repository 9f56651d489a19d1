"""Pictures in ZPL: the ^GF field, compressed.

`^GFA,total,total,row,:Z64:<base64 of zlib>:<CRC>`: the counts are of the uncompressed bytes, the CRC is CRC-16/XMODEM
over the base64 text (ZPL programming guide at docs.zebra.com, "ZB64 encoding and compression"). A set bit is black, as
in a `Raster`, and a white dot leaves what lies beneath.
"""

from __future__ import annotations

import zlib
from base64 import b64encode
from binascii import crc_hqx

from devices.labels.placed import Picture, Raster

# 76 x 130 mm at 203 dpi: level 1 takes 0.4 ms and gives 17.2 kB, level 6 1.1 ms and 14.4 kB, level 9 8 ms and 14.2 kB.
_ZLIB_LEVEL = 6


def graphic(raster: Raster) -> bytes:
    """The field's command without its place and its end."""
    packed = b64encode(zlib.compress(raster.data, _ZLIB_LEVEL))
    total, row = len(raster.data), raster.width_bytes
    return b"^GFA,%d,%d,%d,:Z64:%b:%04X" % (total, total, row, packed, crc_hqx(packed, 0))


def trimmed(raster: Raster) -> Picture:
    """Without the white edges, across in whole bytes. One without a black dot keeps its first eight."""
    row, data = raster.width_bytes, raster.data
    inked = [column for column in range(row) if any(data[column::row])]
    if not inked:
        return Picture(0, 0, Raster(1, 1, data[:1]))
    left, right = inked[0], inked[-1] + 1
    top = (len(data) - len(data.lstrip(b"\0"))) // row
    bottom = -(-len(data.rstrip(b"\0")) // row)
    rows = (data[at * row + left : at * row + right] for at in range(top, bottom))
    return Picture(left * 8, top, Raster(right - left, bottom - top, b"".join(rows)))
