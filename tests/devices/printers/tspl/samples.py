"""TSPL labels that these tests share, and what a printer makes of them."""

from __future__ import annotations

from devices.labels.code128 import modules
from devices.labels.label import Media
from devices.labels.placed import Bars, Fill, Layout, Placed, QrCode, TextRun
from devices.labels.qr import matrix
from devices.printers.printer import LabelPrinter
from devices.printers.status import Evidence
from devices.printers.tspl.native import native_job
from devices.sim.firmware import Label
from devices.sim.mechanism import Mechanism
from devices.sim.printed_label import PrintedLabel, read_label
from devices.sim.tspl.firmware import TsplFirmware
from devices.sim.tspl.operations import Immediate, Operation
from devices.sim.tspl.parser import Parser
from tests.devices.printers.samples import MEDIA


def layout_of(*placed: Placed, media: Media = MEDIA) -> Layout:
    """These elements on a label of `media`."""
    return Layout(media.width_dots, media.height_dots, placed)


def payload(waybill: str = "YT00000001") -> bytes:
    """A label with little more than its codes."""
    code = f"FH1:{waybill}:J-1:1"
    layout = layout_of(
        TextRun(40, 20, "上海市", 24, 72, bold=True),
        Fill(0, 60, 600, 4),
        Bars(60, 80, 80, 2, waybill, modules(waybill)),
        QrCode(60, 240, 5, code, matrix(code)),
    )
    return native_job(layout, MEDIA)


async def print_label(printer: LabelPrinter, waybill: str = "YT00000001") -> Evidence:
    """That small label."""
    return await printer.print(payload(waybill), on_first_byte=lambda: None)


def read(data: bytes) -> list[Operation | Immediate]:
    """What a printer makes of these bytes."""
    return [operation for _, operation in Parser().feed(data)]


def printed(data: bytes, media: Media = MEDIA) -> PrintedLabel:
    """The one label that comes out."""
    firmware = TsplFirmware(media, Mechanism())
    firmware.receive(data)
    label = firmware.next()
    assert isinstance(label, Label)
    firmware.printed()
    assert firmware.next() is None
    return read_label(label.image, first_byte_at=0.0, printed_at=0.0)
