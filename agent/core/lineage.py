"""The lineage of an order: for each field the chain of its values, with who said so, when, and by which rule.

It is read from the journal and stored nowhere else. What a row does to a field is found out by folding the order's
own rows again, so it is what happened to the order, by construction; what a source said and was not heeded stands in
the same chain, marked as overruled.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple, TypeVar

import msgspec

from agent.core import events as ev
from agent.core.apply import apply
from agent.core.fields import is_personal, order_fields
from agent.core.floor import Entry, MemoryFloor
from agent.core.model import ERASED, ERASED_WORD, Entity, Order, OrderState, Waybill, WaybillPool
from agent.core.times import to_text

E = TypeVar("E", bound=Entity)


class Told(NamedTuple):
    """A row of the journal as far as it matters here."""

    entry: Entry
    type: str
    by: str
    cause: str | None
    changed_at: int | None


class Link(msgspec.Struct, frozen=True, omit_defaults=True):
    """A value of a field.

    `source`: the system, device or person that it came from; `event` and `event_id`: what it came with; `changed_at`:
    when it changed there, `at` when it was received and committed here; `decided_by`: the rule of ours or the actor
    that made it so; `previous`: what it replaced; `overruled`: the rule by which it was not taken, so that what was
    there stayed.
    """

    value: Any
    source: str
    event: str
    at: str
    row: int
    decided_by: str
    event_id: str | None = None
    changed_at: str | None = None
    previous: Any = None
    overruled: str | None = None


#: What decides where nobody does in person: the rules of ours behind events.
_RULES: dict[type[ev.Event], str] = {
    ev.LabelQueued: "label: the oldest leased number of the carrier, the printer with the shortest queue",
    ev.WaybillVoided: "label: what was printed is not true any more",
    ev.TaskPlanned: "plan: the planner's list, checked against orders and stock",
    ev.StopAdded: "list: more units go onto the list that has the order",
    ev.StopResized: "list: fewer units are wanted",
    ev.OrderPicked: "pick: the order's last stop is closed",
    ev.LineShort: "pick: these units are nowhere",
    ev.FactsUsed: "early: what came before its order",
}
_PEOPLE = "person:"


def lineage(order_no: str, history: Iterable[Told]) -> dict[str, list[Link]]:
    """Each field's chain, in the order of the journal; `history` is every row of the order and of its lists."""
    return _Chains(order_no).read(history)


class _Chains:
    """The order as it becomes, row by row."""

    def __init__(self, order_no: str) -> None:
        self._order_no = order_no
        self._floor = _Alone(order_no)
        self._fields: dict[str, Any] = {}
        self._chains: dict[str, list[Link]] = {}
        self._early: dict[str, list[Told]] = {}  # facts that were kept, by their type
        self._used: Told | None = None  # where they were used

    def read(self, history: Iterable[Told]) -> dict[str, list[Link]]:
        for told in history:
            self._take(told)
        return self._chains

    def _take(self, told: Told) -> None:
        event = told.entry.event
        if isinstance(event, ev.FactKept):
            self._early.setdefault(event.fact, []).append(told)
        said = self._said_by(told)
        before = self._floor.get(Order, self._order_no)
        self._floor.put(apply(self._floor, told.entry))
        if isinstance(event, ev.OrderOverruled):
            self._overruled(event, said)
        order = self._floor.get(Order, self._order_no)
        if order is not None and order is not before:
            self._changed(order, said)

    def _said_by(self, told: Told) -> Told:
        """Who is behind a row: a fact that came before its order has a row of its own."""
        if isinstance(told.entry.event, ev.FactsUsed):
            self._used = told
        kept = self._early.get(told.type)
        if kept and self._used is not None and _asked(told) == _asked(self._used):
            first = kept.pop(0)
            return told._replace(by=first.by, cause=first.cause, changed_at=first.changed_at)
        return told

    def _changed(self, order: Order, told: Told) -> None:
        now, link = order_fields(order), _links(told)
        for field in [*now, *(self._fields.keys() - now.keys())]:
            value, previous = now.get(field), self._fields.get(field)
            if value != previous or (field not in self._fields and value is not None):
                self._add(field, link(value, previous, None))
        self._fields = now

    def _overruled(self, event: ev.OrderOverruled, told: Told) -> None:
        link = _links(told)
        for field, rule in event.rules.items():
            gone = ERASED_WORD if is_personal(field) else None
            value = event.values.get(field, event.personal.get(field, gone))
            self._add(field, link(value, self._fields.get(field), rule))

    def _add(self, field: str, link: Link) -> None:
        self._chains.setdefault(field, []).append(link)


def _asked(told: Told) -> tuple[str, str | None, int]:
    """What the rows of one command have in common."""
    return told.by, told.cause, told.entry.at


def _links(told: Told) -> Callable[[Any, Any, str | None], Link]:
    """What makes the links of a row: value, previous value, the rule that overruled it."""
    event, at = told.entry.event, to_text(told.entry.at)
    time = told.changed_at if told.changed_at is not None else getattr(event, "scanned_at", None)
    changed_at = None if time is None else to_text(time)
    rule = None if told.by.startswith(_PEOPLE) else _RULES.get(type(event))

    def link(value: Any, previous: Any, overruled: str | None) -> Link:
        decided_by = overruled or rule or told.by
        return Link(
            value, told.by, told.type, at, told.entry.row, decided_by, told.cause, changed_at, previous, overruled
        )  # fmt: skip

    return link


# --- a floor with one order on it ---------------------------------------------------------------------------


def _nobodys_order(order_no: str) -> Order:
    return Order(
        order_no=order_no, revision=1, state=OrderState.RECEIVED, owner="", carrier="", service="", priority=0,
        placed_at=0, cutoff_at=None, ship_complete=True, consignee=ERASED, lines=(),
    )  # fmt: skip


#: What the events of one order touch beside it, and others have made.
_STRANGERS: Mapping[type[Entity], Callable[..., Entity]] = {
    Order: _nobodys_order,
    Waybill: lambda waybill: Waybill(waybill, "", "", 0),
    WaybillPool: lambda carrier, expires_at: WaybillPool(carrier, expires_at, 0, 1),
}


class _Alone(MemoryFloor):
    """Whatever the order's rows do not tell of is there all the same, as a stranger."""

    def __init__(self, order_no: str) -> None:
        super().__init__()
        self._order_no = order_no

    def get(self, kind: type[E], *key: Any) -> E | None:
        found = super().get(kind, *key)
        if found is None and kind in _STRANGERS and key != (self._order_no,):
            stranger = _STRANGERS[kind](*key)
            return stranger if isinstance(stranger, kind) else None
        return found
