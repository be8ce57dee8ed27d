// From the bytes of a text file to its characters, and from characters to records of cells.
// Twin of the readers of tznr_platform/intake. A record is what a spreadsheet shows as one line.

const SEPARATORS = [";", ",", "\t", "|"];
const CONTROLS = /[\x00-\x08\x0b\x0c\x0e-\x1f]/;
const UNDEFINED_1252 = [0x81, 0x8d, 0x8f, 0x90, 0x9d];

/** A file refused whole: a reason code of level « file » and a detail without any value. */
class FileRefused extends Error {
  constructor(reason, detail = "") {
    super(reason);
    this.reason = reason;
    this.detail = detail;
  }
}

/** {text, encoding}: UTF-16, UTF-8, else Windows-1252. Throws FileRefused when accents would be lost. */
function decodeText(bytes) {
  const [first, second] = bytes;
  const head = bytes.subarray(0, 65536);
  const zeros = head.reduce((count, byte) => count + (byte === 0), 0);
  let found;
  if (first === 0xff && second === 0xfe) found = ["utf-16le", "utf-16"];
  else if (first === 0xfe && second === 0xff) found = ["utf-16be", "utf-16"];
  else if (second === 0 && zeros > head.length / 3) found = ["utf-16le", "utf-16-le"];
  const text = found ? new TextDecoder(found[0]).decode(bytes) : utf8(bytes);
  const decoded = text === null ? windows1252(bytes) : { text, encoding: found ? found[1] : "utf-8" };
  if (CONTROLS.test(decoded.text.slice(0, 65536))) throw new FileRefused("FILE_UNREADABLE");
  return decoded;
}

function utf8(bytes) {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return null;
  }
}

function windows1252(bytes) {
  const lossy = new TextDecoder("utf-8").decode(bytes);
  const mixesTwo = /[^\x00-\x7f\ufffd]/.test(lossy);
  if (mixesTwo || bytes.some((byte) => byte === 0 || UNDEFINED_1252.includes(byte))) {
    throw new FileRefused("ENCODING_UNKNOWN");
  }
  return { text: new TextDecoder("windows-1252").decode(bytes), encoding: "cp1252" };
}

/** Records of cells, at most `limit` of them. Blank lines are records of no cell; a quoted line break stays inside. */
function parseRecords(text, separator, limit = Infinity) {
  const records = [];
  let at = 0;
  while (at < text.length && records.length < limit) {
    const cells = [];
    at = parseRecord(text, at, separator, cells);
    records.push(cells.length === 1 && cells[0] === "" ? [] : cells);
  }
  return records;
}

/** Fill `cells` with the record that starts at `at`; returns where the next one starts. */
function parseRecord(text, at, separator, cells) {
  const special = separator === "," ? /[,\r\n]/g : separator === ";" ? /[;\r\n]/g
    : separator === "\t" ? /[\t\r\n]/g : /[|\r\n]/g;
  for (;;) {
    let cell = "";
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

/** The content of a quoted cell and where its closing quote ends; an open one runs to the end of the file. */
function quotedCell(text, at) {
  let cell = "";
  for (;;) {
    const quote = text.indexOf('"', at);
    if (quote < 0) throw new FileRefused("FILE_TRUNCATED");
    cell += text.slice(at, quote);
    if (text[quote + 1] !== '"') return [cell, quote + 1];
    cell += '"';
    at = quote + 2;
  }
}

/** Lower case, no accent, one underscore for other characters: « Prénom usuel » → prenom_usuel. */
function fold(text) {
  return text.normalize("NFKD").replace(/[^\x00-\x7f]/g, "").toLowerCase().replace(/[^a-z0-9]+/g, "_")
    .replace(/^_+|_+$/g, "");
}
