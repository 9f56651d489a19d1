"""The hub's own broker as a backup channel: `MqttLink` carries what `MqttChannel` says.

It is connected as long as the agent runs, also while HTTP serves: the broker keeps for its session what the hub has put
there, and a message is acknowledged after its commit.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import UTC, datetime

from agent.config import Config
from agent.config_hub import HubBackup
from agent.credentials import FilePassword, tls_files
from devices.mqtt import Message, MqttLink, PublishError
from sync.channels.mqtt import MqttChannel
from sync.errors import Unreachable
from sync.protocols import Inbox, LinkState

log = logging.getLogger(__name__)

_KEPT_S = 7 * 86_400


class HubMqtt:
    """The channel and its connection."""

    def __init__(
        self, config: Config, backup: HubBackup, inbox: Inbox, on_state: Callable[[LinkState], None]
    ) -> None:
        self.channel = MqttChannel(config.site.id, self._publish, inbox)
        self._on_state = on_state
        files = tls_files(config, backup)
        self._link = MqttLink(
            backup.url or "",
            client_id=f"floorhand-{config.site.id}",
            username=backup.username,
            password=FilePassword(config, backup.password_file),
            ca_file=files.ca_file,
            cert_file=files.cert_file,
            key_file=files.key_file,
            subscriptions=self.channel.subscriptions,
            session_expiry_s=_KEPT_S,
            on_state=self._show,
        )

    async def run(self) -> None:
        """Hold the connection, for ever."""
        await self._link.run(self._received, self._connected)

    async def _publish(self, topic: str, payload: bytes) -> None:
        try:
            await self._link.publish(topic, payload)
        except PublishError as error:
            raise Unreachable(f"the hub's broker refuses {topic}: {error.reason}") from error

    async def _received(self, message: Message) -> None:
        await self.channel.receive(message.topic, message.payload)

    async def _connected(self, session_present: bool) -> None:
        log.info("the hub's broker is connected, session %s", "resumed" if session_present else "new")

    def _show(self, connected: bool, reason: str) -> None:
        doing = "following" if connected else "retrying"
        self._on_state(LinkState(connected, doing, reason, datetime.now(UTC)))
