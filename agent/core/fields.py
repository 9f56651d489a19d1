"""The fields of an order by name, as lineage, authority and people call them: `priority`, `consignee.phone`,
`lines.1.qty`, and what the hub sends beside what we know, under its own name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from agent.core.events import OrderFacts
from agent.core.model import Line, Order, Party
from agent.core.times import to_text

#: How far a line is, beside what is ordered.
PROGRESS = ("picked_qty", "short_qty", "tasked_qty")
_TIMES = frozenset({"placed_at", "cutoff_at", "paid_at", "ready_at"})
#: What of an order no system says: its key, sums and memories.
_NOT_SHOWN = frozenset({"order_no", "untasked_qty", "state_at", "sources", "erased"})
_SHOWN = tuple(name for name in Order.__struct_fields__ if name not in _NOT_SHOWN)
_TAKEN = frozenset(Order.__struct_fields__)
_PREFIXES = ("consignee.", "lines.", "rest.")


def is_personal(field: str) -> bool:
    """Does its value say who somebody is?"""
    return field.startswith("consignee.")


def order_fields(order: Order) -> dict[str, Any]:
    """Every field of an order that has a value, as JSON has it."""
    return dict(_named((name, getattr(order, name)) for name in _SHOWN))


def fact_fields(facts: OrderFacts) -> dict[str, Any]:
    """Likewise of what one revision says."""
    names = OrderFacts.__struct_fields__
    return dict(_named(((name, getattr(facts, name)) for name in names), progress=()))


def _named(
    values: Iterator[tuple[str, Any]], progress: tuple[str, ...] = PROGRESS
) -> Iterator[tuple[str, Any]]:
    for name, value in values:
        match name:
            case "consignee":
                yield from ((f"consignee.{part}", getattr(value, part)) for part in Party.__struct_fields__)
            case "lines":
                for line in value:
                    yield from (
                        (f"lines.{line.line_no}.{part}", getattr(line, part))
                        for part in ("sku", "qty", *progress)
                    )
            case "rest":
                yield from ((rest_name(key), each) for key, each in value.items())
            case _ if name in _TIMES and value is not None:
                yield name, to_text(value)
            case _:
                yield name, msgspec.to_builtins(value)


def rest_name(key: str) -> str:
    """The name of a field that we do not know; one that is called as one of ours stands apart."""
    return f"rest.{key}" if key in _TAKEN or key.startswith(_PREFIXES) else key


# --- what is decided on by its source -----------------------------------------------------------------------


def judged(said: OrderFacts | Order) -> dict[str, Any]:
    """What one source may say against another: each fact, each part of the consignee, all lines as one."""
    found: dict[str, Any] = {}
    for name in OrderFacts.__struct_fields__:
        value = getattr(said, name)
        match name:
            case "consignee":
                found |= {f"consignee.{part}": getattr(value, part) for part in Party.__struct_fields__}
            case "lines":
                found[name] = tuple(Line(line.line_no, line.sku, line.qty) for line in value)
            case "rest":
                found |= {rest_name(key): each for key, each in value.items()}
            case _:
                found[name] = value
    return found


def facts_of(judged_fields: Mapping[str, Any]) -> OrderFacts:
    """The facts that `judged` takes apart."""
    names = [name for name in OrderFacts.__struct_fields__ if name not in {"consignee", "rest"}]
    consignee = Party(*(judged_fields[f"consignee.{part}"] for part in Party.__struct_fields__))
    rest = {
        field.removeprefix("rest."): value
        for field, value in judged_fields.items()
        if field not in names and not is_personal(field)
    }
    return OrderFacts(**{name: judged_fields[name] for name in names}, consignee=consignee, rest=rest)
