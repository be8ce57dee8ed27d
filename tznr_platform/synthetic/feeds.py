"""What the five bodies answer: who is listed, whom they match, which months they send at each extraction.

Here: ``listings``, ``links``, the rows of ``retours`` and ``agregats``, the SQL of one month of
``droits_mensuels``. Not here: the life of an entitlement (``careers``), how a file is written
(``writing``).

Rules of the exchange: a person is listed in the month after the quarter in which a territory declared it; a
person newly matched comes with its history (36 months at most before the extraction), every other with the
last four months.
"""

from __future__ import annotations

import duckdb

from tznr_platform.synthetic import careers, facts, truth
from tznr_platform.synthetic.population import choose
from tznr_platform.synthetic.senders import insert_rows
from tznr_platform.synthetic.timeline import month_index

HISTORY_MONTHS, REVISED_MONTHS = 36, 4
EXTRACTION_DAY = 28

# listed_e: first extraction that knows the person from this territory; stop_e: first one after an objection.
LISTINGS = """
create table listings as
with sent as (select distinct territory, period from files where tbl = 'personnes')
select m.person, m.territory, 3 * m.quarter + 3 as listed_e,
    case o.mode when 'first' then 0 when 'version' then 3 * o.quarter + 5 else 3 * o.quarter + 3 end as stop_e
from meetings m
join sent s on s.territory = m.territory and s.period = m.quarter
left join objections o using (person)
where 3 * m.quarter + 3 <= $through and (stop_e is null or 3 * m.quarter + 3 < stop_e)
order by all"""


def _links() -> str:
    others = {
        "ambiguous": truth.AMBIGUOUS_SHARE,
        "not_sent": truth.NOT_SENT_SHARE,
        "not_found": 1 - truth.AMBIGUOUS_SHARE - truth.NOT_SENT_SHARE,
    }
    bodies = " union all ".join(
        f"select person, '{body}' as body, {i} as body_no, {truth.MATCH_CHANCE[body]} as chance, is_default_birth "
        "from persons"
        for i, body in enumerate(truth.BODIES)
    )
    return f"""
create table links as
with first_listing as (select person, min(listed_e) as listed_e, any_value(stop_e) as stop_e from listings
    group by 1),
drawn as (
    select b.*, f.listed_e, f.stop_e, b.person::bigint * 16 + b.body_no as k,
        is_default_birth and u(k, 'namesake') < {truth.DEFAULT_BIRTH_AMBIGUOUS_SHARE} as has_namesake,
        u(k, 'match') < chance and not has_namesake as is_matched,
        case when is_matched and u(k, 'late') < {truth.LATE_MATCH_SHARE} then f.listed_e + 2 + whole(k,
            'when', 5) end
            as change_e
    from ({bodies}) b join first_listing f using (person))
select person, body, listed_e, change_e, coalesce(stop_e, 999999) as stop_e,
    case when has_namesake then 'ambiguous'
         when change_e is not null then case when u(k, 'before') < 0.5 then 'ambiguous' else 'not_found' end
         when is_matched then 'matched' else {choose("u(k, 'other')", others)} end as first_status,
    case when is_matched then coalesce(change_e, listed_e) end as matched_e
from drawn order by body, person"""


RETOURS = """
create table retours as
with answers as (
    select i.person, i.territory, l.body, i.listed_e as e,
        case when i.listed_e >= l.change_e then 'matched' else l.first_status end as status
    from listings i join links l using (person)
    union all
    select i.person, i.territory, l.body, l.change_e, 'matched'
    from listings i join links l using (person) where l.change_e > i.listed_e)
select a.*, f.file_id from answers a
join links l using (person, body)
join files f on f.tbl = 'retours' and f.sender = a.body and f.period = a.e
where a.e < l.stop_e
order by file_id, person, territory"""

AREA_SIZE = {"commune": 1.0, "epci": 2.2, "departement": 9.0}


