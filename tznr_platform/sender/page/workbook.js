// XLSX and ODS workbooks: the sheets as rows of text, as their author would have typed them.
// Here: the zip, the XML, the cells. Only the browser's own inflater is used; volumes are bounded before it runs.
// Not here: which sheet is the table (table.js).

const MAX_UNPACKED = 200 * 1024 * 1024;
const MAX_RATIO = 100;
const MAX_ENTRIES = 200;
const MAX_REPEATED_ROWS = 1000;
const DATE_STYLES = new Set([14, 15, 16, 17, 18, 19, 20, 21, 22, 27, 30, 36, 45, 46, 47, 50, 57]);

function isZip(bytes) {
  return bytes[0] === 0x50 && bytes[1] === 0x4b && bytes[2] === 3 && bytes[3] === 4;
}

/** Sheets [{rank, isHidden, rows, merges}] of a workbook; rows are arrays of texts. Throws FileRefused. */
async function openWorkbook(bytes) {
  const entries = zipEntries(bytes);
  const read = async (name) => (entries.has(name) ? new TextDecoder().decode(await inflate(bytes, entries.get(name))) : null);
  if (entries.has("xl/workbook.xml")) return excelSheets(read);
  if (entries.has("content.xml")) return openDocumentSheets(await read("content.xml"));
  throw new FileRefused("FORMAT_UNSUPPORTED");
}

/** The central directory of a zip: name → {method, size, packed, offset}; refused if it announces too much. */
function zipEntries(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let end = bytes.length - 22;
  while (end >= 0 && view.getUint32(end, true) !== 0x06054b50) end -= 1;
  if (end < 0) throw new FileRefused("FILE_UNREADABLE");
  const entries = new Map();
  const count = view.getUint16(end + 10, true);
  let at = view.getUint32(end + 16, true);
  let total = 0;
  for (let rank = 0; rank < count; rank += 1) {
    if (at + 46 > bytes.length || view.getUint32(at, true) !== 0x02014b50) throw new FileRefused("FILE_UNREADABLE");
    const entry = {
      method: view.getUint16(at + 10, true), packed: view.getUint32(at + 20, true), size: view.getUint32(at + 24, true),
      offset: view.getUint32(at + 42, true), isLocked: (view.getUint16(at + 8, true) & 1) === 1,
    };
    const lengths = [28, 30, 32].map((place) => view.getUint16(at + place, true));
    entries.set(new TextDecoder().decode(bytes.subarray(at + 46, at + 46 + lengths[0])), entry);
    total += entry.size;
    at += 46 + lengths[0] + lengths[1] + lengths[2];
  }
  if (total > MAX_UNPACKED || count > MAX_ENTRIES || total > MAX_RATIO * Math.max(bytes.length, 1 << 16)) {
    throw new FileRefused("ARCHIVE_UNSAFE");
  }
  return entries;
}

async function inflate(bytes, entry) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (entry.isLocked || entry.offset + 30 > bytes.length) throw new FileRefused("FILE_UNREADABLE");
  const start = entry.offset + 30 + view.getUint16(entry.offset + 26, true) + view.getUint16(entry.offset + 28, true);
  const packed = bytes.subarray(start, start + entry.packed);
  if (entry.method === 0) return packed;
  if (entry.method !== 8) throw new FileRefused("FILE_UNREADABLE");
  return unpacked(packed, entry.size);
}

/** Inflate, and stop as soon as more comes out than was announced. */
async function unpacked(packed, size) {
  const reader = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate-raw")).getReader();
  const whole = new Uint8Array(size);
  let filled = 0;
  try {
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      if (filled + part.value.length > size) throw new FileRefused("ARCHIVE_UNSAFE");
      whole.set(part.value, filled);
      filled += part.value.length;
    }
  } catch (error) {
    throw error instanceof FileRefused ? error : new FileRefused("FILE_UNREADABLE");
  }
  return whole.subarray(0, filled);
}

