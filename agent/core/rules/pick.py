"""`pick`: the same as a PDA's confirmation, for a scanner without a screen, by the same rules.

The list in hand is the one that the scanner's PDA holds, else the one whose own code or cart was scanned last, or, with
none in hand, one of its totes. A location chooses the stop at it; an item is one unit picked; a tote is checked at the
stop, or bound where its slot has none; a depot or pack station ends the list. The first useful scan accepts it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from agent.core import commands as c
from agent.core import events as ev
from agent.core.model import Desk, Location, Order, Parcel, Picking, Sku, Stop, Task, TaskState, ToteUse
from agent.core.rules.answers import Answer, good, stop, wrong
from agent.core.rules.goods import naming
from agent.core.rules.picking import barcodes_of, bind_tote, pick_stop
from agent.core.rules.tasks import accept_task, answer_recall, finish_task
from agent.core.story import Refused, Story
from agent.core.words import is_name

_ENDS = frozenset({"depot", "pack"})
#: Words of refusals after which something lies where it must not.
_STOPS = frozenset({"too-many", "wrong-tote", "tote-busy", "stop-closed", "not-your-task"})
_BRING = "all picked: bring the cart to the pack station or the depot and scan its code"


def pick(story: Story, scan: c.TakeScan) -> Answer:
    """A location, an item, a tote, or the code of a list, cart or tote."""
    hand = _Hand.of(story, scan)
    if hand is None:
        return _take_list(story, scan)
    place = story.get(Location, scan.text)
    if place is not None:
        return _leave(story, hand) if place.kind in _ENDS else _go_to(story, hand)
    if hand.task.state is TaskState.RECALLED:
        return _recalled(story, hand)
    if next(hand.stops_of_code(story), None) is not None:
        return _pick_unit(story, hand)
    if scan.pda is None and _list_of(story, scan.text) is not None:
        return _take_list(story, scan)
    if _is_tote(story, hand):
        return _put_in_tote(story, hand)
    return wrong(f"{scan.text} is not on the list")


def wants_unit(story: Story, scan: c.TakeScan) -> bool:
    """Another unit with this code is open where the picker stands: nobody is at another place at once."""
    hand = _Hand.of(story, scan)
    due = next(hand.stops_of_code(story), None) if hand is not None else None
    if hand is None or due is None or not due.open_qty:
        return False
    return hand.at is None or due.location == hand.at.location


class _Hand:
    """The list in hand, its holder, and the stop at which the picker stands."""

    def __init__(self, scan: c.TakeScan, task: Task, pda: str, at: Stop | None) -> None:
        self.scan = scan
        self.task = task
        self.pda = pda
        self.at = at

    @classmethod
    def of(cls, story: Story, scan: c.TakeScan) -> _Hand | None:
        picking = story.get(Picking, scan.scanner) or Picking(scan.scanner, None, None)
        desk = story.get(Desk, scan.pda) if scan.pda is not None else None
        name = picking.task if scan.pda is None else desk.task if desk is not None else None
        task = story.get(Task, name) if name is not None else None
        holder = story.get(Desk, task.pda) if task is not None and task.pda is not None else None
        if task is None or holder is None or holder.task != task.task:
            return None
        return cls(scan, task, holder.pda, task.stop(picking.stop) if picking.stop is not None else None)

    @property
    def open(self) -> list[Stop]:
        return [each for each in self.task.stops if each.open_qty]

    def stops_of_code(self, story: Story) -> Iterator[Stop]:
        """The stops of the goods that the code names: open ones first, and of these where the picker stands."""
        stops = (s for s in self.task.stops if naming(self.scan, barcodes_of(story, s) or (s.sku,)))
        here = self.at.location if self.at is not None else None
        return iter(sorted(stops, key=lambda s: (not s.open_qty, s != self.at, s.location != here)))

    def stand_at(self, story: Story, at: Stop) -> None:
        """Journaled when it changes."""
        now = Picking(self.scan.scanner, self.task.task, at.stop)
        if story.get(Picking, self.scan.scanner) != now:
            story.emit(ev.PickingSet(now.station, now.task, now.stop))

    def accept(self, story: Story) -> None:
        if self.task.state is TaskState.ASSIGNED:
            accept_task(story, c.AcceptTask(pda=self.pda, task=self.task.task))


def _answer(refused: Refused | None, done: str) -> Answer:
    """A PDA's refusal as a tone."""
    if refused is None:
        return good(done)
    word, _, text = refused.reason.partition(": ")
    return stop(text) if word in _STOPS else wrong(text)


# --- which list ---------------------------------------------------------------------------------------------


