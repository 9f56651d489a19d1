"""A screen that asks the agent for its figures while it is looked at."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, Generic, TypeVar

from textual import work
from textual.reactive import reactive
from textual.timer import Timer
from textual.widgets import Static

from tui.client import UnansweredError
from tui.screens.agent import AgentScreen

V = TypeVar("V")
ASK_EVERY_S = 10.0


class PolledScreen(AgentScreen, Generic[V]):
    """Asks when it is shown and every few seconds from then on; what cannot be had leaves the last figures.

    Its `headline` sums up the view, or says why there is none or none that is new.
    """

    view: reactive[Any] = reactive(None, init=False)  # a V, once there is one
    fault: reactive[str] = reactive("", init=False)
    _pace: Timer

    def __init__(self, heading: str) -> None:
        super().__init__()
        self._heading = heading
        self.headline = Static(f"{heading}: asking the agent", id="headline", markup=False)

    @abstractmethod
    async def ask(self) -> V:
        """The newest view. UnansweredError."""

    @abstractmethod
    def sum_up(self, view: V) -> str:
        """The view in one line, after the heading."""

    def on_mount(self) -> None:
        """The pace, which runs only while somebody looks."""
        self._pace = self.set_interval(ASK_EVERY_S, self.renew, pause=True)

    def on_screen_resume(self) -> None:
        """Somebody looks."""
        self.renew()
        self._pace.resume()

    def on_screen_suspend(self) -> None:
        """Nobody looks."""
        self._pace.pause()

    @work(exclusive=True, group="ask")
    async def renew(self) -> None:
        """Ask, and show what comes."""
        try:
            self.view = await self.ask()
            self.fault = ""
        except UnansweredError as error:
            self.fault = str(error)

    def watch_view(self) -> None:
        """Another view, other words."""
        self._tell()

    def watch_fault(self) -> None:
        """Why there is nothing newer; or there is again."""
        self._tell()

    def _tell(self) -> None:
        if self.fault or self.view is not None:
            self.headline.update(f"{self._heading}: {self.fault or self.sum_up(self.view)}")
