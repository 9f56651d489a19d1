"""The floor screen, driven by keys over a real connection to a scripted agent."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from msgspec.structs import replace
from rich.cells import cell_len
from textual.message import Message
from textual.widgets import Static

from agent.api.messages import FloorView, PrinterView
from tests.tui.driving import LARGE, SMALL, Driven, driving
from tests.tui.scripted_agent import ScriptedAgent
from tui.messages import ConnectionChanged, FloorChanged
from tui.screens.help import HelpScreen
from tui.widgets.attention import Attention
from tui.widgets.hublink import HubLink
from tui.widgets.outflow import Outflow
from tui.widgets.panel import Panel
from tui.widgets.pipeline import Pipeline
from tui.widgets.promises import Promises
from tui.widgets.status import StatusLine
from tui.widgets.table import ViewTable
from tui.widgets.tabs import Tabs


@pytest.fixture
async def small(agent: ScriptedAgent) -> AsyncIterator[Driven]:
    """The floor on 80×24."""
    async with driving(agent, SMALL) as driven:
        yield driven


@pytest.fixture
async def large(agent: ScriptedAgent) -> AsyncIterator[Driven]:
    """The floor on 160×50."""
    async with driving(agent, LARGE) as driven:
        yield driven


@pytest.mark.parametrize("size", [SMALL, LARGE])
async def test_the_essentials_stand_on_a_small_and_a_large_terminal(
    agent: ScriptedAgent, size: tuple[int, int]
) -> None:
    essentials = (
        *("WH1", "printer lp2: paper out, 12 labels waiting", "4 Exceptions"),
        *(
            "received",
            "12,345",
            "cancelled",
            "83 ms",
            "502 ms",
            "feed up",
            "72 % saved",
            "paper out !!",
            "Help",
        ),
    )
    async with driving(agent, size) as driven:
        painted = driven.screen_text()
    assert [one for one in essentials if one not in painted] == []
    assert {cell_len(line) for line in painted.splitlines()} == {size[0]}


async def test_a_large_terminal_shows_every_table_and_a_small_one_the_chosen(large: Driven) -> None:
    shown = [panel.table.name for panel in large.app.screen.query(Panel) if panel.display]
    assert shown == ["printers", "pdas", "scanners", "exceptions"]
    await large.pilot.resize_terminal(*SMALL)
    await large.pilot.press("4")
    shown = [panel.table.name for panel in large.app.screen.query(Panel) if panel.display]
    assert shown == ["exceptions"]


async def test_a_change_on_the_floor_is_painted(
    agent: ScriptedAgent, small: Driven, floor: FloorView
) -> None:
    agent.show(replace(floor, orders={"shipped": 12_399}, shipped_total=12_399))
    await small.until(lambda: "12,399" in small.text(Pipeline))
    assert "shipped 12,399" in small.text(Outflow)


async def test_a_hub_in_trouble_is_told_in_words(
    agent: ScriptedAgent, large: Driven, floor: FloorView
) -> None:
    agent.show(
        replace(floor, hub=replace(floor.hub, relay="retrying", reason="502", backlog=7, oldest_unsent_s=120))
    )
    await large.until(lambda: "retrying !" in large.text(HubLink))
    assert "backlog 7 events, oldest 2 min !!" in large.text(HubLink)
    assert "!! hub: 7 unsent events, the oldest 2 min old" in large.text(Attention)


async def test_a_floor_without_samples_invents_no_number(
    agent: ScriptedAgent, large: Driven, floor: FloorView
) -> None:
    agent.show(replace(floor, paid_to_first_byte_ms=type(floor.paid_to_first_byte_ms)(), naive_mm=0))
    await large.until(lambda: "no sample yet" in large.text(Promises))
    assert "nothing walked yet" in large.text(Outflow)


async def test_what_has_no_room_among_the_risks_is_counted(
    agent: ScriptedAgent, small: Driven, floor: FloorView
) -> None:
    agent.show(replace(floor, degraded=tuple(f"thing-{n}: broken" for n in range(9))))
    await small.until(lambda: "more" in small.text(Attention))
    assert "+10 more" in small.text(Attention)


async def test_a_lost_agent_is_told_at_once_and_its_figures_stay(agent: ScriptedAgent, small: Driven) -> None:
    await agent.stop()
    await small.until(lambda: "NO AGENT" in small.text(StatusLine))
    assert "figures of" in small.text(StatusLine)
    assert "12,345" in small.text(Pipeline)
    assert small.app.screen.has_class("-stale")


async def test_a_lost_agent_that_comes_back_is_found_without_a_key(
    agent: ScriptedAgent, small: Driven, floor: FloorView
) -> None:
    agent.view = replace(floor, site="WH2")
    agent.say(b"")
    await small.until(lambda: "WH2 · live" in small.text(StatusLine))
    states = [
        message.connection.state for message in small.messages if isinstance(message, ConnectionChanged)
    ]
    assert "lost" in states
    assert states[-1] == "live"
    assert not small.app.screen.has_class("-stale")


async def test_r_reaches_the_agent_without_waiting(agent: ScriptedAgent, small: Driven) -> None:
    await agent.stop()
    await small.until(lambda: "again in" in small.text(StatusLine))
    await agent.start()
    await small.pilot.press("r")
    await small.until(lambda: "live" in small.text(StatusLine))


async def test_a_flood_of_changes_collapses_to_the_newest(agent: ScriptedAgent, floor: FloorView) -> None:
    async with driving(agent, SMALL, paint_every_s=0.2) as driven:
        painted: list[int] = []
        driven.app.watch(driven.app, "floor", lambda view: painted.append(view.shipped_total))
        for total in range(20_001, 20_501):
            agent.show(replace(floor, orders={"shipped": total}, shipped_total=total))
        await driven.until(lambda: "20,500" in driven.text(Pipeline))
        assert painted[-1] == 20_500
        assert len(painted) < 20


async def test_only_a_newer_message_of_its_kind_replaces_one(floor: FloorView) -> None:
    first, second = FloorChanged(floor), FloorChanged(replace(floor, shipped_total=1))
    assert first.can_replace(second)
    assert not first.can_replace(Message())


async def test_keys_sort_a_table_by_number_and_turn_it(large: Driven) -> None:
    await large.pilot.press("1", "o", "o", "o")
    assert large.column("printers", "queue") == ["3", "12"]
    await large.pilot.press("O")
    assert large.column("printers", "queue") == ["12", "3"]
    told = dict.fromkeys(
        (one.column, one.reverse) for one in large.messages if isinstance(one, ViewTable.Sorted)
    )
    assert list(told) == [("printer", False), ("state", False), ("queue", False), ("queue", True)]


async def test_after_the_last_column_the_agents_order_is_back(large: Driven) -> None:
    await large.pilot.press("2", *"oooooooo")
    assert large.table("pdas").sorted_by is None


async def test_the_cursor_stays_on_its_row_while_rows_come_and_go(
    agent: ScriptedAgent, large: Driven, floor: FloorView
) -> None:
    await large.pilot.press("1", "down")
    newcomer = PrinterView("lp0", "online", "", 0, 0, 0)
    agent.show(replace(floor, printers=(newcomer, *floor.printers)))
    await large.until(lambda: large.table("printers").row_count == 3)
    assert large.table("printers").ordered_rows[large.table("printers").cursor_row].key == "lp2"


async def test_a_changed_cell_changes_alone(agent: ScriptedAgent, large: Driven, floor: FloorView) -> None:
    mended = replace(floor.printers[1], state="online", ready=True, queued=0)
    agent.show(replace(floor, printers=(floor.printers[0], mended)))
    await large.until(lambda: large.column("printers", "state") == ["printing", "online"])
    assert "lp2" not in large.text(Attention)


async def test_numbers_stand_at_the_right_and_wide_characters_keep_the_columns(large: Driven) -> None:
    lines = large.screen_text().splitlines()
    first, second = (next(line for line in lines if picker in line) for picker in ("王小明", "Ann  "))
    assert _end_of(first, "82 %") == _end_of(second, "9 %")
    assert _end_of(first, "428 m") == _end_of(second, "385 m")


def _end_of(line: str, text: str) -> int:
    return cell_len(line[: line.rindex(text) + len(text)])


async def test_a_sentence_too_long_for_the_table_stands_in_full_below_it(
    agent: ScriptedAgent, small: Driven, floor: FloorView
) -> None:
    long = replace(floor.exceptions[0], text="保温杯 " * 12 + "end")
    agent.show(replace(floor, exceptions=(long,)))
    await small.pilot.press("4")
    detail = small.app.screen.query_one("#panel-exceptions .detail", Static)
    await small.until(lambda: detail.display and str(detail.render()).endswith("end"))


async def test_what_is_proposed_stands_behind_what_is_wrong(
    agent: ScriptedAgent, large: Driven, floor: FloorView
) -> None:
    late = replace(floor.exceptions[0], text="order SO-7 was cancelled", proposal="put back 2 of A to A-01")
    agent.show(replace(floor, exceptions=(late,)))
    await large.pilot.press("4")
    await large.until(lambda: "order SO-7 was cancelled → put back 2 of A to A-01" in large.screen_text())


async def test_an_empty_table_says_why(agent: ScriptedAgent, large: Driven, floor: FloorView) -> None:
    agent.show(replace(floor, exceptions=(), exceptions_open=0))
    await large.until(lambda: "nothing waits for a person" in large.screen_text())


async def test_the_tabs_count_and_mark(small: Driven) -> None:
    assert " ".join(small.text(Tabs).split()) == "1 Printers 2 !! 2 PDAs 2 ! 3 Scanners 1 4 Exceptions 1 !"


async def test_the_help_page_opens_and_closes_with_its_key(small: Driven) -> None:
    await small.pilot.press("question_mark")
    assert isinstance(small.app.screen, HelpScreen)
    assert "quit: the agent works on" in small.screen_text()
    await small.pilot.press("question_mark")
    assert not isinstance(small.app.screen, HelpScreen)


async def test_d_changes_between_dark_and_light(small: Driven) -> None:
    assert small.app.current_theme.dark
    await small.pilot.press("d")
    assert not small.app.current_theme.dark


async def test_what_is_at_risk_has_the_colours_of_the_theme(large: Driven) -> None:
    dark = [cell.style for cell in large.table("printers").get_row("lp2")]
    await large.pilot.press("d")
    light = [cell.style for cell in large.table("printers").get_row("lp2")]
    assert [was != now for was, now in zip(dark, light, strict=True)] == [
        False,
        True,
        False,
        False,
        False,
        True,
    ]


async def test_q_leaves_with_exit_code_zero(small: Driven) -> None:
    await small.pilot.press("q")
    assert small.app.return_code == 0
