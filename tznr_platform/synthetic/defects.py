"""Planted row defects: for every row reason code, at least one row that carries it and nothing else.

Here: what is broken in which table, and the rows that carry it. Not here: broken files (``broken_files``).
A defective row is a copy of a good row under a key nobody else uses (so that it breaks no other rule and,
once refused, leaves the truth untouched), except a duplicate, which is the same row twice. Every draft
carries the first defect of its table: that is what its new version corrects, and no two versions have the
same bytes.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import duckdb

from tznr_platform.synthetic import truth

WITNESSES = ("TZNR-05", "TZNR-11", *truth.BODIES)  # carry every defect of each of their tables
SMALLEST_FILE = 6  # other senders break rows only in files of some size


@dataclass(frozen=True)
class Defect:
    """One way to spoil a row: the reasons it must get, with their fields, and the changed cells (as SQL)."""

    table: str
    reasons: tuple[tuple[str, str], ...]
    changes: dict[str, str] = field(default_factory=dict)
    shape: str = ""  # surplus | short: a line with too many or too few cells (text files only)
    same_key: bool = False


def _one(table: str, reason: str, name: str, **changes: str) -> Defect:
    return Defect(table, ((reason, name),), changes)


def _again(table: str, *key: str) -> Defect:
    return Defect(table, tuple(("DUPLICATE_KEY", name) for name in key[:1]), same_key=True)


def _ragged(table: str, shape: str) -> Defect:
    return Defect(table, (("COLUMN_COUNT", ""),), shape=shape)


DEFECTS = (
    _one("personnes", "REQUIRED_MISSING", "statut_logement", statut_logement="''"),
    _one("personnes", "TYPE_INVALID", "nombre_enfants", nombre_enfants="'deux'"),
    _one("personnes", "ENUM_UNKNOWN", "situation_familiale", situation_familiale="'concubinage'"),
    _one("personnes", "PATTERN_MISMATCH", "identifiant", identifiant="left(sha256('court ' || file_id), 40)"),
    _one("personnes", "OUT_OF_RANGE", "nombre_enfants", nombre_enfants="'42'"),
    _one(
        "personnes", "OUTSIDE_COLLECTION_WINDOW", "date_premier_contact", date_premier_contact="'2022-05-03'"
    ),
    Defect(
        "personnes",
        (("ENUM_UNKNOWN", "mode_information"), ("REQUIRED_MISSING", "date_information")),
        {"mode_information": "'courrier'", "date_information": "''"},
    ),
    _again("personnes", "identifiant"),
    _ragged("personnes", "surplus"),
    _ragged("personnes", "short"),
    _one("rencontres", "REQUIRED_MISSING", "canal", canal="''"),
    _one("rencontres", "TYPE_INVALID", "date_rencontre", date_rencontre="'2024-02-30'"),
    _one("rencontres", "ENUM_UNKNOWN", "lieu", lieu="'gare'"),
    _one("rencontres", "OUTSIDE_COLLECTION_WINDOW", "date_rencontre", date_rencontre="'2027-02-01'"),
    _again("rencontres", "identifiant"),
    _ragged("rencontres", "short"),
    _one("droits", "ENUM_UNKNOWN", "prestation", prestation="'RMI'"),
    _one("droits", "ENUM_UNKNOWN", "types_non_recours", types_non_recours="'NCONN|NAUTRE'"),
    _one(
        "droits",
        "DATE_ORDER",
        "date_demande",
        date_demande="'2024-03-15'",
        issue_demande="'accordee'",
        date_decision="'2024-03-01'",
    ),
    _one(
        "droits",
        "CONDITIONAL_MISSING",
        "date_demande",
        date_demande="''",
        issue_demande="'accordee'",
        date_decision="''",
    ),
    _again("droits", "identifiant"),
    _ragged("droits", "surplus"),
    _one("reponses", "REFERENCE_UNKNOWN", "item", item="'ITEM_ABSENT'"),
    _one("reponses", "TYPE_INVALID", "valeur", valeur="'ne sait pas'"),
    _one("professionnels", "OUT_OF_RANGE", "sentiment_efficacite", sentiment_efficacite="'9'"),
    _one("professionnels", "PATTERN_MISMATCH", "code_professionnel", code_professionnel="'AGENT 7'"),
    _one("postes", "DATE_ORDER", "date_creation", date_creation="'2024-06-01'", date_fin="'2024-05-01'"),
    _one("organisations", "ENUM_UNKNOWN", "type_organisation", type_organisation="'prefecture'"),
    _one("liens", "OUT_OF_RANGE", "frequence", frequence="'7'"),
    _one("participation", "ENUM_UNKNOWN", "instance", instance="'cafe'"),
    _one("depenses", "TYPE_INVALID", "montant", montant="'n.c.'"),
    _one("depenses", "OUT_OF_RANGE", "montant", montant="'-50'"),
    _one("evenements_cout", "OUT_OF_RANGE", "attribution", attribution="'1.4'"),
    _one("entretiens", "ENUM_UNKNOWN", "theme", theme="'meteo'"),
    _one("retours", "ENUM_UNKNOWN", "statut_appariement", statut_appariement="'trouve'"),
    _one("retours", "PATTERN_MISMATCH", "code_territoire", code_territoire="'TZNR-5'"),
    _one("retours", "NOT_ON_LIST", "identifiant", identifiant="sha256('inconnu ' || file_id)"),
    _again("retours", "identifiant"),
    _one("agregats", "CONDITIONAL_MISSING", "foyers", foyers="''", secret_statistique="'non'"),
)

# A key of its own for the copy; {n} is the number of the defect in its table.
GHOST = "sha256('fantome {n} ' || file_id)"
FRESH_KEYS = {
    "personnes": {"identifiant": GHOST},
    "rencontres": {"identifiant": GHOST},
    "droits": {"identifiant": GHOST},
    "reponses": {"identifiant": GHOST},
    "professionnels": {"code_professionnel": "'P9990{n}'"},
    "postes": {"code_poste": "'POSTE990{n}'"},
    "organisations": {"code_organisation": "'ORG990{n}'"},
    "liens": {"organisation_source": "'ORG990{n}'"},
    "participation": {"code_evenement": "'EV990{n}'"},
    "depenses": {"code_depense": "'DEP9990{n}'"},
    "evenements_cout": {"type_evenement": "'dossier_reouvert'"},
    "entretiens": {"code_entretien": "'E99{n}'"},
    "agregats": {"code_zone": "'9990{n}'"},
    "retours": {
        "date_extraction": "left(date_extraction, 8) || '27'",
        "code_territoire": "code(1 + right(code_territoire, 2)::integer % 39)",
    },
}

# Defects of droits_mensuels, by number: reason, field, changed cells; dated a day early, but the duplicate.
FEED_DEFECTS = (
    ("REQUIRED_MISSING", "statut", {"statut": "''"}),
    ("ENUM_UNKNOWN", "statut", {"statut": "'VALIDE'"}),
    ("TYPE_INVALID", "montant_du", {"montant_du": "'n.c.'"}),
    ("OUT_OF_RANGE", "montant_verse", {"montant_verse": "'-12'"}),
    ("DATE_ORDER", "date_demande", {"date_demande": "'2024-03-15'", "date_decision": "'2024-03-01'"}),
    ("NOT_ON_LIST", "identifiant", {"identifiant": "sha256('inconnu ' || file_id)"}),
    (
        "SENDER_NOT_PAYER",
        "prestation",
        {"prestation": "case when prestation in ('ARE', 'ASS') then 'RSA' else 'ARE' end"},
    ),
    ("DUPLICATE_KEY", "identifiant", {}),
)


def create_log(con: duckdb.DuckDBPyConnection) -> None:
    """The table where every planted reason is written down as it is planted."""
    con.execute("create table planted (file_id integer, defect_no integer, reason varchar, field varchar)")


def plant(con: duckdb.DuckDBPyConnection, table: str) -> None:
    """Append the defective rows of ``table`` to ``cells`` (all text) and log them in ``planted``."""
    names = [row[0] for row in con.execute("describe cells").fetchall()]
    cells = [name for name in names if name not in ("file_id", "ord", "shape")]
    sound = (
        "identifiant not in (select identifiant from identities join objections using (person))"
        if "identifiant" in cells
        else "true"
    )
    con.execute(f"""create or replace temp table templates as
        select *, row_number() over (partition by file_id order by hash(ord), {", ".join(cells)}) as rank,
            count(*) over (partition by file_id) as size
        from cells where {sound} qualify rank <= 16""")
    for number, defect in enumerate(d for d in DEFECTS if d.table == table):
        changes = dict(defect.changes)
        if not defect.same_key:
            fresh = {name: value.format(n=number) for name, value in FRESH_KEYS[table].items()}
            changes = fresh | changes
        values = ", ".join(f"({changes[c]})::varchar as {c}" if c in changes else c for c in cells)
        con.execute(f"""create or replace temp table spoiled as
            select file_id, ord, '{defect.shape}' as shape, {values} from templates
            where rank = least(size, {number + 1}) and file_id in (
                select file_id from files where {"extension in ('csv', 'txt')" if defect.shape else "true"}
                and (sender in {WITNESSES} or (is_draft and {number} = 0) or (size >= {SMALLEST_FILE}
                     and u(file_id * 64 + {number}, 'defect {table}') < {truth.DEFECT_RATE})))""")
        con.execute("insert into cells by name select * from spoiled")
        for reason, name in defect.reasons:
            con.execute("insert into planted select file_id, ?, ?, ? from spoiled", [number, reason, name])


def feed_defects_sql(columns: list[str]) -> str:
    """SQL that spoils the rows of the relation ``feed_templates``: each gets the defect of its ``number``."""
    last = len(FEED_DEFECTS) - 1

    def cell(name: str) -> str:
        if name == "date_extraction":
            return f"case number when {last} then {name} else left({name}, 8) || '27' end as {name}"
        cases = [
            f"when {number} then {changes[name]}"
            for number, (_, _, changes) in enumerate(FEED_DEFECTS)
            if name in changes
        ]
        return f"case number {' '.join(cases)} else {name} end as {name}" if cases else name

    cells = ", ".join(cell(name) for name in columns)
    return f"select file_id, shuffle, benefit_no, m, number + 1 as copy, {cells} from feed_templates"
