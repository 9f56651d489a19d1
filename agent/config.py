"""The configuration: one TOML file to frozen values; what is wrong is refused by file, key and what is expected."""

from __future__ import annotations

import difflib
import os
import re
import tomllib
import types
import typing
from collections.abc import Sequence
from itertools import chain
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Meta, Struct, field

from agent.check_digits import Check
from agent.config_hub import HubBackup, link_faults
from agent.config_picking import Picking as Picking
from agent.config_scanning import BleProfile, Bluetooth, Codes, Gateway, Id, Scanner, Scanning
from agent.core.model import Party
from agent.logs import keep_secret
from devices.links.address import check_address
from devices.printers.languages import WITH_FONT
from devices.printers.status import Confirm
from devices.topics import Topics

Positive = Annotated[int, Meta(ge=1)]
Source = Annotated[str, Meta(min_length=1)]
_NEAR = 0.6


class ConfigError(ValueError):
    """The file cannot be used; the message names file, key and what is expected."""


class Site(Struct, frozen=True):
    """Which warehouse this is."""

    id: Id
    timezone: str = "Asia/Shanghai"
    data_dir: Path = Path("/var/lib/floorhand")
    sender: Party | None = None


class Owner(Struct, frozen=True):
    """A goods owner with a sender of its own."""

    id: str
    sender: Party


class Hub(Struct, frozen=True):
    """Where the central hub is."""

    url: str
    token_file: Path | None = None
    ca_file: Path | None = None
    cert_file: Path | None = None
    key_file: Path | None = None
    lease_hours: Positive = 72  # so long the leased waybill numbers have to last without it
    backup: HubBackup | None = None


class Notify(Struct, frozen=True):
    """Somebody to be told when a person is needed: any Apprise URL."""

    url: str


class CarrierRules(Struct, frozen=True):
    """What is known here of a carrier: the check digit of its waybill numbers."""

    id: str
    check: Check


class Broker(Struct, frozen=True):
    """The floor's MQTT broker."""

    url: str
    username: str | None = None
    password_file: Path | None = None
    ca_file: Path | None = None
    cert_file: Path | None = None
    key_file: Path | None = None


class Api(Struct, frozen=True):
    """Where the local API listens."""

    socket: Path = Path("/run/floorhand/api.sock")
    listen: str | None = None
    token_file: Path | None = None


class Media(Struct, frozen=True):
    """What labels a printer holds."""

    width_mm: Positive = 76
    height_mm: Positive = 130
    dpi: Positive = 203
    gap: bool = True


class Printer(Struct, frozen=True):
    """A label printer and whom it serves.

    `confirm`: `auto` asks it what it can prove, a kind of evidence asks for that one alone, `none` for nothing.
    `mm_per_s` is how fast it moves paper: with the wire's speed it decides in which form a label is sent. `font`: a
    Chinese font that the printer has, for labels sent as text.
    """

    id: Id
    url: str
    language: Literal["escpos", "zpl", "tspl"] = "escpos"
    media: Media = Media()
    group: str | None = None
    carriers: tuple[str, ...] = ()
    owners: tuple[str, ...] = ()
    confirm: Confirm = "auto"
    mm_per_s: Positive = 100
    font: Annotated[str, Meta(pattern=r"^[A-Za-z0-9:._-]{1,40}\Z")] | None = None

    def fits(self, carrier: str, owner: str) -> bool:
        """Does it take this carrier's labels for this owner?"""
        return (not self.carriers or carrier in self.carriers) and (not self.owners or owner in self.owners)


class Labels(Struct, frozen=True):
    """Which template a carrier's labels are set in; `folder` holds the site's own beside the shipped ones."""

    folder: Path | None = None
    template: str = "express"
    carriers: dict[str, str] = {}

    def template_of(self, carrier: str) -> str:
        """The carrier's template, else the site's."""
        return self.carriers.get(carrier, self.template)


class Journal(Struct, frozen=True):
    """How long what is kept: rows in the database, then in files; personal data of orders that have ended."""

    keep_days: Positive = 30
    personal_days: Positive = 180


