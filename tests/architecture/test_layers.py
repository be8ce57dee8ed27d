"""The house rules, proven: layers, sizes, names, single homes, no work at import."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TRACKED = subprocess.run(["git", "ls-files", "--cached", "--others", "--exclude-standard"], cwd=ROOT,
                         capture_output=True, text=True, check=True).stdout.split("\n")
SOURCES = [ROOT / name for name in TRACKED
           if name.endswith(".py") and name.split("/")[0] in {"tznr_platform", "quality"} and (ROOT / name).exists()]
MODELS = [ROOT / name for name in TRACKED if name.endswith(".sql") and (ROOT / name).exists()]
FORBIDDEN_NAMES = re.compile(r"(^|/)(utils?|helpers?|common|misc|manager|v2)(\.py|/)")


def _functions(path: Path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def test_layers_hold():
    done = subprocess.run([str(Path(sys.executable).parent / "lint-imports"), "--no-cache"], cwd=ROOT,
                          capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-4000:]


def test_modules_and_models_stay_small():
    too_long = {str(path.relative_to(ROOT)): size for path, limit in
                [*((p, 400) for p in SOURCES), *((p, 120) for p in MODELS)]
                if (size := len(path.read_text().splitlines())) > limit}
    assert not too_long


def test_functions_stay_short():
    too_long = [f"{path.relative_to(ROOT)}:{node.name}" for path in SOURCES for node in _functions(path)
                if node.end_lineno - node.lineno + 1 > 50]
    assert not too_long


def test_asset_bodies_stay_thin():
    bodies = []
    for path in (ROOT / "tznr_platform" / "assets").glob("*.py"):
        for node in _functions(path):
            if any("asset" in ast.unparse(d).split("(")[0] for d in node.decorator_list):
                first = node.body[1] if isinstance(node.body[0], ast.Expr) and len(node.body) > 1 else node.body[0]
                if node.end_lineno - first.lineno + 1 > 15:
                    bodies.append(f"{path.name}:{node.name}")
    assert not bodies


def test_no_drawer_without_a_name():
    assert not [name for name in TRACKED if FORBIDDEN_NAMES.search(name)]


def test_every_module_says_what_it_is_for():
    missing = [str(path.relative_to(ROOT)) for path in SOURCES
               if path.read_text().strip() and not ast.get_docstring(ast.parse(path.read_text()))]
    assert not missing


@pytest.mark.parametrize(("needle", "home"), [
    (r"duckdb\.connect\(", "tznr_platform/storage/warehouse.py"),
    (r"os\.environ|os\.getenv", "tznr_platform/settings.py"),
    (r"date\.today", "tznr_platform/settings.py"),
])
def test_one_home_for(needle: str, home: str):
    users = {str(path.relative_to(ROOT)) for path in SOURCES if re.search(needle, path.read_text())}
    assert users == {home}


def test_lock_has_hashes_and_no_address():
    lock = (ROOT / "requirements.lock").read_text()
    assert "://" not in lock
    pins = [line for line in lock.splitlines() if line and not line.startswith((" ", "#"))]
    assert pins and all("==" in line for line in pins)
    assert lock.count("--hash=sha256:") >= len(pins)


def test_nothing_of_this_machine_in_the_repository():
    home_paths = re.compile(r"(?<![\w.])/(?:work|farm|root|home)/")
    registries = re.compile("py" + r"pi\.org|python" + "hosted|npm" + r"js\.(?:org|com)|deb\." + "debian")
    found = []
    for name in TRACKED:
        path = ROOT / name
        if not path.is_file() or path.stat().st_size > 2_000_000:
            continue
        text = path.read_text(errors="ignore")
        if home_paths.search(text) or registries.search(text):
            found.append(name)
    assert not found


def test_importing_definitions_does_no_work(tmp_path: Path, dbt_manifest: None):
    """Importing the code location opens no socket, needs no key and creates nothing in the data directory."""
    script = (
        "import sys\n"
        "seen = []\n"
        "def hook(event, args):\n"
        "    if event in ('socket.connect', 'socket.getaddrinfo'):\n"
        "        seen.append((event, str(args)[:200]))\n"
        "    if event == 'subprocess.Popen' and args[0] != 'file':  # platform.architecture() asks it\n"
        "        seen.append((event, str(args)[:200]))\n"
        "    writes = event == 'open' and isinstance(args[1], str) and set(args[1]) & set('wax+')\n"
        "    if writes and 'dev/null' not in str(args[0]):\n"
        "        seen.append((event, str(args)[:200]))\n"
        "sys.addaudithook(hook)\n"
        "sys.dont_write_bytecode = True\n"
        "import tznr_platform.definitions\n"
        "print(seen)\n")
    data = tmp_path / "data"
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", script], cwd=ROOT, capture_output=True, text=True,
                          env={"PATH": "/usr/bin:/bin", "TZNR_DATA_DIR": str(data), "HOME": str(tmp_path)}, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.strip().splitlines()[-1] == "[]"
    assert not data.exists()
