"""What the feeds say through time: contradictions, revisions and delays are found again; a past date shows that date.

The answer key is the generator's; the recounts read the accepted Parquet files by plain SQL; neither shares code with
the models.
"""

from __future__ import annotations

import duckdb
import pytest

from tests.integration.warehouse.builds import run_dbt
from tznr_platform.settings import Settings
from tznr_platform.storage import load_accepted, writer

FACTS = ("OPENING_BEFORE_REQUEST", "PAYMENT_WITHOUT_RIGHT", "HISTORY_TOO_LONG", "AMOUNTS_OUT_OF_SCALE",
         "SEVERAL_FIRST_CONTACTS")
VINTAGE = "2025-11-30"


def key(demo, name: str) -> str:
    return f"read_csv('{demo.data / 'answer_key' / name}.csv', all_varchar = true)"


@pytest.fixture(scope="module")
def told(demo):
    """Marts, and ``told``: the usable rows of the current monthly feeds, one an extraction month and person."""
    with duckdb.connect() as con:
        con.execute(f"attach '{demo.data}/warehouse/published.duckdb' as published (read_only)")
        con.execute(f"attach '{demo.data}/warehouse/working.duckdb' as working (read_only)")
        con.execute("use published")
        con.execute(f"""create table memory.main.told as
            with cents as (
                select sender_code as body, max(period) as period from '{demo.data}/lake/register/deliveries.parquet'
                where sender_code = 'FRANCE_TRAVAIL' and table_name = 'droits_mensuels'
                    and right(period, 2) in ('03', '06', '09', '12') and period < (
                        select max(period) from '{demo.data}/lake/register/deliveries.parquet'
                        where sender_code = 'FRANCE_TRAVAIL') group by 1)
            select d.sender_code as body_code, benefit_code, person_id, entitlement_month,
                date_trunc('month', extraction_date)::date as extraction_month, r.status_code,
                case when cents.body is not null then null
                     when r.status_code in ('OUVERT_VERSABLE', 'OUVERT_NON_VERSE', 'SUSPENDU', 'INCONNU')
                     then coalesce(paid_eur, 0) else 0 end as paid
            from '{demo.data}/lake/accepted/droits_mensuels/sender=*/**/*.parquet' r
            join '{demo.data}/lake/register/deliveries.parquet' d using (delivery_id)
            semi join working.intake.present_persons using (person_id)
            left join cents on cents.body = d.sender_code and cents.period = d.period
            where d.is_current and date_diff('month', entitlement_month, extraction_date) <= 36""")
        yield con


def test_every_planted_contradiction_is_counted_under_its_rule(demo, told):
    found = told.execute(f"""
        select sender_code, table_name, reason_code, row_count from marts.mart_data_quality
        where reason_code in {FACTS} order by all""").fetchall()
    planted = told.execute(f"""
        select sender_code, table_name, reason_code, row_count::bigint from {key(demo, 'contradictions')}
        order by all""").fetchall()
    assert found == planted
    assert {reason for _, _, reason, _ in found} == set(FACTS)


def test_a_contradiction_says_what_becomes_of_it(told):
    kept = dict(told.execute("select distinct reason_code, treatment_code from marts.mart_data_quality").fetchall())
    assert [kept[reason] for reason in FACTS] == ["date_ecartee", "montant_ecarte", "ecarte", "montant_ecarte",
                                                  "signale"]
    assert kept["OUTSIDE_COLLECTION_WINDOW"] == "ecarte"


def test_planted_revisions_are_found_again(demo, told):
    """The third extraction of a month is the only one that revises it."""
    gaps = told.execute(f"""
        with planted as (
            select body_code, benefit_code, entitlement_month::date as entitlement_month,
                known_before_count::int as known, status_revised_count::int as status,
                amount_revised_count::int as amount
            from {key(demo, 'revisions')}),
        found as (
            select body_code, benefit_code, entitlement_month, known_count - first_known_count as known,
                status_revised_count as status, amount_revised_count as amount
            from marts.mart_revisions where delay_month_count = 2 and known_count > first_known_count)
        select * from planted full join found using (body_code, benefit_code, entitlement_month)
        where (planted.known, planted.status, planted.amount)
            is distinct from (found.known, found.status, found.amount) limit 5""").fetchall()
    assert gaps == []
    assert told.execute("select sum(revised_count) filter (delay_month_count = 2) > 0, "
                        "sum(revised_count) filter (delay_month_count <> 2) from marts.mart_revisions"
                        ).fetchone() == (True, 0)


