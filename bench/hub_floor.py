"""A small site for schedules of the hub link: the real agent process, the sandbox hub, and gates that can be shut.

The agent has nothing but a hub link to care for: no printer, no broker of the floor. Each order that the hub puts on
its feed makes events of ours, so both directions are in use all the time.
"""

from __future__ import annotations

import asyncio
import random
import sqlite3
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack, closing
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

from agent.core.times import to_text
from agent.sandbox.hub_desk import over_mqtt
from agent.sandbox.processes import Child
from devices.broker import EmbeddedBroker
from sync.sandbox.ledger import Put
from sync.sandbox.proxy import Fault, FaultyProxy
from sync.sandbox.server import HubOptions, RunningHub, running

Backup = Literal["none", "http", "mqtt", "files"]
BACKUPS: tuple[Backup, ...] = ("none", "http", "mqtt", "files")
SITE, TOKEN = "WH1", "sandbox-token"
_CONSIGNEE = dict.fromkeys(("name", "phone", "province", "city", "district", "address"), "x")


class HubFloor:
    """`async with HubFloor(folder, backup) as floor:` brings all of it up, the agent too."""

    def __init__(self, folder: Path, backup: Backup) -> None:
        self._folder = folder
        self._backup = backup
        self._stack = AsyncExitStack()
        self._orders = 0
        self.agent = Child(
            "agent", ["run", "--config", str(folder / "floorhand.toml"), "--log", "json"], folder
        )
        self.gates: dict[str, FaultyProxy] = {}

    async def __aenter__(self) -> Self:
        try:
            await self._set_up()
        except BaseException:
            await self._stack.aclose()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()

    async def _set_up(self) -> None:
        options = HubOptions(
            data=self._folder / "hub", site=SITE, token=TOKEN, keep_alive_s=1.0,
            files_dir=self._folder / "stick" if self._backup == "files" else None,
        )  # fmt: skip
        self.hub: RunningHub = await self._stack.enter_async_context(running(options))
        await self._gate("http", self.hub.port)
        if self._backup == "mqtt":
            broker = EmbeddedBroker()
            self._stack.callback(broker.close)
            broker.start()
            carrying = asyncio.create_task(over_mqtt(broker.url, SITE)(self.hub))
            self._stack.push_async_callback(_cancelled, carrying)
            await self._gate("backup", broker.port)
        if self._backup == "http":
            await self._gate("backup", self.hub.port)
        (self._folder / "hub-token").write_text(TOKEN)
        (self._folder / "floorhand.toml").write_text(self._config())
        self._stack.push_async_callback(self.agent.stop)
        self.agent.start()

    async def _gate(self, name: str, port: int) -> None:
        self.gates[name] = await self._stack.enter_async_context(FaultyProxy(port))

    def _config(self) -> str:
        backup = {
            "none": "",
            "http": f'kind = "http"\nurl = "{self._url("backup", "http")}"\ntoken_file = "hub-token"\n',
            "mqtt": f'kind = "mqtt"\nurl = "{self._url("backup", "mqtt")}"\n',
            "files": 'kind = "files"\npath = "stick"\n',
        }[self._backup]
        table = f"[hub.backup]\n{backup}" if backup else ""
        return (
            f'[site]\nid = "{SITE}"\ndata_dir = "data"\n[hub]\nurl = "{self._url("http", "http")}"\n'
            f'token_file = "hub-token"\n{table}[broker]\nurl = "mqtt://127.0.0.1:1"\n[api]\nsocket = "api.sock"\n'
        )

    def _url(self, gate: str, scheme: str) -> str:
        proxy = self.gates.get(gate)
        return "" if proxy is None else proxy.url.replace("http://", f"{scheme}://")

    # --- what may happen --------------------------------------------------------------------------------------

    def put(self, count: int) -> None:
        """New orders on the feed, and changes of the one before."""
        puts = []
        for _ in range(count):
            self._orders += 1
            puts.append(
                Put("order.created", "/erp", self._name(self._orders), self._document(self._orders, 1))
            )
            if self._orders % 3 == 0:
                before = self._orders - 1
                puts.append(Put("order.changed", "/erp", self._name(before), self._document(before, 2)))
        self.hub.hub.ledger.put(puts, time.time_ns() // 1_000_000)
        self.hub.hub.bell.ring()

    @staticmethod
    def _name(number: int) -> str:
        return f"SO-{number:05}"

    def _document(self, number: int, revision: int) -> dict[str, Any]:
        return {
            "order_no": self._name(number), "revision": revision, "owner": "ACME", "carrier": "SF",
            "placed_at": to_text(0), "consignee": _CONSIGNEE, "lines": [{"line_no": 1, "sku": "A", "qty": revision}],
        }  # fmt: skip

    async def shut(self, gate: str) -> None:
        """Nobody gets through, and who is through is cut off."""
        if gate in self.gates:
            self.gates[gate].down = True
            await self.gates[gate].cut()

    def open(self, gate: str) -> None:
        """The way is free again."""
        if gate in self.gates:
            self.gates[gate].down = False

    def break_off(self, gate: str, dice: random.Random) -> None:
        """The next connections break at some byte of the answer."""
        cuts = [
            Fault(dice.randrange(400), then=dice.choice(("close", "reset")))
            for _ in range(dice.randint(1, 8))
        ]
        self.gates[gate].faults.extend(cuts)

    def kill(self) -> None:
        """SIGKILL to the agent, which starts again at once."""
        self.agent.kill()
        self.agent.start()

    # --- the ledgers ------------------------------------------------------------------------------------------

    async def settled(self, within_s: float) -> bool:
        """Return once the ledgers agree, or after so long: do they?"""
        ends = time.monotonic() + within_s
        while time.monotonic() < ends:
            if not await asyncio.to_thread(self.differences):
                return True
            await asyncio.sleep(0.2)
        return not self.differences()

    def differences(self) -> Sequence[str]:
        """What one side has and the other has not, or has twice, or in another order."""
        path = self._folder / "data" / "floorhand.db"
        if not path.exists():
            return ["the agent has no journal yet"]
        with (
            closing(_read_only(path)) as ours,
            closing(_read_only(self._folder / "hub" / "hub.db")) as theirs,
        ):
            return list(_differences(ours, theirs, self._orders))


def _differences(ours: sqlite3.Connection, theirs: sqlite3.Connection, orders: int) -> Sequence[str]:
    try:
        sent = ours.execute(
            "SELECT sequence, type FROM journal WHERE sequence IS NOT NULL ORDER BY sequence"
        ).fetchall()
        known = ours.execute("SELECT order_no, revision FROM orders ORDER BY order_no").fetchall()
        exceptions = ours.execute("SELECT exception FROM exceptions WHERE kind = 'parked-event'").fetchall()
    except sqlite3.OperationalError as error:
        return [f"the journal cannot be read yet: {error}"]
    got = theirs.execute("SELECT sequence, type FROM received ORDER BY row").fetchall()
    rejected = theirs.execute("SELECT coalesce(sum(rejected), 0) FROM senders").fetchone()[0]
    wanted = [(f"SO-{n:05}", 2 if (n + 1) % 3 == 0 and n < orders else 1) for n in range(1, orders + 1)]
    found = []
    if got != sent:
        found.append(f"the hub has {len(got)} events, the journal {len(sent)}")
    if known != wanted:
        found.append(f"the agent has {len(known)} orders as they should be, the hub put {orders}")
    if rejected:
        found.append(f"the hub rejected {rejected} events")
    return found + [f"exception {each[0]}" for each in exceptions]


async def _cancelled(task: asyncio.Task[Any]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


def _read_only(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=30)
