"""The figures of planning, by one command: `python -m bench.routing [PART …]`.

Parts: `sprp` and `scattered` (single tours), `henn`, `muter` and `foodmart` (batches), `carts` (500 orders), `growth`
(large pools), `day`. Each makes a CSV in `--out` and tables in Markdown on stdout; `--docs` puts them into
docs/planning.md. `--again` makes the tables from the CSVs of an earlier run. All of it takes an hour or two.
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Iterator, Sequence
from pathlib import Path

from bench.figures import machine
from bench.planning.batch_parts import FOODMART, HENN, MUTER
from bench.planning.cart_part import CARTS
from bench.planning.data import MissingDataError
from bench.planning.day_part import DAY
from bench.planning.growth_part import GROWTH
from bench.planning.part import Asked, Part
from bench.planning.report import Row, Table, put_into, saved_as_they_come
from bench.planning.tour_parts import SCATTERED, SPRP
from routing.compiled import warm

PARTS = {part.name: part for part in (SPRP, SCATTERED, HENN, MUTER, FOODMART, CARTS, GROWTH, DAY)}
_DOCUMENT = Path(__file__).parents[1] / "docs" / "planning.md"


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure what was asked for, part by part."""
    asked = _parser().parse_args(arguments)
    names = asked.parts or list(PARTS)
    what = Asked(tuple(asked.seconds), asked.sample, asked.seed)
    print(machine())
    if not asked.again:
        warm()
    tables = {}
    for part in (PARTS[name] for name in names):
        try:
            rows = list(_rows(part, what, asked.out, again=asked.again))
        except MissingDataError as missing:
            print(f"\n{part.title}: {missing}")
            continue
        tables[part.name] = part.tables(rows)
        print(f"\n{part.title}\n")
        print("\n".join(table.markdown() for table in tables[part.name]))
    if asked.docs:
        _document(tables)


def _rows(part: Part, what: Asked, out: Path, *, again: bool) -> Iterator[Row]:
    """Measured now, or those of an earlier run."""
    path = out / f"{part.name}.csv"
    if not again:
        yield from saved_as_they_come(path, part.rows(what))
        return
    if not path.is_file():
        raise MissingDataError(f"no earlier run has left {path}")
    with path.open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def _document(tables: dict[str, list[Table]]) -> None:
    text = _DOCUMENT.read_text("utf-8")
    _DOCUMENT.write_text(put_into(text, tables), "utf-8")


def _seconds(text: str) -> list[float]:
    return [float(each) for each in text.split(",")]


def _part(text: str) -> str:
    if text not in PARTS:
        raise argparse.ArgumentTypeError(f"no part {text!r}: known are {', '.join(PARTS)}")
    return text


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench.routing", description=__doc__)
    parser.add_argument("parts", nargs="*", type=_part, metavar="PART", help="(all)")
    parser.add_argument("--seconds", type=_seconds, default=[], help="to plan in, as 2,10 (each part's own)")
    parser.add_argument(
        "--sample", type=int, help="so many instances, pools, seeds or orders of a part (all)"
    )
    parser.add_argument("--seed", type=int, default=1, help="draws the sample and is what we plan with (1)")
    parser.add_argument(
        "--out", type=Path, default=Path("build/planning"), help="folder of the CSVs (build/planning)"
    )
    parser.add_argument("--docs", action="store_true", help="put the tables into docs/planning.md")
    parser.add_argument("--again", action="store_true", help="measure nothing: tables of the CSVs in --out")
    return parser


if __name__ == "__main__":
    main()
