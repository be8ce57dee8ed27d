"""The answer key: what a sound pipeline must find in the inbox, from the generator's own truth.

Here: what was accepted of persons and entitlements (access, retention, spells, transfers), and the writing
of all answer files. Not here: the other tables (``answers_surveys``), files and defects
(``answers_files``). Counts follow the shared definitions (discussed, requested, opened, paid are four
counts); no code is shared with what is being examined. An objecting person counts nowhere; 'FR' rows count
a person once.
"""

from __future__ import annotations

from pathlib import Path

import duckdb

from tznr_platform.storage.lake import quote
from tznr_platform.synthetic import (
    answers_files,
    answers_indicators,
    answers_spells,
    answers_surveys,
    answers_time,
    careers,
    contradictions,
    facts,
    feeds,
    field_rows,
    truth,
)
from tznr_platform.synthetic.broken_files import BrokenFile
from tznr_platform.synthetic.senders import LATE_MONTHS, insert_rows

HORIZONS = (3, 6, 12)
OPEN = f"({careers.PAYABLE}, {careers.UNPAID})"

MET = """
create table met as
select m.person, m.territory, m.contact_date, m.contact_month
from meetings m
where exists (select 1 from current_files f
        where f.tbl = 'personnes' and f.territory = m.territory and f.period = m.quarter)
    and m.person not in (select person from objections)
order by territory, person"""

ENCOUNTERED = f"""
create table encountered as
select f.territory, i.person, r.date_rencontre, r.type_action, r.canal
from ({field_rows.rencontres()}) r join current_files f using (file_id) join identities i using (identifiant)
where i.person not in (select person from objections)"""

CHANNELS = """
create table channels as
select code(territory) as scope, person, first(canal order by date_rencontre, type_action) as channel
from encountered group by all
union all
select 'FR', person, first(canal order by date_rencontre, territory, type_action)
from encountered group by all"""

MATCHED = """
create table matched as
select l.person, l.body, l.listed_e, case when l.matched_e <= b.last_e then 'matched' else l.first_status end
    as status
from links l join body_ends b using (body)
where l.listed_e <= b.last_e and l.person not in (select person from objections)"""

# A person is asked of every body once declared, whether or not the body has answered yet.
MATCH_RATES = """
with asked as (
    select code(territory) as territory_code, person from met
    union select 'FR', person from met)
select a.territory_code, b.body as body_code, p.is_default_birth as is_default_birth_date,
    count(*) as asked_person_count, count(*) filter (status = 'matched') as matched_count,
    count(*) filter (status = 'not_found') as not_found_count,
    count(*) filter (status = 'ambiguous') as ambiguous_count,
    count(*) filter (status = 'not_sent') as not_sent_count,
    count(*) filter (status is null) as unanswered_count
from asked a join persons p using (person) cross join body_ends b
left join matched m on m.person = a.person and m.body = b.body group by all"""

DISCUSSED = f"""
create table discussed as
with latest_review as (
    select f.territory, i.person, d.* exclude (file_id, ord, identifiant)
    from ({field_rows.droits()}) d join current_files f using (file_id) join identities i using (identifiant)
    qualify row_number() over (partition by f.territory, i.person, d.prestation order by f.period desc) = 1)
select d.*, m.contact_date, m.contact_month, n.benefit_no,
    exists (select 1 from knowledge k where k.person = d.person and k.benefit_no = n.benefit_no
            and k.first_known < (select min(contact_month) from met f where f.person = k.person)) as is_known
from latest_review d join met m using (territory, person) left join benefit_truth n
    on n.benefit = d.prestation"""

# One row a (territory, person, benefit) that was talked over and not received already.
OUTCOMES = """
create table outcomes as
with feed as (
    select d.territory, d.person, d.benefit_no, max(l.request_date) as last_request,
        bool_or(l.is_open and l.m = d.contact_month - 1)
            or (bool_or(l.is_open and l.m = d.contact_month - 2) and bool_or(l.is_open and l.m = d.contact_month))
            as was_open,
        min(l.m) filter (l.is_open and l.m >= d.contact_month) as first_open,
        coalesce(sum(l.paid) filter (l.m >= d.contact_month), 0) as paid_cents
    from discussed d join latest l using (person, benefit_no)
    where d.situation <> 'percoit' group by all)
select d.*, d.date_demande is not null or coalesce(f.last_request >= d.contact_date, false) as is_requested,
    case when d.is_known and not coalesce(f.was_open, false) then f.first_open end as m0,
    m0 is not null and f.paid_cents > 0 as is_paid
from discussed d left join feed f using (territory, person, benefit_no)
where d.situation <> 'percoit'"""

