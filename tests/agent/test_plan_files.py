"""Files of plan problems: what is written is read again, and what is wrong is told with its place."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings

from agent.plan_example import example_problem
from agent.plan_files import (
    KEPT,
    PlanFile,
    PlanFileError,
    read_plan_file,
    save_failed,
    without_place,
    without_start,
    write_plan_file,
)
from routing import FloorRules, Layout, Problem, check, quick_plan
from tests.routing.floors import DEPOT, block, cart, order, problems


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(problems())
def test_what_is_written_is_read_again(tmp_path: Path, problem: Problem) -> None:
    plan = quick_plan(problem)
    write_plan_file(tmp_path / "problem.json", PlanFile.of(problem, plan, ["fault"], deadline_s=3, seed=7))
    file, again = read_plan_file(tmp_path / "problem.json")
    assert again == problem
    assert (file.plan, file.faults) == (plan, ("fault",))
    assert (file.problem.deadline_s, file.problem.seed) == (3, 7)


def test_a_floor_that_is_a_graph_stays_one(tmp_path: Path) -> None:
    spots = block(1, 2).spots.values()
    problem = Problem(Layout.graph(spots, ()), DEPOT, (), ())
    write_plan_file(tmp_path / "graph.json", PlanFile.of(problem))
    assert read_plan_file(tmp_path / "graph.json")[1].layout.decks == ()


def test_the_example_is_planned_whole_with_an_order_in_two_parts() -> None:
    problem = example_problem()
    plan = quick_plan(problem)
    assert problem.layout.faults() == ()
    assert check(problem, plan) == ()
    assert plan.left == ()
    assert [link.why for link in plan.links] == ["zones"]


def _example() -> Any:
    return msgspec.json.decode(msgspec.json.encode(PlanFile.of(example_problem())))


def _refused(tmp_path: Path, body: object) -> str:
    path = tmp_path / "wrong.json"
    path.write_bytes(body if isinstance(body, bytes) else msgspec.json.encode(body))
    with pytest.raises(PlanFileError) as refused:
        read_plan_file(path)
    assert str(refused.value).startswith(f"{path}: ")
    return str(refused.value).removeprefix(f"{path}: ")


def test_a_file_that_is_no_json_is_refused_with_line_and_column(tmp_path: Path) -> None:
    assert _refused(tmp_path, b'{"floor":\n  {]}').startswith("line 2, column 4: ")
    assert _refused(tmp_path, b"").startswith("not JSON: ")


def test_a_wrong_value_is_refused_with_its_place(tmp_path: Path) -> None:
    wrong = _example()
    wrong["problem"]["orders"][3]["lines"][1]["qty"] = "two"
    assert _refused(tmp_path, wrong) == "problem.orders[3].lines[1].qty: expected `int`, got `str`"
    wrong["problem"]["orders"][3]["lines"][1].pop("qty")
    wrong["problem"]["carts"] = 5
    assert _refused(tmp_path, wrong) == "problem.orders[3].lines[1]: missing `qty`"


def test_a_wrong_rule_of_the_floor_is_refused_with_its_place(tmp_path: Path) -> None:
    wrong = _example()
    wrong["floor"]["rules"] = {"one_way": {"1": "up", "2": "sideways"}, "decks": [["a"], ["b", 3]]}
    assert _refused(tmp_path, wrong).startswith("floor.rules.one_way[2]: invalid enum value 'sideways'")
    wrong["floor"]["rules"].pop("one_way")
    assert _refused(tmp_path, wrong) == "floor.rules.decks[1][1]: expected `str`, got `int`"


def test_a_field_that_nobody_knows_is_refused(tmp_path: Path) -> None:
    wrong = _example()
    wrong["problem"]["deadline"] = 3
    assert "unknown field `deadline`" in _refused(tmp_path, wrong)


def test_a_problem_that_contradicts_itself_is_refused(tmp_path: Path) -> None:
    wrong = _example()
    wrong["problem"]["orders"].append(wrong["problem"]["orders"][0])
    assert _refused(tmp_path, wrong).startswith("repeated: order SO-101 ")
    wrong = _example()
    wrong["problem"]["effort"]["speed_mm_s"] = 0
    assert _refused(tmp_path, wrong).startswith("bad-effort: ")
    wrong = _example()
    wrong["floor"]["rules"]["ways"] = [{"start": "START", "end": "roof", "length_mm": 1}]
    assert _refused(tmp_path, wrong).startswith("unknown-spot: ")


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(PlanFileError, match=r"none\.json: cannot be read: No such file"):
        read_plan_file(tmp_path / "none.json")


def test_spots_that_are_nowhere_are_told_with_their_place() -> None:
    problem = replace(
        Problem(block(1, 2), "start", (order("O1", "0-0", "attic"),), (replace(cart(), start="yard"),)),
        drops=("depot", "roof"),
    )
    assert without_start(problem) == [
        "problem.depot: 'start' is no spot of the floor",
        "problem.drops[1]: 'roof' is no spot of the floor",
        "problem.carts[0].start: 'yard' is no spot of the floor",
    ]
    file = PlanFile.of(problem)
    assert without_place(file, problem) == [
        "problem.orders[0].lines[1].location: 'attic' is no spot of the floor"
    ]
    twice = msgspec.structs.replace(
        file, floor=msgspec.structs.replace(file.floor, spots=file.floor.spots + file.floor.spots[:1])
    )
    assert without_place(twice, problem)[0] == "floor.spots: 'depot' is there 2 times, the last counts"


def test_a_failure_is_kept_once_and_can_be_had_again(tmp_path: Path) -> None:
    problem = example_problem()
    plan = replace(quick_plan(problem), distance_mm=1)
    faults = check(problem, plan)
    path = save_failed(problem, plan, faults, tmp_path / "failed", deadline_s=2, seed=5)
    assert save_failed(problem, plan, faults, tmp_path / "failed", deadline_s=2, seed=5) == path
    assert [each.name for each in path.parent.iterdir()] == [path.name]
    file, again = read_plan_file(path)
    assert file.plan is not None
    assert check(again, file.plan) == faults == file.faults


def test_the_oldest_failures_are_forgotten(tmp_path: Path) -> None:
    problem = Problem(Layout.of(block(1, 1).spots.values(), FloorRules()), DEPOT, (), (cart(),))
    plan = quick_plan(problem)
    paths = [save_failed(problem, plan, [f"fault {n}"], tmp_path) for n in range(KEPT + 3)]
    assert {*tmp_path.iterdir()} == {*paths[3:]}
