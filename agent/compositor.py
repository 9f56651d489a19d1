"""Labels are composed by a thread of their own, so that drawing never delays the loop; what can be, ahead of payment.

What does not depend on the waybill number is drawn when the order arrives, while nothing urgent waits, and kept for
as long as there is room.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from agent.wakeup import Wakeup
from devices.errors import Unprintable
from devices.labels.compose import Prepared
from devices.labels.label import Label, Media
from devices.labels.template import Template
from devices.printers.press import Composed, Press, Reckoning

R = TypeVar("R")
_Key = tuple[str, Media, Label]

MOST_PREPARED_BYTES = 8 * 1024 * 1024
MOST_WAITING = 512  # orders that come faster than they can be drawn: the oldest are drawn when they are paid


class Compositor:
    """One worker thread for all printers: the interpreter draws one label at a time anyway."""

    def __init__(self) -> None:
        self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="compose")
        self._prepared: OrderedDict[_Key, Prepared] = OrderedDict()
        self._prepared_bytes = 0
        self._ahead: deque[Callable[[], Iterable[tuple[Press, Template, Label]]]] = deque(maxlen=MOST_WAITING)
        self._wakeup = Wakeup()
        self._urgent = 0

    async def reckon(self, press: Press, template: Template) -> Reckoning:
        """See `Press.reckon`. Raises Unprintable."""
        return await self._now(lambda: press.reckon(template))

    async def compose(self, press: Press, template: Template, label: Label) -> Composed:
        """The bytes of a label, from what was prepared of it where there is any. Raises Unprintable."""
        prepared = self._take(_key(press, template, label))
        return await self._now(lambda: press.compose(template, label, prepared))

    def ahead(self, drafts: Callable[[], Iterable[tuple[Press, Template, Label]]]) -> None:
        """Draw these drafts once there is time; they are asked for then, and may be none by then."""
        self._ahead.append(drafts)
        self._wakeup.set()

    async def run(self) -> None:
        """Prepare in idle time, until cancelled; then nothing is composed any more."""
        try:
            while True:
                while self._ahead and not self._urgent:
                    for press, template, draft in self._ahead.popleft()():
                        await self._prepare(press, template, draft)
                await self._wakeup.wait(None)
        finally:
            self.close()

    async def _prepare(self, press: Press, template: Template, draft: Label) -> None:
        key = _key(press, template, draft)
        if key in self._prepared:
            return
        try:
            prepared = await self._in_worker(lambda: press.prepare(template, draft))
        except Unprintable:
            return  # said when the order is paid, by the job that fails of it
        if prepared is not None:
            self._prepared[key] = prepared
            self._prepared_bytes += prepared.size_bytes
            while self._prepared_bytes > MOST_PREPARED_BYTES:
                self._prepared_bytes -= self._prepared.popitem(last=False)[1].size_bytes

    def _take(self, key: _Key) -> Prepared | None:
        prepared = self._prepared.pop(key, None)
        if prepared is not None:
            self._prepared_bytes -= prepared.size_bytes
        return prepared

    async def _now(self, work: Callable[[], R]) -> R:
        self._urgent += 1
        try:
            return await self._in_worker(work)
        finally:
            self._urgent -= 1
            self._wakeup.set()

    async def _in_worker(self, work: Callable[[], R]) -> R:
        return await asyncio.get_running_loop().run_in_executor(self._worker, work)

    def close(self) -> None:
        """Let the thread end."""
        self._worker.shutdown(wait=False, cancel_futures=True)


def _key(press: Press, template: Template, label: Label) -> _Key:
    return template.name, press.media, label.draft
