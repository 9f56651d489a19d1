"""`floorhand scanners pair`: the scanner that reads the code on the screen is the one that gets the station."""

from __future__ import annotations

import argparse
import asyncio
import json
import tomllib
from pathlib import Path

from rich.console import Console
from rich.text import Text

from agent.cli_words import FAILED, FINE, USAGE, Commands, positive, refuse
from agent.config import Config, ConfigError, load, parse
from agent.config_scanning import all_profiles
from devices.errors import DeviceGone
from devices.labels.code_sheet import SheetCode, bars_in_text, code_sheet, square_in_text
from devices.links.url import ble_address, ble_url
from devices.scanners.ble.pairing import Candidate, Paired, new_code, pair

_BAR_LINES = 5
_ANY = Paired("00:00:00:00:00:00", None, "nus", "")
_ON_PAPER = (
    "black on white"  # scanners read dark bars on a light ground, whatever the terminal's own colours are
)


def add_pair(parts: Commands) -> None:
    """The parser."""
    pairing = parts.add_parser(
        "pair", help="show a code; the Bluetooth scanner that reads it gets a station of this site"
    )
    pairing.add_argument("--config", type=Path, metavar="FILE", help="who has a place already; own profiles")
    pairing.add_argument("--id", default="scanner1", metavar="ID", help="of the new station (scanner1)")
    pairing.add_argument("--role", choices=("pick", "pack", "ship", "return"), default="ship")
    pairing.add_argument("--seconds", type=positive, default=90.0, metavar="S", help="how long to wait (90)")
    pairing.add_argument("--adapter", action="append", default=[], metavar="HCI", help="this one alone (all)")
    pairing.add_argument("--png", type=Path, metavar="OUT", help="the code as a picture, to be printed")
    pairing.add_argument("--write", action="store_true", help="add the station to --config FILE")
    pairing.add_argument("--json", action="store_true")
    pairing.set_defaults(run=_pair)


def _pair(options: argparse.Namespace) -> int:
    if options.write and options.config is None:
        return refuse("--write needs --config FILE", USAGE)
    config = load(options.config) if options.config else None
    if options.write:
        _with(options.config, _table(_ANY, options))  # what cannot be written is refused before anybody scans
    console = Console(stderr=True, highlight=False)
    code = new_code()
    if options.png is not None:
        code_sheet([SheetCode("scan this with the scanner to be paired", code)]).save(options.png, "PNG")
    _show(console, code)
    try:
        paired = asyncio.run(_wait(options, config, code, console))
    except DeviceGone as error:
        return refuse(error.reason, FAILED)
    table = _table(paired, options)
    if options.write:
        _add(options.config, table)
    _tell(paired, table, options)
    return FINE


async def _wait(options: argparse.Namespace, config: Config | None, code: str, console: Console) -> Paired:
    configured = config.scanners if config is not None else ()
    skip = [ble_address(each.url)[0] for each in configured if each.url.startswith("ble:")]
    profiles = all_profiles(config.profiles if config is not None else ())

    def on_progress(candidate: Candidate) -> None:
        found = candidate.found
        name = f"{found.name or 'a scanner without a name'} ({found.address}, {found.rssi_dbm} dBm)"
        console.print(f"{name}: {candidate.fault or 'listening: scan the code'}")

    with console.status("scan the code with the scanner that is to be paired"):
        return await pair(
            code, options.seconds, profiles, skip=skip, adapters=options.adapter, on_progress=on_progress
        )


def _show(console: Console, code: str) -> None:
    """As bars and as a square, for scanners that read only the one or the other."""
    bars = bars_in_text(code)
    for line in ("", *[bars] * _BAR_LINES, "", *square_in_text(code)):
        console.print(Text(line.ljust(len(bars)), _ON_PAPER), no_wrap=True, overflow="crop")
    console.print(f"code {code}")


def _table(paired: Paired, options: argparse.Namespace) -> str:
    url = ble_url(paired.address, paired.profile)
    return f'[[scanners]]\nid = "{options.id}"\nurl = "{url}"\nrole = "{options.role}"\n'


def _with(file: Path, table: str) -> str:
    """What stands there and the table after it, if all of it is right. ConfigError."""
    text = f"{file.read_text('utf-8').rstrip()}\n\n{table}"
    parse(tomllib.loads(text), file)
    return text


def _add(file: Path, table: str) -> None:
    """ConfigError."""
    text = _with(file, table)
    beside = file.with_name(f".{file.name}.new")
    try:
        beside.write_text(text, "utf-8")
        beside.chmod(file.stat().st_mode & 0o777)
        beside.replace(file)
    except OSError as error:
        raise ConfigError(f"{file}: cannot be written: {error.strerror}") from error


def _tell(paired: Paired, table: str, options: argparse.Namespace) -> None:
    if options.json:
        found = {
            "address": paired.address, "name": paired.name, "profile": paired.profile, "adapter": paired.adapter,
            "url": ble_url(paired.address, paired.profile), "written": options.write,
        }  # fmt: skip
        print(json.dumps(found, ensure_ascii=False))
        return
    added = f"is in {options.config} now" if options.write else "belongs into the configuration"
    print(f"paired: {paired.name or paired.address} on {paired.adapter}; this {added}:\n\n{table}", end="")
