"""WHO MUST STAY UNKNOWN: pseudonyms, person dimension, nominative screen, requests of persons, erasure, retention.

Here: what keeps a person from being recognised, and what we owe to whoever asks. Not here: suppression of small cells
(``disclosure``), what a sender runs at home (``sender``).
"""
