"""The sandbox hub is what docs/openapi.yaml says, whatever it is sent."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from schemathesis.specs.openapi.checks import negative_data_rejection

from sync.sandbox.server import HubOptions, RunningHub, running
from tests.fuzz import in_a_thread, schema_of, whole_numbers

TOKEN = "sandbox-token"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHub]:
    options = HubOptions(data=tmp_path_factory.mktemp("hub"), token=TOKEN)
    with in_a_thread(running(options)) as hub:
        yield hub


SITE = {"path.site": "WH1"}
EVENTS = "postEvents"
hub = schema_of(tag="hub", examples=60, parameters=SITE, also_refused_with=(410, 422)).exclude(
    operation_id=EVENTS
)
events = schema_of(operation_id=EVENTS, examples=40, parameters=SITE)
HEADERS = {"Authorization": f"Bearer {TOKEN}", "Accept": "application/json"}
#: Why good input may be refused: the feed has no such cursor, the key was used, the number is of another lease.
FROM_BEFORE = {"cursor-expired", "idempotency-key-reused", "not-in-lease"}


@hub.parametrize()
def test_whatever_is_sent_is_answered_as_described(case: schemathesis.Case, served: RunningHub) -> None:
    case.body = whole_numbers(case.body)
    if "after" in case.query:
        case.headers.pop("Last-Event-ID", None)  # which would win, whatever stands in `after`
    answer = case.call_and_validate(base_url=served.url, headers=HEADERS)
    if case.meta is not None and case.meta.generation.mode.is_positive and answer.status_code in {410, 422}:
        assert answer.json()["type"] in FROM_BEFORE


@events.parametrize()
def test_whatever_events_come_in_their_turn_are_settled(case: schemathesis.Case, served: RunningHub) -> None:
    """An event that is wrong in itself has a result of its own: the batch is no bad request."""
    case.body = whole_numbers(case.body)
    rest: dict[str, Any] = {"headers": HEADERS, "excluded_checks": [negative_data_rejection]}
    answer = case.call_and_validate(base_url=served.url, **rest)
    if answer.status_code == 409:
        first = int(answer.json()["expected"])
        source = case.body[0]["source"]
        case.body = [
            event | {"source": source, "sequence": f"{number:020d}"}
            for number, event in enumerate(case.body, start=first)
        ]
        again = case.call_and_validate(base_url=served.url, **rest)
        assert len(again.json()["results"]) == len(case.body)
