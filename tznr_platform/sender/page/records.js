// How the cells of a text file are told apart: separator, quotes, blanks. Twin of tznr_platform/intake/dialect.py.
// A record is what a spreadsheet shows as one line: a quoted line break stays inside.

const SEPARATORS = [";", ",", "\t", "|"];
const SPECIALS = { ";": /[;\r\n]/g, ",": /[,\r\n]/g, "\t": /[\t\r\n]/g, "|": /[|\r\n]/g };
const SAMPLE_CHARACTERS = 1 << 18;
const TRIED_RECORDS = 300;
const VISIBLE = /^[!-~]*$/;
const WHITE = /[\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+/g;

/** {separator, skipsBlanks, isWrapped} under which the text is most a table; null if under none. */
function dialectOf(text, known) {
  const sample = text.slice(0, SAMPLE_CHARACTERS);
  return bestDialect(sample, known, false) ?? bestDialect(sample, known, true);
}

function bestDialect(sample, known, isWrapped) {
  let best = null;
  for (const separator of SEPARATORS) {
    const skipsBlanks = new RegExp(`\\${separator} +"`).test(sample);
    const dialect = { separator, skipsBlanks, isWrapped };
    const grid = gridOf(recordsOf(sample, dialect, 2 * TRIED_RECORDS)).slice(0, TRIED_RECORDS);
    const widths = new Map();
    for (const { cells } of grid) if (cells.length > 1) widths.set(cells.length, (widths.get(cells.length) ?? 0) + 1);
    const names = Math.max(0, ...grid.slice(0, SEARCHED_LINES).map(({ cells }) => headerScore(cells, known)));
    const wide = [...widths.values()].reduce((sum, count) => sum + count, 0);
    if (wide === 0 || (2 * wide <= grid.length && names < 2)) continue;
    const [width, count] = [...widths].reduce((most, next) => (next[1] > most[1] ? next : most));
    const score = [names > 1 ? names : 0, Math.round(100 * count / grid.length), width];
    if (best === null || isAbove(score, best.score)) best = { score, dialect };
  }
  return best && best.dialect;
}

function isAbove(one, other) {
  const rank = one.findIndex((value, place) => value !== other[place]);
  return rank >= 0 && one[rank] > other[rank];
}

/** Numbered records with tidy cells, blank ones left out. */
function gridOf(records) {
  return records.map((record, rank) => ({ line: rank + 1, cells: record.map(tidy) })).filter(({ cells }) => cells.some(Boolean));
}

/** A cell whose runs of white space are one blank, and none at its ends. */
function tidy(cell) {
  return VISIBLE.test(cell) ? cell : cell.replace(WHITE, " ").replace(/^ | $/g, "");
}

/** Records of cells, at most `limit` of them; a blank line is a record of no cell. */
function recordsOf(text, { separator, skipsBlanks, isWrapped }, limit = Infinity) {
  const records = [];
  for (let at = 0; at < text.length && records.length < limit;) {
    const cells = [];
    at = takeRecord(text, at, separator, skipsBlanks, cells);
    if (isWrapped && cells.length === 1 && cells[0]) records.push(recordsOf(cells[0], { separator })[0]);
    else records.push(cells.length === 1 && cells[0] === "" ? [] : cells);
  }
  return records;
}

/** Fill `cells` with the record that starts at `at`; returns where the next one starts. */
function takeRecord(text, at, separator, skipsBlanks, cells) {
  const special = SPECIALS[separator];
  for (;;) {
    let cell = "";
    while (skipsBlanks && text[at] === " ") at += 1;
    if (text[at] === '"') [cell, at] = quotedCell(text, at + 1);
    special.lastIndex = at;
    const found = special.exec(text);
    const end = found ? found.index : text.length;
    cells.push(cell + text.slice(at, end));
    if (!found) return text.length;
    if (found[0] !== separator) return end + (text.startsWith("\r\n", end) ? 2 : 1);
    at = end + 1;
  }
}

/** The content of a quoted cell and where it ends; an open one runs to the end of the file. */
function quotedCell(text, at) {
  let cell = "";
  for (;;) {
    const quote = text.indexOf('"', at);
    if (quote < 0) return [cell + text.slice(at), text.length];
    cell += text.slice(at, quote);
    if (text[quote + 1] !== '"') return [cell, quote + 1];
    cell += '"';
    at = quote + 2;
  }
}
