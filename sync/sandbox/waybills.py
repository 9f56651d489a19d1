"""Waybill numbers of the sandbox's carriers, leased under idempotency keys, never given out twice at a time."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from typing import Annotated

import msgspec

from sync.sandbox.bodies import Name, read
from sync.sandbox.ledger import Ledger
from sync.sandbox.problems import Problem
from sync.times import from_epoch_ms

_DAY_MS = 86_400_000
_PREFIXES = {"SF": "SF", "YTO": "YT", "ZTO": "7"}

Number = Annotated[str, msgspec.Meta(min_length=1)]


class LeaseRequest(msgspec.Struct, frozen=True):
    """What the agent asks for."""

    carrier: Name
    count: int


class _Returns(msgspec.Struct, frozen=True):
    numbers: list[Number]


class Waybills:
    """Leases over the ledger; `stock` is how many numbers a carrier has in all, None for no end."""

    def __init__(self, ledger: Ledger, *, lease_days: float = 7.0, stock: int | None = None) -> None:
        self._ledger = ledger
        self._lease_days = lease_days
        self._stock = stock

    def lease(self, key: str | None, body: bytes, now_ms: int) -> tuple[int, bytes]:
        """201 and the lease, or 200 and the same lease for a repeated key. Raises Problem."""
        if not key:
            raise Problem(400, "idempotency-key-missing", "a lease needs an Idempotency-Key")
        wanted: LeaseRequest = read(body, LeaseRequest)
        if not 1 <= wanted.count <= 10_000:
            raise Problem(422, "malformed", f"count {wanted.count}, expected 1-10000")
        with self._ledger.transaction() as connection:
            known = connection.execute(
                "SELECT carrier, count, lease, numbers, expires_at FROM leases WHERE key = ?", (key,)
            ).fetchone()
            if known is not None:
                if LeaseRequest(*known[:2]) != wanted:
                    raise Problem(422, "idempotency-key-reused", "this key was used for another request")
                return 200, _answer(known[2], known[0], known[3], known[4])
            return 201, self._grant(connection, key, wanted, now_ms)

    def take_back(self, lease: str, body: bytes) -> int:
        """How many numbers came back; returning them twice does no harm. Raises Problem."""
        numbers: list[str] = read(body, _Returns).numbers
        with self._ledger.transaction() as connection:
            found = connection.execute(
                "SELECT carrier, numbers FROM leases WHERE lease = ?", (lease,)
            ).fetchone()
            if found is None:
                raise Problem(404, "unknown-lease", f"no lease {lease}")
            strange = set(numbers) - set(msgspec.json.decode(found[1], type=list[str]))
            if strange:
                raise Problem(422, "not-in-lease", f"{len(strange)} numbers are not of this lease")
            connection.executemany(
                """INSERT INTO returned (number, carrier, lease) VALUES (?, ?, ?) ON CONFLICT DO UPDATE
                SET lease = excluded.lease, again = NULL WHERE again = excluded.lease""",
                [(number, found[0], lease) for number in numbers],
            )
            return len(set(numbers))

    def _grant(self, connection: sqlite3.Connection, key: str, wanted: LeaseRequest, now_ms: int) -> bytes:
        serial = self._ledger.note("lease serial") or 0
        lease = f"L{serial + 1:08d}"
        numbers = self._used(connection, wanted, lease)
        numbers += self._fresh(wanted.carrier, wanted.count - len(numbers))
        if not numbers:
            raise Problem(409, "waybills-exhausted", f"{wanted.carrier} has no numbers left")
        self._ledger.remember(**{"lease serial": serial + 1})
        expires_at = from_epoch_ms(now_ms + self._lease_days * _DAY_MS)
        encoded = msgspec.json.encode(numbers)
        row = (lease, key, wanted.carrier, wanted.count, encoded, expires_at)
        connection.execute("INSERT INTO leases VALUES (?, ?, ?, ?, ?, ?)", row)
        return _answer(lease, wanted.carrier, encoded, expires_at)

    def _used(self, connection: sqlite3.Connection, wanted: LeaseRequest, lease: str) -> list[str]:
        """Numbers that came back go out first."""
        free = connection.execute(
            "SELECT number FROM returned WHERE carrier = ? AND again IS NULL ORDER BY number LIMIT ?",
            (wanted.carrier, wanted.count),
        ).fetchall()
        connection.executemany(
            "UPDATE returned SET again = ? WHERE number = ?", [(lease, n) for (n,) in free]
        )
        return [number for (number,) in free]

    def _fresh(self, carrier: str, count: int) -> list[str]:
        given = self._ledger.note(f"waybills {carrier}") or 0
        end = given + count if self._stock is None else min(given + count, self._stock)
        self._ledger.remember(**{f"waybills {carrier}": end})
        if carrier == "EMS":
            return [_s10(n) for n in range(1 + given, 1 + end)]
        prefix = _PREFIXES.get(carrier, carrier)
        return [f"{prefix}{n:013d}" for n in _serials(given, end)]


def _s10(serial: int) -> str:
    """A postal item by UPU S10: eight digits, weighted, and their check digit modulo 11."""
    digits = f"{serial:08d}"
    left = (
        sum(int(digit) * weight for digit, weight in zip(digits, (8, 6, 4, 2, 3, 5, 9, 7), strict=True)) % 11
    )
    return f"EA{digits}{(11 - left) % 10 if left else 5}CN"


def _serials(given: int, end: int) -> Iterable[int]:
    return range(1_000_000_000_001 + given, 1_000_000_000_001 + end)


def _answer(lease: str, carrier: str, numbers: bytes, expires_at: str) -> bytes:
    head = {"lease": lease, "carrier": carrier, "numbers": msgspec.Raw(numbers), "expires_at": expires_at}
    return msgspec.json.encode(head)
