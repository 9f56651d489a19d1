"""What a storm of scans is, what it showed, and what of that must not be."""

from __future__ import annotations

import msgspec

from agent.api.messages import Percentiles
from agent.store.verify import Verdict
from bench.figures import show

BACK_WITHIN_S = 60.0


class Storm(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked for. `kills` of bluetoothd; `drops` of all links at once."""

    scanners: int = 100
    per_s: float = 10.0
    seconds: float = 60.0
    adapters: int = 20
    seed: int = 1
    kills: int = 2
    drops: int = 1
    agent_kills: int = 0
    weather: bool = False


class Recovery(msgspec.Struct, frozen=True):
    """`back_s` from the blow until the last scanner was listened to again; None: it was not in time."""

    blow: str
    back_s: float | None


class Condition(msgspec.Struct, frozen=True):
    """Of the agent, while all scanners are connected and nobody scans."""

    descriptors: int
    memory_mb: float


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that one storm showed.

    `swallowed`: sent over a link that nothing passed, so nobody can have them. `died_with_agent`: on their way when it
    was killed. `cores`: of the agent, before the first blow. `quiet`: from trigger to tone, milliseconds, of what was
    scanned while no blow was being mended, and before any weather.
    """

    machine: str
    storm: Storm
    scans: int
    taken: int
    ignored: dict[str, int]
    lost: int
    doubled: int
    disordered: int
    unknown: int
    swallowed: int
    died_with_agent: int
    recoveries: list[Recovery]
    before: Condition
    after: Condition
    cores: float
    quiet: Percentiles
    verdict: Verdict

    @property
    def faults(self) -> list[str]:
        """What must not be, in words."""
        leaked = self.after.descriptors - self.before.descriptors
        wrong = {
            f"{self.lost} scans are lost": self.lost,
            f"{self.doubled} scans were taken twice": self.doubled,
            f"{self.disordered} scans are out of order": self.disordered,
            f"{self.unknown} codes were taken that nobody scanned": self.unknown,
            f"{leaked} file descriptors leaked": leaked > 0,
            "the journal does not verify": not self.verdict.ok,
        }
        late = [f"{each.blow}: not all back in time" for each in self.recoveries if each.back_s is None]
        return [*(what for what, is_so in wrong.items() if is_so), *late]


def show_report(report: Report) -> None:
    """Two tables and a verdict."""
    storm = report.storm
    show(
        f"{storm.scanners} Bluetooth scanners × {storm.per_s:g} scans/s for {storm.seconds:g} s, "
        f"{storm.adapters} adapters, seed {storm.seed}{', weather' if storm.weather else ''}",
        ["scans", "taken", "ignored", "lost", "twice", "disordered", "unknown", "swallowed", "died with agent"],
        [
            (
                report.scans, report.taken, sum(report.ignored.values()), report.lost, report.doubled,
                report.disordered, report.unknown, report.swallowed, report.died_with_agent,
            )
        ],
        ", ".join(f"{count} ignored as {why}" for why, count in report.ignored.items()),
    )  # fmt: skip
    show(
        "From each blow until the last scanner was listened to again",
        ["blow", "back after s"],
        [(each.blow, "—" if each.back_s is None else f"{each.back_s:.1f}") for each in report.recoveries],
    )
    show(
        "The agent",
        ["tone p50 ms", "p99", "max", "cores", "descriptors", "after", "memory MB", "after", "journal rows"],
        [
            (
                report.quiet.p50, report.quiet.p99, report.quiet.max, report.cores, report.before.descriptors,
                report.after.descriptors, report.before.memory_mb, report.after.memory_mb, report.verdict.rows,
            )
        ],
        report.machine,
    )  # fmt: skip
    print(
        "; ".join(report.faults)
        or "good: every scan that could come has come, once and in order; everybody back; nothing leaked"
    )
