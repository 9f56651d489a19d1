"""The quarantine: what could not be taken, why, and its content.

`e` (or `Enter`) opens an event to edit and release it, `x` to drop it, `Escape` leads back to the floor.
"""

from __future__ import annotations

from pathlib import PurePath
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, VerticalScroll
from textual.widgets import Footer, Static

from agent.api.messages import ParkedView, QuarantineView
from tui.client import QuarantineSource
from tui.quarantine_rows import PARKED, facts_text, pretty, title_text
from tui.screens.polled import PolledScreen
from tui.screens.settling import DropForm, ReleaseForm, SettleForm
from tui.widgets.panel import Panel
from tui.widgets.status import StatusLine
from tui.widgets.table import ViewTable
from tui.words import count_text, plural

MOST_ROWS = 200


class QuarantineScreen(PolledScreen[QuarantineView]):
    """Every parked event, and the one under the cursor in full."""

    CSS_PATH: ClassVar[list[str | PurePath]] = ["shared.tcss", "quarantine.tcss"]
    AUTO_FOCUS = "ViewTable"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("e", "release", "Release"),
        Binding("x", "drop", "Drop"),
        Binding("escape", "app.show('floor')", "Floor"),
    ]

    def __init__(self, source: QuarantineSource) -> None:
        super().__init__("Quarantine")
        self._source = source
        self._facts = Static(id="facts", markup=False)
        self._body = Static(id="body", markup=False)

    def compose(self) -> ComposeResult:
        """A line that sums up, the events, and one of them."""
        yield StatusLine().data_bind(QuarantineScreen.floor, QuarantineScreen.connection)
        yield self.headline
        with Container(id="both"):
            yield Panel(PARKED).data_bind(QuarantineScreen.view)
            with VerticalScroll(id="event") as event:
                event.border_title = "Event"
                yield self._facts
                yield self._body
        yield Footer()

    async def ask(self) -> QuarantineView:
        """From the agent."""
        return await self._source.quarantine(MOST_ROWS)

    def sum_up(self, view: QuarantineView) -> str:
        """How many wait, and of which kind of work."""
        rejected = sum(event.direction == "outbox" for event in view.events)
        cut = f", the newest {count_text(len(view.events))} shown" if view.waiting > len(view.events) else ""
        return f"{plural(view.waiting, 'event')} parked, {rejected or 'none'} of them ours{cut}"

    def watch_view(self) -> None:
        """Another view, perhaps another event under the cursor."""
        super().watch_view()
        self.call_after_refresh(self._show_chosen)

    def on_data_table_row_highlighted(self) -> None:
        """The cursor is on another event."""
        self._show_chosen()

    def on_data_table_row_selected(self) -> None:
        """`Enter`."""
        self.action_release()

    def action_release(self) -> None:
        """Edit it, say why, let it go on; of ours the hub's word is final."""
        chosen = self._chosen()
        if chosen is not None and chosen.direction == "outbox":
            self.notify("The hub has rejected it for good: x drops it, with a note.", severity="warning")
        elif chosen is not None:
            self._settle(ReleaseForm(self._source, chosen))

    def action_drop(self) -> None:
        """Say why, give it up."""
        chosen = self._chosen()
        if chosen is not None:
            self._settle(DropForm(self._source, chosen))

    def _settle(self, form: SettleForm) -> None:
        self.app.push_screen(form, self._told)

    def _told(self, told: str | None) -> None:
        if told:
            self.notify(told)
        self.renew()

    def _chosen(self) -> ParkedView | None:
        """Under the cursor."""
        table = self.query_one(ViewTable)
        if self.view is None or not table.row_count:
            return None
        key = table.ordered_rows[table.cursor_row].key.value
        return next((event for event in self.view.events if event.parked == key), None)

    def _show_chosen(self) -> None:
        chosen = self._chosen()
        event = self.query_one("#event", VerticalScroll)
        event.display = chosen is not None
        if chosen is not None:
            event.border_title = title_text(chosen)
            self._facts.update(f"{chosen.reason}\n{facts_text(chosen)}")
            self._body.update(pretty(chosen.body))
