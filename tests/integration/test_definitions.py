"""The code location: its graph, jobs, schedule and sensor, without data and without a key."""

from __future__ import annotations

from pathlib import Path

import dagster as dg
import pytest

SNAPSHOT = Path(__file__).with_name("asset_graph.txt")


@pytest.fixture(scope="module")
def defs(tmp_path_factory, dbt_manifest):
    from tznr_platform.settings import export_environment, load_settings

    settings = load_settings(data_dir=tmp_path_factory.mktemp("defs"))
    with pytest.MonkeyPatch.context() as patch:
        for name in ("TZNR_DATA_DIR", "DAGSTER_HOME", "DBT_TZNR_PATH", "DBT_TZNR_TEMP"):
            patch.setenv(name, "")
        export_environment(settings)
        from tznr_platform.orchestration.build import build_defs
        yield build_defs(data_dir=str(settings.data_dir))


def picture(defs: dg.Definitions) -> str:
    graph = defs.resolve_asset_graph()
    lines = []
    for key in sorted(graph.materializable_asset_keys, key=lambda k: k.to_user_string()):
        node = graph.get(key)
        parents = " ".join(sorted(parent.to_user_string() for parent in node.parent_keys))
        lines.append(f"{node.group_name} {key.to_user_string()} <- {parents}".rstrip())
    return "\n".join(lines) + "\n"


def test_asset_graph_is_the_reviewed_one(defs):
    """To accept a change: write ``picture(defs)`` to asset_graph.txt and review the difference."""
    assert picture(defs) == SNAPSHOT.read_text()


def test_every_asset_is_described_owned_and_grouped(defs):
    graph = defs.resolve_asset_graph()
    for key in graph.materializable_asset_keys:
        node = graph.get(key)
        assert node.description and node.owners and node.group_name, key


def test_jobs_schedule_and_sensor(defs):
    repository = defs.get_repository_def()
    assert {"ingest", "evaluate", "report", "full", "protection"} <= set(repository.job_names)
    assert {schedule.name: (schedule.cron_schedule, schedule.execution_timezone)
            for schedule in repository.schedule_defs} == {"monthly_schedule": ("0 6 5 * *", "Europe/Paris"),
                                                          "daily_schedule": ("0 7 * * *", "Europe/Paris")}
    assert [sensor.name for sensor in repository.sensor_defs] == ["inbox_sensor"]


def test_steps_that_write_take_their_place_in_a_pool(defs):
    graph = defs.resolve_asset_graph()
    pools = {pool for key in graph.materializable_asset_keys for pool in graph.get(key).pools or ()}
    assert pools == {"duckdb", "lake"}
    assert all(graph.get(key).pools for key in graph.materializable_asset_keys)


def test_all_months_are_one_run(defs):
    node = defs.resolve_asset_graph().get(dg.AssetKey(["accepted", "droits_mensuels"]))
    assert node.backfill_policy == dg.BackfillPolicy.single_run()
    assert isinstance(node.partitions_def, dg.MonthlyPartitionsDefinition)


def test_sensor_waits_until_the_inbox_rests(defs, tmp_path):
    from tznr_platform.orchestration.triggers import inbox_sensor
    from tznr_platform.resources import Platform

    boite = tmp_path / "boite"
    boite.mkdir()
    platform = Platform(options={"data_dir": str(tmp_path / "data"), "inbox": str(boite)})
    with dg.build_sensor_context(resources={"platform": platform}) as context:
        assert isinstance(inbox_sensor(context), dg.SkipReason)
        (boite / "TZNR-01_personnes_2025-T1.csv").write_text("identifiant\n")
        assert isinstance(inbox_sensor(context), dg.SkipReason)
        request = inbox_sensor(context)
        assert isinstance(request, dg.RunRequest) and request.run_key == context.cursor


def test_hidden_request_of_dbt_is_avoided():
    from tznr_platform.resources.dbt import dbt_resource

    assert str(dbt_resource()._cli_version).startswith("1.11.")
