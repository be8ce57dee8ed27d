// TZNR1 in the browser: the twin of tznr_platform/privacy/identity.py, where the rule is written.
// Bound to it by tests/golden_vectors.json. No locale takes part.

const SPELT_OUT = {
  "Œ": "OE", "œ": "OE", "Æ": "AE", "æ": "AE", "Ø": "O", "ø": "O", "Ł": "L", "ł": "L", "Đ": "D", "đ": "D", "Ð": "D",
  "ð": "D", "Þ": "TH", "þ": "TH", "Ħ": "H", "ħ": "H", "Ŋ": "N", "ŋ": "N", "ß": "SS", "ẞ": "SS", "ı": "I",
};
const SPELLABLE = new RegExp(`[${Object.keys(SPELT_OUT).join("")}]`, "gu");
const TWO_NAMES = /(?<![A-Z])(?:NEE?|EP|EPSE|EPOUSE|EPOUX|VEUVE|VVE|DITE?|ALIAS|USAGE)(?![A-Z])(?=.*[A-Z])/s;
const HYPHENS = /[-\u2010\u2011\u2012\u2013\u2014\u2212]/;
const NAME_BLANKS = "[ \\t\\r\\n\\v\\f\\u0085\\u2028\\u2029]+";
const BLANK_RUN = new RegExp(NAME_BLANKS);
const BLANK_ENDS = new RegExp(`^${NAME_BLANKS}|${NAME_BLANKS}$`, "g");
const ISO_BIRTH = /^([0-9]{4})-([0-9]{2})-([0-9]{2})(?:[ T]00:00(?::00(?:\.0+)?)?)?$/;
const FRENCH_BIRTH = /^([0-9]{1,2})([/.-])([0-9]{1,2})\2([0-9]{4})$/;
const EARLIEST_BIRTH_YEAR = 1880;

/** An identity that must not become an identifier; `reason` is one of the four of identity.py. Holds no value. */
class IdentityRefused extends Error {
  constructor(reason) {
    super(reason);
    this.reason = reason;
  }
}

/** The canonical form: {name, firstName, birthDate, isDefaultBirthDate, message}. Throws IdentityRefused. */
function canonicalIdentity(birthName, firstNames, birthDate) {
  const name = canonicalName(birthName);
  const firstName = canonicalFirstName(firstNames);
  const date = canonicalDate(birthDate);
  return {
    name, firstName, birthDate: date, isDefaultBirthDate: date.endsWith("-01-01") || date.includes("-00"),
    message: `TZNR1|M1|${name}|${firstName}|${date}`,
  };
}

function canonicalName(text) {
  const upper = latinUpper(text);
  if (TWO_NAMES.test(upper)) throw new IdentityRefused("SEVERAL_NAMES");
  const name = upper.replace(/[^A-Z]+/g, "");
  if (!name) throw new IdentityRefused("EMPTY_NAME");
  return name;
}

function canonicalFirstName(text) {
  let first = text.normalize("NFKC").split(/[,;]/)[0];
  if (HYPHENS.test(first)) first = first.split(BLANK_RUN).find(Boolean);
  const name = latinUpper(first).replace(/[^A-Z]+/g, "");
  if (!name) throw new IdentityRefused("EMPTY_FIRST_NAME");
  return name;
}

function canonicalDate(text) {
  const trimmed = text.replaceAll("\u00a0", " ").replace(BLANK_ENDS, "");
  const iso = ISO_BIRTH.exec(trimmed);
  const french = FRENCH_BIRTH.exec(trimmed);
  if (!iso && !french) throw new IdentityRefused("DATE_INVALID");
  const [year, month, day] = iso ? iso.slice(1, 4)
    : [french[4], french[3].padStart(2, "0"), french[1].padStart(2, "0")];
  const isCalendarDay = isDay(Number(year), Number(month) || 1, Number(day) || 1);
  const isHalfKnown = month === "00" && day !== "00";
  if (!isCalendarDay || Number(year) < EARLIEST_BIRTH_YEAR || isHalfKnown) throw new IdentityRefused("DATE_INVALID");
  return `${year}-${month}-${day}`;
}

function latinUpper(text) {
  const spell = (part) => part.replace(SPELLABLE, (char) => SPELT_OUT[char]);
  return spell(spell(text.normalize("NFKC")).toUpperCase()).normalize("NFD").replace(/\p{Mn}/gu, "");
}

/** Whether a day exists in the (proleptic Gregorian) calendar, years 1 to 9999. */
function isDay(year, month, day) {
  if (year < 1 || month < 1 || month > 12 || day < 1) return false;
  const isLeap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  return day <= [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1];
}
