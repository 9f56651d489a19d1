"""One hypothesis profile for the room, and a store that opens at once.

The profile: the same examples on every run, and no deadline on a busy machine.
"""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from agent.store.migrate import ensure_schema
from agent.store.store import DATABASE, Store
from tests.agent.floors import OnePrinter

settings.register_profile(
    "agent",
    deadline=None,
    derandomize=True,
    max_examples=60,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
settings.load_profile("agent")


@pytest.fixture(scope="session")
def blank(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database of the current schema, migrated once for all tests."""
    path = tmp_path_factory.mktemp("blank") / DATABASE
    ensure_schema(path)
    return path


@pytest.fixture
def data_dir(tmp_path: Path, blank: Path) -> Path:
    """The data of an agent that has never worked."""
    shutil.copy(blank, tmp_path / DATABASE)
    return tmp_path


@pytest.fixture
async def store(data_dir: Path) -> AsyncIterator[Store]:
    """An open store of site WH1, with one printer that takes every label."""
    opened = Store(data_dir, "WH1", OnePrinter())
    opened.open()
    yield opened
    await opened.close()
