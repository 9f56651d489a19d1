"""What the manifest screens say of departures, and what turns amber or red there."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from agent.api.messages import (
    DeparturesView,
    DepartureView,
    ManifestParcelView,
    ManifestView,
    MissingOrderView,
)
from tui.manifest_rows import DEPARTURES, MISSING, PARCELS, figures
from tui.risks import Level, departure_level

NOW = "2026-06-18T08:10:00.000Z"
LEFT = DepartureView("SF", "2026-06-18T08:00:00.000Z", "left", 412, 0, 0)
NEXT = DepartureView("SF", "2026-06-18T12:00:00.000Z", "next", 31, 7, 0)
LATER = DepartureView("SF", None, "to come", 2, 0, 0)
PARCEL = ManifestParcelView("SF1", "SO-1", "2026-06-18T07:59:58.000Z", "dock1", LEFT.departure_at, 1250)
HERE = MissingOrderView("SO-2", None, "2026-06-18T08:00:00.000Z", "picked", "picked, not scanned out")
VIEW = ManifestView(LEFT, 1250, 0, (PARCEL,), (HERE,))


@pytest.mark.parametrize(
    ("departure", "now", "level"),
    [
        (LEFT, NOW, Level.CALM),
        (replace(LEFT, missing=3, late=3), NOW, Level.CALM),
        (replace(LEFT, missing=3, late=2), NOW, Level.RED),
        (NEXT, NOW, Level.CALM),
        (NEXT, "2026-06-18T11:30:00.000Z", Level.CALM),
        (NEXT, "2026-06-18T11:30:01.000Z", Level.AMBER),
        (replace(NEXT, missing=0), "2026-06-18T11:59:00.000Z", Level.CALM),
        (replace(LATER, missing=4), NOW, Level.CALM),
    ],
)
def test_a_departure_is_red_when_it_left_something_here_and_amber_when_it_soon_may(
    departure: DepartureView, now: str, level: Level
) -> None:
    assert departure_level(departure, now) is level


def test_departures_say_when_they_leave_what_they_have_and_what_is_still_here() -> None:
    departures = (replace(LEFT, missing=5, late=3), NEXT, LATER)
    rows = DEPARTURES.rows(DeparturesView(NOW, departures))
    assert [[cell.text for cell in row.cells[2:]] for row in rows] == [
        ["left !!", "10 min ago", "412", "5", "3", "2"],
        ["next", "in 3 h 50 min", "31", "7", "0", "7"],
        ["to come", "-", "2", "0", "0", "0"],
    ]
    assert len({row.key for row in rows}) == 3
    assert rows[2].cells[1].text == "later"


def test_departures_sort_by_when_they_leave_the_unknown_last() -> None:
    rows = DEPARTURES.rows(DeparturesView(NOW, (LATER, NEXT, LEFT)))
    ordered = sorted(rows, key=lambda row: row.cells[3].sort)
    assert [row.cells[2].text for row in ordered] == ["left", "next", "to come"]


def test_what_missed_a_departure_and_is_still_here_is_red_and_what_came_late_is_not() -> None:
    late = replace(HERE, state="shipped", waits_for="came late", shipped_at="2026-06-18T08:20:00.000Z")
    rows = MISSING.rows(replace(VIEW, missing=(HERE, late)))
    assert [row.level for row in rows] == [Level.RED, Level.CALM]
    assert rows[0].cells[3].text == "picked !!"
    assert rows[1].cells[4].text.startswith("came late, ")


def test_before_it_leaves_only_a_held_order_stands_out() -> None:
    held = replace(HERE, order_no="SO-3", state="held", waits_for="held: fraud?")
    rows = MISSING.rows(replace(VIEW, departure=NEXT, missing=(HERE, held)))
    assert [row.level for row in rows] == [Level.CALM, Level.AMBER]


def test_the_latest_parcel_stands_first_and_an_unknown_weight_is_a_dash() -> None:
    second = replace(PARCEL, waybill="SF2", weight_g=None)
    rows = PARCELS.rows(replace(VIEW, parcels=(PARCEL, second)))
    assert [(row.key, row.cells[4].text) for row in rows] == [("SF2", "-"), ("SF1", "1.2 kg")]


def test_a_manifest_is_summed_up_in_a_line_that_says_what_is_not_shown() -> None:
    assert figures(VIEW, 500) == "left · 0 missing, 0 of them late · 412 on it, 1.2 kg"
    cut = replace(VIEW, unweighed=1, departure=replace(LEFT, parcels=501))
    assert figures(cut, 500) == (
        "left · 0 missing, 0 of them late · 501 on it, 1.2 kg, 1 unweighed · 500 of each shown"
    )


def test_every_row_has_a_cell_for_every_column() -> None:
    for table in (MISSING, PARCELS):
        assert {len(row.cells) for row in table.rows(VIEW)} == {len(table.columns)}
    assert {len(row.cells) for row in DEPARTURES.rows(DeparturesView(NOW, (LEFT,)))} == {
        len(DEPARTURES.columns)
    }
