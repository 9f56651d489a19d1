"""Three days without a hub, then back: how fast the backlog drains, and how old what the hub shows is meanwhile.

`python -m bench.hub_outage [--orders N] [--json]`: orders from paid to shipped are journaled through the store's own
door (72 hours of the peak are 381,000), then the real agent process is started with its hub away, and the sandbox hub
comes some seconds later. While the backlog drains, a supervisor holds live orders, one every half second: the time
until the hub shows each of them held is the age of what it shows. Beside it the same bytes are posted by a bare httpx
loop to a fresh hub. The ledgers are compared at the end, and the journal is verified.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import socket
import sqlite3
import sys
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import httpx
import msgspec

from agent.api.messages import percentile
from agent.hub_outbox import HubOutbox
from agent.sandbox.processes import Child, listening_port
from agent.store.store import FEED_CURSOR, Store
from agent.store.verify import verify
from bench.figures import folder_in, machine, show
from bench.orders import ask_all, open_store, take
from bench.whole_orders import furnish, ship
from sync.cloudevents import join_batch

SITE, TOKEN = "WH1", "sandbox-token"
HOURS_72 = 381_000
LIVE = 40
_LIVE_EVERY_S = 0.5
_AWAY_S = 8.0
_FIRST_LIVE = 9_000_000
_BATCH = 500


class Figures(msgspec.Struct, frozen=True):
    """What one run measured."""

    orders: int
    backlog_events: int
    journal_rows: int
    database_mb: float
    fill_s: float
    ready_s: float
    first_event_s: float  # from when the hub was there
    all_shown_s: float
    drain_s: float
    drain_events_s: float
    bare_events_s: float
    live_shown_p50_s: float
    live_shown_max_s: float
    rss_idle_mb: float
    rss_max_mb: float
    hub_gaps: int
    hub_duplicates: int
    ledgers_agree: bool
    verify_s: float
    verify_ok: bool


class Outage:
    """One run in a folder."""

    def __init__(self, folder: Path, orders: int) -> None:
        self._folder = folder
        self._orders = orders
        self._port = _free_port()
        self._config = folder / "floorhand.toml"
        self._socket = folder / "api.sock"
        self._agent = Child("agent", ["run", "--config", str(self._config), "--log", "json"], folder)
        self._hub = self._a_hub("hub", self._port)

    def _a_hub(self, name: str, port: int) -> Child:
        data = self._folder / name
        data.mkdir(exist_ok=True)
        arguments = ["--port", str(port), "--data", str(data), "--site", SITE, "--token", TOKEN]
        return Child(name, ["sandbox", "hub", *arguments], self._folder)

    async def run(self) -> Figures:
        """Fill, cut off, come back, drain, compare."""
        fill_s = await self._fill()
        (self._folder / "hub-token").write_text(TOKEN)
        self._config.write_text(
            f'[site]\nid = "{SITE}"\ndata_dir = "data"\n[hub]\nurl = "http://127.0.0.1:{self._port}"\n'
            f'token_file = "hub-token"\n[broker]\nurl = "mqtt://127.0.0.1:1"\n[api]\nsocket = "api.sock"\n'
        )
        backlog, rows, bare = await self._bare()
        try:
            return await self._drain(fill_s, backlog, rows, bare)
        finally:
            await self._agent.stop()
            await self._hub.stop()

    async def _fill(self) -> float:
        begun = time.monotonic()
        store = open_store(self._folder / "data")
        await furnish(store)
        await ship(store, range(self._orders), _progress)
        await ask_all(store, [take(_FIRST_LIVE + n) for n in range(LIVE)])
        await store.submit(lambda transaction: transaction.set_position(FEED_CURSOR, f"{0:020d}"))
        await store.close()
        return time.monotonic() - begun

    async def _bare(self) -> tuple[int, int, float]:
        """Events of the backlog, journal rows, and a bare loop's events a second on the first of them."""
        hub = self._a_hub("bare", 0)
        port = await listening_port(hub)
        store = Store(self._folder / "data", SITE)
        store.open()
        outbox = HubOutbox(store, SITE)
        await outbox.open()
        head, rows = store.reader().execute("SELECT max(sequence), max(row) FROM journal").fetchone()
        upto = min(head, 200_000)
        headers = {
            "Authorization": f"Bearer {TOKEN}",
            "Content-Type": "application/cloudevents-batch+json",
        }
        bodies, after = [], 0
        while after < upto:
            batch = await outbox.pending(after, _BATCH, 2**20)
            bodies.append((len(batch), join_batch(event.body for event in batch)))
            after = batch[-1].sequence
        await store.close()
        sent, begun = 0, time.monotonic()
        async with httpx.AsyncClient(trust_env=False, headers=headers, timeout=60) as http:
            for count, body in bodies:
                answer = await http.post(f"http://127.0.0.1:{port}/v1/sites/{SITE}/events", content=body)
                answer.raise_for_status()
                sent += count
        took_s = time.monotonic() - begun
        await hub.stop()
        return head, rows, sent / took_s

    async def _drain(self, fill_s: float, backlog: int, rows: int, bare: float) -> Figures:
        begun = time.monotonic()
        self._agent.start()
        transport = httpx.AsyncHTTPTransport(uds=str(self._socket))
        async with httpx.AsyncClient(transport=transport, base_url="http://agent", timeout=30) as api:
            await _ready(api)
            ready_s = time.monotonic() - begun
            await asyncio.sleep(_AWAY_S)
            rss = [self._rss_mb()]
            await listening_port(self._hub)
            back = time.monotonic()
            watch = _Watch(self._folder / "hub" / "hub.db", self._folder / "data" / "floorhand.db", back)
            live = asyncio.create_task(self._live(api, watch))
            while not watch.drained or not live.done():
                await asyncio.sleep(0.1)
                await asyncio.to_thread(watch.look)
                rss.append(self._rss_mb())
            ages = await live
        await self._agent.stop()
        watch.look()
        begun = time.monotonic()
        verdict = await asyncio.to_thread(verify, self._folder / "data")
        return Figures(
            orders=self._orders, backlog_events=backlog, journal_rows=rows,
            database_mb=(self._folder / "data" / "floorhand.db").stat().st_size / 1e6, fill_s=fill_s, ready_s=ready_s,
            first_event_s=watch.first_s, all_shown_s=watch.shown_s, drain_s=watch.drained_s,
            drain_events_s=backlog / (watch.drained_s - watch.first_s), bare_events_s=bare,
            live_shown_p50_s=percentile(sorted(ages), 0.5), live_shown_max_s=max(ages), rss_idle_mb=rss[0],
            rss_max_mb=max(rss), hub_gaps=watch.gaps, hub_duplicates=watch.duplicates, ledgers_agree=watch.agree(),
            verify_s=time.monotonic() - begun, verify_ok=verdict.ok,
        )  # fmt: skip

    async def _live(self, api: httpx.AsyncClient, watch: _Watch) -> list[float]:
        """Hold live orders one after another; how long until the hub shows each held."""
        waits = []
        for number in range(LIVE):
            order_no = f"SO-{_FIRST_LIVE + number:07}"
            command = {
                "id": order_no,
                "type": "order.hold",
                "by": "bench",
                "order_no": order_no,
                "reason": "ask",
            }
            (await api.post("/v1/commands", json=command)).raise_for_status()
            waits.append(asyncio.create_task(watch.shown(order_no, "held")))
            await asyncio.sleep(_LIVE_EVERY_S)
        return [await wait for wait in waits]

    def _rss_mb(self) -> float:
        status = Path(f"/proc/{self._agent.pid}/status").read_text()
        return int(status.split("VmRSS:")[1].split()[0]) / 1000


