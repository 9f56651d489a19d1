"""Reading the CSVs that shops export, whatever is in them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.sandbox.orders_csv import COLUMNS, parse_orders_csv, read_orders_csv, time_of_day_s

HEADER = ",".join(COLUMNS)


def csv(*rows: str) -> bytes:
    return "\n".join([HEADER, *rows]).encode()


def row(
    invoice: str = "536365", code: str = "85123A", qty: str = "6", at: str = "2010-12-01 08:26:00"
) -> str:
    return f"{invoice},{code},WHITE HANGING HEART,{qty},{at},2.55,17850,United Kingdom"


CELL = st.text(
    st.characters(exclude_characters=',"', exclude_categories=["Cs", "Cc", "Zl", "Zp"]), max_size=9
)
ROWS = st.lists(
    st.builds(
        row,
        st.sampled_from(["1001", "1002", ""]) | CELL.map(lambda text: "X" + text),
        st.sampled_from(["85123A", "71053", "POST"]) | CELL,
        st.sampled_from(["1", "12.0", "-1"]) | CELL,
        st.sampled_from(["2010-12-01 08:26:00", "12/1/2010 8:26"]) | CELL,
    ),
    max_size=20,
)


@given(st.binary(max_size=300))
def test_any_bytes_are_read_without_an_error(raw: bytes) -> None:
    day = parse_orders_csv(raw)
    assert day.orders == ()


@given(ROWS)
def test_every_row_is_used_or_named_with_its_line(rows: list[str]) -> None:
    day = parse_orders_csv(csv(*rows))
    assert sum(len(order.lines) for order in day.orders) + len(day.bad_rows) == len(rows)
    assert all(2 <= bad.line <= len(rows) + 1 and bad.reason for bad in day.bad_rows)


def test_a_quote_that_nobody_closed_costs_one_row() -> None:
    torn = row().replace("WHITE", '"WHITE')
    day = parse_orders_csv(csv(row(), torn, row(), torn, row(), row(qty="1")))
    assert [len(order.lines) for order in day.orders] == [4]
    assert [bad.line for bad in day.bad_rows] == [3, 5]


def test_a_quoted_name_may_run_over_lines() -> None:
    day = parse_orders_csv(csv(row().replace("WHITE HANGING HEART", '"WHITE, ""HANGING""\nHEART"'), row()))
    assert [line.name for line in day.orders[0].lines] == ['WHITE, "HANGING"\nHEART', "WHITE HANGING HEART"]


def test_lines_of_an_invoice_become_one_order_and_stay_separate() -> None:
    day = parse_orders_csv(csv(row(), row(qty="2"), row(invoice="536366", at="2011-03-04 07:00:00")))
    assert [(order.invoice, order.at_s) for order in day.orders] == [("536366", 25_200), ("536365", 30_360)]
    assert [line.qty for line in day.orders[1].lines] == [6, 2]


@pytest.mark.parametrize(
    ("encoding", "name"),
    [("utf-8", "保温杯"), ("utf-8-sig", "保温杯"), ("gb18030", "保温杯 升级款"), ("latin-1", "CAFÉ £5"),
     ("latin-1", "£AB café à")],
)  # fmt: skip
def test_the_encoding_is_found(encoding: str, name: str) -> None:
    text = "\n".join([HEADER, row().replace("WHITE HANGING HEART", name)])
    day = parse_orders_csv(text.encode(encoding))
    assert day.orders[0].lines[0].name == name


@pytest.mark.parametrize(
    "text",
    ["2011-10-06 16:20:00", "2011-10-06 16:20", "10/6/2011 16:20", "2011/10/06 16:20", "06.10.2011 16:20",
     "2011-10-06T16:20:00", "25/12/2011 16:20", "10/6/11 16:20", "10/6/2011 4:20 PM"],
)  # fmt: skip
def test_the_usual_spellings_of_a_time_are_known(text: str) -> None:
    assert time_of_day_s(text) == 16 * 3600 + 20 * 60


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (row(code="POST"), "StockCode 'POST'"),
        (row(code="BANK CHARGES"), "StockCode"),
        (row(qty="0"), "Quantity 0"),
        (row(qty="-4"), "Quantity -4"),
        (row(qty="many"), "Quantity 'many'"),
        (row(at="yesterday"), "InvoiceDate"),
        (row(invoice=""), "InvoiceNo"),
        ("1,2,3", "3 columns"),
    ],
)
def test_a_bad_row_is_named_and_the_rest_goes_on(bad: str, reason: str) -> None:
    day = parse_orders_csv(csv(row(), bad, row(invoice="536367")))
    assert len(day.orders) == 2
    assert [(b.line, b.reason.startswith(reason)) for b in day.bad_rows] == [(3, True)]


def test_a_cancellation_finds_its_order_by_number_or_by_customer_and_sku() -> None:
    later = "2011-05-05 09:00:00"
    day = parse_orders_csv(
        csv(
            row(),
            row(invoice="536366"),
            row("C536366", qty="-6", at=later),
            row("C999999", qty="-1", at=later),
        )
    )
    assert [(c.invoice, c.order_invoice) for c in day.cancellations] == [
        ("C536366", "536366"),
        ("C999999", "536365"),
    ]
    assert day.bad_rows == ()


def test_a_cancellation_before_its_order_is_reported() -> None:
    day = parse_orders_csv(csv(row(), row("C536365", qty="-6", at="2010-12-01 07:00:00")))
    assert day.cancellations == ()
    assert "C536365" in day.bad_rows[0].reason


def test_long_files_tell_how_far_they_are() -> None:
    heard: list[int] = []
    parse_orders_csv(csv(*[row()] * 12_000), heard.append)
    assert heard == [5_000, 10_000]


def test_an_order_holds_five_hundred_lines_and_names_the_rest() -> None:
    day = parse_orders_csv(csv(*[row()] * 502))
    assert len(day.orders[0].lines) == 500
    assert [bad.line for bad in day.bad_rows] == [502, 503]


def test_the_real_file_is_read_whole() -> None:
    root = Path(os.environ.get("FLOORHAND_DATA", Path(__file__).parents[2].parent / "shared" / "data"))
    sample = root / "orders" / "online-retail-sample.csv"
    if not sample.exists():
        pytest.skip(f"{sample} is not on this machine")
    day = read_orders_csv(sample)
    lines = sum(len(order.lines) for order in day.orders)
    assert len(day.orders) > 11_000
    assert lines + len(day.bad_rows) + len(day.cancellations) >= 30_000 - 620
    assert day.cancellations
