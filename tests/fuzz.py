"""schemathesis set up for this project: the same cases on every run, over a real socket, bounded in number."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import schemathesis
from anyio.from_thread import start_blocking_portal
from hypothesis import strategies as st
from schemathesis.schemas import BaseSchema

from tests.openapi import FILE

T = TypeVar("T")

POSITIVE = ("2xx", "3xx", "401", "403", "404", "409", "429")
NEGATIVE = ("400", "401", "404", "405", "409", "413", "415", "422")
#: They end when their client hangs up; tests of their own read a little of them.
STREAMS = ["followFloor"]


def _written(milliseconds: int) -> str:
    moment = datetime(2000, 1, 1, tzinfo=UTC) + timedelta(milliseconds=milliseconds)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{milliseconds % 1000:03d}Z"


#: Times as the contract writes them; schemathesis knows RFC 3339 alone.
schemathesis.openapi.format("date-time", st.integers(0, 3_000_000_000_000).map(_written))


def schema_of(
    *,
    examples: int,
    parameters: Mapping[str, str],
    also_refused_with: Sequence[int] = (),
    **which: str | list[str],
) -> BaseSchema:
    """The operations that `which` tells, without endless streams; `parameters` have always these values.

    `also_refused_with`: what good input may be answered with too, because of what came before it.
    """
    refused_with = [*NEGATIVE, *map(str, also_refused_with)]
    taken_with = [*POSITIVE, *map(str, also_refused_with)]
    project: dict[str, Any] = {
        "seed": 1,
        "parameters": dict(parameters),
        "generation": {
            "deterministic": True,
            "max-examples": examples,
            "database": "none",
            "with-security-parameters": False,
        },
        "checks": {
            "negative_data_rejection": {"expected-statuses": refused_with},
            "positive_data_acceptance": {"expected-statuses": taken_with},
        },
    }
    schema = schemathesis.openapi.from_path(FILE, config=schemathesis.Config.from_dict(project))
    return schema.include(**which).exclude(operation_id=STREAMS)  # type: ignore[arg-type]


def whole_numbers(body: Any) -> Any:
    """1.0 is an integer to JSON Schema, and none to a reader that knows types."""
    if isinstance(body, dict):
        return {name: whole_numbers(value) for name, value in body.items()}
    if isinstance(body, list):
        return [whole_numbers(value) for value in body]
    return int(body) if isinstance(body, float) and body.is_integer() else body


@contextmanager
def in_a_thread(what: AbstractAsyncContextManager[T]) -> Iterator[T]:
    """Something that needs a running loop, in a loop of its own beside a test that blocks."""
    with start_blocking_portal() as portal, portal.wrap_async_context_manager(what) as running:
        yield running
