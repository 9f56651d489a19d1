"""A label printer, as the hardware behaves: it reads its language, takes its time, answers, and has faults.

What it was sent it prints, also when the connection is long gone: after a refill the label that waited comes
out, wanted or not. What its language obeys at once is answered at once, everything else in its turn.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections import deque
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

from PIL import Image

from devices.labels.label import Media
from devices.sim.escpos.firmware import EscposFirmware
from devices.sim.firmware import Answer, Firmware, Label
from devices.sim.mechanism import Mechanism
from devices.sim.port import Port, TcpPort
from devices.sim.printed_label import PrintedLabel, read_label
from devices.sim.tspl.firmware import TsplFirmware
from devices.sim.zpl.firmware import ZplFirmware

__all__ = ["FIRMWARE", "PrintedLabel", "SimPrinter", "first_page"]

RECEIVE_BUFFER_BYTES = 262_144
FIRMWARE: dict[str, Callable[..., Firmware]] = {
    "escpos": EscposFirmware,
    "tspl": TsplFirmware,
    "zpl": ZplFirmware,
}


def first_page(language: str, payload: bytes, media: Media) -> Image.Image | None:
    """What a healthy printer makes of these bytes, dot by dot: its first label, None where nothing comes out."""
    firmware = FIRMWARE[language](media, Mechanism())
    firmware.receive(payload)
    step = firmware.next()
    return step.image if isinstance(step, Label) else None


class SimPrinter:
    """One printer. Faults are set by calling it while it runs; `paper` is what came out.

    `speed` compresses the printing time: a label takes height_mm / mm_per_s / speed seconds. `mute`: answers no
    question at all. `port`: a TCP port number, or what else it is plugged in at. `quirks`: what its firmware lacks or
    does in its own way, by the keywords of that firmware.
    """

    def __init__(
        self,
        media: Media | None = None,
        *,
        language: str = "escpos",
        port: int | Port = 0,
        mm_per_s: float = 150.0,
        speed: float = 1.0,
        mute: bool = False,
        on_label: Callable[[PrintedLabel], None] | None = None,
        **quirks: Any,
    ) -> None:
        self.media = media or Media(76, 130)
        self.language = language
        self.paper: list[PrintedLabel] = []
        self.mute = mute
        self.on_label = on_label
        self.mechanism = Mechanism()
        self.plug: Port = TcpPort(port) if isinstance(port, int) else port
        self._firmware = FIRMWARE[language](self.media, self.mechanism, **quirks)
        self._label_s = self.media.height_mm / mm_per_s / speed
        self._labels_left: int | None = None
        self._hang_up_after: int | None = None
        self._garbage: random.Random | None = None
        self._running = asyncio.Event()  # cleared while stalled
        self._running.set()
        self._changed = asyncio.Event()  # new bytes, or a fault came or went
        self._room = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._forget_everything()

    @property
    def port(self) -> int:
        """The TCP port."""
        if not isinstance(self.plug, TcpPort):
            raise TypeError("this printer is not plugged into a network")
        return self.plug.port

    # -- power ----------------------------------------------------------------------------------------------

    async def start(self) -> Self:
        """Switch on and listen; the port stays the same over stop and start."""
        started: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._task = asyncio.create_task(self._run(started), name="sim-printer")
        await asyncio.wait((started, self._task), return_when=asyncio.FIRST_COMPLETED)
        if self._task.done():
            self._task.result()
        return self

    async def stop(self) -> None:
        """Switch off: the network is gone, and so is what was not printed."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.wait((task,))
        self._forget_everything()
        if task is not None and not task.cancelled():
            task.result()  # it ended before it was told to: say why

    async def __aenter__(self) -> Self:
        return await self.start()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def _run(self, started: asyncio.Future[None]) -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(self.plug.run(self._receive, lambda: started.set_result(None)))
            await self._print()

    # -- faults ---------------------------------------------------------------------------------------------

    def paper_out(self, after_labels: int = 0) -> None:
        """No paper, now or once so many more labels have come out."""
        self._labels_left = after_labels
        self._use_up(0)

    def refill(self) -> None:
        """New paper: printing goes on by itself, with what waited."""
        self.mechanism.has_paper, self._labels_left = True, None
        self._sensors_changed()

    def set(self, **sensors: bool) -> None:
        """Sensors by their names in `Mechanism`: paper_low, cover_open, head_hot, paused, jammed."""
        for name, value in sensors.items():
            setattr(self.mechanism, name, value)
        self._sensors_changed()

    def open_cover(self) -> None:
        """Printing stops before the next label."""
        self.set(cover_open=True)

    def close_cover(self) -> None:
        """Printing goes on."""
        self.set(cover_open=False)

    def stall(self) -> None:
        """Neither read nor print nor answer, but keep the connection: a hung firmware."""
        self._running.clear()

    def resume(self) -> None:
        """Go on where it hung."""
        self._running.set()
        self._changed.set()

    def answer_garbage(self, seed: int | None) -> None:
        """Every answer's bytes are replaced by as many of noise; None: answers are its own again."""
        self._garbage = None if seed is None else random.Random(seed)

    def hang_up(self, after_bytes: int = 0) -> None:
        """Close the connection once so many more bytes have been read; later ones are lost."""
        self._hang_up_after = after_bytes
        if after_bytes == 0:
            self._hang_up_after = None
            self.plug.drop()

    def power_cycle(self) -> None:
        """Off and on: buffer, half-printed label and connection are lost."""
        self._forget_everything()
        self._hang_up_after = None
        self.plug.drop()
        self.resume()

    def _forget_everything(self) -> None:
        self._firmware.forget()
        self._arrivals: deque[tuple[int, float]] = deque()  # stream offset behind a chunk, and when it came
        self._received = 0
        self.mechanism.abort()

    # -- the wire -------------------------------------------------------------------------------------------

    async def _receive(self, data: bytes) -> bool:
        """Take what arrived. False: hang up."""
        await self._running.wait()
        while self._firmware.waiting_bytes > RECEIVE_BUFFER_BYTES:
            self._room.clear()
            await self._room.wait()
        await self._running.wait()
        left, self._hang_up_after = self._hang_up_after, None
        if left is not None and len(data) < left:
            self._hang_up_after = left - len(data)
        data = data[:left]
        self._received += len(data)
        self._arrivals.append((self._received, time.time()))
        self._answer(self._firmware.receive(data))
        self._changed.set()
        return left is None or self._hang_up_after is not None

    def _answer(self, data: bytes) -> None:
        if data and not self.mute:
            self.plug.answer(self._garbage.randbytes(len(data)) if self._garbage else data)

    def _sensors_changed(self) -> None:
        self._changed.set()
        self._answer(self._firmware.sensors_changed())

    # -- the mechanism --------------------------------------------------------------------------------------

    async def _print(self) -> None:
        """Take things in their turn, as long as there is nothing in the way."""
        while True:
            ready = self.mechanism.online and self._running.is_set()
            match self._firmware.next() if ready else None:
                case Answer(data):
                    self._answer(data)
                case Label() as label:
                    await self._bring_out(label)
                case None:
                    self._room.set()
                    self._changed.clear()
                    await self._changed.wait()

    def _arrival(self, offset: int) -> float:
        while len(self._arrivals) > 1 and self._arrivals[0][0] <= offset:
            self._arrivals.popleft()
        return self._arrivals[0][1]

    async def _bring_out(self, label: Label) -> None:
        """Move the paper; a label that was in motion when its life ended is torn, and counts for nobody."""
        life, first_byte_at = self.mechanism.life, self._arrival(label.began_at_byte)
        self.mechanism.printing = True
        await asyncio.sleep(self._label_s)
        await self._running.wait()
        if life is not self.mechanism.life:
            return
        printed = read_label(label.image, first_byte_at=first_byte_at, printed_at=time.time())
        self.mechanism.printing = False
        self.mechanism.labels += 1
        self.mechanism.fed_mm += self.media.height_mm
        self._firmware.printed()
        self.paper.append(printed)
        self._use_up(1)
        if self.on_label is not None:
            self.on_label(printed)

    def _use_up(self, labels: int) -> None:
        if self._labels_left is not None:
            self._labels_left -= labels
            if self._labels_left <= 0:
                self.mechanism.has_paper, self._labels_left = False, None
                self._sensors_changed()
