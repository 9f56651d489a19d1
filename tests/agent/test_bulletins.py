"""When operators are told: at once when something begins and ends, seldom when it flaps, and at last as it is."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from agent.bulletins import QUIET_S, Bulletin, Bulletins


def bad(text: str = "down") -> Bulletin:
    return Bulletin("hub", True, "hub", text)


def good(text: str = "up") -> Bulletin:
    return Bulletin("hub", False, "hub", text)


def test_its_beginning_and_its_end_are_told_at_once_and_nothing_twice() -> None:
    bulletins = Bulletins()
    assert bulletins.heard(bad(), 0) == [bad()]
    assert bulletins.heard(bad("still down"), 30) == []
    assert bulletins.heard(good(), 60) == [good()]
    assert bulletins.heard(good(), 90) == []


def test_the_end_of_what_nobody_was_told_of_is_no_news() -> None:
    assert Bulletins().heard(good(), 0) == []


def test_what_flaps_is_told_once_more_after_the_quiet_time_as_it_is_by_then() -> None:
    bulletins = Bulletins()
    bulletins.heard(bad(), 0)
    bulletins.heard(good(), 10)
    for second in range(20, 300, 20):
        assert bulletins.heard(bad(), second) == []
        assert bulletins.heard(good(), second + 10) == []
    assert bulletins.due(10 + QUIET_S - 1) == []
    (message,) = bulletins.due(10 + QUIET_S)
    assert (message.bad, message.text) == (False, "up (it changed 28 times since the last message)")
    assert bulletins.due(10 + 2 * QUIET_S) == []


def test_other_matters_are_not_held_up() -> None:
    bulletins = Bulletins()
    bulletins.heard(bad(), 0)
    other = Bulletin("SF", True, "waybills-low", "few")
    assert bulletins.heard(other, 1) == [other]


def test_what_is_over_is_forgotten() -> None:
    bulletins = Bulletins()
    bulletins.heard(bad(), 0)
    bulletins.heard(good(), 1)
    assert bulletins.next_s() == 1 + QUIET_S
    bulletins.due(1 + QUIET_S)
    assert bulletins.next_s() is None
    assert bulletins.heard(bad(), 2 + QUIET_S) == [bad()]


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 900)), max_size=60))
def test_at_most_two_messages_fall_into_any_quiet_time_and_the_last_one_says_how_it_is(
    changes: list[tuple[bool, int]],
) -> None:
    bulletins, now_s, told, state = Bulletins(), 0.0, [], False
    for is_bad, step_s in changes:
        now_s += step_s
        told += [(now_s, each) for each in bulletins.due(now_s)]
        told += [(now_s, each) for each in bulletins.heard(bad() if is_bad else good(), now_s)]
        state = is_bad
    while (next_s := bulletins.next_s()) is not None:
        now_s = max(now_s, next_s)
        told += [(now_s, each) for each in bulletins.due(now_s)]
    times = [at for at, _ in told]
    assert all(later - earlier >= QUIET_S for earlier, later in zip(times, times[2:], strict=False))
    assert (told[-1][1].bad if told else False) == state
