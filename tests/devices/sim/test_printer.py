"""The simulated printer keeps time, keeps what it was sent, and keeps one connection."""

from __future__ import annotations

import asyncio
import time
from contextlib import AsyncExitStack, closing

import pytest

from devices.labels.label import Media
from devices.sim.printer import SimPrinter
from tests.devices.printers.samples import LABEL, MEDIA, LabelCounter
from tests.devices.printers.samples import native_payload as payload

CLEAR_BUFFER = bytes.fromhex("10 14 08 01 03 14 01 06 02 08")
FAST = 200.0


async def connect(sim: SimPrinter) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    return await asyncio.open_connection("127.0.0.1", sim.port)


async def answer(reader: asyncio.StreamReader, size: int) -> bytes:
    async with asyncio.timeout(5):
        return await reader.readexactly(size)


async def test_a_label_is_recorded_as_a_person_would_read_it() -> None:
    out = LabelCounter()
    async with SimPrinter(MEDIA, speed=FAST, on_label=out) as sim:
        _, writer = await connect(sim)
        with closing(writer):
            writer.write(payload(copy=2))
            label = await out.next()
    assert (label.waybill, label.job, label.copy) == (LABEL.waybill, LABEL.job, 2)
    assert (label.order_no, label.size_dots) == ("SO-1001", (608, 1040))
    assert label.image.getbbox() == (0, 0, 608, 1040)


async def test_a_label_takes_the_time_that_the_paper_needs() -> None:
    out = LabelCounter()
    async with SimPrinter(Media(76, 150), mm_per_s=150, speed=10, on_label=out) as sim:
        _, writer = await connect(sim)
        with closing(writer):
            writer.write(payload())
            label = await out.next()
    assert label.printed_at - label.first_byte_at >= 0.1


async def test_the_first_byte_counts_from_print_data_and_not_from_questions() -> None:
    out = LabelCounter()
    async with SimPrinter(speed=FAST, on_label=out) as sim:
        reader, writer = await connect(sim)
        with closing(writer):
            writer.write(b"\x10\x04\x01\x1dr\x01")
            await answer(reader, 2)
            asked_at = time.time()
            writer.write(payload())
            assert (await out.next()).first_byte_at >= asked_at


async def test_a_label_behind_another_starts_when_its_own_bytes_came() -> None:
    out = LabelCounter()
    async with SimPrinter(speed=5, on_label=out) as sim:
        _, writer = await connect(sim)
        with closing(writer):
            writer.write(payload() + payload(waybill="YT00000002"))
            first, second = await out.next(), await out.next()
    assert second.first_byte_at - first.first_byte_at < 0.1 < second.printed_at - first.printed_at


async def test_real_time_questions_are_answered_while_it_prints() -> None:
    async with SimPrinter(speed=1) as sim:
        reader, writer = await connect(sim)
        with closing(writer):
            writer.write(payload() + b"\x1d(H\x06\x00000001\x10\x04\x01\x10\x04\x02\x10\x04\x04")
            assert await answer(reader, 3) == b"\x12\x12\x12"
            assert sim.paper == []


@pytest.mark.parametrize(
    ("fault", "statuses", "auto"),
    [
        ("paper_out", b"\x1a\x32\x7e", b"\x18\x00\x0f\x00"),
        ("open_cover", b"\x1a\x16\x12", b"\x38\x00\x00\x00"),
    ],
)
async def test_faults_show_in_status_bytes_and_unasked(fault: str, statuses: bytes, auto: bytes) -> None:
    async with SimPrinter() as sim:
        reader, writer = await connect(sim)
        with closing(writer):
            writer.write(b"\x1da\x0f\x1d(H\x03\x00101")
            assert await answer(reader, 4) == b"\x10\x00\x00\x00"
            await asyncio.sleep(0)  # let it read on
            getattr(sim, fault)()
            assert await answer(reader, 8) == auto + b"\x37\x231\x00"
            writer.write(b"\x10\x04\x01\x10\x04\x02\x10\x04\x04")
            assert await answer(reader, 3) == statuses


async def test_it_runs_out_of_paper_after_so_many_labels() -> None:
    out = LabelCounter()
    async with SimPrinter(speed=FAST, on_label=out) as sim:
        sim.paper_out(after_labels=2)
        reader, writer = await connect(sim)
        with closing(writer):
            writer.write(payload() * 3 + b"\x10\x04\x04")
            await out.next(), await out.next()
            assert await answer(reader, 1) == b"\x12"  # asked before the end
            writer.write(b"\x10\x04\x04")
            assert (await answer(reader, 1), len(sim.paper)) == (b"\x7e", 2)
            sim.refill()
            await out.next()


