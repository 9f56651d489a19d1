"""Each benchmark runs and prints its table. Rates are figures to read, not claims to test."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from agent.api.messages import Percentiles, percentile
from agent.sandbox.kills import KillReport
from agent.sandbox.report import Summary
from agent.store.store import DATABASE, connect, read_only
from agent.store.tables import TABLES
from agent.store.verify import Verdict, verify
from bench import kills, store
from bench.orders import open_store
from bench.raw_sqlite import recorded, write_s
from bench.verify_cost import measure


def report(seed: int, *, shipped: int) -> KillReport:
    """A day of three orders, of which so many were shipped."""
    figures: dict[str, Any] = dict.fromkeys(Summary.__struct_fields__, 0) | {"orders": 3, "shipped": shipped}
    figures |= {name: Percentiles() for name in figures if name.endswith("_ms")}
    values = {
        "seed": seed, "kills": 2, "hub_kills": 0, "restart_s": (0.5, 0.7), "emptied": True,
        "summary": Summary(**figures), "verdict": Verdict(True, 90),
        "differences": () if shipped == 3 else ("order SO-3 is ready here and shipped at the hub",),
    }  # fmt: skip
    return msgspec.convert(msgspec.to_builtins(values), KillReport)


def days(shipped: Callable[[int], int]) -> Callable[..., Any]:
    """In place of `day_with_kills`, which takes a minute and has a test of its own."""

    async def day(folder: Path, *, orders: int, kills: int, hub_kills: int, seed: int) -> KillReport:
        return report(seed, shipped=shipped(seed))

    return day


async def ran(folder: Path, orders: int) -> Path:
    """A database on which these orders were taken and paid; the one before it is kept beside."""
    await store.prepared(folder, orders)
    shutil.copy(folder / DATABASE, folder / "before.db")
    opened = open_store(folder)
    await store.ask_through(opened, range(orders), store.LIVES["TakeOrder + paid"], 3)
    await opened.close()
    return folder / DATABASE


def everything(database: Path) -> dict[str, list[Any]]:
    """Journal, answers and state."""
    reader = read_only(database)
    names = ["journal", "answers", *(spec.name for spec in TABLES.values())]
    found = {name: sorted(reader.execute(f"SELECT * FROM {name}").fetchall(), key=repr) for name in names}
    reader.close()
    return found


def test_the_store_bench_prints_its_tables(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    store.main(["--orders", "6", "--dir", str(tmp_path)])
    shown = capsys.readouterr().out
    for title in (
        "beside plain SQLite",
        "TakeOrder from asked",
        "on top of what is kept",
        "floorhand verify",
    ):
        assert title in shown
    assert list(tmp_path.iterdir()) == [], "it leaves nothing behind"


def test_the_store_bench_answers_in_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    store.main(["--orders", "6", "--json", "--dir", str(tmp_path)])
    figures = msgspec.json.decode(capsys.readouterr().out, type=store.Figures)
    assert [each.life for each in figures.rates] == list(store.LIVES)
    assert [each.askers for each in figures.latencies] == list(store.ASKERS)
    assert all(each.p50_ms <= each.p99_ms <= each.max_ms for each in figures.latencies)
    assert [each.kept for each in figures.growth] == [0, 12]


async def test_the_raw_loop_writes_what_the_store_wrote(tmp_path: Path) -> None:
    database, before = await ran(tmp_path, 5), tmp_path / "before.db"
    writes = recorded(before, database)
    assert len(writes) == 10, "an order and a payment, five times"
    write_s(before, writes, per_commit=3)
    assert everything(before) == everything(database)


async def test_what_the_bench_asked_verifies(tmp_path: Path) -> None:
    await ran(tmp_path, 5)
    assert verify(tmp_path).ok


async def test_verify_is_measured_in_a_process_of_its_own(tmp_path: Path) -> None:
    await ran(tmp_path, 2)
    cost = await asyncio.to_thread(measure, tmp_path)
    assert cost.rows == verify(tmp_path).rows
    assert 0 < cost.idle_mb <= cost.peak_mb


async def test_a_store_that_does_not_verify_has_no_figures(tmp_path: Path) -> None:
    connection = connect(await ran(tmp_path, 2))
    connection.execute("UPDATE orders SET priority = 9 WHERE order_no = 'SO-0000001'")
    connection.close()
    with pytest.raises(subprocess.CalledProcessError):
        await asyncio.to_thread(measure, tmp_path)


def test_good_kill_runs_end_with_0_and_a_line_each(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(kills, "day_with_kills", days(lambda _: 3))
    assert kills.main(["--seed", "7", "--runs", "2", "--dir", str(tmp_path)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(",")[0] for line in lines[:2]] == ["seed 7: good", "seed 8: good"]


def test_one_bad_kill_run_ends_with_1_and_says_what_differs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(kills, "day_with_kills", days(lambda seed: 2 if seed == 2 else 3))
    assert kills.main(["--seed", "1", "--runs", "3", "--dir", str(tmp_path)]) == 1
    shown = capsys.readouterr().out
    assert "seed 2: BAD" in shown
    assert "order SO-3 is ready here and shipped at the hub" in shown


def test_kill_reports_in_json_leave_stdout_to_the_json(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(kills, "day_with_kills", days(lambda _: 3))
    kills.main(["--json", "--dir", str(tmp_path)])
    assert msgspec.json.decode(capsys.readouterr().out, type=list[KillReport]) == [report(1, shipped=3)]


@pytest.mark.parametrize(("share", "value"), [(0.5, 50), (0.99, 99), (1.0, 99)])
def test_a_percentile_is_one_of_the_values(share: float, value: float) -> None:
    assert percentile(range(100), share) == value
