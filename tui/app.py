"""The app: follows the agent, keeps the newest floor, and puts a screen before the supervisor.

A further screen joins as a mode with a key; it watches `floor` and `connection` as the first one does, and asks
the source for what is not on the floor's stream.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from textual import work
from textual.app import App
from textual.binding import Binding, BindingType
from textual.reactive import var
from textual.screen import Screen
from textual.timer import Timer

from agent.api.messages import FloorView
from tui.client import AgentSource, Connection
from tui.messages import ConnectionChanged, FloorChanged
from tui.screens.floor import FloorScreen
from tui.screens.help import HelpScreen
from tui.screens.manifests import ManifestsScreen
from tui.screens.quarantine import QuarantineScreen
from tui.screens.scanners import ScannersScreen
from tui.themes import DARK, LIGHT

PAINT_EVERY_S = 0.2


class SupervisorApp(App[None]):
    """Paints a change at once, and a flood of changes five times a second."""

    TITLE = "floorhand"
    ENABLE_COMMAND_PALETTE = False
    MODES: ClassVar[dict[str, str | Callable[[], Screen[Any]]]] = {"floor": FloorScreen}
    DEFAULT_MODE = "floor"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("m", "show('manifests')", "Manifests"),
        Binding("s", "show('scanners')", "Scanners"),
        Binding("u", "show('quarantine')", "Quarantine", show=False),
        Binding("r", "retry", "Reconnect"),
        Binding("d", "toggle_dark", "Dark/light", show=False),
        Binding("question_mark", "help", "Help"),
        Binding("q", "quit", "Quit"),
    ]

    floor: var[FloorView | None] = var(None)
    connection: var[Connection] = var(Connection("connecting"))

    def __init__(self, source: AgentSource, *, paint_every_s: float = PAINT_EVERY_S) -> None:
        super().__init__()
        self._source = source
        self._paint_every_s = paint_every_s
        self._newest: FloorView | None = None
        self._pause: Timer | None = None
        for theme in (DARK, LIGHT):
            self.register_theme(theme)
        self.theme = DARK.name
        self.add_mode("manifests", lambda: ManifestsScreen(source))
        self.add_mode("scanners", lambda: ScannersScreen(source))
        self.add_mode("quarantine", lambda: QuarantineScreen(source))

    def on_mount(self) -> None:
        """From now on the agent is followed."""
        self.follow_agent()

    @work(exclusive=True, group="agent")
    async def follow_agent(self) -> None:
        """Turn what the agent tells into messages, and nothing more."""
        await self._source.follow(
            lambda view: self.post_message(FloorChanged(view)),
            lambda connection: self.post_message(ConnectionChanged(connection)),
        )

    def on_floor_changed(self, message: FloorChanged) -> None:
        """Paint now, or after the pause since the last painting."""
        self._newest = message.view
        if self._pause is None:
            self._paint()

    def on_connection_changed(self, message: ConnectionChanged) -> None:
        """A lost agent is shown at once, never paced."""
        self.connection = message.connection
        self.refresh_bindings()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool:  # noqa: ARG002 - Textual's
        """Reconnecting is offered where there is something to reconnect."""
        return action != "retry" or self.connection.state != "live"

    def action_retry(self) -> None:
        """Do not wait for the next try."""
        self._source.retry_now()

    def action_show(self, mode: str) -> None:
        """To a screen, and with the same key back to the floor."""
        self.switch_mode("floor" if self.current_mode == mode else mode)

    def action_toggle_dark(self) -> None:
        """Dark floor, light office."""
        self.theme = LIGHT.name if self.theme == DARK.name else DARK.name

    def action_help(self) -> None:
        """The help page over whatever is shown."""
        self.push_screen(HelpScreen())

    def _paint(self) -> None:
        self.floor = self._newest
        self._pause = self.set_timer(self._paint_every_s, self._end_pause)

    def _end_pause(self) -> None:
        self._pause = None
        if self._newest is not self.floor:
            self._paint()
