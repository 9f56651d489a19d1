"""How the simulated printer reads TSPL: any split gives the same, nothing raises, dots are dots."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.sim.tspl.operations import (
    Bar,
    Bitmap,
    Box,
    Clear,
    CodePage,
    Direction,
    Immediate,
    Operation,
    Out,
    Print,
    Qr,
    Query,
    Reverse,
    Size,
    Text,
)
from devices.sim.tspl.parser import Parser

PIECES = [
    b"SIZE 76 mm,130 mm\r\n",
    b"GAP 3 mm,0 mm\r\nCLS\r\n",
    b"BITMAP 0,8,2,2,0,\r\n\x1b!",
    b"BITMAP 0,8,1,3,0,\x1b!?\r\n",
    b'TEXT 1,2,"TSS24.BF2",0,1,1,"a\\["]b"\n',
    b"PRINT 1,1\r",
    b'OUT "x"\r\n',
    b"\x1b!?",
    b"\x1b!.",
    b"\x1b@",
    b"~!@\r\n",
    b"nonsense\r\n",
    b'TEXT 1,2,"',
    b"BITMAP 0,0,",
]


def read(data: bytes, **quirks: bool) -> list[Operation | Immediate]:
    return [operation for _, operation in Parser(**quirks).feed(data)]


@given(st.lists(st.one_of(st.sampled_from(PIECES), st.binary(max_size=8))), st.booleans(), st.data())
def test_any_split_gives_the_same_operations(pieces: list[bytes], quirk: bool, data: st.DataObject) -> None:
    stream = b"".join(pieces)
    whole, split = Parser(esc_in_bitmap=quirk), Parser(esc_in_bitmap=quirk)
    got: list[tuple[int, Operation | Immediate]] = []
    at_once = list(whole.feed(stream))
    while stream:
        cut = data.draw(st.integers(1, len(stream)))
        got += split.feed(stream[:cut])
        stream = stream[cut:]
    assert [read for _, read in got] == [read for _, read in at_once]
    assert split.waiting_bytes == whole.waiting_bytes


@pytest.mark.parametrize(
    ("line", "operation"),
    [
        (b"SIZE 76 mm,130 mm", Size()),
        (b"cls", Clear()),
        (b"DIRECTION 0,1", Direction(turned=True, mirrored=True)),
        (b"CODEPAGE 936", CodePage("936")),
        (b"BAR 1, 2,3,4", Bar(1, 2, 3, 4)),
        (b"BOX 1,2,3,4,5", Box(1, 2, 3, 4, 5)),
        (b"REVERSE 1,2,3,4", Reverse(1, 2, 3, 4)),
        (b'TEXT 1,2,"3",90,2,3,"a,\\["]\\[R]"', Text(1, 2, "3", 90, 2, 3, b'a,"\r')),
        (b'QRCODE 1,2,M,5,A,0,M2,S7,"x"', Qr(1, 2, "M", 5, b"x")),
        (b"PRINT 2,3", Print(6)),
        (b"PRINT 1", Print(1)),
        (b'OUT "{}"', Out(b"{}")),
        (b"~!@", Query("@")),
    ],
)
def test_lines_become_operations(line: bytes, operation: Operation) -> None:
    assert read(line + b"\r\n") == [operation]


@pytest.mark.parametrize(
    "line", [b"SOUND 1,2", b"BAR 1,2,3", b"BAR a,b,c,d", b'TEXT 1,"', b"FEED 8", b"\x10\x04\x01"]
)
def test_what_is_unknown_or_wrong_is_nothing(line: bytes) -> None:
    assert read(line + b"\r\n") == []


def test_a_line_knows_where_it_began() -> None:
    told = list(Parser().feed(b"\r\nCLS\r\nBITMAP 0,0,1,1,0,x\r\nPRINT 1\r\n"))
    assert [began_at for began_at, _ in told] == [2, 7, 27]


def test_dots_may_hold_anything() -> None:
    assert read(b"BITMAP 0,0,2,2,1,\r\n\x1b!?\r\n") == [Bitmap(0, 0, 2, 2, 1, b"\r\n\x1b!")]


def test_esc_commands_in_dots_are_obeyed_by_some() -> None:
    told = read(b"BITMAP 0,0,3,1,0,\x1b!?", esc_in_bitmap=True)
    assert told == [Immediate("?"), Bitmap(0, 0, 3, 1, 0, b"\x1b!?")]


def test_an_esc_command_in_the_middle_of_a_line_leaves_the_line_whole() -> None:
    assert read(b"BA\x1b!?R 1,2,3,4\r\n") == [Immediate("?"), Bar(1, 2, 3, 4)]


def test_a_cancel_drops_the_line_that_was_begun() -> None:
    assert read(b'TEXT 1,2,"\x1b!.CLS\r\n') == [Immediate("."), Clear()]


def test_a_line_without_end_does_not_pile_up() -> None:
    parser = Parser()
    assert list(parser.feed(b"x" * 100_000)) == []
    assert parser.waiting_bytes < 5000
