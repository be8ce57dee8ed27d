// The thread that reads, computes and checks, so that the page never freezes. Each message {id, action, ...} gets one
// answer {id, answer} or {id, failure}. What it knows of the file and the key disappears with the page.

const PROOF = {
  key: `K1-1:${Array.from({ length: 32 }, (_, byte) => byte.toString(16).padStart(2, "0")).join("")}`,
  identity: ["de La Tour", "Éloïse, Marie", "1985-03-07"], identifier: "15bebb43442483a6",
};
const state = { book: null, opened: null, reading: null, isMade: false, key: null };

const actions = {
  /** Receive the contracts, and prove on a known identity that this browser computes as it must. */
  async start({ book }) {
    for (const contract of Object.values(book.contracts)) {
      for (const field of contract.fields) field.form = field.pattern ? new RegExp(field.pattern, "u") : null;
    }
    state.book = book;
    const proof = await derive(await importKey(PROOF.key), [PROOF.identity]);
    return { isSound: proof[0].identifier.startsWith(PROOF.identifier) };
  },

  async open({ bytes, name }) {
    const { contracts, senders } = state.book;
    Object.assign(state, { reading: null, isMade: false });
    state.opened = await openFile(new Uint8Array(bytes), state.book.encodings);
    const named = readName(name, contracts, senders);
    read(Object.values(contracts), Object.values(state.book.identity.headers).flat());
    const { headers, made } = state.book.identity;
    const identity = identityRanks(state.reading.headers, headers);
    const given = identity.nom === null ? [] : made;
    const table = named.table ?? tableOfHeaders(state.reading.headers, contracts, given);
    return { named: { ...named, table }, headers: state.reading.headers, rows: rowCount(), identity };
  },

  async key({ text }) {
    state.key = await importKey(text);
    return { version: state.key?.version ?? null };
  },

  /** Replace the identities by identifiers; what is checked afterwards is the new table. */
  async pseudonymise({ ranks, id }) {
    const { codes, identity } = state.book;
    const left = namingRanks(state.reading.headers, state.book).filter((rank) => !Object.values(ranks).includes(rank));
    const total = rowCount();
    const tell = (done) => postMessage({ id, progress: done / total });
    const { headers, lines, refused } = await pseudonymised(state.reading, ranks, left, identity.made, state.key, tell);
    const report = harmlessCsv(["ligne", "motif", "message"], refused.map(({ line, reason }) => [
      line, reason, identity.reasons[reason] ?? codes[reason].message]));
    const text = csvText(headers, lines.map(({ cells }) => cells));
    Object.assign(state, { isMade: true, reading: { headers, lines, left: 0, encoding: "utf-8", remarks: [] } });
    return {
      rows: lines.length, left: left.map((rank) => rank + 1), refused, groups: grouped(refused.map((refusal) => ({ ...refusal, field: "" }))),
      file: csvBlob(text), report: csvBlob(report),
    };
  },

  async check({ sender, table }) {
    const contract = state.book.contracts[table];
    return told(verdict(() => {
      if (!state.isMade) read([contract]);
      return state.reading;
    }, contract, state.book, sender));
  },

  /** The identifiers of identities [birth name, first names, birth date], or the reason why there is none. */
  async derive({ key, identities }) {
    return derive(await importKey(key), identities);
  },

  /** The kind of direct identifier that each text holds. */
  async kinds({ cells }) {
    return cells.map(kindReader(state.book.screen));
  },
};

function read(tables, others = []) {
  const names = tables.flatMap(({ fields }) => fields.map(({ name }) => name));
  state.reading = readTable(state.opened, [...names, ...others]);
}

function rowCount() {
  return state.reading.lines.filter(({ part }) => part !== ASIDE).length;
}

async function derive(key, identities) {
  return Promise.all(identities.map(async (identity) => {
    try {
      const { message, isDefaultBirthDate } = canonicalIdentity(...identity);
      return { message, isDefaultBirthDate, identifier: (await identifiers(key, [message]))[0] };
    } catch (error) {
      if (error instanceof IdentityRefused) return { reason: error.reason };
      throw error;
    }
  }));
}

/** All lines refused for one reason at one field, as the letter shows them. */
function grouped(refusals) {
  const groups = new Map();
  for (const { line, field, reason } of refusals) {
    const name = `${field}\u001f${reason}`;
    if (!groups.has(name)) groups.set(name, { field, reason, count: 0, lines: [] });
    const group = groups.get(name);
    group.count += 1;
    if (group.lines.length < 20) group.lines.push(line);
  }
  return [...groups.values()].sort((one, other) => compare(one.field, other.field) || other.count - one.count
    || compare(one.reason, other.reason));
}

/** A verdict with what the page shows and hands over. */
function told(found) {
  return { ...found, groups: grouped(found.refusals), receipt: csvBlob(receiptCsv(found, state.book.codes)) };
}

function csvBlob(text) {
  return new Blob([text], { type: "text/csv" });
}

self.onmessage = async ({ data }) => {
  try {
    postMessage({ id: data.id, answer: await actions[data.action](data) });
  } catch (error) {
    if (error instanceof FileRefused) postMessage({ id: data.id, answer: { refusal: told(refusedWhole(error)) } });
    else postMessage({ id: data.id, failure: error.name });
  }
};
