"""What a Prometheus server scrapes: read from store and views when it asks, so nothing is counted on the way."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, InfoMetricFamily
from prometheus_client.metrics_core import CounterMetricFamily, Metric
from prometheus_client.registry import Collector

from agent.api.messages import FloorView, HubView, Percentiles
from agent.store.store import now_ms
from agent.views import Views

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Metrics(Collector):
    """The agent's registry; `text` is one scrape."""

    def __init__(self, views: Views, reader: sqlite3.Connection) -> None:
        self._views = views
        self._reader = reader
        self._registry = CollectorRegistry(auto_describe=False)
        self._registry.register(self)

    def text(self) -> bytes:
        """In the text format."""
        return generate_latest(self._registry)

    def describe(self) -> list[Metric]:
        """None ahead of the first scrape."""
        return []

    def collect(self) -> Iterator[Metric]:
        """One look at the floor."""
        view = self._views.floor()
        info = InfoMetricFamily("floorhand", "The agent.")
        info.add_metric([], {"version": view.version, "site": view.site})
        yield info
        yield _gauge("ready", "1: the store is open and every task runs.", int(view.ready))
        yield _gauge("degraded", "Things that are not as they should be.", len(view.degraded))
        yield _labelled("orders", "Orders by state.", "state", view.orders)
        yield _gauge("exceptions_open", "Exceptions that wait for a person.", view.exceptions_open)
        yield _gauge("parked_events", "Events in the quarantine.", view.parked)
        yield from _hub(view.hub)
        yield from _printers(view)
        yield _percentiles(
            "paid_to_first_byte_ms", "Payment to the label's first byte.", view.paid_to_first_byte_ms
        )
        yield _percentiles(
            "change_to_task_ms", "Change of an order to the list that shows it.", view.change_to_task_ms
        )
        yield _labelled("waybills_free", "Leased numbers that can be used.", "carrier", self._waybills())

    def _waybills(self) -> dict[str, int]:
        sql = """SELECT carriers.carrier, (SELECT coalesce(sum(free_qty), 0) FROM waybill_pools
                   WHERE waybill_pools.carrier = carriers.carrier AND expires_at > ?) FROM carriers WHERE active"""
        return dict(self._reader.execute(sql, (now_ms(),)))


def _hub(hub: HubView) -> Iterator[Metric]:
    yield _gauge("hub_feed_up", "1: the feed is followed.", int(hub.feed == "up"))
    yield _gauge("hub_backlog_events", "Events that the hub has not got.", hub.backlog)
    yield _gauge("hub_oldest_unsent_seconds", "The age of the oldest of them.", hub.oldest_unsent_s)
    acked = CounterMetricFamily(
        "floorhand_hub_events_acknowledged", "Events on which the hub has said its word."
    )
    acked.add_metric([], hub.acked_sequence)
    yield acked
    broken = {channel.name: int(channel.state == "open") for channel in hub.channels}
    yield _labelled("hub_channel_open", "1: the channel's breaker is open.", "channel", broken)
    active = {channel.name: int(channel.active) for channel in hub.channels}
    yield _labelled("hub_channel_active", "1: what there is to send goes this way.", "channel", active)


def _printers(view: FloorView) -> Iterator[Metric]:
    ready = {printer.printer: int(printer.ready) for printer in view.printers}
    yield _labelled("printer_ready", "1: it prints.", "printer", ready)
    queued = {printer.printer: printer.queued for printer in view.printers}
    yield _labelled("printer_queued_labels", "Labels that wait for it.", "printer", queued)


def _gauge(name: str, words: str, value: float) -> Metric:
    family = GaugeMetricFamily(f"floorhand_{name}", words)
    family.add_metric([], value)
    return family


def _labelled(name: str, words: str, label: str, values: dict[str, int]) -> Metric:
    family = GaugeMetricFamily(f"floorhand_{name}", words, labels=[label])
    for key, value in values.items():
        family.add_metric([key], value)
    return family


def _percentiles(name: str, words: str, measured: Percentiles) -> Metric:
    family = GaugeMetricFamily(f"floorhand_{name}", words, labels=["quantile"])
    for quantile, value in (("0.5", measured.p50), ("0.99", measured.p99), ("1", measured.max)):
        family.add_metric([quantile], value)
    return family
