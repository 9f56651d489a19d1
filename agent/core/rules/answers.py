"""What a scan is answered: a tone, and words that a loader understands."""

from __future__ import annotations

from typing import NamedTuple

from agent.core.model import Tone
from agent.core.story import Refused, Story


class Answer(NamedTuple):
    """What is wrong and what to do, or what was done."""

    tone: Tone
    text: str

    def of_door(self, story: Story) -> Refused | None:
        """As the door answers it: what is not good is refused, and what it left behind is kept."""
        return None if self.tone == "good" else Refused(f"{self.tone}: {self.text}", tuple(story.events))


def good(text: str) -> Answer:
    """It is done."""
    return Answer("good", text)


def wrong(text: str) -> Answer:
    """That code is of no use here."""
    return Answer("wrong", text)


def stop(text: str) -> Answer:
    """Something that must not go on."""
    return Answer("stop", text)
