// What a file must satisfy, row by row and as a whole, and what the receipt says of it.
// Twin of tznr_platform/intake (rules, judge, batch). The rules themselves are those of the contracts.

const EARLIEST = "1900-01-01";
const LATEST = "2100-12-31";
const LARGEST = 1e12;
const WHOLE_LINE = "(ligne entière)";
const PERSON_FORM = /^[0-9a-f]{64}$/;

/** {accepted, refused, refusals: [{line, field, reason}]} of a table whose columns are matched. */
function judgeRows(reading, columns, contract, book, sender) {
  const judge = rowJudge(contract, book, sender);
  const places = contract.fields.map((field) => columns.indexOf(field.name));
  const judged = [];
  const refusals = [];
  for (const { line, part, cells } of reading.lines) {
    if (part === RAGGED) refusals.push({ line, field: WHOLE_LINE, reason: "COLUMN_COUNT" });
    else if (part === ROW && places.some((place) => place >= 0 && cells[place])) judged.push({ line, ...judge(cells, places) });
  }
  screenTable(reading, columns, contract, book, judged);
  refuseObjectors(judged, contract);
  for (const { line, faults } of judged) refusals.push(...faults.map(([field, reason]) => ({ line, field, reason })));
  const doubles = doubleRows(judged, contract);
  refusals.push(...doubles.map((line) => ({ line, field: contract.primaryKey.join(", "), reason: "DUPLICATE_KEY" })));
  return {
    accepted: judged.filter(({ faults }) => faults.length === 0).length - doubles.length,
    refused: new Set(refusals.map(({ line }) => line)).size, refusals: refusals.sort(byLine),
  };
}

/** A function (cells, places) → {own, faults, raw, value}; `own`: the faults [field, reason] that a row tells alone. */
function rowJudge(contract, book, sender) {
  const readers = contract.fields.map(valueReader);
  const alone = contract.rules.filter(({ kind }) => kind !== "reference").map((rule) => ruleCheck(rule, book));
  const listed = contract.rules.filter(({ kind }) => kind === "reference").map((rule) => referenceCheck(rule, book));
  const payer = payerCheck(contract, book, sender);
  return (cells, places) => {
    const faults = new Map();
    const add = (field, reason) => faults.set(`${field}\u001f${reason}`, [field, reason]);
    const row = { raw: {}, value: {} };
    contract.fields.forEach((field, rank) => {
      if (places[rank] < 0) return;
      const raw = cells[places[rank]];
      row.raw[field.name] = raw;
      row.value[field.name] = field.name === contract.personField ? personOf(raw) : raw === "" ? null : readers[rank](raw);
      const fault = field.name === contract.personField ? personFault(field, raw) : fieldFault(field, raw, row.value[field.name]);
      if (fault) add(field.name, fault);
    });
    const apply = (checks) => checks.map((check) => check(row)).filter(Boolean).forEach((fault) => add(...fault));
    apply(alone);
    const own = [...faults.values()].filter(([field, reason]) => field !== contract.personField || reason !== "PATTERN_MISMATCH");
    apply([...listed, payer]);
    return { ...row, own, faults: [...faults.values()] };
  };
}

function personOf(raw) {
  const canonical = raw.replace(/^ +| +$/g, "").toLowerCase();
  return PERSON_FORM.test(canonical) ? canonical : null;
}

function personFault(field, raw) {
  if (!trimmed(raw)) return field.required ? "REQUIRED_MISSING" : null;
  return personOf(raw) === null ? "PATTERN_MISMATCH" : null;
}

function fieldFault(field, raw, value) {
  if (value === null) {
    if (!trimmed(raw)) return field.required ? "REQUIRED_MISSING" : null;
    return field.enum ? "ENUM_UNKNOWN" : "TYPE_INVALID";
  }
  const isMoment = field.type === "date" || field.type === "yearmonth";
  if (isMoment && (value < EARLIEST || value > LATEST)) return "TYPE_INVALID";
  if (field.type === "number" && !(Math.abs(value) < LARGEST)) return "TYPE_INVALID";
  if (field.minimum !== null && value < field.minimum) return "OUT_OF_RANGE";
  if (field.maximum !== null && value > field.maximum) return "OUT_OF_RANGE";
  return field.form && !field.form.test(value) ? "PATTERN_MISMATCH" : null;
}

/** A check of a rule between fields: row → [field, reason] or null. */
function ruleCheck(rule, book) {
  const broken = { order: orderBroken, window: windowBroken, required_if: requirementBroken }[rule.kind];
  return (row) => (broken(rule, row, book) ? [rule.fields[0], rule.reason] : null);
}

function orderBroken(rule, { value }) {
  const [earlier, later] = rule.fields.map((name) => value[name] ?? null);
  return earlier !== null && later !== null && earlier > later;
}

function windowBroken(rule, { value }, book) {
  const day = value[rule.fields[0]] ?? null;
  return day !== null && (day < book.calendar[rule.params.from] || day > book.calendar[rule.params.to]);
}

function requirementBroken(rule, { raw, value }) {
  const when = value[rule.params.when] ?? null;
  return !trimmed(raw[rule.fields[0]] ?? "") && when !== null && rule.params.in.includes(String(when));
}

function referenceCheck(rule, book) {
  const { columns, value: bounded, minimum, maximum } = rule.params;
  const names = rule.fields.slice(0, columns.length);
  const known = new Map(book.references[rule.params.reference].map((item) => [
    columns.map((column) => item[column]).join("\u001f"), [Number(item[minimum]), Number(item[maximum])]]));
  return ({ value }) => {
    const codes = names.map((name) => value[name] ?? null);
    if (codes.includes(null)) return null;
    const bounds = known.get(codes.join("\u001f"));
    if (!bounds) return [names.at(-1), rule.reason];
    const amount = value[bounded] ?? null;
    return amount !== null && (amount < bounds[0] || amount > bounds[1]) ? [bounded, "OUT_OF_RANGE"] : null;
  };
}

/** A body tells of the benefits it pays, and of no other. */
function payerCheck(contract, book, sender) {
  const paid = contract.senderKind === "body" && contract.fields.some(({ name }) => name === "prestation")
    ? book.bodyBenefits[sender] ?? [] : null;
  return ({ value }) => {
    const benefit = value.prestation ?? null;
    return paid && benefit !== null && !paid.includes(benefit) ? ["prestation", "SENDER_NOT_PAYER"] : null;
  };
}

/** A person who objects on one row objects on all. */
function refuseObjectors(judged, contract) {
  if (!contract.fields.some(({ name }) => name === "opposition")) return;
  const person = contract.personField;
  const objectors = new Set(judged.filter(({ value }) => value.opposition === true).map(({ value }) => value[person]));
  objectors.delete(null);
  for (const { value, faults } of judged) if (objectors.has(value[person])) faults.push([person, "OBJECTION"]);
}

/** Lines of the sound rows whose key an earlier sound row bears. */
function doubleRows(judged, contract) {
  const seen = new Set();
  const doubles = [];
  for (const { line, faults, value } of judged) {
    const key = contract.primaryKey.map((name) => value[name] ?? null);
    if (faults.length || key.includes(null)) continue;
    const text = key.join("\u001f");
    if (seen.has(text)) doubles.push(line);
    seen.add(text);
  }
  return doubles;
}

function byLine(one, other) {
  return one.line - other.line || compare(one.field, other.field) || compare(one.reason, other.reason);
}

function compare(one, other) {
  return one < other ? -1 : Number(one > other);
}
