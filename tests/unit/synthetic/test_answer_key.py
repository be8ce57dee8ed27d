"""The answer key against the files, recounted by plain SQL; the planted truth against its careers."""

from __future__ import annotations

from collections import Counter

import pytest

from tznr_platform import contracts
from tznr_platform.errors import ExitCode, UserError
from tznr_platform.settings import Settings
from tznr_platform.storage.warehouse import connect
from tznr_platform.synthetic import generate, inbox, truth
from tznr_platform.synthetic.timeline import month_index

TEXT = """read_csv('{inbox}/%s', delim=';', header=true, all_varchar=true, null_padding=true,
    ignore_errors=true)"""


def refused(cohort, file_name: str) -> Counter:
    counts: Counter = Counter()
    for row in cohort.answer("defects"):
        if row["file_name"] == file_name:
            counts[row["reason_code"]] += int(row["row_count"])
    return counts


def test_every_row_reason_is_planted(cohort):
    planted = {row["reason_code"] for row in cohort.answer("defects")}
    assert planted == {code for code, reason in contracts.reason_codes().items() if reason.level == "row"}


def test_planted_defects_are_in_the_file_and_only_once(cohort):
    name = "TZNR-05_personnes_2024-T1.csv"
    lines = (cohort.inbox / "TZNR-05" / name).read_text(encoding="utf-8").splitlines()
    cells = [line.split(";") for line in lines[1:]]
    rows = [dict(zip(lines[0].split(";"), row, strict=False)) for row in cells]
    whole = [row for row, cell in zip(rows, cells, strict=True) if len(cell) == len(lines[0].split(";"))]
    counts = refused(cohort, name)
    assert len(cells) - len(whole) == counts["COLUMN_COUNT"] == 2
    assert len(whole) - len({row["identifiant"] for row in whole}) == counts["DUPLICATE_KEY"] == 1
    assert sum(row["nombre_enfants"] == "deux" for row in whole) == counts["TYPE_INVALID"] == 1
    assert sum(row["nombre_enfants"] == "42" for row in whole) == counts["OUT_OF_RANGE"] == 1
    early = sum(row["date_premier_contact"] < "2023-07-15" for row in whole)
    assert early == counts["OUTSIDE_COLLECTION_WINDOW"] == 1
    empty = sum(not row["statut_logement"] or not row["date_information"] for row in whole)
    assert empty == counts["REQUIRED_MISSING"] == 2


def test_lines_add_up_to_accepted_and_refused(cohort):
    for row in cohort.answer("files"):
        if row["sender_code"] in ("TZNR-05", "TZNR-11", "CNAF", "CNAV", "MSA") and row["file_name"].endswith(
            ".csv"
        ):
            lines = (cohort.inbox / row["sender_code"] / row["file_name"]).read_bytes().count(b"\n") - 1
            assert lines == int(row["accepted_row_count"]) + int(row["refused_row_count"]), row["file_name"]


def test_persons_and_contacts_of_a_territory(cohort):
    """A territory whose files carry no planted defect: what is written is what is accepted."""
    spoiled = {
        row["sender_code"]
        for row in cohort.answer("defects")
        if row["table_name"] in ("personnes", "rencontres")
    }
    sound = {f"TZNR-{number}" for number in (17, 18, 20, 21, 22, 26, 28, 32, 33, 37)} - spoiled
    assert sound
    for code in sound:
        expected = [
            int(row[column])
            for name, column in (("persons", "person_count"), ("contacts", "contact_count"))
            for row in cohort.answer(name)
            if row["territory_code"] == code
        ]
        persons = cohort.sql(
            f"select count(distinct identifiant) from {TEXT % f'{code}/{code}_personnes_*.csv'}"
        )
        contacts = cohort.sql(f"select count(*) from {TEXT % f'{code}/{code}_rencontres_*.csv'}")
        assert [persons[0][0], contacts[0][0]] == expected


def test_objecting_persons_are_listed(cohort):
    files = TEXT % "TZNR-05/TZNR-05_personnes_*.csv"
    found = {
        row[0] for row in cohort.sql(f"select distinct identifiant from {files} where opposition = 'oui'")
    }
    assert found == {
        row["identifiant"] for row in cohort.answer("objections") if row["territory_code"] == "TZNR-05"
    }


