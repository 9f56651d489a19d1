"""The driver against a printer with every fault: evidence, or a plain doubt, and never a silent second label."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from devices.errors import NotStarted, PrinterUnreachable, Uncertain
from devices.links.serial import SerialLink
from devices.links.tcp import TcpLink
from devices.printers.escpos.conversation import EscposConversation
from devices.printers.languages import LANGUAGES
from devices.printers.printer import LabelPrinter
from devices.printers.status import MUTE, Evidence, PrinterStatus, State
from devices.sim.port import PtyPort
from devices.sim.printer import SimPrinter
from tests.devices.printers.samples import (
    FAST,
    MEDIA,
    QUICK,
    LabelCounter,
    native_payload,
    printer_at,
    printing,
    raster_payload,
)

ONLINE = PrinterStatus(State.ONLINE)
PAYLOAD = native_payload()


async def print_label(printer: LabelPrinter, **changes: Any) -> Evidence:
    return await printer.print(native_payload(**changes), on_first_byte=lambda: None)


async def test_a_printed_label_is_proven_by_its_process_id() -> None:
    async with printing() as (sim, printer):
        assert await print_label(printer) == "process-id"
        assert [label.waybill for label in sim.paper] == ["SF1234567890123"]


async def test_a_label_sent_as_a_picture_is_proven_too() -> None:
    async with printing() as (sim, printer):
        assert await printer.print(raster_payload(), on_first_byte=lambda: None) == "process-id"
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


async def test_asked_for_no_more_than_a_status_it_gives_no_more() -> None:
    async with printing(confirm="status") as (_, printer):
        assert await print_label(printer) == "status"


async def test_a_printer_that_answers_only_real_time_questions_gives_no_evidence() -> None:
    async with printing(process_ids=False, in_order_status=False) as (sim, printer):
        assert await print_label(printer) == "none"
        sim.paper_out()
        assert await printer.status() == PrinterStatus(State.PAPER_OUT)


async def test_a_mute_printer_counts_as_ready_and_gives_no_evidence() -> None:
    async with printing(mute=True) as (_, printer):
        assert await print_label(printer) == "none"
        assert await printer.status() == MUTE


async def test_a_printer_that_was_stuck_when_it_was_greeted_proves_its_labels_once_it_is_not() -> None:
    async with printing(mute=True) as (sim, printer):
        assert await printer.status() == MUTE
        sim.mute = False
        await printer.status()
        assert await print_label(printer) == "process-id"


async def test_a_printer_that_is_known_to_answer_is_never_taken_for_a_mute_one() -> None:
    async with printing(mute=True) as (sim, _):
        printer = printer_at(sim, speaks=True)
        assert await printer.status() == PrinterStatus(State.UNKNOWN, "no answer")
        await printer.close()


async def test_told_to_confirm_nothing_it_asks_nothing() -> None:
    out = LabelCounter()
    async with printing(confirm="none", on_label=out) as (sim, printer):
        sim.hang_up(after_bytes=len(PAYLOAD))
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


@pytest.mark.parametrize("sensor", ["cover_open", "head_hot", "paused", "jammed"])
async def test_a_printer_that_is_not_ready_gets_no_byte(sensor: str) -> None:
    async with printing() as (sim, printer):
        await printer.open()
        sim.set(**{sensor: True})
        assert (await printer.status()).state is State[sensor.upper()]
        with pytest.raises(NotStarted):
            await printer.print(PAYLOAD, on_first_byte=lambda: pytest.fail("not a byte may go out"))


async def test_little_paper_is_said_and_prints() -> None:
    async with printing() as (sim, printer):
        sim.set(paper_low=True)
        assert await printer.status() == PrinterStatus(State.PAPER_LOW)
        assert await print_label(printer) == "process-id"


async def out_of_paper(sim: SimPrinter, printer: LabelPrinter) -> Uncertain:
    """The paper ends with the job before this one, unseen by the question before the job."""
    await printer.open()
    with pytest.raises(Uncertain) as caught:
        await printer.print(PAYLOAD, on_first_byte=sim.paper_out)
    return caught.value


async def test_paper_out_in_the_middle_is_uncertain_and_the_label_comes_after_the_refill() -> None:
    out = LabelCounter()
    async with printing(on_label=out) as (sim, printer):
        doubt = await out_of_paper(sim, printer)
        assert (doubt.reason, sim.paper, printer.late_evidence()) == ("paper out", [], None)
        sim.refill()
        assert (await out.next()).waybill == "SF1234567890123"
        assert await printer.status() == ONLINE
        assert printer.late_evidence() == "process-id"
        assert printer.late_evidence() is None  # it is told once


async def test_a_label_comes_after_the_refill_even_when_nobody_is_connected() -> None:
    out = LabelCounter()
    async with printing(on_label=out) as (sim, printer):
        await out_of_paper(sim, printer)
        await printer.close()
        sim.refill()
        assert (await out.next()).waybill == "SF1234567890123"


async def test_a_cleared_buffer_proves_that_the_label_did_not_print() -> None:
    async with printing() as (sim, printer):
        await out_of_paper(sim, printer)
        assert await printer.settle("") is False
        sim.refill()
        assert await print_label(printer, waybill="YT00000002") == "process-id"
        assert [label.waybill for label in sim.paper] == ["YT00000002"]


@pytest.mark.parametrize("process_ids", [True, False])
async def test_a_cleared_job_is_not_confirmed_by_what_is_asked_later(process_ids: bool) -> None:
    async with printing(process_ids=process_ids) as (sim, printer):
        await print_label(printer, waybill="YT00000001")
        await out_of_paper(sim, printer)
        assert await printer.settle("") is not process_ids
        sim.refill()
        assert await printer.status() == ONLINE
        assert printer.late_evidence() is None
        await print_label(printer, waybill="YT00000002")
        assert [label.waybill for label in sim.paper] == ["YT00000001", "YT00000002"]


async def test_a_ticket_that_comes_round_again_needs_a_new_confirmation() -> None:
    async with SimPrinter(speed=FAST) as sim:
        link = TcpLink("127.0.0.1", sim.port)
        await link.open(connect_timeout_s=1)
        conversation = EscposConversation(link, QUICK, MEDIA)
        await conversation.probe("auto")  # ticket 0001
        for _ in range(9999):
            question = conversation.job(b"", "")
        assert question.endswith(b"0001")
        assert conversation.evidence() is None
        await link.close()


async def test_a_job_cut_off_by_a_lost_connection_stays_in_doubt_and_comes_out_no_more() -> None:
    async with printing() as (sim, printer):
        await printer.open()
        sim.hang_up(after_bytes=300)
        with pytest.raises(Uncertain):
            await print_label(printer)
        assert await printer.settle("") is True
        assert await print_label(printer, waybill="YT00000002") == "process-id"
        assert [label.waybill for label in sim.paper] == ["YT00000002"]


async def test_a_settled_label_that_came_out_meanwhile_is_proven() -> None:
    out = LabelCounter()
    async with printing(on_label=out) as (sim, printer):
        await out_of_paper(sim, printer)
        sim.refill()
        await out.next()
        assert await printer.settle("") == "process-id"


async def test_the_last_label_of_a_roll_came_out_whatever_a_clear_says_afterwards() -> None:
    """It printed, the roll ended with it, and so the ticket behind it was never answered."""
    async with printing() as (sim, printer):
        await printer.open()
        sim.paper_out(after_labels=1)
        with pytest.raises(Uncertain, match="paper out"):
            await print_label(printer)
        assert len(sim.paper) == 1
        assert await printer.settle("") is True


async def test_a_printer_that_gives_no_process_ids_cannot_prove_by_clearing() -> None:
    async with printing(process_ids=False) as (sim, printer):
        await out_of_paper(sim, printer)
        assert await printer.settle("") is True


async def test_a_new_owner_clears_what_a_dead_one_left_and_leaves_it_in_doubt() -> None:
    async with printing() as (sim, printer):
        await out_of_paper(sim, printer)
        heir = printer_at(sim)
        await printer.close()
        assert await heir.settle("") is True
        sim.refill()
        assert await print_label(heir, waybill="YT00000002") == "process-id"
        assert [label.waybill for label in sim.paper] == ["YT00000002"]
        await heir.close()


@pytest.mark.parametrize("quirks", [{}, {"process_ids": False}])
async def test_an_answer_that_an_earlier_owner_waited_for_proves_nothing_to_the_next(
    quirks: dict[str, Any],
) -> None:
    out = LabelCounter()
    timeouts = replace(QUICK, confirm_s=3.0)
    async with printing(on_label=out, clears=False, timeouts=timeouts, speed=5.0, **quirks) as (sim, printer):
        await out_of_paper(sim, printer)
        await printer.close()
        sim.refill()
        heir = printer_at(sim, timeouts=timeouts)
        job = asyncio.create_task(print_label(heir, waybill="YT00000002"))
        assert [(await out.next()).waybill] == ["SF1234567890123"]
        assert await job in ("process-id", "status")
        assert [label.waybill for label in sim.paper] == ["SF1234567890123", "YT00000002"]
        await heir.close()


async def test_a_cover_opened_for_a_moment_is_forgiven() -> None:
    async with printing(timeouts=replace(QUICK, grace_s=3.0, confirm_s=5.0)) as (sim, printer):
        await printer.open()
        job = asyncio.create_task(printer.print(PAYLOAD, on_first_byte=sim.open_cover))
        await asyncio.sleep(0.1)
        assert not job.done()
        sim.close_cover()
        assert await job == "process-id"


@pytest.mark.parametrize(
    ("sensor", "reason"),
    [
        ("cover_open", "cover open"),
        ("head_hot", "head hot"),
        ("paused", "paper is being fed by the button"),
        ("jammed", "cutter jammed"),
    ],
)
async def test_what_stops_a_label_is_named(sensor: str, reason: str) -> None:
    async with printing() as (sim, printer):
        await printer.open()
        with pytest.raises(Uncertain, match=reason):
            await printer.print(PAYLOAD, on_first_byte=lambda: sim.set(**{sensor: True}))
        assert (await printer.status()).words == reason


async def test_a_stalled_printer_is_uncertain_and_then_not_ready() -> None:
    async with printing() as (sim, printer):
        await printer.open()
        with pytest.raises(Uncertain, match="no answer"):
            await printer.print(PAYLOAD, on_first_byte=sim.stall)
        for _ in range(2):  # on a new connection too
            assert not (await printer.status()).ready
        sim.resume()
        assert (await printer.status()).ready


@pytest.mark.parametrize("clears", [True, False])
@pytest.mark.parametrize("after_bytes", [60, 700, 1500])
async def test_a_hang_up_in_the_middle_is_uncertain_and_the_next_label_is_whole(
    after_bytes: int, clears: bool
) -> None:
    async with printing(clears=clears) as (sim, printer):
        await printer.open()
        sim.hang_up(after_bytes=after_bytes)
        with pytest.raises(Uncertain):
            await print_label(printer)
        assert await print_label(printer, waybill="YT00000002", job="J-2") == "process-id"
        assert (sim.paper[-1].waybill, sim.paper[-1].qr) == ("YT00000002", "FH1:YT00000002:J-2:1")
        assert [label.waybill for label in sim.paper[:-1]] in ([], [""])  # a torn one is pushed out first


async def test_a_picture_cut_in_its_middle_swallows_nothing_of_the_next_label() -> None:
    async with printing(clears=False) as (sim, printer):
        await printer.open()
        sim.hang_up(after_bytes=30_000)
        with pytest.raises(Uncertain):
            await printer.print(raster_payload(), on_first_byte=lambda: None)
        assert await print_label(printer, waybill="YT00000002") == "process-id"
        assert [label.waybill for label in sim.paper] == ["", "YT00000002"]


async def test_a_command_cut_by_somebody_who_is_gone_is_not_taken_for_a_printer_that_proves_nothing() -> None:
    async with printing(clears=False, timeouts=replace(QUICK, confirm_s=0.3)) as (sim, printer):
        _, stranger = await asyncio.open_connection("127.0.0.1", sim.port)
        stranger.write(raster_payload()[:2000])
        stranger.close()
        await stranger.wait_closed()
        assert await print_label(printer) == "process-id"
        assert sim.paper[-1].waybill == "SF1234567890123"


@pytest.mark.parametrize("seed", range(8))
async def test_a_printer_that_says_nothing_readable_at_first_is_not_taken_for_a_mute_one(seed: int) -> None:
    async with printing() as (sim, printer):
        sim.answer_garbage(seed)
        assert not (await printer.status()).ready
        sim.answer_garbage(None)
        assert await printer.status() == ONLINE


async def test_garbage_is_no_healthy_answer() -> None:
    async with printing() as (sim, printer):
        await printer.open()
        sim.answer_garbage(seed=7)
        assert (await printer.status()).state is State.UNKNOWN
        with pytest.raises(NotStarted):
            await print_label(printer)
        sim.answer_garbage(None)
        assert await print_label(printer) == "process-id"


@pytest.mark.parametrize("seed", range(4))
async def test_garbage_from_the_middle_of_a_label_on_is_never_evidence(seed: int) -> None:
    async with printing(speed=50.0, timeouts=replace(QUICK, status_s=0.05, confirm_s=0.2)) as (sim, printer):
        await printer.open()
        with pytest.raises(Uncertain):
            await printer.print(PAYLOAD, on_first_byte=lambda: sim.answer_garbage(seed))


async def test_words_that_nobody_asked_for_confuse_nothing() -> None:
    async with printing() as (sim, printer):
        await printer.open()
        ask_for_more = b"\x1da\x0f\x1d(H\x03\x00101\x1dIC"
        job = printer.print(ask_for_more + PAYLOAD, on_first_byte=lambda: sim.set(paper_low=True))
        assert await job == "process-id"
        assert await printer.status() == PrinterStatus(State.PAPER_LOW)


async def test_a_printer_of_another_language_is_named() -> None:
    async with SimPrinter(MEDIA, language="zpl", speed=FAST) as sim:
        link = TcpLink("127.0.0.1", sim.port)
        others = (LANGUAGES["zpl"],)
        printer = LabelPrinter(link, LANGUAGES["escpos"], MEDIA, timeouts=QUICK, others=others)
        with pytest.raises(PrinterUnreachable, match="it speaks zpl, and escpos is configured"):
            await printer.open()
        assert sim.paper == []
        await printer.close()


async def test_a_power_cycle_loses_the_label_and_leaves_a_doubt() -> None:
    async with printing() as (sim, printer):
        await printer.open()
        with pytest.raises(Uncertain):
            await printer.print(PAYLOAD, on_first_byte=sim.power_cycle)
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
        writer.write(native_payload(waybill="YT00000001"))  # 0.2 s to print
        writer.close()
        await writer.wait_closed()
        assert await print_label(printer) == "process-id"
        assert [label.waybill for label in sim.paper] == ["YT00000001", "SF1234567890123"]


async def test_status_during_a_job_answers_at_once() -> None:
    async with printing(speed=10.0) as (sim, printer):
        await printer.open()
        started = asyncio.Event()
        job = asyncio.create_task(printer.print(PAYLOAD, on_first_byte=started.set))
        await started.wait()
        assert await printer.status() == ONLINE
        assert sim.paper == []
        assert await job == "process-id"


async def test_two_callers_never_mix_their_labels() -> None:
    async with printing() as (sim, printer):
        waybills = [f"YT{n:08}" for n in range(8)]
        await asyncio.gather(*(print_label(printer, waybill=waybill) for waybill in waybills))
        assert [label.waybill for label in sim.paper] == waybills


async def test_the_first_byte_is_told_before_the_label_is_out_and_the_last_one_too() -> None:
    async with printing() as (sim, printer):
        told: list[int] = []

        async def sent() -> None:
            told.append(len(sim.paper))

        await printer.print(PAYLOAD, on_first_byte=lambda: told.append(len(sim.paper)), on_sent=sent)
        assert told == [0, 0]


async def test_over_a_serial_line_a_label_is_proven_as_over_a_network() -> None:
    port = PtyPort(bytes_per_s=100_000)
    async with SimPrinter(MEDIA, port=port, speed=FAST) as sim:
        printer = LabelPrinter(SerialLink(port.url), LANGUAGES["escpos"], MEDIA, timeouts=QUICK)
        assert await print_label(printer) == "process-id"
        assert [label.waybill for label in sim.paper] == ["SF1234567890123"]
        await printer.close()
    port.close()
