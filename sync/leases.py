"""Waybill numbers leased from the hub ahead of need, so that no label waits for a round trip."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

import msgspec

from sync.client import HubClient
from sync.errors import NotTheHub
from sync.times import format_time, parse_time


class Lease(msgspec.Struct, frozen=True):
    """Numbers of one carrier that are this site's until `expires_at` (RFC 3339 UTC)."""

    lease: str
    carrier: str
    numbers: tuple[str, ...]
    expires_at: str


async def lease(client: HubClient, carrier: str, count: int, key: str) -> Lease:
    """Lease up to `count` (1–10,000) numbers; the same `key` again gives the same lease, so store it first.

    Raises WaybillsExhausted where the carrier has none left, else HubError.
    """
    body = msgspec.json.encode({"carrier": carrier, "count": count})
    got = await client.post("waybill-leases", body, Lease, key=key)
    if got.carrier != carrier:
        raise NotTheHub(f"a lease of {got.carrier} where {carrier} was asked for")
    try:
        expires_at = format_time(parse_time(got.expires_at))
    except ValueError as error:
        raise NotTheHub(f"a lease with {error}") from None
    return msgspec.structs.replace(got, expires_at=expires_at)


async def give_back(client: HubClient, lease: str, numbers: Sequence[str]) -> None:
    """Return unused numbers of the lease with this id; returning them twice does no harm. Raises HubError."""
    body = msgspec.json.encode({"numbers": list(numbers)})
    await client.post(f"waybill-leases/{quote(lease, safe='')}/returns", body, msgspec.Raw)
