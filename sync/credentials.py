"""The token that the site shows the hub: a file that may be written anew while the agent runs."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Generator
from contextlib import suppress
from pathlib import Path
from typing import Protocol

import httpx

from sync.errors import NoCredentials
from sync.tls import Stamp, stamp

log = logging.getLogger(__name__)

_TOKEN = re.compile(r"[\x21-\x7e]+")
_REFUSED = frozenset({401, 403})


class Credentials(Protocol):
    """Where the token of each request comes from."""

    def token(self) -> str:
        """The token to show now; empty: none. Raises NoCredentials."""

    def token_after(self, refused: str, /) -> str | None:
        """The hub has refused this token: another one, if there is one by now."""


class FixedToken:
    """A token that never changes."""

    def __init__(self, token: str) -> None:
        self._token = token

    def token(self) -> str:
        return self._token

    def token_after(self, _refused: str) -> None:
        return None


class FileToken:
    """The one line of a file. It is read again when the file has changed, and when the hub has refused it.

    While the file is away or holds no token, the last one goes on. `also` is where a new token may lie when the one of
    `path` is refused: a service manager's copy stays as it was at the start. `on_read` is told of each before its use.
    """

    def __init__(
        self, path: Path, on_read: Callable[[str], object] | None = None, *, also: Path | None = None
    ) -> None:
        self._path = path
        self._also = also
        self._on_read = on_read
        self._stamp: Stamp = None
        self._token: str | None = None

    def token(self) -> str:
        now = stamp(self._path)
        if self._token is None or now != self._stamp:
            self._stamp = now
            self._read()
        if self._token is None:
            raise NoCredentials(f"the token: {self._fault}")
        return self._token

    def token_after(self, refused: str) -> str | None:
        if self._also is not None:
            with suppress(ValueError):  # it need not be there, nor be for the agent to read
                self._use(read_token(self._also))
        if self._token == refused:
            self._read()
        return self._token if self._token != refused else None

    def _read(self) -> None:
        try:
            self._use(read_token(self._path))
        except ValueError as error:
            self._fault = str(error)
            if self._token is not None:
                log.warning("%s; the token read before is used", error)

    def _use(self, token: str) -> None:
        if token != self._token and self._on_read is not None:
            self._on_read(token)
        self._token = token


def read_token(path: Path) -> str:
    """A file's token without its trailing newline. Raises ValueError, which never quotes what the file holds."""
    try:
        token = path.read_bytes().rstrip(b"\r\n").decode("ascii", "replace")
    except OSError as error:
        raise ValueError(f"{path}: cannot be read: {error.strerror}") from error
    if _TOKEN.fullmatch(token) is None:
        raise ValueError(f"{path}: holds no token: one line of ASCII without spaces is expected")
    return token


class BearerAuth(httpx.Auth):
    """Shows the token; a request that is refused is made once more where there is another token by then."""

    def __init__(self, credentials: Credentials) -> None:
        self._credentials = credentials

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        token = self._credentials.token()
        response = yield _shown(request, token)
        if response.status_code in _REFUSED:
            other = self._credentials.token_after(token)
            if other is not None:
                yield _shown(request, other)


def _shown(request: httpx.Request, token: str) -> httpx.Request:
    if token:
        request.headers["Authorization"] = f"Bearer {token}"
    return request


def without_token(response: httpx.Response, body: bytes) -> bytes:
    """The answer's body; a hub that quotes the token must not bring it into texts, rows and logs."""
    token = response.request.headers.get("Authorization", "").removeprefix("Bearer ").encode()
    return body.replace(token, b"***") if token else body
