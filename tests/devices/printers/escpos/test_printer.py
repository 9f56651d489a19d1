"""The driver against a printer with every fault: evidence, or a plain doubt, and never a silent second label."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from devices.errors import NotStarted, PrinterUnreachable, Uncertain
from devices.links.tcp import TcpLink
from devices.printers.printer import EscposPrinter, Evidence, PrinterStatus
from devices.printers.escpos.conversation import EscposSession
from devices.sim.printer import SimPrinter
from tests.devices.printers.samples import QUICK, LabelCounter, payload, printing


async def print_label(printer: EscposPrinter, **changes: str) -> Evidence:
    return await printer.print(payload(**changes), on_first_byte=lambda: None)


async def test_a_printed_label_is_proven_by_its_process_id() -> None:
    async with printing() as (sim, printer):
        assert await print_label(printer) == "process-id"
        assert [label.waybill for label in sim.paper] == ["SF1234567890123"]


async def test_labels_come_out_in_order_and_each_is_proven() -> None:
    async with printing() as (sim, printer):
        for n in range(30):
            assert await print_label(printer, waybill=f"YT{n:08}") == "process-id"
            assert len(sim.paper) == n + 1
        assert [label.waybill for label in sim.paper] == [f"YT{n:08}" for n in range(30)]


async def test_without_process_ids_the_proof_is_an_answer_in_order() -> None:
    async with printing(process_ids=False) as (sim, printer):
        assert await print_label(printer) == "status"
        assert len(sim.paper) == 1


async def test_a_printer_that_answers_only_real_time_questions_gives_no_evidence() -> None:
    async with printing(process_ids=False, in_order_status=False) as (sim, printer):
        assert await print_label(printer) == "none"
        sim.paper_out()
        assert await printer.status() == PrinterStatus(False, "paper out")


async def test_a_mute_printer_counts_as_ready_and_gives_no_evidence() -> None:
    async with printing(mute=True) as (_, printer):
        assert await print_label(printer) == "none"
        assert await printer.status() == PrinterStatus(True, "answers no query")


async def test_told_to_confirm_nothing_it_asks_nothing() -> None:
    out = LabelCounter()
    async with printing(confirm="none", on_label=out) as (sim, printer):
        sim.hang_up(after_bytes=len(payload()))
        await printer.open()
        with pytest.raises(Uncertain, match="hung up"):  # so not a byte but the label's was sent
            await print_label(printer)
        assert (await out.next()).waybill == "SF1234567890123"


async def test_a_mute_printer_that_hangs_up_within_the_hold_is_uncertain() -> None:
    async with printing(mute=True, timeouts=replace(QUICK, hold_s=5.0)) as (sim, printer):
        sim.hang_up(after_bytes=400)
        with pytest.raises(Uncertain):
            await print_label(printer)


async def test_an_unreachable_printer_has_not_started() -> None:
    async with printing() as (sim, printer):
        await sim.stop()
        with pytest.raises(PrinterUnreachable):
            await printer.open()
        with pytest.raises(NotStarted, match=str(sim.port)):
            await print_label(printer)
        assert not (await printer.status()).ready


@pytest.mark.parametrize(("fault", "reason"), [("paper_out", "paper out"), ("open_cover", "cover open")])
async def test_a_printer_that_is_not_ready_gets_no_byte(fault: str, reason: str) -> None:
    async with printing() as (sim, printer):
        await printer.open()
        getattr(sim, fault)()
        assert await printer.status() == PrinterStatus(False, reason)
        with pytest.raises(NotStarted, match=reason):
            await printer.print(payload(), on_first_byte=lambda: pytest.fail("not a byte may go out"))


async def out_of_paper(sim: SimPrinter, printer: EscposPrinter) -> Uncertain:
    """The paper ends with the job before this one, unseen by the question before the job."""
    await printer.open()
    with pytest.raises(Uncertain) as caught:
        await printer.print(payload(), on_first_byte=sim.paper_out)
    return caught.value


async def test_paper_out_in_the_middle_is_uncertain_and_the_label_comes_after_the_refill() -> None:
    out = LabelCounter()
    async with printing(on_label=out) as (sim, printer):
        doubt = await out_of_paper(sim, printer)
        assert (doubt.reason, sim.paper) == ("paper out", [])
        sim.refill()
        assert (await out.next()).waybill == "SF1234567890123"
        assert await printer.status() == PrinterStatus(True, "")
        assert printer.has_printed(doubt.ticket)


async def test_a_label_comes_after_the_refill_even_when_nobody_is_connected() -> None:
    out = LabelCounter()
    async with printing(on_label=out) as (sim, printer):
        await out_of_paper(sim, printer)
        await printer.close()
        sim.refill()
        assert (await out.next()).waybill == "SF1234567890123"


async def test_a_cleared_buffer_proves_that_the_label_did_not_print() -> None:
    out = LabelCounter()
    async with printing(on_label=out) as (sim, printer):
        await out_of_paper(sim, printer)
        assert await printer.clear_buffer()
        sim.refill()
        assert await print_label(printer, waybill="YT00000002") == "process-id"
        assert [label.waybill for label in sim.paper] == ["YT00000002"]


async def test_a_cleared_job_is_not_confirmed_by_the_next_one() -> None:
    async with printing() as (sim, printer):
        doubt = await out_of_paper(sim, printer)
        assert await printer.clear_buffer()
        sim.refill()
        await print_label(printer, waybill="YT00000002")
        assert not printer.has_printed(doubt.ticket)


async def test_a_ticket_that_comes_round_again_needs_a_new_confirmation() -> None:
    async with SimPrinter() as sim:
        link = TcpLink("127.0.0.1", sim.port)
        await link.open(connect_timeout_s=1)
        session = EscposSession(link, write_timeout_s=1)
        await session.write(session.process_id_query("0001"))
        assert await session.wait_for(lambda: "0001" in session.confirmed, 1)
        sim.paper_out()
        await session.write(session.process_id_query("0001"))
        assert not await session.wait_for(lambda: "0001" in session.confirmed, 0.05)
        await link.close()


async def test_a_buffer_cleared_after_the_connection_was_lost_proves_nothing() -> None:
    async with printing() as (sim, printer):
        sim.hang_up(after_bytes=300)
        with pytest.raises(Uncertain):
            await print_label(printer)
        assert not await printer.clear_buffer()
        assert not await printer.clear_buffer()  # nor does asking again


async def test_a_buffer_cleared_after_the_label_came_out_proves_nothing() -> None:
    out = LabelCounter()
    async with printing(on_label=out) as (sim, printer):
        await out_of_paper(sim, printer)
        sim.refill()
        await out.next()
        assert not await printer.clear_buffer()


async def test_a_printer_that_gives_no_process_ids_cannot_prove_by_clearing() -> None:
    async with printing(process_ids=False) as (sim, printer):
        await out_of_paper(sim, printer)
        assert not await printer.clear_buffer()


async def test_a_cover_opened_for_a_moment_is_forgiven() -> None:
    async with printing(timeouts=replace(QUICK, grace_s=3.0, confirm_s=5.0)) as (sim, printer):
        await printer.open()
        job = asyncio.create_task(printer.print(payload(), on_first_byte=sim.open_cover))
        await asyncio.sleep(0.1)
        assert not job.done()
        sim.close_cover()
        assert await job == "process-id"


async def test_an_open_cover_is_named() -> None:
    async with printing() as (sim, printer):
        await printer.open()
        with pytest.raises(Uncertain, match="cover open"):
            await printer.print(payload(), on_first_byte=sim.open_cover)
        assert await printer.status() == PrinterStatus(False, "cover open")


async def test_a_stalled_printer_is_uncertain_and_then_not_ready() -> None:
    async with printing() as (sim, printer):
        await printer.open()
        with pytest.raises(Uncertain, match="no answer"):
            await printer.print(payload(), on_first_byte=sim.stall)
        assert await printer.status() == PrinterStatus(False, "no answer")
        assert await printer.status() == PrinterStatus(False, "no answer")  # on a new connection too
        sim.resume()
        assert (await printer.status()).ready


@pytest.mark.parametrize("after_bytes", [60, 200, 450])
async def test_a_hang_up_in_the_middle_is_uncertain_and_the_next_label_is_whole(after_bytes: int) -> None:
    async with printing() as (sim, printer):
        await printer.open()
        sim.hang_up(after_bytes=after_bytes)
        with pytest.raises(Uncertain):
            await print_label(printer)
        assert await print_label(printer, waybill="YT00000002", job="J-2") == "process-id"
        assert (sim.paper[-1].waybill, sim.paper[-1].qr) == ("YT00000002", "FH1:YT00000002:J-2:1")
        assert len(sim.paper) == 2  # the torn one was pushed out first


async def test_a_power_cycle_loses_the_label_and_leaves_a_doubt() -> None:
    async with printing() as (sim, printer):
        await printer.open()
        with pytest.raises(Uncertain):
            await printer.print(payload(), on_first_byte=sim.power_cycle)
        assert (await printer.status()).ready
        assert sim.paper == []


async def test_a_printer_that_comes_back_is_used_again() -> None:
    async with printing() as (sim, printer):
        await printer.open()
        await sim.stop()
        assert not (await printer.status()).ready
        await sim.start()
        assert await print_label(printer) == "process-id"


async def test_a_printer_without_paper_at_first_is_known_by_its_next_job() -> None:
    async with printing() as (sim, printer):
        sim.paper_out()
        await printer.open()
        sim.refill()
        assert await print_label(printer) == "process-id"


async def test_what_an_earlier_connection_left_behind_does_not_spoil_the_probe() -> None:
    async with printing(speed=4.0, timeouts=replace(QUICK, confirm_s=3.0)) as (sim, printer):
        _, writer = await asyncio.open_connection("127.0.0.1", sim.port)
        writer.write(payload(waybill="YT00000001"))  # 0.2 s to print
        writer.close()
        await writer.wait_closed()
        assert await print_label(printer) == "process-id"
        assert [label.waybill for label in sim.paper] == ["YT00000001", "SF1234567890123"]


async def test_status_during_a_job_answers_at_once() -> None:
    async with printing(speed=10.0) as (sim, printer):
        await printer.open()
        started = asyncio.Event()
        job = asyncio.create_task(printer.print(payload(), on_first_byte=started.set))
        await started.wait()
        assert await printer.status() == PrinterStatus(True, "")
        assert sim.paper == []
        assert await job == "process-id"


async def test_two_callers_never_mix_their_labels() -> None:
    async with printing() as (sim, printer):
        waybills = [f"YT{n:08}" for n in range(8)]
        await asyncio.gather(*(print_label(printer, waybill=waybill) for waybill in waybills))
        assert [label.waybill for label in sim.paper] == waybills


async def test_the_first_byte_is_told_before_the_label_is_out() -> None:
    async with printing() as (sim, printer):
        printed_before: list[int] = []
        await printer.print(payload(), on_first_byte=lambda: printed_before.append(len(sim.paper)))
        assert printed_before == [0]
