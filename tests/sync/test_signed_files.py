"""Files are taken as a whole and from the right hand, or not at all; what breaks off leaves what was there."""

from __future__ import annotations

import errno
from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync import signed_files
from sync.signed_files import BadFile, SignedFolder, lines_of, what_to_do

KEY = b"secret"
LINES = st.lists(st.binary(min_size=1).filter(lambda line: b"\n" not in line and line.strip()), max_size=5)


def folder(base: Path, *, site: str = "WH1", key: bytes = KEY, direction: Any = "out") -> SignedFolder:
    return SignedFolder(base, direction, site, key)


@given(number=st.integers(1, 10**20 - 1), lines=LINES)
def test_what_is_written_is_read(number: int, lines: list[bytes]) -> None:
    with TemporaryDirectory() as base:
        out = folder(Path(base))
        name = out.write(number, lines)
        assert out.names() == {number: name}
        assert lines_of(out.read(name)) == lines
        assert sorted(path.name for path in out.path.iterdir()) == [name, f"{name}.sig"]


@given(lines=LINES.filter(bool), data=st.data())
def test_no_altered_byte_of_a_file_or_its_signature_passes(lines: list[bytes], data: st.DataObject) -> None:
    with TemporaryDirectory() as base:
        out = folder(Path(base))
        name = out.write(1, lines)
        path = out.path / data.draw(st.sampled_from([name, f"{name}.sig"]))
        content = bytearray(path.read_bytes())
        at = data.draw(st.integers(0, len(content) - 1))
        content[at] ^= data.draw(
            st.integers(1, 255).filter(lambda bits: path.suffix != ".sig" or bits != 0x20)
        )
        path.write_bytes(content)
        with pytest.raises(BadFile, match=f"out/{name}"):
            out.read(name)


@given(lines=LINES.filter(bool), data=st.data())
def test_no_part_of_a_file_passes_as_the_whole(lines: list[bytes], data: st.DataObject) -> None:
    with TemporaryDirectory() as base:
        out = folder(Path(base))
        name = out.write(1, lines)
        content = (out.path / name).read_bytes()
        (out.path / name).write_bytes(content[: data.draw(st.integers(0, len(content) - 1))])
        with pytest.raises(BadFile, match="does not match its signature"):
            out.read(name)


@pytest.mark.parametrize(
    "reader",
    [{"site": "WH2"}, {"key": b"another"}, {"direction": "in"}],
    ids=["another site's", "another key", "another direction"],
)
def test_a_file_is_good_for_its_own_place_alone(tmp_path: Path, reader: dict[str, Any]) -> None:
    out = folder(tmp_path)
    name = out.write(7, [b"{}"])
    other = folder(tmp_path, **reader)
    if other.path != out.path:
        out.path.rename(other.path)
    with pytest.raises(BadFile, match="does not match"):
        other.read(name)


def test_a_renamed_file_is_another_one(tmp_path: Path) -> None:
    out = folder(tmp_path)
    name = out.write(7, [b"{}"])
    for end in ("", ".sig"):
        (out.path / f"{name}{end}").rename(out.path / f"8.ndjson{end}")
    with pytest.raises(BadFile, match=r"out/8.ndjson does not match"):
        out.read("8.ndjson")


def test_a_file_without_its_signature_says_what_is_missing(tmp_path: Path) -> None:
    out = folder(tmp_path)
    name = out.write(7, [b"{}"])
    (out.path / f"{name}.sig").unlink()
    with pytest.raises(BadFile, match=r"no signature .*\.sig"):
        out.read(name)


def test_a_file_that_is_no_batch_is_not_read_into_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(signed_files, "MAX_BYTES", 10)
    out = folder(tmp_path)
    name = out.write(7, [b"0123456789"])
    with pytest.raises(BadFile, match="larger than 10 bytes"):
        out.read(name)


def test_names_are_in_the_order_of_their_numbers_and_strange_ones_are_left_alone(tmp_path: Path) -> None:
    hub = folder(tmp_path, direction="in")
    for name in (
        "10.ndjson",
        "9.ndjson",
        "0011.ndjson",
        "x.ndjson",
        "1.ndjson.sig",
        "5.txt",
        f"{10**20}.ndjson",
    ):
        hub.path.mkdir(exist_ok=True)
        (hub.path / name).touch()
    assert list(hub.names().items()) == [(9, "9.ndjson"), (10, "10.ndjson"), (11, "0011.ndjson")]


def test_a_folder_that_is_not_there_is_no_empty_one(tmp_path: Path) -> None:
    assert folder(tmp_path).names() == {}, "only the direction's own folder is missing"
    away = folder(tmp_path / "stick")
    with pytest.raises(FileNotFoundError):
        away.names()
    with pytest.raises(FileNotFoundError):
        away.write(1, [b"{}"])
    assert not away.base.exists()


@pytest.mark.parametrize("renames", [0, 1])
def test_a_kill_in_the_middle_leaves_the_old_file_or_one_that_does_not_pass(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, renames: int
) -> None:
    class Killed(BaseException):
        pass

    out = folder(tmp_path)
    name = out.write(7, [b"old"])
    left = [renames]
    replace = Path.replace

    def dying(path: Path, target: Path) -> Path:
        if not left[0]:
            raise Killed
        left[0] -= 1
        return replace(path, target)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "replace", dying)
        with pytest.raises(Killed):
            out.write(7, [b"new"])
    if renames:
        with pytest.raises(BadFile):
            out.read(name)
    else:
        assert out.read(name) == b"old\n"
    out.write(7, [b"new"])
    assert out.read(name) == b"new\n"


def test_a_full_disk_leaves_what_was_there_and_nothing_half(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = folder(tmp_path)
    name = out.write(7, [b"old"])

    def full(path: Path, content: Iterable[bytes]) -> None:
        path.write_bytes(b"".join(content)[:1])
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(signed_files, "_write", full)
    with pytest.raises(OSError, match="No space"):
        out.write(7, [b"new"])
    assert out.read(name) == b"old\n"
    assert len(list(out.path.iterdir())) == 2


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.ENOENT, "plug the stick in"),
        (errno.ENOSPC, "is full: make room"),
        (errno.EROFS, "write protection"),
        (errno.EIO, "take another stick"),
        (errno.EMFILE, "cannot be used: too many"),
    ],
)
def test_what_is_wrong_with_a_folder_is_said_with_what_to_do(number: int, words: str) -> None:
    assert words in what_to_do(Path("/mnt/stick"), OSError(number, "too many"))


def test_deleted_is_the_file_with_its_signature(tmp_path: Path) -> None:
    out = folder(tmp_path)
    name = out.write(7, [b"{}"])
    out.delete(name)
    out.delete(name)
    assert list(out.path.iterdir()) == []
