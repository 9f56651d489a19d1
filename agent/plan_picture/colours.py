"""The colours of a picture: dark and distinct for tours, pale for the floor."""

from __future__ import annotations

from colorsys import hls_to_rgb

INK, GREY, PALE, WHITE = "#1f2933", "#7b8794", "#cbd2d9", "#ffffff"
PAPER, GROUND, WALKWAY = "#ffffff", "#e9edf1", "#ffffff"
CLOSED, HATCH = "#f6dcd9", "#c98c85"
GOOD, BAD = "#2f7d4f", "#b3261e"
DEPOT, DROP, PLACE = "#1f2933", "#0b7285", "#7b8794"

_FIRST = (
    "#d62f3f", "#1763c6", "#2b8a3e", "#b3530a", "#7b2cbf", "#0c8599", "#c2185b", "#5c6b0a",
    "#3b5bdb", "#8d4b1f", "#087f5b", "#9c36b5",
)  # fmt: skip
_ZONES = ("#d3deea", "#e9ddc6", "#cfe5d6", "#e6d3e3", "#d9dcc4", "#f0d2c8", "#cbe2e6", "#dcd6ee")
_GOLDEN_TURN = 0.618033988749895  # hues by the golden ratio stay far apart however many there are


def tour_colour(number: int) -> str:
    """The colour of the tour of this number, counted from 0; no end of them."""
    if number < len(_FIRST):
        return _FIRST[number]
    lightness = (0.34, 0.44, 0.27)[number % 3]
    red, green, blue = hls_to_rgb(number * _GOLDEN_TURN % 1.0, lightness, 0.72)
    return f"#{round(red * 255):02x}{round(green * 255):02x}{round(blue * 255):02x}"


def zone_colour(number: int) -> str:
    """The colour of the racks of the zone of this number, counted from 0."""
    return _ZONES[number % len(_ZONES)]


def paler(colour: str, white: float = 0.35) -> str:
    """A colour mixed with so much white."""
    parts = (int(colour[n : n + 2], 16) for n in (1, 3, 5))
    return "#" + "".join(f"{round(part + white * (255 - part)):02x}" for part in parts)
