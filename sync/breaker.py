"""The circuit breaker of one channel: a value, and what an answer or a failure makes of it. No clock, no dice, no I/O.

closed ──the fifth failure in a row──▶ open ──an answer──▶ half-open ──the third answer in a row──▶ closed
                                         ▲                     │
                                         └────── a failure ────┘

While it is open the channel is asked now and then (`probe_at_s`) whether it is there again; while it is half-open, what
there is to send goes over it, and the first failure ends that.
"""

from __future__ import annotations

from typing import Literal

import msgspec

State = Literal["closed", "open", "half-open"]

OPENS_AT = 5  # failures in a row
CLOSES_AT = 3  # answers in a row, the one that made it half-open included
PROBE_FIRST_S = 3.0
PROBE_LAST_S = 8.0


class Breaker(msgspec.Struct, frozen=True):
    """`failures` in a row while closed, `answers` in a row while half-open; `probe_at_s` by the caller's clock."""

    state: State = "closed"
    failures: int = 0
    answers: int = 0
    probe_at_s: float = 0.0

    @property
    def lets_through(self) -> bool:
        """Does traffic go this way?"""
        return self.state != "open"

    def failed(self, now_s: float, dice: float) -> Breaker:
        """A call has failed; `dice`, even in 0 … 1, spreads the probes of many sites.

        A failure while it is open is a probe's (or that of a site without another channel): the next one is later.
        """
        if self.state == "closed" and self.failures + 1 < OPENS_AT:
            return Breaker("closed", failures=self.failures + 1)
        wait_s = PROBE_FIRST_S + dice * (PROBE_LAST_S - PROBE_FIRST_S)
        return Breaker("open", probe_at_s=now_s + wait_s)

    def answered(self) -> Breaker:
        """A call was answered."""
        if self.state == "closed":
            return Breaker()
        if self.answers + 1 < CLOSES_AT:
            return Breaker("half-open", answers=self.answers + 1)
        return Breaker()
