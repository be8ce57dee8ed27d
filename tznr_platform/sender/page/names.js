// Who sends what, for when: read from the name of a file. Twin of tznr_platform/intake/names.py.

const PERIOD = /(?:^|_)(20[0-9]{2})(?:_(?:(0[1-9]|1[0-2])|t([1-4])|s([12])))?$/;
const VERSION = /_v([0-9]{1,3})$/;

/** {sender, table, period, version}; null where the name says nothing known. */
function readName(fileName, contracts, senders) {
  const text = foldSender(fileName.replace(/\.[^.]*$/, ""));
  const version = VERSION.exec(text);
  const unversioned = text.replace(VERSION, "");
  const period = PERIOD.exec(unversioned);
  const rest = unversioned.replace(PERIOD, "");
  const sender = longest(senders.filter(({ code }) => startsWithWord(rest, foldSender(code))), ({ code }) => code);
  const tables = Object.keys(contracts);
  const table = sender ? tables.find((name) => fold(name) === rest.slice(foldSender(sender.code).length + 1))
    : longest(tables.filter((name) => rest === fold(name) || rest.endsWith(`_${fold(name)}`)), (name) => name);
  return {
    sender: sender?.code ?? null, table: table ?? null, period: period && periodText(period),
    version: version ? Number(version[1]) : null,
  };
}

function periodText([, year, month, quarter, half]) {
  if (month) return `${year}-${month}`;
  if (quarter) return `${year}-T${quarter}`;
  return half ? `${year}-S${half}` : year;
}

function startsWithWord(text, word) {
  return text === word || text.startsWith(`${word}_`);
}

function longest(items, text) {
  return items.reduce((best, item) => (best === null || text(item).length > text(best).length ? item : best), null);
}

function foldSender(text) {
  return fold(text).replace(/^tznr_?0*([0-9]{1,2})(?=_|$)/, (whole, number) => `tznr_${number.padStart(2, "0")}`);
}
