"""Orders and their changes: what each state still allows, and what a change makes of lists and labels."""

from __future__ import annotations

from msgspec.structs import replace

from agent.core import commands as c
from agent.core import events as ev
from agent.core.events import OrderFacts
from agent.core.model import BEFORE_PICKING, ENDED, Early, FloorException, Line, Order, OrderState, Sku
from agent.core.rules import facts as fact_rules
from agent.core.rules.documents import Document, label_differs, lines_differ, read_order
from agent.core.rules.holds import LABEL_FAILED, LATE_CHANGE, MISSING, UNKNOWN_CARRIER, lift
from agent.core.rules.labels import drop_label, queue_label
from agent.core.rules.lists import add_stops, finish_order, open_stops, shrink_line
from agent.core.rules.proposals import late_change
from agent.core.rules.sources import settled, tell_overruled
from agent.core.story import Refused, Story
from agent.core.words import is_name


def take_order(story: Story, command: c.TakeOrder) -> Refused | None:
    """order.created and order.changed: a lower or equal revision is a repeat; no change is dropped in silence."""
    document = read_order(command.data)
    if isinstance(document, Refused):
        return _refuse_malformed(story, command, document)
    known = story.get(Order, document.order_no)
    story.close_exception(MISSING, document.order_no, "the hub names it again")
    if known is None:
        _create(story, document, command)
    elif document.revision > known.revision:
        _change(story, known, document, command)
    return None


def _refuse_malformed(story: Story, command: c.TakeOrder, refused: Refused) -> Refused | None:
    order_no, revision = command.data.get("order_no"), command.data.get("revision")
    if not isinstance(order_no, str) or not is_name(order_no):
        return refused
    number = revision if isinstance(revision, int) and abs(revision) < 2**53 else 0
    story.emit(ev.OrderRefused(order_no, number, refused.reason))
    proposal = "let the hub correct the order and send it again with a higher revision"
    story.open_exception("order-refused", order_no, refused.reason, order_no, proposal)
    return None


def _create(story: Story, document: Document, command: c.TakeOrder) -> None:
    story.emit(ev.OrderAccepted(document.order_no, document.revision, document.facts, command.source))
    _name_missing_skus(story, document)
    early = story.get(Early, document.order_no)
    if early is None or not early.facts:
        return
    story.emit(ev.FactsUsed(document.order_no))
    for fact, data, *source in early.facts:
        said = fact_rules.Said("".join(source), command.authority)
        fact_rules.apply_fact(story, document.order_no, fact, data, said)


def _name_missing_skus(story: Story, document: Document) -> None:
    for sku in dict.fromkeys(line.sku for line in document.facts.lines):
        if story.get(Sku, sku) is None:
            story.emit(ev.SkuMissed(sku, document.order_no))
            text = f"order {document.order_no} names SKU {sku}, which has no master data: it waits"
            subject, proposal = f"{document.order_no}/{sku}", f"let the hub send the master data of {sku}"
            story.open_exception("unknown-sku", subject, text, document.order_no, proposal)


def _change(story: Story, order: Order, document: Document, command: c.TakeOrder) -> None:
    said = document.facts
    kept, rules = settled(order, said, command.source, command.authority)
    document = replace(document, facts=kept)
    late = _too_late(order, document.facts)
    if late is not None:
        _refuse_late(story, order, document, late)
        return
    relabel = order.waybill is not None and label_differs(order, document.facts)
    _shrink_lists(story, order, document.facts)
    story.emit(ev.OrderAccepted(order.order_no, document.revision, document.facts, command.source))
    if rules:
        tell_overruled(story, order, command.source, said, kept, rules)
    _name_missing_skus(story, document)
    _grow_lists(story, order.order_no)
    if relabel:
        drop_label(story, order.order_no, "the order was changed")
        lift(story, order.order_no, LABEL_FAILED, "the order was changed")
    if document.facts.carrier != order.carrier:
        lift(story, order.order_no, UNKNOWN_CARRIER, "the order was changed")
    story.close_exception(LATE_CHANGE, order.order_no, f"revision {document.revision} is in force")
    queue_label(story, order.order_no)  # also where another carrier has the number that the first one lacked
    finish_order(story, order.order_no, task=(order.tasks or ("",))[-1])


def _refuse_late(story: Story, order: Order, document: Document, late: str) -> None:
    """The hub is told, and people are told what can still be done; the same revision once more is no news to them."""
    story.emit(ev.OrderRefused(order.order_no, document.revision, late))
    if not (label_differs(order, document.facts) or lines_differ(order, document.facts)):
        return  # nothing that hands could do
    text = f"revision {document.revision} of order {order.order_no} was refused, {late}"
    known = story.get(FloorException, f"{LATE_CHANGE}:{order.order_no}")
    if known is None or known.text != text:
        story.close_exception(LATE_CHANGE, order.order_no, "a later word of the hub has come")
        proposal = late_change(order, document.facts)
        story.open_exception(LATE_CHANGE, order.order_no, text, order.order_no, proposal)


def _too_late(order: Order, facts: OrderFacts) -> str | None:
    """The reason why this state does not allow the change; None where it does."""
    if order.state in ENDED:
        return f"too-late: the order is {order.state}"
    if order.state in BEFORE_PICKING:
        return None
    if order.state is OrderState.PICKING:
        if label_differs(order, facts):
            return "too-late: while it is picked, only lines, priority and cut-off may change"
        return _below_picked(order, facts)
    if lines_differ(order, facts):
        return f"too-late: the order is {order.state}, its lines may not change any more"
    return None


def _below_picked(order: Order, facts: OrderFacts) -> str | None:
    wanted = {line.line_no: line for line in facts.lines}
    for line in order.lines:
        done = line.picked_qty + line.short_qty
        new = wanted.get(line.line_no)
        if done and (new is None or new.sku != line.sku or new.qty < done):
            return f"too-late: line {line.line_no} already has {done} of {line.qty} closed"
    return None


def _shrink_lists(story: Story, order: Order, facts: OrderFacts) -> None:
    """Stops give back what the new revision does not want any more, before it is in force."""
    wanted = {line.line_no: line for line in facts.lines}
    for line in order.lines:
        new = wanted.get(line.line_no)
        keep = _kept_tasked(line, new)
        if keep < line.tasked_qty:
            shrink_line(story, order, line.line_no, line.tasked_qty - keep)


def _kept_tasked(line: Line, new: Line | None) -> int:
    if new is None or new.sku != line.sku:
        return 0
    return min(line.tasked_qty, max(0, new.qty - line.picked_qty - line.short_qty))


def _grow_lists(story: Story, order_no: str) -> None:
    """More units go onto the live list that already has the order; without one they wait in the pool."""
    order = story.get(Order, order_no)
    if order is None or order.held is not None:
        return
    live = next(iter(open_stops(story, order)), None)
    if live is None:
        return
    for line in order.lines:
        if line.untasked_qty > 0:
            add_stops(story, live[0], order_no, line.line_no, line.untasked_qty)
