"""Out of the quarantine: what a person releases is taken as the feed's events are, or stays with the new reason."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

import msgspec
import pytest

from agent.core import commands as c
from agent.core.authority import Authority
from agent.core.model import FloorException, Order, Parked, Sku, Stock
from agent.hub_inbox import UNKNOWN_TYPE, HubInbox
from agent.quarantine import release
from agent.store.journal import Row as JournalRow
from agent.store.journal import rows
from agent.store.store import Outcome, Store
from agent.store.tables import table
from agent.store.verify import verify
from sync.feed import read_event
from sync.protocols import Arrival, Row
from tests.agent.floors import count, document, sku, word

MEI = "person:mei"
CUP = {"sku": "B", "name": "cup"}


def event(kind: str, data: dict[str, Any], **members: Any) -> str:
    """An event of the ERP as the feed brings it."""
    said = {"specversion": "1.0", "id": "e1", "source": "/erp", "type": kind, "time": "2026-06-18T00:00:00Z"}
    return json.dumps(said | {"data": data} | members, ensure_ascii=False)


def arrived(cursor: int, raw: str) -> Arrival:
    return read_event(str(cursor), raw)


def parked_of(store: Store) -> Parked:
    """The one that is or was parked."""
    (parked,) = table(Parked).find(store.reader(), "")
    return parked


def journal(store: Store, kind: str) -> list[JournalRow]:
    return list(rows(store.reader(), "WHERE type = ? ORDER BY row", (kind,)))


@pytest.fixture
async def inbox(store: Store) -> HubInbox:
    await store.ask(sku("A"))
    return HubInbox(store)


async def let_go(store: Store, body: str | None = None, again: int = 1) -> Outcome:
    parked = parked_of(store).parked
    return await release(
        store,
        c.ReleaseParked(parked=parked, note="as the ERP says", body=body, by=MEI, id=f"api-{again}"),
        Authority(),
    )


def reasons(store: Store) -> list[str]:
    """Of the exceptions that wait for a person."""
    return [each.kind for each in table(FloorException).find(store.reader(), "WHERE closed_at IS NULL")]


async def test_a_corrected_event_is_taken_in_the_commit_that_releases_it(
    store: Store, inbox: HubInbox
) -> None:
    await inbox.accept([arrived(1, event("sku.changed", {"name": "cup"}))])
    before = store.commits
    assert (await let_go(store, event("sku.changed", CUP))).status == "applied"
    assert store.commits == before + 1
    assert [each.sku for each in table(Sku).find(store.reader(), "ORDER BY sku")] == ["A", "B"]
    assert (parked_of(store).state, parked_of(store).settled_by, reasons(store)) == ("released", MEI, [])


async def test_the_journal_has_what_came_what_it_was_changed_to_by_whom_and_why(
    store: Store, inbox: HubInbox
) -> None:
    original = event("sku.changed", {"name": "cup"})
    await inbox.accept([arrived(1, original)])
    wrong, right = event("sku.changed", {"sku": 5}), event("sku.changed", CUP)
    assert (await let_go(store, wrong)).status == "refused"
    await let_go(store, right, again=2)
    first, second = journal(store, "event.parked")
    (released,) = journal(store, "event.released")
    told: list[Any] = [each.entry.event for each in (first, second, released)]
    assert [each.body for each in told] == [original, wrong, right]
    assert [each.by for each in (first, second, released)] == ["agent", MEI, MEI]
    assert (told[1].note, told[2].note) == ("as the ERP says", "as the ERP says")
    (taken,) = [row for row in journal(store, "sku.set") if row.order_no is None and row.cause is not None]
    assert (taken.by, taken.cause) == ("hub:/erp", f"release/{parked_of(store).parked}/api-2/1")


async def test_an_event_as_it_stands_is_refused_as_before_and_stays(store: Store, inbox: HubInbox) -> None:
    await inbox.accept([arrived(1, event("sku.changed", {}))])
    outcome = await let_go(store)
    assert (outcome.status, word(outcome.reason or "")) == ("refused", "malformed")
    assert (parked_of(store).state, reasons(store)) == ("parked", ["parked-event"])


async def test_what_has_become_takeable_is_taken_as_it_stands(
    store: Store, inbox: HubInbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As after an update that knows the type, or mends the code that failed."""
    monkeypatch.setattr("agent.hub_inbox.command_of", lambda *_: None)
    await inbox.accept([arrived(1, event("sku.changed", CUP))])
    assert parked_of(store).reason == UNKNOWN_TYPE
    monkeypatch.undo()
    assert (await let_go(store)).status == "applied"
    assert next(table(Sku).find(store.reader(), "WHERE sku = 'B'"), None) is not None


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("[", "unreadable"),
        ("[]", "unreadable"),
        (event("sku.changed", CUP, time="noon"), "unreadable"),
        (event("weather.changed", {}), "unknown-type"),
        (event("order.paid", {"order_no": "SO-1"}), "malformed"),
        (event("order.created", document("SO-1", lines=[])), "malformed"),
    ],
)
async def test_a_body_that_cannot_be_taken_either_is_told_why_and_kept_for_the_next_try(
    store: Store, inbox: HubInbox, body: str, why: str
) -> None:
    await inbox.accept([arrived(1, event("sku.changed", {}))])
    outcome = await let_go(store, body)
    assert (outcome.status, word(outcome.reason or "")) == ("refused", why)
    assert (parked_of(store).body, parked_of(store).reason) == (body, outcome.reason)
    assert journal(store, "order.refused") == [], "the hub hears of no try"
    assert reasons(store) == ["parked-event"]


