"""What this room refuses to work with."""


class RoutingError(Exception):
    """Something given to the planner contradicts itself; the message is for people."""


class LayoutError(RoutingError):
    """A spot is nowhere in the layout, in a closed aisle, or cut off."""


class ProblemError(RoutingError):
    """Orders, lines or carts that cannot be told apart, or rules that contradict each other."""
