"""Axes 2 and 3, scales, participation and costs: the other territory tables and the evaluator's unit costs.

Here: one SQL a table, straight from ``files`` and small grids; the planted shifts are in ``truth``. Not
here: persons' situations and entitlements (``field_rows``). Each territory has a size from its weight;
codes are numbered within the territory.
"""

from __future__ import annotations

import duckdb

from tznr_platform.synthetic import facts, truth
from tznr_platform.synthetic.population import choose
from tznr_platform.synthetic.senders import insert_rows

WAVE_OF_YEAR = "'V' || (f.period - 2023)"
SIZE = "(3 + sqrt(s.weight))"


def _values(pairs: dict[str, float]) -> str:
    return ", ".join(f"('{key}', {value})" for key, value in pairs.items())


def _numbered(pairs: dict[str, float]) -> str:
    return ", ".join(f"('{key}', {value}, {i})" for i, (key, value) in enumerate(pairs.items()))


def _by_key(column: str, pairs: dict[str, float]) -> str:
    return f"case {column} {' '.join(f'when {key!r} then {value}' for key, value in pairs.items())} end"


MODES = {"face_a_face": 0.62, "telephone": 0.25, "en_ligne": 0.08, "papier": 0.05}


def _answers() -> str:
    """Persons answer at T0, some again 6 and 12 months later; levels move by the planted shift."""
    months = ", ".join(f"('{w}', {m}, {i})" for i, (w, m) in enumerate(truth.WAVE_MONTHS.items()))
    return f"""
create table answers as
with waves(wave, months, wave_no) as (values {months}),
answering as (
    select m.person, m.k, m.territory, w.wave, w.wave_no, mode,
        (m.contact_date + w.months * 30 + whole(m.k * 4 + w.wave_no, 'answer day', 20))::date as answer_date,
        sqrt(-2 * ln(1 - u(m.k, 'trait a'))) * cos(2 * pi() * u(m.k, 'trait b')) as trait
    from meetings m cross join waves w, (select 'face_a_face' as mode)
    where m.rank = 1 and u(m.k, 'answers T0') < {truth.WAVE_RESPONSE["T0"]}
        and (w.wave_no < 1 or u(m.k, 'answers T1') < {truth.WAVE_RESPONSE["T1"]})
        and (w.wave_no < 2 or u(m.k, 'answers T2') < {truth.WAVE_RESPONSE["T2"]})),
rated as (
    select a.*, i.*, ((k * 4 + wave_no) * 512 + item_no)::bigint as r,
        0.5 + 0.17 * trait + 0.5 * {_by_key("wave", truth.WAVE_SHIFT)} * 0.5 + 0.40 * (u(r, 'noise') - 0.5)
            as level
    from answering a cross join items i
    where i.choice = 0 or i.choice = 1 + whole(k, 'version', i.choice_count))
select person, k, territory, wave, answer_date, instrument, version, item, item_no,
    ((year(answer_date) * 12 + month(answer_date) - 1) // 6)::integer as half,
    least(maximum, greatest(minimum, round(minimum + (maximum - minimum)
        * case when is_reversed then 1 - level else level end)))::integer as value,
    {choose("u(k * 4 + wave_no, 'how')", MODES)} as mode
from rated where u(r, 'item') < {truth.ITEM_RESPONSE} and answer_date < month_start($through + 1)
order by territory, half, person, wave, item_no"""


def reponses() -> str:
    return f"""
    select f.file_id, p.shuffle * 4096 + a.item_no as ord, p.identifiant, a.instrument, a.version, a.wave
        as vague, a.item,
        a.value as valeur, a.answer_date as date_reponse, a.mode
    from answers a join persons p using (person)
    join files f on f.tbl = 'reponses' and f.territory = a.territory and f.period = a.half
    where {KNOWN_SO_FAR}"""


KNOWN_SO_FAR = """exists (select 1 from declarations x join files g on g.tbl = 'personnes' and not g.is_draft
        and g.territory = x.territory and g.period = x.sent_quarter
        where x.person = a.person and x.territory = a.territory)"""


PRACTICES = {  # sender's column -> practice code
    "revue_systematique": "systematic_review",
    "usage_simulateur": "simulator_use",
    "mention_spontanee": "unasked_mention",
    "demarche_aller_vers": "outreach",
    "orientation_accompagnee": "warm_referral",
    "suivi_orientation": "referral_follow_up",
}


