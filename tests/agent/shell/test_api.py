"""The local API over its real sockets: what is shown, what is asked, and who may."""

from __future__ import annotations

import asyncio
import json
import stat
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from httpx_sse import aconnect_sse
from msgspec.structs import replace
from prometheus_client.parser import text_string_to_metric_families

from agent.api.messages import FloorView
from agent.api.server import LocalApi
from agent.config import Config
from agent.core import commands as c
from agent.core import events as ev
from agent.core.times import from_text
from agent.desk import TaskDesk
from agent.floor_link import FloorLink
from agent.roster import PrinterRoster
from agent.spool import Spool
from agent.station_screens import StationScreens
from agent.stations import Stations
from agent.store.store import Store, Transaction
from agent.views import Views
from tests.agent.floors import CONSIGNEE, order, stop, wave
from tests.agent.shell.stage import (
    WAIT_S,
    Diary,
    ask,
    came_out,
    config_of,
    jobs_of,
    journal_of,
    pay,
    running,
    stock_up,
    until,
)


class Office:
    """A store behind its API; no device works, so that nothing moves by itself."""

    def __init__(self, store: Store, views: Views, client: httpx.AsyncClient) -> None:
        self.store = store
        self.views = views
        self.client = client
        self.diary = Diary(store)

    async def get(self, path: str, **query: Any) -> Any:
        answer = await self.client.get(path, params=query)
        assert answer.status_code == httpx.codes.OK, answer.text
        return answer.json()

    async def command(self, kind: str, **fields: Any) -> dict[str, Any]:
        body = {"id": "c1", "type": kind, "by": "mei"} | fields
        answer = await self.client.post("/v1/commands", json=body)
        assert answer.status_code == httpx.codes.OK, answer.text
        told: dict[str, Any] = answer.json()
        assert told["id"] == body["id"]
        return told


@asynccontextmanager
async def office(config: Config) -> AsyncIterator[Office]:
    roster = PrinterRoster(config.printers)
    store = Store(config.site.data_dir, "WH1", roster)
    store.open()
    try:
        await stock_up(store)
        link, spool = FloorLink(config, "1.0"), Spool(store, config, roster)
        desk = TaskDesk(store, link, config)
        views = Views(store, spool, desk, Stations(store, link, StationScreens(link), config), "1.0")
        listening = asyncio.Event()
        transport = httpx.AsyncHTTPTransport(uds=str(config.api.socket))
        async with (
            running(LocalApi(store, views, config).run(listening.set)),
            httpx.AsyncClient(transport=transport, base_url="http://agent", timeout=10) as client,
        ):
            await listening.wait()
            yield Office(store, views, client)
    finally:
        await store.close()


@pytest.fixture
def config(data_dir: Path) -> Config:
    return config_of(data_dir, printers=[{"id": "lp1", "url": "tcp://127.0.0.1:9"}])


@pytest.fixture
async def made(config: Config) -> AsyncIterator[Office]:
    async with office(config) as opened:
        yield opened


# --- in a thread of their own --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("view", "path"),
    [
        ("floor", "/v1/floor"),
        ("orders", "/v1/orders?q=SO"),
        ("order", "/v1/orders/SO-1"),
        ("exceptions", "/v1/exceptions"),
        ("quarantine", "/v1/quarantine"),
        ("departures", "/v1/manifests"),
        ("manifest", "/v1/manifests/SF/later"),
    ],
)
async def test_whoever_looks_at_something_large_holds_up_no_work(
    made: Office, monkeypatch: pytest.MonkeyPatch, view: str, path: str
) -> None:
    begun, go_on = threading.Event(), threading.Event()
    look = getattr(made.views, view)

    def slow(*asked: Any, **named: Any) -> Any:
        begun.set()
        go_on.wait(WAIT_S)
        return look(*asked, **named)

    monkeypatch.setattr(made.views, view, slow)
    await pay(made.store, "SO-1")
    looking = asyncio.create_task(made.get(path))
    await until(begun.is_set)
    assert (await made.command("order.hold", order_no="SO-1", reason="fraud?"))["status"] == "applied"
    assert not looking.done()
    go_on.set()
    await looking


# --- the socket ---------------------------------------------------------------------------------------------


