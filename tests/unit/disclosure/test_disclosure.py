"""What may leave: boundaries of masking, subtraction, policy, and an auditor that shares no code with it."""

from __future__ import annotations

import json

import pandas as pd
import pytest

from tznr_platform.disclosure import audit, load_policy, protect
from tznr_platform.disclosure.registry import tables
from tznr_platform.errors import PermanentError, UserError


def cells(table: str, measures: dict[str, dict[str, float]], **dimensions: str) -> pd.DataFrame:
    """A frame of numbers: {measure: {territory: value}}."""
    middle = ".".join(dimensions.values())
    rows = [
        {
            "number_id": ".".join(part for part in (table, measure, middle, territory) if part),
            "table_id": table,
            "measure": measure,
            "territory_code": territory,
            "dimensions": json.dumps(dimensions),
            "value": value,
            "contributor_count": value,
        }
        for measure, values in measures.items()
        for territory, value in values.items()
    ]
    return pd.DataFrame(rows)


def status(frame: pd.DataFrame) -> dict[str, str]:
    return dict(zip(frame["number_id"], frame["status_code"], strict=True))


def access(**measures: dict[str, float]) -> pd.DataFrame:
    return cells("acces", measures, benefit_code="RSA", channel_code="tous")


@pytest.mark.parametrize(("value", "expected"), [(1, "masked"), (10, "masked"), (11, "published")])
def test_counts_under_eleven_are_masked(value, expected):
    shown = protect(cells("couverture", {"personnes": {"FR": value}}))
    assert status(shown)["couverture.personnes.FR"] == expected
    assert audit(shown) == []


def test_a_masked_cell_is_not_a_number_and_not_an_absent_one():
    shown = protect(cells("couverture", {"personnes": {"FR": 7}, "rencontres": {"FR": None}})).set_index(
        "number_id"
    )
    assert shown.loc["couverture.personnes.FR", "status_code"] == "masked"
    assert shown.loc["couverture.rencontres.FR", "status_code"] == "unavailable"
    assert shown["value"].isna().all() and shown["contributor_count"].isna().all()


@pytest.mark.parametrize(
    ("retained", "expected"),
    [(50, "masked"), (41, "masked"), (40, "masked"), (39, "published"), (0, "masked"), (11, "published")],
)
def test_remainder_and_full_cells(retained, expected):
    frame = cells(
        "maintien",
        {"observes": {"FR": 50}, "maintenus": {"FR": retained}, "taux": {"FR": retained / 50}},
        benefit_code="RSA",
        horizon_months="6",
    )
    shown = protect(frame)
    assert status(shown)["maintien.maintenus.RSA.6.FR"] == expected
    assert status(shown)["maintien.taux.RSA.6.FR"] == expected
    assert audit(shown) == []


def test_a_structural_zero_is_published():
    shown = protect(access(evoques={"FR": 0}, ouverts={"FR": 0}))
    assert set(status(shown).values()) == {"published"}


def test_one_masked_territory_takes_the_next_smallest_with_it():
    shown = protect(
        cells("couverture", {"personnes": {"FR": 360, "TZNR-01": 5, "TZNR-02": 55, "TZNR-03": 300}})
    )
    assert status(shown) == {
        "couverture.personnes.FR": "published",
        "couverture.personnes.TZNR-01": "masked",
        "couverture.personnes.TZNR-02": "masked",
        "couverture.personnes.TZNR-03": "published",
    }
    assert audit(shown) == []


def test_two_masked_territories_whose_sum_is_small_take_a_third():
    shown = protect(cells("couverture", {"personnes": {"FR": 358, "TZNR-01": 1, "TZNR-02": 2, "TZNR-03": 55,
                                                       "TZNR-04": 300}}))
    assert status(shown)["couverture.personnes.TZNR-03"] == "masked"
    assert audit(shown) == []


def test_the_remainder_of_masked_territories_is_protected_too():
    frame = access(evoques={"FR": 300, "TZNR-01": 100, "TZNR-02": 100, "TZNR-03": 100},
                   ouverts={"FR": 180, "TZNR-01": 98, "TZNR-02": 41, "TZNR-03": 41})
    shown = protect(frame)
    assert status(shown)["acces.ouverts.RSA.tous.TZNR-01"] == "masked"
    assert audit(shown) == []


def test_a_mean_falls_with_its_respondents():
    frame = cells("pratiques", {"professionnels": {"FR": 8}, "employeurs": {"FR": 2}, "niveau": {"FR": 3.2}},
                  wave_code="V1", practice_code="reperage")
    assert set(status(protect(frame)).values()) == {"masked"}


def test_a_median_needs_twenty_two_persons():
    def delay(opened):
        return status(protect(access(evoques={"FR": 100}, ouverts={"FR": opened}, delai={"FR": 40})))

    assert delay(21)["acces.delai.RSA.tous.FR"] == "masked"
    assert delay(22)["acces.delai.RSA.tous.FR"] == "published"


