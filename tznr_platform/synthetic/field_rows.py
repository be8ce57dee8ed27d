"""What territories know of persons: rows of ``personnes``, ``rencontres`` and ``droits``, as typed tables.

Here: one row a declaration, with the quarter of the file that carries it. Not here: the file's hand
(``writing``), planted defects (``defects``).
"""

from __future__ import annotations

import duckdb

from tznr_platform.synthetic import truth
from tznr_platform.synthetic.population import MODES, choose

# Incremental: persons first met in the quarter, then updates of housing and late objections in the next one.
DECLARATIONS = f"""
create table declarations as
with first_rows as (select person, k, territory, quarter, quarter as sent_quarter, contact_date, false
    as is_update,
        false as is_objecting, rank from meetings),
updates as (
    select person, k, territory, quarter, quarter + 1, contact_date, true, false, rank from meetings
    where u(k, 'update') < {truth.UPDATE_SHARE} and person not in (select person from objections)),
objecting as (
    select m.person, m.k, m.territory, m.quarter, o.quarter, m.contact_date, true, true, m.rank
    from objections o join meetings m on m.person = o.person and m.territory = o.territory
        where o.mode = 'period')
select d.*, coalesce(o.mode, 'none') as objection_mode
from (select * from first_rows union all select * from updates union all select * from objecting) d
left join objections o on o.person = d.person and o.territory = d.territory
order by territory, sent_quarter, person"""

ENCOUNTERS = f"""
create table encounters as
with numbered as (
    select m.*, unnest(range(0, 1 + least(geometric(u(k, 'visits'), 0.5), 5)))::integer as visit
        from meetings m),
dated as (
    select n.*, k * 8 + visit as v,
        (contact_date + visit * 24 + case when visit > 0 then whole(v, 'days', 20) else 0 end)::date
            as visit_date
    from numbered n)
select d.person, d.k, d.v, d.territory, d.visit, visit_date,
    ((year(visit_date) * 12 + month(visit_date) - 1) // 3)::integer as quarter,
    case when visit = 0 then p.channel else 'guichet' end as channel,
    case when visit = 0 and p.channel = 'aller_vers' then 'action_aller_vers'
         when visit > 0 then {
    choose("u(v, 'follow-up')", {"suivi": 0.7, "entretien": 0.2, "bilan_droits": 0.1})
}
         else {choose("u(v, 'action')", {"bilan_droits": 0.5, "entretien": 0.25, "permanence": 0.25})} end
             as action,
    case when visit = 0 and p.channel = 'aller_vers' then {
    choose("u(v, 'outside')", {"domicile": 0.35, "espace_public": 0.35, "permanence_exterieure": 0.3})
}
         else {
    choose(
        "u(v, 'place')",
        {
            "accueil": 0.6,
            "telephone": 0.2,
            "visio": 0.03,
            "permanence_exterieure": 0.12,
            "autre": 0.03,
            "non_renseigne": 0.02,
        },
    )
} end as place,
    {
    choose(
        "u(v, 'role')",
        {
            "travailleur_social": 0.38,
            "ambassadeur_droits": 0.24,
            "agent_accueil": 0.14,
            "conseiller_numerique": 0.1,
            "pair_aidant": 0.07,
            "benevole": 0.04,
            "autre": 0.03,
        },
    )
} as role,
    {
    choose(
        "u(v, 'referral')",
        {
            "aucune": 0.45,
            "CAF": 0.2,
            "CPAM": 0.1,
            "FRANCE_SERVICES": 0.07,
            "CCAS": 0.06,
            "DEPARTEMENT": 0.04,
            "FRANCE_TRAVAIL": 0.03,
            "CARSAT": 0.02,
            "MSA": 0.01,
            "association": 0.01,
            "autre": 0.01,
        },
    )
} as referral,
    case when referral <> 'aucune' then {
    choose("u(v, 'outcome')", {"oui": 0.5, "non": 0.15, "inconnu": 0.35})
} end
        as outcome
from dated d join persons p using (person)
where visit_date < month_start($through + 1)
order by territory, quarter, person, visit"""

