"""What a storm of gateways is, what it showed, and what of that must not be."""

from __future__ import annotations

import msgspec

from agent.store.verify import Verdict
from bench.figures import show
from bench.gateway_gaps import Gaps
from bench.gateway_ledger import Difference
from bench.scan_report import Recovery


class Storm(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked for. `kills` of the agent, `broker_kills` of the broker, all SIGKILL."""

    gateways: int = 4
    scanners: int = 40
    per_s: float = 5.0
    seconds: float = 30.0
    kills: int = 3
    broker_kills: int = 1
    seed: int = 1


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that one storm showed.

    `scans`: codes that were read; `at_broker`: those that the broker answered for to a gateway. `ignored`: by reason.
    `misdeeds`: what the gateways did wrong, by name. `told`: exceptions that were opened, by kind.
    """

    machine: str
    broker: str
    storm: Storm
    scans: int
    at_broker: int
    taken: int
    ignored: dict[str, int]
    difference: Difference
    gaps: Gaps
    misdeeds: dict[str, int]
    told: dict[str, int]
    recoveries: list[Recovery]
    all_came: bool
    verdict: Verdict

    @property
    def faults(self) -> list[str]:
        """What must not be, in words."""
        found, gaps = self.difference, self.gaps
        wrong = {
            f"{len(found.lost)} scans are lost": found.lost,
            f"{found.doubled} scans were taken twice": found.doubled,
            f"{found.disordered} scans are out of order": found.disordered,
            f"{len(found.unknown)} codes were journaled that nobody scanned": found.unknown,
            f"{gaps.false} gaps were told of scans that had come": gaps.false,
            f"{gaps.stale} gaps are still told of scans that have come": gaps.stale,
            f"{gaps.untold} scans are missing that nobody was told of": gaps.untold,
            f"{self.told.get('unknown-scanner', 0)} scanners were not known": self.told.get(
                "unknown-scanner"
            ),
            "the gateways still had something to publish when the time was up": not self.all_came,
            "the journal does not verify": not self.verdict.ok,
        }
        late = [f"{each.blow}: not back in time" for each in self.recoveries if each.back_s is None]
        return [*(what for what, is_so in wrong.items() if is_so), *late]


def show_report(report: Report) -> None:
    """Three tables and a verdict."""
    storm, found, gaps = report.storm, report.difference, report.gaps
    show(
        f"{storm.scanners} scanners × {storm.per_s:g} scans/s behind {storm.gateways} gateways "
        f"for {storm.seconds:g} s, {report.broker}, seed {storm.seed}",
        ["scans", "at broker", "taken", "lost", "twice", "disordered", "unknown", "parted by a crash", "halves taken"],
        [
            (
                report.scans, report.at_broker, report.taken, len(found.lost), found.doubled, found.disordered,
                len(found.unknown), len(found.parted), found.halves,
            )
        ],
        ", ".join(f"{count} ignored as {why}" for why, count in report.ignored.items()),
    )  # fmt: skip
    show(
        "What the gateways did wrong, and what people were told",
        [*report.misdeeds, "gaps told", "false", "stale", "missing untold"],
        [(*report.misdeeds.values(), gaps.told, gaps.false, gaps.stale, gaps.untold)],
        ", ".join(f"{count} × {kind}" for kind, count in report.told.items()),
    )
    show(
        "From each SIGKILL until the agent had its broker again",
        ["killed", "back after s"],
        [(each.blow, "—" if each.back_s is None else f"{each.back_s:.1f}") for each in report.recoveries],
        f"{report.verdict.rows:,} journal rows; {report.machine}",
    )
    print(
        "; ".join(report.faults)
        or "good: every scan that the broker had is journaled, once; no gap was told in vain"
    )