def test_network_of_a_territory(cohort):
    organisations = TEXT % "TZNR-21/TZNR-21_organisations_2024.csv"
    ties = TEXT % "TZNR-21/TZNR-21_liens_2024.csv"
    recount = dict(
        cohort.sql(f"""
        with n as (select count(*) as n from {organisations} where regexp_matches(code_organisation,
            '^ORG[0-9]{{2}}$'))
        select type_lien, count(*) / (any_value(n) * (any_value(n) - 1)) from {ties}, n
        where try_cast(frequence as integer) between 1 and 4 group by 1""")
    )
    expected = {
        row["tie_type_code"]: float(row["density"])
        for row in cohort.answer("network")
        if row["territory_code"] == "TZNR-21" and row["wave_code"] == "V1"
    }
    assert recount == pytest.approx(expected, abs=1e-6)


WHOLE_FEED = """(select * from read_csv('{inbox}/{body}/{body}_droits_mensuels_*', delim=';', header=true,
    all_varchar=true)
    where date_extraction like '%-28')"""
FEED = """(select * from read_csv('{inbox}/CNAF/CNAF_droits_mensuels_*.csv', delim=';', header=true,
    all_varchar=true)
           where date_extraction like '%-28' and mois_droit >= strftime(
               strptime(date_extraction, '%Y-%m-%d') - interval 36 month, '%Y-%m'))"""


def test_latest_vintage_of_a_body(cohort):
    objecting = ", ".join(f"'{row['identifiant']}'" for row in cohort.answer("objections")) or "''"
    recount = cohort.sql(f"""
        with latest as (
            select *, row_number() over (partition by identifiant, prestation, mois_droit
                order by date_extraction desc)
                as age from {FEED} where identifiant not in ({objecting}))
        select count(*), count(*) filter (statut like 'OUVERT%'),
            sum(try_cast(montant_verse as decimal(12, 2)))
        from latest where age = 1""")[0]
    expected = next(row for row in cohort.answer("benefit_months") if row["body_code"] == "CNAF")
    assert [float(value) for value in recount] == pytest.approx(
        [float(expected[name]) for name in ("month_count", "open_month_count", "paid_eur")]
    )


def test_contradictions_are_in_the_files(cohort):
    """Recounted in the feeds of the CNAF (euros, one row a person, benefit, month and extraction) and of employment."""
    objecting = ", ".join(f"'{row['identifiant']}'" for row in cohort.answer("objections")) or "''"
    counted = cohort.sql(f"""
        select count(*) filter (statut like 'OUVERT%' and mois_droit < left(date_demande, 7)),
            count(*) filter (statut not like 'OUVERT%' and statut not in ('SUSPENDU', 'INCONNU')
                and try_cast(montant_verse as double) > 0),
            (select count(*) from {WHOLE_FEED.replace("{body}", "CNAF")}
             where left(date_extraction, 4)::int - left(mois_droit, 4)::int > 4 and identifiant not in ({objecting})),
            (select count(distinct (identifiant, prestation, mois_droit, date_extraction))
             from {WHOLE_FEED.replace("{body}", "FRANCE_TRAVAIL")}
             where identifiant not in ({objecting}) and coalesce(nullif(replace(montant_verse, ',', '.')::double, 0),
                replace(montant_du, ',', '.')::double) > 20000)
        from {FEED} where identifiant not in ({objecting})""")[0]
    planted = {(row["sender_code"], row["reason_code"]): int(row["row_count"])
               for row in cohort.answer("contradictions")}
    assert counted == (planted["CNAF", "OPENING_BEFORE_REQUEST"], planted["CNAF", "PAYMENT_WITHOUT_RIGHT"],
                       planted["CNAF", "HISTORY_TOO_LONG"], planted["FRANCE_TRAVAIL", "AMOUNTS_OUT_OF_SCALE"])
    assert min(counted) > 0


def test_a_newly_matched_person_comes_with_history_the_others_with_four_months(cohort):
    first, later = cohort.sql(f"""
        with spans as (
            select identifiant, date_extraction, max(date_diff('month', strptime(mois_droit, '%Y-%m'),
                strptime(date_extraction, '%Y-%m-%d'))) as span from {FEED} group by 1, 2),
        ranked as (
            select span, row_number() over (partition by identifiant order by date_extraction) = 1 as is_first
            from spans)
        select max(span) filter (is_first), max(span) filter (not is_first) from ranked""")[0]
    assert first in range(30, 36) and later == 3


def legal(code: str, month: str) -> float:
    return [
        float(row["value"])
        for row in sorted(contracts.reference("legal_amounts"), key=lambda r: r["start_date"])
        if row["amount_code"] == code and row["start_date"][:7] <= month
    ][-1]


