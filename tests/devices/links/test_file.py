"""A printer's device file; a terminal's slave side stands where usblp would be."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from devices.errors import LinkLost, LinkTimeout, LinkUnreachable
from devices.links.file import FileLink
from tests.devices.links.far_ends import FileEnd, opened, take, until

END_OF_FILE = b"\x04"  # on a terminal that edits lines: a read that gives no bytes


async def test_a_device_file_is_held_exclusively() -> None:
    with FileEnd() as far:
        link = await opened(far)
        with pytest.raises(LinkUnreachable, match="held by another process"):
            await FileLink(f"file://{far.path}").open(connect_timeout_s=5)
        await link.close()
        await opened(far)
        await link.close()


async def test_what_waited_before_it_was_opened_is_thrown_away() -> None:
    with FileEnd() as far:
        far.say(b"an answer to someone else")
        link = await opened(far)
        far.say(b"mine")
        assert await link.read(deadline_s=5) == b"mine"
        await link.close()


async def test_an_ordinary_file_is_no_device(tmp_path: Path) -> None:
    (tmp_path / "labels").touch()
    with pytest.raises(LinkUnreachable, match="not a device"):
        await FileLink(f"file://{tmp_path}/labels").open(connect_timeout_s=5)


async def test_a_device_that_cannot_be_waited_for_is_no_printer() -> None:
    with pytest.raises(LinkUnreachable, match="/dev/null"):
        await FileLink("file:///dev/null").open(connect_timeout_s=5)


async def test_one_that_may_only_be_written_prints_and_answers_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    really_open = os.open

    def only_for_writing(path: str, flags: int) -> int:
        if flags & os.O_RDWR:
            raise PermissionError(path)
        return really_open(path, flags)

    monkeypatch.setattr(os, "open", only_for_writing)
    with FileEnd() as far:
        link = await opened(far)
        far.say(b"unheard")
        await link.write(b"label", deadline_s=5)
        assert await take(far, 5) == b"label"
        with pytest.raises(LinkTimeout):
            await link.read(deadline_s=0.02)
        assert link.is_open
        await link.close()


async def test_an_answer_without_bytes_is_no_unplug() -> None:
    with FileEnd() as far:
        os.system(f"stty icanon < {far.path}")  # noqa: ASYNC221
        link = await opened(far)
        far.say(END_OF_FILE)
        with pytest.raises(LinkTimeout):
            await link.read(deadline_s=0.05)
        far.say(b"ready\n")
        assert await link.read(deadline_s=5) == b"ready\n"
        await link.close()


async def test_an_unplug_is_noticed_while_nobody_asks() -> None:
    with FileEnd() as far:
        link = await opened(far)
        far.unplug()
        await until(lambda: not link.is_open)
        with pytest.raises(LinkLost, match="unplugged"):
            await link.read(deadline_s=5)
        await link.close()


async def test_a_reader_that_waits_is_sent_away_when_the_link_is_closed() -> None:
    with FileEnd() as far:
        link = await opened(far)
        reading = asyncio.create_task(link.read(deadline_s=5))
        await asyncio.sleep(0)
        await link.close()
        with pytest.raises(LinkLost, match="closed"):
            await reading
