"""Two sober themes: colour is kept for what needs a person."""

from __future__ import annotations

from textual.theme import Theme

DARK = Theme(
    name="floorhand-dark",
    primary="#5B9BD5",
    secondary="#7A8CA3",
    accent="#8FBCD4",
    foreground="#D8DEE6",
    background="#12161C",
    surface="#1A2028",
    panel="#232B36",
    success="#6FBF8B",
    warning="#E3A73F",
    error="#E0595B",
    dark=True,
    variables={"quiet": "#8A96A5"},
)
LIGHT = Theme(
    name="floorhand-light",
    primary="#1F5F99",
    secondary="#5A6B7F",
    accent="#2C6E8F",
    foreground="#1B232C",
    background="#FBFCFD",
    surface="#F0F3F6",
    panel="#DFE5EB",
    success="#2B7A4B",
    warning="#9A6200",
    error="#B3262B",
    dark=False,
    variables={"quiet": "#5D6B7A"},
)
