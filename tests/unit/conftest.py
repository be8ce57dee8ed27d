"""Fixtures of the unit tests: a platform whose marts are published, and one whose interim report is
produced.
"""

from tests.published import platform, published_once, reported, reported_once

__all__ = ["platform", "published_once", "reported", "reported_once"]
