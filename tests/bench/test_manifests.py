"""The benchmark of people's questions: its tables are such as the agent makes, and each question is asked."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from agent.manifests import departures
from agent.store.store import DATABASE, now_ms, read_only
from bench import manifests
from bench.manifests import CARRIERS, Figures, fill


def test_its_day_has_departures_that_left_and_some_to_come(tmp_path: Path) -> None:
    fill(tmp_path, 240)
    with closing(read_only(tmp_path / DATABASE)) as reader:
        listed = departures(reader, now_ms(), last=99).departures
        (shipped,) = reader.execute("SELECT count(*) FROM orders WHERE state = 'shipped'").fetchone()
    assert {(each.carrier, each.state) for each in listed} >= {
        (carrier, state) for carrier in CARRIERS for state in ("left", "next", "to come")
    }
    assert sum(each.parcels for each in listed) == shipped > 100
    assert any(each.missing for each in listed if each.state == "next")


def test_it_asks_every_question_of_a_real_agent(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    manifests.main(["--orders", "240", "--json", "--dir", str(tmp_path)])
    figures = msgspec.json.decode(capsys.readouterr().out, type=Figures)
    asked = {each.what: each for each in figures.questions}
    assert asked["the whole of it"].kilobytes > asked["an order that is not there"].kilobytes
    assert all(each.took.count and each.beside.count for each in figures.questions)
