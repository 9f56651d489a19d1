"""The sandbox hub's connection to a broker: the channel that agents use while they cannot reach it over HTTP."""

from __future__ import annotations

import asyncio
from typing import Never

from devices.mqtt import Message, MqttLink
from sync.sandbox.mqtt_side import MqttSide
from sync.sandbox.server import Beside, RunningHub


def over_mqtt(broker: str, site: str) -> Beside:
    """Work beside a running hub. Raises PublishError where the broker refuses what the hub says."""

    async def carry(hub: RunningHub) -> Never:
        await _carry(hub, broker, site)

    return carry


async def _carry(hub: RunningHub, broker: str, site: str) -> Never:
    async def publish(topic: str, payload: bytes) -> None:
        await link.publish(topic, payload)

    async def received(message: Message) -> None:
        await side.receive(message.topic, message.payload)

    async def connected(_session_present: bool) -> None:
        """Nothing to make up for: what was not answered comes again."""

    side = MqttSide(hub.hub.ledger, hub.hub.bell, site, publish)
    link = MqttLink(
        broker, client_id=f"floorhand-hub-{site}", subscriptions=side.subscriptions, retry_cap_s=5.0
    )
    async with asyncio.TaskGroup() as group:
        group.create_task(link.run(received, connected))
        group.create_task(side.run())
    raise AssertionError("neither of them ends by itself")
