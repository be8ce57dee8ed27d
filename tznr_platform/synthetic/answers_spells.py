"""Answers about time: what is known of whom, spells under every rule, how they end, who they belong to.

Here: the months of a person that the bodies know, and the SQL of one answer each. Not here: the life of an
entitlement (``careers``), retention under the rule in force (``answers``). The rules themselves are shared as
data (reference lists); no code is shared with what is being examined.
"""

from __future__ import annotations

import duckdb

from tznr_platform.synthetic import careers, facts
from tznr_platform.synthetic.senders import insert_rows

HORIZONS = "(values (3), (6), (12)) as horizons(h)"
REVISED_MONTHS_BEFORE = 3  # an extraction brings its own month and the three before

# A body knows a person from the earliest month it sent of anybody since it first matched the person, to its last.
KNOWLEDGE = f"""
create table knowledge as
with ends as (select body, max(m) as last_m from latest group by 1),
history as (select l.body, k.matched_e as e, min(l.m) as first_m from latest l join links k using (person, body)
    group by all),
reach as (
    select s.body, s.e, min(least(h.first_m, s.e - {REVISED_MONTHS_BEFORE})) as first_m
    from (select distinct body, matched_e as e from links) s left join history h on h.body = s.body and h.e >= s.e
    where s.e is not null group by all)
select m.person, n.benefit_no, max(r.first_m) as first_known, min(d.last_m) as last_known,
    min(d.last_m - w.delay) as last_final
from matched m join links k using (person, body) join pays p using (body)
join benefit_truth n on n.benefit = p.benefit
join reach r on r.body = m.body and r.e = k.matched_e
join ends d on d.body = m.body join delays w on w.body = m.body
where m.status = 'matched' group by all"""

RULE_SPELLS = f"""
create table rule_spells as
with followed as (
    select 'ouvert' as basis, person, benefit_no, m from latest where is_open
    union all
    select 'verse', person, benefit_no, m
    from latest semi join stays using (person, benefit_no)
    where is_open and (paid > 0 or benefit_no in {careers.UNPAID_BY_NATURE})),
marked as (
    select r.*, f.person, f.benefit_no, f.m,
        case when f.m - lag(f.m) over w <= r.gap then 0 else 1 end as starts
    from spell_rules r join followed f using (basis)
    window w as (partition by r.rule, f.person, f.benefit_no order by f.m)),
numbered as (
    select *, sum(starts) over (partition by rule, person, benefit_no order by m) as spell from marked)
select rule, gap, basis, has_delay, person, benefit_no, min(m) as first_m, max(m) as last_m, count(*) as months
from numbered group by rule, gap, basis, has_delay, person, benefit_no, spell"""

SPELLS_BY_RULE = """
select rule as rule_code, n.benefit as benefit_code, count(*) as spell_count,
    sum(last_m - first_m + 1)::bigint as duration_months, sum(months)::bigint as open_month_count
from rule_spells join benefit_truth n using (benefit_no) where basis = 'ouvert' group by all"""

SPELL_LIMITS = """
select n.benefit as benefit_code, count(*) as spell_count,
    count(*) filter (s.first_m - k.first_known < 2) as left_truncated_count,
    count(*) filter (k.last_known - s.last_m < 2) as right_censored_count
from spells s join knowledge k using (person, benefit_no) join benefit_truth n using (benefit_no) group by all"""

# Nobody of this population is matched at two bodies that pay the same benefit: no entitlement changes body.
PASSAGES = """
with ended as (
    select s.person, s.benefit_no, s.last_m, l.body
    from spells s join knowledge k using (person, benefit_no)
    join latest l on l.person = s.person and l.benefit_no = s.benefit_no and l.m = s.last_m
    where k.last_known - s.last_m >= 2),
followed as (
    select e.person, e.benefit_no, e.last_m, arg_min(t.target, (o.first_m, t.target)) as target
    from ended e join transitions t on t.origin_no = e.benefit_no
    join spells o on o.person = e.person and o.benefit_no = t.target_no
        and o.last_m > e.last_m and o.first_m <= e.last_m + 2
    group by all)
select case when f.target is null then 'exit' else 'benefit_change' end as passage_code,
    n.benefit as from_benefit_code, e.body as from_body_code, f.target as to_benefit_code,
    count(*) as passage_count, count(distinct e.person) as person_count
from ended e left join followed f using (person, benefit_no, last_m) join benefit_truth n using (benefit_no)
group by all"""

