"""Whatever is asked in whatever order, the core answers, and the floor stays a legal one."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.core import commands as c
from agent.core import events as ev
from agent.core.apply import FOLDS, apply
from agent.core.decide import RULES, decide
from agent.core.floor import Entry, MemoryFloor
from agent.core.model import OrderState, PrintJob
from agent.core.outbound import PROJECTIONS
from agent.core.story import Refused, after, place
from tests.agent.floors import NOON, fact, floor_with, order, paid, run, stocked
from tests.agent.invariants import (
    check_floor,
    check_journal,
    check_move,
    check_print,
    check_promise,
    check_scan,
)
from tests.agent.universe import MAKERS, T, any_command

#: They only tell: what they tell stands in the journal, and no state table keeps it.
TELL_ONLY = {
    ev.JournalOpened, ev.OrderRefused, ev.WaveReleased, ev.PicklistAssigned, ev.AuditCheckpoint, ev.PersonActed,
    ev.OrderOverruled, ev.ChannelSwitched,
}  # fmt: skip
#: Asked again without an id, each of these is one more: of a pick, of a copy, of an item on the pack table. What a scan
#: that its device repeats may change, `check_scan` knows.
ADDS_UP = (c.PickStop, c.ReprintLabel, c.ReleaseWave, c.TakeScan)


#: One integer per command, 0 for none: a failing sequence shrinks to the few commands that matter.
seeds = st.lists(st.integers(0, 2**32), min_size=60, max_size=150).map(lambda drawn: [s for s in drawn if s])


def step(floor: MemoryFloor, command: c.Command) -> list[Entry]:
    """Ask, and check every single event that comes of it."""
    decided = decide(floor, command, NOON)
    entries = []
    if isinstance(command, c.TakeScan):
        check_scan(decided)
    for event in decided.events if isinstance(decided, Refused) else decided:
        entry = place(floor.head, event, NOON)
        check_print(floor, event)
        for changed in apply(floor, entry):
            check_move(floor.get(type(changed), *changed.key()), changed)
            floor.put([changed])
        floor.head = after(floor.head, entry)
        check_promise(floor, event)
        entries.append(entry)
    return entries


@settings(max_examples=150)
@given(seeds)
def test_no_sequence_of_commands_makes_an_illegal_floor(seeds: list[int]) -> None:
    floor = stocked(waybills=3, printers=("lp1", "lp2"))
    first = floor.head
    journal: list[Entry] = []
    for seed in seeds:
        command = any_command(floor, random.Random(seed).choice)
        journal += step(floor, command)
        check_floor(floor)
        if not isinstance(command, ADDS_UP):
            was = dict(floor.entities)
            journal += step(floor, command)
            assert floor.entities == was, f"{command} changed something when it was repeated"
    check_journal([renumbered(entry, first.row, first.sequence) for entry in journal])


def renumbered(entry: Entry, rows: int, sequences: int) -> Entry:
    """As if the journal had begun here."""
    sequence = entry.sequence - sequences if entry.sequence is not None else None
    return Entry(entry.row - rows, entry.at, sequence, entry.event)


@pytest.mark.parametrize("state", OrderState)
def test_every_command_is_answered_in_every_order_state(state: OrderState) -> None:
    floor, rng = floor_with(state), random.Random(state)
    for make in MAKERS * 20:
        decided = decide(floor, make(floor, rng.choice), NOON)
        if isinstance(decided, Refused):
            assert decided.reason.partition(":")[2].strip(), "a refusal is a word, a colon and a sentence"


def asked_about(job: str) -> list[c.Command]:
    """Everything that may be asked about a print job and its label."""
    return [
        c.StartPrint(job=job, printer="lp2"), c.PrintSentAll(job=job), c.SuspectPrint(job=job, reason="hung up"),
        c.FinishPrint(job=job, evidence="status", first_byte_at=None), c.FailOverPrint(job=job, reason="no paper"),
        c.RequeuePrint(job=job, reason="cleared"), c.FailPrint(job=job, reason="too wide"),
        c.SettlePrint(job=job, printed=True), c.SettlePrint(job=job, printed=False),
        c.ReprintLabel(order_no="SO-1", reason="torn"), c.UnholdOrder(order_no="SO-1"), fact("cancelled"),
    ]  # fmt: skip


def one_label() -> MemoryFloor:
    floor = stocked(waybills=1, printers=("lp1", "lp2"))
    run(floor, order(), paid())
    return floor


@settings(max_examples=400)
@given(st.lists(st.tuples(st.integers(0, 11), st.integers(0, 2)), max_size=14))
def test_whatever_is_asked_of_a_label_and_its_copies_there_is_never_one_too_many(
    drawn: list[tuple[int, int]],
) -> None:
    floor = one_label()
    first, journal = floor.head, []
    for number, which in drawn:
        jobs = sorted(floor.all(PrintJob), key=lambda job: job.copy_no)
        journal += step(floor, asked_about(jobs[which % len(jobs)].job)[number])
        check_floor(floor)
    check_journal([renumbered(entry, first.row, first.sequence) for entry in journal])


def test_every_command_has_a_rule() -> None:
    abstract = {c.PdaCommand}
    assert set(RULES) == _leaves(c.Command) - abstract


def test_random_days_ask_every_kind_of_command() -> None:
    floor, rng = floor_with(OrderState.PICKING), random.Random(1)
    drawn = {type(any_command(floor, rng.choice)) for _ in range(5000)}
    later = {c.AssignTask, c.AnswerRecall}
    assert drawn | later == set(RULES)


def test_every_event_is_either_folded_or_only_tells() -> None:
    assert set(FOLDS) | TELL_ONLY == _leaves(ev.Event)
    assert not set(FOLDS) & TELL_ONLY


def test_every_event_of_the_journal_can_be_read_back() -> None:
    assert set(ev.AnyEvent.__args__) == _leaves(ev.Event)


def test_what_only_tells_tells_the_hub_or_the_audit() -> None:
    assert TELL_ONLY - set(PROJECTIONS) == {ev.JournalOpened, ev.PersonActed, ev.OrderOverruled}


def _leaves(kind: type[T]) -> set[type[T]]:
    children = kind.__subclasses__()
    return {kind} if not children else set().union(*(_leaves(child) for child in children))
