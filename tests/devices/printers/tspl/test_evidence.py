"""The driver against a TSPL printer with every fault: evidence, or a plain doubt, never a wrong word."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from devices.errors import NotStarted, PrinterUnreachable, Uncertain
from devices.links.tcp import TcpLink
from devices.printers.languages import LANGUAGES
from devices.printers.printer import LabelPrinter
from devices.printers.status import State
from devices.printers.tspl.conversation import TsplConversation
from devices.sim.printer import SimPrinter
from tests.devices.printers.samples import (
    MEDIA,
    QUICK,
    LabelCounter,
    native_payload,
    printer_at,
    printing,
    raster_payload,
)
from tests.devices.printers.tspl.samples import payload, print_label

PATIENT = replace(QUICK, confirm_s=3.0, grace_s=2.0)


@pytest.mark.parametrize("runs_ahead", [True, False])
async def test_a_label_is_proven_once_it_is_out(runs_ahead: bool) -> None:
    async with printing("tspl", speed=10.0, runs_ahead=runs_ahead, timeouts=PATIENT) as (sim, printer):
        for n in range(3):
            assert await print_label(printer, f"YT{n:08}") in ("status", "odometer")
            assert [label.waybill for label in sim.paper] == [f"YT{at:08}" for at in range(n + 1)]


async def test_mileage_that_moved_is_the_better_proof() -> None:
    async with printing("tspl", mileage_mm=100) as (_, printer):
        assert await print_label(printer) == "odometer"


async def test_mileage_in_metres_moves_with_some_labels_only() -> None:
    async with printing("tspl") as (_, printer):
        proofs = [await print_label(printer, f"YT{n:08}") for n in range(8)]
        assert proofs == ["status"] * 7 + ["odometer"]


@pytest.mark.parametrize("payload_of", [native_payload, raster_payload])
async def test_whole_labels_come_out_and_read_back(payload_of: type) -> None:
    async with printing("tspl") as (sim, printer):
        await printer.print(payload_of("tspl"), on_first_byte=lambda: None)
        assert sim.paper[0].waybill == "SF1234567890123"


@pytest.mark.parametrize(
    ("quirks", "proof"),
    [
        ({}, "odometer"),
        ({"mileage": False}, "status"),
        ({"long_status": False}, "odometer"),
        ({"long_status": False, "mileage": False, "line_ends": b""}, "status"),
        ({"out": False}, "none"),
    ],
)
async def test_what_it_can_prove_is_found_out(quirks: dict[str, Any], proof: str) -> None:
    async with printing("tspl", **quirks) as (sim, printer):
        await printer.open()
        assert printer.proof == proof
        await print_label(printer)
        assert (await printer.status()).state is State.ONLINE
        if proof != "none":
            assert len(sim.paper) == 1


async def test_a_printer_that_answers_nothing_is_taken_at_the_connections_word() -> None:
    out = LabelCounter()
    async with printing("tspl", answers=False, on_label=out) as (_, printer):
        assert await print_label(printer) == "none"
        assert (await printer.status()).mute
        assert (await out.next()).waybill == "YT00000001"


async def test_told_to_trust_the_status_it_asks_for_no_mileage() -> None:
    async with printing("tspl", mileage_mm=1, confirm="status") as (_, printer):
        assert await print_label(printer) == "status"


@pytest.mark.parametrize(
    ("sensor", "state"),
    [
        ({"has_paper": False}, State.PAPER_OUT),
        ({"cover_open": True}, State.COVER_OPEN),
        ({"head_hot": True}, State.HEAD_HOT),
        ({"paused": True}, State.PAUSED),
        ({"jammed": True}, State.JAMMED),
    ],
)
async def test_a_printer_that_is_not_ready_gets_no_byte(sensor: dict[str, bool], state: State) -> None:
    async with printing("tspl") as (sim, printer):
        await printer.open()
        sim.set(**sensor)
        with pytest.raises(NotStarted, match=state):
            await printer.print(payload(), on_first_byte=lambda: pytest.fail("not a byte may go out"))


@pytest.mark.parametrize("sensor", ["cover_open", "head_hot", "paused", "jammed"])
@pytest.mark.parametrize("quirks", [{}, {"runs_ahead": False}, {"long_status": False, "mileage": False}])
async def test_a_fault_in_the_middle_is_a_doubt_and_the_label_may_still_come(
    sensor: str, quirks: dict[str, Any]
) -> None:
    out = LabelCounter()
    async with printing("tspl", on_label=out, **quirks) as (sim, printer):
        await printer.open()
        with pytest.raises(Uncertain):
            await printer.print(payload(), on_first_byte=lambda: sim.set(**{sensor: True}))
        assert (sim.paper, printer.late_evidence()) == ([], None)
        sim.set(**{sensor: False})
        assert (await out.next()).waybill == "YT00000001"


async def test_paper_that_ends_with_the_label_is_no_proof_but_moved_mileage_is() -> None:
    async with printing("tspl", mileage_mm=10) as (sim, printer):
        await printer.open()
        sim.paper_out(after_labels=1)
        with pytest.raises(Uncertain, match="paper out"):
            await print_label(printer)
        sim.refill()
        for _ in range(3):
            await asyncio.sleep(QUICK.poll_s)
            await printer.status()
        assert (printer.late_evidence(), len(sim.paper)) == ("odometer", 1)


async def test_a_fault_that_passes_is_forgiven() -> None:
    async with printing("tspl", timeouts=PATIENT, mileage_mm=10) as (sim, printer):
        await printer.open()
        job = asyncio.create_task(printer.print(payload(), on_first_byte=sim.open_cover))
        await asyncio.sleep(0.1)
        assert not job.done()
        sim.close_cover()
        assert await job == "odometer"


async def test_after_a_fault_standing_still_alone_proves_nothing() -> None:
    async with printing("tspl", mileage=False) as (sim, printer):
        await printer.open()
        with pytest.raises(Uncertain):
            await printer.print(payload(), on_first_byte=sim.open_cover)
        sim.close_cover()
        for _ in range(4):
            await asyncio.sleep(QUICK.poll_s)
            await printer.status()
        assert printer.late_evidence() is None


async def held_behind_another(sim: SimPrinter, printer: LabelPrinter) -> None:
    """Our label waits behind one from the printer's other port, and that one for a closed cover."""
    await printer.open()

    def another_label() -> None:
        sim.open_cover()
        sim._firmware.receive(payload("YT00000009"))

    with pytest.raises(Uncertain, match="cover open"):
        await printer.print(payload(), on_first_byte=another_label)


