"""Whatever goes wrong and when: no evidence for a label that is not out, no "surely not" for one that is or comes."""

from __future__ import annotations

import asyncio
import random
from typing import Any

import pytest

from devices.errors import NotStarted, Uncertain
from devices.printers.printer import LabelPrinter
from devices.printers.status import Evidence, Timeouts
from devices.sim.printer import SimPrinter
from tests.devices.printers.samples import MEDIA, printer_at
from tests.devices.printers.tspl.samples import payload

HASTY = Timeouts(
    connect_s=0.5,
    probe_s=0.03,
    status_s=0.03,
    write_s=0.2,
    confirm_s=0.1,
    poll_s=0.004,
    grace_s=0.01,
    hold_s=0.004,
)
QUIRKS: tuple[dict[str, Any], ...] = (
    {},
    {"runs_ahead": False},
    {"mileage_mm": 10},
    {"mileage_mm": 10, "runs_ahead": False, "cancel": False},
    {"cancel": False},
    {"long_status": False, "mileage_mm": 10, "line_ends": b"\r"},
    {"long_status": False, "runs_ahead": False, "mileage": False, "line_ends": b""},
    {"esc_in_bitmap": True, "mileage_mm": 10},
)
SENSORS = ("cover_open", "head_hot", "paused", "jammed")
Verdict = Evidence | bool


def heal(sim: SimPrinter) -> None:
    sim.set(**dict.fromkeys(SENSORS, False))
    sim.refill()
    sim.answer_garbage(None)
    sim.resume()


async def make_trouble(sim: SimPrinter, dice: random.Random) -> None:
    """Faults that come and go, at any moment."""
    troubles = [
        lambda: sim.set(**{dice.choice(SENSORS): True}),
        lambda: sim.paper_out(after_labels=dice.randrange(2)),
        sim.stall,
        lambda: sim.answer_garbage(dice.randrange(99)),
        lambda: sim.hang_up(after_bytes=dice.randrange(1500)),
        sim.power_cycle,
    ]
    while True:
        await asyncio.sleep(dice.random() * 0.08)
        dice.choice(troubles)()
        await asyncio.sleep(dice.random() * 0.03)
        heal(sim)


async def one_label(printer: LabelPrinter, waybill: str) -> Verdict:
    """What is said of it in the end."""
    try:
        mark = await printer.mark()
        return await printer.print(payload(waybill), mark=mark, on_first_byte=lambda: None)
    except NotStarted:
        return False
    except Uncertain:
        return await printer.settle(mark)


async def a_day(seed: int) -> None:
    dice = random.Random(seed)
    quirks = QUIRKS[seed % len(QUIRKS)]
    async with SimPrinter(MEDIA, language="tspl", speed=dice.choice([100.0, 1000.0]), **quirks) as sim:
        printer, surely_not = printer_at(sim, timeouts=HASTY), []
        trouble = asyncio.create_task(make_trouble(sim, dice))
        for n in range(5):
            waybill = f"YT{n:08}"
            verdict = await one_label(printer, waybill)
            assert isinstance(verdict, bool) or verdict == "none" or waybill in on_paper(sim), (seed, verdict)
            surely_not += [waybill] if verdict is False else []
            if dice.random() < 0.2:  # another agent takes over
                await printer.close()
                printer = printer_at(sim, timeouts=HASTY)
        trouble.cancel()
        heal(sim)
        await asyncio.sleep(0.05)
        await printer.close()
        assert not set(surely_not) & set(on_paper(sim)), seed
        assert len(on_paper(sim)) == len(set(on_paper(sim))), seed


def on_paper(sim: SimPrinter) -> list[str]:
    return [label.waybill for label in sim.paper if label.waybill]


@pytest.mark.parametrize("first_seed", range(0, 120, 24))
async def test_no_word_about_a_label_is_ever_wrong(first_seed: int) -> None:
    await asyncio.gather(*(a_day(seed) for seed in range(first_seed, first_seed + 24)))


async def test_left_in_peace_every_label_of_a_day_is_proven() -> None:
    async with SimPrinter(MEDIA, language="tspl", speed=100.0) as sim:
        printer = printer_at(sim)
        verdicts = [await one_label(printer, f"YT{n:08}") for n in range(10)]
        await printer.close()
        assert set(verdicts) == {"status", "odometer"}
