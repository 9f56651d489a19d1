"""The pen that paints: drawn large and made smaller, so that lines are smooth."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from itertools import pairwise
from math import hypot

from PIL import Image, ImageDraw, ImageFont

from agent.plan_picture.shapes import Area, Box, Disc, Drawing, Line, Point, Shape, Words
from devices.labels.fonts import installed_fonts

_LARGER = 3
_BOLD_PER_SIZE = 0.022  # the stroke around letters that makes them bold
_ANCHORS = {"start": "ls", "middle": "ms", "end": "rs"}
_CAPITALS = 0.36  # half the height of capitals, in sizes of the font


def png(drawing: Drawing, scale: float = 1.0) -> Image.Image:
    """The picture, `scale` pixels for each of its own."""
    factor = _LARGER * scale
    size = round(drawing.width * factor), round(drawing.height * factor)
    image = Image.new("RGB", size, "#ffffff")
    brush = _Brush(ImageDraw.Draw(image), factor)
    for shape in drawing.shapes:
        brush.draw(shape)
    return image.reduce(_LARGER)


class _Brush:
    """Draws shapes, each pixel of them `factor` pixels wide."""

    def __init__(self, canvas: ImageDraw.ImageDraw, factor: float) -> None:
        self._canvas = canvas
        self._factor = factor

    def draw(self, shape: Shape) -> None:
        """Any of them."""
        match shape:
            case Box():
                self._box(shape)
            case Line():
                self._line(shape)
            case Area():
                self._canvas.polygon(self._points(shape.points), fill=shape.fill)
            case Disc():
                self._disc(shape)
            case Words():
                self._words(shape)

    def _box(self, box: Box) -> None:
        corners = self._points([(box.x, box.y), (box.x + box.width, box.y + box.height)])
        radius = min(box.radius, box.width / 2, box.height / 2) * self._factor
        outline = box.edge or None
        self._canvas.rounded_rectangle(corners, radius, box.fill, outline, round(self._factor))

    def _line(self, line: Line) -> None:
        pieces = _dashes(line.points, line.dash) if line.dash else iter([list(line.points)])
        width = max(1, round(line.width * self._factor))
        for piece in pieces:
            points = self._points(piece)
            self._canvas.line(points, line.colour, width, joint="curve")
            for x, y in (points[0], points[-1]):
                self._ring(x, y, width / 2, line.colour)

    def _disc(self, disc: Disc) -> None:
        (x, y), *_ = self._points([(disc.x, disc.y)])
        half = disc.edge_width / 2
        self._ring(x, y, (disc.radius + half) * self._factor, disc.edge)
        self._ring(x, y, (disc.radius - half) * self._factor, disc.fill)

    def _ring(self, x: float, y: float, radius: float, colour: str) -> None:
        self._canvas.ellipse((x - radius, y - radius, x + radius, y + radius), fill=colour)

    def _words(self, words: Words) -> None:
        x, y = words.x * self._factor, (words.y + words.size * _CAPITALS) * self._factor
        pixels = round(words.size * self._factor)
        stroke = pixels * _BOLD_PER_SIZE if words.bold else 0
        anchor = _ANCHORS[words.anchor]
        self._canvas.text((x, y), words.text, words.colour, _font(pixels), anchor, stroke_width=stroke)

    def _points(self, points: Sequence[Point]) -> list[Point]:
        return [(x * self._factor, y * self._factor) for x, y in points]


@cache
def _font(pixels: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    fonts = installed_fonts()
    return ImageFont.truetype(fonts[0].path, pixels) if fonts else ImageFont.load_default(pixels)


def _dashes(points: Sequence[Point], dash: float) -> Iterator[list[Point]]:
    """The strokes of a dashed line: as long as the gaps between them."""
    for (ax, ay), (bx, by) in pairwise(points):
        length = hypot(bx - ax, by - ay) or 1.0
        for n in range(0, int(length / dash) + 1, 2):
            here, there = n * dash / length, min(1.0, (n + 1) * dash / length)
            yield [
                (ax + here * (bx - ax), ay + here * (by - ay)),
                (ax + there * (bx - ax), ay + there * (by - ay)),
            ]
