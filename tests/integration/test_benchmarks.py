"""The rival of the benchmarks does the same work: same accepted rows, same marts. Nothing here looks at a clock."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.slow
def test_rival_and_platform_agree(tmp_path):
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("TZNR_", "DBT_"))}
    command = [sys.executable, "-m", "benchmarks", "pipeline", "--persons", "300", "--through", "2024-06",
               "--dir", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, env=clean, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr[-2000:]
    assert "disagreements            none" in done.stdout, done.stdout[-2000:]
