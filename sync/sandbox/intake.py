"""What the agent tells the hub: events in sequence, once each, and statuses that run ahead of a backlog."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Sequence
from typing import Annotated, Any, Literal, NamedTuple

import msgspec

from sync.cloudevents import CloudEvent, from_members
from sync.errors import BadEvent
from sync.sandbox.bodies import Name, read
from sync.sandbox.ledger import MAX_KEPT, Ledger, whole
from sync.sandbox.problems import Problem
from sync.times import epoch_ms, format_time, parse_time

MAX_EVENTS = 500
MAX_BYTES = 1_048_576
MAX_STATUSES = 1_000

_Sequence = Annotated[str, msgspec.Meta(pattern=r"^[0-9]{20}\Z")]
_State = Literal[
    "received", "ready", "released", "picking", "picked", "packed", "shipped", "held", "cancelled"
]
_INSERT = """INSERT INTO received (source, id, sequence, type, order_no, revision, waybill, copy, reason, time_ms,
    scanned_ms, received_ms, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"""
_STOCK = {
    "stop.picked": """UPDATE rows SET data = json_set(data, '$.qty', max(0, json_extract(data, '$.qty') - ?))
        WHERE kind = 'stock' AND key = ?""",
    # whatever was short: the agent counts the location as empty from then on
    "stop.short": """UPDATE rows SET data = json_set(data, '$.qty', 0 * ?) WHERE kind = 'stock' AND key = ?""",
}
_ALSO = {
    "parcel.shipped": ", shipped_ms = coalesce(shipped_ms, ?)",
    "order.cancelled": ", called_off_ms = coalesce(called_off_ms, ?)",
}

#: What comes again later, and means no other state then.
_ONLY = {"order.accepted": "AND state IS NULL", "label.queued": "AND state = 'received'"}

#: The state that an order is in after the agent's event.
_STATES = {
    "order.accepted": "received",
    "order.held": "held",
    "order.unheld": "ready",
    "label.queued": "ready",  # the first one: it was paid
    "picklist.assigned": "released",
    "stop.picked": "picking",
    "order.picked": "picked",
    "parcel.packed": "packed",
    "parcel.shipped": "shipped",
    "order.cancelled": "cancelled",
}


class _Envelope(msgspec.Struct, frozen=True):
    """Without these three there is nothing to answer for."""

    source: str
    id: str
    sequence: _Sequence


class _Lone(msgspec.Struct, frozen=True):
    """What an event that is refused on its own must still have to be passed over."""

    source: str
    sequence: _Sequence


class _Status(msgspec.Struct, frozen=True):
    order_no: Name
    state: _State
    at: str
    waybill: str | None = None
    carrier: str | None = None


class _Statuses(msgspec.Struct, frozen=True):
    as_of_sequence: _Sequence
    orders: list[_Status]


def receive(ledger: Ledger, body: bytes, now_ms: int) -> list[dict[str, Any]]:
    """Commit a batch and say of each event what became of it.

    Raises Problem; then nothing is committed but the count of gaps.
    """
    raws = _split(body)
    members = [read(raw, Any) for raw in raws]
    envelopes = _envelopes(ledger, members)
    try:
        with ledger.transaction() as connection:
            return [
                _take(connection, bytes(raw), event, envelope, now_ms)
                for raw, event, envelope in zip(raws, members, envelopes, strict=True)
            ]
    except Problem:
        _count(ledger.connection, envelopes[0].source, "gaps")
        raise


class Received(NamedTuple):
    """What became of events that came one by one; `missing`: the sequence before which one could not be taken."""

    results: list[dict[str, Any]]
    missing: int | None


def receive_each(ledger: Ledger, bodies: Sequence[bytes], now_ms: int) -> Received:
    """Commit them together. One that comes before its turn gets no answer, nor does one without an id."""
    results: list[dict[str, Any]] = []
    missing: int | None = None
    with ledger.transaction() as connection:
        for body in bodies:
            try:
                results += _take_alone(connection, body, now_ms)
            except _Early as early:
                missing = missing or early.expected
    return Received(results, missing)


def expected_sequence(ledger: Ledger, source: str) -> int:
    """The next event that this sender owes."""
    return _expected(ledger.connection, source)


class _Early(Exception):
    def __init__(self, expected: int) -> None:
        super().__init__(expected)
        self.expected = expected


def _take_alone(connection: sqlite3.Connection, body: bytes, now_ms: int) -> list[dict[str, Any]]:
    """The answer, if there can be one. Raises _Early."""
    members: Any = None
    try:
        members = msgspec.json.decode(body)
        envelope = msgspec.convert(members, _Envelope)
    except (msgspec.DecodeError, RecursionError, ValueError) as error:
        _pass_over(connection, members)
        known = members.get("id") if isinstance(members, dict) else None
        problem = Problem(422, "not-an-event", str(error)).document()
        return [{"id": known, "status": "rejected", "problem": problem}] if isinstance(known, str) else []
    try:
        return [_take(connection, body, members, envelope, now_ms)]
    except Problem:
        _count(connection, envelope.source, "gaps")
        raise _Early(_expected(connection, envelope.source)) from None


def _split(body: bytes) -> list[msgspec.Raw]:
    """The batch's events, still encoded."""
    if len(body) > MAX_BYTES:
        raise Problem(413, "too-large", f"{len(body)} bytes, at most {MAX_BYTES}")
    raws: list[msgspec.Raw] = read(body, list[msgspec.Raw], otherwise="not-a-batch")
    if len(raws) > MAX_EVENTS:
        raise Problem(413, "too-large", f"{len(raws)} events, at most {MAX_EVENTS}")
    return raws


def _envelopes(ledger: Ledger, members: list[Any]) -> list[_Envelope]:
    try:
        return [msgspec.convert(event, _Envelope) for event in members]
    except msgspec.ValidationError as error:
        if len(members) == 1:
            with ledger.transaction() as connection:
                _pass_over(connection, members[0])
        raise Problem(422, "not-an-event", str(error)) from None


def _pass_over(connection: sqlite3.Connection, members: Any) -> None:
    """An event refused on its own is settled at the agent: its number must not be missed afterwards."""
    with contextlib.suppress(msgspec.ValidationError):  # no number to be read: nothing to pass over
        lone = msgspec.convert(members, _Lone)
        number = int(lone.sequence)
        if number == _expected(connection, lone.source):
            _advance(connection, lone.source, number)


def _take(
    connection: sqlite3.Connection, raw: bytes, members: Any, envelope: _Envelope, now_ms: int
) -> dict[str, Any]:
    """One event in its turn: accepted, a duplicate, or rejected for good."""
    source, number = envelope.source, int(envelope.sequence)
    expected = _expected(connection, source)
    if number > expected:
        detail = f"event {number} came where {expected} was expected"
        raise Problem(409, "sequence-gap", detail, expected=f"{expected:020d}")
    known = "SELECT 1 FROM received WHERE source = ? AND id = ?"
    if connection.execute(known, (source, envelope.id)).fetchone():
        if number == expected:
            _advance(connection, source, number)
        _count(connection, source, "duplicates")
        return {"id": envelope.id, "status": "duplicate"}
    problem: Problem | None = None
    if number < expected:
        problem = Problem(422, "sequence-reused", f"another event had the number {number}")
    else:
        _advance(connection, source, number)
        try:
            event = from_members(members)
        except BadEvent as error:
            problem = Problem(422, "malformed", str(error))
        else:
            _keep(connection, event, raw, number, now_ms)
    if problem is None:
        return {"id": envelope.id, "status": "accepted"}
    _count(connection, source, "rejected")
    return {"id": envelope.id, "status": "rejected", "problem": problem.document()}


def _expected(connection: sqlite3.Connection, source: str) -> int:
    found = connection.execute("SELECT next_sequence FROM senders WHERE source = ?", (source,)).fetchone()
    return int(found[0]) if found else 1


def _advance(connection: sqlite3.Connection, source: str, number: int) -> None:
    connection.execute(
        """INSERT INTO senders (source, next_sequence) VALUES (?, ?) ON CONFLICT DO UPDATE
        SET next_sequence = excluded.next_sequence""",
        (source, number + 1),
    )


def _count(connection: sqlite3.Connection, source: str, what: str) -> None:
    connection.execute(
        f"INSERT INTO senders (source, {what}) VALUES (?, 1) ON CONFLICT DO UPDATE SET {what} = {what} + 1",
        (source,),
    )


def _keep(connection: sqlite3.Connection, event: CloudEvent, raw: bytes, number: int, now_ms: int) -> None:
    """The event into the ledger, and what it says of its order and of the stock."""
    fact = _fact(event.data)
    row = (
        event.source,
        event.id,
        number,
        event.type,
        *fact,
        epoch_ms(event.time),
        _scanned(event),
        now_ms,
        raw,
    )
    connection.execute(_INSERT, row)
    if fact.order_no is not None:
        _show(connection, event, fact.order_no, now_ms)
    if event.type in _STOCK:
        connection.execute(_STOCK[event.type], _stock_values(event.data))


def _show(connection: sqlite3.Connection, event: CloudEvent, order_no: str, now_ms: int) -> None:
    if event.type in _STATES:
        connection.execute(
            f"""UPDATE orders SET state = ?, state_ms = ?, state_at = ? {_ALSO.get(event.type, "")}
            WHERE order_no = ? {_ONLY.get(event.type, "")}""",
            (
                _STATES[event.type],
                now_ms,
                event.time,
                *([now_ms] if event.type in _ALSO else ()),
                order_no,
            ),
        )


class _Fact(NamedTuple):
    """The members of `data` that the judge asks for; null where they are absent or of another kind."""

    order_no: str | None
    revision: int | None
    waybill: str | None
    copy: int | None
    reason: str | None


def _fact(data: dict[str, Any]) -> _Fact:
    return _Fact(
        _text(data.get("order_no")),
        whole(data.get("revision")),
        _text(data.get("waybill")),
        whole(data.get("copy")),
        _text(data.get("reason")),
    )


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _scanned(event: CloudEvent) -> int | None:
    try:
        return epoch_ms(event.data["scanned_at"])
    except (KeyError, TypeError, ValueError):
        return None  # not every event is a scan


def _stock_values(data: dict[str, Any]) -> tuple[int, str]:
    return whole(data.get("qty")) or 0, f"{data.get('location')}/{data.get('sku')}"


def receive_statuses(ledger: Ledger, body: bytes, now_ms: int) -> int:
    """Show the states that are newer than those shown; how many were. Raises Problem."""
    got: _Statuses = read(body, _Statuses)
    if len(got.orders) > MAX_STATUSES:
        raise Problem(413, "too-large", f"{len(got.orders)} statuses, at most {MAX_STATUSES}")
    as_of = min(int(got.as_of_sequence), MAX_KEPT)
    rows = [(s.order_no, as_of, s.state, _time(s.at), s.waybill, s.carrier, now_ms) for s in got.orders]
    with ledger.transaction() as connection:
        before = connection.total_changes
        connection.executemany(
            """INSERT INTO statuses VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET
            as_of_sequence = excluded.as_of_sequence, state = excluded.state, at = excluded.at,
            waybill = excluded.waybill, carrier = excluded.carrier, shown_ms = excluded.shown_ms
            WHERE (excluded.as_of_sequence, excluded.at) > (as_of_sequence, at)""",
            rows,
        )
        return connection.total_changes - before


def _time(text: str) -> str:
    """As it is kept, so that texts compare as times do."""
    try:
        return format_time(parse_time(text))
    except ValueError as error:
        raise Problem(422, "malformed", f"at: {error}") from None
