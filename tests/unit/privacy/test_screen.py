"""Columns that name people are seen whatever their spelling; the project's own columns are not."""

import pytest

from tznr_platform.privacy.screen import nominative_headers


@pytest.mark.parametrize(("header", "word"), [
    ("Nom", "nom"), ("PRÉNOM", "prenom"), ("Nom de l'usager", "nom"),
    ("N° Sécurité sociale", "securite_sociale"),
    ("Date de naissance", "date_de_naissance"), ("adresse_mail", "adresse"), ("Tél.", "tel"), ("NIR", "nir"),
])
def test_nominative_columns_are_named_by_our_own_words(header, word):
    assert nominative_headers(["identifiant", header]) == [word]


def test_columns_of_the_contracts_pass():
    assert nominative_headers(["identifiant", "nombre_enfants", "naissance_par_defaut", "situation_familiale",
                               "commune_code", "organisation_source", "date_information"]) == []
