"""What goes wrong in a rehearsal of printing: printers, faults, payments and the agent's deaths, all from one seed."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from devices.sim.printer import SimPrinter

ORDERS = 12
SPAN_S = 1.2

#: What each language's firmware may lack.
QUIRKS: dict[str, tuple[dict[str, Any], ...]] = {
    "escpos": ({}, {"process_ids": False}, {"clears": False}, {"process_ids": False, "clears": False}),
    "zpl": ({}, {"odometer": False}, {"answers_hs_in_fault": True}, {"clears": False}),
    "tspl": ({}, {"mileage": False}, {"long_status": False}, {"cancel": False}),
}


@dataclass(frozen=True, slots=True)
class Fault:
    """At `at_s` something goes wrong with a printer, and `lasts_s` later it is mended."""

    at_s: float
    printer: int
    kind: str
    lasts_s: float
    n: int  # bytes until a hang-up, labels until the paper ends, or the seed of garbage


@dataclass(frozen=True, slots=True)
class Schedule:
    """Everything that a seed decides. `lives`: after how many steps the agent is killed, one number per life."""

    seed: int
    printers: tuple[tuple[str, dict[str, Any]], ...]
    pay_at_s: tuple[float, ...]
    faults: tuple[Fault, ...]
    lives: tuple[int, ...]


FAULTS: dict[str, tuple[Callable[[SimPrinter, Fault], None], Callable[[SimPrinter], None]]] = {
    "paper out": (lambda sim, fault: sim.paper_out(fault.n % 3), lambda sim: sim.refill()),
    "cover open": (lambda sim, _: sim.open_cover(), lambda sim: sim.close_cover()),
    "head hot": (lambda sim, _: sim.set(head_hot=True), lambda sim: sim.set(head_hot=False)),
    "jam": (lambda sim, _: sim.set(jammed=True), lambda sim: sim.set(jammed=False)),
    "pause": (lambda sim, _: sim.set(paused=True), lambda sim: sim.set(paused=False)),
    "stall": (lambda sim, _: sim.stall(), lambda sim: sim.resume()),
    "hang up": (lambda sim, fault: sim.hang_up(fault.n), lambda _: None),
    "garbage": (lambda sim, fault: sim.answer_garbage(fault.n), lambda sim: sim.answer_garbage(None)),
    "power cycle": (lambda sim, _: sim.power_cycle(), lambda _: None),
}


def schedule_of(seed: int) -> Schedule:
    """The same seed, the same schedule."""
    rng = random.Random(f"print-faults:{seed}")
    printers = tuple(_some_printer(rng) for _ in range(rng.choice((2, 2, 3))))
    faults = tuple(
        Fault(
            rng.uniform(0.0, SPAN_S), rng.randrange(len(printers)), rng.choice(sorted(FAULTS)),
            rng.choice((0.02, 0.15, 0.6)) * rng.uniform(0.5, 1.5), rng.randrange(1, 20_000),
        )
        for _ in range(rng.randrange(1, 7))
    )  # fmt: skip
    return Schedule(
        seed,
        printers,
        tuple(sorted(rng.uniform(0.0, SPAN_S) for _ in range(ORDERS))),
        tuple(sorted(faults, key=lambda fault: fault.at_s)),
        tuple(rng.randrange(1, 90) for _ in range(rng.choice((0, 1, 1, 2, 3)))),
    )


def killed_after(language: str, step: int) -> Schedule:
    """Two orders at a healthy printer, its peer beside it, and the agent killed after so many steps."""
    return Schedule(step, ((language, {}), (language, {})), (0.0, 0.01), (), (step,))


def _some_printer(rng: random.Random) -> tuple[str, dict[str, Any]]:
    language = rng.choice(sorted(QUIRKS))
    return language, rng.choice(QUIRKS[language])
