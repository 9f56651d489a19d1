"""How the kernels of this package are compiled.

They count no references: their arguments are tuples of many arrays, and to count each of them at each call took longer
than the work. So they make no arrays either, all space is given to them. What is `inlined` becomes part of its callers.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numba import njit

_Compiler = Callable[[Callable[..., Any]], Callable[..., Any]]

_compiled: Callable[..., _Compiler] = njit
kernel = _compiled(cache=True, nogil=True, _nrt=False)
inlined = _compiled(inline="always", _nrt=False)