def test_three_organisations():
    def responses(count):
        return status(
            protect(
                cells(
                    "reseau",
                    {"interrogees": {"FR": 12}, "repondantes": {"FR": count}, "densite": {"FR": 0.2}},
                    wave_code="V1",
                    tie_type_code="orientation",
                )
            )
        )

    assert responses(2)["reseau.densite.V1.orientation.FR"] == "masked"
    assert responses(3)["reseau.densite.V1.orientation.FR"] == "published"


def test_dominance_masks_an_amount():
    frame = cells("transferts", {"personnes": {"FR": 40}, "montant": {"FR": 9000.0}}, benefit_code="RSA",
                  payer_code="DEPARTEMENT")
    frame["largest_share"] = 0.86
    assert status(protect(frame))["transferts.montant.RSA.DEPARTEMENT.FR"] == "masked"


def leak(frame: pd.DataFrame, **changes: float) -> list[str]:
    planted = protect(frame)
    for number, value in changes.items():
        planted.loc[planted["number_id"] == number, ["value", "status_code"]] = [value, "published"]
    return audit(planted)


def test_the_auditor_finds_planted_leaks():
    frame = cells("couverture", {"personnes": {"FR": 360, "TZNR-01": 5, "TZNR-02": 55, "TZNR-03": 300}})
    assert leak(frame, **{"couverture.personnes.TZNR-02": 55}) == [
        "couverture.personnes.TZNR-01 : recalculable par soustraction"]
    assert any(
        "effectif sous le seuil" in found for found in leak(frame, **{"couverture.personnes.TZNR-01": 5})
    )
    full = access(evoques={"FR": 50}, ouverts={"FR": 45})
    assert leak(full, **{"acces.ouverts.RSA.tous.FR": 45}) == [
        "acces.ouverts.RSA.tous.FR : le complément est sous le seuil"]


def test_the_auditor_finds_a_share_that_tells_a_masked_count():
    frame = cells("maintien", {"observes": {"FR": 50}, "maintenus": {"FR": 45}, "taux": {"FR": 0.9}},
                  benefit_code="RSA", horizon_months="6")
    found = leak(frame, **{"maintien.taux.RSA.6.FR": 0.9})
    assert "maintien.taux.RSA.6.FR : le complément est sous le seuil" in found


def test_a_value_left_in_a_masked_cell_is_found():
    planted = protect(cells("couverture", {"personnes": {"FR": 5}}))
    planted["value"] = 0.0
    assert audit(planted) == ["couverture.personnes.FR : une cellule non publiée porte une valeur"]


def test_an_unregistered_table_is_not_exportable():
    frame = cells("croisement_libre", {"personnes": {"FR": 500}})
    with pytest.raises(PermanentError, match="non exportable"):
        protect(frame)
    frame["status_code"] = "published"
    assert audit(frame) == ["croisement_libre.personnes.FR : table non enregistrée"]


@pytest.mark.parametrize("override", [{"persons": 10}, {"dominance": 0.9}, {"organisations": 2}, {"k": 20},
                                      {"rounding": 5}])
def test_the_policy_is_only_ever_stricter(override):
    with pytest.raises(UserError):
        load_policy(**override)


def test_a_stricter_policy_is_obeyed():
    shown = protect(cells("couverture", {"personnes": {"FR": 15}}), load_policy(persons=20))
    assert status(shown) == {"couverture.personnes.FR": "masked"}


def test_random_tables_leave_no_finding():
    """Many small tables: whatever the counts, the auditor finds nothing in what the masking lets out."""
    import numpy as np

    rng = np.random.default_rng(7)
    for _ in range(40):
        codes = [f"TZNR-{i:02d}" for i in range(1, rng.integers(2, 12))]
        discussed = {code: int(rng.choice([0, 3, 12, 25, 60, 200])) for code in codes}
        opened = {code: int(rng.integers(0, value + 1)) for code, value in discussed.items()}
        paid = {code: int(rng.integers(0, value + 1)) for code, value in opened.items()}
        measures = {name: values | {"FR": sum(values.values())}
                    for name, values in (("evoques", discussed), ("ouverts", opened), ("verses", paid))}
        assert audit(protect(access(**measures))) == []


def test_every_registered_table_is_complete():
    for table in tables().values():
        assert table.title and table.definition and table.population and table.measures


@pytest.mark.parametrize("territory", ["FR", "TZNR-02"])
def test_few_persons_not_found_are_not_told_by_the_match_rate(territory):
    """Sixteen sent, fifteen found: neither the count nor the rate may say that one was not."""
    shown = protect(cells("couverture", {"envoyees": {territory: 16}, "appariees": {territory: 15},
                                         "appariement": {territory: 15 / 16}}))
    assert status(shown)[f"couverture.appariees.{territory}"] == "masked"
    assert status(shown)[f"couverture.appariement.{territory}"] == "masked"
    assert audit(shown) == []
