"""What the agent and the short process that delivers a message say to each other."""

from __future__ import annotations

from msgspec import Struct


class Delivery(Struct, frozen=True):
    """A message for a service; without a text the URL is only checked."""

    url: str
    title: str = ""
    text: str = ""


class Answer(Struct, frozen=True):
    """Why it was not delivered; empty: it was."""

    fault: str = ""
