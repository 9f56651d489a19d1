"""python-escpos, imported without its side effects, and one `Dummy` of it per thread.

At import the library parses a 250 kB list of printers (0.14 s), leaves a temporary directory behind and
installs a root log handler. A label needs one profile of that list, so the import is given just that one, in
a directory that is removed again. `Dummy.barcode()` writes to stdout, which belongs to the screen:
`_hw_barcode`, which it calls, does not.
"""

from __future__ import annotations

import importlib
import json
import logging
import os
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol, cast

_PROFILES_VARIABLE = "ESCPOS_CAPABILITIES_FILE"
_CACHE_VARIABLE = "ESCPOS_CAPABILITIES_PICKLE_DIR"
_PROFILE = {
    "name": "label printer",
    "vendor": "any",
    "notes": "",
    "codePages": {"0": "CP437"},
    "colors": {"0": "black"},
    "features": {"barcodeA": True, "barcodeB": True, "paperFullCut": True, "qrCode": True},
    "fonts": {"0": {"columns": 42, "name": "Font A"}, "1": {"columns": 56, "name": "Font B"}},
    "media": {"dpi": "Unknown", "width": {"mm": "Unknown", "pixels": "Unknown"}},
}


class EscposBytes(Protocol):
    """The part of python-escpos' Dummy that a label uses."""

    output: bytes

    def clear(self) -> None: ...
    def hw(self, hw: str) -> None: ...
    def control(self, ctl: str) -> None: ...
    def cut(self) -> None: ...
    def line_spacing(self, spacing: int) -> None: ...
    def set(self, **style: Any) -> None: ...
    def qr(self, content: str, *, ec: int, size: int, native: bool) -> None: ...
    def _hw_barcode(self, code: str, bc: str, **style: Any) -> None: ...
    def _raw(self, msg: bytes) -> None: ...


@contextmanager
def _side_effects_undone() -> Iterator[None]:
    handlers, tempdir = logging.root.handlers[:], tempfile.tempdir
    environ = {key: os.environ.pop(key, None) for key in (_PROFILES_VARIABLE, _CACHE_VARIABLE)}
    with tempfile.TemporaryDirectory(prefix="floorhand-") as scratch:
        profiles = Path(scratch) / "capabilities.json"
        profiles.write_text(
            json.dumps({"profiles": {"default": _PROFILE}, "encodings": {}}), encoding="utf-8"
        )
        tempfile.tempdir = scratch
        os.environ[_PROFILES_VARIABLE] = str(profiles)
        try:
            yield
        finally:
            logging.root.handlers[:] = handlers
            tempfile.tempdir = tempdir
            del os.environ[_PROFILES_VARIABLE]
            os.environ.update({key: value for key, value in environ.items() if value is not None})


with _side_effects_undone():
    _Dummy = importlib.import_module("escpos.printer").Dummy

_per_thread = threading.local()


def this_threads_dummy() -> EscposBytes:
    """An empty Dummy; it is not thread safe, and making one costs more than a label."""
    dummy = getattr(_per_thread, "dummy", None)
    if dummy is None:
        dummy = _per_thread.dummy = _Dummy()
    dummy.clear()
    return cast("EscposBytes", dummy)
