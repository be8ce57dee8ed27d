"""From typed rows to judged rows: what a row's neighbours and the rest of the lake say of it.

Here: persons (objection, not on the list), payers, reference values, doubles. Not here: what a row says alone
(``rules``), whole files refused (``screening``). Works on the temporary tables ``typed``, ``identified``,
``repeated`` and ``batch``; leaves ``judged`` and ``refusals``.
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


def identify(con: duckdb.DuckDBPyConnection, contract: Contract, key: AnalysisKey) -> None:
    """Create ``identified (p1, pseudonym)``, once each identifier of ``typed``, and ``repeated``: keys of several rows.

    A key names the person by the identifier as it came; the pseudonym of what is not an identifier is NULL.
    """
    if contract.person_field:
        persons.resolve(con, key, "select p1::varchar as p1 from (select distinct p1 from typed)")
        con.execute("create or replace temp table identified as select once.p1, pseudonym "
                    "from (select distinct p1 from typed) once left join keys on keys.p1 = once.p1::varchar")
        con.execute("delete from keys where pseudonym is null")
    columns = ", ".join("p1" if name == contract.person_field else contract.field(name).column
                        for name in contract.primary_key)
    # equal keys have equal hashes, and hashes are cheap to group: the keys are grouped only if some agree
    agree = con.execute(f"select exists (select 1 from (select hash(file_position, {columns}) as digest from typed "
                        "where mask = 0) group by digest having count(*) > 1)").fetchone()[0]
    con.execute(f"create or replace temp table repeated as select file_position, {columns} from typed "
                f"where mask = 0 and {agree} group by all having count(*) > 1")


def judge(con: duckdb.DuckDBPyConnection, rules: RowRules, key: AnalysisKey, settings: Settings) -> None:
    """Create ``judged`` (landed columns, ``mask``; 0 = sound) and ``refusals`` (as in quarantine)."""
    joins, bits = [], []
    for join, terms in (_person_checks(con, rules, key, settings), _reference_checks(con, rules)):
        joins += join
        bits += terms
    bits += _payer_check(rules)
    kept = ", ".join(f'"{column}"' for column in landed_columns(rules.contract) if column not in TECHNICAL)
    mask = " | ".join(["mask", *(f"({bit})::bigint" for bit in bits)])
    query = (f"select {kept}, batch.delivery_id, ({rules.line_sql})::integer as line_number, "
             f"{mask} as mask from typed join batch using (file_position) {' '.join(joins)} where mask >= 0")
    has_doubles = _may_have_doubles(con, rules.contract)
    if has_doubles or not rules.is_large:
        con.execute(f"create or replace temp table judged_rows as {query}")
        query = "from judged_rows"
    con.execute(f"create or replace temp view judged as {query}")
    _spell_out_refusals(con, rules)
    if has_doubles:
        _refuse_doubles(con, rules.contract)


def _person_checks(con: duckdb.DuckDBPyConnection, rules: RowRules, key: AnalysisKey,
                   settings: Settings) -> tuple[list[str], list[str]]:
    field = rules.contract.person_field
    if field is None:
        return [], []
    if objecting := _objection_column(rules.contract):
        exclusions.exclude(con, settings, f"select pseudonym from typed join identified using (p1) where {objecting}")
    excluded = f"select pseudonym from ({registers.exclusions(settings)})"
    if rules.contract.sender_kind == "territory":
        persons.declare(con, key, settings,
                        "select distinct pseudonym from typed semi join batch using (file_position) join identified "
                        f"using (p1) where mask = 0 and pseudonym not in ({excluded})")
        exchange_register.seal(con, key, settings)
    unlisted = rules.bit(field, "NOT_ON_LIST") if rules.contract.sender_kind == "body" else 0
    con.execute("create or replace temp table people as select p1, person_id, case "
                f"when trim(p1::varchar) = '' then {rules.bit(field, 'REQUIRED_MISSING')} "
                f"when pseudonym is null then {rules.bit(field, 'PATTERN_MISMATCH')} "
                f"when pseudonym in ({excluded}) then {rules.bit(field, 'OBJECTION')} "
                f"when person_id is null then {unlisted} else 0 end as person_bits "
                f"from identified left join ({registers.persons(settings)}) using (pseudonym)")
    joins, bits = ["left join people using (p1)"], ["coalesce(person_bits, 0)"]
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


def _spell_out_refusals(con: duckdb.DuckDBPyConnection, rules: RowRules) -> None:
    checks = ", ".join(f"({1 << rank}, {quote(check.field)}, {quote(check.reason)})"
                       for rank, check in enumerate(rules.checks))
    con.execute("create or replace temp table refusals as "
                "select delivery_id, line_number, field_name, reason_code "
                f"from (select * from judged where mask <> 0) join (values {checks}) "
                "checks(bit, field_name, reason_code) on (mask & bit) <> 0")


def _may_have_doubles(con: duckdb.DuckDBPyConnection, contract: Contract) -> bool:
    """Whether rows share a key, or one identifier came in two spellings and they may."""
    spelt_twice = "select pseudonym from identified where pseudonym is not null group by pseudonym having count(*) > 1"
    return con.execute("select exists (from repeated)"
                       + (f" or exists ({spelt_twice})" if contract.person_field else "")).fetchone()[0]


def _refuse_doubles(con: duckdb.DuckDBPyConnection, contract: Contract) -> None:
    """Of several sound rows of a delivery with the same key, keep the first."""
    key = ", ".join(["delivery_id", *(_landed(contract, name) for name in contract.primary_key)])
    con.execute("create or replace temp table doubles as select delivery_id, line_number "
                "from judged where mask = 0 "
                f"qualify row_number() over (partition by {key} order by line_number) > 1")
    con.execute("update judged_rows set mask = 1 from doubles "
                "where judged_rows.delivery_id = doubles.delivery_id and judged_rows.line_number = doubles.line_number")
    con.execute("insert into refusals select delivery_id, line_number, "
                f"{quote(', '.join(contract.primary_key))}, 'DUPLICATE_KEY' from doubles")


def _landed(contract: Contract, name: str) -> str:
    return "person_id" if name == contract.person_field else contract.field(name).column
