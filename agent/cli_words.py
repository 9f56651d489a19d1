"""What all of the command line's parts share: exit codes, and the words and numbers that options take."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Callable
from typing import TypeAlias

import msgspec

from agent.config_scanning import Id
from devices.labels.label import Media

FINE, FAILED, USAGE = 0, 1, 2

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


def clock(text: str) -> str:
    """A time of day."""
    if not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", text):
        raise argparse.ArgumentTypeError(f"{text!r} is no time of day: HH:MM is expected")
    return text


def positive(text: str) -> float:
    """A number above 0."""
    value = float(text)
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r}: a number above 0 is expected")
    return value


def count(text: str) -> int:
    """A whole number of 1 or more."""
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text!r}: a whole number of 1 or more is expected")
    return value


def id_of(whose: str) -> Callable[[str], str]:
    """An id of a site, or of a station."""

    def ident(text: str) -> str:
        try:
            return msgspec.convert(text, Id)
        except msgspec.ValidationError:
            raise argparse.ArgumentTypeError(f"{text!r} is no {whose}'s id") from None

    return ident


def add_media(parser: argparse.ArgumentParser) -> None:
    """--media and --dpi, for `media_of`."""
    parser.add_argument("--media", type=_size_mm, default=(76, 130), metavar="WxH", help="in mm (76x130)")
    parser.add_argument("--dpi", type=int, choices=(203, 300, 600), default=203)


def media_of(options: argparse.Namespace) -> Media:
    """The labels that the options describe."""
    width_mm, height_mm = options.media
    return Media(width_mm, height_mm, options.dpi)


def _size_mm(text: str) -> tuple[int, int]:
    found = re.fullmatch(r"([1-9]\d{1,2})[x×]([1-9]\d{1,2})", text)
    if not found:
        raise argparse.ArgumentTypeError(f"{text!r} is no size: width x height in mm is expected, as 100x150")
    return int(found[1]), int(found[2])


def refuse(why: str, code: int) -> int:
    """Say why on standard error; the exit code."""
    print(f"floorhand: {why}", file=sys.stderr)
    return code
