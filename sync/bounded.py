"""Answers as far as they may go: a hub (or what stands in its place) must not fill the agent's memory.

Counted is what comes out of any decompression, chunk by chunk: a few bytes that unpack into gigabytes are given up in
time.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import NoReturn, cast

import httpx
import httpx_sse

from sync.errors import NotTheHub

MAX_BODY_BYTES = 64 * 2**20  # a page of 1,000 orders of 500 lines each has some 30 MB
MAX_EVENT_CHARS = 32 * 2**20


async def read_body(response: httpx.Response, most: int = MAX_BODY_BYTES) -> bytes:
    """The whole body of a streamed answer. Raises NotTheHub beyond `most` bytes."""
    body = bytearray()
    async for chunk in response.aiter_bytes():
        body += chunk
        if len(body) > most:
            _give_up(f"an answer of more than {most:,} bytes")
    return bytes(body)


class _BoundedText:
    """The part of a response that httpx-sse reads, with a limit to what comes between two empty lines."""

    def __init__(self, response: httpx.Response, most: int) -> None:
        self.headers = response.headers
        self._response = response
        self._most = most

    async def aiter_text(self) -> AsyncIterator[str]:
        """As the response does. Raises NotTheHub."""
        chars = 0
        async for text in self._response.aiter_text():
            end = max(text.rfind("\n\n"), text.rfind("\r\n\r\n"))
            chars = chars + len(text) if end < 0 else len(text) - end
            if chars > self._most:
                _give_up(f"an event of more than {self._most:,} characters")
            yield text


def events_of(response: httpx.Response, most: int = MAX_EVENT_CHARS) -> httpx_sse.EventSource:
    """The response's server-sent events. Reading them raises NotTheHub for one that is longer than `most`."""
    return httpx_sse.EventSource(cast("httpx.Response", _BoundedText(response, most)))


def _give_up(what: str) -> NoReturn:
    raise NotTheHub(f"{what}: more than any answer of the hub")