def professionnels() -> str:
    level = _by_key("wave", truth.PRACTICE_LEVELS)
    columns = ", ".join(
        f"least(4, floor(5 * (0.55 * u(r, '{name}') + 0.9 * {level} * u(q, 'habit {name}') + 0.05)))"
        f"::integer as {name}"
        for name in PRACTICES
    )
    return f"""
with staff as (
    select f.file_id, f.period, s.territory, {WAVE_OF_YEAR} as wave, n.n, s.territory * 4096 + n.n as q,
        q * 4096 + f.period as r
    from files f join sizes s using (territory) cross join range(1, 400) n(n)
    where f.tbl = 'professionnels' and n.n <= 3 * {SIZE})
select file_id, n as ord, 'P' || lpad(n::varchar, 3, '0') as code_professionnel, wave as vague,
    make_date(period, 4, 1) + whole(r, 'day', 60) as date_reponse,
    {
        choose(
            "u(q, 'job')",
            {
                "travailleur_social": 0.42,
                "agent_accueil": 0.22,
                "ambassadeur_droits": 0.12,
                "conseiller_numerique": 0.12,
                "benevole": 0.07,
                "pair_aidant": 0.05,
            },
        )
    } as role,
    {
        choose(
            "u(q, 'employer')",
            {
                "commune_ccas": 0.4,
                "departement": 0.22,
                "association": 0.18,
                "caf": 0.08,
                "epci": 0.05,
                "msa": 0.03,
                "france_travail": 0.04,
            },
        )
    } as type_employeur,
    {choose("u(q, 'seniority')", {"moins_1_an": 0.15, "1_3_ans": 0.3, "4_9_ans": 0.3, "10_ans_plus": 0.25})}
        as anciennete,
    {columns}, least(5, 1 + floor(5 * (0.6 * u(r, 'efficacy') + 0.8 * {level} * u(q, 'confidence'))))::integer
        as sentiment_efficacite,
    case when u(r, 'training') < 0.9 then round(12 * u(r, 'days'), 1)::decimal(4, 1) end as jours_formation
from staff where u(r, 'answers survey') < 0.8"""


POSTES = f"""
with created as (
    select f.file_id, f.period, s.territory, n.n, s.territory * 4096 + n.n as q,
        make_date(2023 + whole(q, 'year', 3), 1 + whole(q, 'month', 12), 1) as start_date
    from files f join sizes s using (territory) cross join range(1, 30) n(n)
    where f.tbl = 'postes' and n.n <= 0.6 * {SIZE})
select file_id, n as ord, 'POSTE' || lpad(n::varchar, 2, '0') as code_poste,
    {
    choose(
        "u(q, 'title')",
        {
            "ambassadeur_droits": 0.45,
            "referent_parcours": 0.15,
            "coordination": 0.15,
            "pair_aidant": 0.1,
            "conseil_numerique": 0.1,
            "analyse_donnees": 0.05,
        },
    )
} as intitule,
    {choose("u(q, 'status')", {"salarie": 0.75, "pair": 0.15, "benevole": 0.1})} as statut,
    (0.2 + 0.1 * whole(q, 'fte', 9))::decimal(3, 1) as etp, start_date as date_creation,
    case when u(q, 'ends') < 0.15 and start_date + 400 < make_date(period, 6, 30) then start_date + 400 end
        as date_fin
from created where greatest(start_date, date '2023-10-01') <= make_date(period, 6, 30)"""


ORGANISATION_KINDS = {
    "commune_ccas": 0.18,
    "association": 0.28,
    "CAF": 0.07,
    "CPAM": 0.07,
    "FRANCE_TRAVAIL": 0.07,
    "departement": 0.08,
    "france_services": 0.07,
    "bailleur": 0.06,
    "sante": 0.05,
    "MSA": 0.03,
    "CARSAT": 0.02,
    "epci": 0.02,
}
NETWORK = f"""
create table network as
select s.territory, n.n, f.period, {WAVE_OF_YEAR} as wave, 'ORG' || lpad(n.n::varchar, 2, '0')
    as organisation,
    s.territory * 4096 + n.n as q, u(q, 'surveyed') < 0.9 as is_surveyed,
    is_surveyed and u(q * 4096 + f.period, 'responds') < 0.82 as is_respondent
from sizes s cross join range(1, 40) n(n)
join (select distinct period from files where tbl in ('organisations', 'liens')) f on true
where n.n <= 5 + 0.8 * {SIZE} order by territory, period, n"""


