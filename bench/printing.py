"""From payment to the first byte at the printer, hop by hop, with both cores busy planning; and the bytes of a label.

    python -m bench.printing [--language zpl] [--rates 1,10,30] [--seconds 20]

Store, spool, links and drivers are the agent's own; 16 simulated printers run in a process of their own, and two
planners solve without rest. Beside it, the same label sent by bare python-escpos: connect, convert, send.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import gc
import io
import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from itertools import pairwise
from pathlib import Path
from typing import IO

from escpos.printer import Network

from agent.api.messages import Percentiles
from agent.config import parse
from agent.hops import Hops
from agent.roster import PrinterRoster
from agent.spool import Spool
from agent.store.store import Store
from bench import orders as shop
from bench.figures import Cell, folder_in, show
from devices.labels.fonts import RasterTypeface
from devices.labels.label import Media
from devices.labels.layout import lay_out
from devices.labels.raster import draw, preview
from devices.labels.specimen import SPECIMEN
from devices.labels.template import Template, load_templates
from devices.links.link import FAST_BYTES_PER_S
from devices.printers.conversation import Language
from devices.printers.languages import LANGUAGES, language_of
from devices.printers.press import PROMISE_S, Form, Press

PRINTERS = 16
PRINT_SPEED = 4.0  # 0.2 s a label, so that most labels of 30 a second meet an idle printer
WIRES = (
    ("9600 baud", 960.0),
    ("115200 baud", 11_520.0),
    ("TCP, USB", FAST_BYTES_PER_S),
)  # 8N1: ten bits a byte
SHOWN = (("express", Media(76, 130)), ("express", Media(100, 150)), ("gs1-logistic", Media(100, 150)))
FONT = "E:SIMSUN.TTF"
MM_PER_S = 100.0
_HOPS = ("queue", "wake", "compose", "connect", "commit", "send", "all")


def main(arguments: Sequence[str] | None = None) -> None:
    """The tables."""
    parser = argparse.ArgumentParser(prog="python -m bench.printing", description=__doc__)
    parser.add_argument("--language", choices=sorted(LANGUAGES), default="zpl")
    parser.add_argument("--rates", default="1,10,30", help="labels a second")
    parser.add_argument("--seconds", type=float, default=20.0, help="for each rate")
    options = parser.parse_args(arguments)
    show_bytes()
    rates = [float(rate) for rate in options.rates.split(",")]
    asyncio.run(_show_hops(options.language, rates, options.seconds))


# --- bytes and seconds --------------------------------------------------------------------------------------


def show_bytes() -> None:
    """What a full label takes in either form, and what is sent on each wire and how long that takes."""
    templates = load_templates()
    speakers = [(name, language_of(name)) for name in LANGUAGES] + [
        ("zpl, own font", language_of("zpl", FONT))
    ]
    rows = [
        [
            template,
            f"{media.width_mm}×{media.height_mm}",
            name,
            *_sizes_and_times(language, media, templates[template]),
        ]
        for template, media in SHOWN
        for name, language in speakers
    ]
    columns = ["template", "mm", "language", "raster B", "native B", *(wire for wire, _ in WIRES)]
    note = (
        f"raster | native: seconds for wire and paper at {MM_PER_S:.0f} mm/s, and what is sent; "
        f"! it keeps no {PROMISE_S:.0f} s"
    )
    show("a full label at 203 dpi", columns, rows, note)


def _sizes_and_times(language: Language, media: Media, template: Template) -> list[Cell]:
    presses = [Press(language, media, bytes_per_s=wire, mm_per_s=MM_PER_S) for _, wire in WIRES]
    sizes: list[Cell] = [presses[0].reckoning(form, template).payload_bytes for form in Form]
    return sizes + [_times(press, template) for press in presses]


def _times(press: Press, template: Template) -> str:
    """Both forms' seconds, and which is sent."""
    sent = press.reckon(template)
    both = " | ".join(f"{press.reckoning(form, template).label_s:.1f}" for form in Form)
    return f"{both} {sent.form}{'' if sent.keeps_promise else ' !'}"


# --- from payment to the first byte -------------------------------------------------------------------------


async def _show_hops(language: str, rates: Sequence[float], seconds: float) -> None:
    with ExitStack() as stack:
        ports, told = stack.enter_context(_printers(language, PRINTERS))
        (bare_port,), bare_told = stack.enter_context(_printers("escpos", 1))
        threading.Thread(target=told.read, daemon=True).start()  # what the others tell is not looked at
        for _ in range(2):
            stack.enter_context(_child([sys.executable, "-m", "bench.busy_planner"]))
        folder = Path(stack.enter_context(folder_in(Path())))
        rows: list[Sequence[Cell]] = []
        for rate in rates:
            hops = await _measure(folder / f"{rate:g}", language, ports, rate, seconds)
            rows += [_row(f"{rate:g}/s", hop, samples) for hop, samples in _split(hops).items()]
        rows.append(_row("1/s", "bare python-escpos", [_bare_ms(bare_port, bare_told) for _ in range(15)]))
    show(
        f"payment -> first byte at 16 {language} printers, planner busy on both cores",
        ["labels", "hop", "n", "p50 ms", "p99 ms", "max ms"],
        rows,
        "queue: from the hub's word to its commit. wake: until the printer's task has the job, also the wait for a "
        "busy printer. connect: the printer says that it can take a job. commit: the intent is on disk.",
    )


