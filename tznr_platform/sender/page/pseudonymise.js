// The table of a sender with its identity columns replaced by identifiers. Twin of tznr_platform/sender/pseudonymise.py:
// the same file gives the same bytes.

const IDENTITY_HEADERS = {
  name: ["nom_de_naissance", "nom_naissance", "nom_de_famille", "nom_famille", "nom", "patronyme"],
  firstNames: ["premier_prenom", "prenom", "prenoms", "prenom_usuel"],
  birthDate: ["date_de_naissance", "date_naissance", "naissance", "ddn", "ne_le", "nee_le"],
};
const MADE = ["identifiant", "version_identifiant", "naissance_par_defaut", "homonyme_possible"];

/** Ranks of the identity columns that headers announce, null where none does. */
function identityColumns(headers) {
  const folded = headers.map(fold);
  return Object.fromEntries(Object.entries(IDENTITY_HEADERS).map(([part, names]) => {
    const name = names.find((candidate) => folded.includes(candidate));
    return [part, name ? folded.indexOf(name) : null];
  }));
}

/** {headers, rows, refused: [{line, reason}]}: rows keep their line; `ranks` says where the identity is. */
async function pseudonymised(reading, ranks, key, tell) {
  const width = reading.headers.length;
  const replaced = new Set([ranks.name, ranks.firstNames, ranks.birthDate]);
  reading.headers.forEach((header, rank) => { if (MADE.includes(fold(header))) replaced.add(rank); });
  const kept = reading.headers.map((_, rank) => rank).filter((rank) => !replaced.has(rank));
  const { found, refused } = canonicalRows(reading, ranks, width);
  const values = await identifiers(key, found.map(({ identity }) => identity.message), tell);
  const homonyms = homonymsOf(values);
  const rows = found.map(({ line, cells, identity }, rank) => ({
    line,
    cells: [values[rank], key.version, oui(identity.isDefaultBirthDate), oui(homonyms.has(values[rank])),
      ...kept.map((place) => cells[place])],
  }));
  return { headers: [...MADE, ...kept.map((rank) => reading.headers[rank])], rows, refused };
}

function canonicalRows(reading, ranks, width) {
  const found = [];
  const refused = [];
  for (const { line, cells } of reading.rows) {
    const fit = fitted(cells, width, reading.isSheet);
    try {
      if (!fit) throw new IdentityRefused("COLUMN_COUNT");
      const identity = canonicalIdentity(fit[ranks.name], fit[ranks.firstNames], fit[ranks.birthDate]);
      found.push({ line, cells: fit, identity });
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
