"""A population with a known truth: deliveries as senders really write them, and the answer key.

Here: invented persons, their entitlements, the files of 39 territories and five bodies, what an evaluation
should find. Not here: anything that reads a delivery. This room imports no code of intake, privacy or
estimation: the examiner does not share the candidate's code, and deleting this room breaks no product code.
"""

from tznr_platform.synthetic.inbox import SyntheticOutcome, generate

__all__ = ["SyntheticOutcome", "generate"]
