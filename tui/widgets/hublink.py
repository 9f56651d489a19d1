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
            return Content.styled("hub  ", QUIET) + separate.join(
                [_state(hub), *([_channels(hub)] if _is_switched(hub) else []), _backlog(hub), _reason(hub)]
            )
        acknowledged = (
            f"{count_text(hub.acked_sequence)} of {count_text(hub.head_sequence)} events acknowledged"
        )
        return lines(
            _state(hub), _channels(hub), _backlog(hub), Content.styled(acknowledged, QUIET), _reason(hub)
        )


def _state(hub: HubView) -> Content:
    levels = {risk.where: risk.level for risk in hub_risks(hub)}
    feed, relay = levels.get("hub feed", Level.CALM), levels.get("hub relay", Level.CALM)
    return Content.assemble(
        "feed ",
        (f"{hub.feed} {feed.mark}".rstrip(), STYLES[feed] or "$text-success"),
        ", relay ",
        (f"{hub.relay} {relay.mark}".rstrip(), STYLES[relay] or "$text-success"),
    )


def _is_switched(hub: HubView) -> bool:
    """Is any breaker not closed?"""
    return any(channel.state != "closed" for channel in hub.channels)


def _channels(hub: HubView) -> Content:
    """The way that is in use, then the others and their breakers."""
    levels = {risk.where: risk.level for risk in hub_risks(hub)}

    def one(name: str, state: str) -> Content:
        level = levels.get(f"channel {name}", Level.CALM)
        text = name if state == "closed" else f"{name} {state} {level.mark}"
        return Content.styled(text, STYLES[level] or "$text-success")

    ways = sorted(hub.channels, key=lambda channel: not channel.active)
    return Content("via ") + Content(", else ").join([one(way.name, way.state) for way in ways])


def _backlog(hub: HubView) -> Content:
    if not hub.backlog:
        return Content("the hub has everything")
    late = max((risk.level for risk in hub_risks(hub) if risk.where == "hub"), default=Level.CALM)
    oldest = f"oldest {duration_text(hub.oldest_unsent_s)} {late.mark}".rstrip()
    return Content.assemble(f"backlog {plural(hub.backlog, 'event')}, ", (oldest, STYLES[late]))


def _reason(hub: HubView) -> Content:
    return Content.styled(hub.reason or "no fault", STYLES[Level.AMBER] if hub.reason else QUIET)
