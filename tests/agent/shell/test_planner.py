"""The planner's process: always a feasible plan in time, whatever becomes of it."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from agent.planner import Planner
from routing import Cart, Layout, PickLine, PickOrder, Plan, Problem, Spot, check
from tests.agent.shell.stage import WAIT_S


def problem(orders: int = 6) -> Problem:
    """So many orders of one line each, in one aisle."""
    spots = [Spot(f"A-{n}", "bin", "Z1", "A", n, 1, 0, 1000 * n) for n in range(1, orders + 1)]
    layout = Layout.of([Spot("D", "depot", "Z1", "A", 0, 1, 0, 0), *spots])
    wanted = tuple(
        PickOrder(f"SO-{n}", n, (PickLine(f"SO-{n}", 1, "A", f"A-{n}", 1, 100, 100),))
        for n in range(1, orders + 1)
    )
    return Problem(layout, "D", wanted, (Cart("P1", 8, 60_000, 200_000, frozenset()),))


def is_gone(pid: int) -> bool:
    """Ended, whether or not somebody has looked at its exit code."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True


@pytest.fixture
async def planner(tmp_path: Path) -> AsyncIterator[Planner]:
    made = Planner(tmp_path / "failed-plans")
    yield made
    await made.close()


def orders_of(plan: Plan) -> set[str]:
    return {stop.order for batch in plan.batches for stop in batch.stops}


async def test_killed_while_it_plans_the_quick_plan_is_used_and_the_next_starts_a_new_process(
    planner: Planner,
) -> None:
    asked = problem()
    first = await planner.plan(asked, 0.1)
    pid = planner.pid
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)  # so that it cannot be done before it is killed
    planning = asyncio.create_task(planner.plan(asked, 5.0))
    await asyncio.sleep(0.05)
    os.kill(pid, signal.SIGKILL)
    quick = await asyncio.wait_for(planning, 2.0)
    again = await planner.plan(asked, 0.1)
    for plan in (first, quick, again):
        assert check(asked, plan) == ()
        assert len(orders_of(plan)) == 6
    assert planner.pid != pid


async def test_a_process_that_hangs_is_given_up_after_its_deadline(
    planner: Planner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("agent.planner._GRACE_S", 0.2)
    asked = problem()
    await planner.plan(asked, 0.1)
    assert planner.pid is not None
    os.kill(planner.pid, signal.SIGSTOP)
    assert len(orders_of(await asyncio.wait_for(planner.plan(asked, 0.1), 3.0))) == 6
    assert is_gone(planner.pid)


async def test_a_closed_planner_leaves_no_process(planner: Planner) -> None:
    await planner.plan(problem(), 0.1)
    assert planner.pid is not None
    await planner.close()
    assert is_gone(planner.pid)


_PARENT = """
import asyncio
from pathlib import Path
from agent.planner import Planner
from tests.agent.shell.test_planner import problem

async def main():
    planner = Planner(Path("/nowhere"))
    await planner.plan(problem(), 0.1)
    print(planner.pid, flush=True)
    await asyncio.sleep(60)

asyncio.run(main())
"""


def test_the_process_ends_when_its_agent_is_killed() -> None:
    with subprocess.Popen([sys.executable, "-c", _PARENT], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        assert not is_gone(pid)
        parent.kill()
    give_up_at = time.monotonic() + WAIT_S
    while not is_gone(pid):
        assert time.monotonic() < give_up_at, "it has outlived its agent"
        time.sleep(0.01)
