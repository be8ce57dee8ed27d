"""Tables of results: every column typed, even without a row; what is not known is empty, never a NaN.

Here: the shape that files of estimates share. Not here: what a row says (each family), the files
(``storage.estimates``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

VERDICT = {"is_estimated": "boolean", "reason": "string"}


def typed(rows: pd.DataFrame | Sequence[Mapping[str, object]], types: Mapping[str, str]) -> pd.DataFrame:
    """The columns of ``types`` in their order, the others left out; an absent one is empty."""
    frame = pd.DataFrame(rows).reindex(columns=list(types))
    return frame.astype(dict(types)).reset_index(drop=True)


def verdicts(frame: pd.DataFrame, columns: Mapping[str, str]) -> pd.DataFrame:
    """For the interface: these columns under their French titles, the verdict at the end, three figures."""
    shown = frame[list(columns)].rename(columns=dict(columns))
    for name in shown.select_dtypes("number"):
        shown[name] = shown[name].round(3)
    return shown.assign(Verdict=frame["reason"].fillna("estimé").where(~frame["is_estimated"], "estimé"))
