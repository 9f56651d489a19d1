"""The quarantine screen and its forms, driven by keys over a real connection to a scripted agent."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from textual.widgets import Input, TextArea

from agent.api.messages import CommandAnswer, FloorView, ParkedView, QuarantineView
from tests.tui.driving import LARGE, SMALL, Driven, driving
from tests.tui.scripted_agent import ScriptedAgent
from tui.quarantine_rows import facts_text, pretty
from tui.risks import floor_risks
from tui.screens.floor import FloorScreen
from tui.screens.help import HelpScreen
from tui.screens.quarantine import QuarantineScreen
from tui.screens.settling import DropForm, ReleaseForm

BODY = '{"type":"sku.changed","data":{"name":"保温杯","weight_g":1e2}}'
PAID = ParkedView(
    "Q1", "2026-06-18T03:59:00.000Z", "feed", "/erp", "e-71", "sku.changed", "A-100", None,
    "malformed: Object missing required field `sku`", BODY, len(BODY.encode()), "",
)  # fmt: skip
REJECTED = replace(
    PAID, parked="Q2", at="2026-06-18T03:30:00.000Z", direction="outbox", source="", event="e1-7",
    type="parcel.shipped", subject="SO-7", order_no="SO-7", reason="rejected: no such order", body="{}",
)  # fmt: skip
TWO = QuarantineView("2026-06-18T04:00:00.000Z", 2, (PAID, REJECTED))


@pytest.fixture
def troubled(agent: ScriptedAgent, floor: FloorView) -> ScriptedAgent:
    """An agent with one event of the feed and one of its own in quarantine."""
    agent.view = replace(floor, parked=2)
    agent.quarantine = TWO
    return agent


async def at_quarantine(driven: Driven) -> QuarantineScreen:
    """Open it, and wait until the events are there."""
    await driven.pilot.press("u")
    await driven.until(
        lambda: isinstance(driven.app.screen, QuarantineScreen) and driven.app.screen.view is not None
    )
    assert isinstance(driven.app.screen, QuarantineScreen)
    return driven.app.screen


@pytest.fixture
async def small(troubled: ScriptedAgent) -> AsyncIterator[Driven]:
    """The quarantine on 80×24."""
    async with driving(troubled, SMALL) as driven:
        await at_quarantine(driven)
        yield driven


@pytest.fixture
async def releasing(small: Driven) -> Driven:
    """The form that releases the first event."""
    await small.pilot.press("e")
    await small.until(lambda: isinstance(small.app.screen, ReleaseForm))
    return small


# --- the list, and one event --------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [SMALL, LARGE])
async def test_u_shows_what_is_parked_why_and_the_content_on_any_terminal(
    troubled: ScriptedAgent, size: tuple[int, int]
) -> None:
    async with driving(troubled, size) as driven:
        await at_quarantine(driven)
        await driven.until(lambda: '"name": "保温杯"' in driven.screen_text())
        painted = driven.screen_text()
    essentials = (
        "2 events parked, 1 of them ours", "1 min !", "30 min !!", "/erp", "ours, rejected", "sku.changed", "A-100",
        "parcel.shipped", "SO-7", "missing required field `sku`", "id e-71",
        "e Release", "x Drop", "esc Floor", "q Quit",
    )  # fmt: skip
    assert [one for one in essentials if one not in painted] == []


async def test_the_event_under_the_cursor_is_shown_in_full(small: Driven) -> None:
    await small.pilot.press("down")
    await small.until(lambda: "id e1-7 · order SO-7" in small.screen_text())
    await small.pilot.press("up")
    await small.until(lambda: "id e-71" in small.screen_text())


async def test_an_event_that_is_settled_elsewhere_leaves_with_its_content(
    troubled: ScriptedAgent, small: Driven
) -> None:
    troubled.quarantine = replace(TWO, waiting=1, events=(REJECTED,))
    await small.pilot.press("u", "u")
    await small.until(lambda: "1 event parked" in small.screen_text() and "id e1-7" in small.screen_text())
    troubled.quarantine = replace(TWO, waiting=0, events=())
    await small.pilot.press("u", "u")
    await small.until(lambda: "the quarantine is empty" in small.screen_text())
    assert "id e1-7" not in small.screen_text()
    await small.pilot.press("e", "x", "enter")
    assert isinstance(small.app.screen, QuarantineScreen)


async def test_what_has_no_room_is_counted(troubled: ScriptedAgent, small: Driven) -> None:
    troubled.quarantine = replace(TWO, waiting=7_000)
    await small.pilot.press("u", "u")
    await small.until(
        lambda: "7,000 events parked" in small.screen_text() and "newest 2 shown" in small.screen_text()
    )


async def test_escape_and_u_lead_to_the_floor(small: Driven) -> None:
    for key in ("escape", "u"):
        await small.pilot.press(key)
        await small.until(lambda: isinstance(small.app.screen, FloorScreen))
        await at_quarantine(small)


async def test_a_refused_question_is_told_and_the_list_stays(troubled: ScriptedAgent, small: Driven) -> None:
    troubled.status = 503
    await small.pilot.press("u", "u")
    await small.until(lambda: "Quarantine: the agent answered 503" in small.screen_text())
    assert small.column("parked", "type") == ["sku.changed", "parcel.shipped"]


async def test_the_help_page_has_the_key(small: Driven) -> None:
    await small.pilot.press("question_mark")
    await small.until(lambda: isinstance(small.app.screen, HelpScreen))
    assert "the quarantine, and back; e releases an event" in small.screen_text()


def test_the_floor_says_that_something_is_parked(floor: FloorView) -> None:
    told = [(risk.where, risk.why) for risk in floor_risks(replace(floor, parked=2))]
    assert ("quarantine", "2 events parked: u shows what and why") in told
    assert "quarantine" not in {risk.where for risk in floor_risks(floor)}


def test_a_cut_event_says_so() -> None:
    assert "only its beginning is kept; SHA-256 of all of it: abc" in facts_text(replace(PAID, sha256="abc"))


@given(st.text() | st.recursive(st.integers() | st.text(), st.lists).map(json.dumps))
def test_a_body_is_shown_whatever_it_is_and_what_is_shown_says_the_same(body: str) -> None:
    shown = pretty(body)
    try:
        meant = json.loads(body)
    except ValueError:
        return
    assert shown == body or json.loads(shown) == meant


# --- releasing ----------------------------------------------------------------------------------------------


async def test_an_event_is_released_as_it_came_with_a_note(
    troubled: ScriptedAgent, releasing: Driven
) -> None:
    assert releasing.app.screen.query_one(TextArea).text == pretty(BODY)
    await releasing.pilot.press("tab", *"again", "enter")
    await releasing.until(lambda: isinstance(releasing.app.screen, QuarantineScreen))
    (asked,) = troubled.commands
    assert (asked["type"], asked["parked"], asked["note"]) == ("parked.release", "Q1", "again")
    assert (asked["body"], asked["by"]) == (BODY, "supervisor")


async def test_an_edited_event_is_released_as_edited(troubled: ScriptedAgent, releasing: Driven) -> None:
    releasing.app.screen.query_one(TextArea).load_text('{"sku": "A-100"}')
    await releasing.pilot.press("tab", *"fixed", "tab", "enter")
    await releasing.until(lambda: isinstance(releasing.app.screen, QuarantineScreen))
    assert troubled.commands[0]["body"] == '{"sku": "A-100"}'


async def test_what_is_refused_is_told_in_the_form_and_nothing_typed_is_lost(
    troubled: ScriptedAgent, releasing: Driven
) -> None:
    troubled.answer = CommandAnswer("", "refused", "malformed: still no sku")
    releasing.app.screen.query_one(TextArea).load_text("{}")
    await releasing.pilot.press("tab", *"try", "enter")
    await releasing.until(lambda: "Refused: malformed: still no sku" in releasing.screen_text())
    form = releasing.app.screen
    assert (form.query_one(TextArea).text, form.query_one(Input).value) == ("{}", "try")
    troubled.answer = CommandAnswer("", "applied")
    await releasing.pilot.press("enter")
    await releasing.until(lambda: isinstance(releasing.app.screen, QuarantineScreen))
    first, second = troubled.commands
    assert first["id"] != second["id"]


async def test_a_body_put_back_after_a_refused_try_goes_on_as_it_is_seen(
    troubled: ScriptedAgent, releasing: Driven
) -> None:
    """The agent has the refused one by now."""
    troubled.answer = CommandAnswer("", "refused", "malformed: no")
    releasing.app.screen.query_one(TextArea).load_text("{}")
    await releasing.pilot.press("tab", *"try", "enter")
    await releasing.until(lambda: len(troubled.commands) == 1)
    releasing.app.screen.query_one(TextArea).load_text(pretty(BODY))
    await releasing.pilot.press("enter")
    await releasing.until(lambda: len(troubled.commands) == 2)
    assert troubled.commands[1]["body"] == BODY


async def test_without_a_note_nothing_is_released(troubled: ScriptedAgent, releasing: Driven) -> None:
    await releasing.pilot.press("tab", "space", "tab", "enter")
    assert isinstance(releasing.app.screen.focused, Input)
    await releasing.pilot.press("escape")
    await releasing.until(lambda: isinstance(releasing.app.screen, QuarantineScreen))
    assert troubled.commands == []


async def test_an_agent_that_does_not_answer_is_told_as_that(
    troubled: ScriptedAgent, releasing: Driven
) -> None:
    troubled.status = 500
    await releasing.pilot.press("tab", *"try", "enter")
    await releasing.until(lambda: "it may be done or not: the agent" in releasing.screen_text())


async def test_what_the_hub_is_told_of_a_late_revision_the_supervisor_is_told_too(
    troubled: ScriptedAgent, releasing: Driven
) -> None:
    troubled.answer = CommandAnswer("", "applied", "the hub is told: too-late")
    await releasing.pilot.press("tab", *"go", "enter")
    await releasing.until(lambda: "the hub is told: too-late" in releasing.screen_text())


async def test_of_our_own_the_hubs_word_is_final(troubled: ScriptedAgent, small: Driven) -> None:
    await small.pilot.press("down", "e")
    await small.until(lambda: "rejected it for good" in small.screen_text())
    assert isinstance(small.app.screen, QuarantineScreen)


# --- dropping -----------------------------------------------------------------------------------------------


async def test_an_event_is_dropped_with_a_note_and_the_list_is_renewed(
    troubled: ScriptedAgent, small: Driven
) -> None:
    await small.pilot.press("down", "x")
    await small.until(lambda: isinstance(small.app.screen, DropForm))
    assert "Drop parcel.shipped SO-7" in small.screen_text()
    await small.pilot.press(*"seen")
    troubled.quarantine = replace(TWO, waiting=1, events=(PAID,))
    await small.pilot.press("enter")
    await small.until(lambda: "1 event parked" in small.screen_text())
    (asked,) = troubled.commands
    assert (asked["type"], asked["parked"], asked["note"]) == ("parked.drop", "Q2", "seen")
    assert small.column("parked", "type") == ["sku.changed"]
