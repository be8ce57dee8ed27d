"""The kit that senders receive: complete, in French, generated from the contracts, without a key or an address."""

from __future__ import annotations

import json
import re
import zipfile
from pathlib import Path

import pytest
from click.testing import CliRunner

from tznr_platform import contracts
from tznr_platform.cli.kit import kit
from tznr_platform.sender.kit import GUIDE_NAME, PAGE_NAME, README_NAME, book, page_text, write_kit


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("kit")
    write_kit(folder)
    return folder


def test_the_kit_holds_page_guide_note_and_templates(folder: Path) -> None:
    tables = [table.name for table in contracts.contracts().values() if table.sender_kind != "open_data"]
    expected = {PAGE_NAME, GUIDE_NAME, README_NAME,
                *(f"modeles/modele_{name}.{kind}" for name in tables for kind in ("csv", "xlsx"))}
    assert {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()} == expected


def test_no_page_holds_an_address_or_a_key(folder: Path) -> None:
    proof = "".join(f"{byte:02x}" for byte in range(32))
    for name in (PAGE_NAME, GUIDE_NAME, README_NAME):
        text = (folder / name).read_text(encoding="utf-8")
        assert not re.search(r"(?:https?|wss?|ftp)://|src=|@import|url\(", text), name
        assert not re.search(r"K1-[0-9]+:[0-9a-f]{64}", text), name
        assert proof not in text, name


def test_pages_open_no_door() -> None:
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', page_text())[1]
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy and "connect-src" not in policy and "http" not in policy


def test_the_page_knows_every_table_and_every_reason() -> None:
    known = book()
    assert set(known["codes"]) == set(contracts.reason_codes())
    assert set(known["contracts"]) == {table.name for table in contracts.contracts().values()
                                       if table.sender_kind != "open_data"}
    json.dumps(known)


def test_the_guide_names_every_column_and_every_reason(folder: Path) -> None:
    guide = (folder / GUIDE_NAME).read_text(encoding="utf-8")
    for table in contracts.contracts().values():
        if table.sender_kind != "open_data":
            assert table.title in guide
            assert all(f"<code>{field.name}</code>" in guide for field in table.fields)
    assert all(f"<code>{code}</code>" in guide for code in contracts.reason_codes())
    anchors = set(re.findall(r'<h[23] id="([^"]+)"', guide))
    assert anchors == set(re.findall(r'href="#(s[^"]+)"', guide))


def test_the_same_contracts_give_the_same_page() -> None:
    assert page_text() == page_text()


def test_the_command_writes_a_folder_and_an_archive(tmp_path: Path) -> None:
    answer = CliRunner().invoke(kit, ["--out", str(tmp_path / "kit_emetteur"), "--zip"])
    assert answer.exit_code == 0, answer.output
    with zipfile.ZipFile(tmp_path / "kit_emetteur.zip") as archive:
        assert f"kit_emetteur/{PAGE_NAME}" in archive.namelist()
        assert archive.testzip() is None
