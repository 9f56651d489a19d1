"""The planner's own process: `python -m agent.planner_process`, problems on stdin, plans on stdout.

OR-Tools, compiled code and all that they import live here and nowhere else. The process touches no data of the agent;
when its stdin ends, the agent is gone, and so is it. Compiled code is read from where it was kept at install; until it
is there (it is compiled anew on a machine with another processor), problems are answered with quick plans.
"""

from __future__ import annotations

import os
import sys
from threading import Thread
from typing import BinaryIO

from agent.planner_messages import LENGTH, Floor, Solve, decode_request, encode, framed
from routing import Layout, Plan, plan, quick_plan
from routing.compiled import warm

_POLITE = 10  # a solve never takes the processor from the label path


def serve(requests: BinaryIO, answers: BinaryIO, warming: Thread) -> None:
    """Answer problems until the requests end."""
    layout = Layout.of(())
    while header := requests.read(LENGTH.size):
        message = decode_request(requests.read(LENGTH.unpack(header)[0]))
        if isinstance(message, Floor):
            layout = message.layout()
            continue
        warming.join(message.deadline_s / 2)
        answers.write(framed(encode(_answer(message, layout, ready=not warming.is_alive()))))
        answers.flush()


def _answer(message: Solve, layout: Layout, *, ready: bool) -> Plan:
    problem = message.problem(layout)
    if not ready:
        return quick_plan(problem)
    return plan(problem, message.deadline_s, message.seed, cores=message.cores)


if __name__ == "__main__":
    os.nice(_POLITE)
    begun = Thread(target=warm, daemon=True)
    begun.start()
    serve(sys.stdin.buffer, sys.stdout.buffer, begun)