async def test_an_unfinished_label_outlives_its_connection() -> None:
    out = LabelCounter()
    async with SimPrinter(speed=FAST, on_label=out) as sim:
        data = payload()
        for part in (data[:200], data[200:]):
            _, writer = await connect(sim)
            writer.write(part)
            writer.close()
            await writer.wait_closed()
        assert (await out.next()).waybill == LABEL.waybill


async def test_a_cleared_buffer_prints_nothing_and_answers_no_process_id() -> None:
    async with SimPrinter(speed=5) as sim:
        reader, writer = await connect(sim)
        with closing(writer):
            writer.write(payload() + b"\x1d(H\x06\x00000001")
            writer.write(CLEAR_BUFFER)
            assert await answer(reader, 3) == b"\x37\x25\x00"
            writer.write(b"\x1d(H\x06\x00000002")
            assert await answer(reader, 7) == b"\x37\x220002\x00"
    assert sim.paper == []


async def test_a_second_connection_waits_for_the_first_to_end() -> None:
    async with SimPrinter() as sim:
        _, first = await connect(sim)
        reader, second = await connect(sim)
        with closing(second):
            second.write(b"\x10\x04\x01")
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.05):
                    await reader.readexactly(1)
            first.close()
            assert await answer(reader, 1) == b"\x12"


async def test_several_printers_share_one_loop() -> None:
    outs = [LabelCounter() for _ in range(6)]
    async with AsyncExitStack() as stack:
        for n, out in enumerate(outs):
            sim = await stack.enter_async_context(SimPrinter(speed=FAST, on_label=out))
            _, writer = await connect(sim)
            stack.enter_context(closing(writer))
            writer.write(payload(waybill=f"YT{n:08}"))
        assert [(await out.next()).waybill for out in outs] == [f"YT{n:08}" for n in range(6)]


@pytest.mark.parametrize(
    ("sensor", "statuses"),
    [
        ("paper_low", b"\x12\x12\x12\x1e"),
        ("head_hot", b"\x1a\x52\x52\x12"),
        ("paused", b"\x1a\x1a\x12\x12"),
        ("jammed", b"\x1a\x52\x1a\x12"),
    ],
)
async def test_sensors_are_reported_as_long_as_they_are_set(sensor: str, statuses: bytes) -> None:
    questions = b"".join(b"\x10\x04" + bytes((n,)) for n in (1, 2, 3, 4))
    async with SimPrinter() as sim:
        reader, writer = await connect(sim)
        with closing(writer):
            for value, expected in ((True, statuses), (False, b"\x12" * 4)):
                sim.set(**{sensor: value})
                writer.write(questions)
                assert await answer(reader, 4) == expected


async def test_garbage_is_as_long_as_the_answer_and_ends_when_told() -> None:
    async with SimPrinter() as sim:
        reader, writer = await connect(sim)
        with closing(writer):
            sim.answer_garbage(seed=1)
            writer.write(b"\x10\x04\x01" * 64)
            assert set(await answer(reader, 64)) != {0x12}
            sim.answer_garbage(None)
            writer.write(b"\x10\x04\x01")
            assert await answer(reader, 1) == b"\x12"


async def test_a_power_cycle_forgets_the_label_in_motion_but_not_the_odometer() -> None:
    out = LabelCounter()
    async with SimPrinter(speed=20, on_label=out) as sim:
        _, writer = await connect(sim)
        with closing(writer):
            writer.write(payload() * 2)
            await out.next()
            while not sim.mechanism.printing:  # noqa: ASYNC110 - nothing tells of it
                await asyncio.sleep(0)
            sim.power_cycle()
        _, writer = await connect(sim)
        with closing(writer):
            writer.write(payload(waybill="YT00000002"))
            assert (await out.next()).waybill == "YT00000002"
        assert (sim.mechanism.labels, sim.mechanism.fed_mm) == (2, 260)


async def test_without_page_mode_nothing_stands_where_it_was_laid_out() -> None:
    out = LabelCounter()
    for page_mode in (True, False):
        async with SimPrinter(speed=FAST, on_label=out, page_mode=page_mode) as sim:
            _, writer = await connect(sim)
            with closing(writer):
                writer.write(payload())
                label = await out.next()
        assert (label.image.crop((0, 0, 608, 12)).getextrema() == (255, 255)) is page_mode


async def test_what_is_meant_for_another_printer_is_printed_as_text() -> None:
    out = LabelCounter()
    async with SimPrinter(speed=FAST, on_label=out) as sim:
        _, writer = await connect(sim)
        with closing(writer):
            writer.write(b"^XA^FO10,10^FDSF1^FS^XZ\r\n\x0c")
            label = await out.next()
    assert (label.waybill, label.codes) == ("", ())
