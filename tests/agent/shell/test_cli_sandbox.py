"""`floorhand sandbox printer` as people start it: a process with words on its standard input."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import pytest
import zxingcpp
from PIL import Image

from devices.labels.label import Media
from devices.labels.specimen import SPECIMEN
from devices.labels.template import load_templates
from devices.printers.languages import LANGUAGES
from devices.printers.press import Press

_COMMAND = [sys.executable, "-m", "agent.cli", "sandbox", "printer"]


class Desk:
    """A running printer, and what it has said."""

    def __init__(self, process: subprocess.Popen[str], errors: Path) -> None:
        assert process.stdout is not None
        assert process.stdin is not None
        self._process = process
        self._says: IO[str] = process.stdout
        self._hears: IO[str] = process.stdin
        self._errors = errors

    def said(self, beginning: str) -> str:
        """The next line that begins so."""
        for line in self._says:
            if line.startswith(beginning):
                return line.rstrip("\n")
        raise AssertionError(f"it ended before it said {beginning!r}: {self._errors.read_text()}")

    def tell(self, word: str) -> None:
        """Type a line."""
        self._hears.write(word + "\n")
        self._hears.flush()

    def interrupt(self) -> tuple[int, str]:
        """Ctrl-C; its exit code, and what stands on its standard error."""
        self._process.send_signal(signal.SIGINT)
        return self._process.wait(20), self._errors.read_text()


@contextmanager
def desk(tmp_path: Path, *options: str) -> Iterator[Desk]:
    """Start it, and see that it is gone afterwards."""
    errors = tmp_path / "stderr"
    with (
        errors.open("w") as stderr,
        subprocess.Popen(
            [*_COMMAND, *options], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=stderr, text=True
        ) as process,
    ):
        try:
            yield Desk(process, errors)
        finally:
            process.kill()


def label_bytes(language: str) -> bytes:
    """The specimen's label as a picture."""
    press = Press(LANGUAGES[language], Media(76, 130), bytes_per_s=None, mm_per_s=100)
    return press.compose(load_templates()["express"], SPECIMEN).payload


def send(url: str, data: bytes) -> None:
    """To a printer in the network."""
    host, port = url.removeprefix("tcp://").split(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall(data)


def url_in(line: str) -> str:
    return line.split(" at ")[1].split(",", maxsplit=1)[0]


@pytest.mark.slow
@pytest.mark.parametrize("language", sorted(LANGUAGES))
def test_a_printer_on_a_desk_prints_pictures_and_obeys_words(tmp_path: Path, language: str) -> None:
    out = tmp_path / "paper"
    with desk(tmp_path, "--language", language, "--port", "0", "--speed", "40", "--out", str(out)) as printer:
        url = url_in(printer.said(f"a {language} printer at tcp://127.0.0.1:"))
        printer.tell("paper out")
        assert printer.said("paper out") == "paper out: done"
        send(url, label_bytes(language))
        printer.tell("dance")
        assert "unknown word 'dance': known are paper out, refill" in printer.said("unknown")
        assert not list(out.iterdir())
        printer.tell("refill")
        assert f"waybill {SPECIMEN.waybill} job {SPECIMEN.job} copy 1" in printer.said("label 1")
        (picture,) = out.iterdir()
        with Image.open(picture) as image:
            assert SPECIMEN.qr in {code.text for code in zxingcpp.read_barcodes(image.convert("L"))}
        code, errors = printer.interrupt()
        assert (code, errors) == (130, "")


@pytest.mark.slow
def test_where_nobody_can_type_it_prints_on(tmp_path: Path) -> None:
    """As a service, and after the end of its standard input."""
    process = subprocess.Popen(
        [*_COMMAND, "--port", "0", "--speed", "40"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    with process:
        assert process.stdout is not None
        send(url_in(process.stdout.readline()), label_bytes("zpl"))
        assert process.stdout.readline().startswith("words: ")
        assert SPECIMEN.waybill in process.stdout.readline()
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=20)
    assert (process.returncode, errors) == (130, "")


@pytest.mark.slow
def test_a_printer_on_a_serial_line_says_which(tmp_path: Path) -> None:
    with desk(tmp_path, "--language", "escpos", "--serial", "115200", "--speed", "40") as printer:
        url = url_in(printer.said("a escpos printer at serial:///"))
        assert url.endswith("?baud=115200")
        assert printer.interrupt() == (130, "")


@pytest.mark.slow
def test_a_port_that_is_taken_is_a_2_and_says_so(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        ended = subprocess.run(
            [*_COMMAND, "--port", str(port)], stdin=subprocess.DEVNULL, capture_output=True, text=True,
            timeout=30, check=False,
        )  # fmt: skip
    assert ended.returncode == 2
    assert "address already in use" in ended.stderr
    assert "Traceback" not in ended.stderr