async def test_a_cancelled_job_that_was_not_begun_surely_did_not_print() -> None:
    async with printing("tspl", runs_ahead=False) as (sim, printer):
        await held_behind_another(sim, printer)
        assert await printer.settle("") is False
        sim.close_cover()
        await print_label(printer, "YT00000002")
        assert [label.waybill for label in sim.paper] == ["YT00000002"]


async def test_where_cancel_is_not_known_nothing_is_sure() -> None:
    async with printing("tspl", runs_ahead=False, cancel=False) as (sim, printer):
        await held_behind_another(sim, printer)
        assert await printer.settle("") is True


async def test_where_an_answer_may_have_been_spoilt_nothing_is_sure() -> None:
    async with printing("tspl", runs_ahead=False) as (sim, printer):
        await held_behind_another(sim, printer)
        sim.plug.answer(b"?")
        assert await printer.settle("") is True


async def test_paper_that_ends_with_the_label_is_no_proof_that_it_did_not_print() -> None:
    async with printing("tspl", runs_ahead=False) as (sim, printer):
        await printer.open()
        sim.paper_out(after_labels=1)
        with pytest.raises(Uncertain, match="paper out"):
            await print_label(printer)
        assert await printer.settle("") is True
        assert [label.waybill for label in sim.paper] == ["YT00000001"]


async def test_a_cancelled_job_that_was_interpreted_is_a_doubt() -> None:
    async with printing("tspl") as (sim, printer):
        await printer.open()
        with pytest.raises(Uncertain):
            await printer.print(payload(), on_first_byte=sim.open_cover)
        assert await printer.settle("") is True
        sim.close_cover()
        await print_label(printer, "YT00000002")
        assert [label.waybill for label in sim.paper] == ["YT00000002"]


