"""Paths to the values of a message: in its JSON, in its topic, or the payload as it is."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Literal

_TOPIC_LEVEL = re.compile(r"topic\[([0-9]+)\]")
_STEPS = re.compile(r"(?:\.[^.\[\]]+|\[[0-9]+\])*")
_STEP = re.compile(r"\.([^.\[\]]+)|\[([0-9]+)\]")

#: What a path begins at: the item in hand, the whole message, the levels of its topic, the payload as text.
Origin = Literal["item", "message", "topic", "payload"]


@dataclass(frozen=True, slots=True)
class Path:
    """Where a value is: from its origin, by names and by numbers that count from 0."""

    text: str
    origin: Origin
    steps: tuple[str | int, ...] = ()

    @classmethod
    def parse(cls, text: str) -> Path:
        """`a.b[0]`, `$.a` from the top of the message, `topic[1]`, or nothing: the payload. Raises ValueError."""
        if not text:
            return cls(text, "payload")
        if level := _TOPIC_LEVEL.fullmatch(text):
            return cls(text, "topic", (int(level[1]),))
        origin: Origin = "message" if text.startswith("$") else "item"
        rest = text.removeprefix("$") if origin == "message" else text if text.startswith("[") else f".{text}"
        if not _STEPS.fullmatch(rest):
            raise ValueError(f"{text!r} is no path: a.b[0].c, $.a.b, topic[1], or empty for the payload")
        return cls(text, origin, tuple(name or int(index) for name, index in _STEP.findall(rest)))


@dataclass(frozen=True, slots=True)
class Received:
    """A message, and the item of it that is being read (all of it where it has none)."""

    topic: str
    payload: bytes
    message: Any
    item: Any

    def find(self, path: Path) -> Any:
        """The value there; None where nothing is, or null."""
        value = self._from(path.origin)
        for step in path.steps:
            value = _step(value, step)
        return value

    def _from(self, origin: Origin) -> Any:
        match origin:
            case "item":
                return self.item
            case "message":
                return self.message
            case "topic":
                return self.topic.split("/")
            case "payload":
                return self.payload.decode("utf-8", "replace")


def _step(value: Any, step: str | int) -> Any:
    if isinstance(step, str):
        return value.get(step) if isinstance(value, dict) else None
    return value[step] if isinstance(value, list) and step < len(value) else None
