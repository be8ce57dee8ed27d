"""The life of each person x benefit: when it was asked for, open, closed, reopened, and what it is worth.

Here: the table ``careers`` (months of request, opening, closing), the table ``scale`` (legal amounts by
month), and the SQL that gives status and amounts of a month as a body sees it at an extraction. Not here:
who is listed to whom and which months are sent (``feeds``).

A career has at most two spells (s1, e1) and (s2, e2), end excluded, asked for in r1 and r2; rx is a refused
request.
"""

from __future__ import annotations

import duckdb

from tznr_platform.synthetic import facts, senders, truth
from tznr_platform.synthetic.population import choose
from tznr_platform.synthetic.timeline import month_index


def _eligible() -> str:
    """SQL: one row a person x benefit the person is eligible for."""
    parts = []
    for b in truth.BENEFITS:
        first = next((o for o in truth.BENEFITS if o.code == truth.EXCLUSIVE.get(b.code)), None)
        low = f"({first.eligible})" if first else "0"
        draw = f"u(person, 'eligible {first.code if first else b.code}')"
        parts.append(
            f"select person, '{b.code}' as benefit from persons "
            f"where {draw} >= {low} and {draw} < {low} + ({b.eligible})"
        )
    return " union all ".join(parts)


STATES = {
    "applying": truth.APPLYING_SHARE,
    "lost": truth.LOST_SHARE,
    "never": 1 - truth.APPLYING_SHARE - truth.LOST_SHARE,
}


def build(con: duckdb.DuckDBPyConnection, through: int) -> None:
    """Create ``careers`` and ``scale``; needs ``persons`` and ``meetings``."""
    con.execute(
        "create table benefit_truth (benefit varchar, benefit_no integer, non_take_up double, natural_hazard "
        "double, lift_factor double, exit_step integer, exit_hazard double, lag_months integer, "
        "has_holes boolean)"
    )
    senders.insert_rows(
        con,
        "benefit_truth",
        [tuple(value for name, value in vars(b).items() if name != "eligible") for b in truth.BENEFITS],
    )
    con.execute("create table channel_lift (channel varchar, lift double)")
    senders.insert_rows(con, "channel_lift", list(truth.CHANNEL_LIFT.items()))
    _scale(con, through)
    con.execute(CAREERS)


def _scale(con: duckdb.DuckDBPyConnection, through: int) -> None:
    """``legal``: parameters by month; ``scale``: worth of a unit of each basis, least paid."""
    months = range(month_index("2020-01"), through + 1)
    values = {name: facts.monthly_values(name, months) for name in facts.SCALE}
    columns = ", ".join(f"{name} double" for name in facts.SCALE)
    con.execute(f"create table legal (m integer, {columns})")
    senders.insert_rows(
        con, "legal", [(m, *(values[name][i] for name in facts.SCALE)) for i, m in enumerate(months)]
    )
    worth = {name: name for name in facts.SCALE} | {
        "aspa_single": "aspa_single / 12",
        "aspa_couple": "aspa_couple / 12",
        "constant": "1",
        "ass_day": "ass_day * day(last_day(month_start(m)))",
        "are_minimum": "are_minimum * day(last_day(month_start(m)))",
    }
    least = {"rsa": "rsa_minimum", "ppa": "ppa_minimum"}
    con.execute(
        "create table scale as "
        + " union all ".join(
            f"select {number} as basis_no, '{name}' as basis, m, {number} * 65536 + m as basis_month, "
            f"({sql})::double as worth, "
            f"({least.get(name, '0')})::double as least from legal"
            for number, (name, sql) in enumerate(worth.items())
        )
    )


# What a person is due = FACTOR x what one unit of BASIS is worth in the month. What is not legal (income,
# rent) is a fixed draw of the person; rates of the RSA scale are those of the last month (they did not move).
BASIS = """case benefit when 'RSA' then 'rsa' when 'PPA' then 'ppa' when 'AUTRE_MINIMUM' then 'aah'
    when 'ARE' then 'are_minimum' when 'ASS' then 'ass_day'
    when 'ASPA' then case when family = 'couple' then 'aspa_couple' else 'aspa_single' end
    when 'CSS_PARTICIPATION' then case when age in ('moins_18', '18_24') then 'css_under_30'
        when age in ('25_34', '35_44', 'non_renseigne') then 'css_30_49' when age = '45_54' then 'css_50_59'
        when age = '55_64' then 'css_60_69' else 'css_over_69' end
    else 'constant' end"""
