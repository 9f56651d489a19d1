"""`floorhand sandbox`: one simulated part of a floor alone, to try things against."""

from __future__ import annotations

import argparse
import asyncio
import math
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

from agent.cli_words import FINE, USAGE, Commands, add_media, clock, count, id_of, media_of, positive, refuse
from agent.sandbox.gateway_desk import SHAPES, GatewayOptions, run_gateways
from agent.sandbox.hub_desk import over_mqtt
from agent.sandbox.printer_desk import DeskOptions, run_printer
from agent.sandbox.scanner_desk import ScannerOptions, run_scanners
from devices.errors import DeviceError
from devices.mqtt.client import Address
from devices.scanners.ble.profiles import PROFILES, profile_named
from devices.sim.printer import FIRMWARE
from sync.sandbox.server import HubOptions
from sync.sandbox.server import serve as serve_hub

_SCANNERS_OF_AN_ADAPTER = 5  # what a radio of the configuration's default holds


def add_sandbox(commands: Commands) -> None:
    """The parser."""
    sandbox = commands.add_parser("sandbox", help="one simulated part alone")
    parts = sandbox.add_subparsers(required=True, metavar="PART")
    _add_hub(parts)
    _add_printer(parts)
    _add_scanners(parts)


def _families() -> list[str]:
    return [profile.id for profile in PROFILES]


def _add_hub(parts: Commands) -> None:
    hub = parts.add_parser("hub", help="a hub that speaks the whole protocol and judges what it gets")
    hub.add_argument("--host", default="127.0.0.1")
    hub.add_argument("--port", type=int, default=8421)
    hub.add_argument("--data", type=Path, default=Path("sandbox-hub"), metavar="DIR")
    hub.add_argument("--site", default="WH1")
    hub.add_argument("--token", default="sandbox-token")
    hub.add_argument("--orders", type=Path, metavar="CSV")
    hub.add_argument("--model", choices=("diurnal", "burst", "midnight"), default="diurnal")
    hub.add_argument("--orders-day", type=count, default=127_000, metavar="N")
    hub.add_argument("--from", dest="start", type=clock, metavar="HH:MM")
    hub.add_argument("--speed", type=positive, default=1.0, metavar="X")
    hub.add_argument("--seed", type=int, default=1, metavar="N")
    hub.add_argument("--seconds", type=positive, metavar="S")
    hub.add_argument(
        "--autostart", action="store_true", help="orders come at once, not after POST /sandbox/start"
    )
    more = hub.add_argument_group("backup channels, on the same ledger")
    more.add_argument("--backup-port", type=int, metavar="N", help="a second URL at this port (0: any)")
    more.add_argument("--mqtt", type=_broker, metavar="URL", help="at this broker, on hub/{site}/…")
    more.add_argument("--files", type=Path, metavar="DIR", help="a folder of signed files; the token signs")
    hub.set_defaults(run=_hub)


def _add_printer(parts: Commands) -> None:
    printer = parts.add_parser(
        "printer", help="a label printer with faults: prints to PNG files, obeys words on standard input"
    )
    printer.add_argument("--language", choices=sorted(FIRMWARE), default="zpl")
    where = printer.add_mutually_exclusive_group()
    where.add_argument("--port", type=int, default=9100, metavar="N", help="TCP port (9100; 0: any)")
    where.add_argument("--serial", type=count, metavar="BAUD", help="a serial line instead of TCP")
    printer.add_argument("--host", default="127.0.0.1")
    printer.add_argument("--out", type=Path, metavar="DIR", help="write each label there as a PNG")
    printer.add_argument("--mm-per-s", type=positive, default=150.0, metavar="V", help="paper speed (150)")
    printer.add_argument(
        "--speed", type=positive, default=1.0, metavar="X", help="how much faster time runs (1)"
    )
    printer.add_argument("--mute", action="store_true", help="answers no question, as cheap ones")
    add_media(printer)
    printer.set_defaults(run=_printer)