async def test_the_socket_is_its_groups_and_nobody_elses(config: Config) -> None:
    async with office(config):
        assert stat.S_IMODE(config.api.socket.stat().st_mode) == 0o660


async def test_a_killed_agents_socket_is_replaced(config: Config) -> None:
    for _ in range(2):
        async with office(config) as opened:
            assert (await opened.get("/healthz")) == {"ok": True}
        assert config.api.socket.exists()


async def test_ready_is_503_until_it_is(made: Office) -> None:
    before = await made.client.get("/readyz")
    made.views.ready, made.views.degraded = True, ("broker down",)
    assert before.status_code == 503
    assert await made.get("/readyz") == {"ready": True, "degraded": ["broker down"]}


async def test_the_tcp_listener_wants_the_token_but_for_its_health(data_dir: Path, free_port: int) -> None:
    (data_dir / "api-token").write_text("s3cret\n")
    base = config_of(data_dir)
    api = msgspec.structs.replace(base.api, listen=f"127.0.0.1:{free_port}", token_file=Path("api-token"))
    async with office(msgspec.structs.replace(base, api=api)) as made:
        await made.get("/v1/floor")  # no token on the socket
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{free_port}", trust_env=False) as tcp:
            codes = [(await tcp.get(path)).status_code for path in ("/healthz", "/readyz", "/v1/floor")]
            wrong = await tcp.get("/v1/floor", headers={"Authorization": "Bearer s3cre"})
            right = await tcp.get("/v1/floor", headers={"Authorization": "Bearer s3cret"})
        assert codes == [200, 503, 401]
        assert (wrong.status_code, right.status_code) == (401, 200)
        assert wrong.headers["content-type"] == "application/problem+json"


# --- the floor ----------------------------------------------------------------------------------------------


async def test_the_floor_counts_orders_by_state(made: Office) -> None:
    await ask(made.store, order("SO-1"))
    await pay(made.store, "SO-2", "SO-3")
    await ask(made.store, c.HoldOrder(order_no="SO-3", reason="wait"))
    view = msgspec.convert(await made.get("/v1/floor"), FloorView)
    assert {state: count for state, count in view.orders.items() if count} == {
        "received": 1, "ready": 1, "held": 1,
    }  # fmt: skip
    assert [(each.printer, each.queued) for each in view.printers] == [("lp1", 2)]


async def test_the_stream_shows_the_floor_now_and_after_a_change(made: Office) -> None:
    async with asyncio.timeout(10), aconnect_sse(made.client, "GET", "/v1/floor/stream") as source:
        pictures = source.aiter_sse()
        first = (await anext(pictures)).json()
        await pay(made.store, "SO-1")
        while not (later := (await anext(pictures)).json())["orders"]["ready"]:
            continue
        assert (first["orders"]["ready"], later["orders"]["ready"]) == (0, 1)
        await pictures.aclose()


# --- orders -------------------------------------------------------------------------------------------------


async def test_orders_come_in_pages_without_a_gap(made: Office) -> None:
    names = [f"SO-{number}" for number in range(1, 8)]
    await pay(made.store, *names)
    found, after = [], ""
    while after is not None:
        page = await made.get("/v1/orders", limit=3, after=after)
        found += [each["order_no"] for each in page["orders"]]
        after = page["next"]
    assert found == names


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"state": "received"}, ["SO-1"]),
        ({"state": "ready"}, ["SO-2"]),
        ({"state": "held"}, ["SO-3"]),
        ({"carrier": "SF"}, ["SO-1", "SO-2", "SO-3"]),
        ({"carrier": "YTO"}, []),
        ({"q": "O-2"}, ["SO-2"]),
        ({"q": "SF001"}, ["SO-2"]),
        ({"q": "%"}, []),
    ],
)
async def test_orders_are_found_by_state_carrier_and_text(
    made: Office, query: dict[str, str], expected: list[str]
) -> None:
    await ask(made.store, order("SO-1"))
    await pay(made.store, "SO-2", "SO-3")
    await ask(made.store, c.HoldOrder(order_no="SO-3", reason="wait"))
    assert [each["order_no"] for each in (await made.get("/v1/orders", **query))["orders"]] == expected


