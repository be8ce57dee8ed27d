// The screen at the door, in the page: a file that names people must not leave. Twin of tznr_platform/privacy/screen.py,
// whose words come with the page.

/** The words of our own lexicon that headers contain, once each. Never the header itself: it may be a value. */
function nominativeWords(headers, screen) {
  const words = new Set(screen.words);
  const found = headers.map(fold).map((header) => screen.phrases.find((phrase) => header.includes(phrase))
    ?? header.split("_").find((word) => words.has(word)));
  return [...new Set(found.filter(Boolean))];
}
