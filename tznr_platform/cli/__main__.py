"""``python -m tznr_platform.cli`` is ``tznr``."""

from tznr_platform.cli import main

main()
