"""Gates: may this content go further? Great Expectations over one-row frames of aggregates computed by
DuckDB.

Here: the reviewed criteria (``criteria.yml``), the measures (``suites/``), the run (``context``), the
promotion (``gate``) and its dossier. Not here: row rules (``contracts``), masking (``disclosure``),
anything of Dagster.
"""

from quality.context import SuiteOutcome, run_suite

__all__ = ["SuiteOutcome", "run_suite"]