class _Watch:
    """Looks at the hub's ledger and the agent's journal, read-only."""

    def __init__(self, hub: Path, agent: Path, back: float) -> None:
        self._hub = hub
        self._agent = agent
        self._back = back
        self.first_s = self.shown_s = self.drained_s = 0.0
        self.drained = False
        self.gaps = self.duplicates = 0

    def look(self) -> None:
        """How far the hub is."""
        with closing(_read_only(self._hub)) as hub, closing(_read_only(self._agent)) as agent:
            sender = hub.execute("SELECT next_sequence - 1, gaps, duplicates FROM senders").fetchone()
            head = agent.execute("SELECT max(sequence) FROM journal WHERE sequence IS NOT NULL").fetchone()[0]
            told = hub.execute("SELECT count(*) FROM statuses").fetchone()[0]
            orders = agent.execute("SELECT count(*) FROM orders").fetchone()[0]
        now_s = time.monotonic() - self._back
        if sender is None:
            return
        self.first_s = self.first_s or now_s
        at, self.gaps, self.duplicates = sender
        self.drained = at == head
        if self.drained:
            self.drained_s = self.drained_s or now_s
        if told >= orders or self.drained:
            self.shown_s = self.shown_s or now_s

    async def shown(self, order_no: str, state: str) -> float:
        """Seconds until the hub shows the order in this state, by a status or by an event."""
        begun = time.monotonic()
        while not await asyncio.to_thread(self._shows, order_no, state):  # noqa: ASYNC110  # another process's ledger
            await asyncio.sleep(0.1)
        return time.monotonic() - begun

    def _shows(self, order_no: str, state: str) -> bool:
        told = "SELECT 1 FROM statuses WHERE order_no = ? AND state = ?"
        got = "SELECT 1 FROM received WHERE order_no = ? AND type = 'order.' || ?"
        with closing(_read_only(self._hub)) as hub:
            return any(hub.execute(sql, (order_no, state)).fetchone() for sql in (told, got))

    def agree(self) -> bool:
        """Every public event of the journal stands in the hub's ledger, once, in order, and nothing else."""
        with closing(_read_only(self._hub)) as hub, closing(_read_only(self._agent)) as agent:
            theirs = hub.execute("SELECT sequence, type, order_no FROM received ORDER BY row")
            ours = agent.execute(
                "SELECT sequence, type, order_no FROM journal WHERE sequence IS NOT NULL ORDER BY sequence"
            )
            return all(a == b for a, b in zip(theirs, ours, strict=True))


def _read_only(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=30)


async def _ready(api: httpx.AsyncClient) -> None:
    async with asyncio.timeout(60):
        while True:
            try:
                if (await api.get("/readyz")).is_success:
                    return
            except httpx.TransportError:
                pass  # it is not listening yet
            await asyncio.sleep(0.02)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _progress(done: int) -> None:
    if done % 20_000 < 400:
        print(f"{done:,} orders journaled", file=sys.stderr, flush=True)


def report(figures: Figures) -> None:
    """The table."""
    rows = [(name.replace("_", " "), value) for name, value in msgspec.structs.asdict(figures).items()]
    show("The hub away, then back", ["", "figure"], [list(row) for row in rows])


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print."""
    parser = argparse.ArgumentParser(prog="bench.hub_outage", description=__doc__)
    parser.add_argument("--orders", type=int, default=HOURS_72)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--dir", type=Path, default=Path(), help="where the databases lie meanwhile (here)")
    asked = parser.parse_args(arguments)
    with folder_in(asked.dir) as folder:
        figures = asyncio.run(Outage(Path(folder), asked.orders).run())
    if asked.json:
        print(json.dumps(msgspec.to_builtins(figures)))
        return
    print(machine())
    report(figures)


if __name__ == "__main__":
    main()
