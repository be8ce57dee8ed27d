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
  const patterns = compiled(screen);
  const names = Object.fromEntries(Object.entries(screen.names).map(([key, list]) => [key, new Set(list)]));
  const known = new Map();
  return (cell) => {
    if (!known.has(cell)) known.set(cell, kindOf(cell, patterns, names, screen.short));
    return known.get(cell);
  };
}

/** The patterns as regular expressions, each list of names written out in its place. */
function compiled({ names, patterns }) {
  const capitalised = (rest) => names.first.filter((name) => !names.everyday.includes(name))
    .map((name) => name[0] + rest(name.slice(1))).join("|");
  const anyOf = (list) => list.map((name) => name.replaceAll(" ", "[ '-]")).join("|");
  const written = {
    known: anyOf(names.known), first: anyOf(names.first), sure_first: anyOf(names.sure_first),
    capitalised: capitalised((rest) => rest.toLowerCase()),
    loose_capitalised: capitalised((rest) => rest.replace(/[A-Z]/g, (letter) => `[${letter.toLowerCase()}${letter}]`)),
  };
  return Object.fromEntries(Object.entries(patterns).map(([key, pattern]) => {
    const source = pattern.replace("(?i)", "").replace(/@(\w+)@/g, (_, list) => written[list]);
    return [key, new RegExp(source, pattern.startsWith("(?i)") ? "gi" : "g")];
  }));
}

function kindOf(cell, patterns, names, short) {
  const plain = cell.replaceAll("’", "'").normalize("NFD").replace(/\p{Mn}/gu, "").normalize("NFC");
  if (plain.length < 3) return null;
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
  if (digits < plain.length && namesSomeone(plain, upper, patterns, names, short)) return "name";
  if (digits > 8 && isWhole("lonePhone")) return `${LONE}phone`;
  if (digits > 4 && isWhole("loneDate")) return `${LONE}birth_date`;
  return digits === 0 && isMadeOfNames(upper, names, short) ? `${LONE}name` : null;
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

/** A title, or a first name beside another name. */
function namesSomeone(plain, upper, patterns, names, short) {
  const isMixed = plain !== upper;
  const isSomebody = (word) => !names.nobody.has(word.toUpperCase());
  const some = (pattern, text = plain) => groups(patterns[pattern], text).some(isSomebody);
  const beside = (pattern, last) => groups(patterns[pattern], upper).some((word) => names[last].has(word));
  if (isMixed && some("titled")) return true;
  if (plainTest(patterns.titledLexicon, plain)) return true;
  if (!plainTest(patterns.anyFirst, upper)) return some("titledAlone");
  if (isMixed && (some("firstThenCapital") || some("capitalsThenFirst"))) return true;
  if (beside("sureAfter", "last") || beside("sureBefore", "last")) return true;
  if (beside("after", "sure_last") || beside("before", "sure_last")) return true;
  if (plain.length <= short && isCapitalised(plain)) return isWholeName(upper, names, isSomebody);
  return some("titledAlone");
}

/** Capitalised words and small ones between, and nothing else. */
function isCapitalised(plain) {
  const words = plain.replace(/^ +/, "").split(/[ ,.-]+/);
  if (!words.at(-1)) words.pop();
  return words.length > 0 && words.every((word) => word && /^(?:d[eu']|des|la|le|el|ben)*(?:[A-Z][A-Za-z']*)?$/.test(word));
}

/** Two to four words of which the first or the last is a first name, none being a nobody. */
function isWholeName(upper, names, isSomebody) {
  const words = upper.match(/[A-Z]+/g) ?? [];
  const isFirst = (word) => names.first.has(word) && !names.everyday.has(word);
  return words.length >= 2 && words.length <= 4 && (isFirst(words[0]) || isFirst(words.at(-1)))
    && words.every((word) => word.length > 1 && isSomebody(word));
}

/** A whole text made of names that are not everyday words. */
function isMadeOfNames(upper, names, short) {
  return upper.length <= short && /^[A-Z' ,-]+$/.test(upper) && (upper.match(/[A-Z]+/g) ?? ["?"]).every((word) => names.sure.has(word));
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
