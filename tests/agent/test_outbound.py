"""What the hub gets of each event: the agent types of the contract with their fields, and nothing else."""

from __future__ import annotations

import random

import msgspec
import pytest

from agent.core import events as ev
from agent.core.floor import Entry
from agent.core.outbound import PROJECTIONS, is_public, project
from agent.store.journal import type_of
from tests.agent.floors import NOON, stocked
from tests.agent.test_machine import step
from tests.agent.universe import any_command

_LABEL = {"order_no", "waybill", "carrier", "job", "copy", "printer"}
_STOP = {"order_no", "task", "stop", "line_no", "sku", "location", "qty", "pda"}
_PARCEL = {"order_no", "waybill", "carrier", "scanner", "scanned_at"}
#: contracts.md, section 3
FIELDS = {
    "order.accepted": {"order_no", "revision"},
    "order.refused": {"order_no", "revision", "reason"},
    "order.held": {"order_no", "reason"},
    "order.unheld": {"order_no", "reason"},
    "label.queued": _LABEL,
    "label.printed": _LABEL | {"first_byte_at", "evidence"},
    "label.suspect": _LABEL | {"reason"},
    "label.failed": _LABEL | {"reason"},
    "picklist.assigned": {"order_no", "task", "revision", "wave", "pda", "picker"},
    "audit.checkpoint": {"row", "hash"},
    "stop.picked": _STOP,
    "stop.short": _STOP | {"reason"},
    "order.picked": {"order_no", "task", "short", "lines"},
    "parcel.packed": _PARCEL,
    "parcel.shipped": _PARCEL,
    "order.cancelled": {"order_no", "state_before", "undone"},
    "wave.released": {"wave", "order_nos"},
    "exception.opened": {"exception", "kind", "order_no"},
    "exception.closed": {
        "exception",
        "kind",
        "order_no",
        "note",
    },  # what became of it: a grade, a person's word
    "device.fault": {"device", "fault"},
    "device.recovered": {"device"},
    "channel.switched": {"from", "to", "reason"},
}


@pytest.fixture(scope="module")
def journal() -> list[Entry]:
    """A random day of some length."""
    floor, rng = stocked(waybills=99), random.Random(3)
    return [entry for _ in range(3000) for entry in step(floor, any_command(floor, rng.choice))]


def test_the_hub_gets_the_contracts_types() -> None:
    assert {str(kind.__struct_config__.tag) for kind in PROJECTIONS} == set(FIELDS)


def test_every_event_carries_the_contracts_fields(journal: list[Entry]) -> None:
    for entry in journal:
        if is_public(entry.event):
            subject, data = project(entry.event)
            wanted = FIELDS[type_of(entry.event)]
            optional = {"order_no"} if type_of(entry.event).startswith("exception") else set()
            assert wanted - optional <= set(data) <= wanted
            assert subject in {
                data.get("order_no"),
                data.get("wave"),
                data.get("exception"),
                data.get("device"),
                data.get("to"),
                str(data.get("row")),
            }
            msgspec.json.encode(data)


def test_times_go_out_as_text() -> None:
    printed = ev.LabelPrinted("SO-1", "J1", NOON, "status", "W1", "SF", 1, "lp1")
    assert project(printed).data["first_byte_at"] == "2026-06-18T00:00:00.000Z"
    assert project(msgspec.structs.replace(printed, first_byte_at=None)).data["first_byte_at"] is None


def test_what_stays_here_has_no_form_for_the_hub() -> None:
    with pytest.raises(KeyError):
        project(ev.FactsUsed("SO-1"))
