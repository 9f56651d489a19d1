"""The sandbox hub is what docs/openapi.yaml says, whatever it is sent."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import schemathesis
from schemathesis.specs.openapi.checks import negative_data_rejection

from sync.sandbox.server import HubOptions, RunningHub, running
from sync.snapshot import KINDS
from tests.fuzz import in_a_thread, schema_of, whole_numbers
from tests.openapi import Exchange, OpenApi, events_in
from tests.sync.stores import agent_event

API = OpenApi()
TOKEN = "sandbox-token"
HEADERS = {"Authorization": f"Bearer {TOKEN}", "Accept": "application/json"}
STREAM = {"Accept": "text/event-stream"}
BATCH = {"Content-Type": "application/cloudevents-batch+json"}
JSON = {"Content-Type": "application/json"}
SITE = {"path.site": "WH1"}
EVENTS = "postEvents"
#: Why good input may be refused: the feed has no such cursor, the key was used, the number is of another lease.
FROM_BEFORE = {"cursor-expired", "idempotency-key-reused", "not-in-lease"}

AnyCase = schemathesis.Case[Any]
hub = schema_of(tag="hub", examples=60, parameters=SITE, also_refused_with=(410, 422)).exclude(
    operation_id=EVENTS
)
events = schema_of(operation_id=EVENTS, examples=40, parameters=SITE)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHub]:
    options = HubOptions(data=tmp_path_factory.mktemp("hub"), token=TOKEN)
    with in_a_thread(running(options)) as hub:
        yield hub


@hub.parametrize()
def test_whatever_is_sent_is_answered_as_described(case: AnyCase, served: RunningHub) -> None:
    case.body = whole_numbers(case.body)
    if "after" in case.query:
        case.headers.pop("Last-Event-ID", None)  # which would win, whatever stands in `after`
    answer = case.call_and_validate(base_url=served.url, headers=HEADERS)
    if case.meta is not None and case.meta.generation.mode.is_positive and answer.status_code in {410, 422}:
        assert answer.json()["type"] in FROM_BEFORE


@events.parametrize()
def test_whatever_events_come_in_their_turn_are_settled(case: AnyCase, served: RunningHub) -> None:
    """An event that is wrong in itself has a result of its own: the batch is no bad request."""
    case.body = whole_numbers(case.body)
    rest: dict[str, Any] = {"headers": HEADERS, "excluded_checks": [negative_data_rejection]}
    answer = case.call_and_validate(base_url=served.url, **rest)
    if answer.status_code == 409:
        batch: Any = case.body
        first, source = int(answer.json()["expected"]), batch[0]["source"]
        case.body = [
            event | {"source": source, "sequence": f"{number:020d}"}
            for number, event in enumerate(batch, start=first)
        ]
        again = case.call_and_validate(base_url=served.url, **rest)
        assert len(again.json()["results"]) == len(batch)


def test_the_stream_of_the_feed_is_as_described(served: RunningHub) -> None:
    after = {"Last-Event-ID": "00000000000000000000"}
    url = f"{served.url}/v1/sites/WH1/feed"
    with httpx.stream("GET", url, headers=HEADERS | after | STREAM, trust_env=False) as stream:
        read = b""
        for piece in stream.iter_raw():
            read += piece
            if b"event: stock.set" in read:
                break
    kinds = {event["event"] for event in events_in(read)}
    assert kinds >= {"sku.changed", "location.changed", "carrier.changed"}
    assert API.faults(Exchange.of(stream, read)) == []


@pytest.mark.parametrize("kind", KINDS)
def test_a_snapshot_is_as_described_page_by_page(served: RunningHub, kind: str) -> None:
    answer = httpx.get(f"{served.url}/v1/sites/WH1/snapshot/{kind}", headers=HEADERS, trust_env=False)
    assert answer.status_code == 200
    assert API.faults(Exchange.of(answer)) == []


@pytest.mark.parametrize(
    ("method", "path", "rest", "status"),
    [
        ("GET", "/nothing", {}, 404),
        ("GET", "/feed/", {}, 404),
        ("GET", "/events", {}, 405),
        ("DELETE", "/feed", {}, 405),
        ("POST", "/statuses", {"data": {"orders": "1"}}, 415),
        ("POST", "/waybill-leases", {"data": {"carrier": "SF"}}, 415),
        ("POST", "/waybill-leases/L1/returns", {"content": b"[]"}, 415),
        ("POST", "/statuses", {"content": b"{", "headers": JSON}, 400),
        ("POST", "/events", {"content": b'[{"n": 1e999}]', "headers": BATCH}, 422),
        ("POST", "/events", {"content": b'[{"id": "\xff"}]', "headers": BATCH}, 400),
        ("POST", "/events", {"content": b'[{"id": "1"', "headers": BATCH}, 400),
        ("POST", "/events", {"content": b"[" + b"[" * 9999 + b"]" * 9999 + b"]", "headers": BATCH}, 422),
        ("GET", "/feed", {"params": {"limit": "1_0"}, "headers": {"Accept": "application/json"}}, 400),
    ],
)
def test_every_refusal_is_a_problem_document(
    served: RunningHub, method: str, path: str, rest: dict[str, Any], status: int
) -> None:
    headers = HEADERS | rest.pop("headers", {})
    answer = httpx.request(
        method, f"{served.url}/v1/sites/WH1{path}", headers=headers, trust_env=False, **rest
    )
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    assert API.component("HubProblem", answer.json()) == []
    assert answer.json()["status"] == status
    assert ("allow" in answer.headers) == (status == 405)


@pytest.mark.parametrize(
    "data", [{"revision": 10**30}, {"copy": -(10**30)}, {"qty": 10**30, "revision": True}]
)
def test_a_number_that_cannot_be_kept_is_no_fault_of_the_hub(
    served: RunningHub, data: dict[str, Any]
) -> None:
    event = agent_event(1, "stop.picked", source=f"/sites/{data}/agent", **data)
    answer = httpx.post(
        f"{served.url}/v1/sites/WH1/events", content=b"[" + event.body + b"]", headers=HEADERS | BATCH,
        trust_env=False,
    )  # fmt: skip
    assert answer.json()["results"] == [{"id": "ev-1", "status": "accepted"}]
