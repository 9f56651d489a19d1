"""A printer on a serial port: real terminals, the kernel's own flow control, the real pyserial."""

from __future__ import annotations

import asyncio
import os

import pytest
import serial

from devices.errors import LinkLost, LinkTimeout, LinkUnreachable
from devices.links.descriptor import RECEIVED_LIMIT_BYTES
from devices.links.serial import SerialLink
from tests.devices.links.far_ends import PtyEnd, opened, take, until

MORE_THAN_ANY_BUFFER = 1_000_000
XON, XOFF = b"\x11", b"\x13"


def paced() -> PtyEnd:
    return PtyEnd(lambda path: SerialLink(f"serial://{path}?flow=xonxoff"))


@pytest.mark.parametrize(
    ("query", "bytes_per_s"),
    [("", 960), ("?baud=115200", 11520), ("?baud=110&bits=7E2", 10)],
)
def test_speed_counts_start_parity_and_stop_bits(query: str, bytes_per_s: float) -> None:
    assert SerialLink(f"serial:///dev/ttyS1{query}").bytes_per_s == bytes_per_s


async def test_what_waited_before_the_port_was_opened_is_thrown_away() -> None:
    with PtyEnd() as far:
        far.say(b"an answer to someone else")
        link = await opened(far)
        far.say(b"mine")
        assert await link.read(deadline_s=5) == b"mine"
        await link.close()


async def test_a_port_is_held_exclusively() -> None:
    with PtyEnd() as far:
        link = await opened(far)
        with pytest.raises(LinkUnreachable, match="held by another process"):
            await SerialLink(f"serial://{far.path}").open(connect_timeout_s=5)
        await link.close()
        await opened(far)
        await link.close()


async def test_what_is_no_port_is_unreachable() -> None:
    with pytest.raises(LinkUnreachable, match="/dev/null"):
        await SerialLink("serial:///dev/null").open(connect_timeout_s=5)


async def test_an_unplug_is_noticed_while_nobody_asks() -> None:
    with PtyEnd() as far:
        link = await opened(far)
        far.unplug()
        await until(lambda: not link.is_open)
        with pytest.raises(LinkLost, match="unplugged"):
            await link.write(b"x", deadline_s=5, on_handed=lambda: pytest.fail("not a byte may go out"))
        await link.close()


async def test_bytes_that_came_before_the_unplug_are_still_read() -> None:
    with PtyEnd() as far:
        link = await opened(far)
        far.say(b"printed")
        assert await link.read(deadline_s=5) == b"printed"
        far.unplug()
        with pytest.raises(LinkLost):
            await link.read(deadline_s=5)
        await link.close()


async def test_xoff_holds_the_writer_and_xon_lets_it_go_on() -> None:
    with paced() as far:
        link = await opened(far)
        far.say(XOFF)
        await asyncio.sleep(0.01)
        writing = asyncio.create_task(link.write(b"label", deadline_s=5))
        await asyncio.sleep(0.05)
        assert (far.take(), writing.done()) == (b"", False)
        far.say(XON)
        assert await take(far, 5) == b"label"
        await writing
        await link.close()


async def test_xon_and_xoff_are_never_read_as_data() -> None:
    with paced() as far:
        link = await opened(far)
        far.say(XOFF + b"ok" + XON)
        assert await link.read(deadline_s=5) == b"ok"
        await link.close()


async def test_a_printer_that_holds_off_the_port_is_a_timeout_and_nothing_was_handed() -> None:
    with paced() as far:
        link = await opened(far)
        far.say(XOFF)
        await asyncio.sleep(0.01)
        with pytest.raises(LinkTimeout):
            await link.write(
                b"label", deadline_s=0.05, on_handed=lambda: pytest.fail("held off from the start")
            )
        far.say(XON)
        await link.write(b"next", deadline_s=5)
        assert await take(far, 4) == b"next"
        await link.close()


async def test_the_rest_of_a_job_that_timed_out_never_comes_out_by_itself() -> None:
    with PtyEnd() as far:
        link = await opened(far)
        with pytest.raises(LinkTimeout):
            await link.write(b"x" * MORE_THAN_ANY_BUFFER, deadline_s=0.05)
        await link.write(b"next", deadline_s=5)
        heard = b""
        while not heard.endswith(b"next"):
            heard += await take(far, 1)
        assert len(heard) < MORE_THAN_ANY_BUFFER
        await asyncio.sleep(0.05)
        assert far.take() == b""
        await link.close()


async def test_a_write_returns_when_the_port_has_sent_the_last_byte(monkeypatch: pytest.MonkeyPatch) -> None:
    queue = iter([12, 5, 0])  # a terminal has no queue of its own, so pyserial's view of one is given
    monkeypatch.setattr(serial.Serial, "out_waiting", property(lambda port: next(queue)))
    with PtyEnd() as far:
        link = await opened(far)
        await link.write(b"label", deadline_s=5)
        assert next(queue, None) is None
        await link.close()


async def test_a_queue_that_does_not_empty_is_a_timeout_and_is_discarded(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    discarded = list[bool]()
    monkeypatch.setattr(serial.Serial, "out_waiting", property(lambda port: 5))
    monkeypatch.setattr(serial.Serial, "reset_output_buffer", lambda port: discarded.append(True))
    with PtyEnd() as far:
        link = await opened(far)
        with pytest.raises(LinkTimeout):
            await link.write(b"label", deadline_s=0.02)
        assert discarded == [True]
        await link.close()


async def test_what_nobody_reads_waits_in_the_kernel_and_is_not_lost() -> None:
    with PtyEnd() as far:
        link, sent = await opened(far), 0
        async with asyncio.timeout(5):
            while sent <= RECEIVED_LIMIT_BYTES:
                sent += far.say(bytes(4096))
                await asyncio.sleep(0)
        heard = 0
        while heard < sent:
            heard += len(await link.read(deadline_s=5))
        await link.close()


async def test_a_closed_port_leaves_no_descriptor_open() -> None:
    with PtyEnd() as far:
        before = len(os.listdir("/proc/self/fd"))  # noqa: PTH208 - a count, not paths
        await (await opened(far)).close()
        await until(lambda: len(os.listdir("/proc/self/fd")) == before)  # noqa: PTH208
