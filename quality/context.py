"""One run of Great Expectations over one row of aggregates.

Here: the ephemeral context, the expectations, the reading of results. Great Expectations is imported inside
functions (2 s) and sees counts and shares only. Its own errors come back as ``exception_info``: they mean «
the check did not run », never « the data failed ».
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import pandas as pd

from quality.criteria import Gate, Rule, gate_named
from tznr_platform import french
from tznr_platform.errors import PermanentError

SIGNS = {"at_least": "au moins", "at_most": "au plus", "equal": "exactement"}


@dataclass(frozen=True)
class Criterion:
    """The verdict on one criterion; ``value`` is None when nothing could be measured, which is a failure."""

    id: str
    label_fr: str
    value: float | None
    threshold: float
    comparison: str
    passed: bool
    remedy_fr: str
    unit: str

    @property
    def value_fr(self) -> str:
        return french.measure(self.value, self.unit)

    @property
    def threshold_fr(self) -> str:
        if self.unit == "oui_non":
            return french.measure(self.threshold, self.unit)
        bound = (
            french.share(self.threshold, 0)
            if self.unit == "part"
            else french.measure(self.threshold, self.unit)
        )
        return f"{SIGNS[self.comparison]} {bound}"


@dataclass(frozen=True)
class SuiteOutcome:
    """All criteria of a suite, in the order of the reviewed file."""

    name: str
    criteria: tuple[Criterion, ...]

    @property
    def passed(self) -> bool:
        return all(criterion.passed for criterion in self.criteria)


def run_suite(name: str, frame: pd.DataFrame) -> SuiteOutcome:
    """Judge ``frame`` (one row, one column a measure) by the criteria of gate ``name``.

    Raises PermanentError when a measure is absent or Great Expectations could not run a check.
    """
    gate = gate_named(name)
    missing = sorted({rule.measure for rule in gate.rules} - set(frame.columns))
    if missing or len(frame) != 1:
        raise PermanentError(f"porte {name} : mesures absentes {missing}")
    frame = frame.astype("float64")
    failed = _failed_rules(gate, frame)
    return SuiteOutcome(name, tuple(_criterion(rule, frame[rule.measure].iloc[0], rule.id not in failed)
                                    for rule in gate.rules))


def _failed_rules(gate: Gate, frame: pd.DataFrame) -> set[str]:
    import great_expectations as gx

    context = gx.get_context(mode="ephemeral")
    context.enable_analytics(False)
    context.variables.progress_bars = {"globally": False}
    batch = (context.data_sources.add_pandas("aggregates").add_dataframe_asset("measures")
             .add_batch_definition_whole_dataframe("row").get_batch({"dataframe": frame}))
    suite = gx.ExpectationSuite(
        gate.name, expectations=[item for rule in gate.rules for item in _expectations(rule)]
    )
    results = batch.validate(suite, result_format="BOOLEAN_ONLY").results
    broken = [name for result in results for name in _exceptions(result)]
    if broken:
        raise PermanentError(f"porte {gate.name} : le contrôle n'a pas pu s'exécuter ({', '.join(broken)})")
    return {result.expectation_config.meta["rule"] for result in results if not result.success}


def _expectations(rule: Rule) -> list:
    """The bound, and that there is a value at all: an absent value passes any bound."""
    import great_expectations.expectations as gxe

    bounds = {"at_least": {"min_value": rule.threshold}, "at_most": {"max_value": rule.threshold},
              "equal": {"min_value": rule.threshold, "max_value": rule.threshold}}[rule.comparison]
    meta = {"rule": rule.id}
    return [gxe.ExpectColumnValuesToNotBeNull(column=rule.measure, meta=meta),
            gxe.ExpectColumnValuesToBeBetween(column=rule.measure, meta=meta, **bounds)]


def _exceptions(result) -> list[str]:
    """Names of expectations that raised; ``exception_info`` has two shapes."""
    info = result.exception_info or {}
    entries = [info] if "raised_exception" in info else list(info.values())
    return [result.expectation_config.type for entry in entries if entry.get("raised_exception")]


def _criterion(rule: Rule, value: float, passed: bool) -> Criterion:
    return Criterion(rule.id, rule.label_fr, None if math.isnan(value) else float(value), rule.threshold,
                     rule.comparison, passed, rule.remedy_fr, rule.unit)