def _agregats() -> str:
    pays = ", ".join(
        f"('{body}', '{benefit}', {i * 16 + j})"
        for i, body in enumerate(truth.BODIES)
        for j, benefit in enumerate(truth.PAID_BY[body])
    )
    return f"""
create table agregats as
with pays(body, benefit, pay_no) as (values {pays}),
counted as (
    select f.file_id, f.period as m, a.*, p.benefit, (a.area_no * 128 + p.pay_no)::bigint as k,
        case when body = 'MSA' then 0.04 else 1 end * a.size * exp(4 * u(k, 'size')) as base,
        floor(base * (1 + 0.002 * (f.period - {month_index("2024-01")})) *
            (0.97 + 0.06 * u(k * 4096 + f.period % 4096, 'n')))
            ::integer as households
    from files f join pays p on p.body = f.sender cross join areas a where f.tbl = 'agregats')
select *, households < {truth.MASK_BELOW}
    or (m = {month_index(truth.MASKED_MONTH)} and area_type = 'commune') as is_masked
from counted order by file_id, area_no, benefit"""


def build(con: duckdb.DuckDBPyConnection, through: int) -> None:
    """Create ``listings``, ``links``, ``retours``, ``areas`` and ``agregats``."""
    con.execute(LISTINGS, {"through": through})
    con.execute(_links())
    con.execute(RETOURS)
    con.execute(
        "create table areas (area_no integer, area_type varchar, area_code varchar, size double, "
        "is_comparison boolean)"
    )
    insert_rows(
        con,
        "areas",
        [
            (i, kind, code, AREA_SIZE[kind], is_comparison)
            for i, (kind, code, is_comparison) in enumerate(facts.areas())
        ],
    )
    con.execute(_agregats())


def retours() -> str:
    """SQL of the rows of ``retours`` files."""
    return f"""
    select file_id, p.shuffle as ord, p.identifiant, code(r.territory) as code_territoire, r.status
        as statut_appariement,
        label(r.e) || '-{EXTRACTION_DAY}' as date_extraction
    from retours r join persons p using (person)"""


def agregats() -> str:
    """SQL of the rows of ``agregats`` files; a masked count is absent."""
    return """
    select file_id, area_no as ord, area_type as type_zone, area_code as code_zone, label(m) as mois,
        benefit as prestation, case when not is_masked then households end as foyers,
        is_masked as secret_statistique, is_comparison as zone_comparaison
    from agregats"""


def sent_rows_sql(body: str, first: int, last: int) -> str:
    """SQL of the facts that ``body`` sends from extraction ``first`` to ``last`` (``careers.facts_sql``)."""
    return careers.facts_sql(f"""
    select * exclude (matched_e, first_month), unnest(range(greatest(first_month,
        case when matched_e = e then e - {HISTORY_MONTHS - 1} else e - {REVISED_MONTHS - 1} end),
            e + 1))::integer as m
    from (
        select {careers.NEEDED}, l.matched_e, t.e::integer as e
        from careers c join links l using (person) join range({first}, {last + 1}) t(e)
            on l.matched_e <= t.e and l.stop_e > t.e and c.first_month <= t.e
        where l.body = '{body}' and c.benefit in {_in(truth.PAID_BY[body])})""")


def _in(values: tuple[str, ...]) -> str:
    return "(" + ", ".join(f"'{value}'" for value in values) + ")"


def latest_rows_sql(body: str, last: int) -> str:
    """SQL of the last state that ``body`` sent of every (person, benefit, month) until ``last``.

    A month is sent by the first extraction of the person (history) and by the four from the month on.
    """
    return careers.facts_sql(f"""
    select * exclude (last_e, matched_e, first_month),
        greatest(matched_e, least(m + {REVISED_MONTHS - 1}, last_e))::integer as e
    from (
        select *, unnest(range(greatest(matched_e - {HISTORY_MONTHS - 1}, first_month), last_e + 1))::integer
            as m
        from (
            select {careers.NEEDED}, l.matched_e, least({last}, l.stop_e - 1) as last_e
            from careers c join links l using (person)
            where l.body = '{body}' and c.benefit in {_in(truth.PAID_BY[body])}
                and l.matched_e <= last_e))""")
