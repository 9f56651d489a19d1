"""The agent's local API as the screens need it: the floor as it changes; manifests, scanners and the
quarantine when somebody asks.

The follower never gives up: it says what it lost and why, waits a little longer each time, and heals by
itself.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol, Self, TypeVar
from urllib.parse import quote
from uuid import uuid4

import httpx
import msgspec
from httpx_sse import SSEError, aconnect_sse

from agent.api.messages import (
    LATER,
    PAIRING_STEPS,
    CommandAnswer,
    DeparturesView,
    FloorView,
    FoundView,
    ManifestView,
    PairingStep,
    QuarantineView,
    Role,
)

T = TypeVar("T")
ANSWER_TIMEOUT_S = 5.0
FIND_S = 8.0  # so long the agent listens for scanners
FOUND_WITHIN_S = FIND_S + 20.0
PAIRED_WITHIN_S = 120.0  # the agent gives up before
QUIET_S = 6.0
FIRST_WAIT_S = 0.25
LONGEST_WAIT_S = 5.0


@dataclass(frozen=True)
class Connection:
    """How the screens stand with the agent; where it is lost, why, and how long until the next try."""

    state: Literal["connecting", "live", "lost"]
    reason: str = ""
    wait_s: float = 0.0


OnFloor = Callable[[FloorView], object]
OnConnection = Callable[[Connection], object]


class FloorSource(Protocol):
    """Where a screen gets its floor from."""

    async def follow(self, on_floor: OnFloor, on_connection: OnConnection) -> None:
        """Tell every floor and every change of the connection, for ever."""

    def retry_now(self) -> None:
        """Do not wait for the next try."""


class UnansweredError(Exception):
    """The agent gave no answer; why, in words."""


class ManifestSource(Protocol):
    """Where a screen gets departures and manifests from. Both raise UnansweredError."""

    async def departures(self) -> DeparturesView:
        """Every departure to come, and the last ones that have left."""

    async def manifest(self, carrier: str, departure_at: str | None, limit: int) -> ManifestView:
        """One manifest; of its parcels the latest, and of what is missing the first."""


class ScannerSource(Protocol):
    """Who finds and pairs scanners for a screen."""

    async def find_scanners(self) -> FoundView:
        """What is around; it takes some seconds. UnansweredError."""

    def pair(self, station: str, role: Role, *, write: bool) -> AsyncGenerator[PairingStep, None]:
        """The steps of a pairing, each as it happens; closing it ends the pairing. UnansweredError."""


class QuarantineSource(Protocol):
    """Who shows the quarantine to a screen, and settles what is in it. All raise UnansweredError."""

    async def quarantine(self, limit: int) -> QuarantineView:
        """The newest of what is parked."""

    async def release_parked(self, parked: str, note: str, body: str) -> CommandAnswer:
        """Let it go on with this body, its own or another one."""

    async def drop_parked(self, parked: str, note: str) -> CommandAnswer:
        """Give it up."""


class AgentSource(FloorSource, ManifestSource, ScannerSource, QuarantineSource, Protocol):
    """Everything that the screens ask for."""


class StreamEndedError(Exception):
    """The agent closed the stream: it is stopping."""


LOSSES = (httpx.HTTPError, httpx.InvalidURL, SSEError, msgspec.MsgspecError, StreamEndedError)


class AgentClient:
    """Follows the floor of one agent over HTTP, and asks it for the rest; `by` is who asks, for its journal."""

    def __init__(
        self, http: httpx.AsyncClient, where: str, *, quiet_s: float = QUIET_S, by: str = "supervisor"
    ) -> None:
        self.where = where
        self.by = by
        self._http = http
        self._quiet_s = quiet_s
        self._retry = asyncio.Event()
        self._decoder = msgspec.json.Decoder(FloorView)

    @classmethod
    def on_socket(cls, socket: Path, *, quiet_s: float = QUIET_S, by: str = "supervisor") -> Self:
        """Over the agent's unix socket; its file mode is the permission."""
        transport = httpx.AsyncHTTPTransport(uds=str(socket))
        http = httpx.AsyncClient(
            base_url="http://floorhand", transport=transport, timeout=ANSWER_TIMEOUT_S, trust_env=False
        )
        return cls(http, str(socket), quiet_s=quiet_s, by=by)

    @classmethod
    def on_url(
        cls, url: str, token: str | None = None, *, quiet_s: float = QUIET_S, by: str = "supervisor"
    ) -> Self:
        """Over the agent's TCP listener; `token` where it asks for one."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        http = httpx.AsyncClient(base_url=url, headers=headers, timeout=ANSWER_TIMEOUT_S, trust_env=False)
        return cls(http, url, quiet_s=quiet_s, by=by)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.aclose()

    @property
    def authorization(self) -> str | None:
        """What is shown to an agent that asks for a token."""
        shown: str | None = self._http.headers.get("Authorization")
        return shown

    async def floor(self) -> FloorView:
        """The floor now. Raises `httpx.HTTPError` or `msgspec.MsgspecError`."""
        return await _answer(self._http.get("/v1/floor"), FloorView)

    async def departures(self) -> DeparturesView:
        """Every departure to come, and the last ones that have left. UnansweredError."""
        return await self._ask(self._http.get("/v1/manifests"), DeparturesView)

    async def manifest(self, carrier: str, departure_at: str | None, limit: int) -> ManifestView:
        """One manifest, its lists not longer than `limit`. UnansweredError."""
        path = f"/v1/manifests/{quote(carrier, safe='')}/{quote(departure_at or LATER)}"
        return await self._ask(self._http.get(path, params={"limit": limit}), ManifestView)

    async def find_scanners(self) -> FoundView:
        """What is around; it takes some seconds. UnansweredError."""
        asked = self._http.post("/v1/scanners/find", json={"seconds": FIND_S}, timeout=FOUND_WITHIN_S)
        return await self._ask(asked, FoundView)

    async def pair(self, station: str, role: Role, *, write: bool) -> AsyncGenerator[PairingStep, None]:
        """The steps of a pairing, each as it happens; closing it ends the pairing. UnansweredError."""
        asked = {"station": station, "role": role, "write": write}
        timeout = httpx.Timeout(ANSWER_TIMEOUT_S, read=PAIRED_WITHIN_S)
        try:
            async with aconnect_sse(
                self._http, "POST", "/v1/scanners/pair", json=asked, timeout=timeout
            ) as source:
                if source.response.is_error:
                    await source.response.aread()
                source.response.raise_for_status()
                async for event in source.aiter_sse():
                    if event.event in PAIRING_STEPS:
                        yield msgspec.json.decode(event.data, type=PAIRING_STEPS[event.event])
        except LOSSES as error:
            raise UnansweredError(self._reason(error)) from error

    async def quarantine(self, limit: int) -> QuarantineView:
        """The newest of what is parked. UnansweredError."""
        return await self._ask(self._http.get("/v1/quarantine", params={"limit": limit}), QuarantineView)

    async def release_parked(self, parked: str, note: str, body: str) -> CommandAnswer:
        """Let it go on with this body, its own or another one. UnansweredError."""
        return await self._command("parked.release", parked=parked, note=note, body=body)

    async def drop_parked(self, parked: str, note: str) -> CommandAnswer:
        """Give it up. UnansweredError."""
        return await self._command("parked.drop", parked=parked, note=note)

    async def _command(self, kind: str, **fields: str) -> CommandAnswer:
        asked = {"id": str(uuid4()), "type": kind, "by": self.by} | fields
        return await self._ask(self._http.post("/v1/commands", json=asked), CommandAnswer)

    async def follow(self, on_floor: OnFloor, on_connection: OnConnection) -> None:
        """Tell the floor, each change of it, and each change of the connection; only cancelling ends it."""
        on_connection(Connection("connecting"))
        failures = 0
        while True:
            live = False
            try:
                async with aclosing(self._floors()) as floors:
                    async for view in floors:
                        if not live:
                            live, failures = True, 0
                            on_connection(Connection("live"))
                        on_floor(view)
            except LOSSES as error:
                wait_s = backoff_s(failures)
                failures += 1
                on_connection(Connection("lost", self._reason(error), wait_s))
                await self._wait(wait_s)

    def retry_now(self) -> None:
        """End the present wait between two tries, if there is one."""
        self._retry.set()

    async def _ask(self, asked: Awaitable[httpx.Response], kind: type[T]) -> T:
        try:
            return await _answer(asked, kind)
        except LOSSES as error:
            raise UnansweredError(self._reason(error)) from error

    async def _floors(self) -> AsyncGenerator[FloorView, None]:
        """Floors until something breaks. A quiet stream is opened anew, lest it hangs."""
        timeout = httpx.Timeout(ANSWER_TIMEOUT_S, read=self._quiet_s)
        while True:
            async with aconnect_sse(self._http, "GET", "/v1/floor/stream", timeout=timeout) as source:
                source.response.raise_for_status()
                # Asked only now that the stream is open, so that no change falls between the two.
                yield await self.floor()
                try:
                    async for event in source.aiter_sse():
                        if event.event == "floor":
                            yield self._decoder.decode(event.data)
                except httpx.ReadTimeout:
                    continue
            raise StreamEndedError

    async def _wait(self, wait_s: float) -> None:
        self._retry.clear()
        try:
            async with asyncio.timeout(wait_s):
                await self._retry.wait()
        except TimeoutError:
            return  # nobody was in a hurry: the wait is simply over

    def _reason(self, error: Exception) -> str:
        match error:
            case httpx.HTTPStatusError() if error.response.status_code in (401, 403):
                return f"the agent refused the token ({error.response.status_code})"
            case httpx.HTTPStatusError():
                return _detail(error.response) or f"the agent answered {error.response.status_code}"
            case httpx.TimeoutException():
                return "the agent did not answer in time"
            case httpx.ConnectError():
                return f"nothing answers at {self.where}"
            case msgspec.MsgspecError() | SSEError():
                return f"not understood, is it another version? {error}"
            case StreamEndedError():
                return "the agent is stopping"
            case _:
                return "the connection broke"


async def _answer(asked: Awaitable[httpx.Response], kind: type[T]) -> T:
    answer = await asked
    answer.raise_for_status()
    return msgspec.json.decode(answer.content, type=kind)


class _Problem(msgspec.Struct):
    detail: str = ""


def _detail(refused: httpx.Response) -> str:
    """Why, in the agent's own words (RFC 9457), where it has any."""
    if refused.headers.get("content-type") != "application/problem+json":
        return ""
    return msgspec.json.decode(refused.content, type=_Problem).detail


def backoff_s(failures: int) -> float:
    """The wait after so many failures in a row: short at first, doubling, never long."""
    return float(min(LONGEST_WAIT_S, FIRST_WAIT_S * 2 ** min(failures, 10)))
