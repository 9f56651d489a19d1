"""The quarantine over the local API: what is parked, let go, dropped."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from agent.api.messages import FloorView, ParkedView, QuarantineView
from agent.hub_inbox import HubInbox
from sync.feed import read_event
from tests.agent.shell.stage import config_of, journal_of
from tests.agent.shell.test_api import Office, office


def event(number: int, **data: Any) -> str:
    """Master data as the feed brings it; without `sku` it is malformed."""
    return json.dumps(
        {
            "specversion": "1.0", "id": f"e{number}", "source": "/erp", "type": "sku.changed",
            "time": "2026-06-18T00:00:00.000Z", "subject": f"A-{number}", "data": data,
        }
    )  # fmt: skip


@pytest.fixture
async def made(data_dir: Path) -> AsyncIterator[Office]:
    """Three events are parked, one after the other."""
    async with office(config_of(data_dir)) as opened:
        inbox = HubInbox(opened.store)
        for number in range(1, 4):
            await inbox.accept([read_event(str(number), event(number))])
        yield opened


async def quarantine(made: Office, **query: Any) -> QuarantineView:
    return msgspec.convert(await made.get("/v1/quarantine", **query), QuarantineView)


async def first(made: Office) -> ParkedView:
    return next(each for each in (await quarantine(made)).events if each.event == "e1")


async def test_what_is_parked_is_shown_with_its_body_the_newest_first(made: Office) -> None:
    view = await quarantine(made)
    assert view.waiting == 3
    assert [each.at for each in view.events] == sorted((each.at for each in view.events), reverse=True)
    parked = await first(made)
    assert (parked.direction, parked.source, parked.type, parked.subject) == (
        "feed",
        "/erp",
        "sku.changed",
        "A-1",
    )
    assert (parked.body, parked.size_bytes, parked.sha256) == (event(1), len(event(1)), "")
    assert parked.reason.startswith("malformed:")


async def test_the_floor_counts_it_and_its_exceptions(made: Office) -> None:
    floor = msgspec.convert(await made.get("/v1/floor"), FloorView)
    assert (floor.parked, floor.exceptions_open) == (3, 3)
    assert {each.kind for each in floor.exceptions} == {"parked-event"}


async def test_a_limit_cuts_the_list_and_not_the_count(made: Office) -> None:
    view = await quarantine(made, limit=1)
    assert (view.waiting, len(view.events)) == (3, 1)


@pytest.mark.parametrize("limit", ["0", "501", "-1", "all", "²"])
async def test_a_limit_is_a_number(made: Office, limit: str) -> None:
    assert (
        await made.client.get("/v1/quarantine", params={"limit": limit})
    ).status_code == httpx.codes.BAD_REQUEST


async def test_a_corrected_event_is_released(made: Office) -> None:
    parked = (await first(made)).parked
    fixed = event(1, sku="A-1", name="cup")
    answer = await made.command("parked.release", parked=parked, body=fixed, note="asked the ERP")
    assert answer == {"id": "c1", "status": "applied", "reason": None}
    assert (await quarantine(made)).waiting == 2
    (released,) = journal_of(made.store, "event.released")
    assert (released.by, released.cause) == ("person:mei", "c1")


async def test_what_is_refused_again_says_why_and_stays(made: Office) -> None:
    parked = (await first(made)).parked
    answer = await made.command("parked.release", parked=parked, note="perhaps now")
    assert (answer["status"], answer["reason"]) == ("refused", (await first(made)).reason)
    assert (await quarantine(made)).waiting == 3


async def test_what_is_dropped_waits_no_more(made: Office) -> None:
    parked = (await first(made)).parked
    assert (await made.command("parked.drop", parked=parked, note="a test of theirs"))["status"] == "applied"
    assert (await made.command("parked.drop", id="c2", parked=parked, note="again"))["status"] == "repeat"
    floor = msgspec.convert(await made.get("/v1/floor"), FloorView)
    assert (floor.parked, floor.exceptions_open) == (2, 2)


@pytest.mark.parametrize("kind", ["parked.release", "parked.drop"])
async def test_nothing_is_settled_without_a_note(made: Office, kind: str) -> None:
    body = {"id": "c1", "type": kind, "by": "mei", "parked": (await first(made)).parked}
    for note in ({}, {"note": ""}):
        answer = await made.client.post("/v1/commands", json=body | note)
        assert answer.status_code == httpx.codes.BAD_REQUEST
    assert (await made.command(kind, parked="Q0", note="n"))["reason"].startswith("unknown-parked:")
