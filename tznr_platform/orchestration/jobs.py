"""The jobs, each a selection of the same graph, each in one process: DuckDB has one writer."""

from __future__ import annotations

import dagster as dg

INGESTED = dg.AssetSelection.groups("reception")
EVALUATED = dg.AssetSelection.groups("preparation", "calculs", "indicateurs", "estimations", "divulgation")
EFFECTS = dg.AssetSelection.groups("effets").downstream()
REPORTED = dg.AssetSelection.groups("livrables")
WATCHED = dg.AssetSelection.key_prefixes("protection")


def _job(name: str, selection: dg.AssetSelection, description: str) -> dg.UnresolvedAssetJobDefinition:
    return dg.define_asset_job(name, selection=selection, description=description,
                               executor_def=dg.in_process_executor, tags={"tznr/job": name})


JOBS = [
    _job("ingest", INGESTED, "Reçoit les livraisons de la boîte : lignes acceptées, quarantaine, accusés."),
    _job("evaluate", EVALUATED, "Construit l'entrepôt, passe la porte des indicateurs, publie, protège les chiffres."),
    _job("report", REPORTED, "Évalue la porte de chaque rapport, le produit ou le refuse avec un dossier."),
    _job("full", INGESTED | EVALUATED | REPORTED, "De la boîte de réception aux rapports."),
    _job("estimations", EFFECTS, "Estime les effets du programme (plusieurs minutes), puis refait ce qui les montre."),
    _job("protection", WATCHED, "Ce qui est dû aux personnes : échéances des demandes, durées de conservation."),
]
INGEST_JOB, *_, FULL_JOB, _, PROTECTION_JOB = JOBS
