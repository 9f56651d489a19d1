"""Serial scanners over real pseudo-terminals and the real pyserial."""

import asyncio
import termios
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from devices.scanners.framing.framer import Noise
from devices.scanners.scan import Feedback, Scan, Tone, Vitals
from devices.scanners.serial import SerialScanner
from devices.scanners.voice import FeedbackMode
from devices.sim.scanner import PtyScanner

FAST = 50.0


Take = Callable[[Scan], Awaitable[Feedback]]


class Desk:
    """Takes every scan, answers with one tone, and remembers all that it is told."""

    def __init__(self, tone: Tone = "good", take: Take | None = None) -> None:
        self.tone: Tone = tone
        self.scans: asyncio.Queue[Scan] = asyncio.Queue()
        self.healths: asyncio.Queue[str | None] = asyncio.Queue()
        self.noises: list[Noise] = []
        self.last_vitals = Vitals()
        self._take = take or self._answer

    async def _answer(self, scan: Scan) -> Feedback:
        return Feedback(self.tone, f"{scan.text} ok")

    async def scanned(self, scan: Scan) -> Feedback:
        answer = await self._take(scan)
        self.scans.put_nowait(scan)
        return answer

    def garbled(self, noise: Noise) -> None:
        self.noises.append(noise)

    async def health(self, fault: str | None) -> None:
        self.healths.put_nowait(fault)

    def vitals(self, vitals: Vitals) -> None:
        self.last_vitals = vitals

    async def heard(self, count: int) -> list[str]:
        async with asyncio.timeout(5):
            return [(await self.scans.get()).text for _ in range(count)]

    async def told(self) -> str | None:
        async with asyncio.timeout(5):
            return await self.healths.get()


@asynccontextmanager
async def reading(gun: PtyScanner, desk: Desk, feedback: FeedbackMode = "none") -> AsyncIterator[None]:
    task: asyncio.Task[None] = asyncio.create_task(SerialScanner(gun.url, feedback=feedback).run(desk))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@pytest.mark.parametrize("tone", ["good", "wrong", "stop"])
async def test_the_scanner_hears_the_tone_of_its_scan(tone: Tone) -> None:
    desk = Desk(tone)
    with PtyScanner(speed=FAST) as gun:
        async with reading(gun, desk, "bel"):
            assert await gun.scan("SF1001", timeout_s=5) == tone
        assert [(sent.text, sent.tone) for sent in gun.scans] == [("SF1001", tone)]


async def test_the_tone_comes_after_the_scan_is_taken_and_not_before() -> None:
    taken = asyncio.Event()

    async def slow(_: Scan) -> Feedback:
        await taken.wait()
        return Feedback("good", "")

    with PtyScanner(speed=FAST) as gun:
        async with reading(gun, Desk(take=slow), "bel"):
            assert await gun.scan("SF1", timeout_s=0.3) is None
            assert gun.last_answer == b""
            taken.set()
            assert await gun.listen(timeout_s=5) == "good"


async def test_what_was_scanned_while_nobody_read_is_not_flushed_and_is_marked_replayed() -> None:
    desk = Desk()
    with PtyScanner(speed=FAST) as gun:
        await gun.scan("SF1", timeout_s=0)
        await gun.scan("SF2", timeout_s=0)
        async with reading(gun, desk):
            async with asyncio.timeout(5):
                scans = [await desk.scans.get() for _ in range(2)]
        assert [(scan.text, scan.replayed) for scan in scans] == [("SF1", True), ("SF2", True)]


async def test_scans_are_handled_in_order_while_reading_goes_on() -> None:
    gate = asyncio.Semaphore(0)

    async def slow(_: Scan) -> Feedback:
        await gate.acquire()
        return Feedback("good", "")

    codes = [f"SF{n}" for n in range(20)]
    desk = Desk(take=slow)
    with PtyScanner(speed=FAST) as gun:
        async with reading(gun, desk):
            await gun.scan_many(codes, timeout_s=0)
            for _ in codes:
                gate.release()
            assert await desk.heard(len(codes)) == codes


async def test_split_bytes_bounces_and_noise_are_survived() -> None:
    desk = Desk()
    with PtyScanner(speed=FAST) as gun:
        async with reading(gun, desk):
            await gun.scan("SF1", piece=1, timeout_s=0)
            await gun.scan("SF2", times=2, noise=b"\x00\x02\r", timeout_s=0)
            assert await desk.heard(3) == ["SF1", "SF2", "SF2"]


