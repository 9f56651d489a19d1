"""A parcel label in the printer's own ESC/POS: text, Code 128 and QR code, no raster.

A few hundred bytes, composed by python-escpos in well under a millisecond, so that a slow line and a busy
hour do not matter. Nothing that stands in an order can act as a command.
"""

from __future__ import annotations

from dataclasses import dataclass

from devices.errors import Unprintable
from devices.printers.escpos.cjk import cells, clip, encode, printable, wrap
from devices.printers.escpos.code128 import code128
from devices.printers.escpos.library import this_threads_dummy
from devices.labels.label import Label, LabelItem, Media, Party
from devices.labels.privacy import mask_address, mask_name, mask_phone

CELL_DOTS = 12
CHAR_DOTS = 24
LINE_DOTS = 32
BARCODE_DOTS = 88
BARCODE_WITH_TEXT_DOTS = BARCODE_DOTS + LINE_DOTS
QR_MODULE_DOTS = 5
QR_LEVEL_M = 1
QR_QUIET_MODULES = 4
_FEED_QUIET_ZONE = b"\x1bJ" + bytes((QR_QUIET_MODULES * QR_MODULE_DOTS,))
_QR_BYTES_M = (14, 26, 42, 62, 84, 106, 122, 152, 180, 213, 251, 287, 331)  # capacity of versions 1, 2, …
_MIN_ITEM_LINES = 1


@dataclass(frozen=True, slots=True)
class Composed:
    """The bytes of one label, and the characters that the printer's font lacks (printed as 〓)."""

    payload: bytes
    missing: tuple[str, ...]


def compose(label: Label, media: Media) -> Composed:
    """The whole label. Raises Unprintable where its waybill or its fixed part does not fit on `media`."""
    sheet = _Sheet(media)
    qr_dots = _qr_dots(label.qr)
    if label.copy > 1:
        sheet.line(f"补打 {label.copy}", width=3, height=3, align="center")
    sheet.line(f"{label.carrier} {label.service}", width=2, height=2)
    sheet.barcode(label.waybill)
    sheet.routing(label.routing_code)
    if label.bag_code:
        sheet.line(f"集 {label.bag_code}", width=2, height=2)
    _party(sheet, "收", label.consignee, height=2, address_lines=3)
    _party(sheet, "寄", label.sender, height=1, address_lines=2)
    sheet.line(f"订单号 {label.order_no}")
    _items(sheet, label.items, lines=(sheet.dots_left - qr_dots - LINE_DOTS) // LINE_DOTS)
    sheet.qr(label.qr, qr_dots)
    again = f"  补打 {label.copy}" if label.copy > 1 else ""
    sheet.line(f"打印号 {label.job}/{label.copy}{again}", align="center")
    return sheet.finish()


def _party(sheet: _Sheet, mark: str, party: Party, *, height: int, address_lines: int) -> None:
    name, phone = mask_name(printable(party.name)), mask_phone(printable(party.phone))
    sheet.line(f"{mark} {name} {phone}", height=height, bold=True)
    city = party.city if party.city != party.province else ""  # 上海市 is both, and is written once
    address = mask_address(printable(party.province + city + party.district + party.address))
    for line in wrap(address, sheet.columns, address_lines):
        sheet.line(line)


def _items(sheet: _Sheet, items: tuple[LabelItem, ...], *, lines: int) -> None:
    """As many order lines as there is room for; how many more there are stands in the last one."""
    lines = max(lines, _MIN_ITEM_LINES)
    shown = items if len(items) <= lines else items[: lines - 1]
    for item in shown:
        sheet.line(f"{item.sku} ×{item.qty} {item.name}")
    if len(shown) < len(items):
        sheet.line(f"… 另 {len(items) - len(shown)} 行, 共 {len(items)} 行")


def _qr_dots(content: str) -> int:
    size = len(content.encode())
    version = next((at for at, room in enumerate(_QR_BYTES_M, start=1) if size <= room), None)
    if version is None:
        raise Unprintable(f"{size} bytes are too many for the QR code of a label")
    return (17 + 4 * version + 2 * QR_QUIET_MODULES) * QR_MODULE_DOTS


class _Sheet:
    """One label being written, and how much of it is still free."""

    def __init__(self, media: Media) -> None:
        self._media = media
        self._escpos = this_threads_dummy()
        self._missing: list[str] = []
        self.columns = media.width_dots // CELL_DOTS
        self.dots_left = media.height_dots
        self._escpos.hw("INIT")
        self._escpos.line_spacing(LINE_DOTS)

    def line(
        self, text: str, *, width: int = 1, height: int = 1, bold: bool = False, align: str = "left"
    ) -> None:
        """One line of text, cut with an ellipsis where it is too long."""
        payload, missing = encode(clip(printable(text), self.columns // width))
        self._missing.extend(missing)
        self._escpos.set(custom_size=True, width=width, height=height, bold=bold, align=align)
        self._escpos._raw(payload + b"\n")
        self.dots_left -= max(LINE_DOTS, CHAR_DOTS * height)

    def routing(self, code: str) -> None:
        """The routing code in the largest type that its length allows, never smaller than anything else."""
        code = printable(code)
        if code:
            self.line(
                code, width=max(1, min(4, self.columns // cells(code))), height=4, bold=True, align="center"
            )

    def barcode(self, waybill: str) -> None:
        """The waybill number, and nothing else, as Code 128 with its text below."""
        code = code128(waybill, self._media.width_dots)
        self._escpos.set(custom_size=True, width=1, height=1, align="center")
        self._escpos._hw_barcode(
            code.data,
            "CODE128",
            height=BARCODE_DOTS,
            width=code.module_dots,
            align_ct=False,
            function_type="B",
        )
        self.dots_left -= BARCODE_WITH_TEXT_DOTS

    def qr(self, content: str, height_dots: int) -> None:
        """The print's own number as a QR code drawn by the printer."""
        self._escpos.set(align="center")
        self._escpos._raw(_FEED_QUIET_ZONE)
        self._escpos.qr(printable(content), ec=QR_LEVEL_M, size=QR_MODULE_DOTS, native=True)
        self._escpos._raw(_FEED_QUIET_ZONE)
        self.dots_left -= height_dots

    def finish(self) -> Composed:
        """Forward to the next label, or cut. Raises Unprintable where the label has outgrown its media."""
        if not self._media.gap:
            self._escpos.cut()
        elif self.dots_left < 0:
            raise Unprintable(f"the label is {-self.dots_left} dots longer than {self._media.height_mm} mm")
        else:
            self._escpos.control("FF")
        return Composed(self._escpos.output, tuple(dict.fromkeys(self._missing)))
