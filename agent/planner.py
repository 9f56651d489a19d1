"""Asks the planner's process, and always has a feasible plan in time: without it, the quick heuristic's.

Every plan is verified before anybody walks it. One that fails is never released: the quick plan is, and the instance
is written to a file with which `floorhand plan` shows the fault again.
"""

from __future__ import annotations

import asyncio
import logging
import sys
from pathlib import Path

from agent.plan_files import save_failed
from agent.planner_messages import LENGTH, Floor, Solve, decode_plan, encode, framed
from routing import Layout, Plan, Problem, check, quick_plan

log = logging.getLogger(__name__)

_GRACE_S = 2.0  # beyond the deadline: the process is started, or answers late on a busy machine
_START_S = 10.0


class Planner:
    """One child process, started when first needed and again after it died or hung; `failures`: a folder."""

    def __init__(self, failures: Path, cores: int = 1) -> None:
        self._failures = failures
        self._cores = cores
        self._process: asyncio.subprocess.Process | None = None
        self._knows: Layout | None = None
        self.pid: int | None = None

    async def plan(self, problem: Problem, deadline_s: float, seed: int = 1) -> Plan:
        """Within the deadline and its grace, whatever becomes of the process."""
        starting = self._process is None or self._process.returncode is not None
        try:
            async with asyncio.timeout(deadline_s + (_START_S if starting else _GRACE_S)):
                plan = await self._ask(problem, deadline_s, seed)
        except (TimeoutError, OSError, asyncio.IncompleteReadError, ValueError) as error:
            log.warning(
                "the planner process gave no plan (%s): the quick one is used", error or type(error).__name__
            )
            await self.close()
            return await asyncio.to_thread(quick_plan, problem)
        return await asyncio.to_thread(self._verified, problem, plan)

    def _verified(self, problem: Problem, plan: Plan) -> Plan:
        """The plan, if it keeps every promise."""
        faults = check(problem, plan)
        if not faults:
            return plan
        try:
            kept = str(save_failed(problem, plan, faults, self._failures))
        except OSError as error:
            kept = f"nowhere, it could not be written: {error}"
        log.error(
            "a plan failed its check (%s): the quick one is used; the instance is in %s", faults[0], kept
        )
        return quick_plan(problem)

    async def start(self) -> None:
        """Start the process ahead of the first problem, so that what it imports delays no plan."""
        await self._running()

    async def _ask(self, problem: Problem, deadline_s: float, seed: int) -> Plan:
        process = await self._running()
        assert process.stdin is not None
        assert process.stdout is not None
        if self._knows is not problem.layout:
            process.stdin.write(framed(encode(Floor.of(problem.layout))))
            self._knows = problem.layout
        process.stdin.write(framed(encode(Solve.of(problem, deadline_s, seed, self._cores))))
        await process.stdin.drain()
        length = LENGTH.unpack(await process.stdout.readexactly(LENGTH.size))[0]
        return decode_plan(await process.stdout.readexactly(length))

    async def _running(self) -> asyncio.subprocess.Process:
        if self._process is None or self._process.returncode is not None:
            self._knows = None
            self._process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "agent.planner_process",
                stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
            )  # fmt: skip
            self.pid = self._process.pid
        return self._process

    async def close(self) -> None:
        """End the process; the next plan starts a new one."""
        process, self._process = self._process, None
        if process is not None and process.returncode is None:
            process.kill()
            await process.wait()
