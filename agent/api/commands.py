"""Commands of people and programs, as they come over the local API."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from agent.core import commands as c

Note = Annotated[str, Meta(max_length=200)]
Text = Annotated[str, Meta(min_length=1, max_length=200)]
Body = Annotated[str, Meta(min_length=1, max_length=1_000_000)]


class _Request(msgspec.Struct, frozen=True, tag_field="type", kw_only=True):
    """`device`: the terminal in front of whoever asks."""

    id: Text
    by: Text
    device: Text | None = None


class _Hold(_Request, frozen=True, tag="order.hold"):
    order_no: Text
    reason: Text


class _Unhold(_Request, frozen=True, tag="order.unhold"):
    order_no: Text
    reason: Text = "released by a supervisor"


class _Cancel(_Request, frozen=True, tag="order.cancel"):
    order_no: Text
    reason: Text


class _Reprint(_Request, frozen=True, tag="label.reprint"):
    order_no: Text
    reason: Text
    printer: str | None = None


class _Settle(_Request, frozen=True, tag="label.settle"):
    job: Text
    printed: bool
    reason: Note = ""


class _Recall(_Request, frozen=True, tag="task.recall"):
    task: Text
    reason: Text


class _Pause(_Request, frozen=True, tag="printer.pause"):
    printer: Text
    reason: Note = ""


class _Resume(_Request, frozen=True, tag="printer.resume"):
    printer: Text
    reason: Note = ""


class _Close(_Request, frozen=True, tag="exception.close"):
    exception: Text
    note: Text


class _Release(_Request, frozen=True, tag="parked.release"):
    parked: Text
    note: Text
    body: Body | None = None


class _Drop(_Request, frozen=True, tag="parked.drop"):
    parked: Text
    note: Text


class _Erase(_Request, frozen=True, tag="personal.erase"):
    order_no: Text
    reason: Text


_AnyRequest = (
    _Hold | _Unhold | _Cancel | _Reprint | _Settle | _Recall | _Pause | _Resume | _Close | _Erase | _Release | _Drop
)  # fmt: skip
_decode = msgspec.json.Decoder(_AnyRequest).decode

_MAKE: dict[type[_Request], Callable[[Any], c.Command]] = {
    _Hold: lambda r: c.HoldOrder(order_no=r.order_no, reason=r.reason, **_asker(r)),
    _Unhold: lambda r: c.UnholdOrder(order_no=r.order_no, reason=r.reason, **_asker(r)),
    _Cancel: lambda r: c.CancelOrder(order_no=r.order_no, reason=r.reason, **_asker(r)),
    _Reprint: lambda r: c.ReprintLabel(order_no=r.order_no, reason=r.reason, printer=r.printer, **_asker(r)),
    _Settle: lambda r: c.SettlePrint(job=r.job, printed=r.printed, reason=r.reason, **_asker(r)),
    _Recall: lambda r: c.RecallTask(task=r.task, reason=r.reason, **_asker(r)),
    _Pause: lambda r: c.PausePrinter(printer=r.printer, paused=True, reason=r.reason, **_asker(r)),
    _Resume: lambda r: c.PausePrinter(printer=r.printer, paused=False, reason=r.reason, **_asker(r)),
    _Close: lambda r: c.CloseException(exception=r.exception, note=r.note, **_asker(r)),
    _Erase: lambda r: c.ErasePersonal(order_no=r.order_no, reason=r.reason, **_asker(r)),
    _Release: lambda r: c.ReleaseParked(parked=r.parked, note=r.note, body=r.body, **_asker(r)),
    _Drop: lambda r: c.DropParked(parked=r.parked, note=r.note, **_asker(r)),
}


def _asker(request: _Request) -> dict[str, Any]:
    return {"by": f"person:{request.by}", "id": request.id, "from_device": request.device}


def read_command(body: bytes) -> c.Command:
    """The command in a request's body. ValueError says what is wrong with it."""
    request = _decode(body)
    return _MAKE[type(request)](request)
