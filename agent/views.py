"""What the local API shows: the floor at a glance, orders with their timeline, exceptions."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from agent import manifests
from agent.api.messages import (
    ChannelView,
    DeparturesView,
    ExceptionView,
    FloorView,
    HubView,
    ManifestView,
    ParkedView,
    PdaView,
    Percentiles,
    PrinterView,
    QuarantineView,
    ScannerView,
)
from agent.core.lineage import lineage
from agent.core.model import FloorException, Order, OrderState, Parcel, Parked, PrintJob, StopState, Task
from agent.core.times import to_text
from agent.desk import TaskDesk
from agent.hub_outbox import HubOutbox
from agent.spool import Spool
from agent.stations import Stations
from agent.store.history import lineage_rows
from agent.store.store import Store, now_ms
from agent.store.tables import table
from sync.protocols import ChannelState, LinkState
from sync.times import format_time

_STATES = (*(state.value for state in OrderState if state is not OrderState.CANCELLED), "held", "cancelled")
_SHOWN_EXCEPTIONS = 50


class Views:
    """Reads for people, in one thread at a time; nothing here changes anything."""

    def __init__(self, store: Store, spool: Spool, desk: TaskDesk, stations: Stations, version: str) -> None:
        self._store = store
        self._reader = store.reader()
        self._spool = spool
        self._desk = desk
        self._stations = stations
        self._version = version
        self.outbox: HubOutbox | None = None
        self._feeds: dict[str, LinkState] = {}
        self.relay: LinkState | None = None
        self.channels: tuple[ChannelState, ...] = ()
        self.degraded: tuple[str, ...] = ()
        self.ready = False

    def show_feed(self, channel: str, state: LinkState) -> None:
        """How the feed of a channel is, from now on."""
        self._feeds[channel] = state

    @property
    def feed(self) -> LinkState | None:
        """The feed that is up, else that of the preferred channel; None before the first word."""
        feeds = list(self._feeds.values())
        return next((feed for feed in feeds if feed.up), feeds[0] if feeds else None)

    def show_relay(self, state: LinkState) -> None:
        """How the relay is, from now on."""
        self.relay = state

    def floor(self) -> FloorView:
        """Everything that matters at a glance."""
        hops, changes = tuple(self._spool.hops), tuple(self._desk.change_to_task_ms)  # the loop adds to them
        orders = self._orders()
        exceptions = list(self._exceptions(_SHOWN_EXCEPTIONS))
        walked, naive = self._reader.execute(
            "SELECT coalesce(sum(distance_mm), 0), coalesce(sum(naive_mm), 0) FROM tasks WHERE state <> 'recalled'"
        ).fetchone()
        return FloorView(
            site=self._store.site,
            at=to_text(now_ms()),
            version=self._version,
            ready=self.ready,
            degraded=self.degraded,
            orders=orders,
            shipped_total=orders["shipped"],
            paid_to_first_byte_ms=Percentiles.of(round(each.paid_to_first_byte_ms) for each in hops),
            change_to_task_ms=Percentiles.of(changes),
            printers=tuple(self._printers()),
            scanners=tuple(self._scanners()),
            pdas=tuple(self._pdas()),
            hub=self._hub(),
            exceptions_open=self._one("SELECT count(*) FROM exceptions WHERE closed_at IS NULL"),
            exceptions=tuple(exceptions),
            walked_mm=walked,
            naive_mm=naive,
            parked=self._parked(),
        )

    def _one(self, sql: str, values: tuple[Any, ...] = ()) -> int:
        return int(self._reader.execute(sql, values).fetchone()[0])

    def _orders(self) -> dict[str, int]:
        """Both questions are answered from an index alone: a hold hides the state under it."""
        counts = dict.fromkeys(_STATES, 0)
        counts.update(self._reader.execute("SELECT state, count(*) FROM orders GROUP BY state"))
        held = "SELECT state, count(*) FROM orders WHERE held IS NOT NULL GROUP BY state"
        for state, count in self._reader.execute(held):
            if state not in {"shipped", "cancelled"}:
                counts[state] -= count
                counts["held"] += count
        return counts

    def _exceptions(self, most: int) -> Iterable[ExceptionView]:
        for each in table(FloorException).find(
            self._reader, "WHERE closed_at IS NULL ORDER BY opened_at, exception LIMIT ?", (most,)
        ):
            yield ExceptionView(
                each.exception, each.kind, each.order_no, each.text, to_text(each.opened_at), each.proposal
            )

    def _printers(self) -> Iterable[PrinterView]:
        counts: dict[str, dict[str, int]] = {}
        for printer, state, count in self._reader.execute(
            "SELECT printer, state, count(*) FROM print_jobs GROUP BY 1, 2"
        ):
            counts.setdefault(printer, {})[state] = count
        paused = {row[0] for row in self._reader.execute("SELECT device FROM devices WHERE paused")}
        for owner in self._spool.owners:
            mine = counts.get(owner.name, {})
            state = "paused" if owner.name in paused else str(owner.status.state)
            yield PrinterView(
                owner.name,
                "printing" if owner.printing else state,
                owner.status.reason,
                mine.get("queued", 0),
                mine.get("confirmed", 0),
                mine.get("suspect", 0),
                owner.status.ready,
            )

    def _scanners(self) -> Iterable[ScannerView]:
        for each in self._stations.all:
            last = to_text(each.last_scan_at) if each.last_scan_at else None
            state = "fault" if each.fault else "up"
            vitals = each.last_vitals
            yield ScannerView(
                each.name, each.role, state, each.fault or "", each.scans, last, vitals.path,
                vitals.battery_percent, vitals.signal_dbm, each.ignored, each.noises,
            )  # fmt: skip

    def _pdas(self) -> Iterable[PdaView]:
        live = {
            task.pda: task
            for task in table(Task).find(self._reader, "WHERE state = 'assigned' OR state = 'accepted'")
        }
        for pda, presence in sorted(self._desk.presences.items()):
            task = live.get(pda)
            stops = [stop for stop in task.stops if stop.state is not StopState.CANCELLED] if task else []
            battery = None if presence.battery is None else round(presence.battery)
            yield PdaView(
                pda, presence.online, presence.picker, battery, task.task if task else None,
                task.state.value if task else None, sum(1 for stop in stops if not stop.open_qty), len(stops),
                task.distance_mm if task else 0,
            )  # fmt: skip

    def _hub(self) -> HubView:
        head = self._one("SELECT coalesce(max(sequence), 0) FROM journal WHERE sequence IS NOT NULL")
        acked = self.outbox.acked if self.outbox is not None else 0
        age_s = self.outbox.unsent_s() if self.outbox is not None else 0.0
        reason = " · ".join(
            state.reason for state in (self.feed, self.relay) if state is not None and state.reason
        )
        return HubView(
            feed="up" if self.feed is not None and self.feed.up else "down",
            relay=self.relay.doing if self.relay is not None else "idle",
            reason=reason,
            head_sequence=head,
            acked_sequence=acked,
            backlog=head - acked,
            oldest_unsent_s=age_s,
            channels=tuple(
                ChannelView(each.name, each.state, each.active, each.reason, format_time(each.since))
                for each in self.channels
            ),
        )

    def exceptions(self) -> dict[str, Any]:
        """Everything that waits for a person."""
        return {"exceptions": list(self._exceptions(1000))}

    # --- the quarantine -------------------------------------------------------------------------------------

    def quarantine(self, most: int) -> QuarantineView:
        """What is parked, the newest first."""
        where = "WHERE state = 'parked' ORDER BY parked_at DESC, parked LIMIT ?"
        waiting = table(Parked).find(self._reader, where, (most,))
        return QuarantineView(to_text(now_ms()), self._parked(), tuple(map(_parked_view, waiting)))

    def _parked(self) -> int:
        return self._one("SELECT count(*) FROM parked WHERE state = 'parked'")

    # --- manifests ------------------------------------------------------------------------------------------

    def departures(self, carrier: str | None) -> DeparturesView:
        """See `agent.manifests`."""
        return manifests.departures(self._reader, now_ms(), carrier)

    def manifest(self, carrier: str, departure_at: int | None, most: int) -> ManifestView | None:
        """See `agent.manifests`."""
        return manifests.manifest(self._reader, now_ms(), carrier, departure_at, most)

    # --- orders ---------------------------------------------------------------------------------------------

    def orders(
        self, *, state: str | None, carrier: str | None, q: str | None, limit: int, after: str
    ) -> dict[str, Any]:
        """A page of orders by number, and where the next begins."""
        where, values = ["order_no > ?"], [after]
        if carrier is not None:
            where.append("carrier = ?")
            values.append(carrier)
        if state == "held":
            where.append("held IS NOT NULL AND state NOT IN ('shipped', 'cancelled')")
        elif state is not None:
            where.append("state = ? AND (held IS NULL OR state IN ('shipped', 'cancelled'))")
            values.append(state)
        if q:
            where.append("(instr(lower(order_no), lower(?)) OR instr(lower(waybill), lower(?)))")
            values += [q, q]
        clause = f"WHERE {' AND '.join(where)} ORDER BY order_no LIMIT {limit + 1}"
        found = list(table(Order).find(self._reader, clause, values))
        page = [_brief(order) for order in found[:limit]]
        return {"orders": page, "next": page[-1]["order_no"] if len(found) > limit else None}

    def order(self, order_no: str) -> dict[str, Any] | None:
        """One order with its waybills, timeline and the lineage of its fields."""
        order = next(table(Order).find(self._reader, "WHERE order_no = ?", (order_no,)), None)
        if order is None:
            return None
        history = lineage_rows(self._reader, order_no)
        timeline = [
            {"at": to_text(row.at), "type": row.type, "source": row.by}
            | ({"sequence": row.sequence} if row.sequence is not None else {})
            for row in history
            if row.order_no == order_no
        ]
        return {
            "order": _whole(order),
            "state": order.shown_state,
            "waybills": list(self._waybills(order_no)),
            "timeline": timeline,
            "lineage": lineage(order_no, (row.told for row in history)),
        }

    def _waybills(self, order_no: str) -> Iterable[dict[str, Any]]:
        states = {
            parcel.waybill: parcel.state
            for parcel in table(Parcel).find(self._reader, "WHERE order_no = ?", (order_no,))
        }
        for waybill, state in states.items():
            for job in table(PrintJob).find(self._reader, "WHERE waybill = ? ORDER BY copy_no", (waybill,)):
                yield {"waybill": waybill, "job": job.job, "copy": job.copy_no, "state": state}


def _parked_view(each: Parked) -> ParkedView:
    return ParkedView(
        each.parked, to_text(each.parked_at), each.direction, each.source, each.event, each.kind, each.subject,
        each.order_no, each.reason, each.body, each.size_bytes, each.sha256,
    )  # fmt: skip


def _brief(order: Order) -> dict[str, Any]:
    return {
        "order_no": order.order_no, "state": order.shown_state, "carrier": order.carrier, "owner": order.owner,
        "waybill": order.waybill, "state_at": to_text(order.state_at), "lines": len(order.lines),
    }  # fmt: skip


def _whole(order: Order) -> dict[str, Any]:
    """All of it, its times as people read them."""
    fields: dict[str, Any] = msgspec.structs.asdict(order)
    times = {name: to_text(at) for name, at in fields.items() if name.endswith("_at") and at is not None}
    return fields | times
