"""The hub link: what comes in, what goes out, and what the hub has not got yet."""

from __future__ import annotations

from textual.content import Content

from agent.api.messages import FloorView, HubView
from tui.risks import Level, hub_risks
from tui.widgets.figure import QUIET, STYLES, Figure, lines
from tui.words import count_text, duration_text, plural


class HubLink(Figure):
    """Feed, relay and backlog: one line where there is room for one, else a line each."""

    BORDER_TITLE = "Hub link"

    def draw(self, view: FloorView) -> Content:
        """The link in words; its reason whenever something is wrong."""
        hub = view.hub
        if self.size.height < 3:
            separate = Content.styled(" · ", QUIET)
            return Content.styled("hub  ", QUIET) + separate.join([_state(hub), _backlog(hub), _reason(hub)])
        acknowledged = (
            f"{count_text(hub.acked_sequence)} of {count_text(hub.head_sequence)} events acknowledged"
        )
        return lines(_state(hub), _backlog(hub), Content.styled(acknowledged, QUIET), _reason(hub))


def _state(hub: HubView) -> Content:
    levels = {risk.where: risk.level for risk in hub_risks(hub)}
    feed, relay = levels.get("hub feed", Level.CALM), levels.get("hub relay", Level.CALM)
    return Content.assemble(
        "feed ",
        (f"{hub.feed} {feed.mark}".rstrip(), STYLES[feed] or "$text-success"),
        ", relay ",
        (f"{hub.relay} {relay.mark}".rstrip(), STYLES[relay] or "$text-success"),
    )


def _backlog(hub: HubView) -> Content:
    if not hub.backlog:
        return Content("the hub has everything")
    late = max((risk.level for risk in hub_risks(hub) if risk.where == "hub"), default=Level.CALM)
    oldest = f"oldest {duration_text(hub.oldest_unsent_s)} {late.mark}".rstrip()
    return Content.assemble(f"backlog {plural(hub.backlog, 'event')}, ", (oldest, STYLES[late]))


def _reason(hub: HubView) -> Content:
    return Content.styled(hub.reason or "no fault", STYLES[Level.AMBER] if hub.reason else QUIET)
