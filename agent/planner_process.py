"""The planner's own process: `python -m agent.planner_process`, problems on stdin, plans on stdout.

OR-Tools and all that it imports live here and nowhere else. The process touches no file and no data of the agent;
when its stdin ends, the agent is gone, and so is it.
"""

from __future__ import annotations

import os
import sys
from typing import BinaryIO

from agent.planner_messages import LENGTH, Floor, decode_request, encode, framed
from routing import Layout, Problem
from routing.planner import plan

_POLITE = 10  # a solve never takes the processor from the label path


def serve(requests: BinaryIO, answers: BinaryIO) -> None:
    """Answer problems until the requests end."""
    layout = Layout.of(())
    while header := requests.read(LENGTH.size):
        message = decode_request(requests.read(LENGTH.unpack(header)[0]))
        if isinstance(message, Floor):
            layout = Layout.of(message.spots, message.cross_aisles_y_mm)
            continue
        problem = Problem(layout, message.depot, message.orders, message.carts)
        answers.write(framed(encode(plan(problem, message.deadline_s, message.seed))))
        answers.flush()


if __name__ == "__main__":
    os.nice(_POLITE)
    serve(sys.stdin.buffer, sys.stdout.buffer)
