"""The HTTP client of one base URL, made anew when the certificates on disk have changed."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import httpx

from sync.tls import Tls


class _Lent:
    def __init__(self, context: ssl.SSLContext, http: httpx.AsyncClient) -> None:
        self.context = context
        self.http = http
        self.users = 0


class Connections:
    """One client at a time. Those who use an older one keep it until they are done."""

    def __init__(self, tls: Tls, make: Callable[[ssl.SSLContext], httpx.AsyncClient]) -> None:
        self._tls = tls
        self._make = make
        self._open: list[_Lent] = []

    @asynccontextmanager
    async def lend(self) -> AsyncIterator[httpx.AsyncClient]:
        """The client for one request or stream. Raises NoCredentials."""
        lent = self._newest()
        lent.users += 1
        try:
            yield lent.http
        finally:
            lent.users -= 1
            await self._close_old()

    async def aclose(self) -> None:
        """Close all connections."""
        while self._open:
            await self._open.pop().http.aclose()

    def _newest(self) -> _Lent:
        context = self._tls.context()
        if not self._open or self._open[-1].context is not context:
            self._open.append(_Lent(context, self._make(context)))
        return self._open[-1]

    async def _close_old(self) -> None:
        idle = [lent for lent in self._open[:-1] if not lent.users]
        for lent in idle:
            self._open.remove(lent)
            await lent.http.aclose()
