"""The pen that writes SVG: plain text, without scripts or outside files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import singledispatch
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from agent.plan_picture.shapes import Area, Box, Disc, Drawing, Line, Point, Shape, Words

_FONTS = "'Noto Sans SC','Noto Sans','Segoe UI','Helvetica Neue',Arial,sans-serif"
_CAPITALS = 0.36  # half the height of capitals, in sizes of the font


def svg(drawing: Drawing) -> str:
    """The picture as an SVG document."""
    return "\n".join(_document(drawing)) + "\n"


def _document(drawing: Drawing) -> Iterator[str]:
    size = f'width="{drawing.width}" height="{drawing.height}" viewBox="0 0 {drawing.width} {drawing.height}"'
    yield f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="{_FONTS}">'
    yield f"<title>{escape(drawing.title)}</title>"
    for shape in drawing.shapes:
        yield _written(shape)
    yield "</svg>"


@singledispatch
def _written(shape: Shape) -> str:
    raise TypeError(f"no pen draws a {type(shape).__name__}")


@_written.register
def _(box: Box) -> str:
    attributes = _attributes(
        x=box.x, y=box.y, width=box.width, height=box.height, rx=box.radius or None, fill=box.fill,
        stroke=box.edge or None,
    )  # fmt: skip
    return _element("rect", attributes, box.title)


@_written.register
def _(line: Line) -> str:
    attributes = _attributes(
        d=_path(line.points), fill="none", stroke=line.colour, stroke_width=line.width,
        stroke_linejoin="round", stroke_linecap="round", stroke_dasharray=line.dash or None,
    )  # fmt: skip
    return _element("path", _said(line.kind, line.subject) + attributes)


@_written.register
def _(area: Area) -> str:
    return _element("path", _attributes(d=_path(area.points) + "Z", fill=area.fill))


@_written.register
def _(disc: Disc) -> str:
    attributes = _attributes(
        cx=disc.x, cy=disc.y, r=disc.radius, fill=disc.fill, stroke=disc.edge, stroke_width=disc.edge_width
    )
    return _element("circle", attributes, disc.title)


@_written.register
def _(words: Words) -> str:
    attributes = _attributes(
        x=words.x, y=words.y + words.size * _CAPITALS, font_size=words.size, fill=words.colour,
        text_anchor=words.anchor if words.anchor != "start" else None, font_weight="bold" if words.bold else None,
    )  # fmt: skip
    return f"<text{_said(words.kind, words.subject)}{attributes}>{escape(words.text)}</text>"


def _element(name: str, attributes: str, title: str = "") -> str:
    return f"<{name}{attributes}>{_title(title)}</{name}>" if title else f"<{name}{attributes}/>"


def _title(title: str) -> str:
    return f"<title>{escape(title)}</title>"


def _said(kind: str, subject: str) -> str:
    """What a shape stands for."""
    return (f" class={quoteattr(kind)}" if kind else "") + (
        f" data-of={quoteattr(subject)}" if subject else ""
    )


def _attributes(**values: Any) -> str:
    given = {name.replace("_", "-"): value for name, value in values.items() if value is not None}
    return "".join(f' {name}="{_number(value)}"' for name, value in given.items())


def _number(value: object) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)


def _path(points: Iterable[Point]) -> str:
    return "M" + "L".join(f"{_number(float(x))} {_number(float(y))}" for x, y in points)
