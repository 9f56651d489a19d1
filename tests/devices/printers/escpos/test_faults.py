"""Whatever goes wrong and whenever: no evidence of a label that is not there, no denial of one that can still be."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from devices.errors import NotStarted, Uncertain
from devices.printers.printer import LabelPrinter
from devices.sim.printer import SimPrinter
from tests.devices.printers.samples import MEDIA, QUICK, native_payload, printer_at

PAYLOAD = native_payload()
IMPATIENT = replace(
    QUICK, probe_s=0.03, status_s=0.03, write_s=0.05, confirm_s=0.06, poll_s=0.004, grace_s=0.01, hold_s=0.01
)
FAULTS = st.sampled_from(
    [
        "paper_out",
        "open_cover",
        "stall",
        "power_cycle",
        "head_hot",
        "paused",
        "jammed",
        "garbage",
        "hang_up",
        "none",
    ]
)
QUIRKS = st.fixed_dictionaries(
    {}, optional={name: st.just(False) for name in ("process_ids", "in_order_status", "clears")}
)


def strike(sim: SimPrinter, fault: str, after_bytes: int) -> None:
    if fault == "garbage":
        sim.answer_garbage(after_bytes)
    elif fault == "hang_up":
        sim.hang_up(after_bytes)
    elif fault in ("head_hot", "paused", "jammed"):
        sim.set(**{fault: True})
    elif fault != "none":
        getattr(sim, fault)()


def mend(sim: SimPrinter) -> None:
    sim.refill()
    sim.set(cover_open=False, head_hot=False, paused=False, jammed=False)
    sim.answer_garbage(None)
    sim.resume()


async def verdict(
    sim: SimPrinter, printer: LabelPrinter, fault: str, after_bytes: int, heir: bool
) -> str | bool:
    """What is said in the end of a label that was struck by `fault`."""
    try:
        return await printer.print(PAYLOAD, on_first_byte=lambda: strike(sim, fault, after_bytes))
    except NotStarted:
        return False
    except Uncertain:
        if after_bytes % 2:  # sometimes it is mended before anybody asks
            mend(sim)
        await printer.status()
        if late := printer.late_evidence():
            return late
        asker = printer_at(sim, timeouts=IMPATIENT) if heir else printer
        if heir:
            await printer.close()
        said = await asker.settle("")
        await asker.close()
        return said


@settings(max_examples=100)
@given(FAULTS, st.integers(1, 2500), QUIRKS, st.booleans())
def test_what_is_said_of_a_label_is_true(
    fault: str, after_bytes: int, quirks: dict[str, Any], heir: bool
) -> None:
    async def scenario() -> None:
        async with SimPrinter(MEDIA, speed=100.0, **quirks) as sim:
            printer = printer_at(sim, timeouts=IMPATIENT)
            said = await verdict(sim, printer, fault, after_bytes, heir)
            out = any(label.waybill for label in sim.paper)
            if said in ("process-id", "status"):
                assert out
            mend(sim)
            await asyncio.sleep(0.02)  # a label that can still come out does so now
            if said is False:
                assert not sim.paper
            await printer.close()

    asyncio.run(scenario())
