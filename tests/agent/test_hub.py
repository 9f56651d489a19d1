"""The hub link over the store: the cursor moves with what it stands for, the outbox ships every event once."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import Sequence
from typing import Any

import msgspec
import pytest

from agent.core import commands as c
from agent.core.authority import Authority
from agent.core.model import FloorException, Order, Parked, Stock
from agent.core.times import from_text
from agent.hub_inbox import UNKNOWN_TYPE, HubInbox, command_of, commands_of_row
from agent.hub_outbox import HubOutbox
from agent.store.journal import Row as JournalRow
from agent.store.journal import rows
from agent.store.store import Store
from agent.store.tables import table
from sync.cloudevents import CloudEvent, decode
from sync.protocols import BrokenEvent, FeedEvent, Mark, OutboxEvent, Result, Row
from tests.agent.floors import count, document, order, paid, sku, word


def feed(cursor: int, kind: str, data: dict[str, Any], *, name: str = "", source: str = "/erp") -> FeedEvent:
    """An event of the feed; its id is its cursor unless `name` says otherwise."""
    event = CloudEvent(name or f"e{cursor}", source, kind, "2026-06-18T00:00:00.000Z", data)
    return FeedEvent(str(cursor), event, raw_of(event))


def raw_of(event: CloudEvent) -> str:
    """As it came, half surrogates included."""
    members = {"specversion": "1.0", "id": event.id, "source": event.source, "type": event.type}
    return json.dumps(members | {"time": event.time, "data": event.data})


def rows_of(*data: dict[str, Any]) -> list[Row | BrokenEvent]:
    """Rows of a snapshot."""
    return [Row(each, json.dumps(each)) for each in data]


def created(cursor: int, order_no: str = "SO-1", **changes: Any) -> FeedEvent:
    return feed(cursor, "order.created", document(order_no, **changes))


def poison(cursor: int) -> FeedEvent:
    """An order that our code cannot store: half of a surrogate pair in a field that is only kept."""
    return created(cursor, "SO-66", note="\ud800")


def orders(store: Store) -> list[str]:
    """What is committed."""
    return [each.order_no for each in table(Order).find(store.reader(), "ORDER BY order_no")]


def exceptions(store: Store) -> list[str]:
    """The kinds of what waits for a person."""
    return [each.kind for each in table(FloorException).find(store.reader(), "WHERE closed_at IS NULL")]


def parked(store: Store) -> list[Parked]:
    """What is in the quarantine, the first one first."""
    return list(table(Parked).find(store.reader(), "WHERE state = 'parked' ORDER BY rowid"))


def reasons(store: Store) -> list[str]:
    """Of what is in the quarantine."""
    return [each.reason for each in parked(store)]


# --- inbox --------------------------------------------------------------------------------------------------


@pytest.fixture
async def inbox(store: Store) -> HubInbox:
    await store.ask(sku("A"))
    return HubInbox(store)


async def test_before_the_first_event_there_is_no_cursor(inbox: HubInbox) -> None:
    assert await inbox.cursor() is None


async def test_a_burst_is_one_commit_with_the_last_cursor(store: Store, inbox: HubInbox) -> None:
    await inbox.cursor()
    before = store.commits
    await inbox.accept([created(number, f"SO-{number}") for number in range(1, 6)])
    assert store.commits == before + 1
    assert (len(orders(store)), await inbox.cursor()) == (5, "5")


async def test_an_event_delivered_again_is_dropped_by_source_and_id(store: Store, inbox: HubInbox) -> None:
    held = {"order_no": "SO-1", "reason": "ask"}
    await inbox.accept([created(1), feed(2, "order.held", held, name="h1")])
    await inbox.accept([feed(3, "order.unheld", held)])
    await inbox.accept([feed(4, "order.held", held, name="h1")])
    assert next(table(Order).find(store.reader(), "")).held is None
    await inbox.accept([feed(5, "order.held", held, name="h1", source="/crm")])
    assert next(table(Order).find(store.reader(), "")).held == "ask", "ids are unique per source only"


async def test_an_unknown_type_is_parked_and_blocks_nobody(store: Store, inbox: HubInbox) -> None:
    await inbox.accept([feed(1, "weather.changed", {}), created(2)])
    assert (orders(store), reasons(store)) == (["SO-1"], [UNKNOWN_TYPE])
    assert exceptions(store) == ["parked-event"]


async def test_a_malformed_event_is_parked_as_it_came_and_blocks_nobody(
    store: Store, inbox: HubInbox
) -> None:
    broken = feed(1, "order.paid", {"order_no": "SO-1", "paid_at": 7})
    await inbox.accept([broken, created(2)])
    (found,) = parked(store)
    assert (found.direction, found.source, found.event, found.kind) == ("feed", "/erp", "e1", "order.paid")
    assert (found.order_no, found.body) == ("SO-1", broken.raw)
    assert found.reason.startswith("malformed:")
    assert (orders(store), await inbox.cursor()) == (["SO-1"], "2")


async def test_an_event_that_breaks_our_code_is_parked_alone(store: Store, inbox: HubInbox) -> None:
    await inbox.accept([created(1), poison(2), created(3, "SO-3")])
    assert (orders(store), await inbox.cursor()) == (["SO-1", "SO-3"], "3")
    (found,) = parked(store)
    assert (found.order_no, found.body) == ("SO-66", poison(2).raw)
    assert found.reason.startswith("broken: the agent failed on it (UnicodeEncodeError")


async def test_what_cannot_be_read_is_parked_in_its_place_and_the_cursor_goes_on(
    store: Store, inbox: HubInbox
) -> None:
    said = '{"type": "order.created", "subject": "SO-7", "data": {"order_no": "SO-7"}}'
    await inbox.accept([created(1), BrokenEvent("2", said, "no time"), created(3, "SO-3")])
    assert (orders(store), await inbox.cursor()) == (["SO-1", "SO-3"], "3")
    (found,) = parked(store)
    assert (found.kind, found.subject, found.order_no) == ("order.created", "SO-7", "SO-7")
    assert (found.body, found.reason) == (said, "unreadable: no time")


async def test_the_cursor_of_an_event_that_cannot_be_read_is_committed_with_it(
    store: Store, inbox: HubInbox
) -> None:
    await inbox.accept([created(1)])
    before = store.commits
    await inbox.accept([BrokenEvent("2", "\x00[", "no JSON")])
    assert (store.commits, await inbox.cursor(), len(parked(store))) == (before + 1, "2", 1)


async def test_what_has_no_cursor_moves_none(store: Store, inbox: HubInbox) -> None:
    await inbox.accept([created(1), BrokenEvent(None, "nobody's", "cursor ''")])
    await inbox.accept([BrokenEvent(None, "nobody's either", "cursor ''")])
    assert (orders(store), await inbox.cursor(), len(parked(store))) == (["SO-1"], "1", 2)


async def test_what_is_parked_is_parked_once_whichever_way_it_comes(store: Store, inbox: HubInbox) -> None:
    broken, unreadable = feed(2, "sku.changed", {}), BrokenEvent("3", "[", "no JSON")
    await inbox.accept_ahead([broken, unreadable])
    await inbox.accept([broken, unreadable._replace(cursor="4")])
    assert (await inbox.cursor(), len(parked(store)), len(exceptions(store))) == ("4", 2, 2)
    same_id_of_another = feed(5, "sku.changed", {}, name="e2", source="/crm")
    await inbox.accept([same_id_of_another])
    assert len(parked(store)) == 3


async def test_a_business_refusal_is_the_hubs_to_know_and_no_poison(store: Store, inbox: HubInbox) -> None:
    cancelled = feed(2, "order.cancelled", {"order_no": "SO-1", "reason": "fraud"})
    late = [created(3, revision=2), feed(4, "order.held", {"order_no": "SO-1", "reason": "ask"})]
    await inbox.accept([created(1), cancelled, *late])
    told = [msgspec.json.decode(row.data)["reason"] for row in journal(store, "order.refused")]
    assert told == ["too-late: the order is cancelled"] * 2
    assert (parked(store), exceptions(store)) == ([], [])


async def test_a_malformed_order_is_answered_to_the_hub_and_not_parked(store: Store, inbox: HubInbox) -> None:
    await inbox.accept([created(1, lines=[])])
    assert len(journal(store, "order.refused")) == 1
    assert (parked(store), exceptions(store)) == ([], ["order-refused"])


def journal(store: Store, kind: str) -> list[JournalRow]:
    return list(rows(store.reader(), "WHERE type = ? ORDER BY row", (kind,)))


async def test_a_full_disk_parks_nothing_and_moves_no_cursor(store: Store, inbox: HubInbox) -> None:
    await inbox.accept([created(1)])
    await pages(store, 1)
    with pytest.raises(sqlite3.OperationalError, match="full"):
        await inbox.accept([created(2, "SO-2", note="x" * 1_000_000)])
    await pages(store, 1_000_000)
    assert (await inbox.cursor(), exceptions(store)) == ("1", [])


async def pages(store: Store, most: int) -> None:
    """How large the database may grow, in pages."""
    await store.submit(lambda t: t.floor.connection.execute(f"PRAGMA max_page_count = {most}").fetchone())


@pytest.mark.parametrize(
    ("kind", "command"),
    [
        ("order.created", c.TakeOrder), ("order.changed", c.TakeOrder), ("order.paid", c.TakeFact),
        ("order.held", c.TakeFact), ("order.unheld", c.TakeFact), ("order.cancelled", c.TakeFact),
        ("sku.changed", c.SetSku), ("location.changed", c.SetLocation), ("stock.set", c.SetStock),
        ("carrier.changed", c.SetCarrier), ("rules.published", c.SetRules),
    ],
)  # fmt: skip
def test_every_feed_type_of_the_contract_asks_something(kind: str, command: type[c.Command]) -> None:
    asked = command_of(feed(1, kind, {"a": 1}, name="x1").event, 7)
    assert type(asked) is command
    assert (asked.by, asked.id) == ("hub:/erp", "x1")


async def test_a_count_without_a_sequence_includes_what_the_hub_has_accepted(
    store: Store, inbox: HubInbox
) -> None:
    await store.submit(lambda t: t.set_position("relay.acked", "41"))
    data = {"location": "A-01", "sku": "A", "qty": 3}
    await inbox.accept([feed(1, "stock.set", data)])
    (row,) = store.reader().execute("SELECT data FROM journal WHERE type = 'stock.set'").fetchone()
    assert msgspec.json.decode(row)["as_of_sequence"] == 41


async def test_a_snapshot_replaces_what_has_its_keys_and_ends_with_its_cursor(
    store: Store, inbox: HubInbox
) -> None:
    await inbox.accept([created(1)])
    await inbox.begin_snapshot()
    row = document("SO-2") | {
        "paid_at": "2026-06-18T00:00:01Z",
        "payment_ref": "p",
        "held": "ask",
        "cancelled": None,
    }
    await inbox.snapshot_rows("orders", rows_of(row))
    await inbox.snapshot_rows(
        "stock", rows_of({"location": "A-01", "sku": "A", "qty": 3}, {"location": "A-02"})
    )
    await inbox.end_snapshot("99")
    assert (orders(store), await inbox.cursor()) == (["SO-1", "SO-2"], "99")
    (second,) = table(Order).find(store.reader(), "WHERE order_no = 'SO-2'")
    assert (second.shown_state, second.payment_ref) == ("held", "p")
    assert [each.on_hand_qty for each in table(Stock).find(store.reader(), "")] == [3]
    (found,) = parked(store)
    assert (found.source, found.subject, found.body) == ("snapshot/stock", "A-02", '{"location": "A-02"}')


async def test_a_snapshot_told_twice_changes_nothing(store: Store, inbox: HubInbox) -> None:
    row = document() | {
        "paid_at": "2026-06-18T00:00:01Z",
        "payment_ref": "p",
        "held": None,
        "cancelled": True,
    }
    await inbox.snapshot_rows("orders", rows_of(row))
    before = list(table(Order).find(store.reader(), ""))
    await inbox.snapshot_rows("orders", rows_of(row))
    assert list(table(Order).find(store.reader(), "")) == before
    assert before[0].state == "cancelled"
    assert exceptions(store) == []


async def test_a_row_that_cannot_be_read_or_breaks_our_code_is_parked_among_the_others(
    store: Store, inbox: HubInbox
) -> None:
    good, poisoned = document("SO-1"), document("SO-66", note="\ud800")
    unreadable = BrokenEvent(None, "{", "it ends too soon")
    for _ in range(2):  # the next snapshot has them again
        await inbox.snapshot_rows(
            "orders", [*rows_of(good, poisoned), unreadable, *rows_of(document("SO-2"))]
        )
        assert orders(store) == ["SO-1", "SO-2"]
        assert [(each.subject, word(each.reason)) for each in parked(store)] == [
            ("SO-66", "broken"),
            (None, "unreadable"),
        ]


def test_rows_of_a_kind_that_we_do_not_know_ask_nothing() -> None:
    assert commands_of_row("weather", {}, 0) == []


# --- outbox -------------------------------------------------------------------------------------------------


@pytest.fixture
async def outbox(store: Store) -> HubOutbox:
    opened = HubOutbox(store, "WH1")
    await opened.open()
    return opened


async def some_events(store: Store, many: int = 4) -> None:
    """So many public events, with others between them that stay here."""
    for number in range(1, many + 1):
        await store.ask(sku(f"A{number}"))
        await store.ask(order(f"SO-{number}", lines=[{"line_no": 1, "sku": "A1", "qty": 1}]))


def numbers(events: Sequence[OutboxEvent]) -> list[int]:
    return [event.sequence for event in events]


def accepted(events: Sequence[OutboxEvent]) -> list[Result]:
    return [Result(event.id, "accepted") for event in events]


async def test_the_gap_is_shipped_in_sequence_order(store: Store, outbox: HubOutbox) -> None:
    await some_events(store)
    batch = await outbox.pending(outbox.acked, 500, 2**20)
    assert numbers(batch) == [1, 2, 3, 4]
    event = decode(batch[0].body)
    assert (event.source, event.type, event.subject) == ("/sites/WH1/agent", "order.accepted", "SO-1")
    assert (event.sequence, event.data) == (f"{1:020d}", {"order_no": "SO-1", "revision": 1})


async def test_the_same_event_has_the_same_bytes_for_ever(store: Store, outbox: HubOutbox) -> None:
    await some_events(store)
    again = HubOutbox(store, "WH1")
    await again.open()
    assert (
        await outbox.pending(outbox.acked, 500, 2**20)
        == await outbox.pending(outbox.acked, 500, 2**20)
        == await again.pending(again.acked, 500, 2**20)
    )


async def test_a_batch_keeps_within_its_limits_but_is_never_empty(store: Store, outbox: HubOutbox) -> None:
    await some_events(store)
    assert numbers(await outbox.pending(outbox.acked, 2, 2**20)) == [1, 2]
    assert numbers(await outbox.pending(outbox.acked, 500, 1)) == [1]


async def test_what_is_settled_is_not_shipped_again_restarts_included(
    store: Store, outbox: HubOutbox
) -> None:
    await some_events(store)
    batch = await outbox.pending(outbox.acked, 3, 2**20)
    await outbox.settle(accepted(batch[:2]))
    await outbox.settle(accepted(batch[2:]))
    again = HubOutbox(store, "WH1")
    await again.open()
    assert (
        numbers(await again.pending(again.acked, 500, 2**20))
        == numbers(await outbox.pending(outbox.acked, 500, 2**20))
        == [4]
    )


async def test_a_duplicate_counts_as_accepted(store: Store, outbox: HubOutbox) -> None:
    await some_events(store, 1)
    (event,) = await outbox.pending(outbox.acked, 500, 2**20)
    await outbox.settle([Result(event.id, "duplicate")])
    assert (await outbox.pending(outbox.acked, 500, 2**20), exceptions(store)) == ([], [])


async def test_a_rejected_event_is_parked_with_an_exception_and_the_next_go_on(
    store: Store, outbox: HubOutbox
) -> None:
    await some_events(store, 2)
    first, second = await outbox.pending(outbox.acked, 500, 2**20)
    await outbox.settle(
        [Result(first.id, "rejected", {"detail": "no such order"}), Result(second.id, "accepted")]
    )
    (found,) = parked(store)
    assert (found.direction, found.event, found.order_no) == ("outbox", first.id, "SO-1")
    assert (found.reason, found.body) == ("rejected: no such order", first.body.decode())
    assert [decode(event.body).type for event in await outbox.pending(outbox.acked, 500, 2**20)] == [
        "exception.opened"
    ]


async def test_a_hub_that_rejects_everything_is_not_told_of_that_for_ever(
    store: Store, outbox: HubOutbox
) -> None:
    await some_events(store, 1)
    rounds = 0
    while batch := await outbox.pending(outbox.acked, 500, 2**20):
        await outbox.settle([Result(event.id, "rejected") for event in batch])
        rounds += 1
        assert rounds < 5
    assert [each.kind for each in parked(store)] == ["order.accepted", "exception.opened"]


async def test_a_rejected_event_is_parked_once_also_where_the_hub_wants_it_again(
    store: Store, outbox: HubOutbox
) -> None:
    await some_events(store, 1)
    for _ in range(2):
        (event, *_) = await outbox.pending(0, 1, 2**20)
        await outbox.settle([Result(event.id, "rejected", {"title": "no"})])
        await outbox.rewind(1)
    assert reasons(store) == ["rejected: no"]


async def test_a_hub_that_misses_events_gets_them_again(store: Store, outbox: HubOutbox) -> None:
    await some_events(store)
    await outbox.settle(accepted(await outbox.pending(outbox.acked, 500, 2**20)))
    await outbox.rewind(3)
    assert numbers(await outbox.pending(outbox.acked, 500, 2**20)) == [3, 4]
    again = HubOutbox(store, "WH1")
    await again.open()
    assert again.acked == 2


async def test_a_word_that_comes_late_or_before_its_turn_changes_nothing(
    store: Store, outbox: HubOutbox
) -> None:
    await some_events(store)
    first, second, third, _ = accepted(await outbox.pending(0, 500, 2**20))
    await outbox.settle([second])
    assert outbox.acked == 0
    await outbox.settle([Result("of-another-site", "accepted"), first, third])
    assert outbox.acked == 1
    await outbox.settle([first, second, third])
    await outbox.settle([first])
    assert outbox.acked == 3


async def test_events_that_are_on_their_way_may_be_passed_over(store: Store, outbox: HubOutbox) -> None:
    await some_events(store)
    assert numbers(await outbox.pending(2, 500, 2**20)) == [3, 4]


async def test_what_comes_ahead_of_the_cursor_leaves_it_and_is_a_repeat_later(
    store: Store, inbox: HubInbox
) -> None:
    await inbox.accept([created(1)])
    early = [created(2, "SO-2"), created(3, "SO-3")]
    await inbox.accept_ahead(early, Mark("files.in", "7"))
    assert (orders(store), await inbox.cursor(), await inbox.mark("files.in")) == (
        ["SO-1", "SO-2", "SO-3"],
        "1",
        "7",
    )
    head = store.reader().execute("SELECT max(row) FROM journal").fetchone()
    await inbox.accept(early)
    assert (await inbox.cursor(), store.reader().execute("SELECT max(row) FROM journal").fetchone()) == (
        "3",
        head,
    )


async def test_a_channel_may_move_its_mark_without_an_event(store: Store, inbox: HubInbox) -> None:
    await inbox.accept_ahead([], Mark("files.acks", "4"))
    assert (await inbox.mark("files.acks"), await inbox.cursor()) == ("4", None)


async def test_a_poison_event_ahead_of_the_cursor_blocks_nobody(store: Store, inbox: HubInbox) -> None:
    await inbox.accept_ahead([created(1), poison(2), created(3, "SO-3")], Mark("files.in", "1"))
    assert (orders(store), await inbox.mark("files.in")) == (["SO-1", "SO-3"], "1")
    assert (await inbox.cursor(), [each.order_no for each in parked(store)]) == (None, ["SO-66"])


async def test_a_mark_may_move_without_an_event(inbox: HubInbox) -> None:
    await inbox.accept_ahead([], Mark("files.acks", "3"))
    assert (await inbox.mark("files.acks"), await inbox.cursor()) == ("3", None)


async def test_who_waits_is_woken_by_the_commit_of_a_public_event(store: Store, outbox: HubOutbox) -> None:
    waiting = asyncio.create_task(outbox.wait(0))
    await store.ask(sku("A"))
    assert not waiting.done(), "nothing for the hub"
    await store.ask(paid())
    await store.ask(order())
    async with asyncio.timeout(5):
        await waiting


async def test_the_age_of_the_backlog_is_that_of_its_oldest_event(store: Store, outbox: HubOutbox) -> None:
    assert outbox.oldest_unsent_at() is None
    await some_events(store, 2)
    oldest = outbox.oldest_unsent_at()
    assert oldest is not None
    await outbox.settle(accepted(await outbox.pending(outbox.acked, 1, 2**20)))
    newer = outbox.oldest_unsent_at()
    assert newer is not None
    assert newer >= oldest


async def test_a_pick_of_a_count_and_its_sequence_agree(store: Store, outbox: HubOutbox) -> None:
    """What the hub writes back as `as_of_sequence` is the number that it got from the outbox."""
    await some_events(store, 1)
    (event,) = await outbox.pending(outbox.acked, 500, 2**20)
    head = await store.submit(lambda t: t.floor.head.sequence)
    assert head == event.sequence
    assert (await store.ask(count("A-01", "A", 5, as_of=head))).status == "applied"


# --- statuses -----------------------------------------------------------------------------------------------


async def all_states(outbox: HubOutbox, after: int = 0, most: int = 1000) -> dict[str, str]:
    """Order to state, over every page; each order once."""
    told: dict[str, str] = {}
    while (page := await outbox.states_after(after, most)).upto > after:
        assert len(page.orders) <= most
        assert not told.keys() & {order["order_no"] for order in page.orders}
        told |= {order["order_no"]: order["state"] for order in page.orders}
        after = page.upto
    assert after == page.as_of_sequence
    return told


async def test_every_order_of_the_backlog_is_told_once_as_it_is_now(store: Store, outbox: HubOutbox) -> None:
    await some_events(store, 700)
    for number in range(1, 700, 7):
        await store.ask(c.HoldOrder(order_no=f"SO-{number}", reason="ask"))
    told = await all_states(outbox)
    assert len(told) == 700
    assert {order_no for order_no, state in told.items() if state == "held"} == {
        f"SO-{n}" for n in range(1, 700, 7)
    }


async def test_what_the_hub_has_is_not_told_again(store: Store, outbox: HubOutbox) -> None:
    await some_events(store, 5)
    assert list(await all_states(outbox, 3)) == ["SO-4", "SO-5"]
    assert await all_states(outbox, 5) == {}


async def test_an_order_that_was_refused_as_it_came_has_no_state(store: Store, outbox: HubOutbox) -> None:
    await store.ask(order("SO-9", lines=[]))
    assert (await outbox.states_after(0, 1000)).orders == []
    assert (await outbox.states_after(0, 1000)).upto > 0


# --- who said it, and when ----------------------------------------------------------------------------------


async def test_when_it_changed_in_its_system_stands_in_the_journal(inbox: HubInbox, store: Store) -> None:
    await inbox.accept([created(1)])
    found = store.reader().execute("SELECT by, cause, changed_at FROM journal WHERE type = 'order.accepted'")
    assert found.fetchone() == ("hub:/erp", "e1", from_text("2026-06-18T00:00:00.000Z"))


def test_a_time_that_no_calendar_has_is_none() -> None:
    asked = command_of(CloudEvent("1", "/erp", "sku.changed", "0001-01-01T00:00:00.000Z", {"sku": "A"}), 0)
    assert asked is not None
    assert asked.changed_at is None


async def test_the_sites_table_decides_between_systems(store: Store) -> None:
    inbox = HubInbox(store, Authority({"priority": ("/crm", "/erp")}))
    changed = feed(2, "order.changed", document(revision=2, priority=5), source="/crm")
    await inbox.accept([created(1), changed, feed(3, "order.changed", document(revision=3, priority=1))])
    (order_now,) = table(Order).find(store.reader(), "")
    assert (order_now.priority, order_now.revision) == (5, 3)
