"""Where compiled code is kept: a folder for each state of this package's sources.

numba looks whether the file of a function has changed, and not whether what the function calls has; so a changed module
could leave another's old code in use. Import this before anything is compiled.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from pathlib import Path

import numba
from numba.core import config

_PACKAGE = Path(__file__).parent
_KEPT = _PACKAGE / "__pycache__"
_NAME = "kernels-"


def _state() -> str:
    """A name for the sources as they are, and for the compiler."""
    digest = hashlib.sha256(numba.__version__.encode())
    for path in sorted(_PACKAGE.rglob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


FOLDER = Path(os.environ.get("NUMBA_CACHE_DIR") or _KEPT / f"{_NAME}{_state()}")
config.CACHE_DIR = str(FOLDER)  # type: ignore[attr-defined]  # set from the environment by its module


def forget_others() -> None:
    """Remove what was compiled from earlier states of the sources."""
    for folder in _KEPT.glob(f"{_NAME}*"):
        if folder != FOLDER:
            shutil.rmtree(folder, ignore_errors=True)
