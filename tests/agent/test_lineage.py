"""The lineage: whatever an order went through, each chain ends at what the order has, and says how it came to it."""

from __future__ import annotations

import random
from itertools import takewhile
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from agent.core import commands as c
from agent.core import events as ev
from agent.core.apply import apply
from agent.core.fields import order_fields
from agent.core.lineage import Link
from agent.core.model import Order, Task
from agent.core.times import to_text
from tests.agent.books import Books
from tests.agent.floors import CONSIGNEE, NOON, fact, lines, order, paid, scan, stocked, stop, wave
from tests.agent.universe import NOS, any_command

seeds = st.lists(st.integers(0, 2**32), min_size=40, max_size=120).map(lambda drawn: [s for s in drawn if s])


def by(command: c.Command, source: str, name: str = "e1", changed_at: int | None = None) -> c.Command:
    """As the feed brings it."""
    return replace(command, by=f"hub:{source}", id=name, changed_at=changed_at)


def values(chain: list[Link]) -> list[object]:
    return [link.value for link in chain if link.overruled is None]


@pytest.fixture
def books() -> Books:
    made = Books.in_memory()
    made.stock_up()
    return made


@settings(max_examples=40)
@given(seeds)
def test_after_random_days_every_chain_ends_at_what_the_order_has(seeds: list[int]) -> None:
    books, memory = Books.in_memory(), stocked(waybills=3)
    books.floor.put(memory.entities.values())
    for seed in seeds:
        books.now += 1
        outcome = books.door.ask(any_command(memory, random.Random(seed).choice))
        for entry in outcome.entries:
            memory.put(apply(memory, entry))
    for known in memory.all(Order):
        chains = books.lineage(known.order_no)
        ends = {field: found[-1] for field, chain in chains.items() if (found := values(chain))}
        now = order_fields(known)
        assert {field: value for field, value in ends.items() if value is not None} == {
            field: value for field, value in now.items() if value is not None
        }
        for chain in chains.values():
            check_chain(chain)


def check_chain(chain: list[Link]) -> None:
    """Each value replaced the one before it; what was overruled replaced nothing."""
    stands = None
    for link in chain:
        assert link.previous == stands
        assert link.decided_by
        if link.overruled is None:
            assert link.value != stands or link is chain[0]
            stands = link.value
    assert [link.row for link in chain] == sorted(link.row for link in chain)


def test_a_link_says_who_set_it_by_which_event_when_there_and_when_here_and_what_was_before(
    books: Books,
) -> None:
    books.ask(
        by(order(), "/erp", "e1", NOON - 5000), by(order(revision=2, priority=7), "/erp", "e2", NOON - 1000)
    )
    first, second = books.lineage()["priority"]
    assert (first.value, first.event_id, first.previous) == (0, "e1", None)
    assert second == Link(
        7, "hub:/erp", "order.accepted", to_text(books.now), second.row, "hub:/erp", "e2", to_text(NOON - 1000), 0,
    )  # fmt: skip


def test_a_rule_of_ours_is_named_where_it_decided_and_a_person_where_he_did(books: Books) -> None:
    books.ask(order(), by(paid(), "/erp", "p1"))
    (waybill,) = books.lineage()["waybill"]
    assert (waybill.source, waybill.event, waybill.event_id) == ("hub:/erp", "label.queued", "p1")
    assert waybill.decided_by.startswith("label: the oldest leased number")
    books.ask(c.HoldOrder(by="person:Wei", id="k1", order_no="SO-1", reason="address?"))
    (held,) = books.lineage()["held"]
    assert (held.value, held.decided_by) == ("address?", "person:Wei")


def test_the_state_follows_the_order_through_its_lists(books: Books) -> None:
    books.ask(order(), paid(), wave(stop(qty=2)))
    (task,) = books.order().tasks
    books.ask(c.RecallTask(task=task, reason="r"), wave(stop(qty=2), pda="P2"))
    task = books.order().tasks[-1]
    told: dict[str, Any] = {"pda": "P2", "by": "pda:P2", "task": task}
    (listed,) = (books.floor.get(Task, task),)
    assert listed is not None
    books.ask(c.AcceptTask(**told), c.PickStop(stop=listed.stops[0].stop, qty=2, **told))
    books.ask(scan(books.order().waybill or "", by="scanner:dock1"))
    chain = books.lineage()["state"]
    assert values(chain) == [
        "received", "ready", "released", "ready", "released", "picking", "picked", "packed", "shipped",
    ]  # fmt: skip
    assert [link.event for link in chain[-4:]] == [
        "task.accepted",
        "order.picked",
        "parcel.packed",
        "parcel.shipped",
    ]
    assert (chain[-1].source, chain[-1].changed_at) == ("scanner:dock1", to_text(NOON))


