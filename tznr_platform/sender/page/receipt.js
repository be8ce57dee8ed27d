// What the page hands back: the verdict on a file, and CSV files a spreadsheet shows and never runs.
// Twin of tznr_platform/intake/receipts.py and tznr_platform/storage/exports.py. No value of the file is ever told.

const FORMULA_STARTS = /^[=+\-@\t\r]/;

/** The verdict on a file, read by `read`: {status, reason, remarks, accepted, refused, refusals}. */
function verdict(read, contract, book, sender) {
  try {
    const reading = read();
    if (!contract.senders.includes(sender)) throw new FileRefused("SENDER_NOT_ALLOWED");
    const { columns, remarks } = matchColumns(reading, contract, book.screen);
    if (reading.lines.every(({ part }) => part === ASIDE)) throw new FileRefused("NO_ROWS");
    const judged = judgeRows(reading, columns, contract, book, sender);
    const status = judged.accepted === 0 ? "refused" : judged.refused ? "partial" : "accepted";
    return { status, reason: null, remarks: [...remarks, ...remarksOf(reading, columns), ["TRIAL_ONLY", ""]], ...judged };
  } catch (error) {
    if (error instanceof FileRefused) return refusedWhole(error);
    throw error;
  }
}

function refusedWhole({ reason, detail }) {
  return { status: "refused", reason, remarks: [[reason, detail]], accepted: 0, refused: 0, refusals: [] };
}

/** Unknown columns are told by their rank: without a header line, a header is a value. */
function remarksOf(reading, columns) {
  const unknown = columns.flatMap((name, rank) => (name === null ? [reading.left + rank + 1] : []));
  const remarks = [];
  if (unknown.length) remarks.push(["COLUMN_IGNORED", `colonne n° ${unknown.join(", ")}`]);
  if (!["utf-8", ""].includes(reading.encoding)) remarks.push(["ENCODING_CONVERTED", reading.encoding]);
  return [...remarks, ...reading.remarks];
}

/** The list of a receipt, as the platform writes it: ligne, champ, motif, message. */
function receiptCsv({ remarks, refusals }, codes) {
  return harmlessCsv(["ligne", "champ", "motif", "message"], [
    ...remarks.map(([reason, detail]) => ["", "", reason, codes[reason].message + (detail ? ` (${detail})` : "")]),
    ...refusals.map(({ line, field, reason }) => [line, field, reason, codes[reason].message])]);
}

/** Semicolon, UTF-8 with its mark, CRLF; quotes only where the format needs them. */
function csvText(headers, rows) {
  return `\ufeff${[headers, ...rows].map((row) => row.map(quoted).join(";")).join("\r\n")}\r\n`;
}

/** The same for people to open: a text that starts like a formula gets an apostrophe, which spreadsheets show as text. */
function harmlessCsv(headers, rows) {
  const harmless = (cell) => (typeof cell === "string" && FORMULA_STARTS.test(cell) ? `'${cell}` : cell);
  return csvText(headers, rows.map((row) => row.map(harmless)));
}

function quoted(cell) {
  const text = String(cell);
  return /[;"\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
