"""A sample of `make campaign`: scanners behind gateways that err, through a kill of the agent and one of the broker."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest

from agent.core import events as ev
from bench.gateway_gaps import Gaps, judge_gaps
from bench.gateway_ledger import Difference, Heard, Key, Told, Track, compare, heard
from bench.gateway_report import Report, Storm
from bench.gateway_storm import play
from devices.broker import available
from devices.pda import GatewayScan
from devices.sim.gateway import ContractShape, SentScan, SimGateway

GW, DEVICE = "gw1", "C0:DE:00:00:00:01"
AT = 1_781_769_600_000


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Report:
    """One storm for all claims about it."""
    if "mosquitto" not in available():
        pytest.skip("mosquitto is not installed: no other broker survives its own death")
    folder: Path = tmp_path_factory.mktemp("storm")
    return asyncio.run(play(Storm(scanners=16, per_s=8, seconds=3, kills=1), folder))


@pytest.mark.slow
def test_every_scan_that_the_broker_had_is_taken_once_whoever_dies(report: Report) -> None:
    assert {each.blow for each in report.recoveries} == {"agent", "broker"}
    assert report.at_broker > 0.9 * report.scans == 0.9 * 16 * (8 * 3 + 2)  # and one at each blow
    assert (report.difference.lost, report.difference.doubled, report.difference.unknown) == ((), 0, ())
    assert report.taken == report.at_broker - len(report.difference.parted) + report.difference.halves
    assert report.verdict.ok


@pytest.mark.slow
def test_order_is_kept_and_people_are_told_of_what_is_missing_and_of_nothing_else(report: Report) -> None:
    assert report.gaps.told
    assert report.faults == []


def reading(text: str, number: int, *, pieces: int = 1, lost: bool = False) -> list[Heard]:
    """Of one scanner, as its one gateway heard it `number` seconds after AT."""
    at = f"2026-06-18T08:00:{number:02}.000Z"
    sent = SentScan(GatewayScan(DEVICE, text, at, number), (b"",) * pieces, lost=lost)
    sent.published = sent.acknowledged = 0 if lost else pieces
    return [heard(SimGateway(GW, url="mqtt://127.0.0.1", shape=ContractShape("WH1")), sent)]


def track(*readings: list[Heard], in_order: bool = True) -> Track:
    return Track(readings=readings, in_order=in_order, numbered=True)


ABC = track(*(reading(text, number) for number, text in enumerate("ABC", start=1)))
A_LOST_C = track(reading("A", 1), reading("B", 2, lost=True), reading("C", 3))


def taken(text: str, number: int, path: str = GW) -> ev.ScanTaken:
    return ev.ScanTaken("s1", text, AT + number * 1000, "wrong", "", DEVICE, path, sequence=number)


def journal(codes: str) -> list[Told]:
    """The codes of ABC, taken in this order."""
    return [taken(code, "ABC".index(code) + 1) for code in codes]


def key(text: str, number: int) -> Key:
    return Key(GW, DEVICE, text, AT + number * 1000)


def difference(
    *, lost: tuple[Key, ...] = (), parted: tuple[Key, ...] = (), unknown: tuple[Key, ...] = (),
    doubled: int = 0, disordered: int = 0, halves: int = 0,
) -> Difference:  # fmt: skip
    return Difference(
        lost=lost, parted=parted, unknown=unknown, doubled=doubled, disordered=disordered, halves=halves
    )


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        (journal("ABC"), difference()),
        (journal("AC"), difference(lost=(key("B", 2),))),
        (journal("ABBC"), difference(doubled=1)),
        (journal("ACB"), difference(disordered=1)),
        ([*journal("ABC"), taken("X", 9)], difference(unknown=(key("X", 9),))),
        ([*journal("ABC"), taken("B", 1)], difference(unknown=(key("B", 1),))),
    ],
)
def test_the_ledger_tells_what_is_lost_doubled_disordered_or_unknown(
    told: list[Told], expected: Difference
) -> None:
    assert compare([ABC], told, []) == expected


def test_what_two_gateways_heard_is_expected_once_and_what_none_published_not_at_all() -> None:
    both = Track(readings=[[*reading("A", 1), *reading("A", 2)]], in_order=False, numbered=True)
    assert compare([both], [taken("A", 2)], []) == difference()
    assert compare([both], [taken("A", 1), taken("A", 2)], []) == difference(doubled=1)
    assert compare([A_LOST_C], journal("AC"), []) == difference()


def test_only_a_code_of_several_pieces_that_the_agent_died_upon_may_be_parted() -> None:
    long = track(reading("long code", 1, pieces=2))
    at_s = AT / 1000 + 1
    assert compare([long], [], [(at_s - 1, at_s + 1)]) == difference(parted=(key("long code", 1),))
    assert compare([long], [taken("code", 1)], [(at_s - 1, at_s + 1)]) == difference(
        parted=(key("long code", 1),), halves=1
    )
    assert compare([long], [], [(at_s + 60, at_s + 61)]) == difference(lost=(key("long code", 1),))
    short = track(reading("code", 1))
    assert compare([short], [], [(at_s - 1, at_s + 1)]) == difference(lost=(key("code", 1),))


def gap(where: str) -> ev.ExceptionOpened:
    return ev.ExceptionOpened(f"scan-gap:{GW}/{DEVICE}", "scan-gap", None, f"missing {where}")


CLOSED = ev.ExceptionClosed(f"scan-gap:{GW}/{DEVICE}", "scan-gap", None, "they came late")


def gaps(told: int = 0, *, false: int = 0, stale: int = 0, untold: int = 0) -> Gaps:
    return Gaps(told=told, false=false, stale=stale, untold=untold)


@pytest.mark.parametrize(
    ("of", "told", "expected"),
    [
        (A_LOST_C, [*journal("AC"), gap("between 1 and 3")], gaps(1)),
        (A_LOST_C, journal("AC"), gaps(untold=1)),
        (ABC, [*journal("AC"), gap("between 1 and 3"), *journal("B"), CLOSED], gaps(1)),
        (ABC, [*journal("AC"), gap("between 1 and 3"), *journal("B")], gaps(1, stale=1)),
        (ABC, [*journal("ABC"), gap("between 1 and 3"), CLOSED], gaps(1, false=1)),
        (ABC, [*journal("ABC"), gap("between 3 and 9"), CLOSED], gaps(1, false=1)),
    ],
)
def test_a_gap_is_false_where_its_scans_had_come_and_stale_where_they_have(
    of: Track, told: Sequence[Told], expected: Gaps
) -> None:
    assert judge_gaps([of], told) == expected