FACTOR = """case benefit
    when 'RSA' then greatest(1 + case when family = 'couple' then rsa_second else 0 end
        + case when children >= 1 then case when family = 'couple' then rsa_third else rsa_second end
            else 0 end
        + case when children >= 2 then rsa_third else 0 end + greatest(children - 2, 0) * rsa_more
      - case when housing = 'sans_logement' then 0
             when family <> 'couple' and children = 0 then housing_one
             when children + case when family = 'couple' then 1 else 0 end = 1
                 then housing_two * (1 + rsa_second)
             else housing_three * (1 + rsa_second + rsa_third) end
      - 0.9 * greatest(income - 0.45, 0), 0)
    when 'PPA' then (0.02 + 0.80 * income) * (1 + 0.15 * children)
    when 'ASPA' then 0.08 + 0.92 * income
    when 'AL' then 60 + 250 * income + 45 * children
    when 'AUTRE_MINIMUM' then 0.40 + 0.60 * income
    when 'ARE' then 1 + 1.2 * income
    else 1 end"""
CAREERS = f"""
create table careers as
with drawn as (
    select p.person, p.shuffle, p.contact_month as c, p.age, p.family, p.children, p.housing, p.income,
        p.channel, b.*, p.person::bigint * 16 + b.benefit_no as k,
        case when u(k, 'takes up') >= b.non_take_up then 'percoit' else {choose("u(k, 'why')", STATES)} end
            as state,
        u(k, 'discussed') < case when state = 'percoit' then {truth.DISCUSSED_IF_RECEIVED}
                                 else {truth.DISCUSSED_SHARE} end as is_discussed,
        b.exit_step * (1 + geometric(u(k, 'first stay'), b.exit_hazard)) as stay1,
        b.exit_step * (1 + geometric(u(k, 'second stay'), b.exit_hazard)) as stay2,
        case state when 'never' then is_discussed and u(k, 'refused') < {truth.REFUSED_SHARE}
                   when 'applying' then u(k, 'refused') < {truth.REFUSED_IF_APPLYING}
                   else false end as is_refused,
        least(b.natural_hazard + case when is_discussed then l.lift * b.lift_factor else 0 end, 0.9)
            as hazard,
        u(k, 'delay') as delay_draw, pow(1 - hazard, {truth.EFFECT_MONTHS}) as still_closed,
        case when 1 - delay_draw > still_closed then geometric(delay_draw, hazard)
             else {truth.EFFECT_MONTHS} + geometric(
                 1 - (1 - delay_draw) / still_closed, b.natural_hazard) end as delay
    from ({_eligible()}) e join persons p using (person) join benefit_truth b using (benefit)
    join channel_lift l using (channel)),
first_spell as (
    select *,
        case state when 'percoit' then c - 1 - least(geometric(u(k, 'history'), {truth.HISTORY_HAZARD}), 90)
                   when 'lost' then c - 2 - whole(k, 'lost', 7) - least(stay1, 60) end as s1,
        case state when 'percoit' then s1 + exit_step * (
                       ((c - s1 + exit_step - 1) // exit_step) + stay1 // exit_step - 1)
                   when 'lost' then c - 2 - whole(k, 'lost', 7) end::integer as e1,
        s1 - whole(k, 'first lag', lag_months + 1) as r1
    from drawn),
second_spell as (
    select *,
        case when is_refused then null
             when state = 'percoit' then
                 case when u(k, 'reopens') < {truth.REOPENING_SHARE} then e1 + 2 + whole(k, 'gap', 5) end
             when state = 'applying' then c + whole(k, 'pending', 3)
             else c + delay end as s2,
        s2 + stay2 as e2,
        case when s2 is null or state = 'percoit' then s2 - 1
             when state = 'applying' then c - 1 - whole(k, 'asked', 2)
             else greatest(c, s2 - whole(k, 'second lag', lag_months + 1)) end as r2,
        case when is_refused then case state when 'applying' then c - 1 else c end end as rx
    from first_spell)
select person, shuffle, benefit, benefit_no, k, c, state, is_discussed, s1, e1, r1, s2, e2, r2, rx, has_holes,
    ({FACTOR})::double as factor, basis_no,
    case when family <> 'couple' or u(k, 'role') < 0.62 then 1 when u(k, 'role') < 0.96 then 2
        else 3 end::tinyint
        as household_role,
    month_start(r1) + whole(k, 'first day', 20) as request1, request1 + (s1 - r1) * 28 + whole(k, 'wait', 20)
        as decision1,
    case when r2 = c then least(m.contact_date + whole(k, 'soon', 4), last_day(m.contact_date))
         else month_start(r2) + whole(k, 'second day', 20) end as request2,
    greatest(request2, month_start(s2) + whole(k, 'wait', 20)) as decision2,
    case when rx = c then m.contact_date else month_start(rx) + 9 end as request3, month_start(rx + 2) + 11
        as decision3,
    coalesce(r1, least(r2, rx), r2, rx) as first_month
from second_spell s join (select person, contact_date from meetings where rank = 1) m using (person)
cross join (select * from legal order by m desc limit 1) l
join (select distinct basis, basis_no from scale) b on b.basis = {BASIS}
order by benefit_no, person"""

