"""`floorhand scanners pair`: the scanner that reads the code on the screen is the one that gets the station."""

from __future__ import annotations

import argparse
import asyncio
import os
import tomllib
from contextlib import suppress
from pathlib import Path
from typing import get_args

from agent.api.messages import PairedView, Role
from agent.cli_pair_words import ForPeople, ForPrograms, PairWords
from agent.cli_words import FAILED, FINE, USAGE, Commands, id_of, positive, refuse
from agent.config import Config, ConfigError, load, parse
from agent.config_scanning import Bluetooth, all_profiles
from devices.errors import DeviceGone
from devices.labels.code_sheet import SheetCode, code_sheet
from devices.links.url import ble_address, ble_url
from devices.scanners.ble.pairing import Paired, new_code, pair

_ANY = Paired("00:00:00:00:00:00", None, "nus", "")


def add_pair(parts: Commands) -> None:
    """The parser."""
    pairing = parts.add_parser(
        "pair", help="show a code; the Bluetooth scanner that reads it gets a station of this site"
    )
    pairing.add_argument("--config", type=Path, metavar="FILE", help="who has a place already; own profiles")
    pairing.add_argument(
        "--id", type=id_of("station"), default="scanner1", metavar="ID", help="of the new station (scanner1)"
    )
    pairing.add_argument("--role", choices=get_args(Role), default="ship")
    pairing.add_argument("--seconds", type=positive, default=90.0, metavar="S", help="how long to wait (90)")
    pairing.add_argument("--adapter", action="append", default=[], metavar="HCI", help="this one alone (all)")
    pairing.add_argument("--png", type=Path, metavar="OUT", help="the code as a picture, to be printed")
    pairing.add_argument("--write", action="store_true", help="add the station to --config FILE")
    pairing.add_argument("--json", action="store_true", help="an object a line: code, candidates, the end")
    pairing.set_defaults(run=_pair)


def _pair(options: argparse.Namespace) -> int:
    if options.write and options.config is None:
        return refuse("--write needs --config FILE", USAGE)
    words: PairWords = ForPrograms() if options.json else ForPeople()
    try:
        config = load(options.config) if options.config else None
        if options.write:
            _refuse_unwritable(options)
        words.paired(_paired(options, config, words))
    except ConfigError as error:
        return words.failed(str(error), USAGE)
    except DeviceGone as error:
        return words.failed(error.reason, FAILED)
    return FINE


def _paired(options: argparse.Namespace, config: Config | None, words: PairWords) -> PairedView:
    """DeviceGone, ConfigError."""
    code = new_code()
    if options.png is not None:
        _draw(code, options.png)
    words.code(code)
    with words.listening():
        paired = asyncio.run(_wait(options, config, code, words))
    if options.write:
        _add(options.config, _table(paired, options))
    return _view(paired, options)


def _draw(code: str, png: Path) -> None:
    """ConfigError."""
    try:
        code_sheet([SheetCode("scan this with the scanner to be paired", code)]).save(png, "PNG")
    except OSError as error:
        raise ConfigError(f"{png} cannot be written: {error.strerror}") from error


async def _wait(options: argparse.Namespace, config: Config | None, code: str, words: PairWords) -> Paired:
    configured = config.scanners if config is not None else ()
    skip = [ble_address(each.url)[0] for each in configured if each.url.startswith("ble:")]
    profiles = all_profiles(config.profiles if config is not None else ())
    bluetooth = config.bluetooth if config is not None else Bluetooth()
    return await pair(
        code,
        options.seconds,
        profiles,
        skip=skip,
        adapters=options.adapter or bluetooth.adapters,
        slots=bluetooth.slots,
        on_progress=words.candidate,
    )


def _view(paired: Paired, options: argparse.Namespace) -> PairedView:
    return PairedView(
        address=paired.address,
        name=paired.name,
        profile=paired.profile,
        adapter=paired.adapter,
        url=ble_url(paired.address, paired.profile),
        station=options.id,
        role=options.role,
        table=_table(paired, options),
        written=options.write,
        then=f"restart the agent: it uses {options.id} from then on"
        if options.write
        else "add the table to the configuration, and restart the agent",
    )


# --- the configuration --------------------------------------------------------------------------------------


def _table(paired: Paired, options: argparse.Namespace) -> str:
    url = ble_url(paired.address, paired.profile)
    return f'[[scanners]]\nid = "{options.id}"\nurl = "{url}"\nrole = "{options.role}"\n'


def _refuse_unwritable(options: argparse.Namespace) -> None:
    """What cannot be written is refused before anybody scans. ConfigError."""
    file: Path = options.config
    _with(file, _table(_ANY, options))
    if not os.access(file.parent, os.W_OK):
        raise ConfigError(f"{file}: cannot be written: its folder is read-only for this user")


def _with(file: Path, table: str) -> str:
    """What stands there and the table after it, if all of it is right. ConfigError."""
    text = f"{file.read_text('utf-8-sig').rstrip()}\n\n{table}"
    try:
        parse(tomllib.loads(text), file)
    except tomllib.TOMLDecodeError as error:  # without the table it was read before
        raise ConfigError(
            f"{file}: `scanners` = […] takes no table after it: write each as [[scanners]]"
        ) from error
    return text


def _add(file: Path, table: str) -> None:
    """ConfigError."""
    text = _with(file, table)
    beside = file.with_name(f".{file.name}.new")
    try:
        beside.write_text(text, "utf-8")
        before = file.stat()
        with suppress(PermissionError):  # root alone may, and it was root whose file the agent cannot read
            os.chown(beside, before.st_uid, before.st_gid)
        beside.chmod(before.st_mode & 0o777)
        beside.replace(file)
    except OSError as error:
        raise ConfigError(f"{file}: cannot be written: {error.strerror}") from error
