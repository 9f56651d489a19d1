"""Write docs/img/label.png: the example label, printed by the simulated printer."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from PIL import Image

from devices.printers.printer import EscposPrinter
from devices.printers.escpos.native import compose
from devices.labels.label import Label, LabelItem, Media, Party
from devices.sim.printer import SimPrinter

EXAMPLE = Label(
    waybill="SF1234567890123",
    job="J-000123",
    copy=2,
    order_no="SO-1001",
    carrier="SF",
    service="standard",
    routing_code="342-081-00 052",
    bag_code="沪-03",
    consignee=Party("张小丰", "13812345678", "上海市", "上海市", "浦东新区", "世纪大道100号3号楼2单元501室"),
    sender=Party("样例仓", "021-12345678", "江苏省", "苏州市", "昆山市", "物流大道88号2号库"),
    items=(
        LabelItem("A-100", "冻干咖啡 24颗装", 2),
        LabelItem("B-205", "Ceramic mug 350 ml", 1),
        LabelItem("C-7", "杯刷", 1),
    ),
)


async def printed(label: Label, media: Media) -> Image.Image:
    """What the simulated printer makes of `label`."""
    async with SimPrinter(media, speed=100) as sim:
        printer = EscposPrinter("127.0.0.1", sim.port, media)
        await printer.print(compose(label, media).payload, on_first_byte=lambda: None)
        await printer.close()
        return sim.picture(sim.paper[0])


if __name__ == "__main__":
    path = Path(sys.argv[1] if len(sys.argv) > 1 else "docs/img/label.png")
    path.parent.mkdir(parents=True, exist_ok=True)
    asyncio.run(printed(EXAMPLE, Media(76, 130))).save(path)
