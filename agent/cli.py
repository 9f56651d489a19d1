"""The command line. Exit codes: 0 fine, 1 the check failed, 2 usage or configuration."""

from __future__ import annotations

import argparse
import asyncio
import subprocess
import sys
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

from agent.cli_audit import add_audit
from agent.cli_label import add_label
from agent.cli_manifest import add_manifest
from agent.cli_plan import add_plan
from agent.cli_sandbox import add_sandbox
from agent.cli_scanners import add_scanners
from agent.cli_spool import add_spool
from agent.cli_words import FINE, USAGE, Commands, clock, count, positive
from agent.config import ConfigError, load
from agent.credentials import check_certificates
from agent.demo import DemoOptions, run_demo
from agent.example import write_example
from agent.logs import set_up_log
from agent.notify import send_by_process
from agent.notify_messages import Delivery
from agent.sandbox.processes import ChildFailed
from agent.service import serve
from agent.store.errors import StoreError
from agent.templates import LabelTemplates


def main(arguments: Sequence[str] | None = None) -> int:
    """The `floorhand` command."""
    options = _parser().parse_args(arguments)
    try:
        return int(options.run(options))
    except (ConfigError, StoreError, ChildFailed, FileNotFoundError) as error:
        print(f"floorhand: {error}", file=sys.stderr)
        return USAGE
    except KeyboardInterrupt:
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="floorhand",
        description="The edge agent of a warehouse floor: paid, label, path, PDA, scan, ship, hub.",
    )
    parser.add_argument("--version", action="version", version=f"floorhand {version('floorhand')}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_run(commands)
    _add_demo(commands)
    _add_tui(commands)
    _add_checks(commands)
    add_audit(commands)
    add_label(commands)
    add_manifest(commands)
    add_plan(commands)
    add_scanners(commands)
    add_spool(commands)
    add_sandbox(commands)
    return parser


def _add_run(commands: Commands) -> None:
    run = commands.add_parser("run", help="the agent in the foreground (what systemd starts)")
    run.add_argument("--config", type=Path, required=True, metavar="FILE")
    run.add_argument("--log", choices=("json", "console"), default="console")
    run.set_defaults(run=_run)


def _add_demo(commands: Commands) -> None:
    demo = commands.add_parser(
        "demo", help="the whole floor on this machine: simulated devices, the real agent"
    )
    demo.add_argument("--orders", type=Path, metavar="CSV", help="play this shop's invoices as one day")
    demo.add_argument("--from", dest="start", type=clock, metavar="HH:MM", help="default: the busiest hour")
    demo.add_argument(
        "--speed", type=positive, default=20.0, metavar="X", help="how much faster time runs (20)"
    )
    demo.add_argument("--seconds", type=positive, metavar="S", help="real seconds of arrivals (headless: 60)")
    demo.add_argument("--seed", type=int, default=1, metavar="N")
    demo.add_argument("--printers", type=count, metavar="N", help="default: what the load needs")
    demo.add_argument("--pickers", type=count, metavar="N", help="default: what the load needs")
    demo.add_argument(
        "--orders-day", type=count, default=12_000, metavar="N", help="without --orders (12000)"
    )
    demo.add_argument("--headless", action="store_true", help="no screens: a progress bar and a summary")
    demo.add_argument(
        "--json", action="store_true", help="the summary as one JSON object (implies --headless)"
    )
    demo.set_defaults(run=_demo)


def _add_tui(commands: Commands) -> None:
    tui = commands.add_parser("tui", help="the supervisor's screens against a running agent")
    tui.add_argument("--socket", type=Path, default=Path("/run/floorhand/api.sock"), metavar="PATH")
    tui.add_argument("--by", metavar="NAME", help="who you are, for the journal (the login's name)")
    tui.set_defaults(run=_tui)


def _add_checks(commands: Commands) -> None:
    check = commands.add_parser("check-config", help="refuse a wrong configuration, saying what is expected")
    check.add_argument("file", type=Path, metavar="FILE")
    check.set_defaults(run=_check_config)
    init = commands.add_parser("init", help="write a commented example configuration")
    init.add_argument("folder", type=Path, metavar="DIR")
    init.set_defaults(run=_init)


# --- what the commands do -----------------------------------------------------------------------------------


def _run(options: argparse.Namespace) -> int:
    config = load(options.config)
    set_up_log(options.log)
    serve(config)
    return FINE


def _demo(options: argparse.Namespace) -> int:
    headless = options.headless or options.json or not sys.stdout.isatty()
    if options.orders is not None and not options.orders.is_file():
        raise FileNotFoundError(f"{options.orders}: there is no such file of orders")
    return run_demo(
        DemoOptions(
            orders=options.orders.resolve() if options.orders else None,
            start=options.start,
            speed=options.speed,
            seconds=options.seconds or (60.0 if headless else None),
            seed=options.seed,
            printers=options.printers,
            pickers=options.pickers,
            orders_day=options.orders_day,
            headless=headless,
            json=options.json,
        )
    )


def _tui(options: argparse.Namespace) -> int:
    by = ["--by", options.by] if options.by else []
    return subprocess.call([sys.executable, "-m", "tui", "--socket", str(options.socket), *by])


def _check_config(options: argparse.Namespace) -> int:
    config = load(options.file)
    for fault in LabelTemplates(config).faults.values():
        raise ConfigError(f"{options.file}: {fault}")
    check_certificates(config)
    for index, each in enumerate(config.notify):
        if fault := asyncio.run(send_by_process(Delivery(each.url))):
            raise ConfigError(f"{options.file}: `notify[{index}].url`: {fault}")
    print(
        f"{options.file}: fine: site {config.site.id}, {len(config.printers)} printers, {len(config.scanners)} scanners"
    )
    return FINE


def _init(options: argparse.Namespace) -> int:
    for path in write_example(options.folder):
        print(f"wrote {path}")
    return FINE


if __name__ == "__main__":
    sys.exit(main())
