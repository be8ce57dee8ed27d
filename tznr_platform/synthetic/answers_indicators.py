"""Answers for the marts by axis: what came of requests, detection, referrals, panels, nodes, bodies of participation.

Here: one SQL an answer file, over the generator's own tables. Not here: the counts of access and the surveys as
they were sent (``answers``, ``answers_surveys``); no code is shared with the marts.
"""

from __future__ import annotations

from tznr_platform.synthetic import field_rows, survey_rows

OUTCOMES = {"granted": "accordee", "refused": "refusee", "abandoned": "abandonnee", "unanswered": "sans_reponse",
            "pending": "en_cours"}


def _requests() -> str:
    """A person with two outcomes counts nationally under the one that settles most, in the order above."""
    order = ", ".join(f"'{code}'" for code in OUTCOMES.values())
    counts = ", ".join(f"count(*) filter (list_extract([{order}], place) = '{code}') as {name}_count"
                       for name, code in OUTCOMES.items())
    return f"""
    with one as (
        select code(territory) as place_code, person, prestation,
            list_position([{order}], case when date_demande is not null then issue_demande end) as place,
            case when date_demande >= contact_date then date_demande - contact_date end as waited
        from outcomes),
    two as (
        select * from one
        union all select 'FR', person, prestation, min(place), min(waited) from one group by all)
    select place_code as territory_code, prestation as benefit_code, count(*) as at_stake_count, {counts},
        median(waited) as median_request_delay_days
    from two group by all"""


ENCOUNTERED = f"""
    select f.territory, i.person, r.orientation_vers as destination, r.orientation_aboutie as outcome
    from ({field_rows.rencontres()}) r join current_files f using (file_id) join identities i using (identifiant)
    where i.person not in (select person from objections)"""

DETECTION = f"""
with seen as (
    select m.territory, m.person, m.territory in (select territory from discussed) as is_reviewable,
        (select count(*) from discussed d where d.territory = m.territory and d.person = m.person) as reviews,
        (select count(*) from outcomes o where o.territory = m.territory and o.person = m.person
            and o.eligibilite = 'oui') as lacking,
        (select count(*) from outcomes o where o.territory = m.territory and o.person = m.person
            and o.eligibilite = 'inconnu') as uncertain
    from met m),
sent as (select territory, person, destination, outcome from ({ENCOUNTERED}) where destination <> 'aucune'),
followed as (
    select s.*, coalesce(t.referrals, 0) as referrals, coalesce(t.arrived, 0) as arrived, coalesce(t.lost, 0) as lost
    from seen s left join (
        select territory, person, count(*) as referrals, count(*) filter (outcome = 'oui') as arrived,
            count(*) filter (outcome = 'inconnu') as lost from sent group by all) t using (territory, person)),
both_scopes as (
    select code(territory) as place, * exclude (territory) from followed
    union all
    select 'FR', person, bool_or(is_reviewable), sum(reviews), sum(lacking), sum(uncertain), sum(referrals),
        sum(arrived), sum(lost)
    from followed group by all)
select place as territory_code, count(*) as person_count,
    count(*) filter (is_reviewable) as reviewable_person_count,
    count(*) filter (reviews > 0) as reviewed_person_count,
    count(*) filter (lacking > 0) as detected_person_count,
    count(*) filter (lacking = 0 and uncertain > 0) as detection_unknown_count,
    count(*) filter (referrals > 0) as referred_person_count, count(*) filter (arrived > 0) as completed_person_count,
    count(*) filter (arrived = 0 and lost > 0) as completion_unknown_count
from both_scopes group by all"""

REFERRALS = f"""
with sent as (select * from ({ENCOUNTERED}) where destination <> 'aucune'),
places as (select code(territory) as place, destination, outcome from sent
    union all select 'FR', destination, outcome from sent)
select place as territory_code, d as referral_code, count(*) as referral_count,
    count(*) filter (outcome = 'oui') as completed_count, count(*) filter (outcome = 'non') as failed_count,
    count(*) filter (outcome = 'inconnu') as unknown_count
from (select *, unnest([destination, 'tous']) as d from places) group by all"""


# Receipt in the month before the first contact, for every benefit that a body tells.
RECEIPTS = """
with scopes as (
    select code(territory) as place, person, contact_month - 1 as m from met
    union all select 'FR', person, min(contact_month) - 1 from met group by all),
asked as (
    select s.*, n.benefit, n.benefit_no from scopes s cross join benefit_truth n
    where n.benefit in (select benefit from pays)),
told as (select person, benefit_no, m, bool_or(is_open) as is_open from latest group by all)
select a.place as territory_code, a.benefit as benefit_code, count(*) as met_count,
    count(*) filter (coalesce(t.is_open, false) or coalesce(a.m between k.first_known and k.last_known, false))
        as known_count,
    count(*) filter (t.is_open) as recipient_count
from asked a left join told t using (person, benefit_no, m) left join knowledge k using (person, benefit_no)
group by all"""


