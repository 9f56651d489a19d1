"""The topic tree of one site."""

from __future__ import annotations

import re
from typing import Literal

Kind = Literal["presence", "task", "event", "reply", "feedback", "scan"]

_OWNER: dict[Kind, str] = {
    "presence": "pda",
    "task": "pda",
    "event": "pda",
    "reply": "pda",
    "feedback": "station",
    "scan": "gateway",
}
_NAME = re.compile(r"[A-Za-z0-9._-]{1,64}")


class Topics:
    """Builds and reads the topics below floor/{site}."""

    def __init__(self, site: str) -> None:
        self._root = f"floor/{site}/"
        self.agent_presence = self._root + "agent/presence"

    def of(self, kind: Kind, who: str) -> str:
        """The topic of a PDA (presence, task, event, reply), station (feedback) or gateway (scan)."""
        return f"{self._root}{_OWNER[kind]}/{who}/{kind}"

    def agent_reads(self) -> tuple[str, ...]:
        """What the agent subscribes to."""
        return self.of("presence", "+"), self.of("event", "+"), self.of("scan", "+")

    def pda_reads(self, pda: str) -> tuple[str, ...]:
        """What a PDA subscribes to."""
        return self.of("task", pda), self.of("reply", pda), self.agent_presence

    def parse(self, topic: str) -> tuple[Kind, str] | None:
        """The kind of a topic and whose it is; None for one that names nobody or is not in the contract."""
        if not topic.startswith(self._root):
            return None
        parts = topic.removeprefix(self._root).split("/")
        if len(parts) != 3 or not _NAME.fullmatch(parts[1]):
            return None
        owner, who, leaf = parts
        return next(((kind, who) for kind in _OWNER if kind == leaf and _OWNER[kind] == owner), None)
