"""The rival, second part: read, type, judge and keep the rows. Not here: files (``by_hand_files``), marts."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

import duckdb

from benchmarks.by_hand_files import File
from tznr_platform import contracts
from tznr_platform.contracts import Contract, Field, Rule
from tznr_platform.intake.names import period_month
from tznr_platform.storage.lake import quote

LOT_BYTES = 300 << 20
PREPARATION = """
create macro a_date(cell) as case when cell like '____-__-__' then try_cast(cell as date)
    else try_strptime(cell, '%d/%m/%Y')::date end;
create macro a_month(cell) as case when length(cell) = 7 then try_cast(cell || '-01' as date) end;
create macro a_number(cell) as try_cast(replace(cell, ',', '.') as double);
create macro an_integer(cell) as case when a_number(cell) = trunc(a_number(cell)) then a_number(cell)::bigint end;
create macro a_boolean(cell) as case when lower(cell) in ('oui', '1', 'true', 'vrai') then true
    when lower(cell) in ('non', '0', 'false', 'faux') then false end;
create table person (identifiant varchar, person_id integer, is_objecting boolean);
create table refusal (delivery_id integer, reasons varchar[]);
create temp table ragged (delivery_id integer, line_count bigint);
create temp table payer as
    select distinct body_code, benefit_code as paid_code from reference.body_benefits;
create temp table instrument as select instrument_code as k0, instrument_version as k1, item_code as k2,
    minimum::double as least_value, maximum::double as greatest_value from reference.instruments;
