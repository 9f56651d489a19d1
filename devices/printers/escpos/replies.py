"""What an ESC/POS printer sends back, told apart by bit pattern and never by order. Bytes in, replies out.

A real-time sequence hidden in a job, or a changed paper sensor, makes a printer speak unasked; so every reply
is recognised by itself, and noise is skipped.
"""

from __future__ import annotations

from dataclasses import dataclass

from devices.printers.status import PrinterStatus, State

_BLOCK, _PRINTER_INFO, _OLD_PRINTER_INFO = 0x37, 0x5F, 0x3D
_PROCESS_ID, _OFFLINE_NOTICE, _BUFFER_CLEARED = 0x22, 0x23, 0x25
_XON, _XOFF = 0x11, 0x13
_ASB_BYTES = 4
_MAX_BLOCK_BYTES = 80


@dataclass(frozen=True, slots=True)
class RealTimeStatus:
    """The byte that answers DLE EOT n; which n, only the one who asked can know."""

    bits: int


@dataclass(frozen=True, slots=True)
class InOrderStatus:
    """The byte that answers GS r: everything sent before it has been interpreted."""

    bits: int


@dataclass(frozen=True, slots=True)
class AutoStatus:
    """Four bytes sent unasked when a sensor changes (ASB)."""

    data: bytes


@dataclass(frozen=True, slots=True)
class ProcessId:
    """Everything sent before this id has been printed."""

    text: str


@dataclass(frozen=True, slots=True)
class BufferCleared:
    """The receive and print buffers are empty now."""


@dataclass(frozen=True, slots=True)
class OfflineNotice:
    """The printer went on or off line (GS ( H function 49)."""

    data: bytes


@dataclass(frozen=True, slots=True)
class PrinterInfo:
    """Model, serial number and the like (GS I)."""

    text: str


@dataclass(frozen=True, slots=True)
class FlowControl:
    """XON or XOFF."""

    go_on: bool


Reply = (
    RealTimeStatus
    | InOrderStatus
    | AutoStatus
    | ProcessId
    | BufferCleared
    | OfflineNotice
    | PrinterInfo
    | FlowControl
)


class ReplyReader:
    """Collects the bytes of one connection. Any split of the bytes gives the same replies; nothing raises.

    `noise`: bytes that were nothing, an answer perhaps that was spoilt.
    """

    def __init__(self) -> None:
        self.noise = 0
        self._pending = bytearray()

    def feed(self, data: bytes) -> list[Reply]:
        """The replies that are complete now, in the order of arrival."""
        self._pending += data
        replies = []
        while self._pending:
            used, reply = _first_reply(self._pending)
            if used == 0:
                break
            del self._pending[:used]
            if reply is None:
                self.noise += used
            else:
                replies.append(reply)
        return replies


def _first_reply(data: bytearray) -> tuple[int, Reply | None]:
    """How many bytes are done with, and the reply in them if it is one; 0: more bytes are needed."""
    first = data[0]
    if first in (_BLOCK, _PRINTER_INFO, _OLD_PRINTER_INFO):
        return _block(data)
    if first & 0x93 == 0x12:
        return 1, RealTimeStatus(first)
    if first & 0x93 == 0x10:
        return _auto_status(data)
    if first in (_XON, _XOFF):
        return 1, FlowControl(go_on=first == _XON)
    if first & 0xF0 == 0:
        return 1, InOrderStatus(first)
    return 1, None


def _auto_status(data: bytearray) -> tuple[int, Reply | None]:
    for at in range(1, min(_ASB_BYTES, len(data))):
        if data[at] & 0x90:
            return at, None  # another reply begins here: the rest of this one was lost
    if len(data) < _ASB_BYTES:
        return 0, None
    return _ASB_BYTES, AutoStatus(bytes(data[:_ASB_BYTES]))


def _block(data: bytearray) -> tuple[int, Reply | None]:
    for at in range(1, min(len(data), _MAX_BLOCK_BYTES)):
        if data[at] == 0:
            return at + 1, _block_reply(bytes(data[:at]))
        if not 0x20 <= data[at] <= 0x7E:
            return at, None  # blocks are plain text: whatever this is, the block was cut off
    return (_MAX_BLOCK_BYTES, None) if len(data) >= _MAX_BLOCK_BYTES else (0, None)


def _block_reply(block: bytes) -> Reply | None:
    if block[0] != _BLOCK:
        return PrinterInfo(block[1:].decode("ascii"))
    kind, body = block[1:2], block[2:]
    if kind == bytes((_PROCESS_ID,)) and len(body) == 4:
        return ProcessId(body.decode("ascii"))
    if kind == bytes((_OFFLINE_NOTICE,)):
        return OfflineNotice(body)
    if kind == bytes((_BUFFER_CLEARED,)) and not body:
        return BufferCleared()
    return None


def status_of(answers: dict[int, int]) -> PrinterStatus:
    """What these DLE EOT answers (n to byte) say; the cause that a person must mend first where there are several."""
    general, offline_cause, error_cause, paper = (answers.get(n, 0) for n in (1, 2, 3, 4))
    if offline_cause & 0x04:
        return PrinterStatus(State.COVER_OPEN)
    if offline_cause & 0x20 or paper & 0x60:
        return PrinterStatus(State.PAPER_OUT)
    if error_cause & 0x08:
        return PrinterStatus(State.JAMMED, "cutter jammed")
    if error_cause & 0x40:
        return PrinterStatus(State.HEAD_HOT)
    if error_cause & 0x20:
        return PrinterStatus(State.FAULT, "error that only switching off and on may mend")
    if offline_cause & 0x40 or error_cause & 0x04:
        return PrinterStatus(State.FAULT, "error")
    if general & 0x20:
        return PrinterStatus(State.FAULT, "waiting for recovery")
    if offline_cause & 0x08:
        return PrinterStatus(State.PAUSED, "paper is being fed by the button")
    if general & 0x08:
        return PrinterStatus(State.FAULT, "offline")
    return PrinterStatus(State.PAPER_LOW if paper & 0x0C else State.ONLINE)
