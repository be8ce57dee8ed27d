"""How dbt nodes appear in Dagster: one name everywhere, the layer as group, the French description."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, DagsterDbtTranslatorSettings

from tznr_platform.assets.presentation import OWNER

GROUP_OF_LAYER = {"staging": "preparation", "intermediate": "calculs", "marts": "indicateurs"}


class Translator(DagsterDbtTranslator):
    """Asset key = (schema, name): a source is the intake asset of that table, a model is its table."""

    def __init__(self) -> None:
        super().__init__(DagsterDbtTranslatorSettings(enable_asset_checks=True))

    def get_asset_key(self, dbt_resource_props: Mapping[str, Any]) -> dg.AssetKey:
        if dbt_resource_props["resource_type"] == "source":
            return dg.AssetKey([dbt_resource_props["source_name"], dbt_resource_props["name"]])
        return dg.AssetKey([dbt_resource_props["schema"], dbt_resource_props["name"]])

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str | None:
        if dbt_resource_props["resource_type"] == "source":
            return "references"
        return GROUP_OF_LAYER[dbt_resource_props["fqn"][1]]

    def get_owners(self, dbt_resource_props: Mapping[str, Any]) -> list[str]:
        return [OWNER]
