"""The keeper of leased waybill numbers: ahead of need by forecast, so that three days without a hub still print."""

from __future__ import annotations

import asyncio
import logging
import random
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence

from agent.check_digits import Check, check_of, failing
from agent.core import commands as c
from agent.core.events import CarrierSet, LabelQueued, WaybillsLeased
from agent.core.floor import Entry
from agent.core.model import Carrier, FloorException, LeaseRequest, WaybillPool
from agent.core.times import from_text
from agent.lease_forecast import HISTORY_DAYS, HOUR_MS, LOW_H, Outlook, outlook
from agent.store.store import Store, now_ms
from agent.store.tables import table
from agent.wakeup import Wakeup
from sync.backoff import Backoff
from sync.client import HubClient
from sync.errors import HubError, Unacceptable, WaybillsExhausted
from sync.leases import lease

log = logging.getLogger(__name__)

LEASE_HOURS = 72
LOW, EXPIRING = "waybills-low", "waybills-expiring"
_AT_ONCE = 2_000  # numbers in one lease: its commit holds up the labels of the same moment for no longer
_HISTORY_H = HISTORY_DAYS * 24


class LeaseKeeper:
    """Keeps every active carrier's pool above its mark, and full for the hours that it has to cover alone.

    `low` names the carriers whose pool is below its mark, or does not last a day by forecast.
    """

    check_every_s = 10.0

    def __init__(
        self,
        store: Store,
        client: HubClient,
        rng: random.Random | None = None,
        *,
        lease_hours: int = LEASE_HOURS,
        checks: Mapping[str, Check] | None = None,
        clock_ms: Callable[[], int] = now_ms,
    ) -> None:
        self._store = store
        self._client = client
        self._lease_hours = lease_hours
        self._checks = checks or {}
        self._clock_ms = clock_ms
        self._reader = store.reader()
        self._wakeup = Wakeup()
        self._backoff = Backoff()
        self._rng = rng or random.Random()
        self.low: tuple[str, ...] = ()
        self._alarms = Alarms(store)
        self._told: set[str] = set()  # carriers that came or changed: orders may have waited for them
        self._until_check: dict[str, int] = {}  # labels until a carrier's pool is looked at again
        store.follow(self._committed)

    def _committed(self, entries: Sequence[Entry]) -> None:
        """A carrier that comes is looked at now, a pool when a good part of it has gone."""
        for entry in entries:
            match entry.event:
                case CarrierSet(carrier=carrier):
                    self._told.add(carrier)
                    self._wakeup.set()
                case LabelQueued(carrier=carrier, copy_no=1):
                    left = self._until_check[carrier] = self._until_check.get(carrier, 1) - 1
                    if left <= 0:
                        self._wakeup.set()

    async def run(self) -> None:
        """Lease ahead of need, for ever; a hub that is away is asked again with back-off."""
        failures = 0
        while True:
            failures = 0 if await self.fill_all() else failures + 1
            if failures:
                await asyncio.sleep(self._backoff.delay_s(failures, self._rng))
            else:
                await self._wakeup.wait(self.check_every_s)

    async def fill_all(self) -> bool:
        """Each carrier's pool once; False where one of them could not be filled."""
        carriers = list(table(Carrier).find(self._reader, "WHERE active ORDER BY carrier"))
        while self._told:
            await self._label_waiting(self._told.pop())
        self._show(carriers)
        filled = [await self._fill(carrier) for carrier in carriers]
        outlooks = self._show(carriers)
        await self._alarms.tell(LOW, dict(_low(outlooks)))
        await self._alarms.tell(EXPIRING, dict(_expiring(outlooks)))
        return all(filled)

    def _show(self, carriers: Sequence[Carrier]) -> dict[str, Outlook]:
        outlooks = {carrier.carrier: self.look(carrier) for carrier in carriers}
        self.low = tuple(
            carrier.carrier
            for carrier in carriers
            if outlooks[carrier.carrier].free < carrier.lease_low or outlooks[carrier.carrier].is_low
        )
        self._until_check = {name: 1 + each.free // 4 for name, each in outlooks.items()}
        return outlooks

    def look(self, carrier: Carrier) -> Outlook:
        """How its pool stands now; read from what the fold has counted, whatever the pool's size."""
        at = self._clock_ms()
        alive = "WHERE carrier = ? AND expires_at > ? ORDER BY expires_at"
        pools = list(table(WaybillPool).find(self._reader, alive, (carrier.carrier, at)))
        sql = "SELECT hour, used_qty FROM waybill_use WHERE carrier = ? AND hour >= ?"
        used = dict(self._reader.execute(sql, (carrier.carrier, at // HOUR_MS - _HISTORY_H)))
        return outlook(carrier, pools, used, at, self._lease_hours)

    async def _fill(self, carrier: Carrier) -> bool:
        """Lease what is missing, in as many requests as it takes; False where the hub did not give it."""
        try:
            while (wanted := self.look(carrier).to_lease) > 0:
                while wanted > 0:
                    got = await self._lease(carrier, wanted)
                    if not got:
                        return False
                    wanted -= got
        except HubError as error:
            log.warning("no waybill lease for %s: %s", carrier.carrier, error)
            return False
        return True

    async def _lease(self, carrier: Carrier, wanted: int) -> int:
        """One request; how many numbers it brought that can be used."""
        request = await self._request(carrier, wanted)
        try:
            got = await lease(self._client, request.carrier, request.count, request.request_key)
        except (WaybillsExhausted, Unacceptable) as error:
            await self._store.ask(c.RefuseLease(request_key=request.request_key, reason=str(error)))
            return 0
        failed = failing(got.numbers, check_of(carrier.carrier, self._checks))
        wrong = frozenset(failed)
        right = tuple(number for number in got.numbers if number not in wrong)
        taken = c.TakeLease(
            request_key=request.request_key, lease=got.lease, carrier=got.carrier, numbers=right,
            expires_at=from_text(got.expires_at), failed=failed,
        )  # fmt: skip
        entries = (await self._store.ask(taken)).entries
        await self._label_waiting(carrier.carrier)
        leased = (each.event for each in entries if isinstance(each.event, WaybillsLeased))
        fresh = sum(
            len(event.numbers) for event in leased
        )  # numbers that were given before do not fill a pool
        return fresh if taken.expires_at > self._clock_ms() else 0

    async def _label_waiting(self, carrier: str) -> None:
        while (await self._store.ask(c.LabelWaiting(carrier=carrier))).entries:
            log.info("labelled orders of %s that had waited", carrier)

    async def _request(self, carrier: Carrier, wanted: int) -> LeaseRequest:
        """The open request of this carrier, else a new one; its key is on disk before the hub is asked."""
        where = "WHERE carrier = ? AND state = 'open'"
        known = next(table(LeaseRequest).find(self._reader, where, (carrier.carrier,)), None)
        if known is not None:
            return known
        request = LeaseRequest(secrets.token_hex(16), carrier.carrier, min(_AT_ONCE, wanted))
        asked = c.RequestLease(carrier=request.carrier, count=request.count, request_key=request.request_key)
        await self._store.ask(asked)
        return request


class Alarms:
    """Exceptions by subject, of which each is opened once while its reason lasts, and closed when it is over."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._reader = store.reader()
        self._open: dict[str, set[str]] = {}

    async def tell(self, kind: str, texts: Mapping[str, tuple[str, str]]) -> None:
        """`texts`: by subject, what is wrong now and what to do about it."""
        known = self._open.setdefault(kind, self._told(kind))
        for subject in texts.keys() - known:
            text, proposal = texts[subject]
            await self._store.ask(c.OpenException(kind=kind, subject=subject, text=text, proposal=proposal))
        for subject in known - texts.keys():
            await self._store.ask(c.CloseException(exception=f"{kind}:{subject}", note="it is over"))
        self._open[kind] = set(texts)

    def _told(self, kind: str) -> set[str]:
        """What an earlier run has left open."""
        opened = table(FloorException).find(self._reader, "WHERE kind = ? AND closed_at IS NULL", (kind,))
        return {each.exception.removeprefix(f"{kind}:") for each in opened}


def _low(outlooks: Mapping[str, Outlook]) -> Iterator[tuple[str, tuple[str, str]]]:
    for carrier, each in outlooks.items():
        if each.is_low:
            text = (
                f"{each.free} waybill numbers of carrier {carrier} are left, by forecast for {each.lasts_h} hours; "
                f"{LOW_H} are the least"
            )
            yield (
                carrier,
                (text, f"let the hub lease numbers of {carrier}, or move its orders to another carrier"),
            )


def _expiring(outlooks: Mapping[str, Outlook]) -> Iterator[tuple[str, tuple[str, str]]]:
    for carrier, each in outlooks.items():
        if each.expiring and each.lasts_h is not None:
            text = (
                f"{each.expiring} waybill numbers of carrier {carrier} expire before they are used, and what remains "
                f"lasts {each.lasts_h} hours by forecast"
            )
            yield carrier, (text, f"let the hub lease numbers of {carrier} that are good for longer")
