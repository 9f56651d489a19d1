"""What a label says, and that nothing in an order can say more than that."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import redirect_stdout
from dataclasses import replace
from pathlib import Path

import pytest
import zxingcpp
from hypothesis import given, settings
from hypothesis import strategies as st

from devices.errors import Unprintable
from devices.printers.escpos.cjk import printable
from devices.printers.escpos.native import compose
from devices.labels.label import Label, LabelItem, Media, Party
from devices.sim.escpos.operations import Ask, Barcode, EndOfLabel, Feed, Init, LineEnd, Qr, Text
from devices.sim.escpos.parser import RealTimeReader
from devices.sim.escpos.drawing import picture
from tests.devices.printers.samples import LABEL, MEDIA, ROLL, payload, read

ANY = st.text(max_size=60)
PARTIES = st.builds(Party, ANY, ANY, ANY, ANY, ANY, ANY)
LABELS = st.builds(
    Label,
    waybill=st.from_regex(r"[A-Z]{2}[0-9]{6,13}", fullmatch=True),
    job=st.from_regex(r"[A-Za-z0-9-]{1,20}", fullmatch=True),
    copy=st.integers(1, 20),
    order_no=ANY,
    carrier=ANY,
    service=ANY,
    routing_code=ANY,
    bag_code=ANY,
    consignee=PARTIES,
    sender=PARTIES,
    items=st.lists(st.builds(LabelItem, ANY, ANY, st.integers(1, 99)), max_size=12).map(tuple),
)


def texts(data: bytes) -> list[str]:
    return [operation.text for operation in read(data) if isinstance(operation, Text)]


def scanned(data: bytes, media: Media = MEDIA) -> dict[str, str]:
    image = picture(tuple(read(data)), media).convert("L")
    return {str(code.format): code.text for code in zxingcpp.read_barcodes(image)}


@pytest.mark.parametrize("waybill", ["SF1234567890123", "YT12345678", "773412345678901", "JDVA00012345678"])
@pytest.mark.parametrize("copy", [1, 2])
def test_a_scanner_reads_the_waybill_alone_and_the_print_in_the_qr_code(waybill: str, copy: int) -> None:
    codes = scanned(payload(waybill=waybill, copy=copy))
    assert codes == {"Code 128": waybill, "QR Code": f"FH1:{waybill}:J-000123:{copy}"}


@settings(max_examples=60)
@given(LABELS)
def test_no_text_in_an_order_can_act_as_a_command(label: Label) -> None:
    composed = compose(label, ROLL)
    operations = read(composed.payload)
    assert RealTimeReader().feed(composed.payload) == []
    assert not any(isinstance(operation, Ask) for operation in operations)
    kinds = [type(operation) for operation in operations if not isinstance(operation, Text | LineEnd)]
    assert kinds == [Init, Barcode, Feed, Qr, Feed, Feed, EndOfLabel]
    assert all(text == printable(text) for text in texts(composed.payload))


@given(ANY)
def test_an_order_number_stands_on_the_label_without_its_control_characters(order_no: str) -> None:
    shown = next(
        text for text in texts(compose(replace(LABEL, order_no=order_no), ROLL).payload) if "订单号" in text
    )
    wanted = "订单号 " + "".join(char if ok else "〓" for char, ok in map(in_gbk, printable(order_no)))
    assert shown == wanted or (shown.endswith("…") and wanted.startswith(shown[:-1]))


def in_gbk(char: str) -> tuple[str, bool]:
    return char, char.encode("gbk", errors="ignore") != b""


def test_the_routing_code_is_the_largest_type() -> None:
    sizes = {
        op.text: op.style.width * op.style.height for op in read(payload(copy=3)) if isinstance(op, Text)
    }
    assert max(sizes, key=lambda text: sizes[text]) == "342-081-00 052"


def test_persons_are_masked_on_the_label() -> None:
    whole = "\n".join(texts(payload()))
    assert "收 张** 138******78" in whole
    assert "张小丰" not in whole
    assert "501" not in whole


def test_a_first_print_does_not_call_itself_a_copy() -> None:
    assert "补打" not in "".join(texts(payload(copy=1)))


def test_a_copy_says_so_in_plain_sight_and_in_its_print_number() -> None:
    first, *_, last = texts(payload(copy=2))
    assert first == "补打 2"
    assert last == "打印号 J-000123/2  补打 2"


def test_more_order_lines_than_fit_are_counted() -> None:
    items = tuple(LabelItem(f"A-{n}", "咖啡", 1) for n in range(40))
    shown = texts(payload(items=items))
    listed = sum(text.startswith("A-") for text in shown)
    assert f"… 另 {40 - listed} 行, 共 40 行" in shown


@pytest.mark.parametrize("count", [0, 1, 8, 40, 500])
def test_a_label_never_outgrows_its_media(count: int) -> None:
    long = Party("张" * 99, "1" * 99, "省" * 99, "市" * 99, "区" * 99, "路" * 99)
    data = payload(items=(LabelItem("A" * 64, "名" * 99, 1),) * count, consignee=long, sender=long, copy=9)
    assert picture(tuple(read(data)), MEDIA).height == MEDIA.height_dots


def test_labels_with_gaps_end_with_a_form_feed_and_rolls_with_a_cut() -> None:
    assert compose(LABEL, MEDIA).payload.endswith(b"\x0c")
    assert compose(LABEL, ROLL).payload.endswith(b"\x1dV\x00")


def test_missing_glyphs_are_reported_once_each() -> None:
    assert compose(replace(LABEL, items=(LabelItem("A", "䶮䶮𠮷", 1),)), MEDIA).missing == ("䶮", "𠮷")


def test_a_label_that_cannot_be_printed_is_refused() -> None:
    with pytest.raises(Unprintable, match="longer than 50 mm"):
        compose(LABEL, Media(76, 50))
    with pytest.raises(Unprintable, match="too many for the QR code"):
        compose(replace(LABEL, job="J" * 400), MEDIA)


def test_composing_writes_nothing_to_the_screen() -> None:
    with redirect_stdout(io.StringIO()) as screen:
        compose(LABEL, MEDIA)
    assert screen.getvalue() == ""


def test_threads_do_not_mix_their_labels() -> None:
    labels = [replace(LABEL, waybill=f"YT{n:08}") for n in range(200)]
    with ThreadPoolExecutor(4) as pool:
        composed = list(pool.map(lambda label: compose(label, MEDIA), labels))
    assert composed == [compose(label, MEDIA) for label in labels]


def test_importing_the_library_leaves_no_handler_no_directory_and_no_setting(tmp_path: Path) -> None:
    script = (
        "import logging, os; before = dict(os.environ)\n"
        "import devices.printers.escpos.library, tempfile\n"
        "assert not logging.root.handlers and dict(os.environ) == before and tempfile.tempdir is None"
    )
    environ = {**os.environ, "TMPDIR": str(tmp_path)}
    subprocess.run([sys.executable, "-c", script], env=environ, check=True, timeout=60)
    assert list(tmp_path.iterdir()) == []