def test_a_fact_that_came_before_its_order_is_still_its_own(books: Books) -> None:
    books.ask(by(paid(), "/pay", "p1", NOON - 9000), by(order(), "/erp", "e1", NOON))
    (payment,) = books.lineage()["payment_ref"]
    assert (payment.source, payment.event_id, payment.changed_at) == ("hub:/pay", "p1", to_text(NOON - 9000))
    (owner,) = books.lineage()["owner"]
    assert (owner.source, owner.event_id) == ("hub:/erp", "e1")


def test_lines_and_fields_that_nobody_knows_have_chains_of_their_own(books: Books) -> None:
    books.ask(order(lines=lines((1, "A", 2), (2, "B", 1)), colour="red"))
    books.ask(order(revision=2, lines=lines((1, "A", 5)), colour="blue", state="fine"))
    chains = books.lineage()
    assert values(chains["lines.1.qty"]) == [2, 5]
    assert values(chains["lines.2.sku"]) == ["B", None]
    assert values(chains["colour"]) == ["red", "blue"]
    assert values(chains["rest.state"]) == ["fine"], "what is called as a field of ours stands apart"
    assert values(chains["state"]) == ["received"]


def test_what_was_overruled_stands_beside_what_was_kept(books: Books) -> None:
    moved = CONSIGNEE | {"phone": "139", "city": "宁波市"}
    books.ask(by(order(), "/erp", "e1"), by(order(revision=2, consignee=moved, priority=9), "/crm", "c1"))
    chains = books.lineage()
    assert values(chains["consignee.phone"]) == ["13800000000", "139"]
    for field, kept, wanted in (("consignee.city", "杭州市", "宁波市"), ("priority", 0, 9)):
        standing, overruled = chains[field]
        assert (standing.value, overruled.value, overruled.previous) == (kept, wanted, kept)
        assert (overruled.source, overruled.event_id) == ("hub:/crm", "c1")
        assert "/erp before /crm" in (overruled.overruled or "")
    assert order_fields(books.order())["consignee.city"] == "杭州市"


def test_a_second_payment_is_not_lost_on_the_chain(books: Books) -> None:
    books.ask(order(), by(paid(), "/erp", "p1"), by(paid(payment_ref="pay-2"), "/erp", "p2"))
    first, second = books.lineage()["payment_ref"]
    assert (first.value, first.overruled) == ("pay-1", None)
    assert (second.value, second.overruled is None) == ("pay-2", False)


def test_an_order_that_is_not_here_has_none(books: Books) -> None:
    assert books.lineage("SO-9") == {}
    books.ask(fact("held", "SO-9"))
    assert books.lineage("SO-9") == {}


def test_its_rows_are_looked_up_and_not_searched_for(books: Books) -> None:
    books.ask(order(), paid(), wave(stop(qty=2)))
    asked: list[str] = []
    books.connection.set_trace_callback(asked.append)
    books.lineage()
    books.connection.set_trace_callback(None)
    for sql in asked:
        for step in books.connection.execute(f"EXPLAIN QUERY PLAN {sql}"):
            assert not step[3].startswith("SCAN"), (sql, step[3])


def test_long_days_reach_every_kind_of_event_that_changes_an_order() -> None:
    rare = {ev.OrderOverruled, ev.StopAdded, ev.StopResized, ev.TaskRecalled, ev.LineShort}
    rare |= {ev.FactsUsed, ev.WaybillVoided, ev.ParcelShipped, ev.PersonalErased}
    seen = set[type[ev.Event]]()
    for seed in takewhile(lambda _: not rare <= seen, range(200)):
        books, memory, rng = Books.in_memory(), stocked(waybills=9), random.Random(seed)
        books.floor.put(memory.entities.values())
        for _ in range(500):
            for entry in books.door.ask(any_command(memory, rng.choice)).entries:
                memory.put(apply(memory, entry))
                seen.add(type(entry.event))
        assert all(books.lineage(order_no) for order_no in NOS)
    assert rare <= seen