HOUSEHOLD_ROLES = ("allocataire", "conjoint", "autre")
STATUSES = (
    "DEMANDE_DEPOSEE",
    "EN_INSTRUCTION",
    "OUVERT_VERSABLE",
    "OUVERT_NON_VERSE",
    "SUSPENDU",
    "REJETE",
    "SANS_SUITE",
    "CLOS",
    "SANS_OBJET",
    "INCONNU",
)
UNPAID_BY_NATURE = (4, 5)  # CSS: free, or paid for by the person
FILED, EXAMINED, PAYABLE, UNPAID, SUSPENDED, REFUSED, DROPPED, ENDED, MOOT, UNKNOWN = range(1, 11)
NEEDED = (
    "person, benefit_no, k, s1, e1, r1, s2, e2, r2, rx, has_holes, factor, basis_no, household_role, "
    "request1, decision1, request2, decision2, request3, decision3, first_month"
)


def facts_sql(candidates: str) -> str:
    """SQL of the facts of ``candidates`` (columns ``NEEDED`` plus month ``m`` and extraction month ``e``).

    Gives ``status`` and ``household_role`` (numbers from 1 in STATUSES and HOUSEHOLD_ROLES), ``due`` and
    ``paid`` in cents (null: no amount), ``request_date``, ``decision_date``. Keeps the months where there
    is a fact: a request, a right, a refusal, or its trace for some months.
    """
    return f"""
with placed as (
    select *, k * 4096 + m % 4096 as km, case when m >= s2 and m < e2 then s2 when m >= s1 and m < e1
        then s1 end as since
    from ({candidates})),
stated as (
    select *, case
        when since is not null then case
            when has_holes and (m - since) % 3 = 0 and m > since and m + 1 < case when since = s2 then e2
                else e1 end
                and u(km, 'hole') < {truth.HOLE_SHARE} then {SUSPENDED}
            when e <= m + 1 and u(km, 'revised') < {truth.REVISED_SHARE / 2} then {SUSPENDED}
            when u(km, 'unknown') < {truth.UNKNOWN_STATUS_SHARE} then {UNKNOWN}
            when benefit_no not in {UNPAID_BY_NATURE} and (u(k, 'never paid') < {truth.NEVER_PAID_SHARE}
                or u(km, 'unpaid') < {truth.UNPAID_SHARE}) then {UNPAID}
            else {PAYABLE} end
        when m >= r2 and m < s2 then case when m = r2 then {FILED} else {EXAMINED} end
        when m >= r1 and m < s1 then case when m = r1 then {FILED} else {EXAMINED} end
        when m >= rx and m < rx + {truth.STICKY_MONTHS} then case
            when m = rx then {FILED} when m < rx + 2 then {EXAMINED}
            when u(k, 'silent refusal') < 0.3 then {DROPPED} else {REFUSED} end
        when m >= e2 and m < e2 + {truth.STICKY_MONTHS} or m >= e1 and m < e1 + {truth.STICKY_MONTHS}
            then case when u(k, 'moot') < 0.1 then {MOOT} else {ENDED} end
        end as first_status
    from placed),
valued as (
    select s.*, round(100 * factor * worth)::integer as cents,
        case when first_status = {PAYABLE} and factor * worth < least then {UNPAID} else first_status end
            as status
    from stated s join (select basis_month, worth, least from scale) c on c.basis_month = s.basis_no * 65536
        + s.m
    where first_status is not null)
select person, benefit_no::tinyint as benefit_no, m, e, household_role, status::tinyint as status,
    case when status in ({PAYABLE}, {UNPAID}) and benefit_no <> 4 then cents end as due,
    case when benefit_no in {UNPAID_BY_NATURE} then null when status in ({UNPAID}, {SUSPENDED}) then 0
         when status = {PAYABLE} then case when e <= m + 1 and u(km, 'amount revised') <
             {truth.REVISED_SHARE / 2}
             then cents * 4 // 5 else cents end end as paid,
    case when m >= r2 or m >= rx then coalesce(request2, request3) else request1 end as request_date,
    case when status in ({FILED}, {EXAMINED}) then null
         when m >= rx then decision3 when m >= r2 then decision2 else decision1 end as decision_date
from valued"""
