"""Systems that disagree: the table says whose word stands, the other's is kept, and the hub is answered."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from agent.core import commands as c
from agent.core import events as ev
from agent.core.authority import DEFAULT, Authority
from agent.core.fields import facts_of, judged
from agent.core.floor import MemoryFloor
from agent.core.model import OrderState
from agent.core.rules.documents import Document, read_order
from tests.agent.floors import (
    CONSIGNEE,
    document,
    fact,
    floor_with,
    kinds,
    lines,
    open_exceptions,
    order,
    order_of,
    paid,
    run,
    stocked,
    stop,
    wave,
)

ERP, CRM, WMS = "hub:/erp", "hub:/crm", "hub:/wms"
names = st.sampled_from(["/erp", "/crm", "/wms", "/else"])
fields = st.sampled_from(["priority", "lines", "consignee.phone", "consignee.city", "held", "colour"])


def said(command: c.Command, by: str, authority: Authority | None = None) -> c.Command:
    """By a system of record."""
    table: dict[str, Any] = {"authority": authority} if authority is not None else {}
    return replace(command, by=by, **table)


def accepted(*commands: c.Command) -> tuple[MemoryFloor, list[ev.Event]]:
    floor = stocked()
    return floor, run(floor, *commands)


def moved(**changes: str) -> dict[str, str]:
    return CONSIGNEE | changes


# --- the table ----------------------------------------------------------------------------------------------


@given(fields, names, names)
def test_of_two_sources_at_most_one_stands_above_the_other(field: str, one: str, other: str) -> None:
    table = Authority()
    assert not (table.overrules(field, one, other) and table.overrules(field, other, one))
    assert table.overrules(field, one, one) is None
    assert table.overrules(field, "", other) is None
    assert table.overrules(field, one, "") is None


def test_the_name_itself_decides_before_the_longest_pattern() -> None:
    table = Authority({"consignee.p*": ("/a",), "colour": ("/b",)})
    assert table.line_of("consignee.phone")[0] == "consignee.phone"
    assert table.line_of("consignee.province")[0] == "consignee.p*"
    assert table.line_of("consignee.city")[0] == "consignee.*"
    assert table.line_of("colour") == ("colour", ("/b",))
    assert table.line_of("size") == ("*", DEFAULT["*"])


def test_the_rule_is_told_in_words() -> None:
    assert Authority().overrules("priority", "/erp", "/crm") == "authority: *: /erp before /crm"
    assert Authority().overrules("priority", "/crm", "/else") == "authority: *: /crm before /else"
    assert Authority().overrules("consignee.phone", "/erp", "/crm") is None


def test_facts_are_taken_apart_and_put_together_again() -> None:
    read = read_order(document() | {"colour": "red", "state": "x", "rest.state": 5, "consignee.phone": 1})
    assert isinstance(read, Document)
    assert facts_of(judged(read.facts)) == read.facts


# --- documents ----------------------------------------------------------------------------------------------


def test_a_lower_sources_document_changes_what_it_may_and_is_accepted() -> None:
    changed = order(revision=2, priority=9, consignee=moved(phone="139"))
    floor, events = accepted(said(order(), ERP), said(changed, CRM))
    assert kinds(events)[-2:] == ["order.accepted", "order.overruled"]
    found = order_of(floor)
    assert (found.revision, found.priority, found.consignee.phone) == (2, 0, "139")
    overruled = events[-1]
    assert isinstance(overruled, ev.OrderOverruled)
    assert (overruled.source, overruled.values, overruled.personal) == ("/crm", {"priority": 9}, {})
    assert found.sources == {"*": "/erp", "consignee.phone": "/crm"}


def test_the_higher_sources_next_word_does_not_undo_what_another_may_say() -> None:
    """It sends the whole order, as it knew it before."""
    _, events = accepted(
        said(order(), ERP),
        said(order(revision=2, consignee=moved(phone="139")), CRM),
        said(order(revision=3, priority=5), ERP),
    )
    last = events[-1]
    assert isinstance(last, ev.ExceptionOpened), "another phone number would have stood on the label"
    overruled = events[-2]
    assert isinstance(overruled, ev.OrderOverruled)
    assert (overruled.source, overruled.values, overruled.personal) == (
        "/erp",
        {},
        {"consignee.phone": "13800000000"},
    )
    assert "139" not in last.text
    assert "13800000000" not in last.text


def test_what_is_printed_or_picked_by_the_kept_word_is_shown_to_a_person() -> None:
    floor, _ = accepted(said(order(), ERP), said(order(revision=2, consignee=moved(city="宁波市")), CRM))
    assert open_exceptions(floor) == {"overruled"}
    floor, _ = accepted(said(order(), ERP), said(order(revision=2, lines=lines((1, "A", 3))), CRM))
    assert open_exceptions(floor) == {"overruled"}
    assert order_of(floor).lines[0].qty == 2
    floor, _ = accepted(said(order(), ERP), said(order(revision=2, priority=3), CRM))
    assert open_exceptions(floor) == set()


def test_a_label_whose_word_is_kept_is_not_printed_again() -> None:
    floor, _ = accepted(said(order(), ERP), paid())
    waybill = order_of(floor).waybill
    run(floor, said(order(revision=2, consignee=moved(city="宁波市")), CRM))
    assert order_of(floor).waybill == waybill


def test_a_change_that_would_be_too_late_is_none_where_it_is_overruled() -> None:
    floor = stocked()
    run(floor, said(order(), ERP), paid(), wave(stop()))
    run(floor, c.AcceptTask(pda="P1", task=order_of(floor).tasks[0]))
    events = run(floor, said(order(revision=2, consignee=moved(city="宁波市")), CRM))
    assert kinds(events)[:2] == ["order.accepted", "order.overruled"]


def test_what_nobody_has_set_anybody_may_set() -> None:
    floor, events = accepted(said(order(cutoff_at=None), ERP), said(order(revision=2, colour="red"), WMS))
    found = order_of(floor)
    assert (found.cutoff_at is not None, found.rest["colour"]) == (True, "red")
    assert "order.overruled" not in kinds(events)
    run(floor, said(order(revision=3), CRM))
    assert order_of(floor).rest["colour"] == "red", (
        "and to leave it out is to take it away, which /crm may not"
    )


def test_a_snapshot_is_taken_and_stands_above_nobody() -> None:
    floor, _ = accepted(
        said(order(), ERP),
        said(order(revision=2, priority=5), c.SNAPSHOT),
        said(order(revision=3, priority=7), CRM),
    )
    assert order_of(floor).priority == 7


def test_lines_of_an_overruled_document_are_told_one_by_one() -> None:
    wanted = lines((1, "A", 5), (3, "B", 1))
    _, events = accepted(
        said(order(lines=lines((1, "A", 2), (2, "B", 1))), ERP), said(order(revision=2, lines=wanted), CRM)
    )
    (overruled,) = (event for event in events if isinstance(event, ev.OrderOverruled))
    assert overruled.values == {
        "lines.1.qty": 5, "lines.2.sku": None, "lines.2.qty": None, "lines.3.sku": "B", "lines.3.qty": 1,
    }  # fmt: skip
    assert set(overruled.rules) == set(overruled.values)


def test_a_site_has_a_table_of_its_own() -> None:
    table = Authority({"priority": ("/crm", "/erp")})
    floor, _ = accepted(said(order(), ERP, table), said(order(revision=2, priority=5), CRM, table))
    run(floor, said(order(revision=3, priority=1), ERP, table))
    assert order_of(floor).priority == 5


def test_all_the_orders_of_one_system_cost_no_thought() -> None:
    floor, events = accepted(said(order(), ERP), said(order(revision=2, priority=5), ERP))
    assert order_of(floor).sources == {"*": "/erp"}
    assert kinds(events) == ["order.accepted"] * 2


# --- holds and payments -------------------------------------------------------------------------------------


def test_a_hold_of_the_higher_source_is_not_lifted_by_the_lower_one() -> None:
    floor, _ = accepted(said(order(), ERP), said(fact("held", why="customer called"), CRM))
    events = run(floor, said(fact("unheld"), WMS), said(fact("held", why="stock?"), ERP))
    assert kinds(events) == ["order.overruled", "order.refused"] * 2
    refused = events[1]
    assert isinstance(refused, ev.OrderRefused)
    assert refused.reason == "overruled: authority: held: /crm before /wms"
    assert order_of(floor).held == "customer called"
    run(floor, said(fact("unheld"), CRM))
    assert order_of(floor).held is None
    run(floor, said(fact("held", why="stock?"), WMS), said(fact("unheld"), ERP))
    assert order_of(floor).held is None


def test_a_hold_keeps_its_source_when_it_came_before_its_order() -> None:
    floor, _ = accepted(said(fact("held", why="customer called"), CRM), said(order(), ERP))
    run(floor, said(fact("unheld"), WMS))
    assert order_of(floor).held == "customer called"


def test_people_and_rules_of_ours_are_no_system_of_record() -> None:
    floor, _ = accepted(said(order(), ERP), said(fact("held"), CRM))
    run(floor, c.UnholdOrder(by="person:Wei", order_no="SO-1"))
    assert order_of(floor).held is None
    run(floor, c.HoldOrder(by="person:Wei", order_no="SO-1", reason="wait"), said(fact("unheld"), WMS))
    assert order_of(floor).held is None


@pytest.mark.parametrize("state", [OrderState.READY, OrderState.CANCELLED])
def test_a_payment_that_is_not_taken_is_told_once(state: OrderState) -> None:
    floor = floor_with(state)
    events = run(floor, said(paid(payment_ref="pay-2"), ERP), said(paid(payment_ref="pay-2"), ERP))
    assert kinds(events) == ["exception.opened", "order.overruled"]
