"""A sample of the campaign of `bench.hub_schedules`: the real agent killed, its channels cut, and the ledgers equal."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.hub_floor import BACKUPS
from bench.hub_schedules import play, schedule


@pytest.mark.slow
@pytest.mark.parametrize("seed", [8, 17, 14, 3])
async def test_ledgers_are_equal_after_kills_and_losses(tmp_path: Path, seed: int) -> None:
    played = await play(tmp_path, seed)
    assert played.differences == ()
    assert played.verified


def test_the_sample_has_every_backup_channel_and_kills_and_losses() -> None:
    samples = [schedule(seed) for seed in (8, 17, 14, 3)]
    assert {backup for backup, _ in samples} == set(BACKUPS)
    for word in ("kill", "shut http", "shut backup", "fault http"):
        assert any(word in steps for _, steps in samples), word
