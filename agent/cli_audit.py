"""`floorhand verify`, `lineage` and `audit`: what the journal proves, where a value comes from, and who did what."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
from rich.console import Console
from rich.progress import Progress

from agent.cli_words import FAILED, FINE, Commands
from agent.core.events import PersonActed
from agent.core.lineage import Link, lineage
from agent.core.times import from_text, to_text
from agent.lineage_dot import dot
from agent.store.history import acts, lineage_rows
from agent.store.journal import Row
from agent.store.offline import opened
from agent.store.verify import verify

_WIDTH = 24
_CHECKPOINT = re.compile(r"([1-9]\d{0,15}):([0-9a-f]{64})")


def add_audit(commands: Commands) -> None:
    """The three commands that read an agent's journal."""
    _add_verify(commands)
    _add_lineage(commands)
    _add_acts(commands)


def _add_verify(commands: Commands) -> None:
    prove = commands.add_parser("verify", help="prove the journal's hash chain, and that state is its fold")
    prove.add_argument("--data", type=Path, required=True, metavar="DIR")
    prove.add_argument(
        "--checkpoint", type=_checkpoint, action="append", default=[], metavar="ROW:HASH",
        help="a checkpoint as the hub has it; may be given several times",
    )  # fmt: skip
    prove.add_argument("--json", action="store_true")
    prove.set_defaults(run=_verify)


def _add_lineage(commands: Commands) -> None:
    chain = commands.add_parser("lineage", help="who set a field of an order, when, and what it was before")
    chain.add_argument("--data", type=Path, required=True, metavar="DIR")
    chain.add_argument("order_no", metavar="ORDER_NO")
    chain.add_argument("--field", metavar="F")
    form = chain.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true")
    form.add_argument(
        "--dot", action="store_true", help="a picture for graphviz: floorhand lineage … --dot | dot -Tsvg"
    )
    chain.set_defaults(run=_lineage)


def _add_acts(commands: Commands) -> None:
    audit = commands.add_parser(
        "audit", help="what people did: who, with which device, before and after, why"
    )
    audit.add_argument("--data", type=Path, required=True, metavar="DIR")
    audit.add_argument("--by", metavar="PERSON", help="this person alone")
    audit.add_argument(
        "--since", type=_moment, default=0, metavar="TIME", help="2026-06-18, or with a time of day"
    )
    audit.add_argument("--json", action="store_true")
    audit.set_defaults(run=_audit)


def _checkpoint(text: str) -> tuple[int, str]:
    found = _CHECKPOINT.fullmatch(text)
    if found is None:
        raise argparse.ArgumentTypeError(
            f"{text!r} is no checkpoint: a row, a colon and 64 hex digits are expected"
        )
    return int(found[1]), found[2]


def _moment(text: str) -> int:
    """A day begins at midnight UTC; a time without an offset is UTC."""
    try:
        moment = datetime.fromisoformat(text)
        return from_text((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).isoformat())
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no time: 2026-06-18T08:00:00Z is one") from None


# --- verify -------------------------------------------------------------------------------------------------


def _verify(options: argparse.Namespace) -> int:
    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        bar = progress.add_task("journal rows", total=None)
        verdict = verify(
            options.data,
            lambda done, total: progress.update(bar, completed=done, total=total),
            dict(options.checkpoint),
        )
    if options.json:
        print(msgspec.json.encode(verdict).decode())
    elif verdict.ok:
        print(f"fine: {verdict.rows:,} journal rows, the chain is whole and the state is its fold")
    else:
        assert verdict.first_bad is not None
        print(f"BAD at journal row {verdict.first_bad.row}: {verdict.first_bad.what}")
    return FINE if verdict.ok else FAILED


# --- lineage ------------------------------------------------------------------------------------------------


def _lineage(options: argparse.Namespace) -> int:
    with opened(options.data) as reader:
        chains = lineage(options.order_no, (row.told for row in lineage_rows(reader, options.order_no)))
    if options.field is not None:
        chains = {options.field: chains.get(options.field, [])}
    if options.json:
        print(msgspec.json.encode(chains).decode())
    elif options.dot:
        print(dot(options.order_no, chains), end="")
    else:
        for field, chain in chains.items():
            for link in chain:
                print(_in_words(field, link))
    return FINE if any(chains.values()) else FAILED


def _in_words(field: str, link: Link) -> str:
    said = f"{link.event} {link.event_id}" if link.event_id else link.event
    words = [f"{field:{_WIDTH}} {link.at}  {link.value!r}  by {link.source} ({said})"]
    if link.changed_at is not None:
        words.append(f"changed at {link.changed_at}")
    if link.previous is not None:
        words.append(f"was {link.previous!r}")
    if link.overruled is not None:
        words.append(f"NOT TAKEN: {link.overruled}")
    elif link.decided_by != link.source:
        words.append(f"by rule {link.decided_by}")
    return ", ".join(words)


# --- audit --------------------------------------------------------------------------------------------------


def _audit(options: argparse.Namespace) -> int:
    with opened(options.data) as reader:
        found = [_act(row) for row in acts(reader, options.since) if options.by in {None, _person(row)}]
    if options.json:
        print(msgspec.json.encode({"acts": found}).decode())
    else:
        for line in _lines(found):
            print(line)
    return FINE


def _person(row: Row) -> str:
    return row.by.removeprefix("person:")


def _act(row: Row) -> dict[str, Any]:
    event = row.entry.event
    assert isinstance(event, PersonActed)
    return {
        "row": row.row, "at": to_text(row.at), "by": _person(row), "device": row.device, "action": event.action,
        "order_no": event.order_no, "reason": event.reason,
        "changes": [msgspec.structs.asdict(change) for change in event.changes],
    }  # fmt: skip


def _lines(found: Iterable[dict[str, Any]]) -> Iterable[str]:
    for act in found:
        device = f" at {act['device']}" if act["device"] else ""
        about = f" {act['order_no']}" if act["order_no"] else ""
        why = f": {act['reason']}" if act["reason"] else ""
        yield f"{act['at']}  {act['by']}{device}  {act['action']}{about}{why}"
        for change in act["changes"]:
            yield f"    {change['entity']}: {change['field']} {change['before']!r} -> {change['after']!r}"
