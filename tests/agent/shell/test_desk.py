"""The task desk, over a real broker: what PDAs are answered and shown."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import pytest

from agent.config import Config
from agent.core import commands as c
from agent.core import events as ev
from agent.desk import TaskDesk
from agent.floor_link import FloorLink
from agent.store.store import Store
from devices.broker import EmbeddedBroker
from devices.mqtt import Message
from devices.topics import Topics
from tests.agent.floors import GTIN, OnePrinter, lines, order, stop, wave
from tests.agent.shell.pda import Pda, pda_at
from tests.agent.shell.stage import Diary, ask, config_of, pay, running, stock_up, until
from tests.devices.pda.conftest import connected_peer


class Floor:
    """A store with its desk at work."""

    def __init__(self, store: Store, link: FloorLink, desk: TaskDesk) -> None:
        self.store = store
        self.desk = desk
        self.link = link
        self.diary = Diary(store)

    async def give(self, order_no: str = "SO-1", qty: int = 2, pda: str = "P1") -> None:
        """A list with one stop, for a paid order."""
        await pay(self.store, order_no, lines=lines((1, "A", qty)))
        await ask(self.store, wave(stop(order_no, qty=qty), pda=pda))


@asynccontextmanager
async def floor(config: Config, *, stocked: bool = True) -> AsyncIterator[Floor]:
    store = Store(config.site.data_dir, "WH1", OnePrinter())
    store.open()
    try:
        if stocked:
            await stock_up(store)
        link = FloorLink(config, "1.0")
        desk = TaskDesk(store, link, config)
        async with running(link.run(), desk.run()):
            await until(lambda: link.connected)
            yield Floor(store, link, desk)
    finally:
        await store.close()


@pytest.fixture
def config(data_dir: Path, broker: EmbeddedBroker, site: str) -> Config:
    return config_of(data_dir, site=site, broker_url=broker.url)


@pytest.fixture
async def pda(broker: EmbeddedBroker, site: str) -> AsyncIterator[Pda]:
    async with pda_at(broker.url, site) as made:
        yield made


# --- answers ------------------------------------------------------------------------------------------------


async def test_an_event_is_answered_when_it_is_on_disk(config: Config, pda: Pda) -> None:
    async with floor(config) as made:
        await made.give()
        shown = await pda.list()
        answer = await pda.say("task.accepted", shown["task"], revision=1)
        assert answer["status"] == "applied"
        assert made.diary.all(ev.TaskAccepted)
        assert answer["revision"] == (await pda.list())["revision"] == 2


async def test_the_same_event_again_is_a_repeat_and_changes_nothing(config: Config, pda: Pda) -> None:
    async with floor(config) as made:
        await made.give()
        shown = await pda.list()
        await pda.say("task.accepted", shown["task"], revision=1)
        pick = {"stop": shown["stops"][0]["stop"], "qty": 1, "barcode": GTIN, "id": "same"}
        answers = [await pda.say("stop.picked", shown["task"], **pick) for _ in range(2)]
        assert [answer["status"] for answer in answers] == ["applied", "repeat"]
        assert len(made.diary.all(ev.StopPicked)) == 1


async def test_a_refused_event_is_refused_again_for_the_same_reason(config: Config, pda: Pda) -> None:
    async with floor(config) as made:
        await made.give()
        shown = await pda.list()
        await pda.say("task.accepted", shown["task"], revision=1)
        pick = {"stop": shown["stops"][0]["stop"], "qty": 1, "barcode": "4006381333924", "id": "same"}
        answers = [await pda.say("stop.picked", shown["task"], **pick) for _ in range(2)]
        assert [answer["status"] for answer in answers] == ["refused", "refused"]
        assert answers[0]["reason"].startswith("wrong-barcode: ")
        assert answers[0]["reason"] == answers[1]["reason"]


async def test_a_broken_event_is_answered_where_its_id_can_be_read_and_counted_always(
    config: Config, pda: Pda
) -> None:
    async with floor(config) as made:
        await pda.throw(b"\xff no json")
        answer = await pda.send(b'{"id": "e1", "type": "stop.picked", "task": 7}')
        assert (answer["id"], answer["status"]) == ("e1", "refused")
        assert answer["reason"].startswith("malformed")
        assert made.desk.malformed == 2


async def test_another_pdas_list_is_not_touched(config: Config, broker: EmbeddedBroker, site: str) -> None:
    async with floor(config) as made, pda_at(broker.url, site, "P2") as stranger:
        await made.give(pda="P1")
        task = made.diary.all(ev.TaskAssigned)[0].task
        answer = await stranger.say("task.accepted", task, revision=1)
        assert answer["reason"].startswith("not-your-task: ")


# --- lists --------------------------------------------------------------------------------------------------


async def test_a_list_is_retained_whole_and_empties_when_it_is_done(
    config: Config, broker: EmbeddedBroker, site: str
) -> None:
    async with floor(config) as made:
        await made.give()
        async with pda_at(broker.url, site) as before:
            shown = await before.list()
        assert [(each["sku"], each["qty"], each["barcodes"]) for each in shown["stops"]] == [("A", 2, [GTIN])]
        async with pda_at(broker.url, site) as later:  # as after a restart of the PDA
            assert (await later.list())["task"] == shown["task"]
            await later.say("task.accepted", shown["task"], revision=1)
            await later.say("stop.picked", shown["task"], stop=shown["stops"][0]["stop"], qty=2, barcode=GTIN)
            assert (await later.say("task.done", shown["task"]))["status"] == "applied"
            while await later.task():
                continue
        assert made.diary.all(ev.TaskDone)


async def test_a_change_of_the_order_reaches_the_pda_with_a_higher_revision(config: Config, pda: Pda) -> None:
    async with floor(config) as made:
        await made.give(qty=3)
        first = await pda.list()
        await ask(made.store, order("SO-1", 2, lines=lines((1, "A", 1))))
        second = await pda.list()
        assert second["revision"] > first["revision"]
        assert second["stops"][0]["qty"] == 1
        await until(lambda: len(made.desk.change_to_task_ms) == 2)


async def test_a_list_is_published_at_most_twice_a_second_and_its_last_revision_always(
    config: Config, pda: Pda
) -> None:
    async with floor(config) as made:
        await made.give(qty=30)
        shown = await pda.list()
        await pda.say("task.accepted", shown["task"], revision=1)
        stop_id = shown["stops"][0]["stop"]
        for _ in range(20):
            await pda.say("stop.picked", shown["task"], stop=stop_id, qty=1, barcode=GTIN)
        while (last := await pda.list())["stops"][0]["picked_qty"] < 20:
            continue
        times = [at for at, _ in pda.shown]
        assert last["revision"] == 22
        assert len(times) - 1 <= (times[-1] - times[0]) * 2 + 1


async def test_a_recall_is_shown_and_cleared_after_the_answer(config: Config, pda: Pda) -> None:
    async with floor(config) as made:
        await made.give()
        shown = await pda.list()
        await ask(made.store, c.RecallTask(task=shown["task"], reason="supervisor: other plans"))
        recall = await pda.list()
        assert recall["recalled"] is True
        assert (recall["task"], recall["reason"]) == (shown["task"], "supervisor: other plans")
        assert (await pda.say("task.recalled", shown["task"]))["status"] == "applied"
        assert await pda.task() == b""


# --- brokers and restarts -----------------------------------------------------------------------------------


async def test_a_new_agent_on_the_same_data_shows_the_same_bytes(config: Config, pda: Pda) -> None:
    async with floor(config) as made:
        await made.give()
        shown = await pda.list()
        await pda.say("task.accepted", shown["task"], revision=1)
        await pda.list()
    async with floor(config, stocked=False):
        again = await pda.task()
    assert again == pda.shown[-2][1]
    assert msgspec.json.decode(again)["revision"] == 2


async def test_a_broker_that_lost_everything_is_told_everything_again(data_dir: Path, site: str) -> None:
    with EmbeddedBroker(durable=False) as own:
        async with floor(config_of(data_dir, site=site, broker_url=own.url)) as made:
            async with pda_at(own.url, site) as before:
                await made.give()
                shown = await before.task()
            own.stop()
            await until(lambda: not made.link.connected)
            own.start()
            async with pda_at(own.url, site) as after:
                assert await after.task() == shown


async def test_the_agents_presence_is_retained_and_its_will_says_that_it_is_gone(
    config: Config, broker: EmbeddedBroker, site: str
) -> None:
    heard: asyncio.Queue[Message] = asyncio.Queue()

    async def hear(message: Message) -> None:
        heard.put_nowait(message)

    watching = connected_peer(
        broker.url, client_id=f"{site}-w", subscriptions=(Topics(site).agent_presence,), on_message=hear
    )
    async with watching, floor(config) as made:
        online = msgspec.json.decode((await heard.get()).payload)
        assert (online["online"], online["version"]) == (True, "1.0")
        assert made.link._link is not None
        made.link._link.cut()
        gone = msgspec.json.decode((await heard.get()).payload)
        assert gone["online"] is False


async def test_who_may_get_work_is_online_with_a_picker_and_without_a_list(
    config: Config, broker: EmbeddedBroker, site: str, pda: Pda
) -> None:
    async with (
        floor(config) as made,
        pda_at(broker.url, site, "P2") as nobodys,
        pda_at(broker.url, site, "P3") as free,
    ):
        await pda.present()
        await nobodys.present(picker=None)
        await free.present(zones=["Z1"], slots=3)
        await made.give(pda="P1")
        await until(lambda: len(made.desk.presences) == 3)
        (hand,) = made.desk.idle_hands()
        assert (hand.pda, hand.zones, hand.slots) == ("P3", frozenset({"Z1"}), 3)
        await free.present(online=False)
        await until(lambda: not made.desk.idle_hands())
        assert "P3" in made.desk.gone_since


async def test_master_data_that_changes_never_gives_a_revision_two_contents(config: Config, pda: Pda) -> None:
    async with floor(config) as made:
        await made.give()
        await pda.list()
        await ask(made.store, c.SetSku(data={"sku": "A", "name": "renamed", "barcodes": [GTIN, "12345670"]}))
        made.desk._show_all()
        await pda.list()
    contents: dict[int, set[bytes]] = {}
    for _, payload in pda.shown:
        contents.setdefault(msgspec.json.decode(payload)["revision"], set()).add(payload)
    assert {revision: len(each) for revision, each in contents.items() if len(each) > 1} == {}
