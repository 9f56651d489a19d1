"""A label that came out of a simulated printer, as whoever holds it can read it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from devices.sim.code128 import symbols_and_text
from devices.sim.escpos_operations import Barcode, LineEnd, Operation, Qr, Text
from devices.sim.escpos_parser import read_all

_PRINT_QR = re.compile(r"FH1:(?P<waybill>[^:]+):(?P<job>.+):(?P<copy>\d+)")
_ORDER_LINE = re.compile(r"订单号 (\S+)")


@dataclass(frozen=True, slots=True)
class PrintedLabel:
    """One label that came out. What is not on it is empty; times are seconds since the epoch.

    `first_byte_at` is when the first byte of its print data arrived (questions do not count), `printed_at` when
    it was out. It keeps the bytes it was printed from: what they drew is worked out when somebody looks.
    """

    waybill: str
    qr: str
    job: str
    copy: int
    order_no: str
    first_byte_at: float
    printed_at: float
    data: bytes

    @property
    def operations(self) -> tuple[Operation, ...]:
        """What the printer was told to put on it."""
        return read_all(self.data)

    @property
    def text(self) -> tuple[str, ...]:
        """Its lines of text, from top to bottom."""
        return _lines(self.operations)


def printed_label(
    page: Sequence[Operation], data: bytes, *, first_byte_at: float, printed_at: float
) -> PrintedLabel:
    """Read what stands on a page, which `data` put there."""
    barcode = next((operation for operation in page if isinstance(operation, Barcode)), None)
    read = symbols_and_text(barcode.data) if barcode else None
    qr = next(
        (operation.data.decode(errors="replace") for operation in page if isinstance(operation, Qr)), ""
    )
    print_no = _PRINT_QR.fullmatch(qr)
    order_line = next(filter(None, map(_ORDER_LINE.match, _lines(page))), None)
    return PrintedLabel(
        waybill=read[1] if read else "",
        qr=qr,
        job=print_no["job"] if print_no else "",
        copy=int(print_no["copy"]) if print_no else 0,
        order_no=order_line[1] if order_line else "",
        first_byte_at=first_byte_at,
        printed_at=printed_at,
        data=data,
    )


def _lines(operations: Sequence[Operation]) -> tuple[str, ...]:
    lines, line = [], ""
    for operation in operations:
        if isinstance(operation, Text):
            line += operation.text
        elif isinstance(operation, LineEnd):
            lines.append(line)
            line = ""
    return (*lines, line) if line else tuple(lines)
