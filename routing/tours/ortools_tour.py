"""One round through given nodes by OR-Tools routing: warm-started, time-limited."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from ortools.constraint_solver import pywrapcp, routing_enums_pb2

from routing.exact.lanes import Costs


def improve_round(legs: Costs, order: Sequence[int], limit_s: float) -> list[int]:
    """A round from node 0 through all others, the last not named, at no higher cost than `order` (which has no 0).

    Guided local search until `limit_s` is over.
    """
    manager = pywrapcp.RoutingIndexManager(len(legs), 1, 0)
    model = pywrapcp.RoutingModel(manager)
    model.SetArcCostEvaluatorOfAllVehicles(model.RegisterTransitMatrix(legs.tolist()))
    search = _search(limit_s)
    model.CloseModelWithParameters(search)
    start = model.ReadAssignmentFromRoutes([[manager.NodeToIndex(node) for node in order]], True)
    found = model.SolveFromAssignmentWithParameters(start, search) if start else None
    better = _walk(manager, model, found) if found else list(order)
    return better if _length(legs, better) < _length(legs, order) else list(order)


def _search(limit_s: float) -> Any:
    search = pywrapcp.DefaultRoutingSearchParameters()
    metaheuristics = routing_enums_pb2.LocalSearchMetaheuristic
    search.local_search_metaheuristic = metaheuristics.GUIDED_LOCAL_SEARCH
    search.time_limit.FromMilliseconds(max(1, int(limit_s * 1000)))
    return search


def _walk(manager: pywrapcp.RoutingIndexManager, model: pywrapcp.RoutingModel, found: Any) -> list[int]:
    index, nodes = found.Value(model.NextVar(model.Start(0))), []
    while not model.IsEnd(index):
        nodes.append(manager.IndexToNode(index))
        index = found.Value(model.NextVar(index))
    return nodes


def _length(legs: Costs, order: Sequence[int]) -> int:
    way = [0, *order, 0]
    return sum(int(legs[one, other]) for one, other in pairwise(way))
