"""Group-time effects with bootstrap bands, against csdid and differences on the same panel in the same run.

Here: the platform's side and the comparison. Not here: the rivals' calls and the data (``rivals``). Both sides do all
ATT(g, t), the aggregation by exposure, and a bootstrap of each; every one in a fresh process, imports left out.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable

from benchmarks import rivals

NAMES = ("csdid", "differences")


def platform(units: int, periods: int, draws: int) -> Callable[[], dict]:
    """The platform's call, ready to be timed."""
    from tznr_platform.estimation.group_time import group_time_effects

    rows = rivals.panel(units, periods)

    def call() -> dict:
        effects = group_time_effects(rows, outcome="outcome", unit="unit", period="period", cohort="cohort")
        effects.band(seed=rivals.SEED, draws=draws)
        effects.band("dynamic", seed=rivals.SEED, draws=draws)
        return {"overall": effects.aggregate("dynamic").overall}

    return call


def compare(units: int, periods: int, draws: int) -> str:
    """A line a side: seconds, ratio to the platform's, peak, the overall effect on which all must agree."""
    return sides("benchmarks.group_time", NAMES, (units, periods, draws))


def sides(module: str, names: tuple[str, ...], numbers: tuple[int, int, int]) -> str:
    """Run the platform's ``module`` and the rivals, each in its own process, and compare them."""
    words = [str(number) for number in numbers]
    ours = _json([sys.executable, "-m", module, *words])
    lines = [_line("platform", ours, ours)]
    for name in names:
        lines.append(_line(name, _json([sys.executable, rivals.__file__, name, *words]), ours))
    return "\n".join(lines)


def _line(name: str, found: dict, ours: dict) -> str:
    return (f"{name:<14} {found['seconds']:8.2f} s  platform / it {ours['seconds'] / found['seconds']:.3f}  "
            f"{found['peak']:6.0f} MiB  estimate {found['overall']:.6f}")


def _json(command: list[str]) -> dict:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(command[1:])}: exit code {done.returncode}\n{done.stderr[-2000:]}")
    return json.loads(done.stdout.strip().splitlines()[-1])


if __name__ == "__main__":
    sys.stdout.write(rivals.timed(platform(*map(int, sys.argv[1:]))))
