"""What may leave: policy, table registry, masking, and an independent auditor.

Belongs here: every output rule. Not here: how numbers are computed or shown (``reporting``).
"""

from tznr_platform.disclosure.auditor import audit
from tznr_platform.disclosure.policy import Policy, load_policy
from tznr_platform.disclosure.suppression import MASKED, PUBLISHED, UNAVAILABLE, protect

__all__ = ["MASKED", "PUBLISHED", "UNAVAILABLE", "Policy", "audit", "load_policy", "protect"]
