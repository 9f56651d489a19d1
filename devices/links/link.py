"""What every way to a device has in common: bytes out, bytes in, a deadline on every wait, one owner at a time.

The address is given at construction. Opening again closes first; what was not yet read of the connection before
is gone with it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

FAST_BYTES_PER_S = 1_000_000.0
"""What a label printer takes over TCP or full-speed USB; the printer, not the wire, sets it."""


class Link(Protocol):
    """Moves bytes or says what is wrong, and never hangs."""

    @property
    def name(self) -> str:
        """The address, for people: `10.0.0.5:9100`, `/dev/usb/lp0`."""

    @property
    def bytes_per_s(self) -> float | None:
        """How fast bytes travel, to reckon how long a job takes; None where nobody can know."""

    @property
    def is_open(self) -> bool:
        """False once the other side is gone, as far as the kernel knows by now."""

    async def open(self, *, connect_timeout_s: float) -> None:
        """Connect, after closing what was open. Raises LinkUnreachable."""

    async def write(
        self, data: bytes, *, deadline_s: float, on_handed: Callable[[], None] | None = None
    ) -> None:
        """Hand over `data`, call `on_handed` as the first bytes go, and return once all are taken.

        Raises LinkLost, LinkTimeout. An error without `on_handed` means that nothing was handed over.
        """

    async def read(self, *, deadline_s: float) -> bytes:
        """The bytes that are there, or the next to come. Raises LinkTimeout, or LinkLost at the end."""

    async def close(self) -> None:
        """Close; never waits long for the other side. Safe to call at any time."""


def wire_s(size_bytes: int, bytes_per_s: float | None) -> float:
    """How long a wire takes for so many bytes, in seconds; nothing, where its speed is not known."""
    return size_bytes / bytes_per_s if bytes_per_s else 0.0
