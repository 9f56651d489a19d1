"""An ESC/POS printer's firmware: real-time commands are obeyed when they arrive, everything else in its turn.

A process id is sent only when everything before it has been printed, and is lost when nobody listens.
"""

from __future__ import annotations

from devices.labels.label import Media
from devices.sim.escpos.drawing import picture
from devices.sim.escpos.operations import (
    Ask,
    Barcode,
    BitImage,
    DefinedChar,
    EndOfLabel,
    Feed,
    Init,
    LineEnd,
    OnPage,
    Operation,
    PageMode,
    Qr,
    RealTime,
    Text,
)
from devices.sim.escpos.parser import OrderedReader, RealTimeReader
from devices.sim.firmware import Answer, Label
from devices.sim.mechanism import Mechanism

_MOVES_PAPER = (Text, DefinedChar, LineEnd, Barcode, Qr, Feed, BitImage)
_INFO = {0x43: b"_SIM-LABEL\x00", 0x44: b"_00000001\x00"}


class EscposFirmware:
    """`process_ids` and `in_order_status`: whether it knows GS ( H and GS r; `clears`: DLE DC4 8; `page_mode`: ESC L.

    Many know none of them.
    """

    def __init__(
        self,
        media: Media,
        mechanism: Mechanism,
        *,
        process_ids: bool = True,
        in_order_status: bool = True,
        clears: bool = True,
        page_mode: bool = True,
    ) -> None:
        self._media = media
        self._mechanism = mechanism
        self._process_ids = process_ids
        self._in_order_status = in_order_status
        self._clears = clears
        self._page_mode = page_mode
        self.forget()

    def forget(self) -> None:
        self._real_time = RealTimeReader()
        self._ordered = OrderedReader(page_mode=self._page_mode)
        self._page: list[OnPage] = []  # what is printed of the label by now, or set for it
        self._page_began_at: int | None = None  # where in it page mode was entered, while it is on
        self._began_at_byte = 0
        self._auto_status = False
        self._offline_notice = False

    @property
    def waiting_bytes(self) -> int:
        return self._ordered.waiting_bytes

    def receive(self, data: bytes) -> bytes:
        self._ordered.feed(data)
        return b"".join(map(self._obey_at_once, self._real_time.feed(data)))

    def next(self) -> Answer | Label | None:
        while (operation := self._ordered.next()) is not None:
            if (thing := self._take(operation)) is not None:
                return thing
        return None

    def _take(self, operation: Operation) -> Answer | Label | None:
        match operation:
            case Ask():
                answer = self._reply_in_turn(operation)
                return Answer(answer) if answer else None
            case EndOfLabel(cut):
                return self._end(cut=cut)
            case Init():
                self._forget_open_page()
            case _:
                self._add(operation)
        return None

    def _add(self, operation: OnPage) -> None:
        if not self._page:
            self._began_at_byte = self._ordered.operation_offset
        self._page.append(operation)
        if isinstance(operation, PageMode):
            self._page_began_at = len(self._page) - 1 if operation.on else None

    def _forget_open_page(self) -> None:
        """What was printed line by line stays, what was put on a page is gone; so are all settings."""
        if self._page_began_at is not None:
            del self._page[self._page_began_at :]
        self._page_began_at = None
        if not self._has_ink:
            self._page.clear()

    @property
    def _has_ink(self) -> bool:
        return any(isinstance(operation, _MOVES_PAPER) for operation in self._page)

    def _end(self, *, cut: bool) -> Label | None:
        """FF ends a page, and a label where there are gaps; GS V a piece of the roll. An empty one moves no paper."""
        if self._page_began_at is not None:
            if cut:
                return None  # page mode knows no knife
            self._add(PageMode(on=False))
        if not (cut or self._media.gap):
            return None
        page, self._page = tuple(self._page) if self._has_ink else (), []
        return Label(picture(page, self._media), self._began_at_byte) if page else None

    def printed(self) -> None:
        """Process ids that wait behind the label have their turn by themselves."""

    def sensors_changed(self) -> bytes:
        notice = b"\x37\x23" + (b"0" if self._mechanism.online else b"1") + b"\x00"
        return self._auto_status_bytes() + (notice if self._offline_notice else b"")

    def _auto_status_bytes(self) -> bytes:
        if not self._auto_status:
            return b""
        mechanism = self._mechanism
        first = 0x10 | 0x08 * (not mechanism.online) | 0x20 * mechanism.cover_open
        return bytes((first, 0, 0x0F * (not mechanism.has_paper) | 0x03 * mechanism.paper_low, 0))

    def _obey_at_once(self, command: RealTime) -> bytes:
        if command.kind == "status":
            return bytes((self._status_bits(command.n),))
        if command.kind == "clear" and not self._clears:
            return b""
        if command.kind == "clear" or command.n == 2:
            self._ordered.clear()
            self._page.clear()
            self._page_began_at = None
            self._mechanism.abort()
            return b"\x37\x25\x00" if command.kind == "clear" else b""
        return b""

    def _status_bits(self, n: int) -> int:
        mechanism = self._mechanism
        paper_end, cover = not mechanism.has_paper, mechanism.cover_open
        error = mechanism.jammed or mechanism.head_hot
        faults = {
            1: 0x08 * (not mechanism.online),
            2: 0x20 * paper_end | 0x04 * cover | 0x40 * error | 0x08 * mechanism.paused,
            3: 0x08 * mechanism.jammed | 0x40 * mechanism.head_hot,
            4: 0x6C * paper_end | 0x0C * mechanism.paper_low,
        }
        return 0x12 | faults.get(n, 0)

    def _reply_in_turn(self, ask: Ask) -> bytes:
        if ask.kind == "process-id":
            return b"\x37\x22" + ask.data + b"\x00" if self._process_ids else b""
        if ask.kind == "paper":
            return b"\x00" if self._in_order_status else b""
        if ask.kind == "info":
            return _INFO.get(ask.data[0], b"_\x00")
        if ask.kind == "offline-notice":
            self._offline_notice = ask.data not in (b"\x00", b"0")
            return b""
        self._auto_status = ask.data != b"\x00"
        return self._auto_status_bytes()
