"""Whatever happens to a ZPL printer and its owner: evidence only for a label that is out, "surely not" only for one
that neither is nor will be."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from typing import Any

import pytest

from devices.errors import NotStarted, Uncertain
from devices.labels.code128 import modules
from devices.labels.label import Media
from devices.labels.placed import Bars, Fill, Layout
from devices.printers.printer import LabelPrinter
from devices.printers.zpl.native import native_job
from devices.sim.printer import SimPrinter
from tests.devices.printers.zpl.samples import driver

SMALL = Media(40, 30)
CODE = Bars(20, 20, 60, 2, "A1", modules("A1"))
LABEL = native_job(Layout(320, 240, (Fill(0, 200, 300, 3), CODE)), SMALL)
FAULTS: tuple[Callable[[SimPrinter], None], ...] = (
    SimPrinter.paper_out,
    lambda sim: sim.paper_out(after_labels=1),
    SimPrinter.open_cover,
    lambda sim: sim.set(head_hot=True),
    lambda sim: sim.set(paused=True),
    lambda sim: sim.set(jammed=True),
    SimPrinter.stall,
    SimPrinter.hang_up,
    lambda sim: sim.hang_up(after_bytes=60),
    lambda sim: sim.hang_up(after_bytes=len(LABEL) - 1),
    SimPrinter.power_cycle,
    lambda sim: sim.answer_garbage(3),
)
QUIRKS = ("answers_hs_in_fault", "odometer_in_turn")
LACKS = ("odometer", "counts", "error_query")


def mend(sim: SimPrinter) -> None:
    sim.refill()
    sim.set(cover_open=False, head_hot=False, paused=False, jammed=False)
    sim.answer_garbage(None)
    sim.resume()


async def harass(sim: SimPrinter, chance: random.Random) -> None:
    """Up to three faults, mended or not, at any moment of a job."""
    for _ in range(chance.randrange(4)):
        await asyncio.sleep(chance.choice((0.0, 0.001, 0.004, 0.02, 0.1)))
        chance.choice(FAULTS)(sim)
        if chance.random() < 0.5:
            await asyncio.sleep(chance.choice((0.0, 0.01, 0.1)))
            mend(sim)


async def print_once(printer: LabelPrinter, sim: SimPrinter, mark: str) -> bool:
    """Whether it was proven; and if so, that it is out."""
    try:
        await printer.print(LABEL, mark=mark, on_first_byte=lambda: None)
    except (NotStarted, Uncertain):
        return False
    assert len(sim.paper) == 1
    return True


async def scenario(seed: int) -> str:
    chance = random.Random(seed)
    quirks: dict[str, Any] = {name: True for name in QUIRKS if chance.random() < 0.3}
    quirks |= {name: False for name in LACKS if chance.random() < 0.2}
    speed = chance.choice((20.0, 200.0))
    async with SimPrinter(SMALL, language="zpl", speed=speed, **quirks) as sim:
        printer = driver(sim)
        mark = await printer.mark()
        trouble = asyncio.create_task(harass(sim, chance))
        proven = await print_once(printer, sim, mark)
        await trouble
        verdict = "proven" if proven else await settle(printer, sim, mark, chance)
        await printer.close()
        return verdict


async def settle(printer: LabelPrinter, sim: SimPrinter, mark: str, chance: random.Random) -> str:
    """By the same owner or by the next one, with the faults mended or not; what was found, and that it is true."""
    if chance.random() < 0.5:
        mend(sim)
    heir = driver(sim) if chance.random() < 0.5 else printer
    if heir is not printer:
        await printer.close()
    verdict = await heir.settle(mark)
    await heir.close()
    if isinstance(verdict, str):
        assert len(sim.paper) == 1
    mend(sim)
    await asyncio.sleep(0.05)
    assert len(sim.paper) <= (verdict is not False)
    return str(verdict)


@pytest.mark.parametrize("first", range(0, 120, 60))
async def test_no_fault_makes_a_label_lost_or_printed_twice_unseen(first: int) -> None:
    verdicts = await asyncio.gather(*(scenario(seed) for seed in range(first, first + 60)))
    assert {"proven", "False"} <= set(verdicts)
