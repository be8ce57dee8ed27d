"""WHAT SENDERS PROMISE, as data: one Table Schema a table, and the reference lists they rest on.

Here: ``tables/<table>.json`` (the JSON standard of schema.data.gouv.fr, with our own properties under
``tznr:``), ``reference/<list>.csv`` (territories, benefits, bodies, payers, reason codes, calendar, legal
amounts…; ``catalogue.csv`` names them all), what reads and checks them, and what is generated from them
(``generate``). Not here: reading a sender's file (``intake``), rules on a whole delivery (``quality``), rules
between tables (dbt).

Reference lists: every cell is text; an empty date means « open », an empty code means « all »
(``department_code`` of a payer rule) or « not established ». ``certainty`` and ``source`` stand beside each
fact. ``area_code`` of a perimeter is that of the commune for a neighbourhood. A directory given as
``reference_dir`` replaces the lists it holds, so that the 39 territories can change without touching code.
"""

from tznr_platform.contracts.loader import contract, contracts
from tznr_platform.contracts.model import Contract, Field, ReasonCode, Rule, Sender
from tznr_platform.contracts.reference_lists import (
    calendar,
    reason_codes,
    reference,
    reference_names,
    senders,
)

__all__ = ["Contract", "Field", "ReasonCode", "Rule", "Sender", "calendar", "contract", "contracts",
           "reason_codes", "reference", "reference_names", "senders"]
