"""Exceptions that cannot wait until somebody looks at a screen, as operators are told of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from typing import NamedTuple

from agent.bulletins import Bulletin
from agent.core import events as ev
from agent.core.floor import Entry
from agent.core.model import FloorException
from agent.notify import Operators
from agent.store.store import Store
from agent.store.tables import table


class _Alarm(NamedTuple):
    """`each`: one matter for each exception; otherwise all of a kind are one, which is over with the last of them.

    `ours`: the exception's text is the agent's own. Any other may quote the hub, a person or an address, and does not
    leave the house.
    """

    words: str
    each: bool = False
    ours: bool = False


ALARMS: Mapping[str, _Alarm] = {
    "waybills-exhausted": _Alarm("orders wait for waybill numbers: there are none left"),
    "waybills-low": _Alarm("waybill numbers run low", each=True, ours=True),
    "waybills-expiring": _Alarm("waybill numbers expire", each=True, ours=True),
    "lease-refused": _Alarm("the hub has no waybill numbers", each=True),
    "carrier-inactive": _Alarm("a carrier was switched off that has labels on orders", each=True),
    "parked-event": _Alarm("events are parked: somebody must look at them"),
    "payment": _Alarm("orders were paid twice"),
    "archive": _Alarm("the journal cannot be archived: the disk will fill"),
}


class Alarms:
    """Follows the store's commits. What was open before the agent started has been told then."""

    def __init__(self, store: Store, operators: Operators) -> None:
        self._operators = operators
        self._open: dict[str, set[str]] = {}
        with closing(store.reader()) as reader:
            for known in table(FloorException).find(reader, "WHERE closed_at IS NULL"):
                if known.kind in ALARMS:
                    key = _matter(known.kind, known.exception)
                    self._open.setdefault(key, set()).add(known.exception)
                    operators.told_before(_begun(key, known.kind, known.exception, known.text))
        store.follow(self._committed)

    def _committed(self, entries: Sequence[Entry]) -> None:
        for entry in entries:
            match entry.event:
                case ev.ExceptionOpened(exception=exception, kind=kind, text=text) if kind in ALARMS:
                    key = _matter(kind, exception)
                    self._open.setdefault(key, set()).add(exception)
                    self._operators.tell(_begun(key, kind, exception, text))
                case ev.ExceptionClosed(exception=exception, kind=kind) if kind in ALARMS:
                    self._close(_matter(kind, exception), kind, exception)

    def _close(self, key: str, kind: str, exception: str) -> None:
        still = self._open.get(key, set())
        still.discard(exception)
        if not still:
            self._open.pop(key, None)
            self._operators.tell(Bulletin(key, False, f"over: {ALARMS[kind].words}", exception))


def _matter(kind: str, exception: str) -> str:
    return exception if ALARMS[kind].each else kind


def _begun(key: str, kind: str, exception: str, text: str) -> Bulletin:
    alarm = ALARMS[kind]
    return Bulletin(key, True, alarm.words, text if alarm.ours else f"{exception} is the first")
