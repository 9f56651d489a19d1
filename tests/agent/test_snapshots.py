"""A snapshot of the hub beside what is here: nothing that the two do not agree on is settled in silence."""

from __future__ import annotations

from typing import Any

import pytest

from agent.core import commands as c
from agent.core.model import FloorException, Order
from agent.hub_inbox import HubInbox
from agent.snapshot_roll import NAMED
from agent.store.store import Store
from agent.store.tables import table
from sync.protocols import BrokenEvent
from tests.agent.floors import document, order, paid, sku
from tests.agent.test_hub import created, feed, rows_of


@pytest.fixture
async def inbox(store: Store) -> HubInbox:
    await store.ask(sku("A"))
    return HubInbox(store)


def exceptions(store: Store) -> list[str]:
    """What waits for a person."""
    return [each.exception for each in table(FloorException).find(store.reader(), "WHERE closed_at IS NULL")]


def row_of(order_no: str, **changes: Any) -> dict[str, Any]:
    """An order as a snapshot has it."""
    return (
        document(order_no) | {"paid_at": None, "payment_ref": None, "held": None, "cancelled": None} | changes
    )


async def test_orders_that_the_hub_does_not_name_any_more_are_found_whatever_the_pages(
    store: Store, inbox: HubInbox
) -> None:
    await inbox.accept([created(number, f"SO-{number}") for number in range(10, 20)])
    await inbox.begin_snapshot()
    for page in (["SO-11", "SO-12"], ["SO-14"], ["SO-17", "SO-18", "SO-20"]):
        await inbox.snapshot_rows("orders", rows_of(*map(row_of, page)))
    await inbox.end_snapshot("99")
    missing = {name for name in exceptions(store) if name.startswith("missing-at-hub:")}
    assert missing == {f"missing-at-hub:SO-{number}" for number in (10, 13, 15, 16, 19)}
    await inbox.accept([created(100, "SO-13")])
    assert "missing-at-hub:SO-13" not in exceptions(store), "the hub names it again"


async def test_a_hub_that_has_lost_its_orders_does_not_bury_people_in_exceptions(
    store: Store, inbox: HubInbox
) -> None:
    await inbox.accept([created(number, f"SO-{number}") for number in range(100, 150)])
    await inbox.begin_snapshot()
    await inbox.end_snapshot("199")
    missing = [name for name in exceptions(store) if name.startswith("missing-at-hub:")]
    assert (len(missing), "missing-at-hub:snapshot" in missing) == (NAMED + 1, True)


async def test_of_rows_in_another_order_nothing_is_said_to_be_missing(store: Store, inbox: HubInbox) -> None:
    await inbox.accept([created(number, f"SO-{number}") for number in range(10, 15)])
    await inbox.begin_snapshot()
    await inbox.snapshot_rows("orders", rows_of(row_of("SO-14"), row_of("SO-10")))
    await inbox.end_snapshot("99")
    assert exceptions(store) == []


async def test_where_a_row_cannot_be_read_nothing_is_said_to_be_missing(
    store: Store, inbox: HubInbox
) -> None:
    await inbox.accept([created(number, f"SO-{number}") for number in range(10, 15)])
    await inbox.begin_snapshot()
    await inbox.snapshot_rows("orders", [*rows_of(row_of("SO-11")), BrokenEvent(None, "{", "not JSON")])
    await inbox.end_snapshot("99")
    assert [name for name in exceptions(store) if name.startswith("missing-at-hub:")] == []


async def test_what_has_ended_here_is_not_missed(store: Store, inbox: HubInbox) -> None:
    await inbox.accept([created(1), feed(2, "order.cancelled", {"order_no": "SO-1", "reason": "gone"})])
    await inbox.begin_snapshot()
    await inbox.end_snapshot("99")
    assert exceptions(store) == []


async def test_a_hold_that_the_hub_lifted_while_its_events_were_lost_is_lifted_here(
    store: Store, inbox: HubInbox
) -> None:
    await inbox.accept([created(1), feed(2, "order.held", {"order_no": "SO-1", "reason": "ask"})])
    await inbox.snapshot_rows("orders", rows_of(row_of("SO-1")))
    assert next(table(Order).find(store.reader(), "")).held is None
    await store.ask(c.HoldOrder(order_no="SO-1", reason="the address is wrong"))
    await inbox.snapshot_rows("orders", rows_of(row_of("SO-1")))
    assert next(table(Order).find(store.reader(), "")).held == "the address is wrong", "a person's hold stays"


async def test_a_hub_that_has_lost_a_change_is_shown_and_changes_nothing(
    store: Store, inbox: HubInbox
) -> None:
    await inbox.accept([created(1, revision=3), feed(2, "order.held", {"order_no": "SO-1", "reason": "ask"})])
    before = next(table(Order).find(store.reader(), ""))
    await inbox.snapshot_rows("orders", rows_of(row_of("SO-1", revision=2)))
    assert next(table(Order).find(store.reader(), "")) == before
    assert exceptions(store) == ["hub-behind:SO-1"]
    await inbox.snapshot_rows("orders", rows_of(row_of("SO-1", revision=4, held="ask")))
    assert exceptions(store) == []


async def test_an_order_that_the_hub_has_as_unpaid_is_shown(store: Store, inbox: HubInbox) -> None:
    await store.ask(order())
    await store.ask(paid())
    await inbox.snapshot_rows("orders", rows_of(row_of("SO-1")))
    assert "payment:SO-1/unpaid" in exceptions(store)
    await inbox.snapshot_rows(
        "orders", rows_of(row_of("SO-1", paid_at="2026-06-18T00:00:05.000Z", payment_ref="pay-1"))
    )
    assert "payment:SO-1/unpaid" not in exceptions(store)
