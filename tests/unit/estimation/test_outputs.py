"""Estimates written to the lake from published marts."""

from __future__ import annotations

import pandas as pd
import pytest

from tznr_platform.errors import ExitCode, UserError
from tznr_platform.estimation.outputs import write_retention
from tznr_platform.estimation.retention import FRAME_TYPES
from tznr_platform.settings import Settings
from tznr_platform.storage import warehouse


@pytest.fixture
def with_exits(platform: Settings) -> Settings:
    with warehouse.connect(platform.published_file, settings=platform) as con:
        con.execute("insert into marts.mart_spell_durations values ('RSA', 6, 'transition', 12), "
                    "('RSA', 18, 'censored', 90), ('ASPA', 4, 'censored', 15)")
    return platform


def test_retention_is_written_whole_and_says_what_it_could_not_do(with_exits: Settings):
    outcome = write_retention(with_exits)
    target = with_exits.lake_dir / "estimates" / "retention.parquet"
    with warehouse.connect(None, settings=with_exits) as con:
        written = con.execute(f"from read_parquet('{target}')").df()
    pd.testing.assert_frame_equal(written.astype(FRAME_TYPES), outcome.frame)
    assert set(written["exit_code"]) == {"exit", "transition"}
    assert [result.subject for result in outcome.not_estimable] == ["ASPA"]
    assert outcome.not_estimable_count == 1
    assert outcome.plot_png().startswith(b"\x89PNG")


def test_nothing_to_estimate_is_an_empty_table_with_its_columns(with_exits: Settings):
    with warehouse.connect(with_exits.published_file, settings=with_exits) as con:
        con.execute("delete from marts.mart_spell_durations where benefit_code <> 'ASPA'")
    outcome = write_retention(with_exits)
    assert outcome.frame.empty
    assert "incidence_share" in outcome.frame.columns
    assert outcome.plot_png().startswith(b"\x89PNG")
    assert (with_exits.lake_dir / "estimates" / "retention.parquet").is_file()


def test_without_a_published_warehouse_the_user_is_told(tmp_path):
    with pytest.raises(UserError) as refusal:
        write_retention(Settings(data_dir=tmp_path))
    assert refusal.value.exit_code is ExitCode.STORAGE
