// Which field each column of a file holds. Twin of tznr_platform/intake/columns.py. A near miss is told, never taken.
// Messages never quote a header: without a header line, it is a value.

const SMALL_WORDS = new Set(["de", "du", "des", "la", "le", "les", "l", "d"]);
const SHORT_FORMS = { nb: "nombre", nbre: "nombre", dt: "date", num: "numero" };
const BRACKETS = /[([*][^]*/;
const NEAR = 0.8;
const keys = new Map();

/** What is compared of a name: « Nb d'enfants (à charge) » and nombre_enfants are the same. */
function nameKey(text) {
  if (!keys.has(text)) {
    const words = fold(text.replace(BRACKETS, "") || text).split("_").filter((word) => !SMALL_WORDS.has(word))
      .map((word) => SHORT_FORMS[word] ?? word);
    keys.set(text, words.map((word) => (word.length > 3 && word.endsWith("s") ? word.slice(0, -1) : word)).join("_"));
  }
  return keys.get(text);
}

/** The one table whose mandatory columns are all there (`given`: names to come); null when none or several are. */
function tableOfHeaders(headers, contracts, given = []) {
  const present = new Set([...headers, ...given].map(nameKey));
  const found = Object.values(contracts).filter((contract) => contract.fields
    .every((field) => !field.required || present.has(nameKey(field.name))));
  return found.length === 1 ? found[0].name : null;
}

/** {columns, remarks}: the field of each column, null for an unknown one. Throws FileRefused. */
function matchColumns({ headers, left }, contract, screen) {
  const columns = fieldsOf(headers, contract);
  const words = nominativeWords(headers.filter((_, rank) => columns[rank] === null), screen);
  if (words.length) throw new FileRefused("NOMINATIVE_COLUMN", words.join(", "));
  const present = columns.filter(Boolean);
  const doubles = [...new Set(present.filter((name, rank) => present.indexOf(name) !== rank))].sort();
  if (doubles.length) throw new FileRefused("HEADER_AMBIGUOUS", `colonne en double : ${doubles.join(", ")}`);
  const near = nearMisses(headers, columns, contract, left);
  const missing = contract.fields.filter((field) => field.required && !present.includes(field.name));
  const asked = (name) => `colonne n° ${near.get(name)}, vouliez-vous dire « ${name} » ?`;
  if (missing.length) {
    throw new FileRefused("COLUMN_MISSING", missing.map(({ name }) => (near.has(name) ? `${name} : ${asked(name)}` : name)).join(" ; "));
  }
  return { columns, remarks: [...near.keys()].map((name) => ["COLUMN_SUGGESTED", asked(name).replace(",", " :")]) };
}

/** Exact names first; a name that only resembles by its key never takes the place of an exact one. */
function fieldsOf(headers, contract) {
  const exact = new Map(contract.fields.map(({ name }) => [fold(name), name]));
  const taken = new Set(headers.map((header) => exact.get(fold(header))));
  const count = new Map();
  for (const { name } of contract.fields) count.set(nameKey(name), (count.get(nameKey(name)) ?? 0) + 1);
  const alike = new Map(contract.fields.filter(({ name }) => count.get(nameKey(name)) === 1 && !taken.has(name))
    .map(({ name }) => [nameKey(name), name]));
  return headers.map((header) => exact.get(fold(header)) ?? alike.get(nameKey(header)) ?? null);
}

/** For fields that no column holds, the rank of the unknown column whose name is closest, if it is close. */
function nearMisses(headers, columns, contract, left) {
  const unknown = new Map();
  headers.forEach((header, rank) => { if (header && columns[rank] === null) unknown.set(nameKey(header), left + rank + 1); });
  const near = new Map();
  for (const { name } of contract.fields) {
    if (columns.includes(name)) continue;
    const close = [...unknown.keys()].map((key) => [likeness(key, nameKey(name)), key]).filter(([share]) => share >= NEAR);
    if (close.length === 0) continue;
    const [, key] = close.reduce((best, next) => (isAbove(next, best) ? next : best));
    near.set(name, unknown.get(key));
    unknown.delete(key);
  }
  return near;
}

/** How alike two texts are, from 0 to 1: the measure of Ratcliff and Obershelp, as Python's difflib has it. */
function likeness(one, other) {
  const total = one.length + other.length;
  return total === 0 ? 1 : 2 * commonLetters(one, other) / total;
}

function commonLetters(one, other) {
  let best = { start: 0, other: 0, size: 0 };
  for (let start = 0; start < one.length; start += 1) {
    for (let place = 0; place < other.length; place += 1) {
      let size = 0;
      while (start + size < one.length && place + size < other.length && one[start + size] === other[place + size]) size += 1;
      if (size > best.size) best = { start, other: place, size };
    }
  }
  if (best.size === 0) return 0;
  return best.size + commonLetters(one.slice(0, best.start), other.slice(0, best.other))
    + commonLetters(one.slice(best.start + best.size), other.slice(best.other + best.size));
}
