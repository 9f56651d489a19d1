"""The link to the floor's broker: what a broker refuses is said, and is no reason to end."""

from __future__ import annotations

import asyncio
from pathlib import Path

from agent.floor_link import FloorLink
from tests.agent.shell.stage import config_of, running, until
from tests.devices.pda.test_mqtt_refusals import NOT_AUTHORIZED, ScriptedBroker


async def test_a_broker_that_refuses_a_topic_is_no_end_and_is_said_until_it_takes_it(tmp_path: Path) -> None:
    broker = ScriptedBroker(puback=NOT_AUTHORIZED)
    server = await asyncio.start_server(broker.serve, "127.0.0.1")
    url = f"mqtt://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    link = FloorLink(config_of(tmp_path, broker_url=url), "1.0")
    topic = link.topics.of("feedback", "dock1")
    async with running(link.run()):
        await until(lambda: link.topics.agent_presence in link.refused)
        async with asyncio.timeout(10):
            await link.publish(topic, b"{}")
        assert "Not authorized" in link.refused[topic]
        broker.puback = 0
        async with asyncio.timeout(10):
            await link.publish(topic, b"{}")
        assert topic not in link.refused
        assert link.connected
    server.close()
