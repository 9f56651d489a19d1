"""A simulated printer on a desk: it says where it is plugged in, shows what comes out, and takes faults by word."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from agent.sandbox.typed import say, typed_lines
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


async def run_printer(options: DeskOptions, tell: Callable[[str], None] = say) -> None:
    """Until interrupted. Raises OSError, in a group perhaps, where it cannot be plugged in."""
    plug = _plug(options)
    printer = SimPrinter(
        options.media, language=options.language, port=plug, mm_per_s=options.mm_per_s, speed=options.speed,
        mute=options.mute,
    )  # fmt: skip
    if options.out is not None:
        options.out.mkdir(parents=True, exist_ok=True)
    printer.on_label = lambda label: tell(_shown(label, len(printer.paper), options.out))
    async with printer:
        media = options.media
        tell(f"a {options.language} printer at {plug.url}, {media.width_mm} × {media.height_mm} mm")
        tell(f"words: {', '.join(WORDS)}")
        async for line in typed_lines():
            _obey(line, printer, tell)


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


def _obey(word: str, printer: SimPrinter, tell: Callable[[str], None]) -> None:
    act = WORDS.get(word)
    if act is not None:
        act(printer)
        tell(f"{word}: done")
    elif word:
        tell(f"unknown word {word!r}: known are {', '.join(WORDS)}")
