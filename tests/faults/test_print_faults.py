"""A sample of `make campaign`: printers' faults and the agent's death at random, and its death after every step."""

from __future__ import annotations

import pytest

from bench.print_faults import STEPS, rehearse
from bench.print_schedules import killed_after, schedule_of

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("seed", range(1, 17))
def test_no_label_is_lost_and_none_doubled_unmarked_whatever_fails(seed: int) -> None:
    assert rehearse(schedule_of(seed)).wrong == ()


@pytest.mark.parametrize(
    ("language", "step"),
    [(language, step) for language, steps in STEPS.items() for step in range(3, steps, steps // 6)],
)
def test_an_agent_killed_between_two_steps_of_a_label_loses_and_doubles_none(
    language: str, step: int
) -> None:
    outcome = rehearse(killed_after(language, step))
    assert outcome.wrong == ()
    assert outcome.seen["kills"] == 1


def test_a_schedule_is_made_from_its_seed_alone() -> None:
    assert schedule_of(7) == schedule_of(7)
    assert schedule_of(7) != schedule_of(8)
