"""The quarantine's way back to the door: a parked event, as a person has left it, is taken as the feed's are.

Release and taking are one transaction. What the door does not take rolls it back as a whole, and the event stays
parked with the new reason.
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Iterator

import msgspec
from msgspec.structs import replace

from agent.core import commands as c
from agent.core.authority import Authority
from agent.core.events import OrderRefused
from agent.core.model import Parked
from agent.hub_inbox import UNKNOWN_TYPE, command_of, commands_of_row
from agent.parking import broken
from agent.store.store import Outcome, Store, Transaction
from sync.cloudevents import decode
from sync.errors import BadEvent

log = logging.getLogger(__name__)

_DISK = (OSError, sqlite3.OperationalError)


class _NotTakenError(Exception):
    """The door's reason."""


async def release(store: Store, command: c.ReleaseParked, authority: Authority) -> Outcome:
    """Applied: it was taken. Refused: why not, and it is parked still, with the body as the person has changed it.

    An order that comes too late is taken: the hub is told so, and the outcome's reason says it to the releaser.
    """
    try:
        return await store.submit(lambda transaction: _release(transaction, command, authority))
    except _DISK:
        raise  # the disk, not the event
    except _NotTakenError as error:
        refused = str(error)
    except Exception as error:  # it breaks our code, perhaps once more
        log.exception("parked event %s cannot be released", command.parked)
        refused = broken(error)
    return await store.ask(replace(command, refused=refused))


def _release(transaction: Transaction, command: c.ReleaseParked, authority: Authority) -> Outcome:
    parked = transaction.floor.get(Parked, command.parked)
    outcome = transaction.ask(command)
    if outcome.status != "applied" or parked is None:
        return outcome
    taken = [transaction.ask(asked) for asked in _commands(parked, command, authority)]
    refusals = [each.refusal for each in taken if each.refusal]
    answers = [
        entry.event.reason
        for each in taken
        for entry in each.entries
        if isinstance(entry.event, OrderRefused)
    ]
    malformed = [reason for reason in answers if reason.startswith("malformed:")]
    if refusals or malformed:
        raise _NotTakenError((refusals or malformed)[0])
    return outcome._replace(reason=f"the hub is told: {answers[0]}" if answers else None)


def _commands(parked: Parked, command: c.ReleaseParked, authority: Authority) -> Iterator[c.Command]:
    """With ids of their own, lest the door answer as it has answered the original."""
    body = parked.body if command.body is None else command.body
    for number, asked in enumerate(_read(parked, body, authority), start=1):
        yield replace(asked, id=f"release/{parked.parked}/{command.id}/{number}")


def _read(parked: Parked, body: str, authority: Authority) -> list[c.Command]:
    """What the body asks, with what the hub had of our events when it came."""
    if parked.direction == "snapshot":
        try:
            row = msgspec.json.decode(body, type=dict)
        except (msgspec.DecodeError, RecursionError, ValueError) as error:
            raise _NotTakenError(f"unreadable: {error}") from error
        return commands_of_row(parked.kind, row, parked.acked_sequence)
    try:
        event = decode(body)
    except BadEvent as error:
        raise _NotTakenError(f"unreadable: {error}") from error
    asked = command_of(event, parked.acked_sequence, authority)
    if asked is None:
        raise _NotTakenError(UNKNOWN_TYPE)
    return [asked]
