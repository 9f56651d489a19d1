"""`floorhand sandbox hub` with every backup channel, as a process: one ledger behind all of them."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import httpx
import pytest

from devices.broker import EmbeddedBroker
from devices.mqtt import Message
from sync.channels.files import FilesChannel
from sync.channels.mqtt import MqttChannel
from sync.client import HubClient
from tests.devices.pda.conftest import connected_peer
from tests.sync.stores import MemoryInbox, MemoryOutbox, agent_event

TOKEN = "sandbox-token"


@contextmanager
def hub(*options: str) -> Iterator[tuple[subprocess.Popen[str], dict[str, int]]]:
    """Started; its ports."""
    command = [sys.executable, "-m", "agent.cli", "sandbox", "hub", "--port", "0", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process, json.loads(process.stdout.readline())
        finally:
            process.kill()


@asynccontextmanager
async def over_mqtt(broker: str, inbox: MemoryInbox) -> AsyncIterator[MqttChannel]:
    """The agent's end."""

    async def publish(topic: str, payload: bytes) -> None:
        await peer.link.publish(topic, payload)

    async def received(message: Message) -> None:
        await channel.receive(message.topic, message.payload)

    channel = MqttChannel("WH1", publish, inbox)
    link = connected_peer(broker, client_id="agent", subscriptions=channel.subscriptions, on_message=received)
    async with link as peer:
        yield channel


@pytest.mark.slow
async def test_one_ledger_is_behind_http_a_second_url_mqtt_and_files(tmp_path: Path) -> None:
    events = [agent_event(n) for n in range(1, 9)]
    outbox, inbox, inbox_of_mqtt = MemoryOutbox(events), MemoryInbox(), MemoryInbox()
    stick = tmp_path / "stick"
    with EmbeddedBroker(durable=False) as broker:
        async with over_mqtt(broker.url, inbox_of_mqtt) as mqtt:
            options = (
                "--mqtt",
                broker.url,
                "--files",
                str(stick),
                "--backup-port",
                "0",
                "--data",
                str(tmp_path / "hub"),
            )
            with hub(*options) as (process, ports):
                assert ports.keys() == {"listening", "backup"}
                urls = [f"http://127.0.0.1:{port}" for port in ports.values()]
                for url, batch in zip(urls, (events[:2], events[:4]), strict=True):
                    async with HubClient(url, "WH1", TOKEN) as client:
                        await outbox.settle(await client.ship(batch))
                await outbox.settle(await mqtt.ship(events[2:6]))
                files = FilesChannel(stick, TOKEN.encode(), "WH1", inbox, outbox)
                await files.ship(events[4:])
                async with asyncio.timeout(30):
                    while outbox.acked < len(events):
                        await files.look()
                        await asyncio.sleep(0.1)
                async with httpx.AsyncClient(base_url=urls[1], trust_env=False) as control:
                    received = (await control.get("/sandbox/received")).json()
                assert [each["id"] for each in received] == [event.id for event in events]
                await inbox_of_mqtt.until(lambda taken: len(taken.ahead) == len(inbox.ahead) > 1000)
                assert inbox_of_mqtt.ahead == inbox.ahead, "the feed comes over both"
                process.send_signal(signal.SIGTERM)
                _, errors = process.communicate(timeout=20)
    assert (process.returncode, errors) == (0, "")


@pytest.mark.slow
def test_a_broker_that_is_away_does_not_stop_the_hub_and_comes_later(tmp_path: Path) -> None:
    with hub("--mqtt", "mqtt://127.0.0.1:9", "--data", str(tmp_path)) as (process, ports):
        answer = httpx.get(f"http://127.0.0.1:{ports['listening']}/sandbox/progress", trust_env=False)
        assert answer.status_code == 200
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=20)
    assert (process.returncode, errors) == (0, "")
