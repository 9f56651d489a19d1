"""How a campaign ends: played in a folder on a real disk, shown or as JSON, and judged by its exit code."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import Any, Protocol, TypeVar

import msgspec

from bench.figures import folder_in


class Report(Protocol):
    """What came of it."""

    @property
    def faults(self) -> Sequence[str]:
        """What must not have happened."""
        ...


R = TypeVar("R", bound=Report)


def run(
    parser: argparse.ArgumentParser,
    arguments: Sequence[str] | None,
    play: Callable[[dict[str, Any], Path], Coroutine[Any, Any, R]],
    show: Callable[[R], None],
) -> int:
    """Play with what was asked for; the exit code is 0 where nothing is wrong."""
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--dir", type=Path, default=Path(), help="a folder on the disk to use (this one)")
    asked = vars(parser.parse_args(arguments))
    as_json, parent = asked.pop("json"), asked.pop("dir")
    with folder_in(parent) as folder:
        report = asyncio.run(play(asked, Path(folder)))
    if as_json:
        print(msgspec.json.encode(report).decode())
    else:
        show(report)
    return 1 if report.faults else 0
