"""WHO MUST STAY UNKNOWN: second keyed pass, person dimension, exclusion list, nominative screen.

Here: what keeps a person from being recognised. Not here: the first pass (its key stays with the senders),
suppression of small cells (``disclosure``).
"""
