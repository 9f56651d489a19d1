"""The breaker as a state machine: when it opens, when it lets through, when it closes."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from sync.breaker import CLOSES_AT, OPENS_AT, PROBE_FIRST_S, PROBE_LAST_S, Breaker

calls = st.lists(st.booleans(), max_size=60)
dice = st.floats(0, 1, exclude_max=True)


def after(outcomes: list[bool], breaker: Breaker | None = None) -> Breaker:
    """After calls that were answered (True) or failed, one a second."""
    breaker = breaker or Breaker()
    for second, answered in enumerate(outcomes):
        breaker = breaker.answered() if answered else breaker.failed(float(second), 0.5)
    return breaker


def test_four_failures_in_a_row_leave_it_closed_and_the_fifth_opens_it() -> None:
    assert after([False] * 4).state == "closed"
    assert after([False] * 4 + [True] + [False] * 4).state == "closed"
    assert after([False] * 5).state == "open"


def test_it_is_back_only_after_three_answers() -> None:
    opened = after([False] * 5)
    states = [after([True] * count, opened).state for count in (1, 2, 3)]
    assert states == ["half-open", "half-open", "closed"]


def test_one_failure_while_half_open_opens_it_again() -> None:
    half = after([False] * 5 + [True, True])
    assert after([False], half).state == "open"
    assert after([False, True, True], half).state == "half-open", "the answers before do not count any more"


@given(calls)
def test_its_state_is_told_by_the_runs_of_failures_and_answers(outcomes: list[bool]) -> None:
    """The reference: a walk over the calls that knows nothing of the value's fields."""
    state, run = "closed", 0
    for answered in outcomes:
        bad = not answered
        if state == "closed":
            run = run + 1 if bad else 0
            state, run = ("open", 0) if run == OPENS_AT else (state, run)
        else:
            run = 0 if bad else run + 1
            state = "open" if bad else "half-open"
            state, run = ("closed", 0) if run == CLOSES_AT else (state, run)
    breaker = after(outcomes)
    assert breaker.state == state
    assert breaker.lets_through == (state != "open")


@given(calls, dice, st.floats(0, 1e9))
def test_an_open_one_is_asked_again_soon_but_not_at_once(
    outcomes: list[bool], die: float, now_s: float
) -> None:
    breaker = after(outcomes).failed(now_s, die)
    if breaker.state == "open":
        assert now_s + PROBE_FIRST_S <= breaker.probe_at_s <= now_s + PROBE_LAST_S


@given(calls)
def test_however_it_got_there_three_answers_close_it_and_five_failures_open_it(before: list[bool]) -> None:
    assert after([True] * CLOSES_AT, after(before)) == Breaker()
    assert after([False] * OPENS_AT, after(before)).state == "open"
