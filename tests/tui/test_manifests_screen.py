"""The manifest screens, driven by keys over a real connection to a scripted agent."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from msgspec.structs import replace

from agent.api.messages import (
    DeparturesView,
    DepartureView,
    FloorView,
    ManifestParcelView,
    ManifestView,
    MissingOrderView,
)
from tests.tui.driving import LARGE, SMALL, Driven, driving
from tests.tui.scripted_agent import ScriptedAgent
from tui.client import AgentClient, UnansweredError
from tui.screens.floor import FloorScreen
from tui.screens.manifests import ManifestScreen, ManifestsScreen
from tui.screens.polled import PolledScreen

LEFT_AT, NEXT_AT = "2026-06-18T00:00:00.000Z", "2026-06-18T08:00:00.000Z"
LEFT = DepartureView("SF", LEFT_AT, "left", 412, 3, 1)
NEXT = DepartureView("SF", NEXT_AT, "next", 31, 7, 0)
LATER = DepartureView("Y/T", None, "next", 2, 0, 0)
MANIFEST = ManifestView(
    LEFT,
    480_250,
    0,
    (ManifestParcelView("SF1001", "SO-1", "2026-06-17T23:59:58.000Z", "dock1", LEFT_AT, 1250),),
    (MissingOrderView("SO-7", None, LEFT_AT, "held", "held: 地址不全, no waybill number"),),
)


@pytest.fixture
def loading(agent: ScriptedAgent, floor: FloorView) -> ScriptedAgent:
    """An agent with departures of two carriers."""
    agent.departures = DeparturesView(floor.at, (LEFT, NEXT, LATER))
    agent.manifests = {("SF", LEFT_AT): MANIFEST}
    return agent


async def at_manifests(driven: Driven) -> PolledScreen[DeparturesView]:
    """Open the departures, and wait until they are there."""
    await driven.pilot.press("m")
    await driven.until(
        lambda: isinstance(driven.app.screen, ManifestsScreen) and driven.app.screen.view is not None
    )
    assert isinstance(driven.app.screen, ManifestsScreen)
    return driven.app.screen


@pytest.fixture
async def small(loading: ScriptedAgent) -> AsyncIterator[Driven]:
    """The departures on 80×24."""
    async with driving(loading, SMALL) as driven:
        await at_manifests(driven)
        yield driven


@pytest.mark.parametrize("size", [SMALL, LARGE])
async def test_m_shows_the_departures_on_any_terminal(loading: ScriptedAgent, size: tuple[int, int]) -> None:
    async with driving(loading, size) as driven:
        await at_manifests(driven)
        painted = driven.screen_text()
    essentials = ("WH1", "3 departures, 1 to look at", "left !!", "412", "Here", "later")
    assert [one for one in essentials if one not in painted] == []


@pytest.mark.parametrize("size", [SMALL, LARGE])
async def test_enter_opens_a_manifest_with_both_its_lists(
    loading: ScriptedAgent, size: tuple[int, int]
) -> None:
    async with driving(loading, size) as driven:
        await at_manifests(driven)
        await driven.pilot.press("enter")
        await driven.until(lambda: "SF1001" in driven.screen_text())
        painted = driven.screen_text()
    essentials = ("480.2 kg", "3 missing, 1 of them late", "SO-7", "held !!", "地址不全", "dock1", "1.2 kg")
    assert [one for one in essentials if one not in painted] == []


async def test_escape_leads_back_step_by_step(small: Driven) -> None:
    await small.pilot.press("enter")
    await small.until(lambda: isinstance(small.app.screen, ManifestScreen))
    await small.pilot.press("escape")
    await small.until(lambda: isinstance(small.app.screen, ManifestsScreen))
    await small.pilot.press("escape")
    await small.until(lambda: isinstance(small.app.screen, FloorScreen))


async def test_m_leads_to_the_floor_and_back_to_where_one_was(small: Driven) -> None:
    await small.pilot.press("enter")
    await small.until(lambda: isinstance(small.app.screen, ManifestScreen))
    await small.pilot.press("m")
    await small.until(lambda: isinstance(small.app.screen, FloorScreen))
    await small.pilot.press("m")
    await small.until(lambda: isinstance(small.app.screen, ManifestScreen))


async def test_whoever_looks_again_sees_what_is_new(loading: ScriptedAgent, small: Driven) -> None:
    loading.departures = replace(loading.departures, departures=(replace(NEXT, parcels=32),))
    await small.pilot.press("m", "m")
    await small.until(lambda: small.column("departures", "parcels") == ["32"])


async def test_a_shown_list_is_renewed_without_a_key(
    loading: ScriptedAgent, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tui.screens.polled.ASK_EVERY_S", 0.05)
    async with driving(loading, SMALL) as driven:
        await at_manifests(driven)
        loading.departures = replace(loading.departures, departures=(replace(NEXT, parcels=32),))
        await driven.until(lambda: driven.column("departures", "parcels") == ["32"])


async def test_a_refusal_is_told_in_words_and_the_figures_stay(loading: ScriptedAgent, small: Driven) -> None:
    loading.status = 503
    await small.pilot.press("m", "m")
    await small.until(lambda: "the agent answered 503" in small.screen_text())
    assert small.column("departures", "parcels") == ["412", "31", "2"]
    loading.status = 200
    await small.pilot.press("m", "m")
    await small.until(lambda: "3 departures" in small.screen_text())


async def test_a_departure_that_is_no_more_says_so(small: Driven) -> None:
    await small.pilot.press("down", "enter")
    await small.until(lambda: "the agent answered 404" in small.screen_text())


async def test_a_lost_agent_is_told_here_too(loading: ScriptedAgent, small: Driven) -> None:
    await loading.stop()
    await small.until(lambda: "NO AGENT" in small.screen_text())
    assert small.app.screen.has_class("-stale")


async def test_nothing_to_ship_says_so(agent: ScriptedAgent) -> None:
    async with driving(agent, SMALL) as driven:
        await at_manifests(driven)
        assert "no order names a departure" in driven.screen_text()
        await driven.pilot.press("enter")
        assert isinstance(driven.app.screen, ManifestsScreen)


async def test_carriers_and_times_are_written_into_the_path_as_they_must_be(loading: ScriptedAgent) -> None:
    loading.manifests[("Y/T", "later")] = MANIFEST
    async with AgentClient.on_socket(loading.path) as client:
        assert await client.manifest("SF", LEFT_AT, 10) == MANIFEST
        assert await client.manifest("Y/T", None, 10) == MANIFEST
        with pytest.raises(UnansweredError, match="404"):
            await client.manifest("SF", NEXT_AT, 10)