def _row(rate: str, hop: str, samples: Sequence[float]) -> Sequence[Cell]:
    spread = Percentiles.of(samples)
    return [rate, hop, spread.count, spread.p50, spread.p99, spread.max]


def _split(measured: Sequence[tuple[float, Hops]]) -> dict[str, list[float]]:
    split: dict[str, list[float]] = {hop: [] for hop in _HOPS}
    for asked_at, hops in measured:
        marks = (
            asked_at, hops.queued_at, hops.woken_at, hops.composed_at, hops.connected_at, hops.started_at,
            hops.first_byte_at,
        )  # fmt: skip
        for hop, (before, after) in zip(_HOPS, pairwise(marks), strict=False):
            split[hop].append(max(0.0, after - before))
        split["all"].append(hops.first_byte_at - asked_at)
    return split


async def _measure(
    folder: Path, language: str, ports: Sequence[int], rate: float, seconds: float
) -> list[tuple[float, Hops]]:
    """Payments at an even rate; when each was handed to the door, and its hops."""
    printers = [
        {"id": f"lp{at}", "url": f"tcp://127.0.0.1:{port}", "language": language, "group": "all"}
        for at, port in enumerate(ports)
    ]
    tables = {
        "site": {"id": "WH1", "data_dir": str(folder)}, "hub": {"url": "http://127.0.0.1:9"},
        "broker": {"url": "mqtt://127.0.0.1:9"}, "printers": printers,
    }  # fmt: skip
    config = parse(tables, folder / "floorhand.toml")
    roster = PrinterRoster(config.printers)
    store = Store(folder, "WH1", roster)
    store.open()
    spool = Spool(store, config, roster)
    tasks = [asyncio.create_task(owner.run()) for owner in spool.owners]
    tasks.append(asyncio.create_task(spool.compositor.run()))
    try:
        return await _pay(store, spool, rate, round(rate * seconds))
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await store.close()


async def _pay(store: Store, spool: Spool, rate: float, count: int) -> list[tuple[float, Hops]]:
    await shop.stock_up(store)
    await shop.lease(store, range(count))
    await shop.ask_all(store, [shop.take(number) for number in range(count)])
    await _until(lambda: all(owner.status.ready for owner in spool.owners))
    gc.freeze()  # as the service does once it is ready
    asked_at: dict[str, float] = {}
    began = time.monotonic()
    for number in range(count):
        await asyncio.sleep(max(0.0, began + number / rate - time.monotonic()))
        command = shop.pay(number)
        asked_at[f"SO-{number:07}"] = time.time() * 1000
        shop.applied(command, (await store.ask(command)).status)
    await _until(lambda: len(spool.hops) >= count)
    return [(asked_at[hops.order_no], hops) for hops in spool.hops]


async def _until(holds: Callable[[], bool]) -> None:
    """For what nobody announces."""
    deadline = time.monotonic() + 120
    while not holds():
        if time.monotonic() > deadline:
            raise SystemExit("the printers did not do their work in time")
        await asyncio.sleep(0.05)


# --- the other processes ------------------------------------------------------------------------------------


@contextmanager
def _child(command: Sequence[str]) -> Iterator[subprocess.Popen[str]]:
    """Started, and ready once it has said its first word; ended by the end of its standard input."""
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
        yield child
        assert child.stdin is not None
        child.stdin.close()


@contextmanager
def _printers(language: str, count: int) -> Iterator[tuple[list[int], IO[str]]]:
    """Their ports, and what they tell of each label."""
    command = [sys.executable, "-m", "bench.print_sims", language, str(count), str(PRINT_SPEED)]
    with _child(command) as child:
        assert child.stdout is not None
        yield json.loads(child.stdout.readline()), child.stdout


def _bare_ms(port: int, out: IO[str]) -> float:
    """python-escpos as its manual shows it: connect, `image()`, `cut()`; ms until the printer has the first byte."""
    typeface = RasterTypeface()
    picture = preview(
        draw(lay_out(load_templates()["express"], SPECIMEN, Media(76, 130), typeface), typeface)
    )
    began_ms = time.time() * 1000
    printer = Network("127.0.0.1", port)
    with contextlib.redirect_stdout(io.StringIO()):
        printer.image(picture, impl="bitImageRaster", center=False)
    printer.cut()
    printer.close()
    _, first_byte_at_ms = json.loads(out.readline())
    return float(first_byte_at_ms) - began_ms


if __name__ == "__main__":
    main()
