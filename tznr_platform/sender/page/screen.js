// The screen at the door, in the page: what names people must not leave. Twin of tznr_platform/privacy (screen,
// screen_values, screen_names), whose words and patterns come with the page. A kind is told, never the value.

const LONE = "lone ";

/** The words of our own lexicon that headers contain, once each. Never the header itself: it may be a value. */
function nominativeWords(headers, screen) {
  const words = new Set(screen.words);
  const found = headers.map(fold).map((header) => screen.phrases.find((phrase) => header.includes(phrase))
    ?? header.split("_").find((word) => words.has(word)));
  return [...new Set(found.filter(Boolean))];
}

/** A function text → kind, « lone kind » for what only a column full of it makes telling, or null. */
function kindReader(screen) {
  const patterns = Object.fromEntries(Object.entries(screen.patterns).map(([key, pattern]) => [key, new RegExp(pattern, "g")]));
  const known = new Map();
  return (cell) => {
    if (!known.has(cell)) known.set(cell, kindOf(cell, patterns, screen));
    return known.get(cell);
  };
}

function kindOf(cell, patterns, screen) {
  const plain = cell.replaceAll("’", "'").normalize("NFD").replace(/\p{Mn}/gu, "").normalize("NFC");
  const upper = plain.toUpperCase();
  const digits = plain.replace(/[^0-9]/g, "").length;
  const has = (pattern) => plainTest(patterns[pattern], upper);
  const isWhole = (pattern) => wholeTest(patterns[pattern], upper);
  if (digits > 12 && (groups(patterns.nirKeyed, upper).some(hasNirKey) || has("nirAlone"))) return "nir";
  if (digits > 9 && groups(patterns.iban, upper).some(hasIbanKey)) return "iban";
  if (/@|AROBASE|[([] *AT *[)\]]/.test(upper) && has("email")) return "email";
  if (digits > 8 && has("phone")) return "phone";
  if (digits > 2 && has("birth")) return "birth_date";
  if (digits > 0 && has("address")) return "address";
  const words = wordsOf(plain, screen);
  if (namesSomeone(plain, upper, words, screen)) return "name";
  if (digits > 8 && isWhole("lonePhone")) return `${LONE}phone`;
  if (digits > 4 && isWhole("loneDate")) return `${LONE}birth_date`;
  return isMadeOfNames(plain, words, screen) ? `${LONE}name` : null;
}

function plainTest(pattern, text) {
  pattern.lastIndex = 0;
  return pattern.test(text);
}

function wholeTest(pattern, text) {
  const found = text.match(pattern);
  return found !== null && found[0] === text;
}

/** What the first group of each match holds. */
function groups(pattern, text) {
  return Array.from(text.matchAll(pattern), (found) => found[1] ?? "").filter(Boolean);
}

/** Décret 82-103: key = 97 - number mod 97, 2A read as 19 and 2B as 18. */
function hasNirKey(number) {
  const digits = number.replace(/[^0-9AB]/g, "");
  const body = digits.slice(0, 13).replaceAll("2A", "19").replaceAll("2B", "18");
  return /^[0-9]+$/.test(body) && 97 - (Number(body) % 97) === Number(digits.slice(-2));
}

/** ISO 13616: the first four characters go to the end, letters count 10 to 35, the whole is 1 modulo 97. */
function hasIbanKey(number) {
  const compact = number.replace(/[^0-9A-Z]/g, "");
  return [...compact.slice(4), ...compact.slice(0, 4)].reduce((rest, char) => (
    /[0-9]/.test(char) ? rest * 10 + Number(char) : rest * 100 + char.charCodeAt(0) - 55) % 97, 0) === 1;
}

/** The words of a text with what is known of each, without the particles of names. */
function wordsOf(plain, { known, bits }) {
  return (plain.match(/[A-Za-z]+/g) ?? []).map((text) => ({ text, bits: known[text.toUpperCase()] ?? 0 }))
    .filter((word) => !(word.bits & bits.PARTICLE));
}

