"""The HTTP client of one site at the hub: where requests go, how long they may take, what answers mean."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import (
    AbstractContextManager,
    AsyncExitStack,
    asynccontextmanager,
    contextmanager,
    nullcontext,
)
from datetime import UTC, datetime
from ipaddress import ip_address
from types import TracebackType
from typing import Any, Self, TypeVar
from urllib.parse import quote, urlsplit

import httpx
import httpx_sse
import msgspec

from sync.backoff import parse_retry_after
from sync.bounded import events_of, read_body
from sync.cloudevents import join_batch
from sync.connections import Connections
from sync.credentials import BearerAuth, Credentials, FixedToken, without_token
from sync.errors import (
    Busy,
    CursorExpired,
    HubError,
    NotTheHub,
    Refused,
    SequenceGap,
    SlowDown,
    TooLarge,
    Unacceptable,
    Unauthorized,
    Unreachable,
    WaybillsExhausted,
)
from sync.protocols import OutboxEvent, Result
from sync.tls import Tls, TlsFiles, tls_failure

T = TypeVar("T")


_PROBE_S = 5.0
_AS_JSON = {"Accept": "application/json"}


class _Results(msgspec.Struct, frozen=True):
    results: list[Result]


class _FeedPage(msgspec.Struct, frozen=True):
    events: list[msgspec.Raw]
    next: str


class HubClient:
    """Owns the connections of one site to one hub base URL; `async with` closes them.

    `token` is shown with every request: a text, or where it comes from. `timeout_s` bounds each request as a whole;
    the event stream has its own silence limit. Each request runs inside `calling()`, which sees how it ends: the
    breaker's place.
    """

    handed: int = 0  # every batch is answered at once

    def __init__(
        self,
        url: str,
        site: str,
        token: str | Credentials,
        *,
        tls: TlsFiles | None = None,
        timeout_s: float = 15.0,
        calling: Callable[[], AbstractContextManager[None]] = nullcontext,
    ) -> None:
        self._url = f"{url.rstrip('/')}/v1/sites/{quote(site, safe='')}/"
        self._auth = BearerAuth(FixedToken(token) if isinstance(token, str) else token)
        self._timeout_s = timeout_s
        self._calling = calling
        self._tls = tls or TlsFiles()
        self._connections = Connections(Tls(self._tls), self._make)

    def _make(self, context: ssl.SSLContext) -> httpx.AsyncClient:
        return httpx.AsyncClient(
            base_url=self._url,
            auth=self._auth,
            headers={"User-Agent": "floorhand"},
            timeout=httpx.Timeout(self._timeout_s, connect=min(self._timeout_s, 5.0)),
            verify=context,
            trust_env=not _is_loopback(self._url),  # a hub on this machine is not behind the site's proxy
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close all connections."""
        await self._connections.aclose()

    async def get(self, path: str, params: Mapping[str, str] | None = None) -> httpx.Response:
        """A whole answer with status 200. Raises HubError."""
        with self._calling():
            return await self._request("GET", path, params=params)

    async def post(
        self,
        path: str,
        content: bytes,
        answer: type[T],
        *,
        content_type: str = "application/json",
        key: str | None = None,
    ) -> T:
        """Send a body, read the answer; `key` makes the request repeatable. Raises HubError."""
        headers = {"Content-Type": content_type} | ({"Idempotency-Key": key} if key else {})
        with self._calling():
            return _read(await self._request("POST", path, content=content, headers=headers), answer)

    async def ship(self, events: Sequence[OutboxEvent]) -> Sequence[Result]:
        """POST one batch of events; a Result per event in the same order. Raises HubError."""
        body = join_batch(event.body for event in events)
        headers = {"Content-Type": "application/cloudevents-batch+json"}
        with self._calling():
            answer = await self._request("POST", "events", content=body, headers=headers)
            results = _read(answer, _Results).results
            if [result.id for result in results] != [event.id for event in events]:
                raise NotTheHub("the hub's results do not match the events that were sent")
        return results

    async def probe(self) -> None:
        """Ask for one event of the feed, for the sake of an answer. Raises HubError."""
        with self._calling():
            async with _within(_PROBE_S):
                page = await self._request("GET", "feed", params={"limit": "1"}, headers=_AS_JSON)
            _read(page, _FeedPage)

    @asynccontextmanager
    async def feed(
        self, cursor: str | None, silence_s: float
    ) -> AsyncIterator[AsyncIterator[httpx_sse.ServerSentEvent]]:
        """The event stream after `cursor`; silence longer than `silence_s` ends it. Raises HubError."""
        headers = {"Accept-Encoding": "identity"}  # a compressing proxy would hold events back
        if cursor is not None:
            headers["Last-Event-ID"] = cursor
        timeout = httpx.Timeout(self._timeout_s, read=silence_s)
        async with AsyncExitStack() as connection:
            with self._calling(), _faults(self._tls):
                async with asyncio.timeout(self._timeout_s):
                    http = await connection.enter_async_context(self._connections.lend())
                    source = await connection.enter_async_context(
                        httpx_sse.aconnect_sse(http, "GET", "feed", headers=headers, timeout=timeout)
                    )
                    if not source.response.is_success:
                        body = without_token(source.response, await read_body(source.response))
                        _check(source.response, body)
                _check_stream(source.response)
            yield _events(source.response)

    async def _request(self, method: str, path: str, **rest: Any) -> httpx.Response:
        """The answer, if it is one of success; its body is read as far as any body of the hub goes."""
        with _faults(self._tls):
            async with (
                asyncio.timeout(self._timeout_s),
                self._connections.lend() as http,
                http.stream(method, path, **rest) as response,
            ):
                body = without_token(response, await read_body(response))
        _check(response, body)
        return httpx.Response(response.status_code, headers=_plain(response.headers), content=body)


