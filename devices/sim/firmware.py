"""What a simulated printer needs of its language: bytes in, and in their turn labels and answers out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from PIL import Image


@dataclass(frozen=True, slots=True)
class Answer:
    """Bytes that are sent when their turn in the receive buffer comes."""

    data: bytes


@dataclass(frozen=True, slots=True)
class Label:
    """A label that is to be moved out now: its dots, and where in all that was received its print data began."""

    image: Image.Image  # mode "1", 0 is black
    began_at_byte: int


class Firmware(Protocol):
    """One language's reader. It is given the media, the mechanism whose state it reports, and its own quirks.

    Nothing raises, whatever the bytes; any split of them gives the same labels and answers.
    """

    @property
    def waiting_bytes(self) -> int:
        """How full the receive buffer is."""
        ...

    def receive(self, data: bytes) -> bytes:
        """New bytes, also while the printer cannot print: what is obeyed at once is, and answered with these bytes."""
        ...

    def next(self) -> Answer | Label | None:
        """The next thing whose turn it is; None: more bytes are needed. Asked for only while paper may move.

        Commands that move no paper are taken on the way.
        """
        ...

    def sensors_changed(self) -> bytes:
        """What is said unasked when a sensor changes."""
        ...

    def printed(self) -> None:
        """The label that `next` gave last is out."""
        ...

    def forget(self) -> None:
        """Switched off: buffer, modes and half-made labels are gone."""
        ...
