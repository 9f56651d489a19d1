"""What the local API says about the floor: the types that server and screens share.

Plain data, JSON through msgspec. Times are RFC 3339 UTC strings, durations are named with their unit.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal

import msgspec

Role = Literal["pick", "pack", "ship", "return"]  # what a scan at a station means
LATER = "later"  # in words and paths: the departure that follows the last that any order names


def percentile(ordered: Sequence[float], share: float) -> float:
    """The value below which `share` of the sorted values lie; the p99 of few is their largest."""
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


class Percentiles(msgspec.Struct, frozen=True):
    """Of some samples; all zero where there is none yet."""

    count: int = 0
    p50: float = 0.0
    p99: float = 0.0
    max: float = 0.0

    @classmethod
    def of(cls, samples: Iterable[float]) -> Percentiles:
        """Of all of them."""
        ordered = sorted(float(sample) for sample in samples)
        if not ordered:
            return cls()
        return cls(len(ordered), percentile(ordered, 0.50), percentile(ordered, 0.99), ordered[-1])


class PrinterView(msgspec.Struct, frozen=True):
    """One label printer as a supervisor sees it."""

    printer: str
    state: str  # online | printing | paper low | paper out | cover open | head hot | paused | jammed | fault | unknown
    reason: str  # in words, where the state alone does not say it
    queued: int
    printed: int
    suspect: int
    ready: bool = True  # it takes jobs


class PdaView(msgspec.Struct, frozen=True):
    """One PDA: who carries it and how far its pick list is."""

    pda: str
    online: bool
    picker: str | None
    battery_percent: int | None
    task: str | None
    task_state: str | None  # assigned | accepted
    stops_done: int
    stops_total: int
    distance_mm: int


class ScannerView(msgspec.Struct, frozen=True):
    """One scanner or gateway, how it is, and its last scan."""

    scanner: str
    role: str
    state: str  # up | fault
    reason: str
    scans: int
    last_scan_at: str | None
    path: str = ""  # what it hangs on: "hci0", "serial", "gateway gw1"
    battery_percent: int | None = None
    signal_dbm: int | None = None
    ignored: int = 0  # bounces and repeats
    garbled: int = 0  # what came and was no code


class ChannelView(msgspec.Struct, frozen=True):
    """A way to the hub and its breaker; `active`: what there is to send goes this way."""

    name: str
    state: str  # closed | open | half-open
    active: bool
    reason: str
    since: str


class HubView(msgspec.Struct, frozen=True):
    """The hub link: is the feed up, what has the hub not got yet, and which channel leads there."""

    feed: str  # up | down
    relay: str  # idle | sending | retrying | stopped
    reason: str
    head_sequence: int
    acked_sequence: int
    backlog: int
    oldest_unsent_s: float
    channels: tuple[ChannelView, ...] = ()


class ExceptionView(msgspec.Struct, frozen=True):
    """Something that waits for a person."""

    exception: str
    kind: str
    order_no: str | None
    text: str
    opened_at: str
    proposal: str = ""


class FloorView(msgspec.Struct, frozen=True):
    """Everything that matters at a glance; one of these a change on `/v1/floor/stream`."""

    site: str
    at: str
    version: str
    ready: bool
    degraded: tuple[str, ...]
    orders: dict[str, int]  # state -> how many; `held` and `cancelled` among the states
    shipped_total: int
    paid_to_first_byte_ms: Percentiles
    change_to_task_ms: Percentiles
    printers: tuple[PrinterView, ...]
    scanners: tuple[ScannerView, ...]
    pdas: tuple[PdaView, ...]
    hub: HubView
    exceptions_open: int
    exceptions: tuple[ExceptionView, ...]  # the oldest 50
    walked_mm: int  # of the planned lists so far
    naive_mm: int  # the same stops, one order at a time, in the order of their lines
    parked: int = 0  # events in the quarantine that wait for a person


class ParkedView(msgspec.Struct, frozen=True):
    """An event in the quarantine; `body` as it came, or as whoever tried to release it last has left it."""

    parked: str
    at: str
    direction: str  # feed | snapshot | outbox: of ours, rejected by the hub
    source: str
    event: str  # its id
    type: str
    subject: str | None
    order_no: str | None
    reason: str
    body: str
    size_bytes: int
    sha256: str  # of all of it where `body` is only its beginning, else empty


class QuarantineView(msgspec.Struct, frozen=True):
    """The answer to `GET /v1/quarantine`: how many wait, and the newest of them."""

    at: str
    waiting: int
    events: tuple[ParkedView, ...]


class DepartureView(msgspec.Struct, frozen=True):
    """A departure of a carrier in figures; `agent/manifests.py` says what counts."""

    carrier: str
    departure_at: str | None  # None: "later", the one that follows the last that any order names
    state: str  # left | next | to come
    parcels: int  # on its manifest
    missing: int  # not scanned out by then
    late: int  # of the missing: scanned out since


class DeparturesView(msgspec.Struct, frozen=True):
    """Every departure that is to come, and the last ones that have left."""

    at: str
    departures: tuple[DepartureView, ...]


class ManifestParcelView(msgspec.Struct, frozen=True):
    """A parcel on a manifest."""

    waybill: str
    order_no: str
    shipped_at: str
    scanner: str
    cutoff_at: str | None
    weight_g: int | None  # of its goods; None: not every SKU's weight is known


class MissingOrderView(msgspec.Struct, frozen=True):
    """An order that should be on a manifest and is not."""

    order_no: str
    waybill: str | None
    cutoff_at: str
    state: str
    waits_for: str
    shipped_at: str | None = None  # late: scanned out after this departure


class ManifestView(msgspec.Struct, frozen=True):
    """One manifest. The figures are of all of it; the lists may have been asked for in part."""

    departure: DepartureView
    weight_g: int  # of the parcels whose weight is known
    unweighed: int  # the other parcels
    parcels: tuple[ManifestParcelView, ...]  # by the time of the scan
    missing: tuple[MissingOrderView, ...]  # what is still on the floor first


class FoundScannerView(msgspec.Struct, frozen=True):
    """A device that advertises by Bluetooth, by the adapter that hears it best."""

    address: str
    name: str | None
    signal_dbm: int | None  # None: a program of this machine holds it, so that it does not advertise
    adapter: str
    profile: str | None  # None: it looks like no scanner
    services: tuple[str, ...]
    connected: bool
    station: str | None  # whose scanner it is
    url: str


class PortView(msgspec.Struct, frozen=True):
    """A serial port with a stable name, and the node that it leads to now."""

    url: str
    name: str
    node: str
    station: str | None


class FoundView(msgspec.Struct, frozen=True):
    """The answer to `POST /v1/scanners/find`: what is around, and why Bluetooth could not be listened to."""

    scanners: tuple[FoundScannerView, ...]  # the strongest first
    ports: tuple[PortView, ...]
    fault: str | None


class PairingCode(msgspec.Struct, frozen=True):
    """The first word of a pairing: what is to be scanned, as text, bars and square, dark on light."""

    code: str
    bars: str  # one line of the bars, to be repeated for height
    square: tuple[str, ...]


class CandidateView(msgspec.Struct, frozen=True):
    """A device that may be the one."""

    address: str
    name: str | None
    signal_dbm: int
    fault: str | None  # None: it is listened to; else why not, or not yet


class PairingCandidate(msgspec.Struct, frozen=True):
    """A device was heard, is listened to now, or cannot be."""

    candidate: CandidateView


class PairedView(msgspec.Struct, frozen=True):
    """The scanner that read the code, its station, and what stands or should stand in the configuration."""

    address: str
    name: str | None
    profile: str
    adapter: str
    url: str
    station: str
    role: Role
    table: str
    written: bool
    then: str  # what is left to be done, in words


class PairingDone(msgspec.Struct, frozen=True):
    """The last word of a pairing that went well."""

    paired: PairedView


class PairingFailed(msgspec.Struct, frozen=True):
    """The last word of another: why."""

    failed: str


PairingStep = PairingCode | PairingCandidate | PairingDone | PairingFailed
#: The events of `POST /v1/scanners/pair`. Each is called as the first field of its data.
PAIRING_STEPS: dict[str, type[PairingStep]] = {
    step.__struct_fields__[0]: step for step in (PairingCode, PairingCandidate, PairingDone, PairingFailed)
}

_BARS = ((-55, "▂▄▆█"), (-67, "▂▄▆ "), (-80, "▂▄  "))


def signal_bars(signal_dbm: int | None) -> str:
    """How well a device is heard, as four bars or fewer; one that is held by a program is `in use`."""
    if signal_dbm is None:
        return "in use"
    return next((bars for floor_dbm, bars in _BARS if signal_dbm >= floor_dbm), "▂   ")


class CommandAnswer(msgspec.Struct, frozen=True):
    """The answer to `POST /v1/commands`, given after the commit."""

    id: str
    status: str  # applied | repeat | refused
    reason: str | None = None
