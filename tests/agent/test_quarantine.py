"""The quarantine in the core: what is parked, what a person makes of it, and what of it is kept."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.core import commands as c
from agent.core import events as ev
from agent.core.floor import MemoryFloor
from agent.core.model import FloorException, Parked
from agent.core.rules.quarantine import KEPT_BYTES
from tests.agent.floors import NOON, ask, kinds, known, open_exceptions, reason, run, stocked, word

MEI = "person:mei"


def park(parked: str = "Q1", **changes: Any) -> c.ParkEvent:
    """A master data event that says nothing."""
    values: dict[str, Any] = {
        "parked": parked, "direction": "feed", "source": "/erp", "event": "e1", "kind": "sku.changed", "subject": "A",
        "reason": "malformed: no sku", "body": '{"data": {}}', "acked_sequence": 7,
    }  # fmt: skip
    return c.ParkEvent(**values | changes)


def release(parked: str = "Q1", **changes: Any) -> c.ReleaseParked:
    return c.ReleaseParked(parked=parked, note="the ERP says so", by=MEI, **changes)


def drop(parked: str = "Q1") -> c.DropParked:
    return c.DropParked(parked=parked, note="of no use", by=MEI)


@pytest.fixture
def floor() -> MemoryFloor:
    """Q1 is parked."""
    made = stocked()
    run(made, park())
    return made


def parked_of(floor: MemoryFloor) -> Parked:
    return known(floor, Parked, "Q1")


def test_a_parked_event_is_kept_as_it_came_and_waits_for_a_person(floor: MemoryFloor) -> None:
    parked = parked_of(floor)
    assert (parked.body, parked.size_bytes, parked.sha256) == ('{"data": {}}', 12, "")
    assert (parked.reason, parked.acked_sequence, parked.parked_at) == ("malformed: no sku", 7, NOON)
    exception = known(floor, FloorException, "parked-event:Q1")
    assert exception.text == "sku.changed A, from /erp: malformed: no sku"
    assert exception.proposal == "correct and release it in the quarantine, or drop it there"


def test_its_exception_closes_with_it_and_not_before(floor: MemoryFloor) -> None:
    close = c.CloseException(exception="parked-event:Q1", note="seen")
    assert word(reason(floor, close)) == "parked"
    assert open_exceptions(floor) == {"parked-event"}
    assert kinds(run(floor, drop())) == ["event.dropped", "exception.closed", "person.acted"]
    assert open_exceptions(floor) == set()


@pytest.mark.parametrize("settle", [release(), drop()])
def test_who_settled_it_when_and_why_is_kept_and_the_body_in_the_journal_alone(
    floor: MemoryFloor, settle: c.Command
) -> None:
    run(floor, settle, at=NOON + 5)
    parked = parked_of(floor)
    assert (parked.settled_by, parked.settled_at, parked.body) == (MEI, NOON + 5, "")
    assert parked.note == settle.note  # type: ignore[attr-defined]  # both have one


def test_the_release_tells_what_was_changed_and_only_that(floor: MemoryFloor) -> None:
    events = run(floor, release(body='{"data": {"sku": "A"}}'))
    assert events[0] == ev.EventReleased("Q1", None, MEI, "the ERP says so", '{"data": {"sku": "A"}}')
    run(floor, park("Q2"))
    assert run(floor, release("Q2", body='{"data": {}}'))[0] == ev.EventReleased(
        "Q2", None, MEI, "the ERP says so", None
    )


def test_refused_again_it_stays_as_the_person_has_left_it_with_the_new_reason(floor: MemoryFloor) -> None:
    asked = release(body='{"data": {"sku": 5}}', refused="malformed: sku")
    assert reason(floor, asked, at=NOON + 5) == "malformed: sku"
    parked = parked_of(floor)
    assert (parked.body, parked.reason, parked.parked_at) == ('{"data": {"sku": 5}}', "malformed: sku", NOON)
    assert open_exceptions(floor) == {"parked-event"}
    run(floor, release())
    assert parked_of(floor).state == "released"


def test_a_failed_try_stands_in_the_journal_with_its_body_and_its_note(floor: MemoryFloor) -> None:
    refused = ask(floor, release(body="[]", refused="unreadable: no object"))
    (again,) = refused.events  # type: ignore[union-attr]  # it is refused
    assert isinstance(again, ev.EventParked)
    assert (again.body, again.note, again.reason) == ("[]", "the ERP says so", "unreadable: no object")


def test_what_is_settled_stays_settled_however_often_the_event_comes_again(floor: MemoryFloor) -> None:
    run(floor, drop())
    assert run(floor, park()) == []
    assert run(floor, drop()) == []
    assert parked_of(floor).state == "dropped"
    assert word(reason(floor, release())) == "settled"


def test_what_is_not_parked_can_be_neither_released_nor_dropped(floor: MemoryFloor) -> None:
    for command in (release("Q9"), drop("Q9")):
        assert word(reason(floor, command)) == "unknown-parked"


def test_the_hubs_no_is_final_for_an_event_of_ours(floor: MemoryFloor) -> None:
    run(floor, park("Q2", direction="outbox", kind="parcel.shipped"))
    assert word(reason(floor, release("Q2"))) == "final"
    assert word(reason(floor, release("Q2", body="{}"))) == "final"
    run(floor, drop("Q2"))


@pytest.mark.parametrize("kind", ["exception.opened", "exception.closed"])
def test_a_hub_that_rejects_exceptions_is_not_told_so_by_one_more(kind: str) -> None:
    floor = stocked()
    assert kinds(run(floor, park(direction="outbox", kind=kind))) == ["event.parked"]
    assert kinds(run(floor, drop())) == ["event.dropped", "person.acted"]


def test_a_huge_event_is_cut_and_says_how_long_it_was_and_what_its_hash_is(floor: MemoryFloor) -> None:
    huge = "仓" * 4_000_000
    run(floor, park("Q2", body=huge))
    parked = known(floor, Parked, "Q2")
    assert huge.startswith(parked.body)
    assert KEPT_BYTES - 3 < len(parked.body.encode()) <= KEPT_BYTES
    assert (parked.size_bytes, parked.sha256) == (12_000_000, sha256(huge.encode()).hexdigest())


def test_half_an_event_is_not_released(floor: MemoryFloor) -> None:
    run(floor, park("Q2", body="x" * (KEPT_BYTES + 1)))
    assert word(reason(floor, release("Q2"))) == "cut"
    assert word(reason(floor, release("Q2", body=known(floor, Parked, "Q2").body))) == "cut"
    run(floor, release("Q2", body="{}"))


@given(st.text(st.characters(codec=None), max_size=300), st.text(st.characters(codec=None), max_size=2_000))
def test_whatever_a_broken_event_says_of_itself_can_be_kept(name: str, told: str) -> None:
    floor = stocked()
    (parked, *_) = run(floor, park(source=name, event=name, kind=name, subject=name, reason=told, body=told))
    assert isinstance(parked, ev.EventParked)
    for text in (parked.source, parked.event, parked.kind, parked.subject or "", parked.reason, parked.body):
        text.encode()
    assert len(parked.source) <= 6 * 200 + 1
    assert len(parked.reason) <= 6 * 1_000 + 1


#: (what is asked, of which event, with another body, and whether the door refuses it)
deeds = st.tuples(
    st.sampled_from(["park", "release", "drop"]), st.integers(1, 3), st.booleans(), st.booleans()
)


@given(st.lists(deeds, max_size=40))
def test_what_waits_is_what_was_parked_and_neither_released_nor_dropped(
    drawn: list[tuple[str, int, bool, bool]],
) -> None:
    floor, expected = stocked(), dict[str, tuple[str, str]]()
    for deed, number, edited, is_refused in drawn:
        name, body = f"Q{number}", f"body {len(expected)}"
        if deed == "park":
            ask(floor, park(name))
            expected.setdefault(name, ("parked", '{"data": {}}'))
        elif deed == "release":
            ask(
                floor,
                release(name, body=body if edited else None, refused="no: not yet" if is_refused else None),
            )
            if expected.get(name, ("", ""))[0] == "parked":
                left = ("parked", body if edited else expected[name][1])
                expected[name] = left if is_refused else ("released", "")
        else:
            ask(floor, drop(name))
            if expected.get(name, ("", ""))[0] == "parked":
                expected[name] = ("dropped", "")
    assert {each.parked: (each.state, each.body) for each in floor.all(Parked)} == expected
    waiting = {each.exception for each in floor.all(FloorException) if each.closed_at is None}
    assert waiting == {f"parked-event:{name}" for name, (state, _) in expected.items() if state == "parked"}