/** A title before a name, a first name beside another name, or nothing but capitalised names. */
function namesSomeone(plain, upper, words, screen) {
  const { FIRST, TITLE } = screen.bits;
  if (!words.some((word) => word.bits & (FIRST | TITLE))) return false;
  const isMixed = plain !== upper;
  return words.slice(0, -1).some((_, rank) => namesFrom(rank, plain, isMixed, words, screen.bits))
    || isWholeName(plain, words, screen);
}

/** Whether a word and the next one name someone. */
function namesFrom(rank, plain, isMixed, words, bits) {
  const [here, then] = words.slice(rank, rank + 2);
  const has = (word, flags) => (word.bits & flags) !== 0;
  const isCapital = /^[A-Z][A-Za-z]{2,}$/.test(then.text);
  const isTitle = has(here, bits.TITLE) && (here.text !== "M" || plain.includes("M."));
  const isWhole = rank === 0 && words.length === 2;
  if (isTitle && (has(then, bits.FIRST | bits.LAST) || ((isMixed || isWhole) && isCapital && !has(then, bits.NOBODY)))) return true;
  const isPair = (has(here, bits.FIRST) && has(then, bits.LAST)) || (has(here, bits.LAST) && has(then, bits.FIRST));
  const isAfterPlace = rank > 0 && has(words[rank - 1], bits.PLACE);
  if (isPair && !(has(here, bits.WORD) && has(then, bits.WORD)) && !isAfterPlace) return true;
  if (!isMixed || !isCapital) return false;
  const isFirstThenCapital = has(here, bits.FIRST) && !has(here, bits.EVERYDAY) && /^[A-Z]/.test(here.text)
    && !has(then, bits.NOBODY | bits.PLACE) && then.bits !== bits.FIRST && !isAfterPlace;
  const isCapitalsThenFirst = has(then, bits.FIRST) && !has(then, bits.EVERYDAY) && then.text !== then.text.toUpperCase()
    && /^[A-Z]{3,}$/.test(here.text) && !has(here, bits.NOBODY | bits.PLACE);
  return isFirstThenCapital || isCapitalsThenFirst;
}

/** A whole text of two to four capitalised words of which the first or the last is a first name. */
function isWholeName(plain, words, { bits, short }) {
  const isFirst = (word) => (word.bits & bits.FIRST) !== 0 && (word.bits & bits.EVERYDAY) === 0;
  return plain.length <= short && words.length >= 2 && words.length <= 4 && (isFirst(words[0]) || isFirst(words.at(-1)))
    && /^[A-Za-z' ,.-]+$/.test(plain)
    && words.every((word) => /^[A-Z][A-Za-z]+$/.test(word.text) && (word.bits & (bits.NOBODY | bits.PLACE)) === 0);
}

/** A whole text made of names that are not everyday words. */
function isMadeOfNames(plain, words, { bits, short }) {
  return plain.length <= short && words.length >= 1 && words.length <= 4 && /^[A-Za-z' ,-]+$/.test(plain)
    && words.every((word) => (word.bits & (bits.FIRST | bits.LAST)) !== 0 && (word.bits & (bits.WORD | bits.EVERYDAY)) === 0);
}

/** « 312 adresses électroniques, 1 nom de personne » from the cells of each kind, or "" when nothing is telling. */
function kindsTold(counts, filledCount, { kinds, loneShares, loneCount, loneMajority }) {
  return Object.entries(kinds).map(([kind, words]) => {
    const lone = counts.get(LONE + kind) ?? 0;
    const isTelling = lone > 0 && lone >= loneShares[kind] * filledCount && (lone >= loneCount || lone >= loneMajority * filledCount);
    return [(counts.get(kind) ?? 0) + (isTelling ? lone : 0), words];
  }).filter(([count]) => count > 0).map(([count, words]) => frenchCount(count, words)).join(", ");
}

function frenchCount(count, [singular, plural]) {
  return `${String(count).replace(/\B(?=([0-9]{3})+$)/g, "\u202f")}\u00a0${count < 2 ? singular : plural}`;
}
