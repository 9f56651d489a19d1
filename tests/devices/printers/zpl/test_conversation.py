"""What one connection concludes from answers, each of them scripted."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from devices.errors import LinkTimeout
from devices.printers.status import State
from devices.printers.zpl.conversation import CANCEL_ALL, ODOMETER_QUERY, STATUS_QUERIES, ZplConversation
from tests.devices.printers.zpl.samples import MEDIA, QUICK

EMPTY = (
    b"\x02030,0,0,1040,000,0,0,0,000,0,0,0\x03\r\n"
    b"\x02000,0,0,0,0,2,4,0,00000000,1,000\x03\r\n"
    b"\x021234,0\x03\r\n"
)
HOLDING = EMPTY.replace(b"1040,000", b"1040,001")
HEALTHY = b"\x02\r\nPRINTER STATUS\r\nERRORS: 0 00000000 00000000\r\nWARNINGS: 0 00000000 00000000\r\n\x03"


class ScriptedLink:
    """Each write is answered by the next of `answers`; where there is none, by silence."""

    name, bytes_per_s, is_open = "scripted", None, True

    def __init__(self, *answers: bytes) -> None:
        self.written: list[bytes] = []
        self._answers = list(answers)
        self._unread: list[bytes] = []

    async def open(self, *, connect_timeout_s: float) -> None:
        raise NotImplementedError

    async def write(
        self, data: bytes, *, deadline_s: float, on_handed: Callable[[], None] | None = None
    ) -> None:
        self.written.append(data)
        self._unread += [self._answers.pop(0)] if self._answers else []

    async def read(self, *, deadline_s: float) -> bytes:
        if not self._unread:
            raise LinkTimeout("no answer")
        return self._unread.pop(0)

    async def close(self) -> None:
        raise NotImplementedError


async def after_job(*answers: bytes, mark: str = "5") -> tuple[ZplConversation, list[str | None]]:
    """What is proven after each of these answers to a question for the status."""
    conversation = ZplConversation(ScriptedLink(*answers), QUICK, MEDIA)
    conversation.proof = "odometer" if mark else "status"
    conversation.job(b"^XA^XZ", mark)
    proven: list[str | None] = []
    for _ in answers:
        await conversation.status(1.0)
        proven.append(conversation.evidence())
    return conversation, proven


async def test_one_empty_answer_may_have_overtaken_the_label() -> None:
    _, proven = await after_job(b'"6"' + EMPTY + HEALTHY, EMPTY + HEALTHY)
    assert proven == [None, "odometer"]


async def test_answers_from_before_the_odometer_moved_do_not_count() -> None:
    before, now = b'"5"' + EMPTY + HEALTHY, EMPTY + b'"6"' + HEALTHY
    _, proven = await after_job(before, before, now, EMPTY + HEALTHY, EMPTY + HEALTHY)
    assert proven == [None, None, None, None, "odometer"]


async def test_a_label_that_is_still_held_is_not_out() -> None:
    _, proven = await after_job(b'"6"' + EMPTY + HEALTHY, HOLDING + HEALTHY, EMPTY + HEALTHY, EMPTY + HEALTHY)
    assert proven == [None, None, None, "odometer"]


async def test_a_printer_that_is_empty_at_once_has_perhaps_not_read_the_label() -> None:
    _, proven = await after_job(EMPTY + HEALTHY, EMPTY + HEALTHY, EMPTY + HEALTHY, mark="")
    assert proven == [None, None, None]


async def test_without_an_odometer_a_label_seen_and_gone_is_proven() -> None:
    _, proven = await after_job(HOLDING + HEALTHY, EMPTY + HEALTHY, EMPTY + HEALTHY, mark="")
    assert proven == [None, None, "status"]


async def test_a_late_answer_is_not_taken_for_one_to_a_later_question() -> None:
    link = ScriptedLink(b"", EMPTY + HEALTHY + HEALTHY)  # late, and then in a fault without a name
    conversation = ZplConversation(link, QUICK, MEDIA)
    assert (await conversation.status(1.0)).state is State.UNKNOWN
    assert (await conversation.status(1.0)).words == "gives no host status"


async def test_silence_in_a_fault_is_no_label_seen() -> None:
    _, proven = await after_job(HEALTHY, EMPTY + HEALTHY, EMPTY + HEALTHY, mark="")
    assert proven == [None, None, None]


async def test_an_odometer_that_went_back_proves_nothing() -> None:
    link = ScriptedLink(
        EMPTY + HEALTHY, EMPTY + HEALTHY, b"", EMPTY + HEALTHY, b'"4"' + EMPTY + HEALTHY, EMPTY + HEALTHY
    )
    conversation = ZplConversation(link, QUICK, MEDIA)
    assert await conversation.settle("5") is True
    assert link.written[2] == CANCEL_ALL


async def test_the_odometer_is_asked_once_at_a_time() -> None:
    conversation = ZplConversation(link := ScriptedLink(EMPTY + HEALTHY, EMPTY + HEALTHY), QUICK, MEDIA)
    conversation.proof = "odometer"
    conversation.job(b"^XA^XZ", "5")
    await conversation.status(1.0)
    await conversation.status(1.0)
    assert link.written == [ODOMETER_QUERY + STATUS_QUERIES, STATUS_QUERIES]


@pytest.mark.parametrize("answer", [b"", b'"?"', b'"many"'])
async def test_a_printer_without_a_count_is_proven_by_its_status(answer: bytes) -> None:
    conversation = ZplConversation(ScriptedLink(EMPTY + HEALTHY, EMPTY + HEALTHY, answer), QUICK, MEDIA)
    await conversation.probe("auto")
    assert conversation.proof == "status"
