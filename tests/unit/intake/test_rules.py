"""What a row says alone, as SQL over the lines of a file."""

from __future__ import annotations

import pytest

from tznr_platform import contracts
from tznr_platform.intake.rules import RowRules
from tznr_platform.settings import Settings
from tznr_platform.storage import connect


@pytest.mark.parametrize("contract", contracts.contracts().values(), ids=lambda contract: contract.name)
def test_lines_stay_in_order(contract, tmp_path):
    """A line number is the rank of a row: a join, such as DuckDB makes of a long IN, would shuffle the rows."""
    columns = [f"c{index}" for index in range(len(contract.fields))]
    rules = RowRules(contract, tuple(field.name for field in contract.fields))
    lines = f"select 0 as file_position, {', '.join(f'null::varchar as {column}' for column in columns)} from range(9)"
    with connect(None, settings=Settings(data_dir=tmp_path)) as con:
        plan = con.execute(f"explain select *, {rules.unsure_sql} as unsure from (select *, {rules.mask_sql} as mask "
                           f"from (select *, {rules.typed_sql} from ({lines})))").fetchone()[1]
    assert "PROJECTION" in plan
    assert "JOIN" not in plan
