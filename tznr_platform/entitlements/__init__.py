"""WHAT A PERSON COULD CLAIM: OpenFisca-France behind one function.

Here: ``theoretical_entitlement`` on minimised household descriptions with their wages; ``write_theoretical``, which
classifies every description of the lake; the typical cases of the report's annex. Not here: legal amounts as a table
(``contracts/reference/legal_amounts.csv``), who is in non-take-up (marts and estimation). OpenFisca is imported when
a computation is asked for, never before.
"""

from tznr_platform.entitlements.intervals import write_theoretical
from tznr_platform.entitlements.theoretical import theoretical_entitlement
from tznr_platform.entitlements.typical_cases import typical_cases

__all__ = ["theoretical_entitlement", "typical_cases", "write_theoretical"]
