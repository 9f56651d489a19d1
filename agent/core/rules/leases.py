"""The pool of leased waybill numbers: asked for ahead of need, so that no label waits for anybody."""

from __future__ import annotations

from agent.core import commands as c
from agent.core import events as ev
from agent.core.model import LeaseRequest, Waybill
from agent.core.rules.labels import queue_label
from agent.core.rules.proposals import named
from agent.core.story import Refused, Story

FAILED_CHECK = "waybill-check"


def request_lease(story: Story, command: c.RequestLease) -> Refused | None:
    """The key is on disk before the hub is asked, so a crash repeats the same request."""
    if story.get(LeaseRequest, command.request_key) is None:
        story.emit(ev.LeaseRequested(command.request_key, command.carrier, command.count))
    return None


def take_lease(story: Story, command: c.TakeLease) -> Refused | None:
    """The numbers of an open request join the pool, once; a number that was ever leased before does not."""
    request = story.get(LeaseRequest, command.request_key)
    if request is None:
        return Refused(f"unknown-lease: nobody asked by the key {command.request_key}")
    if request.state == "open":
        fresh = tuple(n for n in dict.fromkeys(command.numbers) if story.get(Waybill, n) is None)
        story.emit(
            ev.WaybillsLeased(command.request_key, command.lease, command.carrier, fresh, command.expires_at)
        )
        if len(fresh) < len(command.numbers):
            text = f"lease {command.lease} of carrier {command.carrier} gave numbers that were given before"
            story.open_exception("waybill-given-twice", command.lease, text)
        _tell_failed(story, command)
        story.close_exception("lease-refused", command.carrier, "numbers were leased")
    return None


def _tell_failed(story: Story, command: c.TakeLease) -> None:
    """Numbers that the carrier's own scanners would not read never join the pool; a person has them put right."""
    if not command.failed:
        return
    carrier = command.carrier
    text = (
        f"lease {command.lease} of carrier {carrier} has {len(command.failed)} numbers with a wrong check digit: "
        f"{named(command.failed)}"
    )
    proposal = f"let the hub ask {carrier} for right numbers, or correct `check` of the carrier here"
    story.open_exception(FAILED_CHECK, carrier, text, proposal=proposal)


def refuse_lease(story: Story, command: c.RefuseLease) -> Refused | None:
    """The hub has none for us: people hear of it while the pool still lasts."""
    request = story.get(LeaseRequest, command.request_key)
    if request is not None and request.state == "open":
        story.emit(ev.LeaseRefused(command.request_key, command.reason))
        text = f"no more waybill numbers of carrier {request.carrier}: {command.reason}"
        proposal = f"let the hub get numbers of {request.carrier}, or move its orders to another carrier"
        story.open_exception("lease-refused", request.carrier, text, proposal=proposal)
    return None


def label_waiting(story: Story, command: c.LabelWaiting) -> Refused | None:
    """Paid orders that found no number or no printer try again, oldest payment first."""
    for order_no in story.floor.unlabelled(command.carrier, command.most):
        queue_label(story, order_no)
    return None
