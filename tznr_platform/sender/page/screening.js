// Whole files refused for what they carry: names and numbers of people, identifiers that are no identifiers.
// Twin of tznr_platform/intake/screening.py and of what rules.py watches. Columns, kinds and counts, never a value.

const LONG_NUMBER = 1e8;
const NAMES_TRIED = ["DUPONT", "Mme Marie Dupont"];
const SHARE = 0.2;
const FEWEST_ROWS = 10;
const SITUATIONS = 3;
const SHORTEST = 3;

/** Throws FileRefused for a table that must be refused whole; `judged`: its rows with their own faults. */
function screenTable(reading, columns, contract, book, judged) {
  refuseNames(reading, columns, contract, book, judged);
  if (contract.personField) refuseSuspects(reading, contract, judged);
}

function refuseNames(reading, columns, contract, book, judged) {
  const kindOfCell = kindReader(book.screen);
  const found = new Map();
  const add = (place, rank, cell) => {
    if (!cell.trim() || cell.length < SHORTEST) return;
    const key = `${place}\u001f${String(rank).padStart(6, "0")}`;
    if (!found.has(key)) found.set(key, { place, rank, counts: new Map(), filled: 0 });
    const column = found.get(key);
    const kind = kindOfCell(cell);
    column.filled += 1;
    column.counts.set(kind, (column.counts.get(kind) ?? 0) + 1);
  };
  const fields = contract.fields.filter(({ name }) => name !== contract.personField && columns.includes(name));
  const watched = watchedFields(fields, contract, book);
  for (const row of judged) {
    if (contract.personField && row.value[contract.personField] === null) add("person", 1, row.raw[contract.personField] ?? "");
    fields.forEach((field, rank) => { if (isUnsure(field, row, watched)) add("field", rank + 1, row.raw[field.name]); });
  }
  for (const { part, cells } of reading.lines) {
    if (part === ROW) columns.forEach((name, rank) => { if (name === null) add("column", reading.left + rank + 1, cells[rank]); });
    else cells.filter(Boolean).forEach((cell, rank) => add("aside", rank + 1, cell));
  }
  const details = [...found].sort(([one], [other]) => compare(one, other)).map(([, column]) => {
    const told = kindsTold(column.counts, column.place === "field" ? reading.lines.length : column.filled, book.screen);
    return told && `${placeTold(column, contract, fields)} : ${told}`;
  }).filter(Boolean);
  if (details.length) throw new FileRefused("NOMINATIVE_VALUE", details.join(" ; "));
}

function placeTold({ place, rank }, contract, fields) {
  return {
    person: `colonne « ${contract.personField} »`, field: `colonne « ${fields[rank - 1]?.name} »`,
    aside: `hors du tableau, colonne n° ${rank}`, column: `colonne n° ${rank}`,
  }[place];
}

/** For some fields, what a sound value may still hide: value → whether it must be read. */
function watchedFields(fields, contract, book) {
  const watched = new Map();
  for (const field of fields) {
    const isNumeric = field.type === "number" || field.type === "integer";
    if (isNumeric && (field.maximum === null || field.maximum >= LONG_NUMBER)) {
      watched.set(field.name, (value) => Math.abs(value) >= LONG_NUMBER);
    } else if (field.type === "string" && !field.enum && (!field.form || NAMES_TRIED.some((name) => field.form.test(name)))) {
      const known = knownValues(field.name, contract, book);
      watched.set(field.name, known.size ? (value) => !known.has(value) : () => true);
    }
  }
  return watched;
}

/** The values that a reference list of a rule gives to a field. */
function knownValues(name, contract, book) {
  const values = new Set();
  for (const { kind, fields, params } of contract.rules) {
    const place = kind === "reference" ? fields.slice(0, params.columns.length).indexOf(name) : -1;
    if (place >= 0) for (const item of book.references[params.reference]) values.add(item[params.columns[place]]);
  }
  return values;
}

/** A cell that its type does not answer for, in a row that is wrong or that a watched value makes doubtful. */
function isUnsure(field, row, watched) {
  const value = row.value[field.name];
  const hides = (name) => watched.has(name) && (row.value[name] ?? null) !== null && watched.get(name)(row.value[name]);
  const isRowRead = row.own.length > 0 || [...watched.keys()].some(hides);
  if (!isRowRead) return false;
  const isSound = value !== null && !row.own.some(([name, reason]) => name === field.name && reason !== "CONDITIONAL_MISSING"
    && reason !== "DATE_ORDER");
  return !isSound || hides(field.name);
}

/** PSEUDONYM_SUSPECT: identifiers that were not computed on identities. */
function refuseSuspects(reading, contract, judged) {
  const person = contract.personField;
  const rows = judged.length;
  const details = [];
  if (rows >= FEWEST_ROWS) {
    const wrong = judged.filter(({ value }) => value[person] === null).length;
    if (wrong >= Math.max(FEWEST_ROWS, SHARE * rows)) details.push(`${wrong} identifiants vides ou mal formés sur ${rows} lignes`);
  }
  const { again, situations } = repeatedKeys(contract, judged);
  if (situations > SITUATIONS) details.push(`un même identifiant pour ${situations} situations différentes`);
  else if (again >= Math.max(FEWEST_ROWS, SHARE * reading.lines.length)) {
    details.push(`${again} lignes répètent l'identifiant d'une autre sur ${reading.lines.length}`);
  }
  if (details.length) throw new FileRefused("PSEUDONYM_SUSPECT", details.join(" ; "));
}

/** Rows beyond the first of their key, and the situations of the key that has most, among rows without fault. */
function repeatedKeys(contract, judged) {
  const typed = (row, name) => (name === contract.personField ? row.raw[name] : row.value[name] ?? null);
  const keys = new Map();
  for (const row of judged.filter(({ own }) => own.length === 0)) {
    const key = contract.primaryKey.map((name) => typed(row, name));
    if (key.includes(null)) continue;
    const text = key.join("\u001f");
    if (!keys.has(text)) keys.set(text, []);
    keys.get(text).push(contract.fields.map(({ name }) => typed(row, name)).join("\u001f"));
  }
  const repeated = [...keys.values()].filter((rows) => rows.length > 1);
  return {
    again: repeated.reduce((sum, rows) => sum + rows.length - 1, 0),
    situations: Math.max(0, ...repeated.map((rows) => new Set(rows).size)),
  };
}