def test_the_triangle_recounted_from_the_files(told):
    gaps = told.execute("""
        with compared as (
            select *, lag(status_code) over w as former_status, lag(paid) over w as former_paid,
                row_number() over w = 1 as is_first
            from memory.main.told
            window w as (partition by body_code, benefit_code, person_id, entitlement_month order by extraction_month)),
        counted as (
            select body_code, benefit_code, entitlement_month, extraction_month, count(*) as known_count,
                count(*) filter (is_first) as first_known_count,
                count(*) filter (status_code <> former_status) as status_revised_count,
                count(*) filter (paid <> former_paid) as amount_revised_count,
                count(*) filter (status_code <> former_status or paid <> former_paid) as revised_count
            from compared group by all)
        from counted
        full join marts.mart_revisions m using (body_code, benefit_code, entitlement_month, extraction_month)
        select *
        where (counted.known_count, counted.first_known_count, counted.status_revised_count,
               counted.amount_revised_count, counted.revised_count)
            is distinct from (m.known_count, m.first_known_count, m.status_revised_count, m.amount_revised_count,
               m.revised_count)
        limit 5""").fetchall()
    assert gaps == []


@pytest.mark.parametrize("delay", [0, 1, 2, 12])
def test_what_was_known_after_a_delay_recounted_from_the_files(told, delay):
    """As of each month plus the delay, among months six months old of persons already followed."""
    gaps = told.execute(f"""
        with followed as (
            select body_code, person_id, min(extraction_month) as since from memory.main.told group by all),
        ends as (select body_code, max(extraction_month) as last from memory.main.told group by all),
        month as (
            select t.body_code, t.benefit_code, t.person_id, t.entitlement_month,
                bool_or(date_diff('month', entitlement_month, extraction_month) <= {delay}) as is_known,
                max_by(status_code, extraction_month) = max_by(status_code, extraction_month)
                    filter (date_diff('month', entitlement_month, extraction_month) <= {delay})
                and arg_max_null(paid, extraction_month) is not distinct from arg_max_null(paid, extraction_month)
                    filter (date_diff('month', entitlement_month, extraction_month) <= {delay}) as is_final
            from memory.main.told t join followed f using (body_code, person_id) join ends using (body_code)
            where entitlement_month >= since and entitlement_month <= last - interval 6 month
                and not (body_code = 'FRANCE_TRAVAIL')
            group by all),
        counted as (
            select body_code, benefit_code, count(*) as settled_count, count(*) filter (is_known) as known_count,
                count(*) filter (is_final) as final_count
            from month group by all)
        from counted join marts.mart_reporting_delay m using (body_code, benefit_code)
        select * where m.delay_month_count = {delay}
            and (counted.settled_count, counted.known_count, counted.final_count)
                is distinct from (m.settled_count, m.known_count, m.final_count)
        limit 5""").fetchall()
    assert gaps == []


def test_every_feed_names_its_vintage_and_its_delay(told):
    rows = told.execute("select body_code, vintage_date, latest_extraction_date::varchar, delay_month_count, "
                        "last_analysable_month::varchar, rule_certainty_label from marts.mart_vintages "
                        "where benefit_code = 'RSA' order by all").fetchall()
    assert rows == [("CNAF", None, "2026-06-28", 6, "2025-12-01", "non confirmé"),
                    ("MSA", None, "2026-05-28", 6, "2025-11-01", "proposition")]


def test_a_past_date_shows_what_the_files_received_by_then_say(demo, tmp_path):
    """The variable ``vintage_date`` against a warehouse from which every later delivery was taken away."""
    settings = Settings(data_dir=tmp_path / "data", memory_limit="1GB")
    (tmp_path / "data").mkdir()
    for name in ("lake", "requests"):
        (tmp_path / "data" / name).symlink_to(demo.data / name, target_is_directory=True)
    as_of = _marts(settings, "--vars", f"{{vintage_date: {VINTAGE}}}")
    with writer(settings) as con:
        con.execute(f"""delete from intake.deliveries where case
            when period like '____-T_' then period_month + interval 3 month
            when period like '____-S_' then period_month + interval 6 month
            when period like '____-__' then period_month + interval 1 month
            when sender_code like 'TZNR-%' then period_month + interval 12 month
            else period_month end > date '{VINTAGE}' + interval 1 day""")
    assert _marts(settings) == as_of
    assert len(as_of["mart_revisions"]) > 1000


def _marts(settings: Settings, *arguments: str) -> dict[str, list[tuple]]:
    """Rows of every mart of a build, in order; amounts and shares to six figures."""
    if not settings.working_file.exists():
        with writer(settings) as con:
            load_accepted(con, settings)
    built = run_dbt(settings, "run", *arguments)
    assert built.code == 0, built.output[-4000:]
    names = [name for (name,) in built.rows("select table_name from duckdb_tables() where schema_name = 'marts'")]
    return {name: built.rows(f"select {_columns(built, name)} from marts.{name} order by all") for name in names}


def _columns(built, name: str) -> str:
    columns = built.rows(f"select column_name, data_type from duckdb_columns() where table_name = '{name}' "
                         "and schema_name = 'marts' and column_name <> 'vintage_date' order by column_index")
    return ", ".join(f"round({column}, 6)" if kind == "DOUBLE" else column for column, kind in columns)
