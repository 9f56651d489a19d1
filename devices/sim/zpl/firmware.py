"""A ZPL printer's firmware: commands with a tilde are obeyed when they arrive, formats in their turn.

A ~HS overtakes the formats before it: it counts those that were there at the ~HS before. ~JA drops what waits
and what was begun, and lets the label in motion come out.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from devices.labels.label import Media
from devices.sim.firmware import Answer, Label
from devices.sim.mechanism import Mechanism
from devices.sim.zpl.drawing import Page, Settings
from devices.sim.zpl.reader import Command, CommandReader

_ODOMETER = b"odometer.total_label_count"


@dataclass(frozen=True, slots=True)
class _Format:
    commands: tuple[Command, ...]
    begin: int
    size_bytes: int


@dataclass(frozen=True, slots=True)
class _TellOdometer:
    """Waits for its turn behind labels."""


class ZplFirmware:
    """Quirks, of which firmware in the field has one or another.

    `answers_hs_in_fault`: also without media, with the head open or hot. `error_query`: knows ~HQES. `odometer`: counts
    labels; `odometer_in_turn`: tells the count only when the labels before are out. `counts`: ~HS counts what it
    holds. `clears`: obeys ~JA.
    """

    def __init__(
        self,
        media: Media,
        mechanism: Mechanism,
        *,
        answers_hs_in_fault: bool = False,
        error_query: bool = True,
        odometer: bool = True,
        odometer_in_turn: bool = False,
        counts: bool = True,
        clears: bool = True,
    ) -> None:
        self._media = media
        self._mechanism = mechanism
        self._answers_hs_in_fault = answers_hs_in_fault
        self._error_query = error_query
        self._odometer = odometer
        self._odometer_in_turn = odometer_in_turn
        self._counts = counts
        self._clears = clears
        self.forget()

    def forget(self) -> None:
        self._reader = CommandReader()
        self._settings = Settings()
        self._drop_all()
        self._in_motion: Label | None = None

    def _drop_all(self) -> None:
        self._open: list[Command] | None = None  # between ^XA and ^XZ
        self._open_began = 0
        self._waiting: deque[_Format | _TellOdometer] = deque()
        self._counted = 0  # of the waiting formats, how many ~HS knows of
        self._copies: list[Label] = []  # what is still to come of the format being printed

    @property
    def waiting_bytes(self) -> int:
        return sum(thing.size_bytes for thing in self._waiting if isinstance(thing, _Format))

    def receive(self, data: bytes) -> bytes:
        return b"".join(map(self._take, self._reader.feed(data)))

    def next(self) -> Answer | Label | None:
        self._in_motion = None
        while not self._copies and self._waiting:
            thing = self._waiting.popleft()
            if isinstance(thing, _TellOdometer):
                return Answer(self._count())
            self._counted = max(0, self._counted - 1)
            self._copies = self._print(thing)
        self._in_motion = self._copies.pop() if self._copies else None
        return self._in_motion

    def printed(self) -> None:
        """Until the next thing is asked for it is the label that the media may have ended with."""

    def sensors_changed(self) -> bytes:
        """After a refill the label in motion is printed again, unless ^JZN has been sent."""
        mechanism = self._mechanism
        torn = not mechanism.has_paper or mechanism.cover_open
        if torn and self._in_motion is not None and self._settings.reprints:
            self._copies.append(self._in_motion)
            self._in_motion = None
        return b""

    def _print(self, format_: _Format) -> list[Label]:
        page = Page(self._settings, self._media)
        page.obey(format_.commands)
        return [] if page.is_blank else [Label(page.image, format_.begin)] * page.copies

    def _take(self, command: Command) -> bytes:
        match command.name:
            case "~HS":
                return self._host_status()
            case "~HQES":
                return self._faults() if self._error_query else b""
            case "~JA":
                if self._clears:
                    self._drop_all()
            case "getvar":
                return self._setting(command)
            case _:
                self._collect(command)
        return b""

    def _collect(self, command: Command) -> None:
        """A ^XA within a format begins no new one: what was begun before stands on the same label."""
        if self._open is None:
            if command.name == "^XA":
                self._open, self._open_began = [], command.begin
        elif command.name == "^XZ":
            size_bytes = command.end - self._open_began
            self._waiting.append(_Format(tuple(self._open), self._open_began, size_bytes))
            self._open = None
        else:
            self._open.append(command)

    def _setting(self, command: Command) -> bytes:
        if self._open is not None:
            return b""
        known = self._odometer and command.data == _ODOMETER
        if known and self._odometer_in_turn:
            self._waiting.append(_TellOdometer())
            return b""
        return self._count() if known else b'"?"'

    def _count(self) -> bytes:
        return b'"%d"' % self._mechanism.labels

    def _host_status(self) -> bytes:
        mechanism, held = self._mechanism, self._counted
        self._counted = sum(isinstance(thing, _Format) for thing in self._waiting)
        if not self._answers_hs_in_fault and self._is_silent:
            return b""
        formats = held if self._counts else 0
        labels = len(self._copies) + mechanism.printing if self._counts else 0
        first = (
            f"030,{not mechanism.has_paper:d},{mechanism.paused:d},{self._media.height_dots:04},{formats:03},0,0,"
            f"{self._open is not None:d},000,0,0,{mechanism.head_hot:d}"
        )
        second = f"000,0,{mechanism.cover_open:d},0,0,2,4,0,{labels:08},1,000"
        return b"".join(b"\x02%b\x03\r\n" % line.encode("ascii") for line in (first, second, "1234,0"))

    @property
    def _is_silent(self) -> bool:
        mechanism = self._mechanism
        return not mechanism.has_paper or mechanism.cover_open or mechanism.head_hot

    def _faults(self) -> bytes:
        mechanism = self._mechanism
        errors = (
            0x1 * (not mechanism.has_paper)
            | 0x4 * mechanism.cover_open
            | 0x10 * mechanism.head_hot
            | 0x4000 * mechanism.jammed
            | 0x10000 * mechanism.paused
        )
        warnings = 0x8 * mechanism.paper_low
        lines = (
            "",
            "",
            "  PRINTER STATUS                             ",
            f"   ERRORS:         {errors > 0:d} 00000000 {errors:08X}   ",
            f"   WARNINGS:       {warnings > 0:d} 00000000 {warnings:08X}   ",
            "",
        )
        return b"\x02%b\x03\r\n" % "\r\n".join(lines).encode("ascii")
