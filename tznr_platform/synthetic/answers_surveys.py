"""Answers for scales, practices, network, participation and costs: sums over the sound rows written.

Here: one SQL an answer file. Not here: persons and entitlements (``answers``).
"""

from __future__ import annotations

from tznr_platform.synthetic import survey_rows

SCALES = f"""
with rows_sent as (
    select i.person, f.territory, d.* exclude (file_id, ord, identifiant)
    from ({survey_rows.reponses()}) d join current_files f using (file_id)
        join identities i using (identifiant)
    where i.person not in (select person from objections)),
asked as (select instrument, version, dimension, count(*) as item_count from items group by all),
scores as (
    select r.territory, r.person, r.instrument, r.version, i.dimension, r.vague,
        avg(case when i.is_reversed then i.minimum + i.maximum - r.valeur else r.valeur end) as score
    from rows_sent r join items i on i.instrument = r.instrument and i.version = r.version and i.item = r.item
    join asked a on a.instrument = r.instrument and a.version = r.version and a.dimension = i.dimension
    group by all having count(*) * 2 >= any_value(a.item_count))
select territory_code, instrument as instrument_code, version as instrument_version, dimension
    as dimension_code,
    vague as wave_code, count(*) as respondent_count, round(avg(score), 6) as score_mean
from (select code(territory) as territory_code, * from scores union all select 'FR', * from scores)
    group by all"""

PRACTICES = tuple(
    f"select code(f.territory) as territory_code, p.vague as wave_code, '{code}' as practice_code, "
    f"count(*) as professional_count, sum(p.{practice}) as level_sum, "
    f"count(*) filter (p.{practice} >= 3) as weekly_count "
    f"from ({survey_rows.professionnels()}) p join current_files f using (file_id) group by all"
    for practice, code in survey_rows.PRACTICES.items()
)

NETWORK = f"""
with listed as (
    select f.territory, o.* from ({survey_rows.organisations()}) o join current_files f using (file_id)),
nodes as (
    select territory, vague, count(*) as organisation_count, count(*) filter (interrogee) as surveyed_count,
        count(*) filter (repondante) as respondent_count from listed group by all),
ties as (
    select distinct f.territory, t.vague, t.type_lien, t.organisation_source as s, t.organisation_cible as t
    from ({survey_rows.liens()}) t join current_files f using (file_id) where t.frequence >= 1),
counted as (
    select a.territory, a.vague, a.type_lien, count(*) as tie_count, count(b.s) as mutual_tie_count
    from ties a left join ties b on b.territory = a.territory and b.vague = a.vague
        and b.type_lien = a.type_lien
        and b.s = a.t and b.t = a.s group by all)
select code(territory) as territory_code, vague as wave_code, type_lien as tie_type_code, organisation_count,
    surveyed_count, respondent_count, coalesce(tie_count, 0) as tie_count,
    round(coalesce(tie_count, 0) / (organisation_count * (organisation_count - 1)), 6) as density,
    round(mutual_tie_count / tie_count, 6) as reciprocity
from (select distinct territory, vague from ties) cross join (select distinct type_lien from ties)
join nodes using (territory, vague) left join counted using (territory, vague, type_lien)"""


def _participation() -> str:
    return f"""
    select code(f.territory) as territory_code, p.phase as phase_code, p.niveau as level_code, count(*)
        as event_count,
        sum(p.personnes_concernees) as person_concerned_count, sum(p.participants) as participant_count
    from ({survey_rows.participation()}) p join current_files f using (file_id) group by all"""


def _programme_costs() -> str:
    def total(status: str) -> str:
        return f"coalesce(sum(d.montant) filter (d.statut = '{status}'), 0)"

    return f"""
    select code(f.territory) as territory_code, d.exercice as fiscal_year, d.nature as nature_code,
        d.financeur as funder_code, {total("paye")} as programme_cost_paid_eur,
        {total("engage")} as programme_cost_committed_eur, {total("prevu")} as programme_cost_planned_eur
    from ({survey_rows.depenses()}) d join current_files f using (file_id) group by all"""


def _avoided_costs() -> str:
    return f"""
    with effects as (
        select f.territory, e.type_evenement as event,
            sum((e.quantite_contrefactuelle - e.quantite_observee) * e.attribution) as avoided_quantity
        from ({survey_rows.evenements_cout()}) e join current_files f using (file_id)
        where e.quantite_contrefactuelle is not null and e.attribution is not null group by all)
    select code(territory) as territory_code, event as cost_event_code, coalesce(c.payeur, '') as payer_code,
        avoided_quantity, avoided_quantity * c.cout_bas as avoided_cost_low_eur,
        avoided_quantity * c.cout_central as avoided_cost_central_eur, avoided_quantity * c.cout_haut
            as avoided_cost_high_eur
    from effects left join ({survey_rows.couts_unitaires()}) c on c.type_evenement = event"""


def _interviews() -> str:
    return f"""
    select code(f.territory) as territory_code, e.theme as theme_code, e.profil as profile_code,
        count(distinct e.code_entretien) as interview_count, sum(e.occurrences) as occurrence_count
    from ({survey_rows.entretiens()}) e join current_files f using (file_id) group by all"""


POSITIONS = f"""
with latest_positions as (
    select f.territory, p.* from ({survey_rows.POSTES}) p join current_files f using (file_id)
    qualify row_number() over (partition by f.territory, p.code_poste order by f.period desc) = 1)
select code(territory) as territory_code, intitule as position_title_code, statut as position_status_code,
    count(*) as position_count, sum(etp) as fte_count from latest_positions group by all"""


def answers() -> dict[str, str]:
    """Answer file -> SQL."""
    return {
        "scales": SCALES,
        "practices": " union all ".join(PRACTICES),
        "positions": POSITIONS,
        "network": NETWORK,
        "participation": _participation(),
        "programme_costs": _programme_costs(),
        "avoided_costs": _avoided_costs(),
        "interviews": _interviews(),
    }