SPELLS = """
create table spells as
with marked as (
    select person, benefit_no, m, case when m - lag(m) over w <= 2 then 0 else 1 end as starts
    from latest where is_open window w as (partition by person, benefit_no order by m)),
numbered as (
    select *, sum(starts) over (partition by person, benefit_no order by m) as spell from marked)
select person, benefit_no, min(m) as first_m, max(m) as last_m from numbered group by person, benefit_no,
    spell"""

STAYS = """
create table stays as
select o.territory, o.person, o.prestation, o.benefit_no, o.m0, s.last_m, k.last_known
from outcomes o join spells s on s.person = o.person and s.benefit_no = o.benefit_no
    and o.m0 between s.first_m and s.last_m
join knowledge k on k.person = o.person and k.benefit_no = o.benefit_no"""

# A person opened once nationally: from the earliest opening among the territories.
FIRST_STAYS = """
create view first_stays as
select * from stays
qualify row_number() over (partition by person, benefit_no order by m0, territory) = 1"""


# Every discussed benefit under its territory and under the nation, with the channel of first contact there.
SCOPED = """
create view scoped as
with both_scopes as (
    select code(territory) as scope, * from discussed
    union all select 'FR', * from discussed)
select s.*, coalesce(c.channel, 'non_renseigne') as channel
from both_scopes s left join channels c on c.scope = s.scope and c.person = s.person"""


def _access(keys: str) -> str:
    def persons(condition: str) -> str:
        return f"count(distinct case when {condition} then o.person end)"

    return f"""
    select scope as territory_code, {keys} d.prestation as benefit_code,
        count(distinct d.person) as discussed_count, {persons("o.is_requested")} as requested_count,
        {persons("o.m0 is not null")} as opened_count, {persons("o.is_paid")} as paid_count,
        {persons("not o.is_known")} as unknown_count
    from scoped d left join outcomes o using (territory, person, prestation) group by all"""


NON_TAKE_UP = """
with types as (
    select territory, person, prestation, eligibilite, unnest(string_split(types_non_recours, '|')) as type
        from discussed
    where types_non_recours is not null)
select code(territory) as territory_code, prestation as benefit_code, type as non_take_up_code,
    count(distinct person) as person_count from types group by all
union all select 'FR', prestation, type, count(distinct person) from types group by all"""


def _retention() -> str:
    parts = []
    for name, source in (("code(territory)", "stays"), ("'FR'", "first_stays")):
        parts += [
            f"""
        select {name} as territory_code, prestation as benefit_code, {h} as horizon_months, count(*)
            as opened_count,
            count(*) filter (last_known >= m0 + {h} + 1) as observed_count,
            count(*) filter (last_known < m0 + {h} + 1) as censored_count,
            count(*) filter (last_known >= m0 + {h} + 1 and last_m >= m0 + {h}) as retained_count
        from {source} group by all"""
            for h in HORIZONS
        ]
    return " union all ".join(parts)


# How long what opened after the contact stayed open, from the opening; a person once.
OPENED_SPELLS = """
select prestation as benefit_code, last_m - m0 + 1 as duration_months, last_m + 2 > last_known as is_censored,
    count(*) as spell_count
from first_stays group by all"""

ALL_SPELLS = """
select n.benefit as benefit_code, last_m - first_m + 1 as duration_months,
    last_m + 2 > k.last_known as is_censored, count(*) as spell_count
from spells s join knowledge k using (person, benefit_no) join benefit_truth n using (benefit_no) group by all"""


def _transfers() -> str:
    parts = []
    for name, source in (("code(s.territory)", "stays"), ("'FR'", "first_stays")):
        parts.append(f"""
        select {name} as territory_code, s.prestation as benefit_code, coalesce(own.payer, everywhere.payer)
            as payer_code,
            sum(l.paid) / 100.0 as transfer_opened_eur, count(distinct s.person) as transfer_person_count,
            count(*) as transfer_month_count
        from {source} s join latest l on l.person = s.person and l.benefit_no = s.benefit_no and l.m >= s.m0
            and l.paid > 0
        left join territory_departments t on t.territory = s.territory
        left join payer_rules own on own.benefit = s.prestation and own.department = t.department
            and month_start(l.m) between own.valid_from and own.valid_to
        left join payer_rules everywhere on everywhere.benefit = s.prestation and everywhere.department = ''
            and month_start(l.m) between everywhere.valid_from and everywhere.valid_to
        group by all""")
    return " union all ".join(parts)


