"""What the follower of the agent tells the app. Only the newest counts, so a flood collapses to it."""

from __future__ import annotations

from dataclasses import dataclass

from textual.message import Message

from agent.api.messages import FloorView
from tui.client import Connection


@dataclass
class FloorChanged(Message):
    """The floor as it is now."""

    view: FloorView

    def can_replace(self, message: Message) -> bool:
        """A floor stands for every floor before it."""
        return isinstance(message, FloorChanged)


@dataclass
class ConnectionChanged(Message):
    """How the app stands with the agent."""

    connection: Connection

    def can_replace(self, message: Message) -> bool:
        """Only the present connection matters."""
        return isinstance(message, ConnectionChanged)
