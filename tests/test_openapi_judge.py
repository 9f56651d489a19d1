"""The judge of real traffic says what is wrong, where something is."""

from __future__ import annotations

from typing import Any

import pytest

from tests.openapi import Exchange, OpenApi

API = OpenApi()
BASE = "/v1/sites/WH1"
JSON = {"content-type": "application/json"}
FACT = (
    b'{"specversion":"1.0","id":"h1","source":"/erp","type":"order.held","subject":"SO-1",'
    b'"time":"2026-06-18T00:00:00.000Z","data":{"order_no":"SO-1","reason":"x"}}'
)
GOOD = {
    "poll": Exchange(
        "GET", f"{BASE}/feed?after=0&limit=5", {}, b"", 200, JSON,
        b'{"events":[' + FACT + b'],"next":"1","more":false}',
    ),
    "stream": Exchange(
        "GET", f"{BASE}/feed", {"Last-Event-ID": "7"}, b"", 200, {"content-type": "text/event-stream; charset=utf-8"},
        b": hello\n\nid: 8\nevent: order.held\ndata: " + FACT + b"\n\nid: 9\neve",
    ),
    "snapshot": Exchange(
        "GET", f"{BASE}/snapshot/carriers", {}, b"", 200,
        {"content-type": "application/x-ndjson", "feed-cursor": "7", "etag": '"x"'}, b'{"carrier":"SF"}\n',
    ),
    "lease": Exchange(
        "POST", f"{BASE}/waybill-leases", JSON | {"idempotency-key": "k"}, b'{"carrier":"SF","count":1}', 201, JSON,
        b'{"lease":"L1","carrier":"SF","numbers":["SF1"],"expires_at":"2026-06-18T00:00:00.000Z"}',
    ),
    "order": Exchange(
        "GET", "/v1/orders/SO%2F1", {}, b"", 404, {"content-type": "application/problem+json"},
        b'{"title":"refused","status":404,"detail":"no order"}',
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", GOOD)
def test_what_is_as_described_has_no_fault(name: str) -> None:
    assert API.faults(GOOD[name]) == []


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("poll", {"target": f"{BASE}/feed?after=0&limit=501"}),
        ("poll", {"target": f"{BASE}/feed?afterwards=0"}),
        ("poll", {"body": GOOD["poll"].body.replace(b'"order_no":"SO-1",', b"")}),
        ("poll", {"body": GOOD["poll"].body.replace(b".000Z", b"Z")}),
        ("poll", {"body": b"<html>"}),
        ("poll", {"status": 302}),
        ("poll", {"method": "PUT"}),
        ("poll", {"target": "/v1/nothing"}),
        ("poll", {"target": "/v1/sites/W%20H/feed"}),
        ("stream", {"body": GOOD["stream"].body.replace(b'"reason":"x"', b'"reason":7')}),
        ("stream", {"body": GOOD["stream"].body.replace(b"id: 8\n", b"")}),
        ("stream", {"headers": {"content-type": "text/html"}}),
        ("snapshot", {"headers": {"content-type": "application/x-ndjson", "etag": '"x"'}}),
        ("snapshot", {"body": b'{"carrier":"SF"}\n{"name":"SF"}\n'}),
        ("lease", {"request_headers": JSON}),
        ("lease", {"request_body": b'{"carrier":"SF","count":0}'}),
        ("lease", {"request_body": b""}),
        ("lease", {"body": GOOD["lease"].body.replace(b'"SF1"', b"")}),
        ("order", {"headers": {"content-type": "text/plain"}}),
        ("order", {"body": b'{"status":404}'}),
    ],
)
def test_what_is_not_has_one(name: str, change: dict[str, Any]) -> None:
    assert API.faults(GOOD[name]._replace(**change))