// XML: workbooks are written by machines; tags are found by their name, whatever their prefix.

const patterns = new Map();

/** The pattern of a name, made once. */
function patternOf(name, make) {
  if (!patterns.has(name)) patterns.set(name, make(name));
  return patterns.get(name);
}

function elements(xml, name) {
  const pattern = patternOf(`<${name}`, () => new RegExp(
    `<(?:\\w+:)?${name}((?:\\s[^>]*?)?)(?:/>|>([\\s\\S]*?)</(?:\\w+:)?${name}>)`, "g"));
  return Array.from(xml.matchAll(pattern), ([, attributes, content]) => ({ attributes, content: content ?? "" }));
}

function attribute(attributes, name) {
  const found = patternOf(`@${name}`, () => new RegExp(`(?:^|\\s)${name}="([^"]*)"`)).exec(attributes);
  return found ? unescapeXml(found[1]) : null;
}

function unescapeXml(text) {
  const named = { lt: "<", gt: ">", amp: "&", quot: '"', apos: "'" };
  return text.replace(/&(#x?[0-9a-fA-F]+|lt|gt|amp|quot|apos);/g, (whole, code) => named[code]
    ?? String.fromCodePoint(code[1] === "x" ? parseInt(code.slice(2), 16) : Number(code.slice(1))));
}

function innerText(xml) {
  return elements(xml.replace(/<(?:\w+:)?rPh[\s>][\s\S]*?<\/(?:\w+:)?rPh>/g, ""), "t")
    .map(({ content }) => unescapeXml(content)).join("");
}

function withoutTail(rows) {
  let end = rows.length;
  while (end && rows[end - 1].every((cell) => cell === "")) end -= 1;
  return rows.slice(0, end);
}

// XLSX

async function excelSheets(read) {
  const [book, relations, strings, styles] = await Promise.all(
    ["xl/workbook.xml", "xl/_rels/workbook.xml.rels", "xl/sharedStrings.xml", "xl/styles.xml"].map(read));
  const targets = new Map(elements(relations ?? "", "Relationship").map(({ attributes }) => [
    attribute(attributes, "Id"), attribute(attributes, "Target").replace(/^\/?(?:xl\/)?/, "xl/")]));
  const context = {
    strings: elements(strings ?? "", "si").map(({ content }) => innerText(content)),
    isDate: dateStyles(styles ?? ""), is1904: /date1904="(1|true)"/.test(book),
  };
  const sheets = [];
  for (const { attributes } of elements(book, "sheet")) {
    const xml = await read(targets.get(attribute(attributes, "r:id")) ?? "");
    const isHidden = /hidden/i.test(attribute(attributes, "state") ?? "");
    if (xml !== null) sheets.push({ rank: sheets.length + 1, isHidden, rows: excelRows(xml, context), merges: excelMerges(xml) });
  }
  return sheets;
}

/** For each cell style, whether it shows a date. */
function dateStyles(xml) {
  const own = new Set(elements(xml, "numFmt")
    .filter(({ attributes }) => /[ymdh]/i.test(attribute(attributes, "formatCode").replace(/"[^"]*"|\[[^\]]*\]|\\./g, "")))
    .map(({ attributes }) => Number(attribute(attributes, "numFmtId"))));
  const [styles] = elements(xml, "cellXfs");
  return elements(styles?.content ?? "", "xf").map(({ attributes }) => {
    const format = Number(attribute(attributes, "numFmtId"));
    return DATE_STYLES.has(format) || own.has(format);
  });
}

/** Merged cells; rows and columns from 0. */
function excelMerges(xml) {
  return elements(xml, "mergeCell").map(({ attributes }) => {
    const [first, last] = attribute(attributes, "ref").split(":");
    return { top: Number(first.replace(/[A-Z]/g, "")) - 1, left: columnRank(first), right: columnRank(last ?? first) };
  });
}

function excelRows(xml, context) {
  const rows = [];
  for (const { attributes, content } of elements(xml, "row")) {
    const number = Number(attribute(attributes, "r") ?? rows.length + 1);
    while (rows.length < number - 1) rows.push([]);
    rows.push(excelCells(content, context));
  }
  return withoutTail(rows);
}

function excelCells(xml, context) {
  const cells = [];
  for (const { attributes, content } of elements(xml, "c")) {
    const place = attribute(attributes, "r");
    const column = place ? columnRank(place) : cells.length;
    while (cells.length < column) cells.push("");
    cells[column] = excelText(attribute(attributes, "t"), Number(attribute(attributes, "s") ?? 0), content, context);
  }
  return cells;
}

function columnRank(place) {
  let rank = 0;
  for (const letter of place.replace(/[^A-Z]/g, "")) rank = rank * 26 + letter.charCodeAt(0) - 64;
  return rank - 1;
}

function excelText(type, style, content, context) {
  if (type === "inlineStr") return innerText(content);
  const value = unescapeXml(elements(content, "v")[0]?.content ?? "");
  if (type === "s") return context.strings[Number(value)] ?? "";
  if (type === "b") return value === "1" ? "oui" : "non";
  if (value === "" || type === "str" || type === "e" || type === "d") return value;
  const number = Number(value);
  return context.isDate[style] ? excelDate(number + (context.is1904 ? 1462 : 0)) : String(number);
}

/** 45363 → 2024-03-12; days are counted from 30 December 1899. */
function excelDate(days) {
  const moment = new Date(Date.UTC(1899, 11, 30) + Math.round(days * 86400) * 1000);
  if (Number.isNaN(moment.getTime())) return String(days);
  const [day, time] = moment.toISOString().slice(0, 19).split("T");
  return time === "00:00:00" ? day : `${day} ${time}`;
}

// ODS

function openDocumentSheets(xml) {
  const body = xml.replace(/<office:annotation[\s>][\s\S]*?<\/office:annotation>/g, "");
  return elements(body, "table").map(({ content }, rank) => ({
    rank: rank + 1, isHidden: false, rows: openDocumentRows(content), merges: [],
  }));
}

function openDocumentRows(xml) {
  const rows = [];
  for (const { attributes, content } of elements(xml, "table-row")) {
    const cells = openDocumentCells(content);
    const repeated = Number(attribute(attributes, "table:number-rows-repeated") ?? 1);
    const isBlank = cells.every((cell) => cell === "");
    for (let copy = 0; copy < (isBlank ? Math.min(repeated, MAX_REPEATED_ROWS) : repeated); copy += 1) rows.push(cells);
  }
  return withoutTail(rows);
}

function openDocumentCells(xml) {
  const cells = [];
  for (const { attributes, content } of elements(xml, "(?:covered-)?table-cell")) {
    const text = openDocumentText(attributes, content);
    const repeated = Number(attribute(attributes, "table:number-columns-repeated") ?? 1);
    for (let copy = 0; copy < (text === "" ? Math.min(repeated, 512) : Math.min(repeated, 16384)); copy += 1) cells.push(text);
  }
  while (cells.length && cells.at(-1) === "") cells.pop();
  return cells;
}

function openDocumentText(attributes, content) {
  const type = attribute(attributes, "office:value-type");
  if (type === "float" || type === "percentage" || type === "currency") {
    return String(Number(attribute(attributes, "office:value")));
  }
  if (type === "date") return attribute(attributes, "office:date-value").replace(/T00:00:00$/, "").replace("T", " ");
  if (type === "boolean") return attribute(attributes, "office:boolean-value") === "true" ? "oui" : "non";
  return elements(content, "p").map((paragraph) => unescapeXml(
    paragraph.content.replace(/<text:s\/?>/g, " ").replace(/<[^>]*>/g, ""))).join("\n");
}
