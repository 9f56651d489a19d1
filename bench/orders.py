"""The commands that the store is measured with: a hub's orders of three lines, and their payments."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from agent.core import commands as c
from agent.store.store import Store, Transaction, now_ms

SKUS = 500
LINES = 3
_LEASE = 10_000  # numbers in one lease, the contract's most
_CHUNK = 500  # orders in one transaction while a store is filled
_YEAR_MS = 365 * 86_400_000
_HUB = "hub:/erp"
_CONSIGNEE = {
    "name": "李雷", "phone": "13800000000", "province": "浙江省", "city": "杭州市", "district": "余杭区",
    "address": "文一西路 969 号 3 幢 1402 室",
}  # fmt: skip


class OnePrinter:
    """A roster with one printer that takes every label."""

    def choose_printer(self, carrier: str, owner: str, instead_of: str | None = None) -> str | None:
        """Always the same one, whatever is asked."""
        del carrier, owner, instead_of
        return "lp1"

    def stand_in(self, carrier: str, owner: str, printer: str) -> str | None:
        """There is no other."""
        del carrier, owner, printer
        return None


def open_store(folder: Path) -> Store:
    """A store in `folder`, its writer running."""
    store = Store(folder, "WH1", OnePrinter())
    store.open()
    return store


def take(number: int) -> c.TakeOrder:
    """order.created of order `number`, as the feed hands it to the door."""
    lines = [
        {"line_no": n, "sku": f"SKU-{(number * 7 + n * 31) % SKUS:04}", "qty": 1 + n % 2}
        for n in range(1, LINES + 1)
    ]
    data: dict[str, Any] = {
        "order_no": f"SO-{number:07}", "revision": 1, "owner": "ACME", "channel": "tmall",
        "placed_at": "2026-06-18T00:00:03.120Z", "carrier": "SF", "service": "standard", "priority": 0,
        "cutoff_at": "2026-06-18T08:00:00.000Z", "ship_complete": True, "consignee": _CONSIGNEE,
        "routing_code": "342-081-00 052", "bag_code": "沪-03", "lines": lines,
        "facts": {"order_amount": "399.00", "coupon_count": 1},
    }  # fmt: skip
    return c.TakeOrder(by=_HUB, id=f"created-{number:07}", data=data)


def pay(number: int) -> c.TakeFact:
    """order.paid of order `number`: it takes a waybill number and queues the label."""
    data = {
        "order_no": f"SO-{number:07}", "paid_at": "2026-06-18T00:00:05.000Z", "payment_ref": f"p{number:07}",
    }  # fmt: skip
    return c.TakeFact(by=_HUB, id=f"paid-{number:07}", fact="order.paid", data=data)


async def stock_up(store: Store) -> None:
    """A carrier and the goods."""
    goods = [
        c.SetSku(data={"sku": f"SKU-{n:04}", "name": f"goods {n}", "barcodes": [], "weight_g": 500})
        for n in range(SKUS)
    ]
    await ask_all(
        store, [c.SetCarrier(data={"carrier": "SF", "name": "SF", "services": ["standard"]}), *goods]
    )


async def lease(store: Store, numbers: range) -> None:
    """Waybill numbers into the pool, as many in a lease as the contract allows."""
    for first in range(numbers.start, numbers.stop, _LEASE):
        await ask_all(store, list(_lease(range(first, min(first + _LEASE, numbers.stop)))))


def _lease(numbers: range) -> Iterator[c.Command]:
    key, waybills = f"lease-{numbers.start}", tuple(f"SF{number:012}" for number in numbers)
    yield c.RequestLease(carrier="SF", count=len(waybills), request_key=key)
    yield c.TakeLease(
        request_key=key, lease=key, carrier="SF", numbers=waybills, expires_at=now_ms() + _YEAR_MS
    )


async def fill(store: Store, orders: range) -> None:
    """These orders, taken and paid, in large transactions, each with its waybill numbers leased before it."""
    for first in range(orders.start, orders.stop, _CHUNK):
        numbers = range(first, min(first + _CHUNK, orders.stop))
        await lease(store, numbers)
        await ask_all(store, [command for n in numbers for command in (take(n), pay(n))])


async def ask_all(store: Store, commands: list[c.Command]) -> None:
    """All of them in one transaction. RuntimeError where one is not applied."""

    def work(transaction: Transaction) -> None:
        for command in commands:
            applied(command, transaction.ask(command).status)

    await store.submit(work)


def applied(command: c.Command, status: str) -> None:
    """A benchmark of commands that change nothing would measure nothing. RuntimeError."""
    if status != "applied":
        raise RuntimeError(f"{type(command).__name__} {command.id} was answered {status}")
