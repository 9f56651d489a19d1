"""What planning is measured against: a floor without it, the field's classic, and solvers of vehicle routes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from bench.planning.freight import Freight, grid_of
from bench.planning.loading import Loads, fifo, ortools_routes, pyvrp_routes, savings
from bench.planning.prices import Prices
from bench.planning.s_shape import s_shape
from routing import Batch, Cart, Plan, Problem
from routing.batch import batch_of
from routing.exact.lanes import Lanes
from routing.exact.tour import exact_tour
from routing.measure import measured
from routing.parts import Part
from routing.taken import Taken, locations_of


@dataclass(frozen=True, slots=True)
class Baseline:
    """A plan, and what is walked for it: for S-shape the walk by its rule, which no plan would hold."""

    plan: Plan
    walked_mm: int

    @property
    def carts(self) -> int:
        """How many carts it takes."""
        return len(self.plan.batches)


def fifo_s_shape(problem: Problem) -> Baseline:
    """Orders as they come, cart by cart; pickers walk in S-shape."""
    freight, grid = Freight(problem), grid_of(problem.layout)
    batches, walked_mm = [], 0
    for cart, load in freight.on_carts(fifo(freight)):
        parts = [freight.parts[n] for n in load]
        taken, stops = _stops(parts)
        depot = problem.layout.cell(problem.start_of(cart))
        walk = s_shape(grid, [problem.layout.cell(stop) for stop in stops], depot)
        batches.append(_batch(problem, cart, parts, _in_order(taken, [stops[n] for n in walk.order])))
        walked_mm += walk.distance_mm
    return Baseline(_plan(batches, "fifo, s-shape"), walked_mm)


def fifo_exact(problem: Problem) -> Baseline:
    """Orders as they come, cart by cart; the shortest tour for each cart."""
    freight = Freight(problem)
    return _with_exact_tours(freight, fifo(freight), "fifo, exact tours")


def savings_exact(problem: Problem) -> Baseline:
    """Clarke and Wright's savings (ii), with shortest tours."""
    freight = Freight(problem)
    return _with_exact_tours(freight, savings(freight, Prices(freight)), "savings, exact tours")


def cvrp_ortools(problem: Problem, seconds: float) -> Baseline:
    """OR-Tools' vehicle routes over a savings metric between orders; the shortest tour for each cart."""
    freight = Freight(problem)
    loads = ortools_routes(freight, Prices(freight), seconds)
    return _with_exact_tours(freight, loads, f"OR-Tools CVRP, {seconds:g} s")


def cvrp_pyvrp(problem: Problem, seconds: float, seed: int = 1) -> Baseline:
    """PyVRP's likewise. Raises ImportError where it is not installed."""
    freight = Freight(problem)
    loads = pyvrp_routes(freight, Prices(freight), seconds, seed)
    return _with_exact_tours(freight, loads, f"PyVRP, {seconds:g} s")


def _with_exact_tours(freight: Freight, loads: Loads, method: str) -> Baseline:
    """Those loads, each with its shortest tour."""
    problem = freight.problem
    lanes = Lanes.of(grid_of(problem.layout), problem.effort)
    batches = []
    for cart, load in freight.on_carts(loads):
        parts = [freight.parts[n] for n in load]
        taken, stops = _stops(parts)
        cells = [problem.layout.cell(stop) for stop in stops]
        found = exact_tour(lanes, cells, problem.layout.cell(problem.start_of(cart)))
        batch = _batch(problem, cart, parts, _in_order(taken, [stops[n] for n in found.order]))
        batches.append(replace(batch, bound_mm=batch.distance_mm))
    plan = _plan(batches, method)
    return Baseline(plan, plan.distance_mm)


def _stops(parts: Sequence[Part]) -> tuple[list[Taken], list[str]]:
    """What is taken, and the distinct locations."""
    taken = [each for part in parts for each in part.taken]
    return taken, locations_of(taken)


def _in_order(taken: Sequence[Taken], stops: Sequence[str]) -> list[Taken]:
    place = {stop: n for n, stop in enumerate(stops)}
    return sorted(taken, key=lambda each: place[each.location])


def _batch(problem: Problem, cart: Cart, parts: Sequence[Part], walk: Sequence[Taken]) -> Batch:
    start = problem.start_of(cart)
    return batch_of(problem, cart, parts, measured(problem, start, walk, start))


def _plan(batches: Sequence[Batch], method: str) -> Plan:
    return Plan(tuple(batches), (), sum(batch.distance_mm for batch in batches), method)
