"""The verdict on a day, from small ledgers."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.cloudevents import CloudEvent, encode_batch
from sync.sandbox.intake import receive
from sync.sandbox.judge import Verdict, judge, spread
from sync.sandbox.ledger import Ledger, Put
from sync.times import from_epoch_ms
from tests.sync.stores import SOURCE

T0 = 1_781_740_800_000


class Story:
    """A ledger, told event by event; `at_ms` counts from the beginning."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self._sequence = 0

    def hub(self, kind: str, order_no: str = "SO-1", at_ms: int = 0, **data: Any) -> None:
        self.ledger.put([Put(kind, "/erp", order_no, {"order_no": order_no} | data)], T0 + at_ms)

    def agent(self, kind: str, order_no: str = "SO-1", at_ms: int = 0, **data: Any) -> None:
        self._sequence += 1
        number = f"{self._sequence:020d}"
        data = {"order_no": order_no} | data
        event = CloudEvent(number, SOURCE, kind, from_epoch_ms(T0 + at_ms - 5), data, order_no, number)
        receive(self.ledger, encode_batch([event]), T0 + at_ms)

    def order(self, order_no: str = "SO-1") -> None:
        self.hub("order.created", order_no, revision=1)
        self.hub("order.paid", order_no, 10, paid_at=from_epoch_ms(T0))

    def verdict(self) -> Verdict:
        return judge(self.ledger)


@pytest.fixture
def story(tmp_path: Any) -> Any:
    ledger = Ledger(tmp_path / "hub.db")
    yield Story(ledger)
    ledger.close()


def test_an_order_that_is_paid_and_never_shipped_is_lost(story: Story) -> None:
    story.order("SO-1")
    story.order("SO-2")
    story.agent("parcel.shipped", "SO-2", 900, waybill="W2", scanned_at=from_epoch_ms(T0 + 880))
    verdict = story.verdict()
    assert (verdict.orders, verdict.paid, verdict.shipped) == (2, 2, 1)
    assert (verdict.lost, verdict.lost_orders) == (1, ["SO-1"])
    assert verdict.outscan_to_hub_ms.max == 20
    assert verdict.since_paid_ms["parcel.shipped"].max == 890
    assert verdict.visible_ms["parcel.shipped"].p50 == 5


def test_a_cancelled_order_is_not_lost_but_owes_an_answer(story: Story) -> None:
    story.order()
    story.hub("order.cancelled", reason="x")
    assert (story.verdict().lost, story.verdict().unanswered_cancellations) == (0, 1)
    story.agent("order.cancelled", state_before="ready", undone=[])
    assert (story.verdict().called_off, story.verdict().unanswered_cancellations) == (1, 0)


def test_a_label_printed_twice_is_doubled_and_a_second_copy_is_not(story: Story) -> None:
    for copy in (1, 2, 2):
        story.agent("label.printed", waybill="W1", copy=copy)
    verdict = story.verdict()
    assert (verdict.labels_printed, verdict.labels_doubled, verdict.doubled_labels) == (2, 1, ["W1/2"])


def test_a_change_is_answered_by_its_revision_only(story: Story) -> None:
    story.order()
    story.agent("order.accepted", at_ms=30, revision=1)
    story.hub("order.changed", at_ms=100, revision=2)
    assert story.verdict().unanswered_changes == 1
    story.agent("order.refused", at_ms=140, revision=2, reason="too-late: it is packed")
    verdict = story.verdict()
    assert (verdict.unanswered_changes, verdict.refused) == (0, 1)
    assert verdict.change_to_answer_ms.max == 40
    assert verdict.since_created_ms.max == 30


def test_a_hold_is_answered_by_the_fact(story: Story) -> None:
    story.order()
    story.hub("order.held", reason="x")
    assert story.verdict().unanswered_holds == 1
    story.agent("order.held", reason="x")
    assert story.verdict().unanswered_holds == 0


def test_a_parcel_shipped_twice_shows(story: Story) -> None:
    for _ in range(2):
        story.agent("parcel.shipped", waybill="W1")
    assert story.verdict().shipped_twice == 1


def test_an_empty_ledger_has_a_verdict(story: Story) -> None:
    assert story.verdict().orders == story.verdict().lost == 0


@given(st.lists(st.integers(0, 10**6), min_size=1))
def test_a_spread_lies_within_its_samples(samples_ms: list[float]) -> None:
    found = spread(samples_ms)
    assert found.count == len(samples_ms)
    assert min(samples_ms) <= found.p50 <= found.p99 <= found.max == max(samples_ms)


def test_the_percentiles_are_nearest_ranks() -> None:
    found = spread(range(1, 101))
    assert (found.p50, found.p99, found.max) == (50, 99, 100)