# Benefits talked over at a meeting. Those with a feed live in careers; the others are known locally only.
TOPICS = f"""
create table topics as
with with_career as (
    select m.*, c.benefit, c.benefit_no, c.s1, c.e1, c.s2, c.e2, c.r2, c.rx, c.request2, c.decision2,
        c.request3,
        c.decision3, true as is_eligible, c.k * 2 + m.rank as t
    from meetings m join careers c using (person)
    where case when m.rank = 1 then c.is_discussed else u(c.k * 2 + m.rank, 'discussed again') < 0.5 end),
without_feed as (
    select m.*, b.benefit, b.benefit_no, null, null, null, null, null, null, null, null, null, null,
        u(m.k * 16 + b.benefit_no, 'local need') < 0.8 as is_eligible, m.k * 16 + b.benefit_no as t
    from meetings m cross join (values ('CHEQUE_ENERGIE', 8, 0.20), ('EXTRALEGAL', 11, 0.25)) b(benefit,
        benefit_no, share)
    where u(m.k * 16 + b.benefit_no, 'local topic') < b.share),
not_eligible as (
    select m.*, b.benefit, b.benefit_no, null, null, null, null, null, null, null, null, null, null, false,
        m.k * 16 + b.benefit_no as t
    from meetings m cross join benefit_truth b anti join careers c on c.person = m.person
        and c.benefit = b.benefit
    where u(m.k * 16 + b.benefit_no, 'useless topic') < {truth.DISCUSSED_IF_NOT_ELIGIBLE})
select *, case
        when contact_month > s1 and contact_month <= e1 or contact_month > s2 and contact_month <= e2
            then case when u(t, 'heard') < 0.97 then 'percoit' else 'inconnu' end
        when contact_month > r2 and contact_month <= s2 or contact_month > rx and contact_month <= rx + 2
            then 'demande_en_cours'
        when e1 < contact_month then 'droit_perdu'
        when u(t, 'heard') < 0.9 then 'jamais_demande' else 'inconnu' end as situation
from (select * from with_career union all select * from without_feed union all select * from not_eligible)
order by territory, quarter, person, benefit_no"""


def _non_take_up() -> str:
    tests = []
    for code, share in truth.NON_TAKE_UP_TYPES.items():
        factors = {b: f[code] for b, f in truth.NON_TAKE_UP_FACTOR.items() if code in f}
        factor = (
            f"case benefit {' '.join(f'when {b!r} then {f}' for b, f in factors.items())} else 1 end"
            if factors
            else "1"
        )
        tests.append(f"case when u(t, 'type {code}') < {share} * {factor} then '{code}' end")
    return f"""case when situation = 'percoit' or not is_eligible then null
        when situation = 'droit_perdu' then 'NRENOUV'
        else nullif(array_to_string(list_filter([{", ".join(tests)}], lambda x: x is not null), '|'), '')
            end"""


def _reviews() -> str:
    """Each topic is declared with the meeting, and again a quarter later when the request moved on."""
    return f"""
create table reviews as
with horizons as (
    select *, quarter as sent_quarter, quarter * 3 + 2 as horizon from topics
    union all
    select *, quarter + 1, quarter * 3 + 5 from topics
    where u(t, 'followed') < 0.7 and greatest(r2, rx, s2) between quarter * 3 + 3 and quarter * 3 + 5)
select person, k, t, territory, contact_month, contact_date, quarter, sent_quarter, benefit, benefit_no,
    situation,
    case when u(t, 'eligibility') < 0.12 then 'inconnu' when is_eligible then 'oui' else 'non' end
        as eligibility,
    {
        choose(
            "u(t, 'method')",
            {
                "simulateur": 0.5,
                "jugement_professionnel": 0.35,
                "croisement_donnees": 0.1,
                "sans_objet": 0.05,
            },
        )
    } as method,
    {_non_take_up()} as non_take_up,
    case when situation = 'percoit' then null
         when benefit_no in (8, 11) then case when u(t, 'local request') < 0.5 then contact_date end
         when r2 between contact_month and horizon and s2 >= contact_month then request2
         when rx between contact_month and horizon then request3
         when situation = 'demande_en_cours' then coalesce(request2, request3) end as request_date,
    case when request_date is null then null
         when benefit_no in (8, 11) then {
        choose(
            "u(t, 'local outcome')", {"accordee": 0.5, "refusee": 0.15, "sans_reponse": 0.2, "en_cours": 0.15}
        )
    }
         when s2 <= horizon then 'accordee'
         when rx + 2 <= horizon then case when u(t, 'refusal') < 0.7 then 'refusee' else 'sans_reponse' end
         else 'en_cours' end as outcome,
    case when outcome not in ('accordee', 'refusee') then null
         when benefit_no in (8, 11) then request_date + 20 + whole(t, 'local wait', 30)
         when outcome = 'accordee' then decision2 else decision3 end as decision_date
from horizons order by territory, sent_quarter, person, benefit_no"""


