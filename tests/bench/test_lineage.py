"""The benchmark of lineages: its orders are changed as often as it says, and all of it is answered from the archive."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from bench import lineage
from bench.lineage import Figures, changed


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lineage, "CHANGES", (3, 9))
    monkeypatch.setattr(lineage, "_RUNS", 6)


@pytest.mark.usefixtures("few")
def test_it_reads_every_change_of_an_order_from_table_and_archive(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lineage.main(["--orders", "5", "--json", "--dir", str(tmp_path)])
    figures = msgspec.json.decode(capsys.readouterr().out, type=Figures).figures
    assert [each.changes for each in figures] == [3, 9]
    assert all(each.rows >= each.changes + 1 and each.links > 3 * each.changes for each in figures)
    assert all(min(each.p50_ms, each.raw_ms, each.archived_ms) > 0 for each in figures)


@pytest.mark.usefixtures("few")
def test_it_prints_a_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lineage.main(["--orders", "5", "--dir", str(tmp_path)])
    assert "archived" in capsys.readouterr().out


def test_each_change_has_a_revision_of_its_own() -> None:
    commands = changed(7, 20)
    assert len({each.id for each in commands}) == 21
    assert {each.by for each in commands} == {"hub:/erp", "hub:/crm"}
