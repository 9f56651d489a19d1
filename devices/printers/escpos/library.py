"""One python-escpos `Dummy` per thread, and the part of it that a label uses.

Not `Dummy.barcode()`, which writes to stdout, and that belongs to the screen; nor `Dummy.image()`, which takes 22 ms
for a label.
"""

from __future__ import annotations

import threading
from typing import Protocol, cast

from devices.python_escpos import Dummy


class EscposBytes(Protocol):
    """The part of python-escpos' Dummy that a label uses."""

    output: bytes

    def clear(self) -> None: ...
    def hw(self, hw: str) -> None: ...
    def control(self, ctl: str) -> None: ...
    def cut(self, *, feed: bool) -> None: ...
    def qr(self, content: str, *, ec: int, size: int, native: bool) -> None: ...
    def _raw(self, msg: bytes) -> None: ...


_per_thread = threading.local()


def this_threads_dummy() -> EscposBytes:
    """An empty Dummy; it is not thread safe, and making one costs more than a label."""
    dummy = getattr(_per_thread, "dummy", None)
    if dummy is None:
        dummy = _per_thread.dummy = Dummy()
    dummy.clear()
    return cast("EscposBytes", dummy)
