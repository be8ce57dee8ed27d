"""WHAT A SENDER RUNS AT HOME: pseudonyms, the check before sending, the kit.

Here: what territories and benefit bodies use on their own computers, with the key K1 and without any key or data of
the platform. Not here: how an identifier is computed (``privacy``), what a row must satisfy (``contracts``).
"""
