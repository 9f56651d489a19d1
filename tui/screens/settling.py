"""The forms over the quarantine: an event is released, perhaps changed before, or dropped; always with a note.

The form does it itself and closes once it is done. What the agent refuses is told in the form, and nothing that was
typed is lost.
"""

from __future__ import annotations

from abc import abstractmethod
from pathlib import PurePath
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Button, Input, Static, TextArea

from agent.api.messages import CommandAnswer, ParkedView
from tui.client import QuarantineSource, UnansweredError
from tui.quarantine_rows import pretty, title_text


class SettleForm(ModalScreen[str | None]):
    """Asks for the note; closes with what there is to say about what was done."""

    CSS_PATH: ClassVar[list[str | PurePath]] = ["quarantine.tcss"]
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss", "Cancel")]
    VERB: ClassVar[str]

    def __init__(self, source: QuarantineSource, event: ParkedView) -> None:
        super().__init__()
        self.source = source
        self.event = event
        self._told = Static(event.reason, id="told", markup=False)

    def compose(self) -> ComposeResult:
        """Why it is parked, what is in it, and why it is to be settled."""
        with Vertical() as form:
            form.border_title = f"{self.VERB} {title_text(self.event)}"
            form.border_subtitle = "Tab: the next field · Esc: back, nothing is done"
            yield self._told
            yield from self.content()
            yield Input(placeholder="Why, for the journal", max_length=200)
            yield Button(self.VERB, variant="primary")

    @abstractmethod
    def content(self) -> ComposeResult:
        """What stands between the reason and the note."""

    @abstractmethod
    async def settle(self, note: str) -> CommandAnswer:
        """Ask the agent. UnansweredError."""

    @on(Input.Submitted)
    @on(Button.Pressed)
    def done(self) -> None:
        """With a note at least."""
        note = self.query_one(Input).value.strip()
        if note:
            self._ask(note)
        else:
            self.query_one(Input).focus()

    @work(exclusive=True, group="settle")
    async def _ask(self, note: str) -> None:
        try:
            answer = await self.settle(note)
        except UnansweredError as error:
            self._tell(f"The agent gave no answer, so it may be done or not: {error}")
            return
        if answer.status == "refused":
            self._tell(f"Refused: {answer.reason}")
        else:
            self.dismiss(answer.reason)

    def _tell(self, fault: str) -> None:
        self._told.update(fault)
        self._told.add_class("-fault")


class ReleaseForm(SettleForm):
    """The event to be edited; unchanged it goes on as it came."""

    VERB = "Release"
    AUTO_FOCUS = "TextArea"

    def content(self) -> ComposeResult:
        """The body."""
        yield TextArea(pretty(self.event.body), show_line_numbers=True)

    async def settle(self, note: str) -> CommandAnswer:
        """With the body that is seen here, whatever has become of it meanwhile; as it came where it is unchanged."""
        text = self.query_one(TextArea).text
        body = self.event.body if text == pretty(self.event.body) else text
        return await self.source.release_parked(self.event.parked, note, body)


class DropForm(SettleForm):
    """The event is given up."""

    VERB = "Drop"
    AUTO_FOCUS = "Input"

    def content(self) -> ComposeResult:
        """What it means."""
        yield Static("It is not taken, now or later; the journal keeps it.")

    async def settle(self, note: str) -> CommandAnswer:
        """For good."""
        return await self.source.drop_parked(self.event.parked, note)
