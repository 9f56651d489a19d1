"""A widget that draws the floor as text: every figure on the screens is one."""

from __future__ import annotations

from abc import abstractmethod

from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from agent.api.messages import FloorView
from tui.risks import Level

STYLES = {Level.CALM: "", Level.AMBER: "$text-warning", Level.RED: "bold $text-error"}
QUIET = "$quiet"


class Figure(Widget):
    """Redraws itself whenever the floor changes; says so while there is none yet."""

    floor: reactive[FloorView | None] = reactive(None)

    def render(self) -> Content:
        """The floor in this widget's words."""
        if self.floor is None:
            return Content.styled("waiting for the agent", QUIET)
        return self.draw(self.floor)

    @abstractmethod
    def draw(self, view: FloorView) -> Content:
        """The text for a view, made to fit `self.size`."""


def lines(*each: Content) -> Content:
    """One line under the other."""
    return Content("\n").join(each)
