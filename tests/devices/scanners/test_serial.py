"""Serial scanners over real pseudo-terminals and the real pyserial."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from devices.errors import DeviceGone
from devices.scanners.scan import Feedback, Scan, Tone
from devices.scanners.serial import SerialScanner
from devices.sim.scanner import PtyScanner

FAST = 50.0


@asynccontextmanager
async def reading(
    scanner: SerialScanner, handle: Callable[[Scan], Awaitable[Feedback]]
) -> AsyncIterator[asyncio.Task[None]]:
    task: asyncio.Task[None] = asyncio.create_task(scanner.run(handle))
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


class Desk:
    """Answers every scan with one tone, and remembers it."""

    def __init__(self, tone: Tone = "good") -> None:
        self.tone: Tone = tone
        self.scans: asyncio.Queue[str] = asyncio.Queue()

    async def handle(self, scan: Scan) -> Feedback:
        self.scans.put_nowait(scan.text)
        return Feedback(self.tone, f"{scan.text} ok")

    async def heard(self, count: int) -> list[str]:
        async with asyncio.timeout(5):
            return [await self.scans.get() for _ in range(count)]


@pytest.mark.parametrize("tone", ["good", "wrong", "stop"])
async def test_the_scanner_hears_the_tone_of_its_scan(tone: Tone) -> None:
    desk = Desk(tone)
    with PtyScanner(speed=FAST) as gun:
        async with reading(SerialScanner(gun.url, "bel"), desk.handle):
            assert await gun.scan("SF1001", timeout_s=5) == tone
        assert [(sent.text, sent.tone) for sent in gun.scans] == [("SF1001", tone)]


async def test_what_was_scanned_while_nobody_read_is_not_flushed() -> None:
    desk = Desk()
    with PtyScanner(speed=FAST) as gun:
        await gun.scan("SF1", timeout_s=0)
        await gun.scan("SF2", timeout_s=0)
        async with reading(SerialScanner(gun.url), desk.handle):
            assert await desk.heard(2) == ["SF1", "SF2"]


async def test_scans_are_handled_in_order_while_reading_goes_on() -> None:
    gate, seen = asyncio.Semaphore(0), asyncio.Queue[str]()

    async def slow(scan: Scan) -> Feedback:
        await gate.acquire()
        seen.put_nowait(scan.text)
        return Feedback("good", "")

    codes = [f"SF{n}" for n in range(20)]
    with PtyScanner(speed=FAST) as gun:
        async with reading(SerialScanner(gun.url), slow):
            await gun.scan_many(codes, timeout_s=0)
            for _ in codes:
                gate.release()
            async with asyncio.timeout(5):
                assert [await seen.get() for _ in codes] == codes


async def test_split_bytes_bounces_and_noise_are_survived() -> None:
    desk = Desk()
    with PtyScanner(speed=FAST) as gun:
        async with reading(SerialScanner(gun.url), desk.handle):
            await gun.scan("SF1", piece=1, timeout_s=0)
            await gun.scan("SF2", times=2, noise=b"\x00\x02\r", timeout_s=0)
            assert await desk.heard(3) == ["SF1", "SF2", "SF2"]


async def test_silence_ends_a_scan_without_a_terminator() -> None:
    desk = Desk()
    with PtyScanner(speed=FAST, terminator=b"") as gun:
        async with reading(SerialScanner(gun.url), desk.handle):
            await gun.scan("SF1", timeout_s=0)
            assert await desk.heard(1) == ["SF1"]


async def test_text_feedback_writes_words() -> None:
    desk = Desk()
    with PtyScanner(speed=FAST) as gun:
        async with reading(SerialScanner(gun.url, "text"), desk.handle):
            assert await gun.scan("SF1", timeout_s=5) is None
            assert gun.last_answer == b"SF1 ok\r\n"


async def test_an_unplugged_scanner_is_gone_and_works_again_when_plugged_in() -> None:
    desk = Desk()
    with PtyScanner(speed=FAST) as gun:
        scanner = SerialScanner(gun.url, "bel")
        async with reading(scanner, desk.handle) as task:
            await gun.scan("SF1", timeout_s=5)
            gun.unplug()
            with pytest.raises(DeviceGone, match="unplugged"):
                await asyncio.wait_for(task, 5)
        gun.plug()
        async with reading(scanner, desk.handle):
            assert await gun.scan("SF2", timeout_s=5) == "good"


async def test_scans_read_before_the_unplug_are_still_handled() -> None:
    gate, seen = asyncio.Event(), []

    async def slow(scan: Scan) -> Feedback:
        await gate.wait()
        seen.append(scan.text)
        return Feedback("good", "")

    with PtyScanner(speed=FAST) as gun:
        async with reading(SerialScanner(gun.url), slow) as task:
            await gun.scan_many(["SF1", "SF2"], timeout_s=0.05)
            gun.unplug()
            gate.set()
            with pytest.raises(DeviceGone):
                await asyncio.wait_for(task, 5)
    assert seen == ["SF1", "SF2"]


async def test_a_port_that_is_not_there_is_a_gone_device(tmp_path: Path) -> None:
    with pytest.raises(DeviceGone, match="nothing"):
        await SerialScanner(f"serial://{tmp_path}/nothing").run(Desk().handle)


async def test_a_port_is_held_exclusively() -> None:
    with PtyScanner(speed=FAST) as gun:
        async with reading(SerialScanner(gun.url, "bel"), Desk().handle):
            await gun.scan("SF1", timeout_s=5)
            with pytest.raises(DeviceGone, match="exclusively"):
                await SerialScanner(gun.url).run(Desk().handle)


async def test_an_error_of_the_handler_ends_the_reader_with_it() -> None:
    async def broken(scan: Scan) -> Feedback:
        raise ZeroDivisionError(scan.text)

    with PtyScanner(speed=FAST) as gun:
        async with reading(SerialScanner(gun.url), broken) as task:
            await gun.scan("SF1", timeout_s=0)
            with pytest.raises(ZeroDivisionError, match="SF1"):
                await asyncio.wait_for(task, 5)
