"""A floor to show, and a scripted agent that shows it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from agent.api.messages import (
    ExceptionView,
    FloorView,
    HubView,
    PdaView,
    Percentiles,
    PrinterView,
    ScannerView,
)
from tests.tui.scripted_agent import ScriptedAgent


@pytest.fixture
def floor() -> FloorView:
    """A floor where two things go wrong: lp2 has no paper, and one exception waits."""
    return FloorView(
        site="WH1",
        at="2026-06-18T04:00:00.000Z",
        version="0.1.0",
        ready=True,
        degraded=(),
        orders={"received": 40, "ready": 20, "picking": 10, "shipped": 12_345, "held": 2, "cancelled": 1},
        shipped_total=12_345,
        paid_to_first_byte_ms=Percentiles(900, 21.0, 83.0, 412.0),
        change_to_task_ms=Percentiles(80, 148.0, 502.0, 931.0),
        printers=(
            PrinterView("lp1", "printing", "", 3, 5210, 0),
            PrinterView("lp2", "paper out", "", 12, 4988, 0, ready=False),
        ),
        scanners=(ScannerView("dock1", "ship", "up", "", 9871, "2026-06-18T03:59:58.000Z"),),
        pdas=(
            PdaView("pda-01", True, "王小明", 82, "T-1", "accepted", 15, 20, 428_000),
            PdaView("pda-02", True, "Ann", 9, "T-2", "accepted", 5, 20, 385_000),
        ),
        hub=HubView("up", "idle", "", 500, 500, 0, 0.0),
        exceptions_open=1,
        exceptions=(
            ExceptionView("E-1", "short", "SO-7", "保温杯 is missing at A-07", "2026-06-18T03:56:00.000Z"),
        ),
        walked_mm=48_310_000,
        naive_mm=171_920_000,
    )


@pytest.fixture
async def agent(tmp_path: Path, floor: FloorView) -> AsyncIterator[ScriptedAgent]:
    """A running scripted agent that shows `floor`."""
    scripted = ScriptedAgent(tmp_path / "api.sock", floor)
    await scripted.start()
    yield scripted
    await scripted.stop()