def build(con: duckdb.DuckDBPyConnection, through: int) -> None:
    """Create ``declarations``, ``encounters``, ``topics`` and ``reviews``; needs ``careers``."""
    con.execute(DECLARATIONS)
    con.execute(ENCOUNTERS, {"through": through})
    con.execute(TOPICS)
    con.execute(_reviews())


def personnes() -> str:
    """SQL of the rows of ``personnes`` files; a draft differs from its final version in some rows."""
    draft = f"f.is_draft and u(d.k, 'draft') < {truth.DRAFT_CHANGE_SHARE}"
    versioned = f"u(d.territory, 'versioned') >= {truth.UNVERSIONED_SHARE}"
    return f"""
    select f.file_id, p.shuffle as ord, p.identifiant, d.contact_date as date_premier_contact, p.age
        as tranche_age,
        p.family as situation_familiale,
        case when u(d.k, 'children known') < 0.95 then p.children end as nombre_enfants,
        case when {draft} then 'non_renseigne' when d.is_update then 'locataire_social' else p.housing end
            as statut_logement,
        case when {draft} then 'non_renseigne' else p.activity end as situation_activite,
        t.commune_code, p.is_default_birth as naissance_par_defaut,
        case when {versioned} then p.has_homonym end as homonyme_possible,
        case when {versioned} then '{truth.IDENTIFIER_VERSION}' end as version_identifiant,
        d.contact_date as date_information,
        {choose("u(d.k, 'mode')", MODES)} as mode_information,
        d.is_objecting or d.objection_mode = 'first' or (d.objection_mode = 'version' and not f.is_draft)
            as opposition
    from declarations d join persons p using (person)
    join files f on f.tbl = 'personnes' and f.territory = d.territory and f.period = d.sent_quarter
    left join communes t on t.territory = d.territory"""


def rencontres() -> str:
    """SQL of the rows of ``rencontres`` files; a draft lacks some of them."""
    return f"""
    select f.file_id, p.shuffle as ord, p.identifiant, e.visit_date as date_rencontre, e.action
        as type_action,
        e.channel as canal, e.place as lieu, e.role as role_professionnel, e.referral as orientation_vers,
        e.outcome as orientation_aboutie
    from encounters e join persons p using (person)
    join files f on f.tbl = 'rencontres' and f.territory = e.territory and f.period = e.quarter
    where {KNOWN_THERE.format("e")}
        and not (f.is_draft and u(e.v, 'draft') < {truth.DRAFT_CHANGE_SHARE} and e.visit > 0)"""


def droits() -> str:
    """SQL of the rows of ``droits`` files; a draft leaves some situations unknown."""
    return f"""
    select f.file_id, p.shuffle as ord, p.identifiant, r.benefit as prestation, r.contact_date
        as date_situation,
        case when f.is_draft and u(r.t, 'draft') < {truth.DRAFT_CHANGE_SHARE} then 'inconnu'
            else r.situation end
            as situation,
        r.eligibility as eligibilite, r.method as methode_eligibilite, r.non_take_up as types_non_recours,
        r.request_date as date_demande, r.outcome as issue_demande, r.decision_date as date_decision
    from reviews r join persons p using (person)
    join files f on f.tbl = 'droits' and f.territory = r.territory and f.period = r.sent_quarter
    where {KNOWN_THERE.format("r")}"""


# A territory speaks of a person only once its file `personnes` is there.
KNOWN_THERE = """exists (select 1 from declarations x join files g on g.tbl = 'personnes' and not g.is_draft
        and g.territory = x.territory and g.period = x.sent_quarter
        where x.person = {0}.person and x.territory = {0}.territory)"""
