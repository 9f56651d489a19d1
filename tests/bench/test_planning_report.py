"""Figures as CSV and as tables, tables in a document, and the command that makes them."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench import routing
from bench.planning import batch_parts, cart_part, growth_part
from bench.planning.day_part import DAY
from bench.planning.growth_child import MARKS_S, measure
from bench.planning.part import Asked
from bench.planning.report import (
    Gaps,
    Row,
    Table,
    gap_percent,
    percent,
    put_into,
    saved_as_they_come,
)
from bench.planning.tour_parts import SCATTERED, SPRP
from tests.bench.planning_data import made_up, needs_data


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Made-up instances in place of the public ones."""
    folder = made_up(tmp_path / "data")
    monkeypatch.setenv("FLOORHAND_DATA", str(folder))
    return folder


def read(path: Path) -> list[dict[str, str]]:
    """A CSV's rows."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


# --- numbers -----------------------------------------------------------------------------------------------------


def test_gaps_are_told_by_mean_95th_percentile_and_maximum() -> None:
    gaps = Gaps.of([*range(100)])
    assert (gaps.count, gaps.mean, gaps.late, gaps.worst, gaps.reached) == (100, 49.5, 94, 99, 1)


def test_of_few_gaps_the_95th_percentile_is_the_worst() -> None:
    assert Gaps.of([0.5, -0.1, 0]).late == Gaps.of([0.5, -0.1, 0]).worst == 0.5
    assert Gaps.of([0.5, -0.1, 0]).reached == 2, "a new best is no worse than the best known"


def test_a_gap_is_a_share_of_the_best() -> None:
    assert gap_percent(1_020, 1_000) == pytest.approx(2)
    assert percent(-0.001) == "0.00 %"


def test_tables_have_figures_on_the_right() -> None:
    table = Table(("what", "m"), (("one", "1,234"), ("two", "–")), "A note.")
    assert table.markdown() == "| what | m |\n| --- | --: |\n| one | 1,234 |\n| two | – |\n\nA note.\n"


# --- files -------------------------------------------------------------------------------------------------------


def test_what_was_measured_before_a_run_broke_off_is_kept(tmp_path: Path) -> None:
    def rows() -> Iterator[Row]:
        yield {"n": 1, "what": "a"}
        yield {"n": 2, "what": "b, c"}
        raise KeyboardInterrupt

    path = tmp_path / "new" / "part.csv"
    with pytest.raises(KeyboardInterrupt):
        list(saved_as_they_come(path, rows()))
    assert read(path) == [{"n": "1", "what": "a"}, {"n": "2", "what": "b, c"}]


def test_tables_go_into_their_places_and_nothing_else_changes() -> None:
    document = "before\n<!-- table: a -->\nold\n<!-- end -->\nafter\n<!-- table: b -->\n<!-- end -->\n"
    once = put_into(document, {"a": [Table(("x",), (("1",),))]})
    assert once == (
        "before\n<!-- table: a -->\n| x |\n| --: |\n| 1 |\n\n<!-- end -->\nafter\n<!-- table: b -->\n<!-- end -->\n"
    )
    assert put_into(once, {"a": [Table(("x",), (("1",),))]}) == once


def test_a_document_without_a_place_is_refused() -> None:
    with pytest.raises(ValueError, match="table: c"):
        put_into("<!-- table: a -->\n<!-- end -->", {"c": []})


def test_the_document_has_a_place_for_every_part() -> None:
    text = (Path(routing.__file__).parents[1] / "docs" / "planning.md").read_text("utf-8")
    empty = {name: [Table(("x",), (("1",),))] for name in routing.PARTS}
    assert put_into(text, empty).count("| 1 |") == len(routing.PARTS)


# --- parts -------------------------------------------------------------------------------------------------------


def test_single_tours_are_compared_with_their_references(data: Path) -> None:
    rows = list(SPRP.rows(Asked()))
    assert [(row["blocks"], row["found_m"], row["best_m"]) for row in rows] == [
        (1, 14.8, 17.0),
        (2, 14.8, 15.0),
    ]
    assert {row["optimal"] for row in rows} == {0}, "the made-up references are not what they say"
    (table,) = SPRP.tables(rows)
    assert [line[:3] for line in table.rows] == [("1", "1", "0"), ("2", "1", "0")]


def test_batches_are_compared_with_the_best_known(data: Path) -> None:
    rows = list(batch_parts.HENN.rows(Asked((0.2,))))
    assert [row["method"] for row in rows] == ["FIFO + exact tours", "savings + exact tours", "0.2 s"]
    assert {row["found_m"] for row in rows} == {10 + 4.8 + 4}, "two carts: to the back, and to cell 2 alone"
    (table,) = batch_parts.HENN.tables(rows)
    assert [line[:2] for line in table.rows] == [("2", "1"), ("all", "1")]
    assert all(len(line) == len(table.columns) for line in table.rows)


def test_foodmart_shows_each_instance(data: Path) -> None:
    rows = list(batch_parts.FOODMART.rows(Asked((0.2, 0.3))))
    (table,) = batch_parts.FOODMART.tables(rows)
    assert table.columns == ("orders", "proven optimum", "gap at 0.2 s", "gap at 0.3 s")
    assert [line[:2] for line in table.rows] == [("2", "30.18")]


@needs_data
def test_scattered_storage_is_told_by_blocks_and_places() -> None:
    rows = list(SCATTERED.rows(Asked((0.05,), sample=4)))
    assert all(float(row["gap_percent"]) >= 0 for row in rows), "the references are proven"
    (table,) = SCATTERED.tables(rows)
    assert table.rows[-1][:4] == ("all", "", "", "8")


def test_500_orders_are_told_by_seed_and_method(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cart_part, "ORDERS", 40)
    rows = list(cart_part.CARTS.rows(Asked((0.3,), sample=2)))
    (table,) = cart_part.CARTS.tables(rows)
    assert table.columns[:3] == ("", "seed 1, m", "seed 2, m")
    below = {line[0]: line[3] for line in table.rows}
    assert below["FIFO + S-shape"] == "0.00 %"
    assert float(below["ours, 0.3 s"].removesuffix(" %")) > float(
        below["FIFO + exact tours"].removesuffix(" %")
    )


def test_a_baseline_that_is_not_installed_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(*_: object, **__: object) -> None:
        raise ImportError("No module named 'pyvrp'")

    monkeypatch.setattr(cart_part, "ORDERS", 20)
    monkeypatch.setattr(cart_part, "cvrp_pyvrp", missing)
    (table,) = cart_part.CARTS.tables(list(cart_part.CARTS.rows(Asked((0.2,), sample=1))))
    (line,) = (line for line in table.rows if line[0].startswith("PyVRP"))
    assert line == ("PyVRP, 0.2 s", "not installed", "–", "–", "–")


def test_a_large_pool_is_watched_while_it_is_planned() -> None:
    grown = measure(60, seed=1, seconds=0.6)
    at_quarter, at_half, *later = grown.marks_mm
    assert grown.found_mm > 0
    assert grown.first_s <= grown.took_s
    assert not at_quarter or at_quarter >= at_half, "the best only gets better"
    assert later == [0] * (len(MARKS_S) - 2), "these marks are behind the deadline"
    assert grown.peak_mb >= grown.before_mb > 0


def test_growth_is_told_by_pool_and_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(growth_part, "LINES", (40,))
    rows = list(growth_part.GROWTH.rows(Asked((0.3,))))
    deadlines, over_time = growth_part.GROWTH.tables(rows)
    assert [line[2] for line in deadlines.rows] == ["0.3 s"]
    assert over_time.columns[0] == "lines"
    assert int(rows[0]["lines"]) >= 40


# --- the command -------------------------------------------------------------------------------------------------


def test_the_command_leaves_a_csv_and_prints_a_table(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    routing.main(["sprp", "muter", "--seconds", "0.2", "--out", str(out)])
    shown = capsys.readouterr().out
    assert sorted(path.name for path in out.iterdir()) == ["muter.csv", "sprp.csv"]
    assert "| all | 1 |" in shown
    routing.main(["sprp", "muter", "--again", "--out", str(out)])
    assert capsys.readouterr().out == shown, "the tables are made of the CSVs"


def test_the_command_says_which_instances_are_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FLOORHAND_DATA", str(tmp_path / "nowhere"))
    routing.main(["henn", "--out", str(tmp_path)])
    assert f"the planning instances are not in {tmp_path / 'nowhere'}" in capsys.readouterr().out


def test_the_command_puts_its_tables_into_the_document(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    document = tmp_path / "planning.md"
    document.write_text("<!-- table: sprp -->\n<!-- end -->\n", "utf-8")
    monkeypatch.setattr(routing, "_DOCUMENT", document)
    routing.main(["sprp", "--docs", "--out", str(tmp_path)])
    assert "| blocks | instances | optimal |" in document.read_text("utf-8")


def test_the_day_is_shown_as_it_is() -> None:
    rows: list[Row] = [
        {"way": "first come", "lists": 1_200, "m per line": 41.25},
        {"way": "wave", "lists": 7, "m per line": 3.5},
    ]
    (table,) = DAY.tables(rows)
    assert table.columns == ("way", "lists", "m per line")
    assert table.rows == (("first come", "1,200", "41.2"), ("wave", "7", "3.50"))
