"""What the loaders make of the public formats: on a made-up folder, and on the public instances where they are."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

import pytest
from ortools.sat.python import cp_model

from bench.planning.data import MissingDataError, length_mm, sampled
from bench.planning.foodmart import foodmart, foodmart_files, shortest_mm
from bench.planning.freight import Freight
from bench.planning.instances import (
    Blocks,
    PickCase,
    henn,
    henn_files,
    muter,
    muter_files,
    sprp,
    sprp_files,
)
from bench.planning.prices import Prices
from bench.planning.sections import Sections
from routing import Effort, Layout
from routing.exact.lanes import Lanes
from routing.exact.tour import exact_tour
from tests.bench.planning_data import FLOOR, FOODMART, made_up, needs_data

BLOCKS: tuple[Blocks, ...] = (1, 2)


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The made-up folder in place of the public one."""
    monkeypatch.setenv("FLOORHAND_DATA", str(made_up(tmp_path)))
    return tmp_path


def lanes_of(layout: Layout) -> Lanes:
    """Of a floor of parallel aisles, by length."""
    assert layout.grid is not None
    return Lanes.of(layout.grid, Effort())


def shortest_of(case: PickCase) -> int:
    """Its shortest tour, in mm."""
    cells = [case.layout.cell(stop) for stop in case.stops]
    tour = exact_tour(lanes_of(case.layout), cells, case.layout.cell(case.start))
    return tour.cost // Effort().per_mm("")


# --- numbers and places ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("units", "mm"), [("2.4", 2_400), ("5.59", 5_590), (3, 3_000), ("0.001", 1)])
def test_lengths_are_whole_mm(units: str | int, mm: int) -> None:
    assert length_mm(units) == mm


def test_a_length_that_is_no_whole_mm_is_refused() -> None:
    with pytest.raises(ValueError, match=r"0\.0005"):
        length_mm("0.0005")


def test_a_missing_folder_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLOORHAND_DATA", str(tmp_path / "nowhere"))
    with pytest.raises(MissingDataError, match="nowhere"):
        henn_files()


def test_a_sample_is_the_same_for_the_same_seed_and_keeps_the_order() -> None:
    drawn = sampled(range(100), 10, seed=3)
    assert drawn == sampled(range(100), 10, seed=3) == sorted(set(drawn))
    assert drawn != sampled(range(100), 10, seed=4)
    assert sampled(range(5), None, seed=1) == sampled(range(5), 9, seed=1) == [0, 1, 2, 3, 4]


# --- made-up instances -------------------------------------------------------------------------------------------


def test_cells_are_counted_from_the_back(data: Path) -> None:
    (path,) = henn_files()
    layout = henn(path).problem.layout
    assert layout.distance_mm("depot", "01-000") == 4_000, "cell 0 is the farthest of four from the front"
    assert layout.distance_mm("depot", "01-002") == 2_000
    assert layout.distance_mm("depot", "00-003") == 2_400 + 1_000


def test_orders_weigh_what_their_articles_do_and_each_has_a_cart(data: Path) -> None:
    problem = henn(henn_files()[0]).problem
    assert [order.weight_g for order in problem.orders] == [1 + 2 * 2, 3]
    assert len(problem.carts) == 2
    assert {(cart.slots, cart.max_weight_g) for cart in problem.carts} == {(2, 5)}


def test_the_reference_is_that_of_the_same_storage_variant_and_number(data: Path) -> None:
    case = henn(henn_files()[0])
    assert (case.name, case.orders, case.best_mm) == ("uniform_S-Shape/1s-2-5-0", 2, 22_000)


def test_muter_and_oncan_are_measured_as_their_references(data: Path) -> None:
    (path,) = muter_files()
    case = muter(path)
    assert path.stem == "2_5_0", "references are numbered from 1, and the last file has none"
    assert case.best_mm == 20_800
    assert case.problem.layout.distance_mm("depot", "01-003") == 1_500


def test_picks_know_their_places_and_both_references(data: Path) -> None:
    plain = [sprp(path, blocks) for path in sprp_files(1) for blocks in BLOCKS]
    assert [case.best_mm for case in plain] == [17_000, 15_000]
    out_and_back, round_the_front = 2 * (4_000 + 2_400 + 1_000), 2 * (3_000 + 2_000 + 2_400)
    assert [shortest_of(case) for case in plain] == [out_and_back, round_the_front]
    assert plain[0].stops == ("00-003", "01-000", "01-002")
    (varying,) = set(sprp_files()) - set(sprp_files(1))
    assert [sprp(varying, blocks).best_mm for blocks in BLOCKS] == [3_000, None]


