"""From accepted persons to theoretical entitlements: descriptions without persons, computed once, gone with them."""

from __future__ import annotations

import pandas as pd

from tests.integration.intake_files import PERSONS, Inbox
from tznr_platform.contracts import reference
from tznr_platform.entitlements import write_theoretical
from tznr_platform.storage import rebuild, theoretical


def test_persons_become_descriptions_computed_once(inbox: Inbox):
    settings = inbox.settings
    inbox.put("TZNR-01_personnes_2025-T2.csv", PERSONS.text("a", "b", "c", bad={"situation_activite": "inactivite"}))
    inbox.put("TZNR-03_personnes_2025-T2.csv", PERSONS.text("a", "d"))
    inbox.run()
    outcome = write_theoretical(settings)
    statutory = sum(row["is_statutory"] == "true" for row in reference("benefits"))
    assert outcome.description_count == 3 and outcome.row_count == 3 * statutory
    assert outcome.computed_count == outcome.case_count > 0
    found = pd.read_parquet(theoretical.theoretical_file(settings))
    assert list(found.columns) == list(theoretical.THEORETICAL)
    rsa = found[found["benefit_code"] == "RSA"].set_index(["department_code", "activity_code"])["entitlement_code"]
    assert rsa.to_dict() == {("91", "inactivite"): "certain", ("91", "chomage"): "possible",
                             ("974", "chomage"): "possible"}
    again = write_theoretical(settings)
    assert again.computed_count == 0 and again.row_count == outcome.row_count


def test_a_person_who_objects_takes_the_description_along(inbox: Inbox):
    settings = inbox.settings
    inbox.put("TZNR-01_personnes_2025-T2.csv", PERSONS.text("a", "b", bad={"situation_activite": "retraite"}))
    inbox.run()
    assert write_theoretical(settings).description_count == 2
    assert theoretical.theoretical_file(settings) in rebuild.derived_files(settings)
    inbox.put("TZNR-01_personnes_2025-T3.csv", PERSONS.text("b", bad={"opposition": "oui"}))
    inbox.run()
    assert write_theoretical(settings).description_count == 1
    assert "retraite" not in set(pd.read_parquet(theoretical.theoretical_file(settings))["activity_code"])


def test_without_a_person_there_is_no_row(inbox: Inbox):
    outcome = write_theoretical(inbox.settings)
    assert outcome.row_count == outcome.computed_count == 0
    assert pd.read_parquet(theoretical.theoretical_file(inbox.settings)).empty
