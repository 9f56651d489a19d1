"""The agent is killed in the middle of its work, again and again."""

from pathlib import Path

import pytest
import pytest_asyncio

from agent.sandbox.kills import KillReport, day_with_kills


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def report(tmp_path_factory: pytest.TempPathFactory) -> KillReport:
    """A 200-order day with a SIGKILL at 20 random moments; `make campaign` does many more of them."""
    folder: Path = tmp_path_factory.mktemp("kills", numbered=True)
    return await day_with_kills(folder, orders=200, kills=20, seed=2)


pytestmark = [pytest.mark.slow, pytest.mark.timeout(420), pytest.mark.asyncio(loop_scope="module")]


async def test_every_order_is_shipped(report: KillReport) -> None:
    assert report.kills == 20
    assert report.emptied
    assert (report.summary.orders, report.summary.shipped, report.summary.lost) == (200, 200, 0)


async def test_the_hubs_ledger_equals_the_agents(report: KillReport) -> None:
    assert report.differences == ()
    assert report.summary.sequence_gaps == 0


async def test_no_label_came_out_twice_without_being_marked_suspect(report: KillReport) -> None:
    """The day is chosen so that kills do meet labels on their way to paper."""
    assert report.summary.labels_doubled == 0
    assert report.summary.labels_suspect > 0


async def test_no_promise_of_stock_is_broken(report: KillReport) -> None:
    assert report.summary.reservations_broken == 0


async def test_verify_is_clean(report: KillReport) -> None:
    assert report.verdict.ok, report.verdict.first_bad
    assert report.verdict.rows > 2000
