"""A TSPL printer's firmware: ESC commands are obeyed when they arrive, lines in their turn.

Interpreting goes on while paper moves, up to the next PRINT: so OUT behind a label is often answered before the label
is out. Not every printer does so (`runs_ahead`).
"""

from __future__ import annotations

from collections import deque

from devices.labels.label import Media
from devices.sim.firmware import Answer, Label
from devices.sim.mechanism import Mechanism
from devices.sim.tspl.drawing import Picture
from devices.sim.tspl.operations import (
    Clear,
    CodePage,
    Direction,
    Drawing,
    Immediate,
    Operation,
    Out,
    Print,
    Query,
    Size,
)
from devices.sim.tspl.parser import Parser

_MODEL = b"SIM-TSPL\r\n"


class TsplFirmware:
    """`out`, `mileage`, `long_status`, `cancel`: whether it knows OUT, ~!@, ESC ! S, ESC ! .; `answers`: anything.

    `line_ends`: what follows the text of OUT. `mileage_mm`: what one count is. `runs_ahead`: interprets on while a
    label is moved; else it waits, also for the end of a fault that came with the label's end. `esc_in_bitmap`: obeys
    ESC commands inside dots.
    """

    def __init__(
        self,
        media: Media,
        mechanism: Mechanism,
        *,
        out: bool = True,
        mileage: bool = True,
        long_status: bool = True,
        cancel: bool = True,
        answers: bool = True,
        line_ends: bytes = b"\r\n",
        mileage_mm: int = 1000,
        runs_ahead: bool = True,
        esc_in_bitmap: bool = False,
    ) -> None:
        self._media = media
        self._mechanism = mechanism
        self._out = out and answers
        self._mileage = mileage and answers
        self._long_status = long_status and answers
        self._cancel = cancel
        self._answers = answers
        self._line_ends = line_ends
        self._mileage_mm = mileage_mm
        self._runs_ahead = runs_ahead
        self._esc_in_bitmap = esc_in_bitmap
        self.forget()

    def forget(self) -> None:
        self._parser = Parser(esc_in_bitmap=self._esc_in_bitmap)
        self._queue: deque[tuple[int, Operation]] = deque()
        self._queued_bytes = 0
        self._labels: deque[Label] = deque()  # interpreted, and not moved yet
        self._in_motion = False
        self._in_print = False  # PRINT is not over while its label moves, nor in a fault
        self._direction = Direction(turned=True, mirrored=False)
        self._picture = Picture(self._media)
        self._began_at: int | None = None

    @property
    def waiting_bytes(self) -> int:
        return self._parser.waiting_bytes + self._queued_bytes

    def receive(self, data: bytes) -> bytes:
        answers = self._interpret()  # what was already there had its turn before these bytes came
        for began_at, read in self._parser.feed(data):
            if isinstance(read, Immediate):
                answers += self._obey_at_once(read.letter)
            else:
                self._queue.append((began_at, read))
                self._queued_bytes += _size(read)
        return answers + self._interpret()

    def next(self) -> Answer | Label | None:
        if answers := self._interpret():
            return Answer(answers)
        if not self._labels:
            return None
        self._in_motion = True
        return self._labels.popleft()

    def printed(self) -> None:
        self._in_motion = False

    def sensors_changed(self) -> bytes:
        """It says nothing unasked."""
        return b""

    def _interpret(self) -> bytes:
        """Take commands in their turn, as far as nothing keeps the next one waiting."""
        answers = b""
        self._in_print &= self._moving or not self._mechanism.online
        while self._queue and not self._must_wait(self._queue[0][1]):
            began_at, operation = self._queue.popleft()
            self._queued_bytes -= _size(operation)
            answers += self._obey(began_at, operation)
        return answers

    def _must_wait(self, operation: Operation) -> bool:
        """Moving goes before; ~ commands wait for a printer that is ready."""
        if isinstance(operation, Query):
            return self._moving or not self._mechanism.online
        if self._runs_ahead:
            return isinstance(operation, Print) and bool(self._labels)
        return self._in_print

    @property
    def _moving(self) -> bool:
        """Labels move, or are about to."""
        return self._in_motion or bool(self._labels)

    def _obey(self, began_at: int, operation: Operation) -> bytes:
        """Its answer, where it has one."""
        if isinstance(operation, Size) or (self._began_at is None and isinstance(operation, Drawing)):
            self._began_at = began_at
        match operation:
            case Out(data):
                return data + self._line_ends if self._out else b""
            case Query(letter):
                return self._query(letter)
            case Print(copies):
                self._print(copies, began_at)
            case Clear():
                self._picture.clear()
            case CodePage(name):
                self._picture.code_page = name
            case Direction():
                self._direction = operation
            case Size():
                return b""
            case drawing:
                self._picture.draw(drawing)
        return b""

    def _print(self, copies: int, at: int) -> None:
        image = self._picture.label(turned=self._direction.turned, mirrored=self._direction.mirrored)
        began_at = at if self._began_at is None else self._began_at
        self._labels.extend(Label(image, began_at) for _ in range(copies))
        self._in_print = True
        self._began_at = None

    def _query(self, letter: str) -> bytes:
        if letter == "@" and self._mileage:
            return b"%d\r" % (self._mechanism.fed_mm // self._mileage_mm)
        return _MODEL if letter == "T" and self._answers else b""

    def _obey_at_once(self, letter: str) -> bytes:
        if letter == "?" and self._answers:
            return bytes((self._short_status(),))
        if letter == "S" and self._long_status:
            return self._long()
        if letter == "." and self._cancel:
            self._queue.clear()
            self._queued_bytes = 0
            self._labels.clear()  # what is moving is finished
            self._in_print = self._in_motion
        if letter == "R":
            self.forget()
            self._mechanism.abort()
        if letter in "PO":
            self._mechanism.paused = letter == "P"
        return b""

    def _short_status(self) -> int:
        mechanism = self._mechanism
        return (
            0x01 * mechanism.cover_open
            | 0x02 * mechanism.jammed
            | 0x04 * (not mechanism.has_paper)
            | 0x10 * mechanism.paused
            | 0x20 * mechanism.printing
            | 0x80 * mechanism.head_hot
        )

    def _long(self) -> bytes:
        mechanism = self._mechanism
        fault = mechanism.cover_open or mechanism.jammed or mechanism.head_hot or not mechanism.has_paper
        message = b"E" if fault else b"`" if mechanism.paused else b"P" if mechanism.printing else b"@"
        media = (
            0x40 | 0x20 * mechanism.cover_open | 0x02 * mechanism.jammed | 0x01 * (not mechanism.has_paper)
        )
        codes = (0x40 | 0x01 * mechanism.paper_low, 0x40 | 0x01 * mechanism.head_hot, media)
        return b"\x02" + message + bytes(codes) + b"\x03\r\n"


def _size(operation: Operation) -> int:
    """About how much of the receive buffer it takes."""
    return len(getattr(operation, "dots", b"")) + 32
