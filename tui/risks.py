"""What on the floor is at risk, in words: the one place that decides what turns amber or red.

Pure: a view in, risks out. The promises are those of the design; the screens only paint the answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from agent.api.messages import (
    DepartureView,
    FloorView,
    HubView,
    PdaView,
    Percentiles,
    PrinterView,
    ScannerView,
)
from tui.words import age_s, duration_text, ms_text, plural, signal_text

LABEL_PROMISE_MS = 3_000
CHANGE_PROMISE_MS = 30_000
HUB_PROMISE_S = 15
STAGE_PROMISE_S = 98
LOW_BATTERY_PERCENT = 15
LOW_SCANNER_BATTERY_PERCENT = 20  # below it; a scanner lives on one charge for days, and is charged overnight
WEAK_SIGNAL_DBM = -85  # below it a Bluetooth link drops frames and soon the connection
SOON_S = 1_800
OLD_EXCEPTION_S = 900


class Level(IntEnum):
    """How urgent something is; the marks tell it without colour."""

    CALM = 0
    AMBER = 1
    RED = 2

    @property
    def mark(self) -> str:
        """What stands beside the words: nothing, `!` or `!!`."""
        return "!" * self.value


@dataclass(frozen=True)
class Risk:
    """One thing that a supervisor should know now: where, and why."""

    level: Level
    where: str
    why: str


def floor_risks(view: FloorView) -> tuple[Risk, ...]:
    """Everything at risk on the floor, the most urgent first, else in the order of an order's day."""
    found = [*_agent_risks(view), *_promise_risks(view), *hub_risks(view.hub), *_device_risks(view)]
    found += [*_quarantine_risks(view), *_exception_risks(view)]
    return tuple(sorted(found, key=lambda risk: -risk.level))


def printer_risk(printer: PrinterView) -> Risk | None:
    """A printer that does not print, or that printed something nobody can prove."""
    where = f"printer {printer.printer}"
    waiting = f", {plural(printer.queued, 'label')} waiting" if printer.queued else ""
    why = f"{printer.reason or printer.state}{waiting}"
    if not printer.ready and printer.state != "paused":
        return Risk(Level.RED, where, why)
    if printer.suspect:
        return Risk(Level.AMBER, where, f"{plural(printer.suspect, 'suspect label')}: printed or not?")
    if printer.state not in ("online", "printing"):
        return Risk(Level.AMBER, where, why)
    return None


def pda_risk(pda: PdaView) -> Risk | None:
    """A pick list on a PDA that is away, or about to go dark."""
    where = f"PDA {pda.pda}" + (f" ({pda.picker})" if pda.picker else "")
    if pda.task and not pda.online:
        return Risk(Level.AMBER, where, f"offline with {pda.task}, {_open_stops(pda)}")
    if pda.online and pda.battery_percent is not None and pda.battery_percent <= LOW_BATTERY_PERCENT:
        return Risk(Level.AMBER, where, f"battery low, {pda.battery_percent} %")
    return None


def _open_stops(pda: PdaView) -> str:
    return f"{plural(pda.stops_total - pda.stops_done, 'stop')} open"


def scanner_risk(scanner: ScannerView) -> Risk | None:
    """A scanner that cannot be heard, or soon cannot be."""
    where = f"scanner {scanner.scanner}"
    if scanner.state != "up":
        return Risk(Level.RED, where, f"{scanner.reason or scanner.state} ({scanner.role})")
    fading = [
        *([f"battery low, {scanner.battery_percent} %"] if battery_level(scanner) else []),
        *([f"signal weak, {signal_text(scanner.signal_dbm)}"] if signal_level(scanner) else []),
    ]
    return Risk(Level.AMBER, where, "; ".join(fading)) if fading else None


def battery_level(scanner: ScannerView) -> Level:
    """Amber where it must be charged before it can be relied on."""
    percent = scanner.battery_percent
    return Level.AMBER if percent is not None and percent < LOW_SCANNER_BATTERY_PERCENT else Level.CALM


