"""python-escpos, imported without its side effects.

At import the library parses a 250 kB list of printers (0.14 s), leaves a temporary directory behind and
installs a root log handler. One profile of that list is enough, so the import is given just that one, in a
directory that is removed again.
"""

from __future__ import annotations

import importlib
import json
import logging
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

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
    _printer = importlib.import_module("escpos.printer")
    _exceptions = importlib.import_module("escpos.exceptions")

Dummy, Usb = _printer.Dummy, _printer.Usb
DeviceNotFoundError: type[Exception] = _exceptions.DeviceNotFoundError

# It logs on the root logger, which would install a handler that writes into the screen.
importlib.import_module("escpos.printer.usb").logging = logging.getLogger("escpos.usb")  # type: ignore[attr-defined]