"""
TYPES = {"string": "{}", "date": "a_date({})", "yearmonth": "a_month({})", "number": "a_number({})",
         "integer": "an_integer({})", "boolean": "a_boolean({})"}


def prepare(con: duckdb.DuckDBPyConnection) -> None:
    """Macros and the tables that grow as files are read."""
    con.execute(PREPARATION)


def load(con: duckdb.DuckDBPyConnection, contract: Contract, files: list[File]) -> None:
    """Sound rows of a table to ``loaded``, the others to ``refusal``."""
    kept = ", ".join(f"{field.column} {field.data_type}" for field in contract.fields)
    con.execute(f"create table loaded.{contract.name} ({kept}, delivery_id integer, line_number bigint)")
    for lot in _lots(contract, [file for file in files if file.reason is None]):
        _read(con, contract, lot)
        _judge(con, contract)
        _keep(con, contract)


def _lots(contract: Contract, files: list[File]) -> Iterator[list[File]]:
    """Body feeds go in lots of files of one dialect; the tables of the others are small enough to go whole."""
    files = sorted(files, key=lambda file: repr(file.dialect))
    if contract.sender_kind != "body":
        if files:
            yield files
        return
    for _, group in groupby(files, key=lambda file: file.dialect):
        lot: list[File] = []
        for file in group:
            if lot and sum(other.size for other in lot) + file.size > LOT_BYTES:
                yield lot
                lot = []
            lot.append(file)
        yield lot


def _read(con: duckdb.DuckDBPyConnection, contract: Contract, lot: list[File]) -> None:
    """Create ``lot``: typed columns, the person as text, and the reasons a row gives by itself."""
    parts = []
    for dialect, group in groupby(lot, key=lambda file: file.dialect):
        files = list(group)
        encoding, delimiter, columns = dialect
        cells = [f"c{rank}" for rank in range(len(columns))]
        types = ", ".join(f"{cell}: 'varchar'" for cell in cells)
        paths = ", ".join(quote(file.source) for file in files)
        numbers, senders = [file.delivery_id for file in files], [file.sender for file in files]
        parts.append(
            f"select ({numbers})[file_index::bigint + 1]::integer as delivery_id, "
            f"({senders})[file_index::bigint + 1] as sender_code, "
            f"{_row(contract, columns)} from read_csv([{paths}], columns = {{{types}}}, "
            f"delim = {quote(delimiter)}, header = true, quote = '\"', escape = '\"', auto_detect = false, "
            f"encoding = '{encoding}', store_rejects = true) where coalesce({', '.join(cells)}) is not null")
    con.execute(f"create or replace temp table lot as {' union all '.join(parts)}")
    paths = {str(file.source): file.delivery_id for file in lot}
    for path, lines in con.execute(
            "select file_path, count(distinct line) from reject_errors join reject_scans using (scan_id, file_id) "
            "group by 1").fetchall():
        con.execute("insert into ragged values (?, ?)", [paths[path], lines])
    con.execute("drop table reject_errors; drop table reject_scans")


def _row(contract: Contract, columns: tuple[str | None, ...]) -> str:
    raw = {name: f"c{rank}" for rank, name in enumerate(columns) if name}
    values, broken = [], []
    for field in contract.fields:
        cell = raw.get(field.name, "null::varchar")
        values.append(f"{_value(field, cell)} as {field.column}")
        broken += [(field.name, reason, test) for reason, test in _tests(field, cell)]
    broken += [(rule.fields[0], rule.reason_code, test) for rule in contract.rules
               if (test := _between_fields(contract, rule, raw))]
    sound = " and ".join(f"({test}) is not true" for _, _, test in broken)
    reasons = ", ".join(f"case when {test} then '{name}:{reason}' end" for name, reason, test in broken)
    return (f"{', '.join(values)}, case when {sound} then null "
            f"else list_filter([{reasons}], lambda reason: reason is not null) end as reasons")


def _value(field: Field, cell: str) -> str:
    if field.multi_separator:
        return f"array_to_string(list_sort(list_distinct(string_split({cell}, '{field.multi_separator}'))), '|')"
    return TYPES[field.type].format(cell)


def _tests(field: Field, cell: str) -> Iterator[tuple[str, str]]:
    """Reasons a cell may give, with the SQL that is true when it does."""
    value = field.column
    if field.required:
        yield "REQUIRED_MISSING", f"{cell} is null"
    if field.multi_separator:
        one = f"({'|'.join(field.enum)})"
        yield "ENUM_UNKNOWN", f"not regexp_full_match({cell}, '{one}(\\|{one})*')"
    elif field.enum:
        yield "ENUM_UNKNOWN", f"{cell} not in ({', '.join(map(quote, field.enum))})"
    elif field.pattern:
        yield "PATTERN_MISMATCH", f"not regexp_full_match({cell}, {quote(field.pattern)})"
    if field.type != "string":
        yield "TYPE_INVALID", f"{cell} is not null and {value} is null"
    if field.type in ("date", "yearmonth"):
        yield "TYPE_INVALID", f"{value} not between date '1900-01-01' and date '2100-12-31'"
    if field.minimum is not None:
        yield "OUT_OF_RANGE", f"{value} < {field.minimum}"
    if field.maximum is not None:
        yield "OUT_OF_RANGE", f"{value} > {field.maximum}"


def _between_fields(contract: Contract, rule: Rule, raw: dict[str, str]) -> str:
    first = contract.field(rule.fields[0]).column
    if rule.kind == "order":
        return f"{first} > {contract.field(rule.fields[1]).column}"
    if rule.kind == "window":
        start, end = (quote(contracts.calendar()[rule.params[side]]) for side in ("from", "to"))
        return f"{first} not between date {start} and date {end}"
    if rule.kind == "required_if":
        when = contract.field(rule.params["when"]).column
        missing = f"{raw.get(rule.fields[0], 'null::varchar')} is null"
        return f"{missing} and {when}::varchar in ({', '.join(map(quote, rule.params['in']))})"
    return ""


def _judge(con: duckdb.DuckDBPyConnection, contract: Contract) -> None:
    """Create ``judged``: what the person list, the payers, the questionnaires and the other rows say."""
    joins, more, person = [], [], ""
    if contract.person_field:
        _declare(con, contract)
        joins.append("left join person on person.identifiant = lot.person_id")
        person = "replace (person.person_id as person_id)"
        more.append("case when person.is_objecting then 'identifiant:OBJECTION' end")
        if contract.sender_kind == "body":
            more.append("case when person.identifiant is null then 'identifiant:NOT_ON_LIST' end")
    if contract.sender_kind == "body" and any(field.name == "prestation" for field in contract.fields):
        joins.append("left join payer on body_code = sender_code and paid_code = benefit_code")
        more.append("case when benefit_code is not null and paid_code is null then 'prestation:SENDER_NOT_PAYER' end")
    if any(rule.kind == "reference" for rule in contract.rules):
        joins.append("left join instrument on k0 = instrument_code and k1 = instrument_version and k2 = item_code")
        more.append("case when k0 is null then 'item:REFERENCE_UNKNOWN' "
                    "when answer_value not between least_value and greatest_value then 'valeur:OUT_OF_RANGE' end")
    added = f"list_filter([{', '.join(more)}], lambda reason: reason is not null)" if more else "[]::varchar[]"
    con.execute(f"create or replace temp table judged as select lot.* {person}, lot.rowid as line_number, "
                f"case when {' and '.join(f'({test}) is null' for test in more) or 'true'} then null "
                f"else {added} end as more_reasons from lot {' '.join(joins)}")
    con.execute("drop table lot")
    key = ", ".join(["delivery_id", *(contract.field(name).column for name in contract.primary_key)])
    sound = "(from judged where reasons is null and more_reasons is null)"
    con.execute(f"create or replace temp table doubled as select line_number from {sound} semi join "
                f"(select {key} from {sound} group by all having count(*) > 1) using ({key}) "
                f"qualify row_number() over (partition by {key} order by line_number) > 1")


def _declare(con: duckdb.DuckDBPyConnection, contract: Contract) -> None:
    """A territory declares the persons of its sound rows; an objection counts whatever else the row says."""
    if contract.sender_kind == "body":
        return
    objecting = "coalesce(is_objecting, false)" if contract.name == "personnes" else "false"
    con.execute(f"create or replace temp table met as select person_id as identifiant, bool_or({objecting}) as objects "
                f"from lot where (reasons is null or {objecting}) and regexp_full_match(person_id, '[0-9a-f]{{64}}') "
                "group by 1")
    con.execute("insert into person select identifiant, (select count(*) from person) "
                "+ row_number() over (order by identifiant), objects from met anti join person using (identifiant)")


def _keep(con: duckdb.DuckDBPyConnection, contract: Contract) -> None:
    kept = ", ".join(field.column for field in contract.fields)
    con.execute(f"insert into loaded.{contract.name} select {kept}, delivery_id, line_number from judged "
                "where reasons is null and more_reasons is null "
                "and line_number not in (select line_number from doubled)")
    con.execute("insert into refusal select delivery_id, coalesce(reasons, []) || "
                "coalesce(more_reasons, []) from judged where reasons is not null or more_reasons is not null")
    con.execute(f"insert into refusal select delivery_id, ['{', '.join(contract.primary_key)}:"
                "DUPLICATE_KEY'] from judged join doubled using (line_number)")


def register(con: duckdb.DuckDBPyConnection, files: list[File]) -> None:
    """Deliveries with their counts, refusals by reason, and the views of what is in force."""
    con.execute("create table sent (delivery_id integer, sender_code varchar, table_name varchar, period varchar, "
                "period_month date, version integer, file_name varchar, reason_code varchar)")
    con.executemany("insert into sent values (?, ?, ?, ?, ?, ?, ?, ?)", [
        [file.delivery_id, file.sender, file.table, file.period,
         period_month(file.period) if file.period else None, file.version or 1, file.path.name, file.reason]
        for file in files])
    names = list(contracts.contracts())
    loaded = " union all ".join(f"select delivery_id, count(*) as n from loaded.{name} group by 1" for name in names)
    con.execute(f"""
        create table intake.quarantine_counts as
            select delivery_id, split_part(reason, ':', 1) as field_name, split_part(reason, ':', 2) as reason_code,
                count(*) as row_count
            from (select delivery_id, unnest(list_distinct(reasons)) as reason from refusal) group by all
            union all select delivery_id, '(ligne entière)', 'COLUMN_COUNT', line_count from ragged;
        create table intake.deliveries as
            with kept as (from ({loaded})), refused as (
                select delivery_id, sum(n)::bigint as r from (
                    select delivery_id, count(*) as n from refusal group by 1
                    union all from ragged) group by 1)
            select sent.*, case when reason_code = 'DUPLICATE_DELIVERY' then 'duplicate' when n is null then 'refused'
                    when r is null then 'accepted' else 'partial' end as status_code,
                coalesce(n, 0) as accepted_row_count, coalesce(r, 0) as refused_row_count,
                n is not null and row_number() over (partition by sender_code, table_name, period
                    order by n is null, version desc, delivery_id desc) = 1 as is_current
            from sent left join kept using (delivery_id) left join refused using (delivery_id)""")
    for contract in contracts.contracts().values():
        present = "and person_id not in (select person_id from person where is_objecting)" * bool(contract.person_field)
        con.execute(f"create view accepted.{contract.name} as from loaded.{contract.name} where delivery_id in "
                    f"(select delivery_id from intake.deliveries where is_current) {present}")
