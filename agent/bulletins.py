"""What operators are told, and when: at once when something begins or ends, and not again and again when it flaps.

Pure: who calls passes the clock. A matter that changes once more within `QUIET_S` of the last message about it is told
at the end of that time, as one message that says how often it changed and how it is by then.
"""

from __future__ import annotations

import msgspec

QUIET_S = 600.0


class Bulletin(msgspec.Struct, frozen=True):
    """A matter, by its key, has begun (`bad`) or has ended; title and text are for people."""

    key: str
    bad: bool
    title: str
    text: str


class _Matter(msgspec.Struct):
    """What was told last, and what has come since."""

    told: Bulletin
    told_s: float
    latest: Bulletin
    changes: int = 0


class Bulletins:
    """The matters so far. Those that ended, and of which all is told, are forgotten after the quiet time."""

    def __init__(self, quiet_s: float = QUIET_S) -> None:
        self._quiet_s = quiet_s
        self._matters: dict[str, _Matter] = {}

    def heard(self, bulletin: Bulletin, now_s: float) -> list[Bulletin]:
        """What to tell because of this, if anything: a change of state, in good time."""
        matter = self._matters.get(bulletin.key)
        if matter is None:
            if not bulletin.bad:
                return []  # it ends what nobody was told of
            self._matters[bulletin.key] = _Matter(bulletin, now_s, bulletin)
            return [bulletin]
        if bulletin.bad == matter.latest.bad:
            return []
        matter.latest = bulletin
        matter.changes += 1
        if matter.changes == 1 and matter.told.bad:
            return [self._told(matter, now_s)]  # its end is told at once
        return self._due(matter, now_s)

    def told_before(self, bulletin: Bulletin, now_s: float) -> None:
        """It was so, and was told, in an earlier life of the agent."""
        self._matters[bulletin.key] = _Matter(bulletin, now_s, bulletin)

    def due(self, now_s: float) -> list[Bulletin]:
        """What has been held back long enough."""
        told = [each for matter in list(self._matters.values()) for each in self._due(matter, now_s)]
        for key, matter in list(self._matters.items()):
            if not matter.latest.bad and not matter.changes and now_s >= self._quiet_until_s(matter):
                del self._matters[key]
        return told

    def next_s(self) -> float | None:
        """When `due` is to be asked again; None: not before something is heard."""
        waiting = (matter for matter in self._matters.values() if matter.changes or not matter.latest.bad)
        return min((self._quiet_until_s(matter) for matter in waiting), default=None)

    def _quiet_until_s(self, matter: _Matter) -> float:
        """One sum for all who compare with it: they must agree to the last bit."""
        return matter.told_s + self._quiet_s

    def _due(self, matter: _Matter, now_s: float) -> list[Bulletin]:
        if not matter.changes or now_s < self._quiet_until_s(matter):
            return []
        return [self._told(matter, now_s)]

    def _told(self, matter: _Matter, now_s: float) -> Bulletin:
        message = matter.latest
        if matter.changes > 1:
            text = f"{message.text} (it changed {matter.changes} times since the last message)"
            message = msgspec.structs.replace(message, text=text)
        matter.told, matter.told_s, matter.changes = message, now_s, 0
        return message
