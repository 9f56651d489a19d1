"""How the local API answers: JSON, and problem documents."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

_DIGITS = re.compile("[0-9]{1,9}")


def json_response(value: Any, status: int = 200) -> Response:
    """Anything msgspec can encode."""
    return Response(msgspec.json.encode(value), status, media_type="application/json")


def problem(status: int, detail: str, headers: Mapping[str, str] | None = None) -> Response:
    """An RFC 9457 document."""
    body = msgspec.json.encode({"title": "refused", "status": status, "detail": detail})
    return Response(body, status, headers, media_type="application/problem+json")


async def answer_error(_request: Request, error: Exception) -> Response:
    """Paths and methods that there are not; and a fault of ours, which the server's log tells in full."""
    if isinstance(error, HTTPException):
        return problem(error.status_code, error.detail, error.headers)
    return problem(500, f"a fault of the agent's own: {type(error).__name__}; its log says more")


def not_json(request: Request) -> Response | None:
    """415 for a body that says it is something else; a page in a browser could send that without being asked."""
    said = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    return (
        problem(415, f"{said}, expected application/json") if said not in {"", "application/json"} else None
    )


def number_in(request: Request, name: str, default: int, least: int, most: int) -> int | Response:
    """A whole number of the query, or why it is none."""
    text = request.query_params.get(name, str(default))
    number = int(text) if _DIGITS.fullmatch(text) else -1
    if not least <= number <= most:
        return problem(400, f"{name} must be a number from {least} to {most}")
    return number
