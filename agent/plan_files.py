"""Problems of pick planning as files: to try a floor out, and to keep what went wrong.

A file is one JSON object. `floor` has the fields of `agent.planner_messages.Floor`: `spots` (of `id`, `kind`, `zone`,
`aisle`, `bay`, `level`, `x_mm`, `y_mm`), and where needed `rules` (as `routing.FloorRules`) and `graph`. `problem` has
those of `Solve`: `depot`, `orders`, `carts`, and where needed `drops`, `shelves`, `sourcing`, `rules`, `effort`,
`split_zones`, `deadline_s`, `seed`; what they mean stands at `routing.Problem`. `plan`, if there is one, is a
`routing.Plan` for it, `faults` what the check says of that plan.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import reduce
from pathlib import Path
from typing import Any

import msgspec

from agent.planner_messages import Floor, Solve
from routing import ANYWHERE, Plan, Problem, RoutingError

KEPT = 20
"""So many failures are kept in a folder; the oldest goes when one more comes."""


class PlanFileError(Exception):
    """A file that cannot be used; the message names it, the place in it and what is expected."""


class FloorPart(Floor, frozen=True, tag=False, forbid_unknown_fields=True):
    """The floor of a file."""


class ProblemPart(Solve, frozen=True, tag=False, forbid_unknown_fields=True):
    """The problem of a file."""


class PlanFile(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """All of a file."""

    floor: FloorPart
    problem: ProblemPart
    plan: Plan | None = None
    faults: tuple[str, ...] = ()

    @classmethod
    def of(
        cls,
        problem: Problem,
        plan: Plan | None = None,
        faults: Sequence[str] = (),
        *,
        deadline_s: float = 1.0,
        seed: int = 1,
    ) -> PlanFile:
        """The file of this problem, and of what came of it."""
        floor = FloorPart.of(problem.layout)
        return cls(floor, ProblemPart.of(problem, deadline_s, seed), plan, tuple(faults))

    def unpacked(self) -> Problem:
        """The problem. Raises RoutingError where it contradicts itself."""
        return self.problem.problem(self.floor.layout())


_encode = msgspec.json.Encoder(order="deterministic").encode


def read_plan_file(path: Path) -> tuple[PlanFile, Problem]:
    """A file and its problem. Raises PlanFileError; the faults of a plan are not looked for here."""
    try:
        file = _decoded(path.read_bytes())
        return file, file.unpacked()
    except OSError as error:
        raise PlanFileError(f"{path}: cannot be read: {error.strerror}") from error
    except (ValueError, RoutingError) as error:
        raise PlanFileError(f"{path}: {error}") from error


def write_plan_file(path: Path, file: PlanFile) -> None:
    """Write a file whole or not at all. Raises OSError."""
    body = msgspec.json.format(_encode(file), indent=1)
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        beside.write_bytes(body)
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def save_failed(
    problem: Problem,
    plan: Plan,
    faults: Sequence[str],
    folder: Path,
    *,
    deadline_s: float = 1.0,
    seed: int = 1,
) -> Path:
    """Keep a plan that failed its check, with all that is needed to get it again; where it is kept.

    The name goes by the content: the same failure is kept once. Raises OSError.
    """
    file = PlanFile.of(problem, plan, faults, deadline_s=deadline_s, seed=seed)
    path = folder / f"plan-{hashlib.sha256(_encode(file)).hexdigest()[:16]}.json"
    if not path.exists():
        write_plan_file(path, file)
        _forget_oldest(folder)
    return path


def _forget_oldest(folder: Path) -> None:
    by_age = sorted(folder.glob("plan-*.json"), key=lambda path: path.stat().st_mtime_ns)
    for path in by_age[:-KEPT]:
        path.unlink(missing_ok=True)


# --- what a file names that is nowhere on its floor ---------------------------------------------------------


def without_start(problem: Problem) -> list[str]:
    """Places in the file whose spot must be there for any tour, and is not; a sentence each."""
    named = [("depot", problem.depot), *((f"drops[{n}]", spot) for n, spot in enumerate(problem.drops))]
    named += [(f"carts[{n}].start", cart.start) for n, cart in enumerate(problem.carts) if cart.start]
    return _nowhere(problem, named)


def without_place(file: PlanFile, problem: Problem) -> list[str]:
    """Lines and shelves of the file that are nowhere, and spots that are there twice; a sentence each."""
    named = [
        (f"orders[{n}].lines[{m}].location", line.location)
        for n, order in enumerate(problem.orders)
        for m, line in enumerate(order.lines)
        if line.location != ANYWHERE
    ]
    named += [(f"shelves[{n}].location", shelf.location) for n, shelf in enumerate(problem.shelves)]
    times = Counter(spot.id for spot in file.floor.spots)
    twice = [
        f"floor.spots: {spot!r} is there {n} times, the last counts" for spot, n in times.items() if n > 1
    ]
    return twice + _nowhere(problem, named)


def _nowhere(problem: Problem, named: Iterable[tuple[str, str]]) -> list[str]:
    known = problem.layout.spots
    return [
        f"problem.{place}: {spot!r} is no spot of the floor" for place, spot in named if spot not in known
    ]


# --- what is wrong with a file, and where -------------------------------------------------------------------


def _decoded(body: bytes) -> PlanFile:
    """ValueError that says where and what is expected."""
    try:
        return msgspec.json.decode(body, type=PlanFile)
    except msgspec.ValidationError as error:
        raise ValueError(_placed(body, str(error))) from error
    except msgspec.DecodeError as error:
        raise ValueError(_line_of(body, str(error))) from error


def _line_of(body: bytes, message: str) -> str:
    """The message with line and column instead of a count of bytes."""
    found = re.search(r" \(byte (\d+)\)", message)
    if found is None:
        return f"not JSON: {message}"
    before = body[: int(found[1])].decode(errors="replace")
    line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
    return f"line {line}, column {column}: {message.replace(found[0], '')}"


def _placed(body: bytes, message: str) -> str:
    """The message with the place in front, and with what `[...]` in it stands for."""
    what, _, where = message.replace("Object missing required field", "missing").partition(" - at ")
    raw = msgspec.json.decode(body)
    shown = inner = where.strip("`")
    while "[...]" in shown:
        key, at = _narrowed(raw, inner.partition("[...]")[0], message)
        shown, inner = shown.replace("[...]", f"[{key}]", 1), inner.replace("[...]", f"[{at}]", 1)
    return f"{shown.removeprefix('$').removeprefix('.') or 'file'}: {what[0].lower()}{what[1:]}"


def _narrowed(raw: Any, where: str, message: str) -> tuple[int | str, int | str]:
    """Leave in the list or mapping at that place only the first element that is refused with this message.

    Its number or key, and where it is now.
    """
    *above, last = [key or int(number) for key, number in re.findall(r"\.([^.\[]+)|\[([^\]]+)\]", where)]
    holder = reduce(lambda each, key: each[key], above, raw)
    elements = holder[last]
    if isinstance(elements, dict):
        options: list[tuple[Any, Any, object]] = [(key, key, {key: one}) for key, one in elements.items()]
    else:
        options = [(number, 0, [one]) for number, one in enumerate(elements)]
    for key, at, option in options:
        holder[last] = option
        if _refusal(raw) == message:
            return key, at
    holder[last] = elements
    return "?", 0


def _refusal(raw: Any) -> str:
    try:
        msgspec.convert(raw, PlanFile)
    except (msgspec.ValidationError, RoutingError) as error:
        return str(error)
    return ""
