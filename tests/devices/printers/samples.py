"""Labels and printers that the tests of this room share."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import cache
from typing import Any

from devices.labels.fonts import RasterTypeface
from devices.labels.label import Label, LabelItem, Media, Party
from devices.labels.layout import lay_out
from devices.labels.placed import Layout, Raster
from devices.labels.raster import draw
from devices.labels.template import Template, load_templates
from devices.labels.typeface import Typeface
from devices.links.tcp import TcpLink
from devices.printers.languages import LANGUAGES
from devices.printers.printer import LabelPrinter
from devices.printers.status import Confirm, Timeouts
from devices.sim.printer import PrintedLabel, SimPrinter

FAST = 200.0
MEDIA = Media(76, 130)
ROLL = Media(76, 130, gap=False)
LABEL = Label(
    waybill="SF1234567890123",
    job="J-000123",
    copy=1,
    order_no="SO-1001",
    carrier="SF",
    service="standard",
    routing_code="342-081-00 052",
    bag_code="沪-03",
    consignee=Party("张小丰", "13812345678", "上海市", "上海市", "浦东新区", "世纪大道100号3号楼2单元501室"),
    sender=Party("样例仓", "021-12345678", "江苏省", "苏州市", "昆山市", "物流大道88号2号库"),
    items=(LabelItem("A-100", "冻干咖啡", 2),),
    sscc="006141411234567890",
)
QUICK = Timeouts(
    connect_s=2.0,
    probe_s=0.3,
    status_s=0.3,
    write_s=0.5,
    confirm_s=1.0,
    poll_s=0.02,
    grace_s=0.06,
    hold_s=0.05,
)


@cache
def template(name: str = "express") -> Template:
    """A shipped template."""
    return load_templates()[name]


@cache
def drawn_typeface() -> RasterTypeface:
    """The typeface of pictures."""
    return RasterTypeface()


def layout(typeface: Typeface, media: Media = MEDIA, *, of: str = "express", **changes: Any) -> Layout:
    """The sample label with other contents, laid out."""
    return lay_out(template(of), replace(LABEL, **changes), media, typeface)


def raster(media: Media = MEDIA, *, of: str = "express", **changes: Any) -> Raster:
    """The sample label with other contents as a picture."""
    return draw(layout(drawn_typeface(), media, of=of, **changes), drawn_typeface())


def native_payload(language: str = "escpos", media: Media = MEDIA, **changes: Any) -> bytes:
    """The sample label with other contents, in the printer's own type."""
    spoken = LANGUAGES[language]
    return spoken.native(layout(spoken.typeface(media), media, **changes), media)


def raster_payload(language: str = "escpos", media: Media = MEDIA, **changes: Any) -> bytes:
    """The sample label with other contents, as a picture in a printer's language."""
    return LANGUAGES[language].raster(raster(media, **changes), media)


@asynccontextmanager
async def printing(
    language: str = "escpos", *, timeouts: Timeouts = QUICK, confirm: Confirm = "auto", **options: Any
) -> AsyncIterator[tuple[SimPrinter, LabelPrinter]]:
    """A simulated printer that takes 4 ms for a label, and our driver for it, not connected yet."""
    async with SimPrinter(MEDIA, language=language, **{"speed": FAST, **options}) as sim:
        printer = printer_at(sim, timeouts=timeouts, confirm=confirm)
        try:
            yield sim, printer
        finally:
            await printer.close()


def printer_at(
    sim: SimPrinter, *, timeouts: Timeouts = QUICK, confirm: Confirm = "auto", speaks: bool = False
) -> LabelPrinter:
    """A driver for it that knows nothing of earlier ones, save perhaps that it `speaks`."""
    link = TcpLink("127.0.0.1", sim.port)
    return LabelPrinter(
        link, LANGUAGES[sim.language], sim.media, timeouts=timeouts, confirm=confirm, speaks=speaks
    )


class LabelCounter:
    """Waits for labels to come out of a simulated printer: `SimPrinter(on_label=counter)`."""

    def __init__(self) -> None:
        self._out: asyncio.Queue[PrintedLabel] = asyncio.Queue()

    def __call__(self, label: PrintedLabel) -> None:
        self._out.put_nowait(label)

    async def next(self) -> PrintedLabel:
        """The next label, or TimeoutError."""
        async with asyncio.timeout(5):
            return await self._out.get()