def _practice_panel() -> str:
    """Professionals of a territory who answered at V1 and at a later wave."""
    parts = [f"""
    select code(f.territory) as place, p.code_professionnel as who, p.vague as wave, '{code}' as practice,
        p.{column} as level
    from ({survey_rows.professionnels()}) p join current_files f using (file_id)"""
             for column, code in survey_rows.PRACTICES.items()]
    return f"""
    with told as ({" union all ".join(parts)}),
    pairs as (select b.*, a.level as before from told a join told b using (place, who, practice)
        where a.wave = 'V1' and b.wave <> 'V1'),
    scopes as (select * from pairs union all select 'FR', * exclude (place) from pairs)
    select place as territory_code, wave as wave_code, practice as practice_code, count(*) as panel_count,
        avg(level - before) as panel_change_mean, count(*) filter (before >= 3) as panel_first_weekly_count,
        count(*) filter (level >= 3) as panel_weekly_count
    from scopes group by all"""


PROFESSIONALS = f"""
with told as (
    select code(f.territory) as place, p.*
    from ({survey_rows.professionnels()}) p join current_files f using (file_id)),
paired as (
    select b.*, a.sentiment_efficacite as before from told b left join told a
        on a.place = b.place and a.code_professionnel = b.code_professionnel and a.vague = 'V1' and b.vague <> 'V1'),
scopes as (select * from paired union all select 'FR', * exclude (place) from paired)
select place as territory_code, vague as wave_code, count(*) as professional_count,
    avg(sentiment_efficacite) as score_mean, case when any_value(vague) <> 'V1' then count(before) end as panel_count,
    avg(sentiment_efficacite - before) as panel_change_mean, count(jours_formation) as training_known_count,
    coalesce(sum(jours_formation), 0) as training_day_count
from scopes group by all"""

NODES = f"""
with listed as (
    select code(f.territory) as place, o.* from ({survey_rows.organisations()}) o join current_files f using (file_id)),
scopes as (select * from listed union all select 'FR', * exclude (place) from listed)
select place as territory_code, vague as wave_code, type_organisation as organisation_type_code,
    count(*) as organisation_count, count(*) filter (interrogee) as surveyed_count,
    count(*) filter (repondante) as respondent_count
from scopes group by all"""

PARTICIPATION_BODIES = f"""
with held as (
    select code(f.territory) as place, p.* from ({survey_rows.participation()}) p join current_files f using (file_id)),
scopes as (select * from held union all select 'FR', * exclude (place) from held)
select place as territory_code, phase as phase_code, niveau as level_code, body as body_code, count(*) as event_count,
    count(*) filter (indemnisation) as compensated_event_count,
    count(*) filter (decision_modifiee = 'oui') as decision_changed_count,
    count(*) filter (decision_modifiee = 'non') as decision_unchanged_count,
    count(*) filter (decision_modifiee = 'inconnu') as decision_unknown_count
from (select *, unnest([instance, 'tous']) as body from scopes) group by all"""

ACTIVE_POSITIONS = f"""
with latest_positions as (
    select code(f.territory) as place, p.* from ({survey_rows.POSTES}) p join current_files f using (file_id)
    qualify row_number() over (partition by f.territory, p.code_poste order by f.period desc) = 1),
scopes as (select * from latest_positions union all select 'FR', * exclude (place) from latest_positions)
select place as territory_code, intitule as position_title_code, statut as position_status_code,
    count(*) filter (date_fin is null) as active_position_count,
    coalesce(sum(etp) filter (date_fin is null), 0) as active_fte_count
from scopes group by all"""

AVOIDED_EVENTS = f"""
with told as (
    select code(f.territory) as place, e.*, quantite_contrefactuelle is not null and attribution is not null as is_told
    from ({survey_rows.evenements_cout()}) e join current_files f using (file_id)),
scopes as (select * from told union all select 'FR', * exclude (place) from told),
summed as (
    select place, type_evenement, count(*) filter (is_told) as told_months,
        count(*) filter (not is_told) as mute_months, sum(quantite_observee) filter (is_told) as observed,
        sum(quantite_contrefactuelle) filter (is_told) as expected
    from scopes group by all)
select place as territory_code, type_evenement as cost_event_code, coalesce(c.payeur, '') as payer_code,
    told_months as evaluated_month_count, mute_months as unevaluated_month_count, observed as observed_quantity,
    expected as counterfactual_quantity, (coalesce(c.grade, 'D') <> 'D')::integer as is_in_base_case
from summed left join ({survey_rows.couts_unitaires()}) c using (type_evenement) where told_months > 0"""


def answers() -> dict[str, str]:
    """Answer file -> SQL."""
    return {
        "requests": _requests(),
        "detection": DETECTION,
        "referrals": REFERRALS,
        "receipts": RECEIPTS,
        "practice_panel": _practice_panel(),
        "professionals": PROFESSIONALS,
        "network_nodes": NODES,
        "participation_bodies": PARTICIPATION_BODIES,
        "active_positions": ACTIVE_POSITIONS,
        "avoided_events": AVOIDED_EVENTS,
    }
