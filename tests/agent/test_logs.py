"""No secret stands in any line of the log, whoever logs it and however loud it is."""

from __future__ import annotations

import asyncio
import io
import json
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.config import parse
from agent.floor_link import FloorLink
from agent.logs import keep_secret, keep_secret_url, redacted, set_up_log
from agent.notify import Operators, send_by_process
from agent.notify_messages import Delivery
from sync.client import HubClient
from sync.credentials import FileToken
from sync.errors import HubError
from sync.sandbox.proxy import Fault, FaultyProxy
from tests.sync.conftest import going
from tests.sync.stores import agent_event

TOKEN = "s3cret-token-0001"


@pytest.fixture(autouse=True)
def _no_secrets_yet(monkeypatch: pytest.MonkeyPatch) -> None:
    """And none of these tests' afterwards."""
    monkeypatch.setattr("agent.logs._secrets", set())


@pytest.fixture
def loud(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """Every logger at its loudest, and what the agent's log gets of it."""
    monkeypatch.setenv("FLOORHAND_LOG_LEVEL", "DEBUG")
    root, lines = logging.getLogger(), io.StringIO()
    before, level = root.handlers[:], root.level
    root.handlers.clear()  # set_up_log would close those of pytest
    set_up_log("json")
    (handler,) = root.handlers
    assert isinstance(handler, logging.StreamHandler)
    handler.setStream(lines)
    logging.getLogger("httpx").setLevel(logging.DEBUG)
    yield lines
    root.handlers[:] = before
    root.setLevel(level)
    logging.getLogger("httpx").setLevel(logging.NOTSET)


async def test_a_failing_hub_at_debug_level_gives_no_token_away(loud: io.StringIO, tmp_path: Path) -> None:
    (tmp_path / "hub-token").write_text(TOKEN)
    echo = b'{"detail": "who is Bearer %b?"}' % TOKEN.encode()
    answers = [
        b"HTTP/1.1 401 No\r\nContent-Length: %d\r\n\r\n%b" % (len(echo), echo),
        b"HTTP/1.1 500 No\r\n\r\n",
    ]
    async with (
        FaultyProxy(9) as proxy,
        HubClient(proxy.url, "WH1", FileToken(tmp_path / "hub-token", keep_secret)) as client,
    ):
        proxy.faults.extend(Fault(answer=answer) for answer in answers)
        for _ in answers:
            with pytest.raises(HubError) as caught:
                await client.ship([agent_event(1)])
            assert TOKEN not in str(caught.value)
            logging.getLogger("somebody").error(
                "headers: %s", {"Authorization": f"Bearer {TOKEN}"}, exc_info=caught.value
            )
    lines = loud.getvalue()
    assert "httpcore" in lines
    assert TOKEN not in lines
    assert all(json.loads(line) for line in lines.splitlines())


@pytest.mark.parametrize("scheme", ["mqtt", "mqtts"])
async def test_a_broker_that_cannot_be_reached_gives_no_password_away(
    loud: io.StringIO, tmp_path: Path, scheme: str
) -> None:
    """It answers with what no broker says."""
    (tmp_path / "p").write_text("br0ker-password")
    data = {
        "site": {"id": "W"},
        "hub": {"url": "http://h"},
        "broker": {"url": f"{scheme}://127.0.0.1:1", "username": "agent", "password_file": "p"},
    }
    shown: list[bytes] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        shown.append(await reader.read(1000))
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        data["broker"]["url"] = f"{scheme}://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        link = FloorLink(parse(data, tmp_path / "f.toml"), "1.0")
        async with going(link.run()), asyncio.timeout(10):
            while "no broker" not in loud.getvalue():  # noqa: ASYNC110  # it is a plain text
                await asyncio.sleep(0.01)
    assert any(b"br0ker-password" in said for said in shown) is (scheme == "mqtt")
    assert "br0ker-password" not in loud.getvalue()


@pytest.mark.parametrize(
    "url",
    [
        "json://user:p4ssword-77@127.0.0.1:9/hook-77-secret?+X-Token=header-77-secret",
        "dingtalk://token77secret0123456789abcdef/15500000077",
        "feishu://77secret-0123-4567-89ab-cdef01234567",
        "mailtos://user:p4ssword-77@mail.invalid?to=x@y.invalid",
    ],
)
async def test_a_service_that_cannot_be_reached_gives_no_part_of_its_url_away(
    loud: io.StringIO, url: str
) -> None:
    operators = Operators([url], "WH1")
    fault = await send_by_process(Delivery(url, "t", "x"), within_s=8)
    assert fault
    logging.getLogger("somebody").error("%s: %s", url, fault)
    for line in (*loud.getvalue().splitlines(), fault, *operators.faults):
        assert "77" not in line


def test_a_library_that_logs_parts_of_a_url_of_secrets_gives_none_away(loud: io.StringIO) -> None:
    keep_secret_url("json://user:p4ss%40word-77@hooks.example/path-77-secret?+X-Token=header-77-secret")
    pool = logging.getLogger("urllib3.connectionpool")
    pool.debug('%s "%s %s HTTP/1.1" 200', "http://hooks.example:80", "POST", "/path-77-secret")
    pool.debug("headers %r of %s", {"X-Token": "header-77-secret"}, "p4ss@word-77")
    assert "77" not in loud.getvalue()
    assert "hooks.example" in loud.getvalue()


@pytest.mark.parametrize("style", ["json", "console"])
@given(secret=st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), min_size=8, max_size=40))
def test_a_secret_of_any_characters_stands_in_no_line(style: str, secret: str) -> None:
    keep_secret(secret)
    lines = written(style, "login with %s as %r", secret, {"password": secret}, error=ValueError(secret))
    text = lines if style == "console" else "".join(map(str, json.loads(lines).values()))
    assert secret not in text
    assert repr(secret)[1:-1] not in text


def written(style: str, message: str, *args: object, error: Exception) -> str:
    """The line of one record, without a handler."""
    root = logging.getLogger()
    before, level, quiet = root.handlers[:], root.level, logging.getLogger("httpx").level
    root.handlers.clear()  # set_up_log would close those of pytest
    set_up_log(style)
    formatter = root.handlers[0].formatter
    root.handlers[:] = before
    root.setLevel(level)
    logging.getLogger("httpx").setLevel(quiet)
    assert formatter is not None
    info = (type(error), error, None)
    return formatter.format(logging.LogRecord("x", logging.ERROR, "f", 1, message, args, info))


def test_a_password_in_an_address_is_hidden_though_nobody_has_told_of_it() -> None:
    assert redacted("proxy http://site:p4ss@proxy.example:3128 refused") == (
        "proxy http://***@proxy.example:3128 refused"
    )


def test_secrets_of_the_configuration_are_known_as_soon_as_they_are_read(tmp_path: Path) -> None:
    (tmp_path / "broker").write_text("br0ker-password\n")
    data = {
        "site": {"id": "W"},
        "hub": {"url": "http://h"},
        "broker": {"url": "mqtt://b", "password_file": "broker"},
    }
    config = parse(data, tmp_path / "f.toml")
    config.secret(config.broker.password_file)
    assert redacted("CONNECT u br0ker-password") == "CONNECT u ***"


def test_what_is_too_short_to_be_a_secret_hides_nothing() -> None:
    keep_secret("a")
    assert redacted("a day") == "a day"