def test_amounts_keep_within_the_legal_scales(cohort):
    months = cohort.sql(f"""select prestation, mois_droit, max(montant_du::double), min(montant_du::double)
        from {FEED} where try_cast(montant_du as double) > 0 group by 1, 2""")
    for benefit, month, most, least in months:
        if benefit == "RSA":
            assert most <= legal("RSA_BASE", month) * (1.5 + 0.3 + 0.3 + 4 * 0.4)
        if benefit == "PPA":
            assert most <= legal("PPA_BASE", month) * 1.6
        if benefit == "AUTRE_MINIMUM":
            assert legal("AAH_MAXIMUM", month) * 0.39 <= least <= most <= legal("AAH_MAXIMUM", month)


def test_health_cover_is_never_paid_to_anybody(cohort):
    rows = cohort.sql("""select prestation, max(montant_du), max(montant_verse) from
        read_csv('{inbox}/CNAM/CNAM_droits_mensuels_*.txt', delim='\t', header=true, all_varchar=true)
        where date_extraction like '%-28' and prestation like 'CSS%' and statut = 'OUVERT_VERSABLE'
        group by 1 order by 1""")
    assert [(benefit, paid) for benefit, _, paid in rows] == [
        ("CSS_GRATUITE", None),
        ("CSS_PARTICIPATION", None),
    ]
    assert rows[0][1] is None and float(rows[1][1]) <= 30


def test_the_planted_effect_is_in_the_careers(tmp_path):
    """Persons who had never asked: openings within three months follow the planted hazards, by channel."""
    with connect(None, settings=Settings(data_dir=tmp_path)) as con:
        inbox.populate(con, 40_000, 3, month_index("2024-09"), lambda line: None)
        found = dict(
            con.execute("""
            select p.channel, avg((c.s2 < c.c + 3)::integer) from careers c join persons p using (person)
            where c.state = 'never' and c.is_discussed and c.rx is null and c.benefit in ('RSA', 'PPA')
            group by 1""").fetchall()
        )
    for channel, lift in truth.CHANNEL_LIFT.items():
        hazard = lift + 0.021
        assert found[channel] == pytest.approx(1 - (1 - hazard) ** truth.EFFECT_MONTHS, abs=0.04)
    assert found["aller_vers"] > found["guichet"]


@pytest.mark.parametrize(
    "arguments", [{"persons": 10}, {"through": "2024-13"}, {"through": "2022-01"}, {"through": "hier"}]
)
def test_impossible_parameters_are_refused(tmp_path, arguments):
    with pytest.raises(UserError) as refusal:
        generate(tmp_path / "inbox", **({"persons": 300, "seed": 1, "through": "2024-09"} | arguments))
    assert refusal.value.exit_code == ExitCode.USAGE and not (tmp_path / "inbox").exists()


def test_an_inbox_is_never_mixed_with_anything(tmp_path):
    (tmp_path / "inbox").mkdir()
    (tmp_path / "inbox" / "lettre.txt").write_text("bonjour")
    with pytest.raises(UserError):
        generate(tmp_path / "inbox", persons=300, seed=1, through="2024-09")
    with pytest.raises(UserError):
        generate(
            tmp_path / "other",
            persons=300,
            seed=1,
            through="2024-09",
            answer_key_dir=tmp_path / "other" / "key",
        )


def test_match_rates_count_every_declared_person_once(cohort):
    """The states and the unanswered add up; territories to the answered of a body, but for persons met twice."""
    persons = {row["territory_code"]: int(row["person_count"]) for row in cohort.answer("persons")}
    asked: Counter = Counter()
    states = ("matched_count", "not_found_count", "ambiguous_count", "not_sent_count", "unanswered_count")
    for row in cohort.answer("match_rates"):
        asked[row["territory_code"], row["body_code"]] += int(row["asked_person_count"])
        assert sum(int(row[state]) for state in states) == int(row["asked_person_count"])
    assert asked == {(code, body): count for code, count in persons.items() for body in truth.BODIES}


def test_births_given_by_default_stay_ambiguous_more_often(tmp_path):
    with connect(None, settings=Settings(data_dir=tmp_path)) as con:
        inbox.populate(con, 20_000, 3, month_index("2024-09"), lambda line: None)
        found = dict(
            con.execute("""
            select is_default_birth, avg((matched_e is null and first_status = 'ambiguous')::integer)
            from links join persons using (person) where body = 'CNAF' and not is_agricultural group by 1""").fetchall()
        )
    assert found[True] == pytest.approx(truth.DEFAULT_BIRTH_AMBIGUOUS_SHARE, abs=0.05)
    assert found[False] < 0.02
