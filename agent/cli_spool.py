"""`floorhand spool`: the backup channel's files by hand, where no network leads to the hub.

`export` copies what the hub has not said its word on to a stick, `import` what the hub has put there. Both may run
beside the agent, and as often as wanted: what is there already is left alone. Exit code 1 where a file was not copied.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
from rich.console import Console
from rich.progress import Progress

from agent.cli_words import FAILED, FINE, USAGE, Commands, refuse
from agent.config import load
from agent.hub_files import hub_files
from sync.signed_files import BadFile, Direction, SignedFile, SignedFolder, forget, what_to_do


def add_spool(commands: Commands) -> None:
    """The parser."""
    spool = commands.add_parser("spool", help="carry the hub link's files on a stick")
    parts = spool.add_subparsers(required=True, metavar="PART")
    _add(parts, "export", "copy what waits for the hub to DIR", ("out",))
    _add(parts, "import", "take what the hub has put into DIR", ("in", "acks"))


def _add(parts: Commands, name: str, words: str, directions: tuple[Direction, ...]) -> None:
    part = parts.add_parser(name, help=words)
    part.add_argument("--config", type=Path, required=True, metavar="FILE")
    part.add_argument("folder", type=Path, metavar="DIR", help="the stick's folder")
    part.add_argument("--json", action="store_true")
    part.set_defaults(run=_run, part=name, directions=directions)


class Copied(msgspec.Struct):
    """What became of the files; `events` counts the lines of those that were copied."""

    copied: int = 0
    there: int = 0
    events: int = 0
    refused: list[str] = msgspec.field(default_factory=list)


def _run(options: argparse.Namespace) -> int:
    config = load(options.config)
    files = hub_files(config)
    ours, stick = files.folder, options.folder
    for folder in (ours, stick):
        if not folder.is_dir():
            return refuse(f"{folder} is not there, or no folder: plug the stick in, or mount it", USAGE)
    source, target = (ours, stick) if options.part == "export" else (stick, ours)
    pairs = [
        (
            SignedFolder(source, direction, config.site.id, files.key),
            SignedFolder(target, direction, config.site.id, files.key),
        )
        for direction in options.directions
    ]
    report = Copied()
    try:
        _copy(pairs, report)
    except _Trouble as trouble:
        return refuse(f"{trouble}; {report.copied} files were copied, do it again for the rest", FAILED)
    _tell(report, options)
    return FAILED if report.refused else FINE


def _copy(pairs: list[tuple[SignedFolder, SignedFolder]], report: Copied) -> None:
    work: list[tuple[SignedFolder, SignedFolder, str]] = []
    for source, target in pairs:
        with _on(source.base):
            work += [(source, target, name) for name in source.names().values()]
    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        for source, target, name in progress.track(work, description="files"):
            _copy_one(source, target, name, report)


def _copy_one(source: SignedFolder, target: SignedFolder, name: str, report: Copied) -> None:
    """What is copied is read again from where it was copied to."""
    try:
        with _on(source.base):
            file = _opened(source, name)
        if file is None:
            return
        with file, _on(target.base):
            if target.holds(name, file):
                report.there += 1
                return
            target.copy(name, file)
            forget(target.path / name)
            target.open(name).close()
    except BadFile as error:
        report.refused.append(str(error))
        return
    report.copied += 1
    report.events += file.lines


def _opened(source: SignedFolder, name: str) -> SignedFile | None:
    """None: the hub has said its word on it, and the agent has deleted it meanwhile. Raises BadFile."""
    try:
        return source.open(name)
    except FileNotFoundError:
        if name in source.names().values():
            raise
        return None


class _Trouble(Exception):
    """A folder cannot be used; the text says what to do."""


@contextmanager
def _on(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise _Trouble(what_to_do(folder, error)) from error


def _tell(report: Copied, options: argparse.Namespace) -> None:
    if options.json:
        print(msgspec.json.encode(report).decode())
        return
    print(
        f"{options.part}ed {report.copied} files with {report.events:,} lines; {report.there} were there already"
    )
    for fault in report.refused:
        refuse(f"not copied: {fault}", FAILED)
