"""The simulated ZPL printer: what it answers at once, what waits, what comes out after a refill."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devices.labels.label import Media
from devices.sim.firmware import Answer, Label
from devices.sim.mechanism import Mechanism
from devices.sim.zpl.firmware import ZplFirmware
from tests.devices.sim.zpl_paper import come_out, firmware, printed

SMALL = Media(10, 10)
LABEL = b"^XA^FO10,10^GB20,20,20^FS^XZ"
ODOMETER = b'! U1 getvar "odometer.total_label_count"\r\n'


def held(printer: ZplFirmware) -> tuple[str, str, str]:
    """Formats, partial flag and labels remaining as ~HS tells them."""
    first, second, _ = printer.receive(b"~HS").decode().split("\r\n")[:3]
    return first.split(",")[4], first.split(",")[7], second.split(",")[8]


def test_an_answer_overtakes_a_label_that_has_just_arrived() -> None:
    printer = firmware(SMALL)
    printer.receive(LABEL)
    assert held(printer) == ("000", "0", "00000000")
    assert held(printer) == ("001", "0", "00000000")


def test_a_label_in_motion_remains_in_the_batch() -> None:
    mechanism = Mechanism()
    printer = firmware(SMALL, mechanism)
    printer.receive(LABEL)
    held(printer)
    assert isinstance(printer.next(), Label)
    mechanism.printing = True
    assert held(printer) == ("000", "0", "00000001")


def test_a_torn_format_is_told_and_swallows_what_comes_next_until_it_ends() -> None:
    printer = firmware(SMALL)
    printer.receive(LABEL[:-3])
    assert held(printer)[1] == "1"
    assert printer.receive(ODOMETER) == b""
    assert come_out(printer) == []
    printer.receive(LABEL)
    assert len(come_out(printer)) == 1


def test_cancel_drops_what_waits_and_what_was_begun() -> None:
    printer = firmware(SMALL)
    printer.receive(LABEL + LABEL[:-3] + b"~JA^FS^XZ" + LABEL)
    assert len(come_out(printer)) == 1


def test_a_clone_may_ignore_cancel() -> None:
    printer = firmware(SMALL, clears=False)
    printer.receive(LABEL + b"~JA")
    assert len(come_out(printer)) == 1


@pytest.mark.parametrize("fault", ["has_paper", "cover_open", "head_hot"])
def test_host_status_is_silent_in_faults_and_the_error_query_is_not(fault: str) -> None:
    mechanism = Mechanism(**{fault: fault != "has_paper"})
    assert firmware(SMALL, mechanism).receive(b"~HS") == b""
    assert b"ERRORS:         1 00000000" in firmware(SMALL, mechanism).receive(b"~HQES")
    assert firmware(SMALL, mechanism, answers_hs_in_fault=True).receive(b"~HS").count(b"\x03") == 3


def out_of_paper(printer: ZplFirmware, mechanism: Mechanism) -> None:
    mechanism.has_paper = False
    printer.sensors_changed()
    mechanism.has_paper = True


def test_a_torn_label_is_printed_again_after_the_refill_by_default() -> None:
    mechanism = Mechanism()
    printer = firmware(SMALL, mechanism)
    printer.receive(LABEL)
    assert isinstance(printer.next(), Label)
    out_of_paper(printer, mechanism)
    assert len(come_out(printer)) == 1


def test_a_torn_label_is_not_printed_again_where_the_format_forbids_it() -> None:
    mechanism = Mechanism()
    printer = firmware(SMALL, mechanism)
    printer.receive(LABEL.replace(b"^XA", b"^XA^JZN"))
    assert isinstance(printer.next(), Label)
    out_of_paper(printer, mechanism)
    assert come_out(printer) == []


def test_the_odometer_answers_at_once_or_in_its_turn_or_not_at_all() -> None:
    mechanism = Mechanism(labels=7)
    assert firmware(SMALL, mechanism).receive(LABEL + ODOMETER) == b'"7"'
    assert firmware(SMALL, mechanism, odometer=False).receive(ODOMETER) == b'"?"'
    in_turn = firmware(SMALL, mechanism, odometer_in_turn=True)
    assert in_turn.receive(LABEL + ODOMETER) == b""
    assert isinstance(in_turn.next(), Label)
    mechanism.labels = 8
    assert in_turn.next() == Answer(b'"8"')


def test_copies_are_so_many_labels_and_an_empty_format_is_none() -> None:
    assert len(printed(LABEL.replace(b"^XZ", b"^PQ3^XZ"), SMALL)) == 3
    assert printed(b"^XA^PW80^XZ", SMALL) == []


def test_a_restart_forgets_labels_and_settings() -> None:
    printer = firmware(SMALL)
    printer.receive(b"^XA^LH40,40^XZ" + LABEL)
    printer.forget()
    printer.receive(LABEL)
    (label,) = come_out(printer)
    assert label.getpixel((10, 10)) == 0


def test_settings_outlive_a_label() -> None:
    (label,) = printed(b"^XA^LH40,40^XZ" + LABEL, SMALL)
    assert (label.getpixel((10, 10)), label.getpixel((50, 50))) == (255, 0)


def test_what_is_beyond_print_width_or_media_is_cut_off() -> None:
    (label,) = printed(b"^XA^PW40^FO0,0^GB500,500,500^FS^XZ", SMALL)
    assert label.size == (80, 80)
    assert label.point(lambda dot: not dot).getbbox() == (0, 0, 40, 80)


@pytest.mark.parametrize(
    "foreign",
    [b"\x1b@receipt\n\x1dV\x00", b"SIZE 76 mm,130 mm\r\nCLS\r\nPRINT 1,1\r\n", bytes(range(256)) * 4],
)
def test_another_languages_job_prints_nothing_and_does_not_stay(foreign: bytes) -> None:
    assert len(printed(foreign + b"~JA" + LABEL, SMALL)) == 1
    assert printed(foreign, SMALL) == []


@given(
    st.lists(
        st.one_of(
            st.binary(max_size=30), st.sampled_from([LABEL, b"^XA", b"^XZ", b"^BC", b"^BQN,2,9", b"^FD"])
        )
    )
)
@settings(max_examples=100)
def test_nothing_raises_whatever_the_bytes(chunks: list[bytes]) -> None:
    split = firmware(SMALL)
    for chunk in chunks:
        split.receive(chunk)
    whole = printed(b"".join(chunks), SMALL)
    assert [label.tobytes() for label in come_out(split)] == [label.tobytes() for label in whole]


@given(
    st.lists(
        st.tuples(
            st.sampled_from(
                [
                    b"^FO",
                    b"^GB",
                    b"^BY",
                    b"^BC",
                    b"^BQ",
                    b"^A0",
                    b"^A@",
                    b"^CF",
                    b"^FR",
                    b"^FH",
                    b"^FD",
                    b"^LH",
                    b"^PW",
                    b"^CI",
                    b"^GF",
                    b"^FS",
                ]
            ),
            st.one_of(
                st.text("0123456789,NM>_AB", max_size=12), st.sampled_from(["N,99999,99999", "MA,x", ">;12"])
            ),
        )
    )
)
@settings(max_examples=150)
def test_no_parameters_are_too_much(fields: list[tuple[bytes, str]]) -> None:
    body = b"".join(name + data.encode() for name, data in fields)
    labels = printed(b"^XA" + body + b"^FS^XZ", SMALL)
    assert all(label.size == (80, 80) for label in labels)
