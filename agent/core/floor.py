"""The state as the pure core sees it: look-ups by key, a few named questions, and nothing that does I/O by itself."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from heapq import merge
from typing import Any, Protocol, TypeVar

import msgspec

from agent.core.events import Event
from agent.core.model import (
    ENDED,
    HELD_TASK,
    LIVE_TASK,
    Entity,
    Order,
    OrderState,
    Parcel,
    Parked,
    Pick,
    SeenScan,
    Stock,
    Task,
    Waybill,
)

E = TypeVar("E", bound=Entity)


class Head(msgspec.Struct, frozen=True):
    """Where the journal ends."""

    epoch: str = ""
    row: int = 0
    sequence: int = 0


class Entry(msgspec.Struct, frozen=True):
    """An event in its place in the journal; `sequence` counts the events that the hub gets."""

    row: int
    at: int
    sequence: int | None
    event: Event


class Floor(Protocol):
    """What `decide` and `apply` read."""

    @property
    def head(self) -> Head:
        """Where the journal ends."""
        ...

    def get(self, kind: type[E], *key: Any) -> E | None:
        """The entity with that key."""
        ...

    def free_waybills(self, carrier: str, at: int) -> Iterator[Waybill]:
        """Leased, unused, unexpired numbers, oldest lease first."""
        ...

    def stock_of(self, sku: str) -> Sequence[Stock]:
        """Every location that has (or had) that SKU, by location."""
        ...

    def picked_since(self, location: str, sku: str, sequence: int) -> int:
        """Units picked there by events after `sequence`."""
        ...

    def unlabelled(self, carrier: str, most: int) -> Sequence[str]:
        """Paid orders of that carrier that are not held and have no waybill, oldest payment first."""
        ...

    def without_label(self, carrier: str) -> Sequence[str]:
        """Every paid order of that carrier that has no waybill, held or not, oldest payment first."""
        ...

    def with_label(self, carrier: str) -> Sequence[str]:
        """Every order of that carrier that has a waybill and has not left, by number."""
        ...

    def tasks_at(self, location: str, sku: str) -> Sequence[str]:
        """The live pick lists that still want this SKU from there."""
        ...

    def seen_scans(self, device: str, text: str) -> Iterator[SeenScan]:
        """What the device has read with this text, as far as it is remembered, newest first."""
        ...

    def tasks_of_cart(self, cart: str) -> Sequence[str]:
        """The pick lists that a PDA holds with this cart."""
        ...

    def parcels_of_sscc(self, sscc: str) -> Sequence[str]:
        """The waybill of every parcel, void ones too, whose label carries this SSCC."""
        ...

    def parked_of(self, order_no: str) -> Sequence[str]:
        """The events of this order that wait in the quarantine."""
        ...

    def choose_printer(self, carrier: str, owner: str, instead_of: str | None = None) -> str | None:
        """Among the fitting printers a ready one with the shortest queue; None: no printer fits.

        `instead_of`: only its group may take the job over; a printer without a group fails over to nobody.
        """
        ...

    def stand_in(self, carrier: str, owner: str, printer: str) -> str | None:
        """The ready printer of its group with the shortest queue, never itself; None: none fits and is ready.

        The group of a printer that is in the configuration no more is everybody.
        """
        ...


def lacks_label(order: Order) -> bool:
    """Paid, still ahead of shipping, and no waybill in force."""
    ahead = order.state not in {OrderState.RECEIVED, OrderState.SHIPPED, OrderState.CANCELLED}
    return ahead and order.waybill is None


def wants_label(order: Order) -> bool:
    """Likewise, and not held."""
    return lacks_label(order) and order.held is None


def _newest_first(seen: SeenScan) -> int:
    return -seen.number


class MemoryFloor:
    """A floor of dictionaries: the reference for the store's, and the overlay in which `decide` thinks ahead."""

    def __init__(self, printers: Sequence[str] = ()) -> None:
        self.head = Head()
        self.printers = printers
        self.entities: dict[tuple[type[Entity], tuple[Any, ...]], Entity] = {}

    def put(self, entities: Iterable[Entity]) -> None:
        """Keep these values in place of what had their keys."""
        for entity in entities:
            self.entities[type(entity), entity.key()] = entity

    def all(self, kind: type[E]) -> list[E]:
        """Every entity of a class, by key."""
        found = [each for each in self.entities.values() if isinstance(each, kind)]
        return sorted(found, key=Entity.key)

    def get(self, kind: type[E], *key: Any) -> E | None:
        found = self.entities.get((kind, key))
        return found if isinstance(found, kind) else None

    def free_waybills(self, carrier: str, at: int) -> Iterator[Waybill]:
        free = [
            w for w in self.all(Waybill) if w.carrier == carrier and w.state == "free" and w.expires_at > at
        ]
        return iter(sorted(free, key=lambda w: (w.expires_at, w.waybill)))

    def stock_of(self, sku: str) -> Sequence[Stock]:
        return [stock for stock in self.all(Stock) if stock.sku == sku]

    def picked_since(self, location: str, sku: str, sequence: int) -> int:
        picks = (
            p for p in self.all(Pick) if p.sequence > sequence and (p.location, p.sku) == (location, sku)
        )
        return sum(pick.qty for pick in picks)

    def unlabelled(self, carrier: str, most: int) -> Sequence[str]:
        return [order.order_no for order in self._without_label(carrier) if order.held is None][:most]

    def without_label(self, carrier: str) -> Sequence[str]:
        return [order.order_no for order in self._without_label(carrier)]

    def _without_label(self, carrier: str) -> list[Order]:
        waiting = [order for order in self.all(Order) if order.carrier == carrier and lacks_label(order)]
        return sorted(waiting, key=lambda order: (order.paid_at or 0, order.order_no))

    def with_label(self, carrier: str) -> Sequence[str]:
        mine = (order for order in self.all(Order) if order.carrier == carrier and order.waybill is not None)
        return [order.order_no for order in mine if order.state not in ENDED]

    def tasks_at(self, location: str, sku: str) -> Sequence[str]:
        live = (task for task in self.all(Task) if task.state in LIVE_TASK)
        return [task.task for task in live if task.wants(location, sku)]

    def seen_scans(self, device: str, text: str) -> Iterator[SeenScan]:
        seen = [each for each in self.all(SeenScan) if (each.device, each.text) == (device, text)]
        return iter(sorted(seen, key=_newest_first))

    def tasks_of_cart(self, cart: str) -> Sequence[str]:
        return [task.task for task in self.all(Task) if task.cart == cart and task.state in HELD_TASK]

    def parcels_of_sscc(self, sscc: str) -> Sequence[str]:
        return [parcel.waybill for parcel in self.all(Parcel) if parcel.sscc == sscc]

    def parked_of(self, order_no: str) -> Sequence[str]:
        return [each.parked for each in self.all(Parked) if each.order_no == order_no and each.waits]

    def choose_printer(self, carrier: str, owner: str, instead_of: str | None = None) -> str | None:
        """The first one: in memory every printer takes everything."""
        del carrier, owner, instead_of
        return self.printers[0] if self.printers else None

    def stand_in(self, carrier: str, owner: str, printer: str) -> str | None:
        """The first other one: in memory all are ready, and of one group."""
        del carrier, owner
        return next((each for each in self.printers if each != printer), None)


