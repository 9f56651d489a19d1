"""What a picture is made of, whichever pen draws it. Lengths are pixels; x grows to the right and y downwards."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple, TypeAlias

Point: TypeAlias = tuple[float, float]
Anchor: TypeAlias = Literal["start", "middle", "end"]


class Box(NamedTuple):
    """A rectangle from its upper left corner; `edge` is the colour of its outline, `title` is told on hovering."""

    x: float
    y: float
    width: float
    height: float
    fill: str
    radius: float = 0.0
    edge: str = ""
    title: str = ""


class Line(NamedTuple):
    """A line through points with round joints; `dash` is the length of its dashes, 0 for none.

    `kind` and `subject` say what it stands for (`tour` of a cart, ...) to whoever reads the picture by program.
    """

    points: tuple[Point, ...]
    colour: str
    width: float
    dash: float = 0.0
    kind: str = ""
    subject: str = ""


class Area(NamedTuple):
    """A filled polygon."""

    points: tuple[Point, ...]
    fill: str


class Disc(NamedTuple):
    """A filled circle with an outline."""

    x: float
    y: float
    radius: float
    fill: str
    edge: str
    edge_width: float = 1.0
    title: str = ""


class Words(NamedTuple):
    """One line of text; (x, y) is where it begins, has its middle or ends, at half the height of its capitals."""

    x: float
    y: float
    text: str
    size: float
    colour: str
    anchor: Anchor = "start"
    bold: bool = False
    kind: str = ""
    subject: str = ""


Shape: TypeAlias = Box | Line | Area | Disc | Words


@dataclass(frozen=True, slots=True)
class Drawing:
    """A whole picture; later shapes cover earlier ones."""

    width: int
    height: int
    shapes: tuple[Shape, ...]
    title: str


def hatching(box: Box, colour: str, step: float = 7.0) -> list[Line]:
    """Diagonal strokes within a box."""
    lines = []
    x0, y0, x1, y1 = box.x, box.y, box.x + box.width, box.y + box.height
    total = int((box.width + box.height) / step) + 1
    for n in range(1, total):
        along = n * step  # the stroke is where (x - x0) + (y - y0) = along
        low = (x0 + min(along, box.width), y0 + max(0.0, along - box.width))
        high = (x0 + max(0.0, along - box.height), y0 + min(along, box.height))
        if low[0] <= x1 and high[1] <= y1:
            lines.append(Line((low, high), colour, 1.0))
    return lines