@pytest.mark.parametrize("limit", ["0", "501", "x", "-1"])
async def test_a_limit_out_of_range_is_a_400(made: Office, limit: str) -> None:
    assert (await made.client.get("/v1/orders", params={"limit": limit})).status_code == 400


async def test_one_order_has_waybills_timeline_and_lineage(made: Office) -> None:
    await pay(made.store, "SO/1 甲")
    found = await made.get("/v1/orders/SO%2F1%20%E7%94%B2")
    (waybill,) = found["waybills"]
    assert found["state"] == "ready"
    assert (waybill["waybill"], waybill["copy"], waybill["state"]) == ("SF001", 1, "labelled")
    assert [each["type"] for each in found["timeline"]] == ["order.accepted", "order.paid", "label.queued"]
    assert found["lineage"]["payment_ref"][0]["value"] == "pay-1"
    assert found["timeline"][0]["sequence"] > 0


async def test_its_lineage_says_who_by_which_event_and_when_there_and_here(made: Office) -> None:
    said = replace(order("SO-1"), by="hub:/erp", id="e1", changed_at=from_text("2026-06-18T00:00:00Z"))
    await ask(made.store, said)
    await made.command("order.hold", order_no="SO-1", reason="fraud?", device="desk-2")
    found = await made.get("/v1/orders/SO-1")
    (owner,), (held,) = found["lineage"]["owner"], found["lineage"]["held"]
    assert {name: owner[name] for name in ("value", "source", "event", "event_id", "changed_at")} == {
        "value": "ACME", "source": "hub:/erp", "event": "order.accepted", "event_id": "e1",
        "changed_at": "2026-06-18T00:00:00.000Z",
    }  # fmt: skip
    assert (held["value"], held["decided_by"]) == ("fraud?", "person:mei")
    assert [each["type"] for each in found["timeline"]] == ["order.accepted", "order.held", "person.acted"]
    (act,) = journal_of(made.store, "person.acted")
    assert act.device == "desk-2"


async def test_personal_data_are_erased_once_the_order_has_ended(made: Office) -> None:
    await pay(made.store, "SO-1")
    early = await made.command("personal.erase", order_no="SO-1", reason="asked")
    assert (early["status"], early["reason"].partition(":")[0]) == ("refused", "not-ended")
    await made.command("order.cancel", id="c2", order_no="SO-1", reason="asked")
    assert (await made.command("personal.erase", id="c3", order_no="SO-1", reason="asked"))[
        "status"
    ] == "applied"
    found = await made.get("/v1/orders/SO-1")
    assert set(found["order"]["consignee"].values()) == {"(erased)"}
    assert CONSIGNEE["name"] not in json.dumps(found, ensure_ascii=False)


async def test_an_archive_that_is_damaged_is_a_500_that_names_the_file(made: Office, data_dir: Path) -> None:
    await pay(made.store, "SO-1")
    part = (1, 9, 0, 0, b"", "journal-2026-06.ndjson.gz", 0, 1, b"")

    def pretend(transaction: Transaction) -> None:
        transaction.floor.connection.execute("INSERT INTO archive_parts VALUES (?,?,?,?,?,?,?,?,?)", part)
        transaction.floor.connection.execute("INSERT INTO archive_subjects VALUES ('SO-1', 1)")

    await made.store.submit(pretend)
    answer = await made.client.get("/v1/orders/SO-1")
    assert answer.status_code == 500
    assert "archive/journal-2026-06.ndjson.gz: rows 1 to 9: cannot be read" in answer.json()["detail"]


async def test_an_order_that_is_not_here_is_a_404(made: Office) -> None:
    assert (await made.client.get("/v1/orders/SO-404")).status_code == 404


# --- commands -----------------------------------------------------------------------------------------------


async def test_a_hold_and_its_release(made: Office) -> None:
    await pay(made.store, "SO-1")
    held = await made.command("order.hold", order_no="SO-1", reason="fraud?")
    again = await made.command("order.hold", order_no="SO-1", reason="fraud?")
    freed = await made.command("order.unhold", id="c2", order_no="SO-1")
    assert [each["status"] for each in (held, again, freed)] == ["applied", "repeat", "applied"]


