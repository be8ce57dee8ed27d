"""Evaluation data platform of the « Territoires zéro non-recours » experiment.

The folders are the mission, in the order in which data flows: contracts, intake, privacy, storage,
entitlements, estimation, disclosure, reporting, release. Dagster (assets, resources, orchestration) is wiring.
"""
