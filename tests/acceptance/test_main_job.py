"""The main job as its users see it: one command, reports produced or refused for reasons one can read."""

from __future__ import annotations

import json
import re

import dagster as dg
import duckdb
import pytest


@pytest.fixture(scope="session")
def instance(demo):
    with dg.DagsterInstance.from_config(str(demo.data / "dagster")) as opened:
        yield opened


def test_interim_report_is_produced_and_final_refused(demo):
    assert (demo.data / "reports" / "interim.html").exists()
    assert not (demo.data / "reports" / "final.html").exists()
    for dossier in ("marts", "interim", "final"):
        assert (demo.data / "gates" / f"{dossier}.html").exists()
    final = (demo.data / "gates" / "final.html").read_text()
    assert "refus" in final.lower()


def test_last_lines_say_where_things_are(demo):
    out = (demo.data / "stdout.txt").read_text()
    for word in ("rapport", "dossier de porte", "accusés", "entrepôt publié", "make ui"):
        assert word in out


def test_progress_is_shown_and_readable(demo):
    lines = (demo.data / "stderr.txt").read_text().splitlines()
    assert any("Réception" in line for line in lines)
    assert any("Entrepôt" in line for line in lines)
    assert not any("DEBUG" in line or "STEP_START" in line for line in lines)


def test_what_the_command_did_is_in_the_instance(demo, instance):
    runs = instance.get_runs()
    runs = [run for run in runs if run.job_name == "full"]
    assert len(runs) == 1 and runs[0].job_name == "full" and runs[0].status == dg.DagsterRunStatus.SUCCESS
    for key in (["accepted", "personnes"], ["marts", "mart_access"], ["published"], ["reports", "report_interim"]):
        assert instance.get_latest_materialization_event(dg.AssetKey(key)) is not None, key
    assert instance.get_latest_materialization_event(dg.AssetKey(["reports", "report_final"])) is None
    months = instance.get_materialized_partitions(dg.AssetKey(["accepted", "droits_mensuels"]))
    assert {"2023-10", "2026-06"} <= months


def test_second_run_loads_nothing(demo):
    def register():
        rows = duckdb.sql(f"select * from '{demo.data}/lake/register/deliveries.parquet' order by delivery_id")
        return rows.fetchall()

    before = register()
    files = sorted(p.stat().st_mtime_ns for p in (demo.data / "lake" / "accepted").rglob("*.parquet"))
    done = demo.tznr("run", "--job", "ingest")
    assert done.code == 0, done.err
    assert register() == before
    assert sorted(p.stat().st_mtime_ns for p in (demo.data / "lake" / "accepted").rglob("*.parquet")) == files


def test_second_full_run_finds_nothing_to_do(demo, instance):
    before = len(instance.get_runs())
    done = demo.tznr("run")
    assert done.code == 0 and "Rien de nouveau" in done.err and "interim.html" in done.out
    assert len(instance.get_runs()) == before


def test_published_copy_holds_marts_only(demo):
    with duckdb.connect(str(demo.data / "warehouse" / "published.duckdb"), read_only=True) as con:
        schemas = {row[0] for row in con.execute("select distinct schema_name from duckdb_tables()").fetchall()}
        named = con.execute("select column_name from duckdb_columns() where not internal").fetchall()
        territories = con.execute("select count(*) from marts.mart_coverage where territory_code <> 'FR'").fetchone()[0]
    assert schemas == {"marts"}
    assert not {row[0] for row in named} & {"person_id", "pseudonym"}
    assert territories == 39


def test_every_number_of_the_report_explains_itself(demo):
    page = (demo.data / "reports" / "interim.html").read_text()
    numbers = sorted(set(re.findall(r'data-number="([^"]+)"', page)))
    assert len(numbers) > 50
    done = demo.tznr("explain", numbers[0])
    assert done.code == 0, done.err
    assert "select" in done.out.lower() and "livraison" in done.out.lower()
    unknown = demo.tznr("explain", numbers[0] + "x")
    assert unknown.code == 3 and f"essayer : {numbers[0]}" in unknown.err


def test_package_verifies_and_an_altered_one_does_not(demo, tmp_path):
    package = next((demo.data / "releases").glob("*.zip"))
    assert demo.tznr("verify", str(package)).code == 0
    broken = tmp_path / package.name
    content = bytearray(package.read_bytes())
    content[len(content) // 2] ^= 0xFF
    broken.write_bytes(content)
    assert demo.tznr("verify", str(broken)).code != 0


def test_audit_log_is_intact(demo):
    assert demo.tznr("audit", "verify").code == 0


def test_real_and_synthetic_deliveries_never_mix(demo, tmp_path):
    (tmp_path / "boite").mkdir()
    (tmp_path / "boite" / "TZNR-01_personnes_2025-T1.csv").write_text("identifiant\n")
    done = demo.tznr("run", "--inbox", str(tmp_path / "boite"))
    assert done.code == 4 and "synthétique" in done.err


def test_no_value_about_a_person_in_the_orchestrator(demo, instance):
    """No exchange identifier and no pseudonym in Dagster's storage, logs, receipts, dossiers or reports."""
    digest = re.compile(rb"(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])")
    keys = duckdb.sql(f"select pseudonym from '{demo.data}/lake/identity/person.parquet'").fetchall()
    pseudonyms = {row[0].encode() for row in keys}
    assert pseudonyms
    for folder in ("dagster", "receipts", "gates", "reports", "releases", "audit"):
        for path in (demo.data / folder).rglob("*"):
            if path.is_file():
                assert not pseudonyms & set(digest.findall(path.read_bytes())), path


def test_canaries_are_nowhere(demo):
    """Names and NIR of the planted canaries exist in the answer key and in no byte of anything else."""
    key = next((demo.data / "answer_key").glob("canar*.csv"))
    rows = duckdb.sql(f"select * from read_csv('{key}', all_varchar = true)").df()
    needles = {str(v).encode() for c in rows.columns if c in {"nom", "prenom", "nir", "name", "first_name", "last_name"}
               for v in rows[c]}
    assert len(needles) >= 50
    for path in demo.data.rglob("*"):
        if path.is_file() and "answer_key" not in path.parts:
            content = path.read_bytes()
            assert not any(needle in content for needle in needles), path


def test_origin_is_recorded(demo):
    assert json.loads((demo.data / "origin.json").read_text()) == {"origin": "synthetic"}
