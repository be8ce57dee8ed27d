"""The persons and their first contacts: one row a person, one row a person x territory.

Here: territory, month and channel of contact, situation, objections, canaries. Not here: their entitlements
(``careers``). Every draw is ``u(key, 'salt')``, a hash of the key, the salt and the seed: same seed, same
persons.
"""

from __future__ import annotations

import hashlib

import duckdb

from tznr_platform.synthetic import truth
from tznr_platform.synthetic.senders import (
    FIRST_WAVE,
    FIRST_WAVE_START,
    SECOND_WAVE_START,
    SILENT,
    TERRITORIES,
    insert_rows,
)
from tznr_platform.synthetic.timeline import month_index


def create_macros(con: duckdb.DuckDBPyConnection, seed: int) -> None:
    """The shared vocabulary of all SQL of this room: uniform draws, geometric draws, months."""
    mixed = int.from_bytes(hashlib.sha256(f"tznr:{seed}".encode()).digest()[:8], "big")
    con.execute(f"""
        create macro u(k, salt) as
            (hash(xor(k::ubigint, xor(hash(salt), {mixed}::ubigint))) >> 11) / 9007199254740992.0;
        create macro whole(k, salt, n) as floor(u(k, salt) * n)::integer;
        create macro geometric(x, hazard) as floor(ln(1 - x) / ln(1 - hazard))::integer;
        create macro month_start(m) as make_date((m // 12)::bigint, (m % 12 + 1)::bigint, 1);
        create macro label(m) as strftime(month_start(m), '%Y-%m');
        create macro code(n) as 'TZNR-' || lpad(n::varchar, 2, '0');
    """)


def choose(draw: str, shares: dict[str, float]) -> str:
    """SQL that turns a uniform draw into one of the keys, with the given shares (scaled to add to one)."""
    total, reached, cases = sum(shares.values()), 0.0, []
    for key, share in shares.items():
        reached += share / total
        cases.append(f"when {draw} < {reached!r} then '{key}'")
    cases[-1] = f"else '{key}'"
    return f"case {' '.join(cases)} end"


AGES = {
    "moins_18": 0.01,
    "18_24": 0.12,
    "25_34": 0.21,
    "35_44": 0.20,
    "45_54": 0.18,
    "55_64": 0.15,
    "65_74": 0.08,
    "75_plus": 0.04,
    "non_renseigne": 0.01,
}
ACTIVITIES = {
    "emploi": 0.28,
    "chomage": 0.36,
    "inactivite": 0.26,
    "etudes_formation": 0.05,
    "non_renseigne": 0.05,
}
FAMILIES = {"seul": 0.62, "couple": 0.33, "non_renseigne": 0.05}
HOUSINGS = {
    "locataire_social": 0.38,
    "locataire_prive": 0.27,
    "proprietaire": 0.10,
    "heberge": 0.14,
    "foyer_residence": 0.05,
    "sans_logement": 0.04,
    "non_renseigne": 0.02,
}
MODES = {"ecrit": 0.45, "oral": 0.35, "affichage": 0.12, "tout_moyen": 0.08}

PERSONS = f"""
create table persons as
with numbered as (
    select i::integer as person, (i + 0.5) / $persons as position from range($persons) t(i)),
placed as (
    select n.person, s.territory, s.wave, c.month as contact_month
    from numbered n
    join territory_shares s on n.position >= s.low and n.position < s.high
    join month_shares c on c.wave = s.wave and u(n.person, 'month') >= c.low and u(n.person, 'month') <
        c.high),
situated as (
    select *, {choose("u(person, 'age')", AGES)} as age, {choose("u(person, 'family')", FAMILIES)} as family,
        {choose("u(person, 'housing')", HOUSINGS)} as housing,
        {choose("u(person, 'channel')", truth.CHANNEL_SHARES)} as channel,
        u(person, 'agricultural') < {truth.AGRICULTURAL_SHARE} as is_agricultural,
        case when territory not in {SILENT} then row_number() over (
            partition by territory in {SILENT} order by u(person, 'canary'), person) end as canary_rank
    from placed)
select s.*,
    coalesce(k.identifiant, sha256('tznr-synthetique:' || $seed || ':' || s.person)) as identifiant,
    u(s.person, 'shuffle') as shuffle,
    case when age in ('65_74', '75_plus') then 'retraite'
         when age = '55_64' and u(s.person, 'retired') < 0.25 then 'retraite'
         when age = 'moins_18' then 'etudes_formation'
         else {choose("u(s.person, 'activity')", ACTIVITIES)} end as activity,
    case when age in ('65_74', '75_plus', 'moins_18') then 0
         else least(geometric(u(s.person, 'children'), 0.48), 6) end as children,
    u(s.person, 'birth') < {truth.DEFAULT_BIRTH_SHARE} as is_default_birth,
    u(s.person, 'homonym') < case when is_default_birth then {truth.DEFAULT_BIRTH_HOMONYM_SHARE}
        else {truth.HOMONYM_SHARE} end as has_homonym,
    u(s.person, 'income') as income
from situated s left join canaries k using (canary_rank)
order by person"""