class Config(Struct, frozen=True):
    """The whole file; paths are absolute."""

    site: Site
    hub: Hub
    broker: Broker
    owners: tuple[Owner, ...] = ()
    carriers: tuple[CarrierRules, ...] = ()
    api: Api = field(default_factory=Api)
    picking: Picking = field(default_factory=Picking)
    labels: Labels = field(default_factory=Labels)
    printers: tuple[Printer, ...] = ()
    scanners: tuple[Scanner, ...] = ()
    bluetooth: Bluetooth = field(default_factory=Bluetooth)
    profiles: tuple[BleProfile, ...] = ()
    gateways: tuple[Gateway, ...] = ()
    codes: Codes = field(default_factory=Codes)
    notify: tuple[Notify, ...] = ()
    journal: Journal = field(default_factory=Journal)
    authority: dict[str, Annotated[tuple[Source, ...], Meta(min_length=1)]] = {}
    file: Path = Path()

    @property
    def base(self) -> Path:
        """The file's folder: its relative paths begin there."""
        return self.file.parent

    @property
    def packs_apart(self) -> bool:
        """Are there pack stations, so that shipping does not pack?"""
        return any(scanner.role == "pack" for scanner in self.scanners)

    @property
    def checks(self) -> dict[str, Check]:
        """The rules of check digits, by carrier."""
        return {carrier.id: carrier.check for carrier in self.carriers}

    def sender_of(self, owner: str) -> Party | None:
        """The owner's sender, else the site's."""
        return next((each.sender for each in self.owners if each.id == owner), self.site.sender)

    def beside(self, path: Path | None) -> Path | None:
        """A path of the configuration, relative to its file."""
        return self.base / path if path is not None else None

    def secret_path(self, file: Path) -> Path:
        """Where a secret is read from: the service manager's credentials come first."""
        granted = Path(os.environ.get("CREDENTIALS_DIRECTORY") or os.devnull) / file.name
        return granted if granted.is_file() else self.base / file

    def secret(self, file: Path | None) -> str | None:
        """A secret's text without its trailing newline. ConfigError."""
        if file is None:
            return None
        path = self.secret_path(file)
        try:
            return keep_secret(path.read_text("utf-8").rstrip("\n"))
        except OSError as error:
            raise ConfigError(f"{path}: the secret cannot be read: {error.strerror}") from error
        except UnicodeDecodeError as error:
            raise ConfigError(f"{path}: the secret is not text: {error.reason}") from error


def load(path: Path) -> Config:
    """Read and check a file. ConfigError."""
    try:
        data = tomllib.loads(path.read_text("utf-8-sig"))
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: not TOML: {error}") from error
    return parse(data, path)


def parse(data: dict[str, Any], path: Path) -> Config:
    """Check the tables of a file. ConfigError."""
    _refuse_unknown(data, Config, path, "")
    try:
        config = msgspec.convert({**data, "file": str(path.resolve())}, Config, dec_hook=_path)
    except msgspec.ValidationError as error:
        raise ConfigError(f"{path}: {_in_toml_words(str(error))}") from error
    _refuse_wrong(config, path)
    site = msgspec.structs.replace(config.site, data_dir=config.base / config.site.data_dir)
    api = msgspec.structs.replace(config.api, socket=config.base / config.api.socket)
    return msgspec.structs.replace(config, site=site, api=api)


def _path(kind: type[Any], value: Any) -> Any:
    if kind is not Path:
        raise NotImplementedError(f"no {kind} stands in a configuration")
    if not isinstance(value, str):
        raise ValueError("Expected `str`, a path")
    return Path(value)


def _in_toml_words(message: str) -> str:
    wrong_word = re.fullmatch(r"Invalid enum value .* - at `\$\.(.*)`", message)
    return (
        message.replace("Object missing required field", "missing")
        .replace("`$.", "`")
        .replace(" - at `$`", "")
    ) + (f": known are {_choices(wrong_word[1])}" if wrong_word else "")


def _choices(key: str) -> str:
    """The words that a key's value is one of; `key` as `printers[0].language`."""
    kind: Any = Config
    for name in re.findall(r"[a-z_]+", key):
        kind = typing.get_type_hints(_struct_in(kind))[name]
    return ", ".join(typing.get_args(kind))


def _refuse_unknown(data: Any, kind: Any, path: Path, where: str) -> None:
    """An unknown key, and the known one that it is nearest to."""
    if not isinstance(data, dict):
        return
    hints = typing.get_type_hints(kind)
    known = [name for name in kind.__struct_fields__ if name != "file"]
    for key, value in data.items():
        name = f"{where}{key}"
        if key not in known:
            raise ConfigError(f"{path}: unknown key `{name}`: {_hint(key, known)}")
        inner = _struct_in(hints[key])
        if inner is None:
            continue
        for index, each in enumerate(value if isinstance(value, list) else [value]):
            at = f"{name}[{index}]." if isinstance(value, list) else f"{name}."
            _refuse_unknown(each, inner, path, at)


