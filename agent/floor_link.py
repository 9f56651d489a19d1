"""The agent's one connection to the floor's broker, and who gets what comes over it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from paho.mqtt.client import topic_matches_sub

from agent.config import Config
from agent.core.times import to_text
from agent.credentials import FilePassword, tls_files
from agent.store.store import now_ms
from devices.mqtt import Message, MqttLink, PublishError, Will
from devices.pda import AgentPresence, encode
from devices.topics import Topics

log = logging.getLogger(__name__)

#: Returns, and so lets the message be acknowledged, after the commit.
Take = Callable[[Message], Awaitable[None]]


class FloorLink:
    """Tasks, replies and feedback go out; presences, events and scans come in. Subscribe before it runs."""

    def __init__(self, config: Config, version: str) -> None:
        self.topics = Topics(config.site.id)
        self._config = config
        self._version = version
        self._password = FilePassword(config, config.broker.password_file)
        self._since = to_text(now_ms())
        self._takers: dict[str, Take] = {}
        self._greeters: list[Callable[[], None]] = []
        self._link: MqttLink | None = None
        #: topic -> why the broker took nothing on it the last time (an access list, a quota)
        self.refused: dict[str, str] = {}

    def subscribe(self, topic_filter: str, take: Take) -> None:
        """`take` gets every message on the topics that the filter names; no two filters may share a topic."""
        self._takers[topic_filter] = take

    def on_connected(self, act: Callable[[], None]) -> None:
        """Called after each connection: whatever was missed, on either side, must be made up for."""
        self._greeters.append(act)

    @property
    def connected(self) -> bool:
        """Is the broker there?"""
        return self._link is not None and self._link.connected

    async def run(self) -> None:
        """Hold the connection, for ever."""
        self._link = self._make_link()
        await self._link.run(self._received, self._connected)

    async def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        """Returns when the broker has it, or has refused it, which `refused` says; waits where there is no broker."""
        if self._link is None:
            raise RuntimeError("nothing can be published before the link runs")
        try:
            await self._link.publish(topic, payload, retain=retain)
            self.refused.pop(topic, None)
        except PublishError as error:
            if topic not in self.refused:
                log.warning("the broker refuses %s: %s", topic, error.reason)
            self.refused[topic] = error.reason

    def _make_link(self) -> MqttLink:
        broker, files = self._config.broker, tls_files(self._config, self._config.broker)
        return MqttLink(
            broker.url,
            client_id=f"floorhand-{self._config.site.id}",
            username=broker.username,
            password=self._password,
            ca_file=files.ca_file,
            cert_file=files.cert_file,
            key_file=files.key_file,
            will=Will(self.topics.agent_presence, encode(AgentPresence(online=False)), retain=True),
            subscriptions=tuple(self._takers),
            retry_cap_s=5.0,
            on_state=_log_state,
        )

    async def _connected(self, session_present: bool) -> None:
        log.info("broker connected, session %s", "resumed" if session_present else "new")
        online = encode(AgentPresence(online=True, version=self._version, since=self._since))
        await self.publish(self.topics.agent_presence, online, retain=True)
        for act in self._greeters:
            act()

    async def _received(self, message: Message) -> None:
        takers = [take for each, take in self._takers.items() if topic_matches_sub(each, message.topic)]
        await asyncio.gather(*(take(message) for take in takers))


def _log_state(connected: bool, reason: str) -> None:
    if not connected and reason != "closed":  # that is the link's own end
        log.warning("no broker: %s", reason)
