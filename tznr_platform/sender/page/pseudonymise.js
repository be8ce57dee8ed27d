// The table of a sender with its identity columns replaced by identifiers. Twin of tznr_platform/sender/pseudonymise.py:
// the same file gives the same bytes.

/** Ranks of the birth name, first names and birth date that headers announce; null where none or several do. */
function identityRanks(headers, known) {
  const folded = headers.map(fold);
  return Object.fromEntries(Object.entries(known).map(([part, names]) => {
    const name = names.find((candidate) => folded.includes(candidate));
    const isSure = name && folded.indexOf(name) === folded.lastIndexOf(name);
    return [part, isSure ? folded.indexOf(name) : null];
  }));
}

/** Ranks of the columns, unknown to every contract, that name people besides the identity: they never leave. */
function namingRanks(headers, { contracts, screen }) {
  const known = new Set(Object.values(contracts).flatMap(({ fields }) => fields.map(({ name }) => fold(name))));
  return headers.flatMap((header, rank) => (!known.has(fold(header)) && nominativeWords([header], screen).length ? [rank] : []));
}

/** {headers, lines, refused: [{line, reason}]} without the columns `left`; rows keep their line. */
async function pseudonymised(reading, ranks, left, made, key, tell) {
  const kept = reading.headers.map((_, rank) => rank).filter((rank) => !Object.values(ranks).includes(rank)
    && !left.includes(rank) && !made.includes(fold(reading.headers[rank])));
  const { found, refused } = canonicalRows(reading, ranks);
  const values = await identifiers(key, found.map(({ identity }) => identity.message), tell);
  const homonyms = homonymsOf(values);
  const rows = found.map(({ line, cells, identity }, rank) => ({
    line, part: ROW,
    cells: [values[rank], key.version, oui(identity.isDefaultBirthDate), oui(homonyms.has(values[rank])),
      ...kept.map((place) => cells[place])],
  }));
  return { headers: [...made, ...kept.map((rank) => reading.headers[rank])], lines: rows, refused };
}

function canonicalRows(reading, ranks) {
  const found = [];
  const refused = [];
  for (const { line, part, cells } of reading.lines.filter((item) => item.part !== ASIDE)) {
    try {
      if (part === RAGGED) throw new IdentityRefused("COLUMN_COUNT");
      const identity = canonicalIdentity(cells[ranks.nom], cells[ranks.prenom], cells[ranks.naissance]);
      found.push({ line, cells, identity });
    } catch (error) {
      if (!(error instanceof IdentityRefused)) throw error;
      refused.push({ line, reason: error.reason });
    }
  }
  return { found, refused };
}

function homonymsOf(values) {
  const once = new Set();
  const twice = new Set();
  for (const value of values) (once.has(value) ? twice : once).add(value);
  return twice;
}

function oui(is) {
  return is ? "oui" : "non";
}
