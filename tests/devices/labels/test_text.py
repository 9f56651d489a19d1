"""What stands on a label is seen, and nothing else of it is there."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.labels.text import printable


@given(st.text())
def test_all_that_is_left_can_be_seen_and_stays(text: str) -> None:
    shown = printable(text)
    assert all(char.isprintable() or char == "\u3000" or not _assigned(char) for char in shown)
    assert printable(shown) == shown


def _assigned(char: str) -> bool:
    return unicodedata.category(char) not in ("Cn", "Co")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("张小丰", "张小丰"),
        ("a\x1b@\x00b\x7f", "a@b"),
        ("a\r\nb\tc\u00a0d", "a  b c d"),
        ("收\u3000件", "收\u3000件"),
        ("葛\U000e0100城\ufe0f", "葛城"),
        ("\u202e123\u200b", "123"),
        ("Cafe\u0301", "Café"),
        ("\ud800x", "x"),
    ],
)
def test_what_cannot_be_seen_is_taken_out(text: str, shown: str) -> None:
    assert printable(text) == shown
