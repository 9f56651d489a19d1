"""The command line: what it writes, what it proves, and its exit codes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from agent.cli import main
from agent.store.store import DATABASE, Store, connect
from tests.agent.floors import OnePrinter, order
from tests.agent.shell.stage import ask, pay, stock_up


@pytest.fixture
async def worked(data_dir: Path) -> Path:
    """The data of an agent that took an order, its payment and a change."""
    store = Store(data_dir, "WH1", OnePrinter())
    store.open()
    await stock_up(store)
    await pay(store, "SO-1")
    await ask(store, order("SO-1", 2, priority=7))
    await store.close()
    return data_dir


# --- configuration ------------------------------------------------------------------------------------------


def test_init_writes_an_example_that_is_fine(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "etc"
    assert main(["init", str(folder)]) == 0
    assert main(["check-config", str(folder / "floorhand.toml")]) == 0
    assert "fine" in capsys.readouterr().out
    assert (folder / "hub-token").stat().st_mode & 0o077 == 0


def test_init_writes_nothing_over_what_is_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "floorhand.toml").write_text("mine")
    assert main(["init", str(tmp_path)]) == 2
    assert (tmp_path / "floorhand.toml").read_text() == "mine"
    assert "floorhand.toml" in capsys.readouterr().err


def test_a_wrong_configuration_is_named_by_file_and_key(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["init", str(tmp_path)])
    file = tmp_path / "floorhand.toml"
    file.write_text(file.read_text("utf-8").replace("[hub]", "[hub]\nurll = 1", 1), "utf-8")
    assert main(["check-config", str(file)]) == 2
    words = capsys.readouterr().err
    assert str(file) in words
    assert "hub.urll" in words
    assert "did you mean `url`" in words


def test_whom_nobody_can_tell_is_named_without_the_url(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["init", str(tmp_path)])
    file = tmp_path / "floorhand.toml"
    services = (
        '\n[[notify]]\nurl = "json://127.0.0.1/"\n[[notify]]\nurl = "json://127.0.0.1/a-secret?verify=no"\n'
    )
    file.write_text(file.read_text("utf-8") + services, "utf-8")
    assert main(["check-config", str(file)]) == 2
    words = capsys.readouterr().err
    assert f"{file}: `notify[1].url`: verify=no: certificates are always verified" in words
    assert "a-secret" not in words


@pytest.mark.parametrize(
    "arguments", [["run"], ["nonsense"], ["demo", "--speed", "0"], ["demo", "--from", "25:00"]]
)
def test_wrong_usage_is_a_2(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2


def test_a_file_that_is_not_there_is_a_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "--config", str(tmp_path / "none.toml")]) == 2
    assert "none.toml" in capsys.readouterr().err


# --- verify -------------------------------------------------------------------------------------------------


async def test_a_whole_journal_is_proved(worked: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", "--data", str(worked)]) == 0
    assert "fine" in capsys.readouterr().out
    assert main(["verify", "--data", str(worked), "--json"]) == 0
    verdict = json.loads(capsys.readouterr().out)
    assert verdict == {"ok": True, "rows": verdict["rows"]}
    assert verdict["rows"] > 10


async def test_a_changed_row_is_named(worked: Path, capsys: pytest.CaptureFixture[str]) -> None:
    connection = connect(worked / DATABASE)
    connection.execute("UPDATE journal SET data = replace(data, 'pay-1', 'pay-2') WHERE type = 'order.paid'")
    (row,) = connection.execute("SELECT row FROM journal WHERE type = 'order.paid'").fetchone()
    connection.close()
    assert main(["verify", "--data", str(worked), "--json"]) == 1
    verdict = json.loads(capsys.readouterr().out)
    assert (verdict["ok"], verdict["first_bad"]["row"]) == (False, row)
    assert main(["verify", "--data", str(worked)]) == 1
    assert f"BAD at journal row {row}" in capsys.readouterr().out


async def test_a_changed_state_is_named(worked: Path, capsys: pytest.CaptureFixture[str]) -> None:
    connection = connect(worked / DATABASE)
    connection.execute("UPDATE orders SET waybill = 'SF999'")
    connection.close()
    assert main(["verify", "--data", str(worked), "--json"]) == 1
    assert "orders SO-1: waybill" in json.loads(capsys.readouterr().out)["first_bad"]["what"]


@pytest.mark.parametrize("command", [["verify", "--data"], ["lineage", "SO-1", "--data"]])
def test_where_no_agent_worked_there_is_nothing_to_prove(
    tmp_path: Path, command: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*command, str(tmp_path)]) == 2
    assert DATABASE in capsys.readouterr().err


# --- lineage ------------------------------------------------------------------------------------------------


async def test_a_fields_chain_says_who_set_it_and_what_it_was_before(
    worked: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["lineage", "--data", str(worked), "SO-1", "--field", "priority", "--json"]) == 0
    (chain,) = json.loads(capsys.readouterr().out).values()
    assert [(link["value"], link["event"]) for link in chain] == [
        (0, "order.accepted"),
        (7, "order.accepted"),
    ]
    assert all(link["source"] and link["at"] for link in chain)


async def test_the_whole_lineage_is_text_for_people(worked: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lineage", "--data", str(worked), "SO-1"]) == 0
    words = capsys.readouterr().out
    assert "payment_ref" in words
    assert "'pay-1'" in words


@pytest.mark.parametrize("arguments", [["SO-9"], ["SO-1", "--field", "nonsense"]])
async def test_what_has_no_lineage_is_a_1(worked: Path, arguments: list[str]) -> None:
    assert main(["lineage", "--data", str(worked), *arguments]) == 1
