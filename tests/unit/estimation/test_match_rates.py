"""Match rates: published intervals, what is in no denominator, what is never shown."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tznr_platform.errors import UserError
from tznr_platform.estimation.match_rates import COUNTS, FRAME_TYPES, KEY, match_rates, wilson
from tznr_platform.estimation.outputs import write_match_rates
from tznr_platform.settings import Settings
from tznr_platform.storage import warehouse

SMALLEST = 11


def _cells(*rows: tuple) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=[*KEY, *COUNTS])


@pytest.fixture
def cells() -> pd.DataFrame:
    return _cells(("TZNR-02", "CNAF", False, 9, 5, 4, 1), ("FR", "CNAF", True, 30, 20, 14, 5),
                  ("FR", "CNAF", False, 130, 100, 93, 1), ("TZNR-01", "CNAF", True, 12, 11, 7, 3),
                  ("FR", "MSA", False, 130, 0, 0, 0))


@pytest.mark.parametrize(("matched", "size", "low", "high"), [
    (81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0, 0.1611), (1, 29, 0.0061, 0.1718)])
def test_intervals_published_by_newcombe(matched: int, size: int, low: float, high: float):
    """Newcombe (1998), Statistics in Medicine 17, table I: score method without continuity correction."""
    bounds = wilson(np.array([matched / size]), np.array([size]))
    assert [float(bound[0]) for bound in bounds] == pytest.approx([low, high], abs=5e-5)


def test_rate_is_over_the_persons_looked_for(cells: pd.DataFrame):
    rates = match_rates(cells)
    frame = rates.to_frame()
    assert dict(frame.dtypes.astype(str)) == FRAME_TYPES
    national = frame[(frame["territory_code"] == "FR") & frame["is_default_birth_date"]].iloc[0]
    assert (national["match_share"], national["ambiguous_share"]) == (0.7, 0.25)
    assert (frame["match_low_share"] <= frame["match_share"]).all()
    assert (frame["match_share"] <= frame["match_high_share"]).all()
    assert rates.silent_count == 1 and "MSA" not in set(frame["body_code"])


def test_fewer_than_eleven_persons_are_neither_drawn_nor_listed(cells: pd.DataFrame):
    rates = match_rates(cells)
    assert set(rates.drawn(SMALLEST)["territory_code"]) == {"FR", "TZNR-01"}
    drawn = str(rates.plot(SMALLEST).to_dict())
    assert "TZNR-01" in drawn and "TZNR-02" not in drawn
    assert list(rates.summary(SMALLEST)["Personnes cherchées"]) == [100, 20]
    assert rates.summary(21)["Retrouvées (%)"].tolist() == [93]
    assert rates.plot_png(SMALLEST).startswith(b"\x89PNG")


def test_no_answer_at_all_is_an_empty_table_and_a_sentence():
    rates = match_rates(_cells(("FR", "MSA", False, 130, 0, 0, 0)))
    assert rates.to_frame().empty and rates.summary(SMALLEST).empty and rates.silent_count == 1
    assert rates.plot_png(SMALLEST).startswith(b"\x89PNG")


def test_missing_column_stops(cells: pd.DataFrame):
    with pytest.raises(UserError, match="matched_count"):
        match_rates(cells.drop(columns="matched_count"))


def test_rates_are_written_beside_the_other_estimates(tmp_path, cells: pd.DataFrame):
    settings = Settings(data_dir=tmp_path)
    with warehouse.connect(settings.published_file, settings=settings) as con:
        con.register("cells", cells)
        con.execute("create schema marts; create table marts.mart_match_rates as from cells")
    rates = write_match_rates(settings)
    with warehouse.connect(None, settings=settings) as con:
        written = con.execute(f"from read_parquet('{settings.lake_dir / 'estimates' / 'match_rates.parquet'}')").df()
    pd.testing.assert_frame_equal(written.astype(FRAME_TYPES), rates.to_frame())