def _add_scanners(parts: Commands) -> None:
    scanners = parts.add_parser(
        "scanners",
        help="hand scanners with faults, over a Bluetooth of their own, on serial lines or behind gateways; "
        "obey words on standard input",
    )
    scanners.add_argument("--count", type=count, default=1, metavar="N", help="how many (1)")
    scanners.add_argument(
        "--adapters",
        type=count,
        metavar="N",
        help=f"Bluetooth adapters (one for each {_SCANNERS_OF_AN_ADAPTER})",
    )
    kind = scanners.add_mutually_exclusive_group()
    kind.add_argument(
        "--profile", action="append", choices=_families(), help="may be repeated: each in turn (all of them)"
    )
    kind.add_argument("--serial", action="store_true", help="on serial lines, without Bluetooth")
    kind.add_argument("--gateway", type=_broker, metavar="URL", help="behind MQTT gateways at this broker")
    scanners.add_argument("--bus", type=Path, metavar="PATH", help="the socket of the private D-Bus")
    scanners.add_argument("--rate", type=positive, metavar="X", help="each scans X codes a second by itself")
    behind = scanners.add_argument_group("behind gateways")
    behind.add_argument("--gateways", type=count, default=1, metavar="N", help="each hears all scanners (1)")
    behind.add_argument("--shape", choices=sorted(SHAPES), default="contract", help="of messages (contract)")
    behind.add_argument(
        "--site", type=id_of("site"), default="WH1", metavar="ID", help="in their topics (WH1)"
    )
    scanners.set_defaults(run=_scanners)


def _broker(url: str) -> str:
    """The URL of one."""
    try:
        Address.parse(url)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
    return url


def _hub(options: argparse.Namespace) -> int:
    options.data.mkdir(parents=True, exist_ok=True)
    hub = HubOptions(
        data=options.data, host=options.host, port=options.port, site=options.site, token=options.token,
        orders_csv=options.orders, model=options.model, orders_day=options.orders_day, start=options.start,
        speed=options.speed, seed=options.seed, seconds=options.seconds, autostart=options.autostart,
        backup_port=options.backup_port, files_dir=options.files,
    )  # fmt: skip
    serve_hub(hub, *([over_mqtt(options.mqtt, options.site)] if options.mqtt else []))
    return FINE


def _printer(options: argparse.Namespace) -> int:
    desk = DeskOptions(
        language=options.language, media=media_of(options), host=options.host, port=options.port,
        baud=options.serial, out=options.out, mm_per_s=options.mm_per_s, speed=options.speed, mute=options.mute,
    )  # fmt: skip
    return _run(run_printer(desk))


def _scanners(options: argparse.Namespace) -> int:
    return _run(_gateways(options) if options.gateway else _bare_scanners(options))


def _bare_scanners(options: argparse.Namespace) -> Coroutine[Any, Any, None]:
    desk = ScannerOptions(
        count=options.count,
        adapters=options.adapters or math.ceil(options.count / _SCANNERS_OF_AN_ADAPTER),
        profiles=() if options.serial else tuple(map(profile_named, options.profile or _families())),
        bus=options.bus,
        rate=options.rate,
    )
    return run_scanners(desk)


def _gateways(options: argparse.Namespace) -> Coroutine[Any, Any, None]:
    desk = GatewayOptions(
        broker=options.gateway,
        site=options.site,
        shape=options.shape,
        gateways=options.gateways,
        count=options.count,
        rate=options.rate,
    )
    return run_gateways(desk)


def _run(desk: Coroutine[Any, Any, None]) -> int:
    """Until interrupted, or until what it needs is not there."""
    try:
        asyncio.run(desk)
    except (DeviceError, OSError, ExceptionGroup) as error:
        return refuse(str(_refusal(error)), USAGE)
    return FINE


def _refusal(error: Exception) -> DeviceError | OSError:
    """What a device or the operating system said, out of the tasks it went through; anything else is raised."""
    if isinstance(error, DeviceError | OSError):
        return error
    if not isinstance(error, ExceptionGroup):
        raise error
    return _refusal(error.exceptions[0])
