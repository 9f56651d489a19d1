"""`floorhand manifest`: what a person, a shell and a program are told, and the exit code."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from agent.cli import main
from agent.cli_manifest import TIMEZONE
from agent.config import load
from agent.core import commands as c
from agent.core.times import to_text
from agent.store.store import DATABASE, connect
from tests.agent.shell.loading import Loading, hour
from tests.agent.test_config import SMALLEST

Capture = pytest.CaptureFixture[str]
FOUR, SIX = hour(8), hour(10)  # in Shanghai: 16:00 and 18:00 of 2026-06-18
FAR = hour(24 * 365 * 50)


@pytest.fixture
def data(data_dir: Path) -> Path:
    """SF at four: one parcel in time, one late, one held; a departure in fifty years with one order."""
    connection = connect(data_dir / DATABASE)
    dock = Loading(connection)
    dock.shipped("SO-1", FOUR, FOUR - 1500, qty=2)
    dock.bring("SO-2", FOUR, "picked")
    dock.bring("SO-3", FOUR)
    dock.ask(c.HoldOrder(order_no="SO-3", reason="fraud?"))
    dock.ship("SO-2", FOUR + 60_000, "dock2")
    dock.bring("SO-4", FAR)
    connection.close()
    return data_dir


def told(capsys: Capture, *arguments: str | Path) -> tuple[int, list[list[str]]]:
    """The exit code and the fields of each line."""
    code = main(["manifest", *map(str, arguments)])
    return code, [line.split("\t") for line in capsys.readouterr().out.splitlines()]


def test_the_departures_are_listed_a_line_each(data: Path, capsys: Capture) -> None:
    code, lines = told(capsys, "--data", data)
    assert code == 1
    assert lines == [
        ["departure", "SF", "2026-06-18T16:00", "left", "1", "2", "1"],
        ["departure", "SF", lines[1][2], "next", "1", "2", "0"],
    ]


def test_a_manifest_says_what_is_on_it_and_what_is_missing(data: Path, capsys: Capture) -> None:
    code, lines = told(capsys, "--data", data, "--carrier", "SF", "--departure", "2026-06-18T16:00")
    assert code == 1
    assert lines == [
        ["departure", "SF", "2026-06-18T16:00", "left", "1", "2", "1", "1000", "0"],
        ["parcel", "SF001", "SO-1", "2026-06-18T15:59:58", "dock1", "1000"],
        ["missing", "SF003", "SO-3", "2026-06-18T16:00", "held", "held: fraud?, label queued", ""],
        ["missing", "SF002", "SO-2", "2026-06-18T16:00", "shipped", "came late", "2026-06-18T16:01"],
    ]


@pytest.mark.parametrize(
    "words", [["2026-06-18T08:00Z"], ["left"], ["2026-06-18T10:00", "--timezone", "Europe/Berlin"]]
)
def test_a_departure_is_found_by_any_of_its_names(data: Path, capsys: Capture, words: list[str]) -> None:
    code, lines = told(capsys, "--data", data, "--carrier", "SF", "--departure", *words, "--json")
    view = json.loads(lines[0][0])
    assert (code, view["departure"]["departure_at"]) == (1, to_text(FOUR))


@pytest.mark.parametrize("word", ["next", "later"])
def test_what_has_not_left_yet_is_nobodys_failure(data: Path, capsys: Capture, word: str) -> None:
    assert told(capsys, "--data", data, "--carrier", "SF", "--departure", word)[0] == 0


def test_a_complete_departure_is_fine(data_dir: Path, capsys: Capture) -> None:
    connection = connect(data_dir / DATABASE)
    Loading(connection).shipped("SO-1", FOUR, FOUR)
    connection.close()
    assert told(capsys, "--data", data_dir) == (
        0, [["departure", "SF", "2026-06-18T16:00", "left", "1", "0", "0"]],
    )  # fmt: skip


def test_programs_get_one_object(data: Path, capsys: Capture) -> None:
    _, lines = told(capsys, "--data", data, "--carrier", "SF", "--json")
    assert [each["missing"] for each in json.loads(lines[0][0])["departures"]] == [2, 2]


def test_a_configuration_gives_the_place_and_the_timezone(data: Path, capsys: Capture) -> None:
    file = data / "floorhand.toml"
    text = SMALLEST.replace("[site]", f'[site]\ndata_dir = "{data}"\ntimezone = "Europe/Berlin"')
    file.write_text(text, "utf-8")
    assert told(capsys, "--config", file)[1][0][2] == "2026-06-18T10:00"


def test_without_a_configuration_the_timezone_is_the_one_of_a_configuration_without(tmp_path: Path) -> None:
    (tmp_path / "floorhand.toml").write_text(SMALLEST, "utf-8")
    assert load(tmp_path / "floorhand.toml").site.timezone == TIMEZONE


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["--departure", "left"], "--carrier"),
        (["--departure", "soon", "--carrier", "SF"], "soon"),
        (["--departure", "2026-06-18T17:00", "--carrier", "SF"], "2026-06-18T17:00"),
        (["--departure", "left", "--carrier", "YTO"], "left"),
        (["--timezone", "Mars/Olympus"], "Mars/Olympus"),
    ],
)
def test_what_cannot_be_answered_is_a_2_and_says_why(
    data: Path, capsys: Capture, arguments: list[str], why: str
) -> None:
    assert main(["manifest", "--data", str(data), *arguments]) == 2
    assert why in capsys.readouterr().err


def test_where_no_agent_worked_there_is_no_manifest(tmp_path: Path, capsys: Capture) -> None:
    assert main(["manifest", "--data", str(tmp_path)]) == 2
    assert DATABASE in capsys.readouterr().err


def test_the_data_must_be_named() -> None:
    with pytest.raises(SystemExit) as ended:
        main(["manifest"])
    assert ended.value.code == 2


# --- on a terminal ------------------------------------------------------------------------------------------


def on_a_terminal(monkeypatch: pytest.MonkeyPatch, *arguments: str | Path) -> str:
    """What a person sees, without the colours."""
    screen = StringIO()
    console: Any = lambda: Console(file=screen, force_terminal=True, width=100, color_system=None)  # noqa: E731
    monkeypatch.setattr("agent.cli_manifest.Console", console)
    main(["manifest", *map(str, arguments)])
    return screen.getvalue()


def test_a_person_sees_a_table(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = on_a_terminal(monkeypatch, "--data", data)
    assert all(word in shown for word in ("Carrier", "Missing", "2026-06-18T16:00", "next"))


def test_a_person_sees_both_lists_and_the_weight(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = on_a_terminal(monkeypatch, "--data", data, "--carrier", "SF", "--departure", "left")
    assert "1 on it, 1.0 kg" in shown
    assert "2 missing, 1 of them late" in shown
    assert "fraud?" in shown
