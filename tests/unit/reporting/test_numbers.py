"""The table of numbers: ids, protection, and what `tznr explain` says of one."""

from __future__ import annotations

import pytest

from quality import candidate
from tznr_platform import reporting
from tznr_platform.disclosure.registry import tables
from tznr_platform.errors import UserError
from tznr_platform.reporting.book import Book
from tznr_platform.reporting.effects import effects
from tznr_platform.reporting.numbers import _value, opened
from tznr_platform.storage import warehouse


def test_outcome_counts_and_auditor(platform):
    outcome = reporting.write_numbers(platform)
    assert outcome.finding_count == 0
    assert outcome.number_count == outcome.published_count + outcome.masked_count + outcome.unavailable_count
    assert 0 < outcome.masked_count < outcome.published_count
    assert {table.id for table in tables().values() if not table.estimate} <= set(outcome.by_table["table"])


def test_ids_leave_totals_out(reported):
    numbers = reporting.read_numbers(reported)
    assert {
        "acces.ouverts.RSA.TZNR-05",
        "acces.ouverts.RSA.FR",
        "acces.ouverts.RSA.aller_vers.FR",
        "maintien.taux.RSA.6.FR",
        "couts_evites.quantite.passage_urgences.inconnu.FR",
        "organismes.appariement.CNAF.FR",
    } <= set(numbers.index)


def test_no_masked_number_has_a_value(reported):
    numbers = reporting.read_numbers(reported)
    hidden = numbers[numbers["status_code"] != "published"]
    assert hidden["value"].isna().all() and hidden["contributor_count"].isna().all()
    assert numbers.loc["couverture.personnes.TZNR-09", "status_code"] == "masked"


def test_a_benefit_without_feed_is_not_available_rather_than_zero(reported):
    numbers = reporting.read_numbers(reported)
    for measure in ("ouverts", "verses", "delai"):
        assert numbers.loc[f"acces.{measure}.CHEQUE_ENERGIE.FR", "status_code"] == "unavailable"


def test_each_query_gives_its_number_again(reported):
    numbers = reporting.read_numbers(reported)
    some = numbers[numbers["status_code"] == "published"].groupby(["table_id", "measure"]).head(2)
    with opened(reported) as (con, _):
        for number_id, row in some.iterrows():
            assert float(con.execute(row["query"]).fetchone()[0]) == pytest.approx(row["value"]), number_id


def test_same_marts_same_bytes(reported):
    before = candidate.file_hash(candidate.numbers_file(reported))
    reporting.write_numbers(reported)
    assert candidate.file_hash(candidate.numbers_file(reported)) == before


def test_explain_a_published_number(reported):
    text = reporting.explain(reported, "acces.ouverts.RSA.TZNR-05")
    assert "137\u00a0personnes" in text and "marts.mart_access" in text and "select opened_count" in text
    assert "TZNR-05" in text and "CNAF" in text and "TZNR-06" not in text
    assert "version" in text and "critères" in text


def test_explain_a_masked_number_gives_no_value(reported):
    text = reporting.explain(reported, "couverture.personnes.TZNR-09")
    assert "masqué" in text and "ce n'est pas un zéro" in text and "6\u00a0personnes" not in text


def test_explain_an_unknown_number_offers_near_ones(reported):
    with pytest.raises(UserError) as caught:
        reporting.explain(reported, "acces.ouvert.RSA.TZNR-5")
    assert "acces.ouverts.RSA.TZNR-05" in caught.value.remedy


def test_explain_before_any_run(platform):
    with pytest.raises(UserError, match="pas encore été calculés"):
        reporting.explain(platform, "acces.ouverts.RSA.FR")


EFFECT = "effets.{}.opening_after_outreach.{}.6.FR"


def test_an_effect_falls_with_the_persons_behind_it(reported):
    numbers = reporting.read_numbers(reported)
    status = {benefit: numbers.loc[EFFECT.format("effet", benefit), "status_code"] for benefit in ("RSA", "AL", "PPA")}
    assert status == {"RSA": "published", "AL": "masked", "PPA": "unavailable"}
    assert numbers.loc[EFFECT.format("comparees", "RSA"), "value"] == 900
    assert numbers.loc[EFFECT.format("borne_haute", "PPA"), "status_code"] == "published"
    for measure in ("sans", "effet", "effet_bas", "recul_bas", "absents_haut", "opposes_bas"):
        assert numbers.loc[EFFECT.format(measure, "PPA"), "status_code"] == "unavailable", measure


def test_counts_behind_estimates_are_given_to_the_ten_below(reported):
    with warehouse.connect(None, settings=reported) as con:
        value = _value(tables()["effets"], tables()["effets"].measures["comparees"])
        found = con.execute(f"select {value} from (values (0), (7), (19), (20), (128)) t (supported_count)").fetchall()
    assert [row[0] for row in found] == [0, 7, 10, 20, 120]


def test_a_label_and_a_reason_stand_for_what_has_no_number(reported):
    numbers = reporting.read_numbers(reported)
    assert numbers.loc[EFFECT.format("etiquette", "CSS_GRATUITE"), "note_fr"] == "non identifiable"
    assert numbers.loc[EFFECT.format("effet", "CSS_GRATUITE"), "note_fr"] == "vide"
    text = reporting.explain(reported, EFFECT.format("effet", "PPA"))
    assert "Précision      trop peu" in text and "create or replace temp view estimates_access_effects" in text


def test_an_estimate_older_than_the_marts_has_no_number(platform):
    with warehouse.connect(platform.published_file, settings=platform) as con:
        con.execute("delete from marts.mart_spell_durations")
    reporting.write_numbers(platform)
    numbers = reporting.read_numbers(platform)
    assert not (numbers["table_id"] == "effets").any()
    assert numbers.loc["champ.calcul.effets.FR", "status_code"] == "unavailable"
    sections = effects(Book(numbers))
    assert "tznr run --job estimations" in sections["main"][0].empty and sections["path"] is None
