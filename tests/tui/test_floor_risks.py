"""What turns amber or red, with the reason in words; and what the tables say of it."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from agent.api.messages import FloorView, HubView, PdaView, Percentiles, PrinterView, ScannerView
from tui.risks import Level, floor_risks, hub_risks, pda_risk, printer_risk, promise_level, scanner_risk
from tui.rows import EXCEPTIONS, PDAS, PRINTERS, SCANNERS, TABLES

PRINTER = PrinterView("lp1", "online", "", 0, 10, 0)
PDA = PdaView("pda-1", True, "李娜", 80, "T-1", "accepted", 5, 12, 1000)
HUB = HubView("up", "idle", "", 9, 9, 0, 0.0)


def test_a_printer_without_paper_is_red_and_says_how_many_wait() -> None:
    risk = printer_risk(replace(PRINTER, state="paper out", ready=False, queued=2))
    assert risk is not None
    assert (risk.level, risk.why) == (Level.RED, "paper out, 2 labels waiting")


def test_a_printer_that_cannot_be_reached_is_red_and_says_why() -> None:
    risk = printer_risk(
        replace(PRINTER, state="unknown", reason="192.0.2.1:9100 does not answer", ready=False)
    )
    assert risk is not None
    assert (risk.level, risk.why) == (Level.RED, "192.0.2.1:9100 does not answer")


@pytest.mark.parametrize(
    "change", [{"state": "paused"}, {"state": "paper low"}, {"state": "unknown"}, {"suspect": 1}]
)
def test_a_printer_to_look_at_soon_is_amber(change: dict[str, str | int]) -> None:
    risk = printer_risk(replace(PRINTER, **change))
    assert risk is not None
    assert risk.level is Level.AMBER


def test_a_queue_alone_is_no_risk() -> None:
    assert printer_risk(replace(PRINTER, state="printing", queued=40)) is None


def test_a_pick_list_on_an_absent_pda_is_at_risk() -> None:
    risk = pda_risk(replace(PDA, online=False))
    assert risk is not None
    assert (risk.where, risk.why) == ("PDA pda-1 (李娜)", "offline with T-1, 7 stops open")


def test_an_absent_pda_without_a_list_is_no_risk() -> None:
    assert pda_risk(replace(PDA, online=False, task=None)) is None


def test_a_battery_that_ends_soon_is_told_before_it_ends() -> None:
    assert pda_risk(replace(PDA, battery_percent=16)) is None
    risk = pda_risk(replace(PDA, battery_percent=15))
    assert risk is not None
    assert risk.why == "battery low, 15 %"


def test_a_scanner_that_is_not_heard_is_red() -> None:
    scanner = ScannerView("dock1", "ship", "fault", "unplugged", 3, None)
    risk = scanner_risk(scanner)
    assert risk is not None
    assert (risk.level, risk.why) == (Level.RED, "unplugged (ship)")


GUN = ScannerView("gun7", "ship", "up", "", 41, None, "hci0", battery_percent=20, signal_dbm=-85)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"battery_percent": 19}, "battery low, 19 %"),
        ({"signal_dbm": -86}, "signal weak, -86 dBm"),
        ({"battery_percent": 3, "signal_dbm": -97}, "battery low, 3 %; signal weak, -97 dBm"),
    ],
)
def test_a_scanner_that_soon_cannot_be_heard_is_amber_and_says_why(change: dict[str, int], why: str) -> None:
    assert scanner_risk(GUN) is None
    risk = scanner_risk(replace(GUN, **change))
    assert risk is not None
    assert (risk.level, risk.why) == (Level.AMBER, why)


def test_a_scanner_without_battery_or_radio_is_no_risk() -> None:
    assert scanner_risk(replace(GUN, battery_percent=None, signal_dbm=None)) is None


def test_a_scanner_that_is_not_heard_is_red_whatever_its_battery() -> None:
    risk = scanner_risk(replace(GUN, state="fault", reason="out of reach", battery_percent=3))
    assert risk is not None
    assert (risk.level, risk.why) == (Level.RED, "out of reach (ship)")


@pytest.mark.parametrize(
    ("hub", "levels"),
    [
        (HUB, []),
        (replace(HUB, feed="down", reason="no route"), [Level.AMBER]),
        (replace(HUB, relay="stopped"), [Level.RED]),
        (replace(HUB, relay="retrying", backlog=4, oldest_unsent_s=16), [Level.AMBER, Level.AMBER]),
        (replace(HUB, relay="sending", backlog=4, oldest_unsent_s=99), [Level.RED]),
    ],
)
def test_the_hub_link_is_judged_by_feed_relay_and_age(hub: HubView, levels: list[Level]) -> None:
    assert [risk.level for risk in hub_risks(hub)] == levels


@pytest.mark.parametrize(("p99", "level"), [(1500, Level.CALM), (1501, Level.AMBER), (3001, Level.RED)])
def test_a_promise_turns_amber_at_half_and_red_when_broken(p99: float, level: Level) -> None:
    assert promise_level(Percentiles(10, 1.0, p99, p99), 3000) is level


def test_the_most_urgent_comes_first_and_the_agents_own_words_are_kept(floor: FloorView) -> None:
    risks = floor_risks(replace(floor, degraded=("waybills-low: SF 12 left",), ready=False))
    assert [risk.level for risk in risks] == sorted((risk.level for risk in risks), reverse=True)
    assert risks[0].why == "not ready"
    assert "waybills-low: SF 12 left" in [risk.why for risk in risks]


def test_a_floor_without_trouble_is_at_no_risk(floor: FloorView) -> None:
    calm = replace(floor, printers=(PRINTER,), pdas=(PDA,), exceptions=(), exceptions_open=0)
    assert floor_risks(calm) == ()


def test_an_exception_turns_red_when_it_waits_too_long(floor: FloorView) -> None:
    (row,) = EXCEPTIONS.rows(replace(floor, at="2026-06-18T04:20:00.000Z"))
    assert row.level is Level.RED
    assert row.cells[0].text == "24 min !!"


def test_exceptions_stand_oldest_first(floor: FloorView) -> None:
    older = replace(floor.exceptions[0], exception="E-0", opened_at="2026-06-18T03:00:00.000Z")
    rows = EXCEPTIONS.rows(replace(floor, exceptions=(*floor.exceptions, older)))
    assert [row.key for row in rows] == ["E-0", "E-1"]


def test_progress_is_a_bar_and_the_numbers(floor: FloorView) -> None:
    assert PDAS.rows(floor)[0].cells[4].text == "██████··  15/20"


def test_a_scanner_that_never_scanned_says_so(floor: FloorView) -> None:
    (row,) = SCANNERS.rows(replace(floor, scanners=(replace(floor.scanners[0], last_scan_at=None),)))
    assert row.cells[3].text == "never"


def test_a_scanner_shows_its_battery_signal_path_and_what_it_did_not_count(floor: FloorView) -> None:
    gun = replace(GUN, battery_percent=9, ignored=1234, garbled=2)
    (row,) = SCANNERS.rows(replace(floor, scanners=(gun,)))
    assert [cell.text for cell in row.cells[2:]] == [
        "up !", "never", "41", "9 %", "-85 dBm", "hci0", "1,234", "2", "battery low, 9 %",
    ]  # fmt: skip
    assert [cell.level for cell in row.cells[5:7]] == [Level.AMBER, Level.CALM]


def test_what_a_wired_scanner_has_not_is_a_dash(floor: FloorView) -> None:
    (row,) = SCANNERS.rows(floor)
    assert [cell.text for cell in row.cells[5:8]] == ["-", "-", "-"]


def test_every_row_has_a_cell_for_every_column(floor: FloorView) -> None:
    for table in TABLES:
        assert {len(row.cells) for row in table.rows(floor)} == {len(table.columns)}


def test_what_is_at_risk_is_marked_without_colour(floor: FloorView) -> None:
    assert [row.cells[1].text for row in PRINTERS.rows(floor)] == ["printing", "paper out !!"]
