"""Text prints as it stands or shows what is missing, and none of it is a command."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.labels.text import MISSING_GLYPH, printable
from devices.printers.escpos.cjk import KANJI_OFF, KANJI_ON, encode, in_gbk
from devices.sim.escpos.operations import Text
from devices.sim.escpos.parser import read_all


@given(st.text())
def test_only_printable_bytes_come_out_between_the_mode_commands(text: str) -> None:
    payload = encode(text)
    shown = payload.removeprefix(KANJI_ON).removesuffix(KANJI_OFF)
    assert all(byte >= 0x20 and byte != 0x7F for byte in shown)
    assert bool(shown != payload) == (not printable(text).isascii())


@given(st.text(min_size=1))
def test_a_printer_shows_every_character_or_the_sign_for_a_missing_one(text: str) -> None:
    shown = "".join(
        operation.text for operation in read_all(encode(text) + b"\n") if isinstance(operation, Text)
    )
    assert shown == "".join(char if in_gbk(char) else MISSING_GLYPH for char in printable(text))


@pytest.mark.parametrize("text", ["、，。『』", "沪-03", "×2 冻干咖啡"])
def test_chinese_text_and_punctuation_is_sent_as_gbk_in_kanji_mode(text: str) -> None:
    assert encode(text) == KANJI_ON + text.encode("gbk") + KANJI_OFF


def test_plain_ascii_needs_no_kanji_mode() -> None:
    assert encode("SO-1001") == b"SO-1001"


@pytest.mark.parametrize("rare", ["䶮", "𠮷", "😀"])
def test_a_character_that_the_font_lacks_is_seen_to_be_missing(rare: str) -> None:
    assert encode(f"王{rare}") == KANJI_ON + "王〓".encode("gbk") + KANJI_OFF