async def test_a_body_that_breaks_our_code_changes_nothing_but_the_reason(
    store: Store, inbox: HubInbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    await inbox.accept([arrived(1, event("sku.changed", {}))])

    def break_down(*_: Any) -> None:
        raise TypeError("no such thing")

    monkeypatch.setattr("agent.core.rules.master._read", break_down)
    outcome = await let_go(store, event("sku.changed", CUP))
    assert outcome.reason == "broken: the agent failed on it (TypeError: no such thing)"
    assert (parked_of(store).state, parked_of(store).reason) == ("parked", outcome.reason)
    assert len(journal(store, "event.released")) == 0


async def test_a_full_disk_is_no_reason_against_the_event(store: Store, inbox: HubInbox) -> None:
    await inbox.accept([arrived(1, event("sku.changed", {}))])
    await pages(store, 1)
    with pytest.raises(sqlite3.OperationalError, match="full"):
        await let_go(store, event("sku.changed", {"sku": "B", "name": "x" * 900_000}))
    await pages(store, 1_000_000)
    assert word(parked_of(store).reason) == "malformed"
    assert (await let_go(store, event("sku.changed", CUP))).status == "applied"


async def pages(store: Store, most: int) -> None:
    """How large the database may grow, in pages."""
    await store.submit(lambda t: t.floor.connection.execute(f"PRAGMA max_page_count = {most}").fetchone())


async def test_a_revision_that_comes_too_late_is_taken_and_the_releaser_told_what_the_hub_is_told(
    store: Store, inbox: HubInbox
) -> None:
    cancelled = event("order.cancelled", {"order_no": "SO-1", "reason": "fraud"}, id="e3")
    await inbox.accept([arrived(1, event("order.created", document("SO-1"))), arrived(2, cancelled)])
    await inbox.accept(
        [arrived(3, event("order.changed", document(revision=2) | {"order_no": None}, id="e4"))]
    )
    outcome = await let_go(store, event("order.changed", document(revision=2), id="e4"))
    assert (outcome.status, outcome.reason) == (
        "applied",
        "the hub is told: too-late: the order is cancelled",
    )
    assert (len(journal(store, "order.refused")), parked_of(store).state) == (1, "released")


async def test_the_same_request_again_gets_the_same_answer_and_does_nothing(
    store: Store, inbox: HubInbox
) -> None:
    await inbox.accept([arrived(1, event("sku.changed", {}))])
    first = await let_go(store)
    rows_before = store.reader().execute("SELECT max(row) FROM journal").fetchone()
    assert (await let_go(store)).reason == first.reason
    assert store.reader().execute("SELECT max(row) FROM journal").fetchone() == rows_before
    body = event("sku.changed", CUP)
    assert [(await let_go(store, body, again=2)).status for _ in range(2)] == ["applied", "repeat"]


async def test_an_event_that_comes_again_after_its_release_stays_released(
    store: Store, inbox: HubInbox
) -> None:
    broken = arrived(1, event("sku.changed", {}))
    await inbox.accept([broken])
    await let_go(store, event("sku.changed", CUP))
    await inbox.accept([broken])
    assert (parked_of(store).state, reasons(store)) == ("released", [])


async def test_a_count_released_late_includes_what_the_hub_knew_when_it_came(
    store: Store, inbox: HubInbox
) -> None:
    await store.submit(lambda t: t.set_position("relay.acked", "3"))
    await inbox.accept([arrived(1, event("stock.set", {"location": "A-01", "qty": 5}))])
    await store.submit(lambda t: t.set_position("relay.acked", "9"))
    await let_go(store, event("stock.set", {"location": "A-01", "sku": "A", "qty": 5}))
    assert msgspec.json.decode(journal(store, "stock.set")[0].data)["as_of_sequence"] == 3


async def test_a_row_of_a_snapshot_is_released_as_a_row(store: Store, inbox: HubInbox) -> None:
    await inbox.snapshot_rows("stock", [Row({"location": "A-01"}, '{"location": "A-01"}')])
    assert word((await let_go(store, "no row")).reason or "") == "unreadable"
    assert (await let_go(store, '{"location": "A-01", "sku": "A", "qty": 4}', again=2)).status == "applied"
    assert [each.on_hand_qty for each in table(Stock).find(store.reader(), "")] == [4]


async def test_a_row_of_which_the_door_takes_only_half_is_not_taken(store: Store, inbox: HubInbox) -> None:
    half = document("SO-1") | {"paid_at": "at noon", "payment_ref": "p"}
    await inbox.snapshot_rows("orders", [Row({}, "{}")])
    assert (await let_go(store, json.dumps(half))).status == "refused"
    assert list(table(Order).find(store.reader(), "")) == []
    whole = json.dumps(half | {"paid_at": "2026-06-18T00:00:05Z"})
    assert (await let_go(store, whole, again=2)).status == "applied"
    assert [each.payment_ref for each in table(Order).find(store.reader(), "")] == ["p"]


async def test_after_all_of_it_the_journal_still_proves_the_state(
    store: Store, inbox: HubInbox, data_dir: Path
) -> None:
    for number in range(4):
        await inbox.accept([arrived(number, event("sku.changed", {"n": number}, id=f"e{number}"))])
    first, second, third, _ = [each.parked for each in table(Parked).find(store.reader(), "ORDER BY rowid")]
    fixed = event("sku.changed", CUP)
    await release(store, c.ReleaseParked(parked=first, note="n", body=fixed, by=MEI, id="1"), Authority())
    await release(store, c.ReleaseParked(parked=second, note="n", body="{", by=MEI, id="2"), Authority())
    await store.ask(c.DropParked(parked=third, note="n", by=MEI, id="3"))
    await store.ask(count("A-01", "A", 1))
    assert [each.state for each in table(Parked).find(store.reader(), "ORDER BY rowid")] == [
        "released",
        "parked",
        "dropped",
        "parked",
    ]
    assert verify(data_dir).ok


async def test_personal_data_in_a_body_stand_in_no_row_and_are_erased_with_their_order(
    store: Store, inbox: HubInbox, data_dir: Path
) -> None:
    cancelled = event("order.cancelled", {"order_no": "SO-1", "reason": "fraud"}, id="e2")
    await inbox.accept([arrived(1, event("order.created", document("SO-1"))), arrived(2, cancelled)])
    paid = event("order.paid", {"order_no": "SO-1", "phone": "13912345678"}, id="e3")
    await inbox.accept([arrived(3, paid)])
    await let_go(store, paid.replace("13912345678", "13987654321"))
    everything = "".join(row[0] for row in store.reader().execute("SELECT data FROM journal"))
    assert "139" not in everything
    erase = c.ErasePersonal(order_no="SO-1", reason="asked for", by=MEI)
    assert word((await store.ask(erase)).reason or "") == "parked"
    assert verify(data_dir).ok
    await store.ask(c.DropParked(parked=parked_of(store).parked, note="n", by=MEI))
    assert (await store.ask(erase)).status == "applied"
    kept = "".join(row[0] for row in store.reader().execute("SELECT data FROM personal"))
    assert "139" not in kept
    assert verify(data_dir).ok
