"""HOW FAST, HOW MUCH MEMORY: each benchmark is one command and prints ratios against a rival of the same run.

Here: the commands, the measure, the rival. Not here: recorded figures (``docs/benchmarks.md``), tests with a clock.
"""
