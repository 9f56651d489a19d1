"""Every event for the hub is as docs/openapi.yaml describes it, and every event there is one of ours or to come."""

from __future__ import annotations

import random
from collections.abc import Iterable
from functools import cache
from typing import Any

import msgspec
import pytest

from agent.core import events as ev
from agent.core.outbound import PROJECTIONS, is_public, project
from agent.core.times import to_text
from agent.store.journal import type_of
from sync.cloudevents import CloudEvent, encode
from tests.agent.floors import NOON, stocked
from tests.agent.test_machine import step
from tests.agent.universe import any_command
from tests.openapi import OpenApi

_LABEL: dict[str, Any] = {
    "order_no": "SO-1",
    "waybill": "W1",
    "carrier": "SF",
    "job": "J1",
    "copy_no": 2,
    "printer": "lp1",
}
#: What a random day need not bring.
EXAMPLES: tuple[ev.Event, ...] = (
    ev.OrderRefused("SO-1", 2, "shipped: the parcel has left"),
    ev.OrderHeld("SO-1", "address: ask the customer"),
    ev.OrderUnheld("SO-1", "the customer called"),
    ev.LabelPrinted(first_byte_at=None, evidence="scan", **_LABEL),
    ev.LabelSuspect(reason="the printer went away", **_LABEL),
    ev.LabelFailed(reason="its template is broken", **_LABEL),
    ev.StopShort("SO-1", "T1", "T1-1", 1, "A", "A-01", 1, "P1", "the bin is empty"),
    ev.OrderCancelled("SO-1", "held", ("pick-recalled", "put-back", "waybill-voided", "parcel-pulled"), "called"),
    ev.ExceptionOpened("count:A-01/A", "count", None, "count it"),
    ev.ExceptionClosed("count:A-01/A", "count", None, "counted"),
    ev.DeviceFault("lp1", "paper out"),
    ev.DeviceRecovered("lp1"),
    ev.ChannelSwitched("https", "mqtt", "it is open: five failures in a row"),
    ev.AuditCheckpoint(7, "ab" * 32),
    ev.OrderHeld("SO-1", "ask"),
    ev.OrderUnheld("SO-1", "asked"),
)  # fmt: skip


@pytest.fixture(scope="module")
def api() -> OpenApi:
    return OpenApi()


@cache
def day() -> tuple[ev.Event, ...]:
    """The public events of a random day of some length."""
    floor, rng = stocked(waybills=99), random.Random(3)
    entries = [entry for _ in range(3000) for entry in step(floor, any_command(floor, rng.choice))]
    return tuple(entry.event for entry in entries if is_public(entry.event))


def sent(event: ev.Event) -> Any:
    """As it goes out."""
    subject, data = project(event)
    kind, source = type_of(event), "/sites/WH1/agent"
    return msgspec.json.decode(
        encode(CloudEvent("e1-1", source, kind, to_text(NOON), data, subject, f"{1:020d}"))
    )


def faults(api: OpenApi, events: Iterable[ev.Event]) -> list[str]:
    return [
        f"{type_of(event)}: {fault}" for event in events for fault in api.component("AgentEvent", sent(event))
    ]


def test_every_event_of_a_random_day_is_as_described(api: OpenApi) -> None:
    assert faults(api, day()) == []


def test_what_a_day_need_not_bring_is_as_described(api: OpenApi) -> None:
    assert faults(api, EXAMPLES) == []


def test_no_kind_of_event_is_left_out() -> None:
    missing = set(PROJECTIONS) - {type(event) for event in (*day(), *EXAMPLES)}
    assert not missing, "one belongs into EXAMPLES, and its data into AgentEvent of the file"


@pytest.mark.parametrize("event", EXAMPLES, ids=type_of)
def test_an_event_without_one_of_its_fields_is_not(api: OpenApi, event: ev.Event) -> None:
    optional = {"order_no", "note"} if isinstance(event, ev.ExceptionOpened | ev.ExceptionClosed) else set()
    for name in sent(event)["data"].keys() - optional:
        whole = sent(event)
        del whole["data"][name]
        assert api.component("AgentEvent", whole), name


def test_an_event_of_another_type_is_not(api: OpenApi) -> None:
    assert api.component("AgentEvent", sent(EXAMPLES[0]) | {"type": "order.exploded"})
