"""From typed rows to judged rows: what a row's neighbours and the rest of the lake say of it.

Here: persons (objection, not on the list), payers, reference values, doubles. Not here: what a row says alone
(``rules``), whole files refused (``screening``). Works on the views ``lines`` and ``typed`` and on the table ``batch``;
leaves ``judged``, ``accepted`` and ``refusals``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb

from tznr_platform import contracts
from tznr_platform.intake.rules import RowRules
from tznr_platform.privacy import exchange_register, exclusions, persons
from tznr_platform.privacy.pseudonym import AnalysisKey
from tznr_platform.settings import Settings
from tznr_platform.storage import registers
from tznr_platform.storage.lake import quote
from tznr_platform.storage.schema import TECHNICAL, landed_columns

if TYPE_CHECKING:
    from tznr_platform.contracts import Contract

BENEFIT_FIELD = "prestation"


def identify(con: duckdb.DuckDBPyConnection, rules: RowRules, key: AnalysisKey, *, is_in_step: bool) -> bool:
    """Create ``identified (who, pseudonym, other)``, once each identifier of ``typed``; False if two share a number.

    What is not an identifier has no pseudonym: ``other`` is then what stands there. Identifiers are read again from
    ``lines``, no further than the last one that was not met before when lines and rows are ``is_in_step``: those of one
    file, for a LIMIT over several may lose rows (DuckDB 1.5.5).
    """
    if not rules.contract.person_field:
        return True
    are_proved, many, count = con.execute(
        "select coalesce(bool_and(is_proved), true), count(*), coalesce(max(first) + 1, 0) from (select min(place) as "
        "first, min(proof) = max(proof) as is_proved from typed where who is not null group by who)").fetchone()
    if not are_proved:
        return False
    raw, limit = rules.raw(rules.contract.person_field), f"limit {count}" if is_in_step else ""
    con.execute(f"create or replace temp table met as select distinct p1 from (select {raw} as p1 from lines {limit}) "
                "where p1 is not null")
    persons.resolve(con, key, "from met")
    con.execute(f"create or replace temp table identified as select {rules.who_sql('p1')} as who, pseudonym, "
                "case when pseudonym is null then p1 end as other from met join keys using (p1)")
    con.execute("drop table met")
    con.execute("delete from keys where pseudonym is null")
    if _count(con, "identified") >= many:
        return True
    if not is_in_step:
        raise ValueError("an identifier of a row was not read again")
    return identify(con, rules, key, is_in_step=False)


def find_repeated(con: duckdb.DuckDBPyConnection, contract: Contract) -> None:
    """Create ``repeated``: the keys that sound rows of one file share, persons named by identifiers as they came."""
    columns = ", ".join("who" if name == contract.person_field else contract.field(name).column
                        for name in contract.primary_key)
    # equal keys have equal hashes: the keys are grouped only if some hashes agree, which sorting them tells soonest
    digests = con.execute(f"select hash(file_position, {columns}) as digest from typed where mask = 0"
                          ).fetchnumpy()["digest"]
    digests.sort()
    agree = bool((digests[1:] == digests[:-1]).any())
    con.execute(f"create or replace temp table repeated as select file_position, {columns} from typed "
                f"where mask = 0 and {agree} group by all having count(*) > 1")


def judge(con: duckdb.DuckDBPyConnection, rules: RowRules, key: AnalysisKey, settings: Settings) -> None:
    """Create the views ``judged`` (landed columns, ``mask``; 0 = sound) and ``accepted`` (landed columns).

    The table ``doubles`` says which of the sound rows share the key of an earlier one.
    """
    joins, bits = [], []
    for join, terms in (_person_checks(con, rules, key, settings), _reference_checks(con, rules)):
        joins += join
        bits += terms
    bits += _payer_check(rules)
    kept = ", ".join(f'"{column}"' for column in landed_columns(rules.contract) if column not in TECHNICAL)
    mask = " | ".join(["mask", *(f"({bit})::bigint" for bit in bits)])
    con.execute(f"create or replace temp view judged as select {kept}, batch.delivery_id, "
                f"({rules.line_sql})::integer as line_number, {mask} as mask "
                f"from typed join batch using (file_position) {' '.join(joins)} where mask >= 0")
    _find_doubles(con, rules.contract)
    alone = "anti join doubles using (delivery_id, line_number)" if _count(con, "doubles") else ""
    con.execute(f"create or replace temp view accepted as select * exclude (mask) from judged {alone} where mask = 0")


def spell_out_refusals(con: duckdb.DuckDBPyConnection, rules: RowRules, accepted: int) -> None:
    """Create ``refusals`` (as in quarantine); no row is looked at when as many as there are were ``accepted``."""
    checks = ", ".join(f"({1 << rank}, {quote(check.field)}, {quote(check.reason)})"
                       for rank, check in enumerate(rules.checks))
    is_any = _count(con, "typed semi join batch using (file_position) where mask >= 0") > accepted
    con.execute("create or replace temp table refusals as "
                "select delivery_id, line_number, field_name, reason_code "
                f"from (select * from judged where mask <> 0 and {is_any}) join (values {checks}) "
                "checks(bit, field_name, reason_code) on (mask & bit) <> 0 union all "
                f"select delivery_id, line_number, {quote(', '.join(rules.contract.primary_key))}, 'DUPLICATE_KEY' "
                "from doubles")


def _person_checks(con: duckdb.DuckDBPyConnection, rules: RowRules, key: AnalysisKey,
                   settings: Settings) -> tuple[list[str], list[str]]:
    field = rules.contract.person_field
    if field is None:
        return [], []
    if objecting := _objection_column(rules.contract):
        exclusions.exclude(con, settings, f"select pseudonym from typed join identified using (who) where {objecting}")
    excluded = f"select pseudonym from ({registers.exclusions(settings)})"
    if rules.contract.sender_kind == "territory":
        persons.declare(con, key, settings,
                        "select pseudonym from identified semi join (from typed semi join batch using (file_position) "
                        f"where mask = 0) using (who) where pseudonym not in ({excluded})")
        exchange_register.seal(con, key, settings)
    unlisted = rules.bit(field, "NOT_ON_LIST") if rules.contract.sender_kind == "body" else 0
    con.execute("create or replace temp table people as select who, person_id, case "
                f"when trim(other) = '' then {rules.bit(field, 'REQUIRED_MISSING')} "
                f"when pseudonym is null then {rules.bit(field, 'PATTERN_MISMATCH')} "
                f"when pseudonym in ({excluded}) then {rules.bit(field, 'OBJECTION')} "
                f"when person_id is null then {unlisted} else 0 end as person_bits "
                f"from identified left join ({registers.persons(settings)}) using (pseudonym)")
    joins, bits = ["left join people using (who)"], ["coalesce(person_bits, 0)"]
    if unlisted and _asked(con, settings):
        joins.append("left join asked on asked_person_id = person_id and asked_body_code = sender_code")
        bits.append("case when sender_code in (select asked_body_code from asked) and person_bits = 0 "
                    f"and asked_person_id is null then {unlisted} else 0 end")
    return joins, bits


def _asked(con: duckdb.DuckDBPyConnection, settings: Settings) -> bool:
    """Create ``asked (asked_body_code, asked_person_id)`` from the lists sent out; False when none ever was.

    A body that was sent a list answers for the persons of its lists; before, for those a territory declared.
    """
    con.execute("create or replace temp table asked as "
                "select distinct body_code as asked_body_code, person_id as asked_person_id "
                f"from ({registers.sent_lists(settings)})")
    return con.execute("select exists (from asked)").fetchone()[0]


def _objection_column(contract: Contract) -> str | None:
    return next((field.column for field in contract.fields if field.name == "opposition"), None)


def _payer_check(rules: RowRules) -> list[str]:
    """A body tells of the benefits it pays, and of no other."""
    fields = [field for field in rules.contract.fields if field.name == BENEFIT_FIELD]
    if rules.contract.sender_kind != "body" or not fields:
        return []
    paid: dict[str, list[str]] = {}
    for row in contracts.reference("body_benefits"):
        paid.setdefault(row["body_code"], []).append(quote(row["benefit_code"]))
    cases = " ".join(f"when {quote(body)} then {fields[0].column}::varchar not in ({', '.join(benefits)})"
                     for body, benefits in paid.items())
    bit = rules.bit(BENEFIT_FIELD, "SENDER_NOT_PAYER")
    return [f"case when case sender_code {cases} else true end then {bit} else 0 end"]


def _reference_checks(con: duckdb.DuckDBPyConnection, rules: RowRules) -> tuple[list[str], list[str]]:
    """Values known to a reference table, and within the bounds it gives (an item of an instrument)."""
    joins, bits = [], []
    for rank, rule in enumerate(rule for rule in rules.contract.rules if rule.kind == "reference"):
        columns, value = rule.params["columns"], rule.params["value"]
        keys = [rules.contract.field(name).column for name in rule.fields[:len(columns)]]
        wanted = [*columns, rule.params["minimum"], rule.params["maximum"]]
        values = ", ".join("(" + ", ".join(quote(row[column]) for column in wanted) + ")"
                           for row in contracts.reference(rule.params["reference"]))
        names = [f"key{number}" for number in range(len(columns))]
        con.execute(f"create or replace temp table known{rank} as select * replace (least::double as least, "
                    f"most::double as most) from (values {values}) v({', '.join(names)}, least, most)")
        same = " and ".join(f"typed.{key} = known{rank}.{name}"
                            for key, name in zip(keys, names, strict=True))
        joins.append(f"left join known{rank} on {same}")
        told = " and ".join(f"typed.{key} is not null" for key in keys)
        amount = f"typed.{rules.contract.field(value).column}"
        unknown = rules.bit(rule.fields[len(columns) - 1], rule.reason_code)
        outside = rules.bit(value, "OUT_OF_RANGE")
        bits.append(f"case when {told} and known{rank}.key0 is null then {unknown} "
                    f"when {amount} not between least and most then {outside} else 0 end")
    return joins, bits


def _find_doubles(con: duckdb.DuckDBPyConnection, contract: Contract) -> None:
    """Create ``doubles``: of several sound rows of a delivery with the same key, all but the first."""
    key = ", ".join(["delivery_id", *(_landed(contract, name) for name in contract.primary_key)])
    con.execute("create or replace temp table doubles as select delivery_id, line_number "
                f"from judged where mask = 0 and {_may_have_doubles(con, contract)} "
                f"qualify row_number() over (partition by {key} order by line_number) > 1")


def _may_have_doubles(con: duckdb.DuckDBPyConnection, contract: Contract) -> bool:
    """Whether rows share a key, or one identifier came in two spellings and they may."""
    spelt_twice = "select count(pseudonym) > count(distinct pseudonym) from identified"
    return con.execute("select exists (from repeated)"
                       + (f" or ({spelt_twice})" if contract.person_field else "")).fetchone()[0]


def _count(con: duckdb.DuckDBPyConnection, relation: str) -> int:
    return con.execute(f"select count(*) from {relation}").fetchone()[0]


def _landed(contract: Contract, name: str) -> str:
    return "person_id" if name == contract.person_field else contract.field(name).column
