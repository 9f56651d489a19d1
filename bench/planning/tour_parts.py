"""Single tours on the public instances: all of them shortest, and how long they take; with scattered storage too."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from statistics import median
from time import monotonic, perf_counter

from bench.planning.data import sampled
from bench.planning.instances import Blocks, PickCase, sprp, sprp_files
from bench.planning.part import Asked, Part, WrongPlanError, one_by_one
from bench.planning.report import Gaps, Row, Table, figure, gap_percent, group, percent
from bench.planning.sweeps import Sweep
from routing import Effort, Sourcing
from routing.exact.lanes import Lanes
from routing.exact.tour import exact_tour
from routing.sources.solve import source
from routing.sources.want import Candidate, Sourced, Want

_BLOCKS: tuple[Blocks, ...] = (1, 2)
_TIMES = 20
_PLAIN = 1
"""The alpha of instances where each article lies in one place."""


def _cases(name: str, files: Sequence[Path], asked: Asked) -> Iterator[tuple[Blocks, PickCase]]:
    paths = sampled(files, asked.sample, asked.seed)
    both = ((blocks, path) for blocks in _BLOCKS for path in paths)
    for blocks, path in one_by_one(name, both, len(_BLOCKS) * len(paths)):
        yield blocks, sprp(path, blocks)


# --- plain -------------------------------------------------------------------------------------------------------


def _sprp_rows(asked: Asked) -> Iterator[Row]:
    """A row for each instance and number of blocks."""
    effort = Effort()
    for blocks, case in _cases("sprp", sprp_files(_PLAIN), asked):
        lanes = _lanes(case, effort)
        cells = [case.layout.cell(stop) for stop in case.stops]
        depot = case.layout.cell(case.start)
        tour = exact_tour(lanes, cells, depot)
        sweep = Sweep(case.layout, case.start, case.stops)
        found_mm = tour.cost // effort.per_mm("")
        yield {
            "instance": case.name,
            "blocks": blocks,
            "stops": len(cells),
            "best_m": _best_m(case),
            "found_m": found_mm / 1000,
            "optimal": int(found_mm == case.best_mm == sweep.length_mm),
            "tour_us": round(_took_us(lambda: exact_tour(lanes, cells, depot)), 1),  # noqa: B023  # called at once
            "length_us": round(sweep.took_us(), 2),
        }


def _took_us(action: Callable[[], object]) -> float:
    """The median of several times, in microseconds."""
    took = []
    for _ in range(_TIMES):
        begun = perf_counter()
        action()
        took.append(perf_counter() - begun)
    return 1e6 * median(took)


def _best_m(case: PickCase) -> float | str:
    """The published value, if it can be trusted."""
    return "" if case.best_mm is None else case.best_mm / 1000


def _lanes(case: PickCase, effort: Effort) -> Lanes:
    if case.layout.grid is None:
        raise ValueError(f"{case.name} has no parallel aisles")
    return Lanes.of(case.layout.grid, effort)


def _sprp_tables(rows: Sequence[Row]) -> list[Table]:
    """By the number of blocks."""
    lines = []
    for (blocks,), found in group(rows, "blocks").items():
        times = [[float(row[column]) for row in found] for column in ("length_us", "tour_us")]
        optimal = sum(int(row["optimal"]) for row in found)
        cells = [figure(value) for took in times for value in (median(took), max(took))]
        lines.append((blocks, f"{len(found)}", f"{optimal}", *cells))
    columns = ("blocks", "instances", "optimal", "length: median µs", "max", "tour: median µs", "max")
    return [Table(columns, tuple(lines), _SPRP_NOTE)]


_SPRP_NOTE = (
    "*length*: what the search of batches asks for, compiled. "
    "*tour*: with the stops in walking order, asked from Python."
)


# --- scattered storage -------------------------------------------------------------------------------------------


def _scattered_rows(asked: Asked) -> Iterator[Row]:
    """A row for each instance, number of blocks and deadline."""
    effort = Effort()
    files = [path for path in sprp_files() if path not in set(sprp_files(_PLAIN))]
    for blocks, case in _cases("scattered", files, asked):
        wants = [
            Want(f"{article}", qty, tuple(Candidate(*place) for place in case.stock[article].items()))
            for article, qty in case.wants.items()
        ]
        for seconds in asked.seconds_or(0.05, 1):
            begun = monotonic()
            found = source(
                case.layout, effort, case.start, (case.start,), (), wants, begun + seconds, Sourcing()
            )
            took_s = monotonic() - begun
            found_mm = _length_of(case, wants, found, effort)
            bound_mm = -(-found.bound // effort.per_mm(""))
            demand, alpha, *_ = case.name.split("_")
            yield {
                "instance": case.name,
                "blocks": blocks,
                "demand": demand,
                "alpha": int(alpha.removeprefix("F")),
                "articles": len(wants),
                "seconds": seconds,
                "best_m": _best_m(case),
                "found_m": found_mm / 1000,
                "bound_m": bound_mm / 1000,
                "gap_percent": round(gap_percent(found_mm, case.best_mm or bound_mm), 4),
                "proven": int(found_mm == bound_mm),
                "took_s": round(took_s, 4),
            }


def _length_of(case: PickCase, wants: Sequence[Want], found: Sourced, effort: Effort) -> int:
    """The shortest tour through what was chosen, in mm.

    Raises WrongPlanError where that is not everything that is wanted, not there, or no such tour.
    """
    taken = Counter((wants[pick.want].key, pick.location) for pick in found.picks for _ in range(pick.qty))
    wanted = {want.key: want.qty for want in wants}
    units = {key: sum(qty for (of, _), qty in taken.items() if of == key) for key in wanted}
    if units != wanted or any(qty > case.stock[int(key)].get(at, 0) for (key, at), qty in taken.items()):
        raise WrongPlanError(f"{case.name}: what is wanted is not taken, or from where it is not")
    cells = [case.layout.cell(at) for at in dict.fromkeys(at for _, at in taken)]
    tour = exact_tour(_lanes(case, effort), cells, case.layout.cell(case.start))
    if tour.cost != found.cost:
        raise WrongPlanError(f"{case.name}: a tour of {found.cost} is said to be one of {tour.cost}")
    return tour.cost // effort.per_mm("")


def _scattered_tables(rows: Sequence[Row]) -> list[Table]:
    """By the number of blocks, the units wanted and the places of each article, and of all."""
    deadlines = [seconds for (seconds,) in group(rows, "seconds")]
    groups = sorted(
        group(rows, "blocks", "demand", "alpha").items(), key=lambda item: (*item[0][:2], int(item[0][2]))
    )
    lines = []
    for (blocks, demand, alpha), found in [*groups, (("all", "", ""), list(rows))]:
        cells = [cell for seconds in deadlines for cell in _shares(group(found, "seconds")[(seconds,)])]
        lines.append((blocks, _DEMANDS.get(demand, ""), alpha, f"{len(found) // len(deadlines)}", *cells))
    columns = ["blocks", "units", "places", "instances"]
    for seconds in deadlines:
        columns += [f"{float(seconds):g} s: optimal", "proven", "mean gap", "max"]
    return [Table(tuple(columns), tuple(lines), _SCATTERED_NOTE)]


def _shares(rows: Sequence[Row]) -> tuple[str, ...]:
    """How many are optimal and proven so, the mean gap, and the largest."""
    gaps = Gaps.of(float(row["gap_percent"]) for row in rows)
    proven = sum(int(row["proven"]) for row in rows)
    shares = (percent(100 * count / gaps.count) for count in (gaps.reached, proven))
    return *shares, percent(gaps.mean), percent(gaps.worst)


_DEMANDS = {"unit": "one", "varying": "several"}
_SCATTERED_NOTE = (
    "*units*: of an article; *places*: where it lies. On two blocks with several units there is no published value to "
    "trust: *optimal* is proven by our bound, and gaps are to that bound."
)


SPRP = Part("sprp", "Shortest tours: Heßler & Irnich", _sprp_rows, _sprp_tables)
SCATTERED = Part("scattered", "Scattered storage: Heßler & Irnich", _scattered_rows, _scattered_tables)
