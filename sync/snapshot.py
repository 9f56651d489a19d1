"""The hub's whole view, page by page: rows, the key to go on after, the feed position of the view."""

from __future__ import annotations

import logging
from typing import Any, Final

import msgspec

from sync.client import HubClient
from sync.errors import NotTheHub
from sync.protocols import BrokenEvent, Row

log = logging.getLogger(__name__)

#: In the order in which they can be used: orders name SKUs, stock names locations.
KINDS: Final = ("skus", "locations", "stock", "carriers", "orders")

#: What tells a row of each kind from the others.
ROW_KEYS: Final = {
    "skus": ("sku",),
    "locations": ("location",),
    "stock": ("location", "sku"),
    "carriers": ("carrier",),
    "orders": ("order_no",),
}


class Page(msgspec.Struct, frozen=True):
    """One page; `key` names its last good row. A line that is no object with such a key is a broken one."""

    rows: list[Row | BrokenEvent]
    key: str | None
    last: bool
    feed_cursor: str


async def fetch_page(client: HubClient, kind: str, after: str | None) -> Page:
    """The rows of `kind` after the row with the key `after`. Raises HubError."""
    answer = await client.get(f"snapshot/{kind}", {"after": after} if after is not None else None)
    cursor = answer.headers.get("Feed-Cursor")
    if not cursor:
        raise NotTheHub(f"a page of {kind} without Feed-Cursor")
    page = _parse(kind, answer.content, last=answer.headers.get("Last-Page") == "true", cursor=cursor)
    if not page.last and (page.key is None or page.key == after):
        raise NotTheHub(f"a page of {kind} that neither ends nor goes on")
    return page


def _parse(kind: str, body: bytes, *, last: bool, cursor: str) -> Page:
    rows: list[Row | BrokenEvent] = []
    key: str | None = None
    for line in body.split(b"\n"):
        raw = line.decode("utf-8", "backslashreplace").strip()
        if not raw:
            continue
        try:
            data = msgspec.json.decode(line, type=dict[str, Any])
            key = "/".join(str(data[name]) for name in ROW_KEYS[kind])
        except (msgspec.DecodeError, RecursionError, ValueError, KeyError) as error:
            # one unreadable row must not keep the floor from all others
            log.error("snapshot: a row of %s cannot be read: %r", kind, error)
            rows.append(BrokenEvent(None, raw, _words(error)))
        else:
            rows.append(Row(data, raw))
    return Page(rows, key, last, cursor)


def _words(error: Exception) -> str:
    return f"it has no {error}" if isinstance(error, KeyError) else str(error)
