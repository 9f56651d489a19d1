"""`floorhand plan`: a table, a picture, and clear words for what is wrong."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import msgspec
import pytest
from PIL import Image

from agent.cli import main
from agent.cli_words import FAILED, FINE, USAGE
from agent.plan_example import example_problem
from agent.plan_files import PlanFile, read_plan_file, write_plan_file
from routing import Plan, Problem, check, quick_plan
from tests.routing.floors import DEPOT, block, cart, order


@pytest.fixture
def example(tmp_path: Path) -> Path:
    path = tmp_path / "floor.json"
    assert main(["plan", "--example", str(path)]) == FINE
    return path


def test_the_example_is_planned_and_drawn(example: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pictures = example.with_suffix(".svg"), example.with_suffix(".png")
    code = main(["plan", str(example), "--quick", "--svg", str(pictures[0]), "--png", str(pictures[1])])
    told = capsys.readouterr().out
    assert code == FINE
    assert all(
        word in told for word in ("cart", "at least", "minutes", "K1", "K4", "SO-111 is in parts (zones)")
    )
    root = ElementTree.parse(pictures[0]).getroot()
    assert len([path for path in root.iter() if path.get("class") == "tour"]) == 4
    with Image.open(pictures[1]) as image:
        assert image.size == (int(root.get("width", 0)), int(root.get("height", 0)))


def test_a_new_plan_is_no_longer_than_the_quick_one_and_passes(
    example: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    assert main(["plan", str(example), "--seconds", "0.5", "--seed", "3", "--json"]) == FINE
    plan = msgspec.json.decode(capsys.readouterr().out, type=Plan)
    problem = read_plan_file(example)[1]
    assert check(problem, plan) == ()
    assert plan.served >= len(problem.orders)
    assert plan.distance_mm <= quick_plan(problem).distance_mm


def test_one_cart_is_drawn_alone_and_an_unknown_one_refused(
    example: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    picture = example.with_suffix(".svg")
    assert main(["plan", str(example), "--quick", "--svg", str(picture), "--only", "K2"]) == FINE
    assert 'data-of="K1"' not in picture.read_text(encoding="utf-8")
    assert main(["plan", str(example), "--quick", "--only", "K9"]) == USAGE
    assert "cart K9 has no tour: K1, K2, K3, K4 has" in capsys.readouterr().err


def test_a_given_plan_that_breaks_a_promise_fails_and_is_still_drawn(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    problem = example_problem()
    path, picture = tmp_path / "failed.json", tmp_path / "failed.svg"
    write_plan_file(path, PlanFile.of(problem, replace(quick_plan(problem), distance_mm=1)))
    assert main(["plan", str(path), "--given", "--svg", str(picture)]) == FAILED
    assert "the plan is not kept to: wrong-distance: " in capsys.readouterr().err
    assert picture.exists()


def test_a_file_without_a_plan_cannot_give_one(example: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", str(example), "--given"]) == USAGE
    assert "there is no plan in it" in capsys.readouterr().err


def test_what_waits_is_told_with_its_reason(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    orders = order("O1", "0-1"), order("O2", "attic")
    write_plan_file(tmp_path / "p.json", PlanFile.of(Problem(block(2, 3), DEPOT, orders, (cart(),))))
    assert main(["plan", str(tmp_path / "p.json"), "--quick"]) == FINE
    told = capsys.readouterr()
    assert "problem.orders[1].lines[0].location: 'attic' is no spot of the floor" in told.err
    assert "O2 waits: no-location: line 1 lies at 'attic', which is not in the layout" in told.out


def test_without_a_start_nothing_is_planned(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_plan_file(tmp_path / "p.json", PlanFile.of(Problem(block(2, 3), "yard", (), (cart(),))))
    assert main(["plan", str(tmp_path / "p.json"), "--quick"]) == USAGE
    assert "problem.depot: 'yard' is no spot of the floor" in capsys.readouterr().err


def test_a_wrong_file_is_told_with_its_place(example: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wrong = json.loads(example.read_text())
    wrong["problem"]["carts"][2]["slots"] = 2.5
    example.write_text(json.dumps(wrong))
    assert main(["plan", str(example)]) == USAGE
    assert f"floorhand: {example}: problem.carts[2].slots: expected `int`" in capsys.readouterr().err


def test_a_picture_that_cannot_be_written_is_told(example: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", str(example), "--quick", "--png", str(example / "p.png")]) == USAGE
    assert "cannot be written" in capsys.readouterr().err