def signal_level(scanner: ScannerView) -> Level:
    """Amber where it is almost out of reach."""
    dbm = scanner.signal_dbm
    return Level.AMBER if dbm is not None and dbm < WEAK_SIGNAL_DBM else Level.CALM


def departure_level(departure: DepartureView, now: str) -> Level:
    """Red where it has left without something that is on the floor still, amber where it soon will."""
    if departure.state == "left":
        return Level.RED if departure.missing > departure.late else Level.CALM
    soon = departure.departure_at is not None and age_s(now, departure.departure_at) < SOON_S
    return Level.AMBER if soon and departure.missing else Level.CALM


def hub_risks(hub: HubView) -> list[Risk]:
    """The feed, the relay, and how old the news is that the hub has not got."""
    risks = []
    if hub.feed != "up":
        risks.append(Risk(Level.AMBER, "hub feed", _with_reason("down, no new orders arrive", hub.reason)))
    if hub.relay == "stopped":
        risks.append(Risk(Level.RED, "hub relay", _with_reason("stopped", hub.reason)))
    elif hub.relay == "retrying":
        risks.append(Risk(Level.AMBER, "hub relay", _with_reason("retrying", hub.reason)))
    for channel in hub.channels:
        if channel.state != "closed":
            level = Level.RED if channel.active and channel.state == "open" else Level.AMBER
            risks.append(
                Risk(
                    level, f"channel {channel.name}", _with_reason(f"breaker {channel.state}", channel.reason)
                )
            )
    if hub.oldest_unsent_s > HUB_PROMISE_S:
        level = Level.RED if hub.oldest_unsent_s > STAGE_PROMISE_S else Level.AMBER
        oldest = duration_text(hub.oldest_unsent_s)
        risks.append(Risk(level, "hub", f"{plural(hub.backlog, 'unsent event')}, the oldest {oldest} old"))
    return risks


def promise_level(measured: Percentiles, promise_ms: float) -> Level:
    """Red where p99 breaks the promise, amber where it has used half of it."""
    if measured.p99 > promise_ms:
        return Level.RED
    return Level.AMBER if measured.p99 > promise_ms / 2 else Level.CALM


def _promise_risks(view: FloorView) -> list[Risk]:
    promises = (
        ("payment → first byte", view.paid_to_first_byte_ms, LABEL_PROMISE_MS),
        ("order change → task", view.change_to_task_ms, CHANGE_PROMISE_MS),
    )
    return [
        Risk(level, where, f"p99 {ms_text(measured.p99)}, promised {ms_text(promise_ms)}")
        for where, measured, promise_ms in promises
        if (level := promise_level(measured, promise_ms))
    ]


def _agent_risks(view: FloorView) -> list[Risk]:
    not_ready = [] if view.ready else [Risk(Level.RED, "agent", "not ready")]
    return not_ready + [Risk(Level.AMBER, "degraded", what) for what in view.degraded]


def _device_risks(view: FloorView) -> list[Risk]:
    answers = (
        *map(printer_risk, view.printers),
        *map(pda_risk, view.pdas),
        *map(scanner_risk, view.scanners),
    )
    return [risk for risk in answers if risk is not None]


def _quarantine_risks(view: FloorView) -> list[Risk]:
    told = f"{plural(view.parked, 'event')} parked: u shows what and why"
    return [Risk(Level.AMBER, "quarantine", told)] if view.parked else []


def _exception_risks(view: FloorView) -> list[Risk]:
    if not view.exceptions_open:
        return []
    oldest_s = max((age_s(one.opened_at, view.at) for one in view.exceptions), default=0.0)
    waiting = f"{view.exceptions_open} open, the oldest for {duration_text(oldest_s)}"
    level = Level.RED if oldest_s > OLD_EXCEPTION_S else Level.AMBER
    return [Risk(level, "exceptions", waiting)]


def _with_reason(what: str, reason: str) -> str:
    return f"{what}: {reason}" if reason else what
