// From records to a table: which line is the header, which column is which, which lines are rows.
// Twin of tznr_platform/intake (shape, normalise). Lines are numbered as a spreadsheet shows them.

const HEADER_SEARCH_LINES = 30;
const VISIBLE = /^[!-~]*$/;
const WHITE = /[\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+/g;

/** Whether a file is a workbook or a text, opened: {sheets} or {text, encoding}. Throws FileRefused. */
async function openFile(bytes) {
  if (bytes.length === 0) throw new FileRefused("FILE_EMPTY");
  if (isZip(bytes)) return { sheets: await openWorkbook(bytes) };
  if (bytes[0] === 0xd0 && bytes[1] === 0xcf) throw new FileRefused("FORMAT_UNSUPPORTED");
  return decodeText(bytes);
}

/** {headers, headerLine, rows: [{line, cells}], encoding, isSheet} with the header that knows most of `names`. */
function readTable(opened, names) {
  const known = new Set(names.map(fold));
  const { records, ...found } = opened.sheets ? bestSheet(opened.sheets, known) : textTable(opened, known);
  const rows = records.slice(found.headerLine)
    .map((cells, rank) => ({ line: found.headerLine + rank + 1, cells }))
    .filter(({ cells }) => cells.some((cell) => tidy(cell)));
  return { ...found, rows };
}

/** Cells cut or completed to the width of the header; null when the line has another number of cells. */
function fitted(cells, width, isSheet) {
  let fit = cells;
  while (fit.length > width && !tidy(fit.at(-1))) fit = fit.slice(0, -1);
  if (isSheet) while (fit.length < width) fit = [...fit, ""];
  return fit.length === width ? fit : null;
}

function textTable({ text, encoding }, known) {
  let best = null;
  const heads = SEPARATORS.map((separator) => headRecords(text, separator));
  const height = Math.max(...heads.map((head) => head.length));
  for (let number = 1; number <= height && !(best && 2 * best.score > best.cells.length); number += 1) {
    heads.forEach((head, rank) => {
      const cells = (head[number - 1] ?? []).map((cell) => cell.trim());
      if (!cells.some(Boolean)) return;
      const width = best === null || best.number === number ? cells.length : 0;
      const score = headerScore(cells, known);
      if (best === null || score > best.score || (score === best.score && width > best.width)) {
        best = { score, width, number, cells, separator: SEPARATORS[rank] };
      }
    });
  }
  if (best === null) throw new FileRefused("FILE_EMPTY");
  if (best.cells.length === 1) throw new FileRefused("SEPARATOR_UNKNOWN");
  return {
    records: parseRecords(text, best.separator), headers: best.cells, headerLine: best.number, encoding,
    separator: best.separator, isSheet: false,
  };
}

/** The first records under a separator; none where it makes no sense of the quotes. */
function headRecords(text, separator) {
  try {
    return parseRecords(text, separator, HEADER_SEARCH_LINES);
  } catch {
    return [];
  }
}

function bestSheet(sheets, known) {
  let best = null;
  for (const { name, rows } of sheets) {
    rows.slice(0, HEADER_SEARCH_LINES).forEach((row, rank) => {
      const headers = row.map((cell) => cell.trim());
      while (headers.length && !headers.at(-1)) headers.pop();
      const score = headerScore(headers, known);
      if (headers.length && (best === null || score > best.score)) {
        best = { score, records: rows, headers, headerLine: rank + 1, encoding: "sheet", isSheet: true, sheet: name };
      }
    });
  }
  if (best === null) throw new FileRefused("FILE_EMPTY");
  return best;
}

function headerScore(cells, known) {
  return new Set(cells.map(fold).filter((cell) => known.has(cell))).size;
}

/** A cell whose runs of white space are one blank, and none at its ends. */
function tidy(cell) {
  return VISIBLE.test(cell) ? cell : cell.replace(WHITE, " ").replace(/^ | $/g, "");
}

/** The one table whose mandatory columns are all there; null when none or several are. */
function tableOfHeaders(headers, contracts, given = []) {
  const folded = new Set([...headers.map(fold), ...given]);
  const found = Object.values(contracts).filter((contract) => contract.fields
    .every((field) => !field.required || folded.has(fold(field.name))));
  return found.length === 1 ? found[0].name : null;
}

/** The field of each column, null for an unknown one. Throws FileRefused if one names people, comes twice, is missing. */
function matchColumns(headers, contract, screen) {
  const names = new Map(contract.fields.map((field) => [fold(field.name), field.name]));
  const columns = headers.map((header) => names.get(fold(header)) ?? null);
  const words = nominativeWords(headers.filter((_, rank) => columns[rank] === null), screen);
  if (words.length) throw new FileRefused("NOMINATIVE_COLUMN", words.join(", "));
  const present = columns.filter(Boolean);
  const doubles = [...new Set(present.filter((name, rank) => present.indexOf(name) !== rank))].sort();
  if (doubles.length) throw new FileRefused("FILE_UNREADABLE", `colonne en double : ${doubles.join(", ")}`);
  const missing = contract.fields.filter((field) => field.required && !present.includes(field.name));
  if (missing.length) throw new FileRefused("COLUMN_MISSING", missing.map((field) => field.name).join(", "));
  return columns;
}
