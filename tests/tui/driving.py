"""The app in the hands of a test, over a real connection to a scripted agent."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from textual.message import Message
from textual.pilot import Pilot
from textual.widget import Widget

from tests.tui.scripted_agent import ScriptedAgent
from tui.app import SupervisorApp
from tui.client import AgentClient
from tui.widgets.table import ViewTable

SMALL, LARGE = (80, 24), (160, 50)


@dataclass
class Driven:
    """An app in the hands of a test."""

    app: SupervisorApp
    pilot: Pilot[None]
    messages: list[Message]

    def text(self, widget: type[Widget]) -> str:
        """What a widget shows, without its colours."""
        return str(self.app.screen.query_one(widget).render())

    def screen_text(self) -> str:
        """What is painted on the terminal, line by line, cut at its edges."""
        strips = self.app.screen._compositor.render_strips()
        return "\n".join(strip.text for strip in strips)

    def table(self, name: str) -> ViewTable:
        return self.app.screen.query_one(f"#table-{name}", ViewTable)

    def column(self, name: str, key: str) -> list[str]:
        return [cell.plain for cell in self.table(name).get_column(key)]

    async def until(self, true: Callable[[], bool]) -> None:
        """Wait for something that comes over the socket."""
        async with asyncio.timeout(10):
            while not true():
                await self.pilot.pause(0.01)
        await self.pilot.pause()


@asynccontextmanager
async def driving(
    agent: ScriptedAgent, size: tuple[int, int], paint_every_s: float = 0.01
) -> AsyncIterator[Driven]:
    """The app on a terminal of `size`, with the first floor painted."""
    messages: list[Message] = []
    async with AgentClient.on_socket(agent.path) as client:
        app = SupervisorApp(client, paint_every_s=paint_every_s)
        async with app.run_test(size=size, message_hook=messages.append, notifications=True) as pilot:
            driven = Driven(app, pilot, messages)
            await driven.until(lambda: app.floor is not None)
            yield driven
