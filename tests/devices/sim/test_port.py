"""A simulated printer at the end of a serial line: bytes both ways, at the speed of the wire."""

from __future__ import annotations

import asyncio
import os
import time
import tty

import pytest

from devices.sim.port import PtyPort, TcpPort


class Taken:
    """What arrived at the printer."""

    def __init__(self, size: int) -> None:
        self.data, self._size, self.all = b"", size, asyncio.Event()

    async def receive(self, data: bytes) -> bool:
        self.data += data
        if len(self.data) >= self._size:
            self.all.set()
        return True


async def sent_over(port: PtyPort, data: bytes) -> float:
    """Write to the far end, and return how many seconds passed until the printer had it all."""
    taken, plugged_in = Taken(len(data)), asyncio.Event()
    far = os.open(port.path, os.O_RDWR | os.O_NOCTTY)
    tty.setraw(far)
    run = asyncio.create_task(port.run(taken.receive, plugged_in.set))
    try:
        await plugged_in.wait()
        began = time.monotonic()
        await asyncio.to_thread(os.write, far, data)
        async with asyncio.timeout(5):
            await taken.all.wait()
        assert taken.data == data
        return time.monotonic() - began
    finally:
        run.cancel()
        os.close(far)


async def test_every_byte_passes_unchanged() -> None:
    port = PtyPort()
    await sent_over(port, bytes(range(256)) * 8)
    port.close()


async def test_a_slow_line_takes_its_time() -> None:
    port = PtyPort(bytes_per_s=9600 / 10)
    assert await sent_over(port, bytes(96)) >= 0.1
    port.close()


async def test_answers_come_out_at_the_far_end() -> None:
    port = PtyPort()
    far = os.open(port.path, os.O_RDWR | os.O_NOCTTY)
    tty.setraw(far)
    port.answer(b"\x12\x00\x0d\x0a")
    assert await asyncio.to_thread(os.read, far, 16) == b"\x12\x00\x0d\x0a"
    os.close(far)
    port.close()


def test_answers_that_nobody_reads_are_lost_and_hold_nothing_up() -> None:
    port = PtyPort()
    for _ in range(200):
        port.answer(bytes(1024))
    port.close()


async def test_an_unplugged_line_is_an_error_at_its_far_end() -> None:
    port = PtyPort()
    far = os.open(port.path, os.O_RDWR | os.O_NOCTTY)
    port.close()
    with pytest.raises(OSError, match="Input/output"):
        os.write(far, b"x")
    os.close(far)


def test_ports_name_themselves_as_a_configuration_does() -> None:
    port = PtyPort(bytes_per_s=960)
    assert port.url == f"serial://{port.path}?baud=9600"
    assert TcpPort(9100).url == "tcp://127.0.0.1:9100"
    port.close()
