"""The table of the quarantine, and one parked event in full.

Pure: views in, rows out, as in `rows.py`.
"""

from __future__ import annotations

import msgspec

from agent.api.messages import ParkedView, QuarantineView
from tui.risks import OLD_EXCEPTION_S, Level
from tui.rows import Cell, Column, Row, Table, text_cell
from tui.words import age_s, clock_text, count_text, duration_text

NAMELESS = "unreadable"


def from_text(event: ParkedView) -> str:
    """Where it came from; of ours, that the hub rejected it."""
    if event.direction == "outbox":
        return "ours, rejected"
    return event.source or event.direction


def title_text(event: ParkedView) -> str:
    """Its type and what it is about."""
    return f"{event.type or NAMELESS} {event.subject or event.event}".rstrip()


def facts_text(event: ParkedView) -> str:
    """What is known of it besides its body; how much of that is kept."""
    told = [
        f"{from_text(event)} at {clock_text(event.at)}",
        *([f"id {event.event}"] if event.event else []),
        *([f"order {event.order_no}"] if event.order_no else []),
        f"{count_text(event.size_bytes)} bytes",
    ]
    if event.sha256:
        told.append(f"only its beginning is kept; SHA-256 of all of it: {event.sha256}")
    return " · ".join(told)


def pretty(body: str) -> str:
    """JSON with a member a line; what is none, as it is."""
    try:
        return msgspec.json.format(body, indent=2)
    except (msgspec.DecodeError, RecursionError, ValueError):
        return body


def _row(event: ParkedView, now: str) -> Row:
    parked_s = age_s(event.at, now)
    level = Level.RED if parked_s > OLD_EXCEPTION_S else Level.AMBER
    cells = (
        Cell(f"{duration_text(parked_s)} {level.mark}", parked_s, level),
        text_cell(from_text(event)),
        text_cell(event.type or NAMELESS),
        text_cell(event.subject or event.event or "-"),
        text_cell(event.reason),
    )
    return Row(event.parked, cells)


PARKED: Table[QuarantineView] = Table(
    "parked",
    "Parked events",
    (
        Column("age", "Parked for", right=True),
        Column("from", "From"),
        Column("type", "Type"),
        Column("subject", "About"),
        Column("reason", "Reason"),
    ),
    lambda view: tuple(_row(event, view.at) for event in view.events),
    "the quarantine is empty: everything that came was taken",
)
