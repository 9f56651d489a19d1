"""What `floorhand verify` costs, in a process of its own so that its peak memory is nobody else's.

`python -m bench.verify_cost DATA_DIR` prints one JSON object.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from time import perf_counter

import msgspec

from agent.store.verify import verify


class VerifyCost(msgspec.Struct, frozen=True):
    """`idle_mb` is the process before it begins, `peak_mb` the most that it ever took."""

    rows: int
    seconds: float
    idle_mb: float
    peak_mb: float


def measure(data_dir: Path) -> VerifyCost:
    """In a child. CalledProcessError where the store does not verify."""
    command = [sys.executable, "-m", "bench.verify_cost", str(data_dir.resolve())]
    root = Path(__file__).parents[1]  # `bench` is not installed
    done = subprocess.run(command, capture_output=True, check=True, cwd=root)
    return msgspec.json.decode(done.stdout, type=VerifyCost)


def _peak_mb() -> float:
    """VmHWM counts from this program's start; getrusage would include the parent that forked us."""
    status = Path("/proc/self/status").read_text("ascii")
    line = next(line for line in status.splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) / 1024


def main() -> None:
    """Verify, and say what it took."""
    idle_mb = _peak_mb()
    begun = perf_counter()
    verdict = verify(Path(sys.argv[1]))
    took_s = perf_counter() - begun
    if not verdict.ok:
        raise SystemExit(f"the store does not verify: {verdict.first_bad}")
    print(msgspec.json.encode(VerifyCost(verdict.rows, took_s, idle_mb, _peak_mb())).decode())


if __name__ == "__main__":
    main()
