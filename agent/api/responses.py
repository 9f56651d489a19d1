"""How the local API answers: JSON, and problem documents."""

from __future__ import annotations

from typing import Any

import msgspec
from starlette.responses import Response


def json_response(value: Any, status: int = 200) -> Response:
    """Anything msgspec can encode."""
    return Response(msgspec.json.encode(value), status, media_type="application/json")


def problem(status: int, detail: str) -> Response:
    """An RFC 9457 document."""
    body = msgspec.json.encode({"title": "refused", "status": status, "detail": detail})
    return Response(body, status, media_type="application/problem+json")
