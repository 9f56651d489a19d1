"""A simulated printer on a desk: it says where it is plugged in, shows what comes out, and takes faults by word."""

from __future__ import annotations

import asyncio
import os
import stat
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from devices.labels.label import Media
from devices.sim.port import Port, PtyPort, TcpPort
from devices.sim.printer import PrintedLabel, SimPrinter

_BITS_PER_BYTE = 10  # 8N1


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskOptions:
    """Which printer, and where it is plugged in: a serial line of `baud`, or else TCP."""

    language: str
    media: Media
    host: str = "127.0.0.1"
    port: int = 9100
    baud: int | None = None
    out: Path | None = None
    mm_per_s: float = 150.0
    speed: float = 1.0
    mute: bool = False


def _say(text: str) -> None:
    """At once, also into a pipe: whoever started it waits for the address."""
    print(text, flush=True)


async def run_printer(options: DeskOptions, say: Callable[[str], None] = _say) -> None:
    """Until interrupted. Raises OSError, in a group perhaps, where it cannot be plugged in."""
    plug = _plug(options)
    printer = SimPrinter(
        options.media, language=options.language, port=plug, mm_per_s=options.mm_per_s, speed=options.speed,
        mute=options.mute,
    )  # fmt: skip
    if options.out is not None:
        options.out.mkdir(parents=True, exist_ok=True)
    printer.on_label = lambda label: say(_shown(label, len(printer.paper), options.out))
    async with printer:
        media = options.media
        say(f"a {options.language} printer at {plug.url}, {media.width_mm} × {media.height_mm} mm")
        say(f"words: {', '.join(WORDS)}")
        await _listen(printer, say)


def _plug(options: DeskOptions) -> Port:
    if options.baud is not None:
        return PtyPort(bytes_per_s=options.baud / _BITS_PER_BYTE)
    return TcpPort(options.port, options.host)


def _shown(label: PrintedLabel, number: int, out: Path | None) -> str:
    where = ""
    if out is not None:
        path = out / f"{number:05}-{label.waybill or 'unreadable'}.png"
        label.image.save(path)
        where = f" -> {path}"
    what = f"waybill {label.waybill} job {label.job} copy {label.copy}" if label.qr else "unreadable"
    return f"label {number}: {what}{where}"


#: What a person can do to a printer, by the word for it.
WORDS: dict[str, Callable[[SimPrinter], None]] = {
    "paper out": lambda printer: printer.paper_out(),
    "refill": lambda printer: printer.refill(),
    "paper low": lambda printer: printer.set(paper_low=True),
    "open": lambda printer: printer.open_cover(),
    "close": lambda printer: printer.close_cover(),
    "hot": lambda printer: printer.set(head_hot=True),
    "cool": lambda printer: printer.set(head_hot=False),
    "pause": lambda printer: printer.set(paused=True),
    "go": lambda printer: printer.set(paused=False),
    "jam": lambda printer: printer.set(jammed=True),
    "clear jam": lambda printer: printer.set(jammed=False),
    "stall": lambda printer: printer.stall(),
    "resume": lambda printer: printer.resume(),
    "hang up": lambda printer: printer.hang_up(),
    "garbage": lambda printer: printer.answer_garbage(1),
    "sense": lambda printer: printer.answer_garbage(None),
    "power": lambda printer: printer.power_cycle(),
}


async def _listen(printer: SimPrinter, say: Callable[[str], None]) -> None:
    """Obey words; where nobody can type any more, go on printing."""
    if _can_be_typed_at(sys.stdin):
        reader = asyncio.StreamReader()
        loop = asyncio.get_running_loop()
        await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
        while line := await reader.readline():
            _obey(line.decode(errors="replace").strip(), printer, say)
    await asyncio.Event().wait()


def _can_be_typed_at(stream: TextIO | None) -> bool:
    """A terminal or a pipe can; what a service has instead can neither be typed at nor waited for."""
    if stream is None:
        return False
    mode = os.fstat(stream.fileno()).st_mode
    return stream.isatty() or stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode)


def _obey(word: str, printer: SimPrinter, say: Callable[[str], None]) -> None:
    act = WORDS.get(word)
    if act is not None:
        act(printer)
        say(f"{word}: done")
    elif word:
        say(f"unknown word {word!r}: known are {', '.join(WORDS)}")
