"""One tour through given stops, by OR-Tools routing: warm-started, time-limited."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ortools.constraint_solver import pywrapcp, routing_enums_pb2

from routing.distances import Ints

_METAHEURISTICS = routing_enums_pb2.LocalSearchMetaheuristic


def improve_tour(matrix: Ints, tour: Sequence[int], limit_s: float, *, escape: bool = False) -> list[int]:
    """A tour from row 0 through all others and back, not longer than `tour` (which starts and ends with 0).

    Stops by itself at the first local optimum; with `escape` it leaves local optima by guided local search until
    `limit_s` is over.
    """
    manager = pywrapcp.RoutingIndexManager(len(matrix), 1, 0)
    model = pywrapcp.RoutingModel(manager)
    model.SetArcCostEvaluatorOfAllVehicles(model.RegisterTransitMatrix(matrix.tolist()))
    search = _search(limit_s, escape)
    model.CloseModelWithParameters(search)
    start = model.ReadAssignmentFromRoutes([[manager.NodeToIndex(node) for node in tour[1:-1]]], True)
    found = model.SolveFromAssignmentWithParameters(start, search) if start else None
    return _walk(manager, model, found) if found else list(tour)


def _search(limit_s: float, escape: bool) -> Any:
    search = pywrapcp.DefaultRoutingSearchParameters()
    search.local_search_metaheuristic = (
        _METAHEURISTICS.GUIDED_LOCAL_SEARCH if escape else _METAHEURISTICS.GREEDY_DESCENT
    )
    search.time_limit.FromMilliseconds(max(1, int(limit_s * 1000)))
    return search


def _walk(manager: pywrapcp.RoutingIndexManager, model: pywrapcp.RoutingModel, found: Any) -> list[int]:
    index, nodes = model.Start(0), [0]
    while not model.IsEnd(index):
        index = found.Value(model.NextVar(index))
        nodes.append(manager.IndexToNode(index))
    return nodes
