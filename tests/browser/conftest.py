"""The offline page of the sender kit, open in a real Chromium."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser.chromium import Browser, Page, open_browser
from tznr_platform.sender.kit import page_text

KEY = "K1-1:" + bytes(range(32)).hex()


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    if shutil.which("chromium") is None:
        pytest.skip("chromium is not installed")
    with open_browser(tmp_path_factory.mktemp("profile")) as browser:
        yield browser


@pytest.fixture(scope="session")
def address(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("kit") / "page.html"
    path.write_text(page_text(), encoding="utf-8")
    return path.as_uri()


@pytest.fixture
def downloads(tmp_path: Path) -> Path:
    folder = tmp_path / "downloads"
    folder.mkdir()
    return folder


@pytest.fixture
def page(browser: Browser, address: str, downloads: Path) -> Page:
    """The page, fresh and ready."""
    page = browser.page(address, downloads)
    page.wait("document.body.dataset.ready === 'true'")
    return page


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    path = tmp_path / "cle"
    path.write_text(KEY + "\n", encoding="ascii")
    return path
