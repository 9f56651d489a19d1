"""The MQTT link against real brokers: commit before ack, order, sessions, wills, outages."""

import asyncio
import os
import signal
import uuid
from collections import defaultdict

import pytest

from devices.broker import EmbeddedBroker
from devices.mqtt import Message, MqttLink, Will
from tests.devices.pda.conftest import Connect, Peer


@pytest.fixture
def name() -> str:
    """Client ids and topics of this test alone, for the broker is shared."""
    return uuid.uuid4().hex[:12]


async def test_messages_arrive_and_are_acknowledged(
    any_broker: EmbeddedBroker, connect: Connect, name: str
) -> None:
    async with (
        connect(any_broker.url, client_id=f"{name}r", subscriptions=[f"{name}/#"]) as reader,
        connect(any_broker.url, client_id=f"{name}w") as writer,
    ):
        await asyncio.gather(*(writer.link.publish(f"{name}/a", b"%d" % n) for n in range(300)))
        assert await reader.receive(300) == [b"%d" % n for n in range(300)]


async def test_a_message_whose_handler_did_not_return_comes_again(
    any_broker: EmbeddedBroker, connect: Connect, name: str
) -> None:
    started = asyncio.Event()

    async def crash_before_commit(message: Message) -> None:
        started.set()
        await asyncio.Event().wait()

    me = {"client_id": f"{name}r", "subscriptions": [f"{name}/a"]}
    async with connect(any_broker.url, client_id=f"{name}w") as writer:
        async with connect(any_broker.url, on_message=crash_before_commit, **me):
            await writer.link.publish(f"{name}/a", b"once")
            await asyncio.wait_for(started.wait(), 10)
        async with connect(any_broker.url, **me) as reader:
            assert await reader.receive() == [b"once"]


async def test_a_handled_message_does_not_come_again(
    any_broker: EmbeddedBroker, connect: Connect, name: str
) -> None:
    me = {"client_id": f"{name}r", "subscriptions": [f"{name}/a"]}
    async with connect(any_broker.url, client_id=f"{name}w") as writer:
        async with connect(any_broker.url, **me) as reader:
            await writer.link.publish(f"{name}/a", b"first")
            assert await reader.receive() == [b"first"]
        await writer.link.publish(f"{name}/a", b"second")
        async with connect(any_broker.url, **me) as reader:
            assert await reader.receive() == [b"second"]


async def test_one_topic_is_handled_in_order_and_topics_side_by_side(
    broker: EmbeddedBroker, connect: Connect, name: str
) -> None:
    running: defaultdict[str, int] = defaultdict(int)
    together, all_topics = 0, asyncio.Event()
    handled: asyncio.Queue[Message] = asyncio.Queue()

    async def slow(message: Message) -> None:
        nonlocal together
        running[message.topic] += 1
        assert running[message.topic] == 1, "two messages of one topic at the same time"
        together = max(together, sum(running.values()))
        if together == 5:
            all_topics.set()
        await asyncio.wait_for(all_topics.wait(), 10)
        running[message.topic] -= 1
        handled.put_nowait(message)

    async with (
        connect(broker.url, client_id=f"{name}r", subscriptions=[f"{name}/#"], on_message=slow),
        connect(broker.url, client_id=f"{name}w") as writer,
    ):
        await asyncio.gather(*(writer.link.publish(f"{name}/{n % 5}", b"%02d" % n) for n in range(20)))
        async with asyncio.timeout(10):
            messages = [await handled.get() for _ in range(20)]
    for topic in range(5):
        payloads = [message.payload for message in messages if message.topic == f"{name}/{topic}"]
        assert payloads == [b"%02d" % n for n in range(20) if n % 5 == topic]


async def test_acknowledgements_leave_in_the_order_of_receipt(
    broker: EmbeddedBroker, connect: Connect, name: str
) -> None:
    """The first message is stuck, so the second, though handled, is not acknowledged: both come again."""
    second_done = asyncio.Event()

    async def first_hangs(message: Message) -> None:
        if message.topic.endswith("/1"):
            await asyncio.Event().wait()
        second_done.set()

    me = {"client_id": f"{name}r", "subscriptions": [f"{name}/#"]}
    async with connect(broker.url, client_id=f"{name}w") as writer:
        async with connect(broker.url, on_message=first_hangs, **me):
            await writer.link.publish(f"{name}/1", b"first")
            await writer.link.publish(f"{name}/2", b"second")
            await asyncio.wait_for(second_done.wait(), 10)
        async with connect(broker.url, **me) as reader:
            assert await reader.receive(2) == [b"first", b"second"]


async def test_an_error_of_the_handler_ends_the_link_and_leaves_the_message(
    broker: EmbeddedBroker, connect: Connect, name: str
) -> None:
    async def broken(message: Message) -> None:
        raise ZeroDivisionError(message.topic)

    topic = f"{name}/a"
    async with connect(broker.url, client_id=f"{name}w") as writer:
        await writer.link.publish(topic, b"poison", retain=True)
        peer = Peer(MqttLink(broker.url, client_id=f"{name}r", subscriptions=[topic]))
        with pytest.raises(ZeroDivisionError, match=topic):
            await asyncio.wait_for(peer.link.run(broken, peer.on_connected), 10)
        async with connect(broker.url, client_id=f"{name}r", subscriptions=[topic]) as reader:
            assert await reader.receive() == [b"poison"]


