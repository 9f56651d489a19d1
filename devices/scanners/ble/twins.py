"""Notifications that bleak hands over twice."""

from __future__ import annotations

_TWIN_WITHIN_S = 0.25


class TwinFilter:
    """Drops a notification that is the same as the one right before it, and came within 250 ms of it; once.

    BlueZ turns notifications on again by itself when a scanner comes back. Asked for a second time, they come twice,
    each right after its twin (hbldh/bleak #2002), but for what a busy machine keeps it waiting. The price: of two equal
    pieces that a scanner really sends within 250 ms, one is lost. No hand is that fast, but a memory may hold one code
    twice: profiles whose scanners have one use `notify_mode` "acquire", where nothing comes twice and nothing is
    filtered.
    """

    def __init__(self) -> None:
        self._last: bytes | None = None
        self._last_at = 0.0

    def is_twin(self, piece: bytes, now: float) -> bool:
        """`now` in seconds of any steady clock."""
        if piece == self._last and now - self._last_at <= _TWIN_WITHIN_S:
            self._last = None
            return True
        self._last, self._last_at = piece, now
        return False
