"""The top line: which floor this is, as of when, and whether the agent is still there."""

from __future__ import annotations

from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from agent.api.messages import FloorView
from tui.client import Connection
from tui.words import clock_text, duration_text


class StatusLine(Widget):
    """Site, version and the time of the figures; turns into the reason when the agent is lost."""

    floor: reactive[FloorView | None] = reactive(None)
    connection: reactive[Connection] = reactive(Connection("connecting"))

    def watch_connection(self, connection: Connection) -> None:
        """A lost agent is told by the colour of the whole line as well."""
        self.set_class(connection.state == "lost", "-lost")

    def render(self) -> Content:
        """The line, with or without a floor."""
        connection = self.connection
        told = [f"floorhand {self.floor.version} · {self.floor.site}" if self.floor else "floorhand"]
        if connection.state == "lost":
            again = f"again in {duration_text(connection.wait_s)}" if connection.wait_s >= 1 else "again now"
            told.append(f"NO AGENT: {connection.reason}; trying {again}")
        elif connection.state == "connecting":
            told.append("looking for the agent")
        if self.floor:
            told.append(f"{self._as_of(connection)} {clock_text(self.floor.at)}")
        return Content(" · ".join(told))

    def _as_of(self, connection: Connection) -> str:
        return "live" if connection.state == "live" else "figures of"
