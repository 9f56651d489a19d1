"""A label printer on TCP port 9100, as the hardware behaves: it parses ESC/POS, takes its time, and has faults.

What it was sent it prints, also when the connection is long gone: after a refill the label that waited comes
out, wanted or not. Real-time commands are obeyed at once, everything else in its turn; a process id is sent only
when everything before it has been printed, and is lost when nobody listens.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable
from types import TracebackType
from typing import Self

from PIL import Image

from devices.labels.label import Media
from devices.sim.escpos_operations import Ask, EndOfLabel, Init, Operation, RealTime
from devices.sim.escpos_parser import OrderedReader, RealTimeReader
from devices.sim.label_picture import picture
from devices.sim.printed_label import PrintedLabel, printed_label

__all__ = ["PrintedLabel", "SimPrinter"]

RECEIVE_BUFFER_BYTES = 65536
_READ_BYTES = 4096
_INFO = {0x43: b"_SIM-LABEL\x00", 0x44: b"_00000001\x00"}


class SimPrinter:
    """One printer on the loopback. Faults are set by calling it while it runs; `paper` is what came out.

    `speed` compresses the printing time: a label takes height_mm / mm_per_s / speed seconds. `mute`: answers no
    question at all. `process_ids` and `in_order_status`: whether it knows GS ( H and GS r, which many do not.
    """

    def __init__(
        self,
        media: Media | None = None,
        *,
        port: int = 0,
        mm_per_s: float = 150.0,
        speed: float = 1.0,
        process_ids: bool = True,
        in_order_status: bool = True,
        mute: bool = False,
        on_label: Callable[[PrintedLabel], None] | None = None,
    ) -> None:
        self.media = media or Media(76, 130)
        self.port = port
        self.paper: list[PrintedLabel] = []
        self.mute = mute
        self.process_ids = process_ids
        self.in_order_status = in_order_status
        self.on_label = on_label
        self._label_s = self.media.height_mm / mm_per_s / speed
        self._has_paper, self._cover_open = True, False
        self._labels_left: int | None = None
        self._hang_up_after: int | None = None
        self._running = asyncio.Event()  # cleared while stalled
        self._running.set()
        self._changed = asyncio.Event()  # new bytes, or a fault came or went
        self._room = asyncio.Event()
        self._one_connection = asyncio.Lock()
        self._connection: asyncio.StreamWriter | None = None
        self._auto_status = False
        self._task: asyncio.Task[None] | None = None
        self._forget_everything()

    def picture(self, label: PrintedLabel) -> Image.Image:
        """The label as it looks, dot by dot."""
        return picture(label.operations, self.media)

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
            server = await asyncio.start_server(
                lambda reader, writer: group.create_task(self._serve(reader, writer)), "127.0.0.1", self.port
            )
            try:
                self.port = server.sockets[0].getsockname()[1]
                started.set_result(None)
                await self._print()
            finally:
                server.close()

    # -- faults ---------------------------------------------------------------------------------------------

    def paper_out(self, after_labels: int = 0) -> None:
        """No paper, now or once so many more labels have come out."""
        self._labels_left = after_labels
        self._use_up(0)

    def refill(self) -> None:
        """New paper: printing goes on by itself, with what waited."""
        self._has_paper, self._labels_left = True, None
        self._sensors_changed()

    def open_cover(self) -> None:
        """Printing stops before the next label."""
        self._cover_open = True
        self._sensors_changed()

    def close_cover(self) -> None:
        """Printing goes on."""
        self._cover_open = False
        self._sensors_changed()

    def stall(self) -> None:
        """Neither read nor print nor answer, but keep the connection: a hung firmware."""
        self._running.clear()

    def resume(self) -> None:
        """Go on where it hung."""
        self._running.set()
        self._changed.set()

    def hang_up(self, after_bytes: int = 0) -> None:
        """Close the connection once so many more bytes have been read; later ones are lost."""
        self._hang_up_after = after_bytes
        if after_bytes == 0:
            self._drop_connection()

    def power_cycle(self) -> None:
        """Off and on: buffer, half-printed label and connection are lost."""
        self._forget_everything()
        self._drop_connection()
        self.resume()

    def _forget_everything(self) -> None:
        self._real_time = RealTimeReader()
        self._ordered = OrderedReader()
        self._arrivals: deque[tuple[int, float]] = deque()  # stream offset behind a chunk, and when it came
        self._received = 0
        self._page: list[Operation] = []
        self._page_data = bytearray()
        self._first_byte_at = 0.0
        self._life = object()  # a label in motion belongs to one life, and is torn when that ends
        self._auto_status = False

    # -- the wire -------------------------------------------------------------------------------------------

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with self._one_connection:
                self._connection = writer
                while await self._read(reader):
                    pass
        except OSError:
            writer.transport.abort()  # the peer is gone; what it sent stays in the buffer, as in the hardware
        finally:
            if self._connection is writer:
                self._connection = None
            writer.close()

    async def _read(self, reader: asyncio.StreamReader) -> bool:
        """Take what there is. False at the end of the connection."""
        await self._running.wait()
        while self._ordered.waiting_bytes > RECEIVE_BUFFER_BYTES:
            self._room.clear()
            await self._room.wait()
        data = await reader.read(_READ_BYTES)
        await self._running.wait()
        left = self._hang_up_after
        if left is not None:
            data = data[:left]
            self._hang_up_after = None if len(data) == left else left - len(data)
        self._receive(data)
        return bool(data) and (left is None or self._hang_up_after is not None)

    def _receive(self, data: bytes) -> None:
        self._received += len(data)
        self._arrivals.append((self._received, time.time()))
        self._ordered.feed(data)
        for command in self._real_time.feed(data):
            self._obey_at_once(command)
        self._changed.set()

    def _answer(self, data: bytes) -> None:
        if self._connection is not None and not self.mute:
            self._connection.write(data)

    def _drop_connection(self) -> None:
        self._hang_up_after = None
        if self._connection is not None:
            self._connection.transport.abort()

    # -- answers --------------------------------------------------------------------------------------------

    @property
    def _online(self) -> bool:
        return self._has_paper and not self._cover_open

    def _obey_at_once(self, command: RealTime) -> None:
        if command.kind == "status":
            self._answer(bytes((self._status_bits(command.n),)))
        elif command.kind == "clear" or command.n == 2:
            self._ordered.clear()
            self._page.clear()
            self._life = object()
            if command.kind == "clear":
                self._answer(b"\x37\x25\x00")

    def _status_bits(self, n: int) -> int:
        paper_end, cover = not self._has_paper, self._cover_open
        faults = {1: 0x08 * (not self._online), 2: 0x20 * paper_end | 0x04 * cover, 4: 0x6C * paper_end}
        return 0x12 | faults.get(n, 0)

    def _sensors_changed(self) -> None:
        self._changed.set()
        if self._auto_status:
            first = 0x10 | 0x08 * (not self._online) | 0x20 * self._cover_open
            self._answer(bytes((first, 0, 0x0F * (not self._has_paper), 0)))

    def _reply_in_turn(self, ask: Ask) -> None:
        if ask.kind == "process-id" and self.process_ids:
            self._answer(b"\x37\x22" + ask.data + b"\x00")
        elif ask.kind == "paper" and self.in_order_status:
            self._answer(b"\x00")
        elif ask.kind == "info":
            self._answer(_INFO.get(ask.data[0], b"_\x00"))
        elif ask.kind == "auto-status":
            self._auto_status = ask.data != b"\x00"
            self._sensors_changed()

    # -- the mechanism --------------------------------------------------------------------------------------

    async def _print(self) -> None:
        """Take operations in their turn, as long as there is nothing in the way."""
        while True:
            operation = self._ordered.next() if self._online and self._running.is_set() else None
            if operation is None:
                self._room.set()
                self._changed.clear()
                await self._changed.wait()
            elif isinstance(operation, EndOfLabel):
                await self._bring_out()
            elif isinstance(operation, Ask):
                self._reply_in_turn(operation)
            elif not isinstance(operation, Init) or not self._page:
                self._add(operation)

    def _add(self, operation: Operation) -> None:
        if not self._page:
            self._first_byte_at = self._arrival(self._ordered.operation_offset)
            self._page_data.clear()
        self._page.append(operation)
        self._page_data += self._ordered.operation_bytes

    def _arrival(self, offset: int) -> float:
        while len(self._arrivals) > 1 and self._arrivals[0][0] <= offset:
            self._arrivals.popleft()
        return self._arrivals[0][1]

    async def _bring_out(self) -> None:
        """Move the paper; an empty page moves none."""
        life, first_byte_at = self._life, self._first_byte_at
        if not any(not isinstance(operation, Init) for operation in self._page):
            self._page.clear()
            return
        await asyncio.sleep(self._label_s)
        await self._running.wait()
        if life is self._life:
            label = printed_label(
                self._page, bytes(self._page_data), first_byte_at=first_byte_at, printed_at=time.time()
            )
            self._page.clear()
            self.paper.append(label)
            self._use_up(1)
            if self.on_label is not None:
                self.on_label(label)

    def _use_up(self, labels: int) -> None:
        if self._labels_left is not None:
            self._labels_left -= labels
            if self._labels_left <= 0:
                self._has_paper, self._labels_left = False, None
                self._sensors_changed()
