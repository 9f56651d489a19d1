"""The lineage of an order as a picture in graphviz' language: a node for each value, arrows from what it replaced."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from zlib import crc32

import msgspec

from agent.core.lineage import Link

#: Light enough for black letters; a source has the same one in every picture.
_COLOURS = ("#cfe8fc", "#d8f0d3", "#fde7c8", "#e9d8f4", "#f9d5d5", "#d3efef", "#f3f0c6", "#e3e3e3")


def dot(order_no: str, chains: Mapping[str, Sequence[Link]]) -> str:
    """A digraph, a row for each field; a value that was overruled hangs on a dashed arrow."""
    return "\n".join(_lines(order_no, chains)) + "\n"


def _lines(order_no: str, chains: Mapping[str, Sequence[Link]]) -> Iterator[str]:
    yield f"digraph {_quoted(order_no)} {{"
    yield "  rankdir=LR;"
    yield '  node [shape=box, style=filled, fontname="sans-serif"];'
    for number, (field, chain) in enumerate(chains.items()):
        yield f"  subgraph cluster_{number} {{"
        yield f"    label={_quoted(field)};"
        yield from (f"    {line}" for line in _chain(number, chain))
        yield "  }"
    yield "}"


def _chain(number: int, chain: Sequence[Link]) -> Iterator[str]:
    stands: str | None = None
    for at, link in enumerate(chain):
        name = f"v{number}_{at}"
        style = 'style="filled,dashed", ' if link.overruled else ""
        yield f"{name} [{style}fillcolor={_quoted(_colour(link.source))}, label={_quoted(_label(link))}];"
        if stands is not None:
            dashed = f" [style=dashed, label={_quoted(link.overruled)}]" if link.overruled else ""
            yield f"{stands} -> {name}{dashed};"
        if not link.overruled:
            stands = name


def _label(link: Link) -> str:
    value = link.value if isinstance(link.value, str) else msgspec.json.encode(link.value).decode()
    return f"{value}\n{link.source}\n{link.event}\n{link.changed_at or link.at}"


def _colour(source: str) -> str:
    return _COLOURS[crc32(source.encode()) % len(_COLOURS)]


def _quoted(text: str) -> str:
    """A string of the language: backslashes and quotes escaped, lines kept apart, nothing else special."""
    plain = "".join(each if each.isprintable() or each == "\n" else " " for each in text)
    return '"' + plain.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'
