"""Seeded days in which the agent is killed again and again; the proof is that every ledger agrees at the end.

`python -m bench.kills --seed N [--orders 200] [--kills 20] [--hub-kills 0] [--runs 1] [--json] [--dir FOLDER]`; the
runs have the seeds N, N+1, …; exit 1 if any of them lost, doubled or left anything.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from agent.sandbox.kills import KillReport, day_with_kills
from bench.figures import folder_in, machine, show


def line_of(report: KillReport) -> str:
    """One run in one line."""
    summary = report.summary
    worst_s = max(report.restart_s, default=0.0)
    return (
        f"seed {report.seed}: {'good' if report.good else 'BAD'}, {report.kills} kills, "
        f"{report.hub_kills} of the hub, ready again after {worst_s:.2f} s at worst, "
        f"{summary.shipped} of {summary.orders} shipped, {summary.lost} lost, "
        f"{summary.labels_doubled} labels doubled, {len(report.differences)} ledger differences, "
        f"{report.verdict.rows:,} rows {'verified' if report.verdict.ok else 'NOT VERIFIED'}"
    )


def faults_of(report: KillReport) -> list[str]:
    """What of a bad run a person wants to read, a few of each."""
    verdict = report.verdict.first_bad
    emptied = [] if report.emptied else ["the floor was not emptied in time"]
    return emptied + ([verdict.what] if verdict else []) + list(report.differences[:10])


async def campaign(
    parent: Path, *, orders: int, kills: int, hub_kills: int, seeds: Sequence[int], say: Callable[[str], None]
) -> list[KillReport]:
    """A day per seed, one after the other."""
    reports = []
    for seed in seeds:
        with folder_in(parent) as folder:
            report = await day_with_kills(
                Path(folder), orders=orders, kills=kills, hub_kills=hub_kills, seed=seed
            )
        say(line_of(report))
        for fault in faults_of(report):
            say(f"  {fault}")
        reports.append(report)
    return reports


def show_summary(reports: Sequence[KillReport]) -> None:
    """All runs together."""
    restarts = [s for report in reports for s in report.restart_s]
    show(
        "The agent killed in the middle of its day",
        (
            "runs",
            "good",
            "kills",
            "hub kills",
            "orders",
            "shipped",
            "lost",
            "doubled",
            "mean restart s",
            "worst restart s",
        ),
        [
            (
                len(reports),
                sum(report.good for report in reports),
                len(restarts),
                sum(report.hub_kills for report in reports),
                sum(report.summary.orders for report in reports),
                sum(report.summary.shipped for report in reports),
                sum(report.summary.lost for report in reports),
                sum(report.summary.labels_doubled for report in reports),
                sum(restarts) / max(1, len(restarts)),
                max(restarts, default=0.0),
            )
        ],
        machine(),
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit code: 0 where every run is good."""
    parser = argparse.ArgumentParser(prog="python -m bench.kills", description=__doc__)
    parser.add_argument("--seed", type=int, default=1, help="of the first run (1)")
    parser.add_argument("--orders", type=int, default=200, help="in each day (200)")
    parser.add_argument("--kills", type=int, default=20, help="in each day (20)")
    parser.add_argument(
        "--hub-kills", type=int, default=0, help="of the hub, which then stays away a while (0)"
    )
    parser.add_argument("--runs", type=int, default=1, help="days, each with the next seed (1)")
    parser.add_argument("--json", action="store_true", help="the reports as one JSON list")
    parser.add_argument("--dir", type=Path, default=Path(), help="a folder on the disk to use (this one)")
    asked = parser.parse_args(arguments)
    seeds = range(asked.seed, asked.seed + asked.runs)

    def say(text: str) -> None:
        print(text, file=sys.stderr if asked.json else sys.stdout, flush=True)

    reports = asyncio.run(
        campaign(
            asked.dir, orders=asked.orders, kills=asked.kills, hub_kills=asked.hub_kills, seeds=seeds, say=say
        )
    )
    if asked.json:
        print(msgspec.json.encode(reports).decode())
    else:
        show_summary(reports)
    return 0 if all(report.good for report in reports) else 1


if __name__ == "__main__":
    sys.exit(main())