# A meeting is the first contact of a person with one territory; a few persons are met by two.
MEETINGS = f"""
create table meetings as
with first_contacts as (
    select person, territory, contact_month, person::bigint as k, 1 as rank from persons),
second_contacts as (
    select p.person, 1 + (p.territory + whole(p.person, 'elsewhere', 37)) % 39 as territory,
        p.contact_month + whole(p.person, 'later', 6) as contact_month, p.person::bigint + 1000000000 as k, 2
            as rank
    from persons p where u(p.person, 'twice') < {truth.DUPLICATE_SHARE}),
everyone as (
    select * from first_contacts
    union all
    select s.* from second_contacts s join persons p using (person)
    where s.contact_month <= $through and s.territory <> p.territory
        and s.contact_month >= {SECOND_WAVE_START})
select m.*, m.contact_month // 3 as quarter, month_start(m.contact_month) + whole(m.k, 'day', 28)
    as contact_date
from everyone m order by person, rank"""

# Objections: with the first declaration, only in its second version, or in the next quarter. Territory 5
# always has one, so that no population is without.
OBJECTIONS = f"""
create table objections as
with candidates as (
    select m.*, u(person, 'objection mode') as draw from meetings m
    where rank = 1 and person not in (select person from persons where canary_rank <= {truth.CANARIES})
    qualify u(person, 'objection') < {truth.OBJECTION_SHARE} or (territory = 5
        and row_number() over (partition by territory order by u(person, 'objection'), person) = 1)),
sent as (select territory, period, bool_or(is_draft) as is_revised from files where tbl = 'personnes'
    group by all)
select c.person, c.territory, c.quarter as first_quarter,
    case when c.draw < 0.5 and s.is_revised then 'version'
         when c.draw < 0.8 and later.territory is not null then 'period' else 'first' end as mode,
    case when mode = 'period' then c.quarter + 1 else c.quarter end as quarter
from candidates c
join sent s on s.territory = c.territory and s.period = c.quarter
left join sent later on later.territory = c.territory and later.period = c.quarter + 1
order by person"""


def build(con: duckdb.DuckDBPyConnection, persons: int, seed: int, through: int) -> None:
    """Create ``persons``, ``meetings``, ``objections`` and ``canaries``; needs the macros and ``files``."""
    _shares(con, through)
    _canaries(con, seed)
    con.execute(PERSONS, {"persons": persons, "seed": seed})
    con.execute(MEETINGS, {"through": through})
    con.execute(OBJECTIONS)


def _shares(con: duckdb.DuckDBPyConnection, through: int) -> None:
    con.execute("create table territory_shares (territory integer, wave integer, low double, high double)")
    con.execute("create table month_shares (wave integer, month integer, low double, high double)")
    total, reached, rows = sum(truth.TERRITORY_WEIGHTS.values()), 0.0, []
    for number in TERRITORIES:
        low, reached = reached, reached + truth.TERRITORY_WEIGHTS[number] / total
        rows.append(
            (number, 1 if number in FIRST_WAVE else 2, low, 1.0 if number == TERRITORIES[-1] else reached)
        )
    insert_rows(con, "territory_shares", rows)
    for wave, start in ((1, FIRST_WAVE_START), (2, SECOND_WAVE_START)):
        months = range(start, through + 1)
        weights = [_ramp(month, start) for month in months]
        bounds = [sum(weights[:i]) / sum(weights) for i in range(len(weights))] + [1.0]
        insert_rows(con, "month_shares", [(wave, m, bounds[i], bounds[i + 1]) for i, m in enumerate(months)])


def _ramp(month: int, start: int) -> float:
    boost = truth.MOBILISATION_FACTOR if month >= month_index(truth.MOBILISATION_MONTH) else 1.0
    return (truth.RAMP_START + truth.RAMP_SLOPE * (month - start)) * boost


def _canaries(con: duckdb.DuckDBPyConnection, seed: int) -> None:
    """Fifty invented identities; only their identifiers leave, the names stay in the answer key."""
    con.execute(
        "create table canaries (canary_rank integer, identifiant varchar, family_name varchar, "
        "given_name varchar, nir varchar)"
    )
    rows = []
    for i in range(1, truth.CANARIES + 1):
        tag = hashlib.sha256(f"canari:{seed}:{i}".encode()).hexdigest()
        letters = "".join(chr(ord("A") + int(c, 16)) for c in tag[:10])
        family, given = f"KANARVEK{letters}", f"Zoulfiane{letters[::-1].lower()}"
        number = f"199139{int(tag[10:15], 16) % 100000:05d}{i:02d}"
        nir = f"{number}{97 - int(number) % 97:02d}"
        rows.append((i, hashlib.sha256(f"{family}|{given}|{nir}".encode()).hexdigest(), family, given, nir))
    insert_rows(con, "canaries", rows)
