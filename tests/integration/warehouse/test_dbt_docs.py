"""The documentation of the warehouse: one page that opens without a network and calls nobody."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.browser.chromium import open_browser
from tests.integration.warehouse.builds import Built, run_dbt
from tznr_platform.errors import PermanentError


@pytest.fixture(scope="module")
def page(cohort_build: Built, dbt_manifest: None) -> str:
    from tznr_platform.assets.documentation import sealed  # the assets read the manifest when they are imported

    run_dbt(cohort_build.settings, "docs", "generate", "--static")
    return sealed((cohort_build.settings.root / "target" / "static_index.html").read_text(encoding="utf-8"))


def test_the_page_has_every_mart_and_no_address_of_a_tracker(page: str, cohort_build: Built):
    assert "Content-Security-Policy" in page.split("<meta", 2)[1]
    assert "cloudfront.net" not in page
    marts = [node["name"] for node in cohort_build.manifest["nodes"].values() if node.get("schema") == "marts"]
    assert marts and not [name for name in marts if name not in page]


def test_a_page_without_a_place_for_the_policy_is_refused(dbt_manifest: None):
    from tznr_platform.assets.documentation import sealed

    with pytest.raises(PermanentError):
        sealed("<html><body></body></html>")


def test_the_page_opens_in_a_browser_and_asks_for_nothing(page: str, tmp_path: Path):
    if shutil.which("chromium") is None:
        pytest.skip("chromium is not installed")
    path = tmp_path / "entrepot.html"
    path.write_text(page, encoding="utf-8")
    with open_browser(tmp_path / "profile") as browser:
        tab = browser.page(f"{path.as_uri()}#!/model/model.tznr.mart_access", tmp_path)
        tab.wait("document.body.innerText.includes('Évoqué, demandé, ouvert, versé')")
        tab.resize(1400, 900)
        tab.screenshot(tmp_path / "entrepot.png")
        assert not [url for url in tab.asked_for() if not url.startswith(("file:", "data:", "blob:"))]
