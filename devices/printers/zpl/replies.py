"""What a ZPL printer sends back, told apart by its shape and never by its order. Bytes in, replies out.

Sources: ZPL programming guide at docs.zebra.com: ~HS (three lines, each STX … ETX CR LF), ~HQ (STX, lines, ETX, with
the error flags on the page of ~WQ), and getvar (the value between double quotes).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from devices.printers.status import PrinterStatus, State

_STX, _ETX, _QUOTE = 0x02, 0x03, 0x22
_CLOSED_BY = {_STX: _ETX, _QUOTE: _QUOTE}
_LINE_ENDS = b"\r\n"
_MAX_FRAME_BYTES = 512

_HOST_1 = re.compile(rb"\d{3},([01]),([01]),\d{4},(\d{3}),[01],[01],([01]),\d{3},[01],[01],([01])")
_HOST_2 = re.compile(rb"\d{3},\d,([01]),([01]),[01],\w,\w,[01],(\d{8}),\d,\d{3}")
_HOST_3 = re.compile(rb"[^,]{4},[01]")
_QUERY = re.compile(
    rb"\s*PRINTER STATUS\s+ERRORS:\s+[01] [0-9A-F]{8} ([0-9A-F]{8})\s+WARNINGS:\s+[01] [0-9A-F]{8} ([0-9A-F]{8})\s*"
)


@dataclass(frozen=True, slots=True)
class HostStatus:
    """The answer to ~HS. `formats`: labels in the receive buffer; `labels`: what remains of the one being printed."""

    paper_out: bool = False
    paused: bool = False
    formats: int = 0
    partial: bool = False  # a label has begun, and its end has not come
    too_hot: bool = False
    head_up: bool = False
    ribbon_out: bool = False
    labels: int = 0

    @property
    def idle(self) -> bool:
        """It says that it holds no whole label."""
        return self.formats == 0 and self.labels == 0

    @property
    def empty(self) -> bool:
        """It says that it holds no label, nor a part of one."""
        return self.idle and not self.partial


@dataclass(frozen=True, slots=True)
class Faults:
    """The answer to ~HQES: group 1 of the error flags, and of the warnings."""

    errors: int
    warnings: int


@dataclass(frozen=True, slots=True)
class Setting:
    """The value that a getvar asked for; `?` where the printer has no such setting."""

    value: str


Reply = HostStatus | Faults | Setting


class ReplyReader:
    """Collects the bytes of one connection. Any split of the bytes gives the same replies; nothing raises."""

    def __init__(self) -> None:
        self._frame: bytearray | None = None
        self._opener = 0
        self._host_lines: list[bytes] = []

    def feed(self, data: bytes) -> list[Reply]:
        """The replies that are complete now, in the order of arrival."""
        return [reply for byte in data if (reply := self._take(byte)) is not None]

    def _take(self, byte: int) -> Reply | None:
        frame = self._frame
        if frame is None or byte == _STX:  # the rest of a frame in which another begins was lost
            self._open(byte)
            return None
        if byte == _CLOSED_BY[self._opener]:
            self._frame = None
            return self._whole(bytes(frame))
        allowed = 0x20 <= byte < 0x7F or (byte in _LINE_ENDS and self._opener == _STX)
        if allowed and len(frame) < _MAX_FRAME_BYTES:
            frame.append(byte)
        else:
            self._frame = None
        return None

    def _open(self, byte: int) -> None:
        self._frame = bytearray() if byte in _CLOSED_BY else None
        self._opener = byte

    def _whole(self, frame: bytes) -> Reply | None:
        if self._opener == _QUOTE:
            return Setting(frame.decode("ascii"))
        if query := _QUERY.fullmatch(frame):
            return Faults(errors=int(query[1], 16), warnings=int(query[2], 16))
        return self._host_line(frame)

    def _host_line(self, line: bytes) -> Reply | None:
        """The three lines of ~HS belong together: after another one they begin anew."""
        if _HOST_1.fullmatch(line):
            self._host_lines = [line]
            return None
        lines, self._host_lines = [*self._host_lines, line], []
        if len(lines) == 2 and _HOST_2.fullmatch(line):
            self._host_lines = lines
        elif len(lines) == 3 and _HOST_3.fullmatch(line):
            return _host_status(lines[0], lines[1])
        return None


def _host_status(first: bytes, second: bytes) -> HostStatus | None:
    one, two = _HOST_1.fullmatch(first), _HOST_2.fullmatch(second)
    if one is None or two is None:
        return None
    return HostStatus(
        paper_out=one[1] == b"1",
        paused=one[2] == b"1",
        formats=int(one[3]),
        partial=one[4] == b"1",
        too_hot=one[5] == b"1",
        head_up=two[1] == b"1",
        ribbon_out=two[2] == b"1",
        labels=int(two[3]),
    )


# Error flags of ~HQES, group 1; the cause that a person must mend first stands first.
_ERRORS = (
    (0x00000004, State.COVER_OPEN, ""),
    (0x00000001, State.PAPER_OUT, ""),
    (0x00000002, State.FAULT, "ribbon out"),
    (0x00000008, State.JAMMED, "cutter jammed"),
    (0x0000C000, State.JAMMED, "paper feed error"),
    (0x00001000, State.JAMMED, "paper jam during retract"),
    (0x00000010, State.HEAD_HOT, ""),
    (0x00000020, State.HEAD_HOT, "motor hot"),
    (0x000003C0, State.FAULT, "print head error"),
    (0x000C0000, State.FAULT, "black mark not found"),
)
_PAUSED_ERROR = 0x00010000
_PAPER_NEAR_END = 0x8
_SILENT = PrinterStatus(State.FAULT, "gives no host status")  # as in a fault, though it names none


def status_of(host: HostStatus | None, faults: Faults | None) -> PrinterStatus:
    """What the answers to ~HS and ~HQES, asked together, say; None where one did not come.

    Printers do not answer ~HS in several faults, so one that answers ~HQES alone is not ready.
    """
    told = _of_errors(faults.errors) if faults is not None else None
    told = told or (_of_host(host) if host is not None else _SILENT)
    if told is not None:
        return told
    near_end = faults is not None and faults.warnings & _PAPER_NEAR_END
    return PrinterStatus(State.PAPER_LOW if near_end else State.ONLINE)


def _of_errors(errors: int) -> PrinterStatus | None:
    for mask, state, reason in _ERRORS:
        if errors & mask:
            return PrinterStatus(state, reason)
    if errors & _PAUSED_ERROR:
        return PrinterStatus(State.PAUSED)
    return PrinterStatus(State.FAULT, f"error {errors:08X}") if errors else None


def _of_host(host: HostStatus) -> PrinterStatus | None:
    """Without ~HQES, its flags are all there is."""
    flags = (
        (host.head_up, PrinterStatus(State.COVER_OPEN)),
        (host.paper_out, PrinterStatus(State.PAPER_OUT)),
        (host.ribbon_out, PrinterStatus(State.FAULT, "ribbon out")),
        (host.too_hot, PrinterStatus(State.HEAD_HOT)),
        (host.paused, PrinterStatus(State.PAUSED)),
    )
    return next((status for flag, status in flags if flag), None)