async def test_a_stalled_printer_is_a_doubt_and_then_not_ready() -> None:
    async with printing("tspl") as (sim, printer):
        await printer.open()
        with pytest.raises(Uncertain, match="no answer"):
            await printer.print(payload(), on_first_byte=sim.stall)
        assert (await printer.status()).state is State.UNKNOWN
        sim.resume()
        assert (await printer.status()).ready


async def test_answers_that_are_garbage_prove_nothing() -> None:
    async with printing("tspl") as (sim, printer):
        await printer.open()
        with pytest.raises(Uncertain):
            await printer.print(payload(), on_first_byte=lambda: sim.answer_garbage(7))
        sim.answer_garbage(None)
        await printer.status()  # whether late noise answered it nobody can tell: it connects anew
        assert (await printer.status()).ready


@pytest.mark.parametrize("after_bytes", [10, 150, 2000, 9000, 20_000])
async def test_a_hang_up_in_the_middle_is_a_doubt_and_the_next_label_is_whole(after_bytes: int) -> None:
    async with printing("tspl") as (sim, printer):
        await printer.open()
        mark = await printer.mark()
        sim.hang_up(after_bytes=after_bytes)
        with pytest.raises(Uncertain):
            await printer.print(raster_payload("tspl"), mark=mark, on_first_byte=lambda: None)
        assert await printer.settle(mark) is True
        await print_label(printer, "YT00000002")
        assert [label.waybill for label in sim.paper] == ["YT00000002"]


async def test_a_label_that_came_out_after_the_connection_was_lost_is_proven_by_mileage() -> None:
    async with printing("tspl", speed=10.0, mileage_mm=10, timeouts=PATIENT) as (sim, printer):
        mark = await printer.mark()
        sim.hang_up(after_bytes=len(payload()) + 40)  # with the OUT before it
        with pytest.raises(Uncertain):
            await printer.print(payload(), mark=mark, on_first_byte=lambda: None)
        assert await printer.settle(mark) == "odometer"
        assert len(sim.paper) == 1


async def test_after_the_agents_death_mileage_tells_the_next_one() -> None:
    async with printing("tspl", mileage_mm=10) as (sim, printer):
        mark = await printer.mark()
        await print_label(printer)
        await printer.close()
        heir = printer_at(sim)
        assert (await heir.settle(mark), await heir.settle("zpl:1")) == ("odometer", True)
        await heir.close()


async def test_what_an_earlier_owner_left_is_gone_after_settling() -> None:
    async with printing("tspl") as (sim, printer):
        await printer.open()
        with pytest.raises(Uncertain):
            await printer.print(payload(), on_first_byte=sim.open_cover)
        await printer.close()
        heir = printer_at(sim)
        assert await heir.settle("") is True
        sim.close_cover()
        await print_label(heir, "YT00000002")
        assert [label.waybill for label in sim.paper] == ["YT00000002"]
        await heir.close()


async def test_a_power_cycle_loses_the_label_and_leaves_a_doubt() -> None:
    async with printing("tspl") as (sim, printer):
        await printer.open()
        with pytest.raises(Uncertain):
            await printer.print(payload(), on_first_byte=sim.power_cycle)
        assert (await printer.status()).ready
        assert sim.paper == []


async def test_a_printer_of_another_language_is_named() -> None:
    async with SimPrinter(MEDIA) as sim:
        link, others = TcpLink("127.0.0.1", sim.port), [LANGUAGES["escpos"]]
        printer = LabelPrinter(link, LANGUAGES["tspl"], MEDIA, timeouts=QUICK, others=others)
        with pytest.raises(PrinterUnreachable, match="it speaks escpos, and tspl is configured"):
            await printer.open()


async def test_a_tspl_printer_is_recognised() -> None:
    async with SimPrinter(MEDIA, language="tspl") as sim:
        link, others = TcpLink("127.0.0.1", sim.port), [LANGUAGES["tspl"]]
        printer = LabelPrinter(link, LANGUAGES["escpos"], MEDIA, timeouts=QUICK, others=others)
        with pytest.raises(PrinterUnreachable, match="it speaks tspl"):
            await printer.open()


async def test_a_marker_of_an_earlier_connection_is_not_ours() -> None:
    first, second = (TsplConversation(TcpLink("127.0.0.1", 1), QUICK, MEDIA) for _ in range(2))
    assert first.job(b"", "") != second.job(b"", "")