def _struct_in(annotation: Any) -> Any:
    """The Struct that a field holds, alone, optional or in a tuple."""
    if isinstance(annotation, type) and issubclass(annotation, Struct):
        return annotation
    if typing.get_origin(annotation) in {tuple, types.UnionType}:
        return next((inner for each in typing.get_args(annotation) if (inner := _struct_in(each))), None)
    return None


_SCHEMES = {
    "printers": ("tcp", "serial", "usb", "file"),
    "scanners": ("serial", "ble", "mqtt"),
}


def _refuse_wrong(config: Config, path: Path) -> None:
    try:
        ZoneInfo(config.site.timezone)
    except (KeyError, ValueError, OSError) as error:
        raise ConfigError(f"{path}: `site.timezone`: {config.site.timezone!r} is no time zone") from error
    hub, broker = config.hub, config.broker
    links = link_faults("hub", hub, ("http", "https")), link_faults("broker", broker, ("mqtt", "mqtts"))
    for key, fault in chain(*links, hub.backup.faults() if hub.backup else ()):
        raise ConfigError(f"{path}: `{key}`: {fault}")
    _refuse_twice(path, "carriers", [carrier.id for carrier in config.carriers])
    _refuse_devices(path, "printers", config.printers)
    _refuse_printers(path, config.printers)
    _refuse_devices(path, "scanners", config.scanners)
    floor = Topics(config.site.id).agent_reads()
    scanning = Scanning(config.scanners, config.profiles, config.gateways, config.codes, floor)
    for key, fault in scanning.faults():
        raise ConfigError(f"{path}: `{key}`: {fault}")
    for key, fault in config.picking.faults():
        raise ConfigError(f"{path}: `{key}`: {fault}")
    _refuse_open_api(config, path)


def _refuse_twice(path: Path, kind: str, ids: Sequence[str]) -> None:
    for index, each in enumerate(ids):
        if each in ids[:index]:
            raise ConfigError(f"{path}: `{kind}[{index}].id`: {each!r} stands twice")


def _refuse_devices(path: Path, kind: str, devices: Sequence[Printer | Scanner]) -> None:
    for index, device in enumerate(devices):
        _refuse_url(path, f"{kind}[{index}].url", device.url, _SCHEMES[kind])
    _refuse_twice(path, kind, [device.id for device in devices])


def _refuse_printers(path: Path, printers: Sequence[Printer]) -> None:
    for index, printer in enumerate(printers):
        try:
            check_address(printer.url)
        except ValueError as error:
            raise ConfigError(f"{path}: `printers[{index}].url`: {error}") from error
        if printer.font is not None and printer.language not in WITH_FONT:
            wanted = " or ".join(sorted(WITH_FONT))
            raise ConfigError(f"{path}: `printers[{index}].font` is for printers that speak {wanted}")


def _hint(word: str, known: Sequence[str]) -> str:
    """The known word that is nearest, else all of them."""
    near = difflib.get_close_matches(word, known, n=1, cutoff=_NEAR)
    return f"did you mean `{near[0]}`?" if near else f"known are {', '.join(known)}"


def _refuse_url(path: Path, key: str, url: str, schemes: tuple[str, ...]) -> None:
    try:
        urlsplit(url)
    except ValueError as error:
        raise ConfigError(f"{path}: `{key}`: {url!r} is no URL: {error}") from error
    if url.partition(":")[0] not in schemes:  # as it is written: so do those look who choose by it
        wanted = " or ".join(f"{scheme}://" for scheme in schemes)
        raise ConfigError(f"{path}: `{key}`: {url!r} must begin with {wanted}")


def _refuse_open_api(config: Config, path: Path) -> None:
    if config.api.listen is None:
        return
    host, _, port = config.api.listen.rpartition(":")
    if not port.isdecimal() or int(port) > 65535:
        raise ConfigError(f"{path}: `api.listen`: {config.api.listen!r} must be HOST:PORT")
    if host not in {"127.0.0.1", "localhost", "[::1]"} and config.api.token_file is None:
        raise ConfigError(f"{path}: `api.token_file` is required where `api.listen` is not loopback")
