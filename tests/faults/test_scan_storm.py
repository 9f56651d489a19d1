"""A sample of `make campaign`: a few Bluetooth scanners through a killed bluetoothd and a loss of all links."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

import pytest

from bench.scan_ledger import Difference, compare, died_with_agent
from bench.scan_report import Report, Storm
from bench.scan_storm import play
from devices.sim.bluez import HandsetScan


def scan(text: str, **more: float | str | None) -> HandsetScan:
    return HandsetScan(text, text.encode(), 0.0, **more)  # type: ignore[arg-type]


ABC = [scan(text) for text in "ABC"]


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Report:
    """One storm for all claims about it."""
    if shutil.which("dbus-daemon") is None:
        pytest.skip("dbus-daemon is not installed")
    folder: Path = tmp_path_factory.mktemp("storm")
    return asyncio.run(play(Storm(scanners=5, per_s=8, seconds=3, adapters=2, kills=1), folder))


@pytest.mark.slow
def test_every_scan_is_taken_once_and_in_order_whatever_befalls_its_link(report: Report) -> None:
    assert (report.lost, report.doubled, report.disordered, report.unknown) == (0, 0, 0, 0)
    assert report.taken == report.scans == 5 * (8 * 3 + 2)  # and one at each blow
    assert report.verdict.ok


@pytest.mark.slow
def test_everybody_is_back_after_each_blow_and_no_descriptor_is_left(report: Report) -> None:
    assert [each.blow for each in report.recoveries] == ["bluetoothd killed", "all links dropped"]
    assert report.faults == []


@pytest.mark.parametrize(
    ("taken", "difference"),
    [
        ("ABC", Difference((), doubled=0, disordered=0, unknown=0)),
        ("AC", Difference((ABC[1],), doubled=0, disordered=0, unknown=0)),
        ("ABBC", Difference((), doubled=1, disordered=0, unknown=0)),
        ("ACB", Difference((), doubled=0, disordered=1, unknown=0)),
        ("ABXC", Difference((), doubled=0, disordered=0, unknown=1)),
        ("", Difference(tuple(ABC), doubled=0, disordered=0, unknown=0)),
    ],
)
def test_the_ledger_tells_what_is_lost_doubled_disordered_or_unknown(
    taken: str, difference: Difference
) -> None:
    assert compare(ABC, list(taken)) == difference


def test_only_what_was_on_its_way_when_the_agent_was_killed_may_die_with_it() -> None:
    deaths = [(100.0, 100.2)]
    assert died_with_agent(scan("A", sent_at=99.9), deaths)
    assert died_with_agent(scan("A", sent_at=100.1), deaths)
    assert not died_with_agent(scan("A", sent_at=99.9, tone="good"), deaths)
    assert not died_with_agent(scan("A", sent_at=80.0), deaths)
    assert not died_with_agent(scan("A", sent_at=100.3), deaths)
    assert not died_with_agent(scan("A"), deaths)
