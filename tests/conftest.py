"""Shared fixtures: one synthetic inbox and one full run of the command line for every end-to-end test."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SHARED_DATA = ROOT.parent / "shared" / "data"
# What is built once and read by tests of many files, the longest first; the law is loaded once a process.
BUILT_ONCE = ("demo", "workshop", "published_once", "browser")
FOLDERS = ("acceptance", "integration", "entitlements")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Two workers (`make test`): tests that share what is built once go to one of them, the longest groups first."""
    for item in items:
        item.add_marker(pytest.mark.xdist_group(_group(item)))
    items.sort(key=_rank)


def _group(item: pytest.Item) -> str:
    shared = next((name for name in BUILT_ONCE if name in item.fixturenames), None)
    return shared or ("law" if "entitlement" in str(item.path) else item.path.relative_to(ROOT).as_posix())


def _rank(item: pytest.Item) -> tuple[int, int]:
    shared = next((rank for rank, name in enumerate(BUILT_ONCE[:2]) if name in item.fixturenames), 2)
    parts = item.path.parts
    return shared, next((rank for rank, name in enumerate(FOLDERS) if name in parts), len(FOLDERS))


@dataclass(frozen=True)
class Finished:
    """A finished command: exit code and what it printed."""

    code: int
    out: str
    err: str


@dataclass(frozen=True)
class Workspace:
    """One data directory and the command line over it."""

    data: Path

    def tznr(self, *arguments: str, **environment: str) -> Finished:
        clean = {k: v for k, v in os.environ.items() if not k.startswith(("TZNR_", "DBT_", "DAGSTER_"))}
        done = subprocess.run([sys.executable, "-W", "ignore", "-m", "tznr_platform.cli", *arguments], cwd=ROOT,
                              env={**clean, "TZNR_DATA_DIR": str(self.data), **environment},
                              capture_output=True, text=True, check=False)
        return Finished(done.returncode, done.stdout, done.stderr)


@pytest.fixture(scope="session")
def new_workspace() -> Callable[[Path], Workspace]:
    """Make a workspace over an empty folder."""
    return lambda folder: Workspace(folder / "data")


@pytest.fixture
def workspace(tmp_path: Path, new_workspace: Callable[[Path], Workspace]) -> Workspace:
    """An empty data directory."""
    return new_workspace(tmp_path)


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """`tznr run` on the default synthetic inbox, small: run once, read by many tests, changed by none."""
    space = Workspace(tmp_path_factory.mktemp("demo") / "data")
    done = space.tznr("run", "--persons", "1500")
    assert done.code == 0, done.err[-4000:] + done.out[-2000:]
    (space.data / "stdout.txt").write_text(done.out)
    (space.data / "stderr.txt").write_text(done.err)
    return space


@pytest.fixture(scope="session")
def dbt_manifest() -> None:
    """The manifest that definitions read: parsed once for the whole session, if it is stale."""
    from tznr_platform.orchestration.manifest import ensure_manifest

    ensure_manifest()


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Public data beside the project; not part of it."""
    if not SHARED_DATA.is_dir():
        pytest.skip("../shared/data is not beside this checkout")
    return SHARED_DATA
