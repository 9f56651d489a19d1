"""Which of our open orders a snapshot of the hub does not name, page by page, in the memory of one page.

A snapshot's rows come by order number, so each page answers for all numbers up to its last. Where the rows turn out to
be in another order than ours, or one cannot be read, nobody can say what is missing, and nothing is said.
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Iterable, Sequence

from agent.core.model import ENDED, OrderState

log = logging.getLogger(__name__)

#: So many are named one by one; where more are missing, it is the hub that has lost something.
NAMED = 20

_OPEN = ", ".join(f"'{state}'" for state in OrderState if state not in ENDED)
_BETWEEN = f"SELECT order_no FROM orders WHERE state IN ({_OPEN}) AND order_no > ? AND order_no <= ?"
_BEYOND = f"SELECT order_no FROM orders WHERE state IN ({_OPEN}) AND order_no > ?"


class SnapshotRoll:
    """The calling of the roll: `missing` counts, `named` are the first of them."""

    def __init__(self, reader: sqlite3.Connection) -> None:
        self._reader = reader
        self.begin()

    def begin(self) -> None:
        """A snapshot begins."""
        self.missing = 0
        self.named: list[str] = []
        self._after = ""
        self._certain = True

    def page(self, order_nos: Sequence[str | None]) -> None:
        """These are the next ones that the hub has (None: a row that cannot be read). Call it before they are taken."""
        named = [order_no for order_no in order_nos if order_no is not None]
        if len(named) < len(order_nos) or named != sorted(named) or (named and named[0] <= self._after):
            log.warning(
                "snapshot: its orders cannot be told by their numbers, so nobody can say which are missing"
            )
            self._certain = False
        if not named or not self._certain:
            return
        found = self._reader.execute(_BETWEEN, (self._after, named[-1]))
        self._miss(set(named), (row[0] for row in found))
        self._after = named[-1]

    def end(self) -> None:
        """That was the last page."""
        if self._certain:
            self._miss(set(), (row[0] for row in self._reader.execute(_BEYOND, (self._after,))))

    def _miss(self, there: set[str], ours: Iterable[str]) -> None:
        missing = sorted(order_no for order_no in ours if order_no not in there)
        self.missing += len(missing)
        self.named += missing[: NAMED - len(self.named)]
