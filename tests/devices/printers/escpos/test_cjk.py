"""Text reaches the printer as GBK, harmless, and honest about what is missing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.printers.escpos.cjk import KANJI_OFF, KANJI_ON, cells, clip, encode, printable, wrap


def test_ascii_goes_as_it_is() -> None:
    assert encode("SO-1001") == (b"SO-1001", "")


def test_chinese_goes_as_gbk_between_the_mode_switches() -> None:
    assert encode("沪、03") == (b"\x1c&\xbb\xa6\xa1\xa203\x1c.", "")


def test_a_glyph_that_gbk_lacks_is_seen_and_reported() -> None:
    payload, missing = encode("䶮𠮷ok")
    assert (payload, missing) == (KANJI_ON + "〓〓ok".encode("gbk") + KANJI_OFF, "䶮𠮷")


@given(st.text())
def test_no_control_byte_reaches_the_printer(text: str) -> None:
    payload, _ = encode(text)
    inner = payload.removeprefix(KANJI_ON).removesuffix(KANJI_OFF)
    assert min(inner, default=0x20) >= 0x20


@given(st.text())
def test_printable_text_stays_printable(text: str) -> None:
    assert printable(printable(text)) == printable(text)


@given(st.text(), st.integers(4, 60))
def test_clipped_text_fits(text: str, columns: int) -> None:
    shown = clip(printable(text), columns)
    assert cells(shown) <= columns


@given(st.text(alphabet="ab中文"), st.integers(4, 20), st.integers(1, 5))
def test_wrapped_text_fits_and_loses_nothing_in_silence(text: str, columns: int, max_lines: int) -> None:
    lines = list(wrap(text, columns, max_lines))
    assert all(cells(line) <= columns for line in lines)
    assert len(lines) <= max_lines
    assert "".join(lines) == text or lines[-1].endswith("…")


@pytest.mark.parametrize(("dirty", "clean"), [("a\r\nb", "a  b"), ("a\x1b@b", "a@b"), ("\u202ea\u200b", "a")])
def test_control_characters_vanish_and_line_ends_become_spaces(dirty: str, clean: str) -> None:
    assert printable(dirty) == clean
