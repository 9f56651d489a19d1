"""A proxy between agent and hub that passes everything on and remembers it, as the hub saw it."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import httpx
import uvicorn
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from tests.openapi import Exchange

_OF_ONE_HOP = {"connection", "keep-alive", "transfer-encoding", "host", "content-length"}


class Recording:
    """An ASGI application before `upstream`; a stream is remembered as far as it went."""

    def __init__(self, upstream: httpx.AsyncClient) -> None:
        self._upstream = upstream
        self.exchanges: list[Exchange] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """An ASGI application."""
        request = Request(scope, receive)
        body = await request.body()
        target = scope["raw_path"].decode() + (f"?{request.url.query}" if request.url.query else "")
        headers = {name: value for name, value in request.headers.items() if name not in _OF_ONE_HOP}
        passed_on = self._upstream.build_request(request.method, target, headers=headers, content=body)
        answer = await self._upstream.send(passed_on, stream=True)
        read: list[bytes] = []

        async def pieces() -> AsyncIterator[bytes]:
            try:
                async for piece in answer.aiter_raw():
                    read.append(piece)
                    yield piece
            finally:
                seen = dict(answer.headers)
                self.exchanges.append(
                    Exchange(
                        request.method, target, dict(request.headers), body, answer.status_code, seen,
                        b"".join(read),
                    )
                )  # fmt: skip

        kept = {name: value for name, value in answer.headers.items() if name not in _OF_ONE_HOP}
        await StreamingResponse(pieces(), answer.status_code, kept, background=BackgroundTask(answer.aclose))(
            scope, receive, send
        )


class _Server(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@asynccontextmanager
async def recording(upstream_url: str) -> AsyncIterator[tuple[str, Recording]]:
    """The URL of a proxy before `upstream_url`, and what it remembers."""
    listening = socket.create_server(("127.0.0.1", 0), backlog=64)
    async with httpx.AsyncClient(base_url=upstream_url, timeout=None, trust_env=False) as upstream:
        proxy = Recording(upstream)
        config = uvicorn.Config(
            proxy, log_config=None, access_log=False, lifespan="off", timeout_graceful_shutdown=1
        )
        server = _Server(config)
        serving = asyncio.create_task(server.serve([listening]))
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}", proxy
        finally:
            server.should_exit = True
            await serving