async def test_silence_ends_a_scan_without_a_terminator() -> None:
    desk = Desk()
    with PtyScanner(speed=FAST, terminator=b"") as gun:
        async with reading(gun, desk):
            await gun.scan("SF1", timeout_s=0)
            assert await desk.heard(1) == ["SF1"]


async def test_text_feedback_writes_words() -> None:
    with PtyScanner(speed=FAST) as gun:
        async with reading(gun, Desk(), "text"):
            assert await gun.scan("SF1", timeout_s=5) is None
            assert gun.last_answer == b"SF1 ok\r\n"


async def test_an_unplugged_scanner_is_one_fault_and_works_again_when_plugged_in() -> None:
    desk = Desk()
    with PtyScanner(speed=FAST) as gun:
        async with reading(gun, desk, "bel"):
            assert await gun.scan("SF1", timeout_s=5) == "good"
            assert await desk.told() is None
            gun.unplug()
            first, then = await desk.told(), await desk.told()
            assert (str(first)[:10], "is not there" in str(then)) == ("unplugged:", True)
            gun.plug()
            assert await desk.told() is None
            assert await gun.scan("SF2", timeout_s=5) == "good"
        assert desk.healths.empty()


async def test_each_connection_has_a_name_of_its_own() -> None:
    desk = Desk()
    with PtyScanner(speed=FAST) as gun:
        async with reading(gun, desk, "bel"):
            await gun.scan("SF1", timeout_s=5)
            await gun.scan("SF2", timeout_s=5)
        async with reading(gun, desk, "bel"):
            await gun.scan("SF3", timeout_s=5)
    one, same, other = (desk.scans.get_nowait().link for _ in range(3))
    assert one == same != other


async def test_scans_read_before_the_unplug_are_still_handled_whoever_can_hear_the_answer() -> None:
    gate = asyncio.Event()

    async def slow(_: Scan) -> Feedback:
        await gate.wait()
        return Feedback("good", "")

    desk = Desk(take=slow)
    with PtyScanner(speed=FAST) as gun:
        async with reading(gun, desk, "bel"):
            await gun.scan_many(["SF1", "SF2"], timeout_s=0.05)
            gun.unplug()
            gate.set()
            assert await desk.heard(2) == ["SF1", "SF2"]


async def test_a_port_that_is_not_there_is_a_fault_that_names_it(tmp_path: Path) -> None:
    desk = Desk()
    task = asyncio.create_task(SerialScanner(f"serial://{tmp_path}/nothing").run(desk))
    assert "nothing is not there" in str(await desk.told())
    task.cancel()


@pytest.mark.parametrize("error", [termios.error(5, "Input/output error"), ValueError("no such speed")])
async def test_a_port_that_cannot_be_set_up_is_a_fault_and_is_tried_again(
    error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Unplugged while it is being opened, or a speed that its driver does not know: pyserial passes these on."""
    set_up, refusals = termios.tcsetattr, [error]

    def refuse_once(*settings: Any) -> None:
        if refusals:
            raise refusals.pop()
        set_up(*settings)

    desk = Desk()
    with PtyScanner(speed=FAST) as gun:
        monkeypatch.setattr(termios, "tcsetattr", refuse_once)
        async with reading(gun, desk):
            assert str(error.args[-1]) in str(await desk.told())
            assert await desk.told() is None


async def test_a_port_is_held_exclusively() -> None:
    other = Desk()
    with PtyScanner(speed=FAST) as gun:
        async with reading(gun, Desk(), "bel"):
            await gun.scan("SF1", timeout_s=5)
            async with reading(gun, other):
                assert "exclusively" in str(await other.told())


async def test_an_error_of_the_listener_ends_the_reader_with_it() -> None:
    async def broken(scan: Scan) -> Feedback:
        raise ZeroDivisionError(scan.text)

    with PtyScanner(speed=FAST) as gun:
        task = asyncio.create_task(SerialScanner(gun.url).run(Desk(take=broken)))
        await gun.scan("SF1", timeout_s=0)
        with pytest.raises(ZeroDivisionError, match="SF1"):
            await asyncio.wait_for(task, 5)
