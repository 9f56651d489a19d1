"""One python-escpos `Dummy` per thread, and the part of it that a label uses.

`Dummy.barcode()` writes to stdout, which belongs to the screen: `_hw_barcode`, which it calls, does not.
"""

from __future__ import annotations

import threading
from typing import Any, Protocol, cast

from devices.python_escpos import Dummy


class EscposBytes(Protocol):
    """The part of python-escpos' Dummy that a label uses."""

    output: bytes

    def clear(self) -> None: ...
    def hw(self, hw: str) -> None: ...
    def control(self, ctl: str) -> None: ...
    def cut(self, *, feed: bool) -> None: ...
    def line_spacing(self, spacing: int) -> None: ...
    def set(self, **style: Any) -> None: ...
    def qr(self, content: str, *, ec: int, size: int, native: bool) -> None: ...
    def _hw_barcode(self, code: str, bc: str, **style: Any) -> None: ...
    def _raw(self, msg: bytes) -> None: ...


_per_thread = threading.local()


def this_threads_dummy() -> EscposBytes:
    """An empty Dummy; it is not thread safe, and making one costs more than a label."""
    dummy = getattr(_per_thread, "dummy", None)
    if dummy is None:
        dummy = _per_thread.dummy = Dummy()
    dummy.clear()
    return cast("EscposBytes", dummy)
