// One table out of a file: what each line is, a row, a ragged row, or a line aside (above the header, a note, a total).
// Twin of tznr_platform/intake/reading.py and sheets.py. It refuses rather than guesses.

const TOTALS = ["total", "totaux", "ensemble", "sous_total", "grand_total"];
const LOST_LETTERS = /\ufffd|[a-zà-ÿ]\?[a-zà-ÿ](?![\p{L}\p{N}_]*=)/u;
const ESCAPED_QUOTE = /[^\\"]\\"[^;,\t|\r\n"]/;
const ROW = "";
const RAGGED = "ragged";
const ASIDE = "aside";
const AS_GOOD = 0.8;
const FRAMED_LINES = 5000;
const HELD_LINES = 50;
const TAIL_LINES = 50;
const SHOWN_RANGES = 10;

/** A workbook or a text, opened: {sheets} or {text, encoding}. Throws FileRefused. */
async function openFile(bytes, encodings) {
  if (bytes.length === 0) throw new FileRefused("FILE_EMPTY");
  if (isZip(bytes)) return { sheets: await openWorkbook(bytes) };
  if ([[0xd0, 0xcf], [0x1f, 0x8b], [0x25, 0x50]].some(([first, second]) => bytes[0] === first && bytes[1] === second)) {
    throw new FileRefused("FORMAT_UNSUPPORTED");
  }
  return decodeText(bytes, encodings);
}

/** {headers, left, lines: [{line, part, cells}], encoding, remarks} of the table whose header holds most `names`. */
function readTable(opened, names) {
  const known = new Set(names.map(nameKey));
  return opened.sheets ? readSheets(opened.sheets, known) : readText(opened, known);
}

function readText({ text, encoding }, known) {
  if (/^\s*(?:<(?:\?xml|!--|!doctype|html|head|body|table|div|style|meta)|\[\s*[[{]|\{)/i.test(text)) {
    throw new FileRefused("FORMAT_UNSUPPORTED");
  }
  if (ESCAPED_QUOTE.test(text.slice(0, SAMPLE_CHARACTERS))) throw new FileRefused("FORMAT_UNSUPPORTED");
  const dialect = dialectOf(text, known);
  if (!dialect) throw new FileRefused(text.trim() ? "SEPARATOR_UNKNOWN" : "FILE_EMPTY");
  const records = recordsOf(text, dialect);
  const frame = findFrame(gridOf(records.slice(0, FRAMED_LINES)), known);
  if (!records.slice(frame.headerLine).some((cells) => cells.some(tidy))) throw new FileRefused("NO_ROWS");
  if (isRegular(records, frame, dialect)) {
    const lines = records.slice(1).map((cells, rank) => ({ line: rank + 2, part: ROW, cells: cells.map(tidy) }));
    return { ...frame, lines, encoding, remarks: [] };
  }
  const found = partedLines(records, frame);
  const isCut = found.last && found.last.cells.length < frame.left + frame.headers.length
    && (found.last.cells.at(-1).includes("\n") || !/[\r\n]$/.test(text));
  if (isCut) throw new FileRefused("FILE_TRUNCATED", `ligne ${found.last.line}`);
  return { ...frame, lines: found.lines, encoding, remarks: toldRemarks(found.told) };
}

/** A record a line from line 2, of the width of the header, and neither total nor note among the last. */
function isRegular(records, frame, dialect) {
  const width = frame.headers.length;
  const isPlain = !dialect.skipsBlanks && !dialect.isWrapped && frame.firstLine === 1 && frame.headerLine === 1;
  const isHeader = (cells) => cells.every((cell, rank) => tidy(cell) === frame.headers[rank]);
  return isPlain && !records.slice(1).some(isHeader) && records.every((cells) => cells.length === width && !cells.some((cell) => cell.includes("\n")))
    && !records.slice(1).slice(-TAIL_LINES).map((cells) => cells.map(tidy))
      .some((cells) => cells.some(Boolean) && (isTotal(cells, width) || (filled(cells) === 1 && width > 2)));
}

function readSheets(sheets, known) {
  const shown = sheets.filter(({ isHidden }) => !isHidden);
  const { sheet, frame } = chosenSheet(shown, known);
  if (sheet.rows.length <= frame.headerLine) throw new FileRefused("NO_ROWS");
  const width = Math.max(frame.left + frame.headers.length, ...sheet.rows.map((row) => row.length));
  const full = sheet.rows.map((row) => [...row, ...Array(width - row.length).fill("")]);
  const { lines, told } = partedLines(full, frame);
  const remarks = toldRemarks(told);
  const others = sheets.filter((other) => other !== sheet && other.rows.length);
  const passed = others.filter(({ isHidden }) => !isHidden);
  if (passed.length) {
    remarks.push(["SHEETS_IGNORED", `feuille lue : n° ${sheet.rank} ; non lues : n° ${passed.map(({ rank }) => rank).join(", ")}`]);
  }
  for (const { rows } of others) {
    rows.forEach((cells, rank) => { if (cells.some(Boolean)) lines.push({ line: rank + 1, part: ASIDE, cells: cells.map(tidy) }); });
  }
  return { ...frame, lines, encoding: "", remarks };
}

/** The sheet with most names we know; SEVERAL_TABLES when two hold them. */
function chosenSheet(sheets, known) {
  const refusals = [];
  const found = sheets.flatMap((sheet) => {
    try {
      const frame = findFrame(gridOf(sheet.rows.slice(0, FRAMED_LINES)), known, sheet.merges);
      return [{ sheet, frame, score: headerScore(frame.headers, known) }];
    } catch (error) {
      if (!(error instanceof FileRefused)) throw error;
      refusals.push(error);
      return [];
    }
  });
  if (found.length === 0) throw refusals.find(({ reason }) => reason !== "FILE_EMPTY") ?? new FileRefused("FILE_EMPTY");
  const most = Math.max(...found.map(({ score }) => score));
  const rivals = most > 1 ? found.filter(({ sheet, frame, score }) => score >= AS_GOOD * most && sheet.rows.length > frame.headerLine) : [];
  if (rivals.length > 1) throw new FileRefused("SEVERAL_TABLES", `feuilles n° ${rivals.map(({ sheet }) => sheet.rank).join(", ")}`);
  return rivals[0] ?? found.find(({ score }) => score === most);
}

/** {lines, told, last}: rows, ragged rows, lines aside; what may be a note at the bottom waits for what follows it. */
function partedLines(records, frame) {
  const told = new Map();
  const tell = (code, line) => told.set(code, [...(told.get(code) ?? []), line]);
  const lines = [];
  let held = [];
  let last = null;
  let isAfterBlank = false;
  const keep = (item) => {
    if (item.part === RAGGED) tell("COLUMN_COUNT", item.line);
    lines.push(item);
  };
  records.forEach((raw, rank) => {
    const line = rank + 1;
    const cells = raw.map(tidy);
    if (!cells.some(Boolean)) {
      isAfterBlank = true;
      return;
    }
    if (line >= frame.firstLine && line <= frame.headerLine) return;
    last = { line, cells: raw };
    const item = { line, ...partOf(line, cells, frame, tell) };
    if (item.part === ASIDE) {
      lines.push(item);
    } else if (looksNote(cells, frame, isAfterBlank || held.length > 0) && held.length < HELD_LINES) {
      held.push(item);
    } else {
      [...held, item].forEach(keep);
      held = [];
      isAfterBlank = false;
    }
  });
  for (const { line, cells } of held) {
    tell("LINES_ASIDE_IGNORED", line);
    lines.push({ line, part: ASIDE, cells });
  }
  return { lines, told, last: held.length ? null : last };
}

/** What a line is on its own, with its cells cut to the table if it is a row. */
function partOf(line, cells, frame, tell) {
  const { headers, left } = frame;
  const right = left + headers.length;
  const aside = (code) => {
    tell(code, line);
    return { part: ASIDE, cells };
  };
  if (line < frame.firstLine) return aside("LINES_ABOVE_IGNORED");
  const isInside = !cells.slice(right).some(Boolean) && !cells.slice(0, left).some(Boolean);
  const fitted = isInside ? cells.slice(left, right) : cells;
  const isHeaderAgain = cells.length > 1 && fitted.length === headers.length && fitted.every((cell, rank) => cell === headers[rank]);
  if (isHeaderAgain || (cells[0].startsWith("#") && filled(cells) === 1)) return aside("LINES_ASIDE_IGNORED");
  if (isTotal(cells, headers.length)) return aside("TOTAL_IGNORED");
  if (cells.some((cell) => LOST_LETTERS.test(cell))) tell("CHARACTERS_LOST", line);
  return fitted.length === headers.length ? { part: ROW, cells: fitted } : { part: RAGGED, cells };
}

/** A line that starts with the word total and leaves part of its cells empty. */
function isTotal(cells, width) {
  const first = fold(cells.find(Boolean));
  const isNamed = TOTALS.some((word) => first === word || first.startsWith(`${word}_`));
  return isNamed && width > 1 && 3 * (width - filled(cells)) >= width;
}

/** A lone text in a wide table: several words, or anything below a blank line. */
function looksNote(cells, { headers }, followsBlank) {
  if (filled(cells) !== 1 || headers.length < 2) return false;
  const text = cells.find(Boolean);
  return text.includes(" ") && !/^[0-9]/.test(text) && (followsBlank || headers.length > 2);
}

function toldRemarks(told) {
  return [...told].filter(([code]) => code !== "COLUMN_COUNT").map(([code, lines]) => [code, linesTold(lines)]);
}

/** Line numbers as ranges: « lignes 1-3, 12 », the first ten. */
function linesTold(lines) {
  const ranges = [];
  for (const line of lines) {
    if (ranges.length && ranges.at(-1)[1] === line - 1) ranges.at(-1)[1] = line;
    else ranges.push([line, line]);
  }
  const shown = ranges.slice(0, SHOWN_RANGES).map(([first, last]) => (first === last ? first : `${first}-${last}`));
  return `${lines.length === 1 ? "ligne" : "lignes"} ${shown.join(", ")}${ranges.length > SHOWN_RANGES ? "…" : ""}`;
}
