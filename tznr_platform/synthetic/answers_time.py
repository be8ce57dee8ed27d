"""Answers about time: what later extractions revise, what contradicts itself.

Here: one SQL an answer file. Not here: what is planted (``careers``, ``contradictions``).
A month is told otherwise by its first two extractions at most (``careers.facts_sql``): what the third changes is all
that is ever revised.
"""

from __future__ import annotations

from tznr_platform.synthetic import careers, contradictions, truth
from tznr_platform.synthetic.senders import LATE_MONTHS

REVISING_DELAY = 2

CONTRADICTIONS = """
select body as sender_code, 'droits_mensuels' as table_name, reason as reason_code, sum(row_count)::bigint as row_count,
    count(distinct e) as delivery_count
from contradictions where row_count > 0 group by all
union all
select code(territory), 'personnes', 'SEVERAL_FIRST_CONTACTS', count(*), null
from (select *, count(*) over (partition by person) as territories from met) where territories > 1 group by all"""


def _told(body: str, last: int, delay: int) -> str:
    """SQL of what ``body`` says of each month ``delay`` months later, if it also said it at the revising delay."""
    return careers.facts_sql(f"""
    select * exclude (first_e, last_e, first_month), unnest(range(greatest(first_month, first_e),
        last_e - {REVISING_DELAY} + 1))::integer as m, m + {delay} as e
    from (
        select {careers.NEEDED}, l.matched_e - {REVISING_DELAY} + 1 as first_e, least({last}, l.stop_e - 1) as last_e
        from careers c join links l using (person)
        where l.body = '{body}' and l.matched_e is not null and c.benefit in {truth.PAID_BY[body] + ("",)}
            and person not in (select person from objections))""")


def _revisions(through: int) -> str:
    parts = []
    for body in truth.BODIES:
        last = through - LATE_MONTHS.get(body, 0)
        cents = contradictions.cents_extraction(body, last)
        parts.append(f"""
        select '{body}' as body_code, b.benefit as benefit_code, month_start(m)::date as entitlement_month,
            {REVISING_DELAY} as delay_month_count, count(*) as known_before_count,
            count(*) filter (t.status <> f.status) as status_revised_count,
            count(*) filter (coalesce(t.paid, 0) <> coalesce(f.paid, 0) and t.e not in ({cents}, {cents + 1}))
                as amount_revised_count
        from ({_told(body, last, REVISING_DELAY)}) t
        join ({_told(body, last, REVISING_DELAY - 1)}) f using (person, benefit_no, m)
        join benefit_truth b using (benefit_no) group by all""")
    return " union all ".join(parts)


def answers(through: int) -> dict[str, str]:
    """Answer file -> SQL, for deliveries until the month ``through``."""
    return {"contradictions": CONTRADICTIONS, "revisions": _revisions(through)}