def test_a_second_block_is_parted_by_a_cross_aisle_two_units_wide(data: Path) -> None:
    one, two = (sprp(sprp_files(1)[0], blocks).layout for blocks in BLOCKS)
    assert one.distance_mm("01-000", "01-002") == 2_000
    assert two.distance_mm("01-000", "01-002") == 3_000, "the middle is between cells 1 and 2"
    assert two.distance_mm("00-000", "01-000") == 2_400 + 2 * 1_000 < 2_400 + 2 * 2_000


def test_units_of_one_article_in_one_cell_are_one_stock() -> None:
    both_sides = FLOOR.replace("ID 1 AISLE 1 CELL 0", "ID 0 AISLE 0 CELL 3")
    assert Sections.of(both_sides).stock(0) == {"00-003": 2}


def test_a_floor_of_another_shape_is_refused(data: Path) -> None:
    (path,) = henn_files()
    path.write_text(path.read_text("latin-1").replace("single-block", "two-block"), "latin-1")
    with pytest.raises(ValueError, match="one block"):
        henn(path)


def test_foodmart_walks_are_those_of_the_file(data: Path) -> None:
    (path,) = foodmart_files()
    case = foodmart(path)
    assert case.best_mm == 30_180
    assert {pair: case.problem.layout.distance_mm(*pair) for pair in shortest_mm(FOODMART)} == {
        ("depot", "1"): 9_500,
        ("1", "2"): 13_000 + 1_000,
        ("2", "depot"): 7_590,
    }


def test_foodmart_orders_have_boxes_of_their_own(data: Path) -> None:
    problem = foodmart(foodmart_files()[0]).problem
    assert [(order.weight_g, order.volume_cm3) for order in problem.orders] == [(2, 65), (1, 7)]
    assert {(cart.max_weight_g, cart.max_volume_cm3) for cart in problem.carts} == {(3, 120)}
    assert all(line.qty == 1 for order in problem.orders for line in order.lines)


# --- the public instances ----------------------------------------------------------------------------------------


@needs_data
def test_every_public_instance_has_its_reference() -> None:
    assert (len(henn_files()), len(muter_files()), len(sprp_files()), len(foodmart_files())) == (
        157,
        108,
        400,
        5,
    )
    cases = [*map(henn, sampled(henn_files(), 12, 1)), *map(muter, sampled(muter_files(), 12, 1))]
    assert all(case.best_mm > 0 for case in [*cases, *map(foodmart, foodmart_files())])
    assert all(sprp(path, 1).best_mm for path in sampled(sprp_files(), 20, 1))
    assert all(sprp(path, 2).best_mm for path in sampled(sprp_files(1), 20, 1))


@needs_data
@pytest.mark.parametrize("blocks", BLOCKS)
def test_shortest_tours_are_as_long_as_the_references(blocks: Blocks) -> None:
    for path in sampled(sprp_files(1), 24, seed=blocks):
        case = sprp(path, blocks)
        assert shortest_of(case) == case.best_mm, case.name


@needs_data
def test_the_best_batches_are_as_long_as_the_reference() -> None:
    case = henn(henn_files()[0])
    freight = Freight(case.problem)
    loads = [
        load for size in range(1, 5) for load in combinations(range(freight.size), size) if freight.fits(load)
    ]
    assert not any(freight.fits(load) for load in combinations(range(freight.size), 5)), "those are all"
    lengths_mm = Prices(freight).of(loads)
    model = cp_model.CpModel()
    chosen = [model.new_bool_var("") for _ in loads]
    for order in range(freight.size):
        model.add_exactly_one(take for take, load in zip(chosen, loads, strict=True) if order in load)
    model.minimize(sum(take * int(mm) for take, mm in zip(chosen, lengths_mm, strict=True)))
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    assert solver.solve(model) == cp_model.OPTIMAL
    assert solver.objective_value == case.best_mm


@needs_data
def test_foodmart_floors_are_those_of_the_files() -> None:
    for path in sampled(foodmart_files(), 2, seed=1):
        layout = foodmart(path).problem.layout
        walks = sampled(list(shortest_mm(path.read_text("utf-8")).items()), 500, seed=1)
        assert all(layout.distance_mm(*pair) == mm for pair, mm in walks), path.stem