def organisations() -> str:
    return f"""
    select f.file_id, o.n as ord, o.organisation as code_organisation, o.wave as vague,
        {choose("u(o.q, 'kind')", ORGANISATION_KINDS)} as type_organisation, o.is_surveyed as interrogee,
        o.is_respondent as repondante
    from network o join files f on f.tbl = 'organisations' and f.territory = o.territory
        and f.period = o.period"""


def liens() -> str:
    """Ties named by respondents. A dyad is tied once its draw is under the chance of the wave."""
    factor = _by_key("a.wave", truth.WAVE_DENSITY_FACTOR)
    return f"""
with kinds(kind, chance) as (values {_values(truth.TIE_CHANCE)}),
dyads as (
    select a.territory, a.period, a.wave, a.organisation as source, b.organisation as target, a.n as i, b.n
        as j, t.kind,
        t.chance * {factor} as chance, least(a.q, b.q) * 65536 + greatest(a.n, b.n) as pair,
            a.q * 65536 + b.n as way
    from network a join network b on b.territory = a.territory and b.period = a.period and b.n <> a.n cross
        join kinds t
    where a.is_respondent)
select f.file_id, i * 64 + j as ord, source as organisation_source, target as organisation_cible, wave
    as vague,
    kind as type_lien, case when u(way, 'no tie ' || kind) < 0.04 then 0
        else 1 + whole(way, 'how often ' || kind, 4) end
        as frequence
from dyads d join files f on f.tbl = 'liens' and f.territory = d.territory and f.period = d.period
where u(case when u(pair, 'mutual') < {truth.MUTUAL_SHARE} then pair else way end, 'tie ' || kind) < chance"""


def participation() -> str:
    levels = dict(enumerate(truth.PARTICIPATION_LEVELS))
    return f"""
with events as (
    select f.file_id, f.period, n.n, s.territory * 65536 + f.period * 16 + n.n as q, s.weight
    from files f join sizes s using (territory) cross join range(1, 6) n(n)
    where f.tbl = 'participation' and n.n <= 1 + whole(s.territory * 65536 + f.period, 'events', 5))
select file_id, n as ord, 'EV' || lpad(((period - 4047) * 8 + n)::varchar, 3, '0') as code_evenement,
    month_start(period * 6 + whole(q, 'month', 6)) + whole(q, 'day', 28) as date_evenement,
    {
        choose(
            "u(q, 'phase')", {"mise_en_oeuvre": 0.4, "pilotage": 0.25, "conception": 0.2, "evaluation": 0.15}
        )
    } as phase,
    {
        choose(
            "u(q, 'body')",
            {"comite_local": 0.35, "groupe_usagers": 0.25, "atelier": 0.25, "enquete": 0.1, "autre": 0.05},
        )
    } as instance,
    ({choose("u(q, 'level')", {str(k): v for k, v in levels.items()})})::integer as niveau,
    1 + whole(q, 'concerned', 12) as personnes_concernees,
    personnes_concernees + 2 + whole(q, 'others', 15) as participants, u(q, 'paid') < 0.3 as indemnisation,
    {choose("u(q, 'changed')", {"oui": 0.3, "non": 0.4, "inconnu": 0.3})} as decision_modifiee
from events"""


def depenses() -> str:
    natures = {
        "personnel": 0.58,
        "prestations": 0.15,
        "formation": 0.06,
        "communication": 0.06,
        "equipement": 0.05,
        "frais_generaux": 0.10,
    }
    funders = {"ETAT": 0.80, "COMMUNE": 0.12, "DEPARTEMENT": 0.08}
    return f"""
with natures(nature, share, nature_no) as (values {_numbered(natures)}),
funders(funder, part, funder_no) as (values {_numbered(funders)}),
lines as (
    select f.file_id, f.period, s.territory, s.weight, nature, funder, share * part as part,
        (f.period - 2023) * 100 + nature_no * 10 + funder_no as n, s.territory * 65536 + n as q
    from files f join sizes s using (territory) cross join natures cross join funders
        where f.tbl = 'depenses')
select file_id, n as ord, 'DEP' || lpad(n::varchar, 3, '0') as code_depense, period as exercice, nature,
    case when funder = 'COMMUNE' and u(territory, 'epci') < 0.3 then 'EPCI' else funder end as financeur,
    (round((50000 + 150000 * least(weight, 60) / 60) * part * (0.9 + 0.2 * u(q, 'amount')) / 0.8,
        2))::decimal(12, 2) as montant,
    {choose("u(q, 'state')", {"paye": 0.62, "engage": 0.23, "prevu": 0.15})} as statut
from lines"""


