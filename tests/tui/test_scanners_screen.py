"""The scanner screens, driven by keys over a real connection to a scripted agent."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from msgspec.structs import replace

from agent.api.messages import (
    CandidateView,
    FloorView,
    FoundScannerView,
    FoundView,
    PairedView,
    PairingCandidate,
    PairingCode,
    PairingDone,
    PairingFailed,
    PortView,
    ScannerView,
)
from tests.tui.driving import LARGE, SMALL, Driven, driving
from tests.tui.scripted_agent import ScriptedAgent
from tui.screens.floor import FloorScreen
from tui.screens.pairing import PairingForm, PairingScreen
from tui.screens.scanners import ScannersScreen

GUN_2 = FoundScannerView(
    "C0:DE:00:00:00:02", "GUN-2", -50, "hci0", "feea", (), False, None, "ble://C0:DE:00:00:00:02?profile=feea"
)
GUN_1 = replace(
    GUN_2, address="C0:DE:00:00:00:01", name="GUN-1", signal_dbm=None, station="dock1", url="ble://1"
)
PORT = PortView("serial:///dev/serial/by-id/usb-Zebra", "Zebra DS2208", "ttyACM0", None)
FOUND = FoundView((GUN_2, GUN_1), (PORT,), None)
# As wide and as high as a real code; whether scanners read it is a matter of devices/labels.
CODE = PairingCode("FH7K3QXY", "  " + "█▌▐ " * 17 + "  ", tuple(["  " + "█▀▄ " * 6 + "   "] * 15))
HEARD = PairingCandidate(CandidateView(GUN_2.address, "GUN-2", -50, "waits for its turn"))
LISTENING = PairingCandidate(CandidateView(GUN_2.address, "GUN-2", -50, None))
PAIRED = PairedView(
    GUN_2.address, "GUN-2", "feea", "hci0", GUN_2.url, "pack7", "pack",
    '[[scanners]]\nid = "pack7"\n', written=True, then="restart the agent",
)  # fmt: skip


@pytest.fixture
def stations(agent: ScriptedAgent, floor: FloorView) -> ScriptedAgent:
    """An agent with two scanners, one of them lost, that finds two and a serial port."""
    lost = ScannerView("dock2", "ship", "fault", "not heard", 871, None, "hci0", 14, -90, 3, 1)
    agent.view = replace(floor, scanners=(*floor.scanners, lost))
    agent.found = FOUND
    return agent


@pytest.fixture
async def small(stations: ScriptedAgent) -> AsyncIterator[Driven]:
    """The scanners on 80×24."""
    async with driving(stations, SMALL) as driven:
        await driven.pilot.press("s")
        await driven.until(lambda: isinstance(driven.app.screen, ScannersScreen))
        yield driven


@pytest.fixture
async def pairing(stations: ScriptedAgent, small: Driven) -> Driven:
    """A pairing for pack7 that shows its code."""
    await small.pilot.press("p")
    await small.until(lambda: isinstance(small.app.screen, PairingForm))
    await small.pilot.press(*"pack7", "enter")
    await small.until(stations.searching.is_set)
    stations.step(CODE)
    await small.until(lambda: "FH7K3QXY" in small.screen_text())
    return small


# --- the scanners, and what is around -----------------------------------------------------------------------


@pytest.mark.parametrize("size", [SMALL, LARGE])
async def test_s_shows_all_scanners_and_f_what_is_around(
    stations: ScriptedAgent, size: tuple[int, int]
) -> None:
    async with driving(stations, size) as driven:
        await driven.pilot.press("s")
        await driven.until(lambda: "dock2" in driven.screen_text())
        before = driven.screen_text()
        await driven.pilot.press("f")
        await driven.until(lambda: "GUN-2" in driven.screen_text())
        after = driven.screen_text()
    here = ("fault !!", "14 %", "-90 dBm", "9,871", "nobody has looked yet", "f Find", "p Pair", "q Quit")
    assert [one for one in here if one not in before] == []
    around = (
        "▂▄▆█",
        "-50 dBm",
        "feea",
        "in use",
        "dock1",
        "ttyACM0",
        "2 scanners by Bluetooth, 1 serial port",
    )
    assert [one for one in around if one not in after] == []


async def test_what_has_no_station_is_counted(small: Driven) -> None:
    await small.pilot.press("f")
    await small.until(lambda: "2 without a station" in small.screen_text())


async def test_a_machine_without_bluetooth_says_so_beside_its_serial_ports(
    stations: ScriptedAgent, small: Driven
) -> None:
    stations.found = FoundView((), (PORT,), "no Bluetooth adapter")
    await small.pilot.press("f")
    await small.until(lambda: "1 serial port; Bluetooth: no Bluetooth adapter" in small.screen_text())


async def test_what_the_agent_refuses_is_told_in_its_words_and_the_last_find_stays(
    stations: ScriptedAgent, small: Driven
) -> None:
    await small.pilot.press("f")
    await small.until(lambda: "GUN-2" in small.screen_text())
    stations.refusal = "another search is under way"
    await small.pilot.press("f")
    await small.until(lambda: "Around: another search is under way" in small.screen_text())
    assert small.column("found", "name") == ["GUN-2", "GUN-1", "Zebra DS2208"]


async def test_a_second_f_does_not_ask_again_and_leaving_ends_the_search(
    stations: ScriptedAgent, small: Driven
) -> None:
    stations.searched.clear()
    await small.pilot.press("f", "f")
    await small.until(stations.searching.is_set)
    await small.pilot.press("f", "escape")
    await small.until(lambda: isinstance(small.app.screen, FloorScreen))
    await small.pilot.press("s")
    await small.until(lambda: "nobody looked to the end" in small.screen_text())
    assert len(stations.asked) == 1
    stations.searched.set()
    await small.pilot.press("f")
    await small.until(lambda: "GUN-2" in small.screen_text())


async def test_a_lost_agent_is_told_here_too_and_offers_to_reconnect(
    stations: ScriptedAgent, small: Driven
) -> None:
    assert "r Reconnect" not in small.screen_text()
    await stations.stop()
    await small.until(lambda: "NO AGENT" in small.screen_text() and "r Reconnect" in small.screen_text())
    assert small.app.screen.has_class("-stale")


# --- pairing ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [SMALL, LARGE])
async def test_the_code_stands_whole_and_black_on_white_on_any_terminal(
    stations: ScriptedAgent, pairing: Driven, size: tuple[int, int]
) -> None:
    await pairing.pilot.resize_terminal(*size)
    lines = pairing.screen_text().splitlines()
    assert sum(CODE.bars.strip() in line for line in lines) == 5
    assert sum(CODE.square[0].strip() in line for line in lines) == 15
    for widget in pairing.app.screen.query(".code"):
        ground, ink = widget.styles.background, widget.styles.color
        assert (ground.hex, ink.hex) == ("#FFFFFF", "#000000")


async def test_a_tall_terminal_has_higher_bars(stations: ScriptedAgent) -> None:
    async with driving(stations, LARGE) as driven:
        await driven.pilot.press("s", "p")
        await driven.until(lambda: isinstance(driven.app.screen, PairingForm))
        await driven.pilot.press(*"pack7", "enter")
        stations.step(CODE)
        await driven.until(lambda: "FH7K3QXY" in driven.screen_text())
        assert sum(CODE.bars.strip() in line for line in driven.screen_text().splitlines()) > 5


async def test_candidates_are_shown_as_they_come_and_change(stations: ScriptedAgent, pairing: Driven) -> None:
    assert "nobody is heard yet" in pairing.screen_text()
    stations.step(HEARD)
    await pairing.until(lambda: pairing.column("candidates", "state") == ["waits for its turn"])
    stations.step(LISTENING)
    await pairing.until(lambda: pairing.column("candidates", "state") == ["listening"])
    assert pairing.column("candidates", "bars") == ["▂▄▆█"]


async def test_the_end_says_who_it_is_what_is_written_and_what_is_left_to_do(
    stations: ScriptedAgent, pairing: Driven
) -> None:
    stations.step(PairingDone(PAIRED))
    stations.step(None)
    await pairing.until(lambda: "paired: GUN-2 → pack7" in pairing.screen_text())
    painted = pairing.screen_text()
    wanted = ("This stands in the configuration now", 'id = "pack7"', "restart the agent", "profile feea")
    assert [one for one in wanted if one not in painted] == []
    assert CODE.bars.strip() not in painted


@pytest.mark.parametrize(
    ("last", "why"),
    [
        (PairingFailed("no scanner sent FH7K3QXY"), "no scanner sent FH7K3QXY"),
        (None, "the agent is stopping"),
    ],
)
async def test_why_nobody_was_paired_is_told(
    stations: ScriptedAgent, pairing: Driven, last: PairingFailed | None, why: str
) -> None:
    stations.step(last)
    await pairing.until(lambda: f"not paired: {why}" in pairing.screen_text())
    assert CODE.bars.strip() not in pairing.screen_text()


async def test_escape_ends_the_pairing_at_the_agent_too(stations: ScriptedAgent, pairing: Driven) -> None:
    await pairing.pilot.press("escape")
    await pairing.until(lambda: not stations.searching.is_set())
    assert isinstance(pairing.app.screen, ScannersScreen)


async def test_what_was_asked_for_is_what_the_form_said(stations: ScriptedAgent, small: Driven) -> None:
    await small.pilot.press("p")
    await small.until(lambda: isinstance(small.app.screen, PairingForm))
    await small.pilot.press(
        "enter", *"d o/ck3", "tab", "right", "right", "space", "tab", "space", "tab", "enter"
    )
    await small.until(stations.searching.is_set)
    assert stations.asked == [b'{"station":"dock3","role":"ship","write":false}']


async def test_a_form_without_a_station_asks_on_and_escape_leaves_it(
    stations: ScriptedAgent, small: Driven
) -> None:
    await small.pilot.press("p")
    await small.until(lambda: isinstance(small.app.screen, PairingForm))
    await small.pilot.press("enter")
    assert isinstance(small.app.screen, PairingForm)
    await small.pilot.press("escape")
    await small.until(lambda: isinstance(small.app.screen, ScannersScreen))
    assert stations.asked == []


async def test_a_pairing_that_the_agent_refuses_says_why(stations: ScriptedAgent, small: Driven) -> None:
    stations.refusal = "this agent has no configuration file"
    await small.pilot.press("p")
    await small.until(lambda: isinstance(small.app.screen, PairingForm))
    await small.pilot.press(*"pack7", "enter")
    await small.until(lambda: "not paired: this agent has no configuration file" in small.screen_text())
    assert isinstance(small.app.screen, PairingScreen)
