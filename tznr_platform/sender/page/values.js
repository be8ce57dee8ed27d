// From a sender's text to a typed value: null where the text is not of the type.
// Twin of tznr_platform/intake/parsing.py: the same spellings are forgiven. Days are texts YYYY-MM-DD, which compare
// as days do.

const TRIMMED = /^[ \t\r\n\u00a0\u202f\u2009]+|[ \t\r\n\u00a0\u202f\u2009]+$/g;
const DAY_FORMS = [
  [/^([0-9]{1,4})([-/ ])([0-9]{1,2})\2([0-9]{1,2})(?: [0-9]{1,2}:[0-9]{2}:[0-9]{2})?$/, [1, 3, 4]],
  [/^([0-9]{1,2})([-/.])([0-9]{1,2})\2([0-9]{1,4})(?: [0-9]{1,2}:[0-9]{2}:[0-9]{2})?$/, [4, 3, 1]],
];
const MONTH_FORMS = [[/^([0-9]{4})[-/]([0-9]{2})$/, [1, 2]], [/^([0-9]{1,2})\/([0-9]{4})$/, [2, 1]]];
const NUMBER = /^[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:e[+-]?[0-9]+)?$/i;
const MAX_INTEGER = 9e15;

/** A reader (text → value or null) for a field of a contract. */
function valueReader(field) {
  if (field.separator) return choicesReader(field);
  if (field.enum) return codeReader(field.enum);
  return {
    string: (text) => trimmed(text) || null, date: dayOf, yearmonth: monthOf, integer: integerOf, number: numberOf,
    boolean: booleanReader(field),
  }[field.type];
}

function trimmed(text) {
  return text.replace(TRIMMED, "");
}

function dayOf(text) {
  for (const [form, order] of DAY_FORMS) {
    const found = form.exec(trimmed(text));
    if (found) {
      const [year, month, day] = order.map((place) => Number(found[place]));
      return isDay(year, month, day) ? dayText(year, month, day) : null;
    }
  }
  return null;
}

function monthOf(text) {
  for (const [form, order] of MONTH_FORMS) {
    const found = form.exec(trimmed(text));
    if (found) {
      const [year, month] = order.map((place) => Number(found[place]));
      return isDay(year, month, 1) ? dayText(year, month, 1) : null;
    }
  }
  const day = dayOf(text);
  return day && `${day.slice(0, 7)}-01`;
}

function dayText(year, month, day) {
  return `${String(year).padStart(4, "0")}-${String(month).padStart(2, "0")}-${String(day).padStart(2, "0")}`;
}

function numberOf(text) {
  const compact = text.replace(/[\s\u00a0\u202f\u2009]/g, "").replaceAll(",", ".");
  if (/^[+-]?(?:inf(?:inity)?|nan)$/i.test(compact)) return NaN;
  return NUMBER.test(compact) ? Number(compact) : null;
}

function integerOf(text) {
  const number = numberOf(text);
  return number !== null && Number.isInteger(number) && Math.abs(number) < MAX_INTEGER ? number : null;
}

function booleanReader(field) {
  const known = new Map([...field.trueValues.map((word) => [word, true]), ...field.falseValues.map((word) => [word, false])]);
  return (text) => known.get(trimmed(text).toLowerCase()) ?? null;
}

function codeReader(codes) {
  const exact = new Set(codes);
  const spellings = new Map(codes.map((code) => [fold(code), code]));
  return (text) => (exact.has(text) ? text : spellings.get(fold(trimmed(text))) ?? null);
}

function choicesReader(field) {
  const spellings = new Map(field.enum.map((code) => [fold(code), code]));
  return (text) => {
    const words = text.split(field.separator).map(trimmed).filter(Boolean).map((word) => spellings.get(fold(word)));
    if (words.length === 0 || words.includes(undefined)) return null;
    return [...new Set(words)].sort().join(field.separator);
  };
}
