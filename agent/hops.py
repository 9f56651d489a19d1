"""Where the time between a payment and the first byte of its label goes."""

from __future__ import annotations

import time
from dataclasses import dataclass


@dataclass(slots=True)
class Hops:
    """Of one label; wall-clock milliseconds since the epoch, as the journal counts. Each is set as it is reached."""

    order_no: str
    queued_at: float  # the commit that took the payment and queued the job
    woken_at: float  # its printer's task has seen the job
    composed_at: float = 0.0
    connected_at: float = 0.0  # the printer has said that it can take a job
    started_at: float = 0.0  # the intent is on disk
    first_byte_at: float = 0.0

    @property
    def paid_to_first_byte_ms(self) -> float:
        """All hops together."""
        return self.first_byte_at - self.queued_at


def clock_ms() -> float:
    """The wall clock, finer than the journal's whole milliseconds."""
    return time.time() * 1000