async def test_a_cancellation_and_why_another_is_refused(made: Office) -> None:
    await pay(made.store, "SO-1")
    assert (await made.command("order.cancel", order_no="SO-1", reason="called"))["status"] == "applied"
    for _ in range(2):
        refused = await made.command("order.cancel", id="c2", order_no="SO-9", reason="called")
        assert refused["status"] == "refused"
        assert ": " in refused["reason"]


async def test_a_reprint_goes_to_a_printer_that_there_is(made: Office) -> None:
    await pay(made.store, "SO-1")
    await came_out(made.store, "SO-1")
    reprint = {"order_no": "SO-1", "reason": "torn"}
    unknown = await made.command("label.reprint", id="c2", printer="lp9", **reprint)
    assert (await made.command("label.reprint", printer="lp1", **reprint))["status"] == "applied"
    assert unknown["status"] == "refused"
    assert unknown["reason"].startswith("unknown-printer: ")
    assert [job.copy_no for job in jobs_of(made.store, "SO-1")] == [1, 2]


@pytest.mark.parametrize("printed", [True, False])
async def test_a_suspect_label_is_settled_by_a_persons_word(made: Office, printed: bool) -> None:
    await pay(made.store, "SO-1")
    job = jobs_of(made.store, "SO-1")[0].job
    await ask(made.store, c.StartPrint(job=job, printer="lp1"), c.SuspectPrint(job=job, reason="cut"))
    assert (await made.command("label.settle", job=job, printed=printed))["status"] == "applied"
    assert jobs_of(made.store, "SO-1")[0].state == ("confirmed" if printed else "queued")


async def test_a_list_is_recalled(made: Office) -> None:
    await pay(made.store, "SO-1")
    await ask(made.store, wave(stop()))
    (task,) = made.diary.all(ev.TaskAssigned)
    assert (await made.command("task.recall", task=task.task, reason="r"))["status"] == "applied"
    assert made.diary.all(ev.TaskRecalled)[0].task == task.task


async def test_a_printer_is_paused_and_resumed(made: Office) -> None:
    states = []
    for number, kind in enumerate(("printer.pause", "printer.resume")):
        await made.command(kind, id=f"c{number}", printer="lp1")
        states.append((await made.get("/v1/floor"))["printers"][0]["state"])
    assert states == ["paused", "unknown"]  # nobody has asked it here


async def test_an_exception_is_shown_until_it_is_closed(made: Office) -> None:
    await ask(made.store, c.OpenException(kind="count", subject="A-01/A", text="count it"))
    (shown,) = (await made.get("/v1/exceptions"))["exceptions"]
    await made.command("exception.close", exception=shown["exception"], note="counted")
    assert (shown["kind"], shown["text"]) == ("count", "count it")
    assert (await made.get("/v1/exceptions"))["exceptions"] == []


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"not json",
        b'{"id": "1", "by": "mei"}',
        b'{"id": "1", "by": "mei", "type": "order.explode", "order_no": "SO-1"}',
        b'{"id": "1", "by": "mei", "type": "order.hold", "order_no": "SO-1"}',
        b'{"id": "", "by": "mei", "type": "order.unhold", "order_no": "SO-1"}',
        b'{"id": "1", "by": "mei", "type": "label.settle", "job": "J1", "printed": "yes"}',
        b'{"type": "order.unhold", "id": "1", "by": "mei", "order_no": "\\ud800"}',
    ],
)
async def test_a_malformed_command_is_a_400_and_changes_nothing(made: Office, body: bytes) -> None:
    answer = await made.client.post("/v1/commands", content=body)
    assert answer.status_code == 400
    assert answer.json()["detail"]
    assert made.diary.entries == []


# --- metrics ------------------------------------------------------------------------------------------------


async def test_metrics_are_what_prometheus_reads_and_what_the_floor_shows(made: Office) -> None:
    await ask(made.store, order())
    answer = await made.client.get("/metrics")
    samples = {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }
    view = await made.get("/v1/floor")
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    assert {state: samples["floorhand_orders", state] for state in view["orders"]} == view["orders"]
    assert samples["floorhand_hub_backlog_events",] == view["hub"]["backlog"] > 0
    assert samples["floorhand_info", "WH1", view["version"]] == 1
    assert samples["floorhand_waybills_free", "SF"] >= 0
    assert all(name.startswith("floorhand_") for name, *_ in samples)
