"""Refusals of the sandbox hub as RFC 9457 problem documents."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response


class Problem(Exception):
    """Raised by a handler to refuse: `kind` is the problem's type, `members` go into the document."""

    def __init__(self, status: int, kind: str, detail: str, **members: Any) -> None:
        super().__init__(detail)
        self.status = status
        self.kind = kind
        self.detail = detail
        self.members = members

    def document(self) -> dict[str, Any]:
        """The problem document."""
        head = {"type": self.kind, "title": self.kind.replace("-", " "), "status": self.status}
        return head | {"detail": self.detail} | self.members

    def response(self, headers: Mapping[str, str] | None = None) -> Response:
        """The answer that carries it."""
        body = msgspec.json.encode(self.document())
        return Response(body, self.status, headers, media_type="application/problem+json")


async def answer_problem(_request: Request, error: Exception) -> Response:
    """Exception handler for Problem and for Starlette's own 404 and 405, which says what is allowed."""
    if isinstance(error, HTTPException):
        return Problem(error.status_code, "not-served", error.detail).response(error.headers)
    assert isinstance(error, Problem)  # registered for these two alone
    return error.response()