PRE_PERIOD = """
with cohort as (select person, min(contact_month) as c from met group by 1),
before as (
    select h.person, h.c, n.benefit, j, coalesce(h.c - j between k.first_known and k.last_known, false) as is_known
    from cohort h cross join benefit_truth n cross join range(1, 37) months(j)
    left join knowledge k on k.person = h.person and k.benefit_no = n.benefit_no),
six as (
    select benefit, c, count(*) filter (known = 6) as full_count
    from (select benefit, c, person, count(*) filter (is_known) as known from before where j <= 6 group by all)
    group by all)
select benefit as benefit_code, month_start(c) as cohort_month, j as months_before, count(*) as person_count,
    count(*) filter (is_known) as known_count, any_value(full_count) as pre_period_person_count
from before join six using (benefit, c) group by all"""

RETENTION_BY_RULE = f"""
with opened as (
    select s.prestation, r.rule, r.gap, s.person, min(r.last_m) as last_m, min(greatest(r.first_m, s.m0)) as m0,
        any_value(case when r.has_delay then k.last_final else k.last_known end) as reach_m
    from first_stays s join rule_spells r on r.person = s.person and r.benefit_no = s.benefit_no
        and r.last_m >= s.m0
    join knowledge k on k.person = s.person and k.benefit_no = s.benefit_no group by all)
select rule as rule_code, prestation as benefit_code, h as horizon_months, count(*) as opened_count,
    count(*) filter (reach_m - m0 >= h + gap - 1) as observed_count,
    count(*) filter (reach_m - m0 < h + gap - 1) as censored_count,
    count(*) filter (reach_m - m0 >= h + gap - 1 and last_m - m0 >= h) as retained_count
from opened cross join {HORIZONS} group by all"""

HOUSEHOLD_UNITS = " union all ".join(
    f"select {scope} as territory_code, s.prestation as benefit_code, count(*) as opened_count, "
    "count(*) filter (c.household_role = 1) as claimant_count, "
    "count(*) filter (c.household_role = 2) as spouse_count "
    f"from {stays} s join careers c on c.person = s.person and c.benefit_no = s.benefit_no group by all"
    for scope, stays in (("code(s.territory)", "stays"), ("'FR'", "first_stays"))
)


def settle_knowledge(con: duckdb.DuckDBPyConnection) -> None:
    """Create ``knowledge``; needs ``latest``, ``matched``, ``pays``."""
    con.execute("create table delays (body varchar, delay integer)")
    insert_rows(con, "delays", facts.delays())
    con.execute(KNOWLEDGE)


def settle_spells(con: duckdb.DuckDBPyConnection) -> None:
    """Create ``rule_spells`` and ``transitions``; needs ``spells``, ``stays`` and ``latest``."""
    con.execute("create table spell_rules (rule varchar, gap integer, basis varchar, has_delay boolean)")
    insert_rows(con, "spell_rules", facts.spell_rules())
    con.execute("create table listed (origin varchar, target varchar)")
    insert_rows(con, "listed", facts.benefit_transitions())
    con.execute(
        "create table transitions as select o.benefit_no as origin_no, t.benefit_no as target_no, target "
        "from listed join benefit_truth o on o.benefit = origin join benefit_truth t on t.benefit = target"
    )
    con.execute(RULE_SPELLS)


def answers() -> dict[str, str]:
    """Answer file -> SQL."""
    return {
        "spells_by_rule": SPELLS_BY_RULE,
        "spell_limits": SPELL_LIMITS,
        "retention_by_rule": RETENTION_BY_RULE,
        "passages": PASSAGES,
        "household_units": HOUSEHOLD_UNITS,
        "pre_period": PRE_PERIOD,
    }