def evenements_cout() -> str:
    rows = ", ".join(
        f"('{k}', {v[0]}, {v[1]}, '{v[2]}', {i})" for i, (k, v) in enumerate(truth.COST_EVENTS.items())
    )
    return f"""
with events(event, volume, effect, basis, event_no) as (values {rows}),
months as (
    select f.file_id, e.*, f.period * 6 + n.n as m, s.weight,
        ((s.territory * 65536 + m) * 16 + event_no)::bigint as q
    from files f join sizes s using (territory) cross join range(0, 6) n(n) cross join events e
    where f.tbl = 'evenements_cout')
select file_id, (m % 6) * 16 + event_no as ord, event as type_evenement, label(m) as mois,
    round(volume * weight / 100 * (0.8 + 0.4 * u(q, 'observed')))::integer as quantite_observee,
    case when u(q, 'counterfactual') < 0.7 then round(quantite_observee * (1 + effect), 1)::decimal(9, 1) end
        as quantite_contrefactuelle,
    case when u(q, 'counterfactual') < 0.7 then basis else 'aucune' end as base_contrefactuelle,
    case when u(q, 'counterfactual') < 0.7 and u(q, 'attribution') < 0.9
        then (0.3 + 0.1 * whole(q, 'attributed', 6))::decimal(3, 1) end as attribution
from months where u(q, 'counted') < 0.75"""


def entretiens() -> str:
    themes = (
        "acces",
        "maintien",
        "confiance",
        "numerique",
        "accompagnement",
        "stigmatisation",
        "complexite",
        "partenariat",
    )
    return f"""
with interviews as (
    select f.file_id, f.period, n.n, f.territory * 65536 + (f.period - 4047) * 64 + n.n as q
    from files f cross join range(1, 13) n(n) where f.tbl = 'entretiens'),
themes(theme, theme_no) as (values {", ".join(f"('{t}', {i})" for i, t in enumerate(themes))})
select file_id, n * 16 + theme_no as ord, 'E' || lpad(((period - 4047) * 16 + n)::varchar, 3, '0')
    as code_entretien,
    label(period * 6 + whole(q, 'month', 6)) as mois,
    {choose("u(q, 'profile')", {"personne": 0.6, "professionnel": 0.25, "partenaire": 0.15})} as profil,
        theme,
    1 + whole(q * 16 + theme_no, 'times', 9) as occurrences
from interviews cross join themes where u(q * 16 + theme_no, 'said') < 0.5"""


# Invented unit costs, said to be so in `source`: no official TZNR unit cost exists.
UNIT_COSTS = (
    ("passage_urgences", "CPAM", 160, 230, 320, "B"),
    ("expulsion", "ETAT", 3500, 6000, 9000, "C"),
    ("expulsion", "BAILLEUR", 2500, 4800, 8000, "C"),
    ("aide_fsl", "DEPARTEMENT", 380, 620, 900, "B"),
    ("nuitee_hebergement", "ETAT", 18, 27, 42, "B"),
    ("plan_apurement", "BAILLEUR", 90, 160, 260, "D"),
    ("secours_local", "COMMUNE", 90, 140, 210, "C"),
    ("indu_traite", "CAF", 70, 120, 190, "C"),
)


def couts_unitaires() -> str:
    rows = ", ".join(
        f"('{e}', '{p}', {low}, {mid}, {high}, '{g}', {i})"
        for i, (e, p, low, mid, high, g) in enumerate(UNIT_COSTS)
    )
    return f"""
    select f.file_id, n as ord, event as type_evenement, payer as payeur, low as cout_bas, mid
        as cout_central,
        high as cout_haut, 2025 as annee_prix, grade, 'jeu synthétique' as source
    from files f cross join (values {rows}) c(event, payer, low, mid, high, grade, n)
        where f.tbl = 'couts_unitaires'"""


def build(con: duckdb.DuckDBPyConnection, through: int) -> None:
    """Create ``sizes``, ``items``, ``answers`` and ``network``."""
    con.execute("create table sizes (territory integer, weight double)")
    insert_rows(con, "sizes", [(n, float(w)) for n, w in truth.TERRITORY_WEIGHTS.items()])
    con.execute(
        "create table items (instrument varchar, version varchar, item varchar, minimum double, "
        "maximum double, "
        "is_reversed boolean, dimension varchar, item_no integer, choice integer, choice_count integer)"
    )
    insert_rows(con, "items", facts.items())
    con.execute(_answers(), {"through": through})
    con.execute(NETWORK)
