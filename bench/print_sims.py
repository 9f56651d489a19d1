"""Simulated printers in a process of their own: `python -m bench.print_sims LANGUAGE COUNT SPEED`.

The first line on stdout is the list of their ports; then, for each label, `[waybill, first_byte_at_ms]`. They run until
standard input ends.
"""

from __future__ import annotations

import asyncio
import json
import sys
from contextlib import AsyncExitStack

from devices.sim.printer import PrintedLabel, SimPrinter


def _tell(label: PrintedLabel) -> None:
    print(json.dumps([label.waybill, label.first_byte_at * 1000]), flush=True)


async def _serve(language: str, count: int, speed: float) -> None:
    async with AsyncExitStack() as stack:
        sims = [SimPrinter(language=language, speed=speed, on_label=_tell) for _ in range(count)]
        for sim in sims:
            await stack.enter_async_context(sim)
        print(json.dumps([sim.port for sim in sims]), flush=True)
        await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(_serve(sys.argv[1], int(sys.argv[2]), float(sys.argv[3])))
