"""People of the sandbox: dock workers who match labels with totes and scan, and a supervisor who settles things."""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import Awaitable, Callable
from typing import Any

import httpx

from devices.sim.printer import PrintedLabel
from devices.sim.scanner import PtyScanner

log = logging.getLogger(__name__)

_FILLED_UP_QTY = 1000
_GIVE_UP_AFTER = 12  # stops in a row: the order was cancelled, and nobody ships it


class Dock:
    """Totes come from the pickers, labels from the printers; what has both goes under a scanner."""

    def __init__(self, scanners: list[PtyScanner], speed: float) -> None:
        self._scanners = scanners
        self._handling_s = 4.0 / speed
        self._labels: dict[str, PrintedLabel] = {}
        self._ready: asyncio.Queue[str] = asyncio.Queue()
        self._waiting: set[str] = set()  # totes without a label
        self._stops: dict[str, int] = {}
        self.shipped: set[str] = set()

    def take_label(self, label: PrintedLabel) -> None:
        """A label came out of a printer: the newest one of an order counts."""
        self._labels[label.order_no] = label
        if label.order_no in self._waiting:
            self._waiting.discard(label.order_no)
            self._ready.put_nowait(label.order_no)

    def take_tote(self, order_no: str) -> None:
        """A tote of an order arrived."""
        self._stops.pop(order_no, None)
        if order_no in self._labels:
            self._ready.put_nowait(order_no)
        else:
            self._waiting.add(order_no)

    async def run(self) -> None:
        """One worker per scanner, for ever."""
        async with asyncio.TaskGroup() as group:
            for scanner in self._scanners:
                group.create_task(self._work(scanner, group))

    async def _work(self, scanner: PtyScanner, group: asyncio.TaskGroup) -> None:
        while True:
            order_no = await self._ready.get()
            if order_no in self.shipped:
                continue
            await asyncio.sleep(self._handling_s)
            tone = await scanner.scan(self._labels[order_no].waybill, timeout_s=3.0)
            if tone == "good":
                self.shipped.add(order_no)
            elif tone is None or self._may_try_again(order_no):
                group.create_task(self._later(order_no))

    def _may_try_again(self, order_no: str) -> bool:
        self._stops[order_no] = self._stops.get(order_no, 0) + 1
        return self._stops[order_no] <= _GIVE_UP_AFTER

    async def _later(self, order_no: str) -> None:
        await asyncio.sleep(0.3 * self._stops.get(order_no, 1))
        self._ready.put_nowait(order_no)


class Supervisor:
    """Looks at the exceptions every second and does what a person would, through the local API."""

    def __init__(
        self, api: httpx.AsyncClient, hub: httpx.AsyncClient, printed: Callable[[str], bool]
    ) -> None:
        self._api = api
        self._hub = hub
        self._printed = printed  # is a label of this print job on the table?
        self.done: list[tuple[str, str]] = []
        self._acts: dict[str, Callable[[dict[str, Any]], Awaitable[None]]] = {
            "short": self._ship_short,
            "suspect-label": self._look_at_paper,
            "count": self._count,
        }

    async def run(self) -> None:
        """For ever; an agent that is away is asked again."""
        while True:
            try:
                answer = await self._api.get("/v1/exceptions")
                for exception in answer.json()["exceptions"]:
                    act = self._acts.get(exception["kind"])
                    if act is not None:
                        await act(exception)
            except httpx.HTTPError:
                log.debug("the agent does not answer, the supervisor looks again")
            await asyncio.sleep(1.0)

    async def _command(self, kind: str, subject: str, **fields: Any) -> bool:
        """Was it not refused?"""
        body = {"id": str(uuid.uuid4()), "type": kind, "by": "sandbox-supervisor", **fields}
        answer = (await self._api.post("/v1/commands", json=body)).raise_for_status()
        self.done.append((kind, subject))
        return bool(answer.json()["status"] != "refused")

    async def _ship_short(self, exception: dict[str, Any]) -> None:
        """The customer takes what was found; where nothing was, the order is called off."""
        order_no = exception["order_no"]
        if not await self._command("order.unhold", order_no, order_no=order_no):
            await self._command("order.cancel", order_no, order_no=order_no, reason="nothing of it was found")

    async def _count(self, exception: dict[str, Any]) -> None:
        """The location is filled up and counted; the count comes back from the hub, as every stock does."""
        location, _, sku = exception["exception"].partition(":")[2].partition("/")
        count = {"location": location, "sku": sku, "qty": _FILLED_UP_QTY}
        put = {"type": "stock.set", "subject": location, "source": "/wms", "data": count}
        (await self._hub.post("/sandbox/feed", json=[put])).raise_for_status()
        await self._command("exception.close", location, exception=exception["exception"], note="counted")

    async def _look_at_paper(self, exception: dict[str, Any]) -> None:
        """A label that came out is on the table in front of the printer."""
        job = exception["exception"].partition(":")[2]
        await self._command("label.settle", job, job=job, printed=self._printed(job))
