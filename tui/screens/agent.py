"""What the screens have in common: each follows the app's floor and its connection to the agent."""

from __future__ import annotations

from textual.reactive import reactive
from textual.screen import Screen

from agent.api.messages import FloorView
from tui.client import Connection

WIDE_COLUMNS = 140
TALL_ROWS = 36
WIDTHS = [(0, "-narrow"), (WIDE_COLUMNS, "-wide")]
HEIGHTS = [(0, "-short"), (TALL_ROWS, "-tall")]


class AgentScreen(Screen[None]):
    """Takes over what the app knows; `-stale` while the agent is lost, `-wide` and `-tall` where there is room."""

    HORIZONTAL_BREAKPOINTS = WIDTHS
    VERTICAL_BREAKPOINTS = HEIGHTS

    floor: reactive[FloorView | None] = reactive(None)
    connection: reactive[Connection] = reactive(Connection("connecting"))

    def on_mount(self) -> None:
        """Follow what the app knows."""
        self.watch(self.app, "floor", self._take_floor)
        self.watch(self.app, "connection", self._take_connection)

    def _take_floor(self, view: FloorView | None) -> None:
        self.floor = view

    def _take_connection(self, connection: Connection) -> None:
        self.connection = connection
        self.set_class(connection.state == "lost", "-stale")
