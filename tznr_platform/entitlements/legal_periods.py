"""Legal periods: months between two changes of law, which give the same answer to the same household.

Here: where they begin, from the dated lists ``legal_amounts`` and ``shocks``. Not here: amounts.
"""

from __future__ import annotations

from functools import cache

import numpy as np

from tznr_platform.contracts import reference
from tznr_platform.entitlements.households import REFERENCE_OFFSETS
from tznr_platform.entitlements.reference_quarter import SHOCKS

AMOUNTS = ("RSA_", "PPA_", "ASPA_", "CSS_CEILING", "BMAF", "SMIC_")
EARLIEST = "2023-01"


@cache
def period_starts() -> tuple[str, ...]:
    """First months (YYYY-MM) of the legal periods from 2023 on, in order.

    A change shows in its own month and, since the prime d'activité is the mean of earlier months each under its own
    law, in the four months that follow. The test of this module proves that nothing else changes within a period.
    """
    dated = [row["start_date"] for row in reference("legal_amounts") if row["amount_code"].startswith(AMOUNTS)]
    dated += [row["start_date"] for row in reference("shocks") if row["shock_code"] in SHOCKS]
    starts = {str(np.datetime64(date[:7], "M") + k) for date in dated for k in REFERENCE_OFFSETS}
    return (EARLIEST, *sorted(start for start in starts if start > EARLIEST))
