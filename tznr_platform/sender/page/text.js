// From the bytes of a text file to its characters. Twin of tznr_platform/intake/encodings.py, for the encodings of
// French offices, whose tables come with the page; a rarer one is refused here.

const HEAD_BYTES = 65536;
const ENOUGH = 0.7;
const ENOUGH_OF_ANOTHER = 0.6;
const FEW = 3;
const TWICE_ENCODED = [0xc3, 0x83, 0xc2];

/** A file refused whole: a reason code of level « file » and a detail without any value. */
class FileRefused extends Error {
  constructor(reason, detail = "") {
    super(reason);
    this.reason = reason;
    this.detail = detail;
  }
}

/** {text, encoding}: UTF-16, UTF-8, else a single-byte encoding. Throws FileRefused when accents would be lost. */
function decodeText(bytes, encodings) {
  const head = bytes.subarray(0, HEAD_BYTES);
  const [first, second] = bytes;
  if (first === 0xff && second === 0xfe) return { text: new TextDecoder("utf-16le").decode(bytes), encoding: "utf-16" };
  if (first === 0xfe && second === 0xff) return { text: new TextDecoder("utf-16be").decode(bytes), encoding: "utf-16" };
  if (head.filter((byte) => byte === 0).length > head.length / 3) {
    const encoding = second === 0 ? "utf-16-le" : "utf-16-be";
    return { text: new TextDecoder(encoding.replace("16-", "16")).decode(bytes), encoding };
  }
  if (head.some(isControl) || bytes.includes(0)) throw new FileRefused("FILE_UNREADABLE");
  if (holds(bytes, TWICE_ENCODED)) throw new FileRefused("ENCODING_UNKNOWN");
  const text = utf8(bytes, false);
  if (text !== null) return { text, encoding: "utf-8" };
  if (bytes.length >= HEAD_BYTES && utf8(bytes, true) !== null) throw new FileRefused("FILE_TRUNCATED");
  return singleByte(bytes, encodings);
}

function isControl(byte) {
  return (byte < 32 && byte !== 9 && byte !== 10 && byte !== 12 && byte !== 13) || byte === 127;
}

function holds(bytes, sequence) {
  for (let at = bytes.indexOf(sequence[0]); at >= 0; at = bytes.indexOf(sequence[0], at + 1)) {
    if (sequence.every((byte, rank) => bytes[at + rank] === byte)) return true;
  }
  return false;
}

/** Strict UTF-8, null where it is not; `isCut` forgives a last character that is not whole. */
function utf8(bytes, isCut) {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes, { stream: isCut });
  } catch {
    return null;
  }
}

/** The encoding under which most letters beyond ASCII are those of French. */
function singleByte(bytes, { tables, expected, common }) {
  if (/[^\x00-\x7f\ufffd]/.test(new TextDecoder("utf-8").decode(bytes))) throw new FileRefused("ENCODING_UNKNOWN");
  const foreign = bytes.filter((byte) => byte > 127);
  const { cp1252, ...others } = tables;
  let encoding = "cp1252";
  if (shareOf(foreign, cp1252, expected) < ENOUGH) {
    const shares = Object.entries(others).map(([name, table]) => [name, shareOf(foreign, table, common)]);
    const [best, share] = shares.reduce((most, next) => (next[1] > most[1] ? next : most));
    if (share < ENOUGH_OF_ANOTHER || foreign.length < FEW) throw new FileRefused("ENCODING_UNKNOWN");
    encoding = best;
  }
  const letters = Array.from({ length: 256 }, (_, byte) => (byte < 128 ? String.fromCharCode(byte) : tables[encoding][byte - 128]));
  return { text: Array.from(bytes, (byte) => letters[byte]).join(""), encoding };
}

function shareOf(foreign, table, letters) {
  const known = new Set(letters);
  let count = 0;
  for (const byte of foreign) {
    if (table[byte - 128] === "\ufffd") return 0;
    count += known.has(table[byte - 128]);
  }
  return count / foreign.length;
}

/** Lower case, no accent, one underscore for other characters: « Prénom usuel » → prenom_usuel. */
function fold(text) {
  return text.normalize("NFKD").replace(/[^\x00-\x7f]/g, "").toLowerCase().replace(/[^a-z0-9]+/g, "_")
    .replace(/^_+|_+$/g, "");
}