def _list_of(story: Story, text: str) -> str | None:
    """The list that a PDA holds and that this code names: its own, or its cart's."""
    return next((name for name in (text, *story.floor.tasks_of_cart(text)) if _is_held(story, name)), None)


def _list_of_tote(story: Story, text: str) -> str | None:
    use = story.get(ToteUse, text)
    order = story.get(Order, use.order_no) if use is not None and use.order_no is not None else None
    lists = [name for name in order.tasks if _is_held(story, name)] if order is not None else []
    tasks = (story.get(Task, name) for name in lists)
    return next((t.task for t in tasks if t is not None and any(tote.tote == text for tote in t.totes)), None)


def _is_held(story: Story, name: str) -> bool:
    task = story.get(Task, name)
    desk = story.get(Desk, task.pda) if task is not None and task.pda is not None else None
    return desk is not None and desk.task == name


def _take_list(story: Story, scan: c.TakeScan) -> Answer:
    if scan.pda is not None:
        return wrong(f"{scan.pda} has no list")
    name = _list_of(story, scan.text) or _list_of_tote(story, scan.text)
    if name is None:
        return wrong("no list in hand: scan the code of its cart, of a tote or of the list")
    story.emit(ev.PickingSet(scan.scanner, name, None))
    hand = _Hand.of(story, scan)
    if hand is None or hand.task.state is TaskState.RECALLED:
        return stop(f"list {name} was taken back")
    hand.accept(story)
    return good(_next(hand))


def _next(hand: _Hand) -> str:
    return f"go to {hand.open[0].location}" if hand.open else _BRING


def _recalled(story: Story, hand: _Hand) -> Answer:
    """A unit picked after the recall is an exception, as at a PDA."""
    if next(hand.stops_of_code(story), None) is not None:
        _pick(story, hand)
    return stop("the list was taken back: bring the cart to the depot and scan its code")


def _leave(story: Story, hand: _Hand) -> Answer:
    told: dict[str, Any] = {"pda": hand.pda, "task": hand.task.task}
    if hand.task.state is TaskState.RECALLED:
        return _answer(answer_recall(story, c.AnswerRecall(**told)), "the list is given back")
    hand.accept(story)
    return _answer(finish_task(story, c.FinishTask(**told)), "the list is done")


# --- at a stop ----------------------------------------------------------------------------------------------


def _go_to(story: Story, hand: _Hand) -> Answer:
    if hand.task.state is TaskState.RECALLED:
        return _recalled(story, hand)
    hand.accept(story)
    at = next((each for each in hand.open if each.location == hand.scan.text), None)
    if at is None:
        return wrong(f"nothing to pick at {hand.scan.text}: {_next(hand)}")
    hand.stand_at(story, at)
    return good(f"pick {at.open_qty} of {at.shown.name or at.sku} into slot {at.slot}")


def _pick(story: Story, hand: _Hand) -> tuple[Stop, Refused | None]:
    """One unit, at the first stop that the code names, by the PDA's rule."""
    at = next(hand.stops_of_code(story))
    barcode = naming(hand.scan, barcodes_of(story, at))
    command = c.PickStop(pda=hand.pda, task=hand.task.task, stop=at.stop, qty=1, barcode=barcode)
    return at, pick_stop(story, command)


def _pick_unit(story: Story, hand: _Hand) -> Answer:
    hand.accept(story)
    at, refused = _pick(story, hand)
    if refused is not None and refused.reason.startswith("too-many"):
        return stop(f"one {at.sku} too many: put it back")
    if refused is not None:
        return _answer(refused, "")
    hand.stand_at(story, at)
    now = _Hand.of(story, hand.scan)
    picked = f"{at.picked_qty + 1} of {at.qty}, slot {at.slot}"
    if now is None or at.open_qty > 1:
        return good(picked)
    return good(f"{picked}: {_next(now)}")


def _is_tote(story: Story, hand: _Hand) -> bool:
    """It is known as one; or a slot waits for its first, and the code is nothing else that is known."""
    scan, at = hand.scan, hand.at
    if story.get(ToteUse, scan.text) is not None:
        return True
    bound = at is None or any(tote.slot == at.slot and tote.tote is not None for tote in hand.task.totes)
    named = scan.gtin is not None or story.get(Sku, scan.text) or story.get(Parcel, scan.text)
    return bool(is_name(scan.text) and not bound and not named)


def _put_in_tote(story: Story, hand: _Hand) -> Answer:
    hand.accept(story)
    text = hand.scan.text
    if hand.at is None:
        return wrong("scan the location first, then the tote")
    command = c.BindTote(pda=hand.pda, task=hand.task.task, slot=hand.at.slot, tote=text)
    return _answer(bind_tote(story, command), f"tote {text} is slot {hand.at.slot}")
