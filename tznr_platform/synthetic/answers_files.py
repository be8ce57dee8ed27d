"""Answers about the files themselves: outcomes, planted defects, objections, witnesses, parameters.

Here: one SQL an answer file, and the French notice of the answer key. Not here: what the good rows add up
to.
"""

from __future__ import annotations

import duckdb

from tznr_platform.synthetic import truth
from tznr_platform.synthetic.broken_files import BrokenFile
from tznr_platform.synthetic.senders import insert_rows

PERSON_TABLES = "('personnes', 'rencontres', 'droits', 'reponses', 'retours', 'droits_mensuels')"

OBJECTIONS = """
select p.identifiant, code(o.territory) as territory_code, (o.quarter // 4) || '-T' || (o.quarter % 4 + 1)
    as since_period,
    o.mode as mode_code
from objections o join persons p using (person)"""

DEFECTS = """
select f.file_name, f.sender as sender_code, f.tbl as table_name, reason as reason_code, field as field_name,
    count(*) as row_count
from planted join files f using (file_id) group by all
union all
select f.file_name, f.sender, f.tbl, 'OBJECTION', case f.tbl when 'personnes' then 'opposition'
    else 'identifiant' end,
    row_count
from excluded_rows join files f using (file_id)"""

OUTCOMES = """
with refused as (
    select file_id, count(distinct defect_no) as row_count from planted group by 1
    union all select file_id, row_count from excluded_rows),
totals as (select file_id, sum(row_count) as refused_rows from refused group by 1)
select f.file_name, f.sender as sender_code, f.tbl as table_name, f.period_label as period, f.version,
    case when t.refused_rows is null then 'accepted' when t.refused_rows = w.row_count then 'refused'
        else 'partial' end
        as status_code,
    '' as reason_code, (w.row_count - coalesce(t.refused_rows, 0))::bigint as accepted_row_count,
    coalesce(t.refused_rows, 0)::bigint as refused_row_count, f.extra_column::integer as ignored_column_count,
    not f.is_draft as is_current
from written w join files f using (file_id) left join totals t using (file_id)
union all
select path, '', '', '', null, case reason when 'DUPLICATE_DELIVERY' then 'duplicate' else 'refused' end,
    reason, 0, 0, 0, false
from broken"""

NOTICE = """# Corrigé du jeu synthétique

Vérité connue, à ne jamais placer dans le dossier des livraisons. Tout est inventé.

- `files.csv` : sort attendu de chaque fichier (chemin complet pour les fichiers défectueux) ;
  `is_current` : version en vigueur.
- `defects.csv` : défauts semés, par fichier, motif et champ ; `OBJECTION` compte toutes les lignes
  d'une personne opposante, dans toutes les tables.
- `objections.csv`, `canaries.csv` : identifiants à exclure ; identités témoins, dont le nom n'est
  dans aucune livraison.
- `persons`, `contacts`, `matches`, `benefit_months` : ce qui doit être accepté, personnes opposantes exclues.
- `match_rates` : réponses des organismes par territoire (`FR` : une personne une fois), organisme et date de
  naissance par défaut ; une personne déclarée est cherchée partout, répondue ou non.
- `access`, `access_by_channel` : abordé, demandé, ouvert, versé, inconnu ; `FR` compte une personne une
  fois, dès que c'est vrai dans un territoire. `non_take_up` : types déclarés.
- `contradictions` : faits contradictoires par émetteur et motif ; `revisions` : mois dont la troisième extraction
  change le statut ou le montant.
- `retention`, `opened_spells`, `transfers` : maintien, durées, transferts ouverts (national : première
  ouverture) ; `all_spells` : toutes les périodes de droit, avant et après le contact.
- `spells_by_rule`, `spell_limits`, `retention_by_rule` : périodes sous chaque règle de trou, débuts et fins que les
  livraisons ne montrent pas, maintien sous chaque règle (national). `passages` : ce que deviennent les droits
  terminés. `household_units` : place dans le dossier. `pre_period` : ce qui est connu d'avant le contact (national).
- `requests` : issue et délai des demandes. `detection`, `referrals` : repérage, orientation, orientation aboutie.
  `receipts` : droits perçus le mois d'avant le premier contact.
- `practice_panel`, `professionals`, `network_nodes`, `participation_bodies`, `active_positions`,
  `avoided_events` : professionnels suivis, confiance et formation, organisations, instances, postes en
  place, mois évalués.
- `scales`, `practices`, `positions`, `network`, `participation`, `interviews`.
- `programme_costs`, `avoided_costs` : les deux autres comptes ; les trois ne s'additionnent jamais.
- `parameters.csv` : effets et taux semés.
"""


def prepare(con: duckdb.DuckDBPyConnection, broken: list[BrokenFile]) -> None:
    """Create ``broken``, ``parameters`` and ``excluded_rows`` (rows of objecting persons, by file)."""
    con.execute("create table broken (path varchar, reason varchar)")
    insert_rows(con, "broken", [(item.path, item.reason) for item in broken])
    con.execute("create table parameters (name varchar, value varchar)")
    insert_rows(con, "parameters", truth.parameters())


def answers() -> dict[str, str]:
    """Answer file -> SQL."""
    return {
        "files": OUTCOMES,
        "defects": DEFECTS,
        "objections": OBJECTIONS,
        "canaries": "select k.* exclude (canary_rank), code(p.territory) as territory_code "
        "from canaries k join persons p using (canary_rank)",
        "parameters": "select name, value from parameters",
    }
