"""Labels and printers that the tests of this room share."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

from devices.printers.printer import Confirm, EscposPrinter, Timeouts
from devices.printers.escpos.native import compose
from devices.labels.label import Label, LabelItem, Media, Party
from devices.sim.escpos.operations import Operation
from devices.sim.escpos.parser import OrderedReader
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


def payload(**changes: Any) -> bytes:
    """The bytes of the sample label with other contents."""
    return compose(replace(LABEL, **changes), MEDIA).payload


def drain(reader: OrderedReader) -> list[Operation]:
    """Every operation that is complete."""
    operations: list[Operation] = []
    while (operation := reader.next()) is not None:
        operations.append(operation)
    return operations


def read(data: bytes) -> list[Operation]:
    """What a printer makes of these bytes."""
    reader = OrderedReader()
    reader.feed(data)
    operations = drain(reader)
    assert reader.waiting_bytes == 0
    return operations


@asynccontextmanager
async def printing(
    *, timeouts: Timeouts = QUICK, confirm: Confirm = "auto", **options: Any
) -> AsyncIterator[tuple[SimPrinter, EscposPrinter]]:
    """A simulated printer that takes 4 ms for a label, and our driver for it, not connected yet."""
    async with SimPrinter(MEDIA, **{"speed": FAST, **options}) as sim:
        printer = EscposPrinter("127.0.0.1", sim.port, MEDIA, timeouts=timeouts, confirm=confirm)
        try:
            yield sim, printer
        finally:
            await printer.close()


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
