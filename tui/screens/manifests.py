"""The manifests: the departures of all carriers, and one manifest in full.

`Enter` on a departure opens its manifest, `Escape` closes it, and closes the departures in favour of the floor.
"""

from __future__ import annotations

from pathlib import PurePath
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.widgets import DataTable, Footer

from agent.api.messages import DeparturesView, DepartureView, ManifestView
from tui.client import ManifestSource
from tui.manifest_rows import DEPARTURES, MISSING, PARCELS, departure_key, figures
from tui.risks import departure_level
from tui.screens.polled import PolledScreen
from tui.widgets.panel import Panel
from tui.widgets.status import StatusLine
from tui.words import departure_text, plural

MOST_ROWS = 500  # of each list of a manifest; the command line prints them all


class ManifestsScreen(PolledScreen[DeparturesView]):
    """Every departure to come and the last that have left: what is on each, and what is missing there."""

    CSS_PATH: ClassVar[list[str | PurePath]] = ["shared.tcss", "manifests.tcss"]
    AUTO_FOCUS = "ViewTable"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "app.show('floor')", "Floor")]

    def __init__(self, source: ManifestSource) -> None:
        super().__init__("Manifests")
        self._source = source

    def compose(self) -> ComposeResult:
        """A line that sums up, and the departures."""
        yield StatusLine().data_bind(ManifestsScreen.floor, ManifestsScreen.connection)
        yield self.headline
        yield Panel(DEPARTURES).data_bind(ManifestsScreen.view)
        yield Footer()

    async def ask(self) -> DeparturesView:
        """From the agent."""
        return await self._source.departures()

    def sum_up(self, view: DeparturesView) -> str:
        """How many departures a supervisor should look at."""
        short = sum(departure_level(each, view.at) > 0 for each in view.departures)
        return f"{plural(len(view.departures), 'departure')}, {short or 'nothing'} to look at"

    def on_data_table_row_selected(self, event: DataTable.RowSelected) -> None:
        """Open the manifest of that departure."""
        departures = self.view.departures if self.view is not None else ()
        chosen = next((each for each in departures if departure_key(each) == event.row_key.value), None)
        if chosen is not None:
            self.app.push_screen(ManifestScreen(self._source, chosen))


class ManifestScreen(PolledScreen[ManifestView]):
    """One manifest: what is missing, and what is on it, the latest parcel first."""

    CSS_PATH: ClassVar[list[str | PurePath]] = ["shared.tcss", "manifests.tcss"]
    AUTO_FOCUS = "ViewTable"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss", "Departures")]

    def __init__(self, source: ManifestSource, departure: DepartureView) -> None:
        super().__init__(f"{departure.carrier} {departure_text(departure.departure_at)}")
        self._source = source
        self._departure = departure

    def compose(self) -> ComposeResult:
        """A line of figures, and both lists."""
        yield StatusLine().data_bind(ManifestScreen.floor, ManifestScreen.connection)
        yield self.headline
        with Container(id="lists"):
            yield Panel(MISSING).data_bind(ManifestScreen.view)
            yield Panel(PARCELS).data_bind(ManifestScreen.view)
        yield Footer()

    async def ask(self) -> ManifestView:
        """From the agent."""
        return await self._source.manifest(self._departure.carrier, self._departure.departure_at, MOST_ROWS)

    def sum_up(self, view: ManifestView) -> str:
        """Its figures in one line."""
        return figures(view, MOST_ROWS)