def answers() -> dict[str, str]:
    """Answer file -> SQL, for persons and entitlements."""
    return {
        "persons": "select code(territory) as territory_code, count(*) as person_count from met group by all "
        "union all select 'FR', count(distinct person) from met",
        "contacts": "select code(territory) as territory_code, count(*) as contact_count "
        "from encountered group by all",
        "access": _access(""),
        "access_by_channel": _access("channel as channel_code,"),
        "non_take_up": NON_TAKE_UP,
        "retention": _retention(),
        "opened_spells": OPENED_SPELLS,
        "all_spells": ALL_SPELLS,
        "transfers": _transfers(),
        "matches": "select body as body_code, status as match_status_code, count(*) as person_count "
        "from matched group by all",
        "match_rates": MATCH_RATES,
        "benefit_months": "select body as body_code, count(*) as month_count, "
        "count(*) filter (is_open) as open_month_count, "
        "sum(paid) / 100.0 as paid_eur from latest group by all",
    }


def write_answer_key(
    con: duckdb.DuckDBPyConnection, answer_dir: Path, broken: list[BrokenFile], through: int
) -> None:
    """Compute and write the answer key: one CSV an answer, all explained in ``LISEZMOI.md``."""
    answer_dir.mkdir(parents=True, exist_ok=True)
    _settle_truth(con, through)
    answers_files.prepare(con, broken)
    parts = (answers(), answers_spells.answers(), answers_indicators.answers(), answers_surveys.answers(),
             answers_time.answers(through), answers_files.answers())
    for name, sql in (item for part in parts for item in part.items()):
        path = quote(answer_dir / f"{name}.csv")
        con.execute(f"copy (select * from ({sql}) order by all) to {path} (format csv, header true)")
    (answer_dir / "LISEZMOI.md").write_text(answers_files.NOTICE, encoding="utf-8")


def _settle_truth(con: duckdb.DuckDBPyConnection, through: int) -> None:
    con.execute(
        "create view current_files as "
        "select f.* from files f join written using (file_id) where not f.is_draft"
    )
    con.execute("create table body_ends (body varchar, last_e integer)")
    insert_rows(con, "body_ends", [(body, through - LATE_MONTHS.get(body, 0)) for body in truth.BODIES])
    con.execute("create table pays (body varchar, benefit varchar)")
    insert_rows(
        con, "pays", [(body, benefit) for body, benefits in truth.PAID_BY.items() for benefit in benefits]
    )
    con.execute("create table territory_departments (territory integer, department varchar)")
    insert_rows(con, "territory_departments", facts.departments())
    con.execute(
        "create table payer_rules (benefit varchar, department varchar, payer varchar, valid_from date, "
        "valid_to date)"
    )
    insert_rows(
        con,
        "payer_rules",
        [
            (b, d, p, start or "1900-01-01", end or "2999-12-31")
            for b, d, p, start, end in facts.payer_rules()
        ],
    )
    for body in truth.BODIES:
        last = through - LATE_MONTHS.get(body, 0)
        rows = feeds.latest_rows_sql(body, last)
        cents = contradictions.cents_extraction(body, last)
        sql = (
            f"select person, benefit_no, '{body}' as body, m, status in {OPEN} as is_open, "
            f"case when e <> {cents} then paid end as paid, request_date "
            f"from ({rows}) where person not in (select person from objections)"
        )
        exists = body != truth.BODIES[0]
        con.execute(f"{'insert into latest' if exists else 'create table latest as'} {sql}")
    for sql in (MET, ENCOUNTERED, CHANNELS, MATCHED):
        con.execute(sql)
    answers_spells.settle_knowledge(con)
    for sql in (DISCUSSED, SCOPED, OUTCOMES, SPELLS, STAYS, FIRST_STAYS):
        con.execute(sql)
    answers_spells.settle_spells(con)