def _plain(headers: httpx.Headers) -> httpx.Headers:
    """Those of a body that is unpacked and whole."""
    return httpx.Headers(
        [
            (name, value)
            for name, value in headers.items()
            if name not in {"content-encoding", "content-length"}
        ]
    )


async def _events(response: httpx.Response) -> AsyncIterator[httpx_sse.ServerSentEvent]:
    """The stream's events, network faults as HubErrors; comments only feed the silence watchdog."""
    with _faults(TlsFiles()):
        async for event in events_of(response).aiter_sse():
            if event.data:  # a comment followed by an empty line comes out as an event without data
                yield event


@asynccontextmanager
async def _within(limit_s: float) -> AsyncIterator[None]:
    """Raises Unreachable where the block takes longer."""
    try:
        async with asyncio.timeout(limit_s):
            yield
    except TimeoutError:
        raise Unreachable(f"the hub did not answer within {limit_s:g} s") from None


def _read(response: httpx.Response, kind: type[T]) -> T:
    """The answer's JSON as `kind`. Raises NotTheHub."""
    try:
        return msgspec.json.decode(response.content, type=kind)
    except (msgspec.DecodeError, RecursionError, ValueError) as error:
        raise NotTheHub(f"an answer that is not the hub's: {error}") from None


@contextmanager
def _faults(tls: TlsFiles) -> Iterator[None]:
    """Network faults as HubErrors."""
    try:
        yield
    except httpx_sse.SSEError as error:
        raise NotTheHub(str(error)) from None
    except (httpx.DecodingError, httpx.InvalidURL) as error:
        raise NotTheHub(f"{type(error).__name__}: {error}") from error
    except TimeoutError:
        raise Unreachable("the hub took too long to answer") from None
    except (httpx.HTTPError, httpx.StreamError, OSError) as error:  # what TLS 1.3 says late comes as it is
        failure = tls_failure(error, _host(error), tls)
        raise failure or Unreachable(_in_words(error)) from error


def _in_words(error: BaseException) -> str:
    """What the network said: httpx's own text is often empty, and what is beneath it is not."""
    words, name = str(error), type(error).__name__
    while not words and (below := error.__cause__ or error.__context__) is not None:
        error = below
        words = str(error)
    return f"{name}: {words}"


def _host(error: Exception) -> str:
    return error.request.url.host if isinstance(error, httpx.RequestError) else "the hub"


def _check(response: httpx.Response, body: bytes) -> None:
    """Return for 2xx; raise the HubError that the answer stands for."""
    if response.is_success:
        return
    status, problem = response.status_code, _problem(body)
    if status == 429 or status >= 500:
        wait_s = parse_retry_after(response.headers.get("Retry-After"), datetime.now(UTC))
        kind = SlowDown if status == 429 else Busy
        raise kind(status, str(problem.get("detail") or response.reason_phrase), wait_s)
    if status < 400:
        raise NotTheHub(f"status {status} is no answer of the hub (a captive portal?)")
    raise _refusal(status, problem)


def _refusal(status: int, problem: dict[str, Any]) -> HubError:
    match status, str(problem.get("type", "")).rpartition("/")[2]:
        case ((401 | 403), _):
            return Unauthorized(status, problem)
        case 410, "cursor-expired":
            return CursorExpired(status, problem)
        case 409, "sequence-gap":
            return _gap(problem)
        case 409, "waybills-exhausted":
            return WaybillsExhausted(status, problem)
        case 413, _:
            return TooLarge(status, problem)
        case ((400 | 415 | 422), _):
            return Unacceptable(status, problem)
        case _:
            return Refused(status, problem)


def _gap(problem: dict[str, Any]) -> HubError:
    try:
        return SequenceGap(409, problem, int(problem["expected"]))
    except (KeyError, TypeError, ValueError):
        return NotTheHub("a sequence-gap without the expected number")


def _problem(body: bytes) -> dict[str, Any]:
    """The RFC 9457 document of an answer; {} where there is none that can be read."""
    try:
        problem = msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError, ValueError):
        return {}  # an error page of something in between: the status alone must do
    return problem if isinstance(problem, dict) else {}


def _check_stream(response: httpx.Response) -> None:
    kind = response.headers.get("Content-Type", "")
    if not kind.startswith("text/event-stream"):
        raise NotTheHub(f"a feed of {kind or 'no content type'} instead of events (a captive portal?)")


def _is_loopback(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
