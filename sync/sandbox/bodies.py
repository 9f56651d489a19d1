"""The JSON bodies that the sandbox hub reads: 415, 400 or 422 where one is not what is expected."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from starlette.requests import Request

from sync.sandbox.problems import Problem

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]


async def body_of(request: Request, media_type: str) -> bytes:
    """The request's body. Raises Problem where it is said to be something else."""
    said = request.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if said != media_type:
        raise Problem(415, "unsupported-media-type", f"{said or 'no content type'}, expected {media_type}")
    return await request.body()


def read(body: bytes, kind: Any, otherwise: str = "malformed") -> Any:
    """The body as `kind`; `otherwise`: the problem's type where it is JSON of another shape. Raises Problem."""
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.ValidationError, RecursionError) as error:
        raise Problem(422, otherwise, str(error)) from None
    except (msgspec.DecodeError, ValueError) as error:
        raise Problem(400, "malformed", str(error)) from None
