"""The follower of the floor against a real server: order, loss, reasons, healing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from agent.api.messages import FloorView
from tests.tui.scripted_agent import ScriptedAgent
from tui.client import LONGEST_WAIT_S, AgentClient, Connection, backoff_s


class Heard:
    """What the follower told, in order, to be waited for."""

    def __init__(self) -> None:
        self.told: asyncio.Queue[FloorView | Connection] = asyncio.Queue()

    async def next(self) -> FloorView | Connection:
        return await asyncio.wait_for(self.told.get(), 10)

    async def loss(self) -> Connection:
        """The next lost connection; floors before it do not matter."""
        while True:
            told = await self.next()
            if isinstance(told, Connection) and told.state == "lost":
                return told

    async def floor(self) -> FloorView:
        """The next floor."""
        while not isinstance(told := await self.next(), FloorView):
            continue
        return told


@pytest.fixture
async def client(agent: ScriptedAgent) -> AsyncIterator[AgentClient]:
    """Connected to the scripted agent, and quick to find a stream quiet."""
    async with AgentClient.on_socket(agent.path, quiet_s=0.3) as connected:
        yield connected


@pytest.fixture
async def heard(client: AgentClient) -> AsyncIterator[Heard]:
    """The follower at work."""
    ears = Heard()
    following = asyncio.create_task(client.follow(ears.told.put_nowait, ears.told.put_nowait))
    yield ears
    following.cancel()
    await asyncio.gather(following, return_exceptions=True)


async def test_the_first_floor_comes_without_any_change(heard: Heard, floor: FloorView) -> None:
    assert await heard.next() == Connection("connecting")
    assert await heard.next() == Connection("live")
    assert await heard.next() == floor


async def test_changes_arrive_in_their_order(agent: ScriptedAgent, heard: Heard, floor: FloorView) -> None:
    await heard.floor()
    totals = list(range(12_346, 12_446))
    for total in totals:
        agent.show(replace(floor, shipped_total=total))
    assert [(await heard.floor()).shipped_total for _ in totals] == totals


async def test_other_events_and_comments_are_ignored(
    agent: ScriptedAgent, heard: Heard, floor: FloorView
) -> None:
    await heard.floor()
    agent.say(b": still here\n\nevent: weather\ndata: rain\n\n")
    agent.show(replace(floor, shipped_total=1))
    assert (await heard.floor()).shipped_total == 1


async def test_fields_of_a_newer_agent_are_ignored(
    client: AgentClient, agent: ScriptedAgent, floor: FloorView
) -> None:
    agent.garbage = b'{"moon":"full",' + msgspec.json.encode(floor)[1:]
    assert await client.floor() == floor


async def test_a_cut_stream_is_told_and_heals_by_itself(
    agent: ScriptedAgent, heard: Heard, floor: FloorView
) -> None:
    await heard.floor()
    agent.view = replace(floor, shipped_total=99)
    agent.say(b"")
    assert (await heard.loss()).reason == "the connection broke"
    assert await heard.next() == Connection("live")
    assert (await heard.floor()).shipped_total == 99


async def test_a_stopping_agent_is_told_and_the_next_one_is_found(agent: ScriptedAgent, heard: Heard) -> None:
    await heard.floor()
    await agent.stop()
    assert (await heard.loss()).reason == "the agent is stopping"
    assert "nothing answers at" in (await heard.loss()).reason
    await agent.start()
    assert (await heard.floor()).site == "WH1"


async def test_a_quiet_floor_is_not_a_lost_one(agent: ScriptedAgent, heard: Heard) -> None:
    told = [await heard.next() for _ in range(5)]
    assert agent.snapshots >= 2
    assert [one.state for one in told if isinstance(one, Connection)] == ["connecting", "live"]


async def test_an_agent_that_hangs_is_a_lost_one(agent: ScriptedAgent, heard: Heard) -> None:
    await heard.floor()
    agent.awake.clear()
    assert (await heard.loss()).reason == "the agent did not answer in time"


@pytest.mark.parametrize(
    ("status", "reason"), [(401, "the agent refused the token (401)"), (503, "the agent answered 503")]
)
async def test_a_refusal_is_told_in_words(
    agent: ScriptedAgent, heard: Heard, status: int, reason: str
) -> None:
    agent.status = status
    assert (await heard.loss()).reason == reason


async def test_an_agent_of_another_version_is_told_in_words(agent: ScriptedAgent, heard: Heard) -> None:
    agent.garbage = b'{"site": 7}'
    agent.say(b"")
    reasons = [(await heard.loss()).reason for _ in range(2)]
    assert any(reason.startswith("not understood, is it another version?") for reason in reasons)


async def test_waits_grow_while_the_agent_is_away_and_end_when_asked(
    agent: ScriptedAgent, client: AgentClient, heard: Heard
) -> None:
    agent.status = 503
    waits = []
    for _ in range(6):
        waits.append((await heard.loss()).wait_s)
        client.retry_now()
    assert waits == sorted(waits)
    assert waits[-1] == LONGEST_WAIT_S


async def test_no_token_is_shown_on_the_socket(agent: ScriptedAgent) -> None:
    async with AgentClient.on_socket(agent.path) as plain:
        await plain.floor()
    assert agent.tokens == [None]


@given(st.integers(0, 10_000))
def test_no_wait_is_too_long_or_too_short(failures: int) -> None:
    assert 0 < backoff_s(failures) <= backoff_s(failures + 1) <= LONGEST_WAIT_S
