"""A floor on the loopback: hub, broker, printers, scanners, pickers, and the agent as its own process.

The agent is the one that ships: it is configured by a file, reached by its sockets, and may be killed at any moment.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx

from agent.sandbox.hands import Dock, Supervisor
from agent.sandbox.processes import Child, ChildFailed, listening_port
from devices.broker import EmbeddedBroker
from devices.labels.label import Media
from devices.mqtt import Message, MqttLink
from devices.pda import Recall, Task, decode_task
from devices.sim.picker import Habits, SimPicker
from devices.sim.printer import PrintedLabel, SimPrinter
from devices.sim.scanner import PtyScanner
from devices.topics import Topics

_SITE, _TOKEN = "DEMO", "sandbox-token"
_SHOWS_EVERY_S = 0.25


@dataclass(frozen=True, slots=True, kw_only=True)
class FloorOptions:
    """How large a floor, and what day it has. Times of the day run `speed` times as fast."""

    orders_csv: Path | None = None
    model: str = "diurnal"
    orders_day: int = 12_000
    start: str | None = None
    speed: float = 20.0
    seconds: float | None = None
    seed: int = 1
    printers: int = 2
    pickers: int = 4
    docks: int = 1
    print_speed: float | None = None  # None: as fast as everything else
    habits: Habits = field(
        default_factory=lambda: Habits(short_p=0.005, wrong_barcode_p=0.005, offline_p=0.002)
    )


@dataclass(frozen=True, slots=True)
class TaskSeen:
    """A list or a recall as the broker delivered it."""

    pda: str
    at: float
    message: Task | Recall


class SandboxFloor:
    """`async with SandboxFloor(folder, options) as floor:` brings everything up but the agent."""

    def __init__(self, folder: Path, options: FloorOptions) -> None:
        self.folder = folder
        self.options = options
        self.config_file = folder / "floorhand.toml"
        self.data_dir = folder / "data"
        self.socket = folder / "api.sock"
        self.printers: list[SimPrinter] = []
        self.pickers: list[SimPicker] = []
        self.scanners: list[PtyScanner] = []
        self.tasks_seen: list[TaskSeen] = []
        self.broker = EmbeddedBroker(durable=False)
        self._hub = Child("hub", self._hub_arguments(port=0), folder)
        self.agent = Child("agent", ["run", "--config", str(self.config_file), "--log", "json"], folder)
        self._stack = AsyncExitStack()

    def _hub_arguments(self, port: int) -> list[str]:
        options = self.options
        arguments = [
            "sandbox", "hub", "--port", str(port), "--data", str(self.folder / "hub"),
            "--site", _SITE, "--token", _TOKEN,
            "--speed", str(options.speed), "--seed", str(options.seed), "--orders-day", str(options.orders_day),
            "--model", options.model,
        ]  # fmt: skip
        if options.orders_csv is not None:
            arguments += ["--orders", str(options.orders_csv)]
        if options.start is not None:
            arguments += ["--from", options.start]
        if options.seconds is not None:
            arguments += ["--seconds", str(options.seconds)]
        return arguments

    # --- up and down ----------------------------------------------------------------------------------------

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
        self._stack.callback(self.broker.close)
        self.broker.start()
        self._stack.push_async_callback(self._stop_hub)
        self._hub_port = await listening_port(self._hub)
        hub_url = f"http://127.0.0.1:{self._hub_port}"
        self.hub = await self._stack.enter_async_context(
            httpx.AsyncClient(base_url=hub_url, timeout=30, trust_env=False)
        )
        transport = httpx.AsyncHTTPTransport(uds=str(self.socket))
        self.api = await self._stack.enter_async_context(
            httpx.AsyncClient(base_url="http://agent", transport=transport, timeout=10)
        )
        await self._set_up_devices()
        self._write_config(hub_url)
        self._stack.push_async_callback(self.agent.stop)
        self._people = asyncio.create_task(self._run_people(), name="people")
        self._stack.push_async_callback(self._send_people_home)

    async def _stop_hub(self) -> None:
        await self._hub.stop()

    async def kill_hub(self, away_s: float) -> None:
        """SIGKILL the hub, leave it away for so long, start it again on its data and port."""
        self._hub.kill()
        await asyncio.sleep(away_s)
        self._hub = Child("hub", self._hub_arguments(self._hub_port), self.folder)
        await listening_port(self._hub)

    async def _set_up_devices(self) -> None:
        options = self.options
        for _ in range(options.docks):
            scanner = PtyScanner(baud=115_200, speed=options.speed)
            self._stack.callback(scanner.close)
            self.scanners.append(scanner)
        self.dock = Dock(self.scanners, options.speed)
        for _ in range(options.printers):
            printer = SimPrinter(
                Media(76, 130), speed=options.print_speed or options.speed, on_label=self._label_out
            )
            self.printers.append(await self._stack.enter_async_context(printer))
        self.pickers = [self._picker(number) for number in range(1, options.pickers + 1)]
        self.supervisor = Supervisor(self.api, self.hub, self.has_printed)

    def _label_out(self, label: PrintedLabel) -> None:
        self.dock.take_label(label)

    def _picker(self, number: int) -> SimPicker:
        pda = f"P{number:02d}"

        return SimPicker(
            pda, site=_SITE, url=self.broker.url, cart=f"C{number:02d}", seed=self.options.seed,
            speed=self.options.speed, habits=self.options.habits,
            on_tote=lambda order_no, _task, _picked: self.dock.take_tote(order_no),
            reply_timeout_s=3.0, retry_cap_s=2.0,
        )  # fmt: skip

    async def _look_on(self) -> None:
        """A client of the broker that is always in reach: what it is sent, and when, is what the broker delivers."""
        topics = Topics(_SITE)
        onlooker = MqttLink(
            self.broker.url, client_id="onlooker", clean_start=True, subscriptions=(topics.of("task", "+"),)
        )

        async def seen(message: Message) -> None:
            task, topic = decode_task(message.payload), topics.parse(message.topic)
            if topic is not None and isinstance(task, Task | Recall):
                self.tasks_seen.append(TaskSeen(topic[1], time.time(), task))

        async def connected(_session_present: bool) -> None:
            """Nothing to say."""

        await onlooker.run(seen, connected)

    async def _run_people(self) -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(self._look_on())
            group.create_task(self.dock.run())
            group.create_task(self.supervisor.run())
            for picker in self.pickers:
                group.create_task(picker.run())

    async def _send_people_home(self) -> None:
        self._people.cancel()
        await asyncio.gather(self._people, return_exceptions=True)

    def check_people(self) -> None:
        """Raise what ended the simulated people, if anything did."""
        if self._people.done():
            self._people.result()

    def has_printed(self, job: str) -> bool:
        """Is a label of this print job on the table?"""
        return any(label.job == job for printer in self.printers for label in printer.paper)

    # --- the agent ------------------------------------------------------------------------------------------

    def _write_config(self, hub_url: str) -> None:
        token = self.folder / "hub-token"
        token.write_text(_TOKEN + "\n")
        token.chmod(0o600)
        speed = self.options.speed
        plan_s = max(0.2, 1 / speed)  # thinking does not run faster than it does: waiting allows for it
        lines = [
            "[site]", f'id = "{_SITE}"', f'data_dir = "{self.data_dir}"',
            'sender = { name = "演示仓库", phone = "02155550100", province = "上海市", city = "上海市", '
            'district = "嘉定区", address = "演示路1号" }',
            "[hub]", f'url = "{hub_url}"', f'token_file = "{token.name}"',
            "[broker]", f'url = "{self.broker.url}"',
            "[api]", f'socket = "{self.socket}"',
            "[picking]", f"max_wait_s = {20 / speed + plan_s + 0.1:.3f}", f"plan_s = {plan_s:.3f}",
        ]  # fmt: skip
        for number, printer in enumerate(self.printers, start=1):
            lines += [
                "[[printers]]",
                f'id = "lp{number}"',
                f'url = "tcp://127.0.0.1:{printer.port}"',
                'group = "pack"',
            ]
        for number, scanner in enumerate(self.scanners, start=1):
            lines += [
                "[[scanners]]",
                f'id = "dock{number}"',
                f'url = "{scanner.url}"',
                'role = "ship"',
                'feedback = "bel"',
            ]
        self.config_file.write_text("\n".join(lines) + "\n", "utf-8")

    async def start_agent(self, timeout_s: float = 30.0) -> float:
        """Start it and wait until it is ready; how long that took, in seconds. ChildFailed."""
        began = time.monotonic()
        self.agent.start()
        while not await self._is_ready():
            if not self.agent.running or time.monotonic() - began > timeout_s:
                raise ChildFailed(f"the agent did not get ready:\n{self.agent.last_words()}")
            await asyncio.sleep(0.02)
        return time.monotonic() - began

    async def _is_ready(self) -> bool:
        try:
            return (await self.api.get("/readyz")).status_code == httpx.codes.OK
        except httpx.HTTPError:
            return False

    async def floor(self) -> dict[str, Any]:
        """The agent's own picture."""
        view: dict[str, Any] = (await self.api.get("/v1/floor")).json()
        return view

    async def whole_floor_up(self, timeout_s: float = 60.0) -> None:
        """Until master data, waybills, printers and PDAs are all there. ChildFailed."""
        deadline = time.monotonic() + timeout_s
        while True:
            view = await self.floor()
            printers = all(printer["ready"] for printer in view["printers"])
            pdas = sum(pda["online"] for pda in view["pdas"]) == len(self.pickers)
            if printers and pdas and not view["degraded"]:
                return
            if time.monotonic() > deadline:
                raise ChildFailed(f"the floor did not come up: {view['degraded']}\n{self.agent.last_words()}")
            await asyncio.sleep(_SHOWS_EVERY_S)

    # --- the day --------------------------------------------------------------------------------------------

    async def start_day(self) -> None:
        """Orders come from now on."""
        (await self.hub.post("/sandbox/start")).raise_for_status()

    async def stop_day(self) -> None:
        """No new orders; what was begun goes on."""
        (await self.hub.post("/sandbox/stop")).raise_for_status()

    async def progress(self) -> dict[str, Any]:
        """The hub's figures so far."""
        figures: dict[str, Any] = (await self.hub.get("/sandbox/progress")).json()
        return figures

    async def until_empty(
        self, timeout_s: float, show: Callable[[dict[str, Any]], None] = lambda _: None
    ) -> bool:
        """Until every order is shipped or called off, at the hub; False where that took too long."""
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline:
            self.check_people()
            figures = await self.progress()
            show(figures)
            if figures["arrivals_done"] and not figures["to_come"] and not figures["open"]:
                return True
            await asyncio.sleep(_SHOWS_EVERY_S)
        return False
