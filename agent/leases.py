"""The keeper of leased waybill numbers: ahead of need, so that no label waits for the hub."""

from __future__ import annotations

import asyncio
import logging
import random
import secrets
from collections.abc import Sequence

from agent.core import commands as c
from agent.core.events import CarrierSet, LabelQueued
from agent.core.floor import Entry
from agent.core.model import Carrier, LeaseRequest
from agent.core.times import from_text
from agent.store.store import Store, now_ms
from agent.store.tables import table
from agent.wakeup import Wakeup
from sync.backoff import Backoff
from sync.client import HubClient
from sync.errors import HubError, WaybillsExhausted
from sync.leases import lease

log = logging.getLogger(__name__)


class LeaseKeeper:
    """Keeps every active carrier's pool above its mark; `low` names the carriers that are below it."""

    check_every_s = 10.0

    def __init__(self, store: Store, client: HubClient, rng: random.Random | None = None) -> None:
        self._store = store
        self._client = client
        self._reader = store.reader()
        self._wakeup = Wakeup()
        self._backoff = Backoff()
        self._rng = rng or random.Random()
        self.low: tuple[str, ...] = ()
        self._told: set[str] = set()  # carriers that came or changed: orders may have waited for them
        store.follow(self._committed)

    def _committed(self, entries: Sequence[Entry]) -> None:
        self._told.update(entry.event.carrier for entry in entries if isinstance(entry.event, CarrierSet))
        if any(isinstance(entry.event, CarrierSet | LabelQueued) for entry in entries):
            self._wakeup.set()

    async def run(self) -> None:
        """Lease ahead of need, for ever; a hub that is away is asked again with back-off."""
        failures = 0
        while True:
            try:
                await self._fill_all()
                failures = 0
            except HubError as error:
                failures += 1
                log.warning("no waybill lease: %s", error)
            if failures:
                await asyncio.sleep(self._backoff.delay_s(failures, self._rng))
            else:
                await self._wakeup.wait(self.check_every_s)

    async def _fill_all(self) -> None:
        carriers = list(table(Carrier).find(self._reader, "WHERE active ORDER BY carrier"))
        low = [carrier for carrier in carriers if self._is_low(carrier)]
        self.low = tuple(carrier.carrier for carrier in low)
        while self._told:
            await self._label_waiting(self._told.pop())
        for carrier in low:
            await self._fill(carrier)
        self.low = tuple(carrier.carrier for carrier in low if self._is_low(carrier))

    def _is_low(self, carrier: Carrier) -> bool:
        return self._free(carrier.carrier) < carrier.lease_low

    def _free(self, carrier: str) -> int:
        sql = "SELECT count(*) FROM waybills WHERE carrier = ? AND state = 'free' AND expires_at > ?"
        return int(self._reader.execute(sql, (carrier, now_ms())).fetchone()[0])

    async def _fill(self, carrier: Carrier) -> None:
        request = await self._request(carrier)
        try:
            got = await lease(self._client, request.carrier, request.count, request.request_key)
        except WaybillsExhausted as error:
            await self._store.ask(c.RefuseLease(request_key=request.request_key, reason=str(error)))
            return
        taken = c.TakeLease(
            request_key=request.request_key, lease=got.lease, carrier=got.carrier, numbers=got.numbers,
            expires_at=from_text(got.expires_at),
        )  # fmt: skip
        await self._store.ask(taken)
        await self._label_waiting(carrier.carrier)

    async def _label_waiting(self, carrier: str) -> None:
        while (await self._store.ask(c.LabelWaiting(carrier=carrier))).entries:
            log.info("labelled orders of %s that had waited", carrier)

    async def _request(self, carrier: Carrier) -> LeaseRequest:
        """The open request of this carrier, else a new one; its key is on disk before the hub is asked."""
        where = "WHERE carrier = ? AND state = 'open'"
        known = next(table(LeaseRequest).find(self._reader, where, (carrier.carrier,)), None)
        if known is not None:
            return known
        count = max(1, min(10_000, carrier.lease_size))
        request = LeaseRequest(secrets.token_hex(16), carrier.carrier, count)
        await self._store.ask(
            c.RequestLease(carrier=request.carrier, count=count, request_key=request.request_key)
        )
        return request