async def test_the_broker_tells_whether_it_still_has_the_session(
    any_broker: EmbeddedBroker, name: str
) -> None:
    peer = Peer(MqttLink(any_broker.url, client_id=name, subscriptions=[f"{name}/a"], retry_first_s=0.02))
    task = asyncio.create_task(peer.link.run(peer.on_message, peer.on_connected))
    assert await peer.until_connected() is False
    peer.link.cut()
    assert await peer.until_connected() is True
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_retained_messages_reach_a_late_subscriber_marked_as_such(
    any_broker: EmbeddedBroker, connect: Connect, name: str
) -> None:
    async with connect(any_broker.url, client_id=f"{name}w") as writer:
        await writer.link.publish(f"{name}/a", b"task", retain=True)
        async with connect(any_broker.url, client_id=f"{name}r", subscriptions=[f"{name}/a"]) as reader:
            message = await asyncio.wait_for(reader.inbox.get(), 10)
            assert (message.payload, message.retain) == (b"task", True)


@pytest.mark.parametrize("how", ["goodbye", "cut"])
async def test_the_will_is_published_with_and_without_a_goodbye(
    any_broker: EmbeddedBroker, connect: Connect, name: str, how: str
) -> None:
    async with connect(any_broker.url, client_id=f"{name}r", subscriptions=[f"{name}/will"]) as reader:
        async with connect(
            any_broker.url, client_id=f"{name}w", will=Will(f"{name}/will", b"gone")
        ) as writer:
            if how == "cut":
                writer.link.cut()
                assert await reader.receive() == [b"gone"]
        if how == "goodbye":
            assert await reader.receive() == [b"gone"]


async def test_a_publication_waits_for_a_broker_that_restarts(connect: Connect) -> None:
    with EmbeddedBroker() as broker:
        async with connect(broker.url, client_id="w") as writer:
            broker.stop()
            waiting = [
                asyncio.create_task(writer.link.publish("a", b"%d" % n, retain=True)) for n in range(5)
            ]
            broker.start()
            await asyncio.wait_for(asyncio.gather(*waiting), 10)
        async with connect(broker.url, client_id="r", subscriptions=["a"]) as reader:
            assert await reader.receive() == [b"4"]


async def test_publications_in_flight_survive_a_killed_broker(connect: Connect) -> None:
    if EmbeddedBroker().name != "mosquitto":
        pytest.skip("only mosquitto keeps sessions over a restart")
    with EmbeddedBroker() as broker:
        async with (
            connect(broker.url, client_id="r", subscriptions=["a"]) as reader,
            connect(broker.url, client_id="w") as writer,
        ):
            os.kill(broker.pid or 0, signal.SIGSTOP)  # it takes the bytes no more, and then it is gone
            sending = [asyncio.create_task(writer.link.publish("a", b"%d" % n)) for n in range(50)]
            await asyncio.sleep(0.05)
            broker.stop(kill=True)
            broker.start()
            await asyncio.wait_for(asyncio.gather(*sending), 20)
            assert await reader.receive(50) == [b"%d" % n for n in range(50)]


async def test_a_cancelled_publication_that_has_not_left_is_withdrawn(connect: Connect) -> None:
    down = asyncio.Event()
    with EmbeddedBroker() as broker:
        async with (
            connect(broker.url, client_id="r", subscriptions=["a"]) as reader,
            connect(broker.url, client_id="w", on_state=lambda up, _: None if up else down.set()) as writer,
        ):
            broker.stop()
            await asyncio.wait_for(down.wait(), 10)
            unwanted = asyncio.create_task(writer.link.publish("a", b"unwanted"))
            wanted = asyncio.create_task(writer.link.publish("a", b"wanted"))
            await asyncio.sleep(0)
            unwanted.cancel()
            broker.start()
            await asyncio.wait_for(wanted, 10)
            assert await reader.receive() == [b"wanted"]


async def test_why_there_is_no_connection_is_told(name: str) -> None:
    reasons: asyncio.Queue[tuple[bool, str]] = asyncio.Queue()
    link = MqttLink(
        "mqtt://127.0.0.1:1", client_id=name, on_state=lambda up, why: reasons.put_nowait((up, why))
    )
    peer = Peer(link)
    task = asyncio.create_task(link.run(peer.on_message, peer.on_connected))
    connected, reason = await asyncio.wait_for(reasons.get(), 10)
    assert not connected
    assert "127.0.0.1" in reason
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


@pytest.mark.parametrize("url", ["http://x", "mqtt://", "127.0.0.1:1883"])
def test_a_wrong_address_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="not an MQTT address"):
        MqttLink(url, client_id="a")


@pytest.mark.parametrize("topic", ["", "a/+", "#"])
async def test_a_pattern_is_nothing_to_publish_on(topic: str) -> None:
    with pytest.raises(ValueError, match="not a topic"):
        await MqttLink("mqtt://127.0.0.1", client_id="a").publish(topic, b"")
