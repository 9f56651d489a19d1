"""One direction of the link: says how it goes, and waits out what went wrong."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from random import Random

from sync.backoff import Backoff
from sync.errors import Busy, HubError, Unauthorized
from sync.protocols import LinkState

log = logging.getLogger(__name__)


def utc_now() -> datetime:
    """The wall clock."""
    return datetime.now(UTC)


class Link:
    """Failures in a row and the state shown to people; the state is reported when it changes."""

    def __init__(
        self,
        name: str,
        on_state: Callable[[LinkState], None],
        *,
        backoff: Backoff | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        rng: Random | None = None,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._name = name
        self._on_state = on_state
        self._backoff = backoff or Backoff()
        self._sleep = sleep
        self._rng = rng or Random()
        self._now = now
        self._failures = 0
        self._state: LinkState | None = None

    def good(self) -> None:
        """Something worked: the next failure is the first again."""
        self._failures = 0

    @property
    def is_good(self) -> bool:
        """Nothing has failed since something last worked."""
        return self._failures == 0

    def show(self, *, up: bool, doing: str, reason: str = "") -> None:
        """Report the state if it is another one."""
        old = self._state
        if old is None or (old.up, old.doing, old.reason) != (up, doing, reason):
            self._state = LinkState(up, doing, reason, self._now())
            self._on_state(self._state)

    async def wait_out(self, error: HubError) -> None:
        """Wait as long as this failure asks for: jittered back-off, Retry-After its floor.

        A hub that does not let the site in needs a person, so that is shown as stopped and retried slowly.
        """
        self._failures += 1
        stopped = isinstance(error, Unauthorized)
        self.show(up=False, doing="stopped" if stopped else "retrying", reason=str(error))
        floor_s = self._backoff.cap_s if stopped else 0.0
        if isinstance(error, Busy):
            floor_s = error.retry_after_s
        delay_s = self._backoff.delay_s(self._failures, self._rng, floor_s)
        log.warning("%s: %s; again in %.1f s", self._name, error, delay_s)
        await self._sleep(delay_s)
