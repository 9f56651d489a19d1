"""How the baselines put orders on carts: as they come, by savings, or as the stops of vehicle routes."""

from __future__ import annotations

from collections import Counter

import numpy as np
from numpy.typing import NDArray
from ortools.constraint_solver import pywrapcp, routing_enums_pb2

from bench.planning.freight import Freight
from bench.planning.prices import Prices

Loads = list[list[int]]
"""For each cart in use the numbers of its orders."""
_NEVER = -1
"""What loads save that do not go together."""


def fifo(freight: Freight) -> Loads:
    """One cart after the other in their order, each filled until the next order does not fit; a load for each cart.

    Raises ValueError where there are too few carts.
    """
    loads: Loads = [[]]
    for order in range(freight.size):
        cart = freight.problem.carts[len(loads) - 1]
        if loads[-1] and (len(loads[-1]) == cart.slots or not freight.fits([*loads[-1], order])):
            loads.append([])
            if len(loads) > len(freight.problem.carts):
                raise ValueError("first come, first served: there are too few carts")
        loads[-1].append(order)
    return loads


def savings(freight: Freight, prices: Prices) -> Loads:
    """Clarke and Wright (1964) for batches, savings worked out anew after each merge (ii): the two loads go together
    whose tour saves most, as long as any two can and save something."""
    loads: Loads = [[order] for order in range(freight.size)]
    carried = np.array([np.ones(freight.size), freight.weight_g, freight.volume_cm3], np.int64)
    costs = prices.of_pairs(freight.size)
    cost = costs.diagonal().copy()
    saved = cost[:, None] + cost[None, :] - costs
    for a in range(freight.size):
        saved[a, ~_goes_with(freight, carried, a)] = _NEVER
    while saved.size and saved.max() > 0:
        a, b = (int(n) for n in np.unravel_index(saved.argmax(), saved.shape))
        sizes = [len(load) for n, load in enumerate(loads) if load and n not in (a, b)]
        if not freight.can_be_carted([*sizes, len(loads[a]) + len(loads[b])]):
            saved[a, b] = saved[b, a] = _NEVER
            continue
        cost[a] += cost[b] - saved[a, b]
        loads[a], loads[b] = loads[a] + loads[b], []
        carried[:, a] += carried[:, b]
        saved[[a, b], :] = saved[:, [a, b]] = _NEVER
        others = [n for n in np.flatnonzero(_goes_with(freight, carried, a)) if loads[n]]
        together = prices.of([loads[a] + loads[n] for n in others])
        saved[a, others] = saved[others, a] = cost[a] + cost[others] - together
    return [load for load in loads if load]


def _goes_with(freight: Freight, carried: NDArray[np.int64], a: int) -> NDArray[np.bool_]:
    """Which of the loads, by slots, weight and volume `carried`, go onto one cart with load a."""
    most = np.array([freight.most_slots, freight.max_weight_g, freight.max_volume_cm3])
    goes: NDArray[np.bool_] = np.logical_and.reduce(carried + carried[:, [a]] <= most[:, None])
    goes[a] = False
    return goes


def savings_metric(freight: Freight, prices: Prices) -> NDArray[np.int64]:
    """(n + 1, n + 1): twice a distance between orders, the depot first, for solvers of vehicle routes.

    From one order to the next: the tour through both less half of each's own. So a route through two orders is as
    long as their tour, and one through more saves what neighbours save.
    """
    pairs = prices.of_pairs(freight.size)
    alone = pairs.diagonal()
    metric = np.zeros((freight.size + 1, freight.size + 1), np.int64)
    metric[1:, 1:] = 2 * pairs - alone[:, None] - alone[None, :]
    metric[0, 1:] = metric[1:, 0] = alone
    np.fill_diagonal(metric, 0)
    return metric


def ortools_routes(freight: Freight, prices: Prices, seconds: float) -> Loads:
    """OR-Tools' vehicle routes over the savings metric: savings first, then guided local search for so long."""
    carts = freight.problem.carts
    manager = pywrapcp.RoutingIndexManager(freight.size + 1, len(carts), 0)
    routes = pywrapcp.RoutingModel(manager)
    metric = routes.RegisterTransitMatrix(savings_metric(freight, prices).tolist())
    routes.SetArcCostEvaluatorOfAllVehicles(metric)
    for name, taken, limits in (
        ("slots", [1] * freight.size, [cart.slots for cart in carts]),
        ("weight", freight.weight_g, [cart.max_weight_g for cart in carts]),
        ("volume", freight.volume_cm3, [cart.max_volume_cm3 for cart in carts]),
    ):
        each = routes.RegisterUnaryTransitVector([0, *taken])
        routes.AddDimensionWithVehicleCapacity(each, 0, limits, True, name)
    asked = pywrapcp.DefaultRoutingSearchParameters()
    asked.first_solution_strategy = routing_enums_pb2.FirstSolutionStrategy.SAVINGS
    asked.local_search_metaheuristic = routing_enums_pb2.LocalSearchMetaheuristic.GUIDED_LOCAL_SEARCH
    asked.time_limit.FromMilliseconds(round(seconds * 1000))
    found = routes.SolveWithParameters(asked)
    if found is None:
        raise ValueError(f"OR-Tools found no routes in {seconds} s")
    loads: Loads = [[] for _ in carts]
    for cart, load in enumerate(loads):
        at = found.Value(routes.NextVar(routes.Start(cart)))
        while not routes.IsEnd(at):
            load.append(manager.IndexToNode(at) - 1)
            at = found.Value(routes.NextVar(at))
    return [load for load in loads if load]


def pyvrp_routes(freight: Freight, prices: Prices, seconds: float, seed: int) -> Loads:
    """PyVRP's vehicle routes over the savings metric. Raises ImportError where PyVRP is not installed."""
    import pyvrp  # noqa: PLC0415  # an optional extra of the benchmark
    from pyvrp.stop import MaxRuntime  # noqa: PLC0415

    metric = savings_metric(freight, prices)
    places = [pyvrp.Location(0, 0) for _ in range(len(metric))]
    clients = [
        pyvrp.Client(location=n + 1, delivery=[1, freight.weight_g[n], freight.volume_cm3[n]])
        for n in range(freight.size)
    ]
    carts = [
        pyvrp.VehicleType(count, [slots, freight.max_weight_g, freight.max_volume_cm3])
        for slots, count in Counter(cart.slots for cart in freight.problem.carts).items()
    ]
    data = pyvrp.ProblemData(places, clients, [pyvrp.Depot(0)], carts, [metric], [np.zeros_like(metric)])
    found = pyvrp.solve(data, MaxRuntime(seconds), seed=seed, collect_stats=False, display=False)
    if not found.is_feasible():
        raise ValueError(f"PyVRP found no routes in {seconds} s")
    return [[each.idx for each in route if each.is_client()] for route in found.best.routes()]