class Overlay(MemoryFloor):
    """New values over a floor that stays as it is."""

    def __init__(self, under: Floor) -> None:
        super().__init__()
        self.under = under
        self.head = under.head

    def get(self, kind: type[E], *key: Any) -> E | None:
        return super().get(kind, *key) or self.under.get(kind, *key)

    def free_waybills(self, carrier: str, at: int) -> Iterator[Waybill]:
        yield from super().free_waybills(carrier, at)
        for waybill in self.under.free_waybills(carrier, at):
            if (Waybill, waybill.key()) not in self.entities:
                yield waybill

    def stock_of(self, sku: str) -> Sequence[Stock]:
        mine = {stock.key(): stock for stock in super().stock_of(sku)}
        merged = {stock.key(): stock for stock in self.under.stock_of(sku)} | mine
        return [merged[key] for key in sorted(merged)]

    def picked_since(self, location: str, sku: str, sequence: int) -> int:
        return super().picked_since(location, sku, sequence) + self.under.picked_since(
            location, sku, sequence
        )

    def unlabelled(self, carrier: str, most: int) -> Sequence[str]:
        return self.under.unlabelled(carrier, most)

    def without_label(self, carrier: str) -> Sequence[str]:
        return self.under.without_label(carrier)

    def with_label(self, carrier: str) -> Sequence[str]:
        return self.under.with_label(carrier)

    def tasks_at(self, location: str, sku: str) -> Sequence[str]:
        return self.under.tasks_at(location, sku)

    def seen_scans(self, device: str, text: str) -> Iterator[SeenScan]:
        under = self.under.seen_scans(device, text)
        kept = (seen for seen in under if (SeenScan, seen.key()) not in self.entities)
        return merge(super().seen_scans(device, text), kept, key=_newest_first)

    def tasks_of_cart(self, cart: str) -> Sequence[str]:
        under = [task for task in self.under.tasks_of_cart(cart) if (Task, (task,)) not in self.entities]
        return sorted([*under, *super().tasks_of_cart(cart)])

    def parcels_of_sscc(self, sscc: str) -> Sequence[str]:
        under = [each for each in self.under.parcels_of_sscc(sscc) if (Parcel, (each,)) not in self.entities]
        return sorted([*under, *super().parcels_of_sscc(sscc)])

    def parked_of(self, order_no: str) -> Sequence[str]:
        under = [each for each in self.under.parked_of(order_no) if (Parked, (each,)) not in self.entities]
        return sorted([*under, *super().parked_of(order_no)])

    def choose_printer(self, carrier: str, owner: str, instead_of: str | None = None) -> str | None:
        return self.under.choose_printer(carrier, owner, instead_of)

    def stand_in(self, carrier: str, owner: str, printer: str) -> str | None:
        return self.under.stand_in(carrier, owner, printer)
