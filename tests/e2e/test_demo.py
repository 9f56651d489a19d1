"""`floorhand demo` as people start it."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from agent.sandbox.kills import write_day

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

_DATA = Path(os.environ.get("FLOORHAND_DATA", Path(__file__).parents[2].parent / "shared" / "data"))
_SHOP = _DATA / "orders" / "online-retail-sample.csv"


def demo(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "agent.cli", "demo", "--headless", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=240, check=False)


def summary(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    assert done.returncode == 0, done.stderr
    figures: dict[str, Any] = json.loads(done.stdout)
    return figures


def test_a_generated_day_is_shipped_in_full() -> None:
    figures = summary(
        demo("--json", "--seconds", "6", "--speed", "60", "--pickers", "6", "--orders-day", "4000")
    )
    assert figures["orders"] > 0
    assert figures["orders"] == figures["shipped"] + figures["cancelled"]
    assert (figures["lost"], figures["labels_doubled"], figures["reservations_broken"]) == (0, 0, 0)


def test_the_summary_has_what_the_contract_promises() -> None:
    figures = summary(demo("--json", "--seconds", "2", "--speed", "60", "--pickers", "3", "--printers", "2"))
    counts = {"orders", "paid", "labels_printed", "labels_doubled", "shipped", "lost", "refused"}
    assert counts <= figures.keys()
    for spread in ("paid_to_first_byte_ms", "change_to_task_ms", "outscan_to_hub_ms"):
        assert {"p50", "p99", "max"} <= figures[spread].keys()


def test_a_shops_invoices_are_played_and_bad_rows_named(tmp_path: Path) -> None:
    day = tmp_path / "shop.csv"
    write_day(day, orders=40, seed=3)
    with day.open("a", encoding="utf-8") as file:
        file.write("600999,POST,POSTAGE,1,2011-10-06 12:10:00,18.00,17850,France\n")
        file.write("600998,20001,ARTICLE 20001,-3,2011-10-06 12:10:00,1.25,17850,France\n")
    done = demo(
        "--orders", str(day), "--from", "12:00", "--speed", "200", "--seconds", "20", "--pickers", "4"
    )
    assert done.returncode == 0, done.stderr
    last = len(day.read_text("utf-8").splitlines())
    assert f"line {last - 1}: StockCode 'POST' is no product" in done.stdout
    assert f"line {last}:" in done.stdout


@pytest.mark.skipif(
    not _SHOP.exists(), reason=f"the shop's orders are not here ({_SHOP.name}; set FLOORHAND_DATA)"
)
def test_a_real_shops_day_is_shipped_in_full() -> None:
    figures = summary(demo("--json", "--orders", str(_SHOP), "--speed", "60", "--seconds", "6"))
    assert figures["orders"] > 50
    assert figures["orders"] == figures["shipped"] + figures["cancelled"]
    assert (figures["lost"], figures["labels_doubled"], figures["reservations_broken"]) == (0, 0, 0)


def test_a_file_that_is_not_there_is_a_clear_error() -> None:
    done = demo("--orders", "no-such-file.csv")
    assert done.returncode == 2
    assert "no-such-file.csv" in done.stderr


def test_a_file_without_an_order_is_a_clear_error(tmp_path: Path) -> None:
    empty = tmp_path / "hello.csv"
    empty.write_text("hello\n")
    done = demo("--orders", str(empty))
    assert done.returncode == 2
    assert "no order to play" in done.stderr
    assert "InvoiceNo" in done.stderr
