"""A printer's reading of ZPL: any split the same, a caret or a tilde is a command wherever it stands."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from devices.sim.zpl.reader import Command, CommandReader, read_all

PARTS = st.one_of(
    st.sampled_from(
        [
            b"^XA",
            b"^XZ",
            b"^FO10,20",
            b"^A0N,30,30",
            b"^FDtext^FS",
            b"~HS",
            b"~HQES",
            b"~JA",
            b"^GFB,4,4,1,\x00^~\x01",
            b"^GFA,4,4,1,FF00FF00",
            b'! U1 getvar "odometer.total_label_count"\r\n',
            b"^",
            b"~H",
            b"\r\n",
        ]
    ),
    st.binary(max_size=20),
)


def names(data: bytes) -> list[str]:
    return [command.name for command in read_all(data)]


@given(st.lists(PARTS), st.data())
def test_any_split_gives_the_same_commands(parts: list[bytes], data: st.DataObject) -> None:
    stream = b"".join(parts)
    reader, rest, got = CommandReader(), stream, list[Command]()
    while rest:
        cut = data.draw(st.integers(1, len(rest)))
        got += reader.feed(rest[:cut])
        rest = rest[cut:]
    assert tuple(got) == read_all(stream)


def test_commands_are_read_with_their_places() -> None:
    assert read_all(b"x^FO1,2^FDab^FS") == (
        Command("^FO", b"1,2", 1, 7),
        Command("^FD", b"ab", 7, 12),
        Command("^FS", b"", 12, 15),
    )


def test_an_immediate_command_waits_for_nothing() -> None:
    reader = CommandReader()
    assert reader.feed(b"^XA^FDab~H") == [Command("^XA", b"", 0, 3), Command("^FD", b"ab", 3, 8)]
    assert reader.feed(b"S") == [Command("~HS", b"", 8, 11)]


def test_counted_bytes_hold_no_command() -> None:
    assert names(b"^XA^GFB,6,6,1,~JA^XZ^FS^XZ") == ["^XA", "^GF", "^FS", "^XZ"]


def test_a_command_in_uncounted_data_ends_them() -> None:
    assert names(b"^XA^GFA,4,4,1,FF~JA00^FS^XZ") == ["^XA", "^GF", "~JA", "^FS", "^XZ"]


def test_what_stands_between_commands_is_nothing() -> None:
    assert names(b"\x1b@SIZE 76 mm,130 mm\r\nCLS\r\n" * 50 + b"~HS") == ["~HS"]


def test_a_getvar_is_found_in_a_line_of_its_own() -> None:
    (command,) = read_all(b'noise\r\n! U1 getvar "media.speed"\r\n')
    assert (command.name, command.data) == ("getvar", b"media.speed")
