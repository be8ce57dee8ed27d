// What the caseworker sees. Here: the steps, the words, the focus. Not here: any reading or rule (the worker's).

const MAX_FILE_BYTES = 100 * 1024 * 1024;
const IDENTITY_CHOICES = { "birth-name": "nom", "first-names": "prenom", "birth-date": "naissance" };
const book = JSON.parse(byId("book").textContent);
const worker = new Worker(URL.createObjectURL(new Blob([byId("worker-source").textContent], { type: "text/javascript" })));
const waiting = new Map();
const current = { file: null, identity: null, made: null, verdict: null, key: null, urls: [], turn: 0 };

function byId(id) {
  return document.getElementById(id);
}

/** Ask the worker; resolves with its answer, rejects if it failed. `tell` hears the progress. */
function ask(action, message = {}, tell = () => {}) {
  const id = waiting.size === 0 ? 1 : Math.max(...waiting.keys()) + 1;
  return new Promise((resolve, reject) => {
    waiting.set(id, { resolve, reject, tell });
    worker.postMessage({ id, action, ...message });
  });
}

worker.onmessage = ({ data }) => {
  const { resolve, reject, tell } = waiting.get(data.id);
  if ("progress" in data) return tell(data.progress);
  waiting.delete(data.id);
  return "answer" in data ? resolve(data.answer) : reject(new Error(data.failure));
};

/** A new element; texts only, never markup. */
function make(tag, properties = {}, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children.filter((child) => child !== null));
  return element;
}

const counted = new Intl.NumberFormat("fr-FR");

function plural(count, one, many) {
  return `${counted.format(count)}\u00a0${count < 2 ? one : many}`;
}

function download(label, blob, name, isSecond = false) {
  const url = URL.createObjectURL(blob);
  current.urls.push(url);
  return make("a", { className: isSecond ? "button second" : "button", href: url, download: name }, label);
}

function trouble(text) {
  byId("trouble").textContent = text;
  byId("trouble").hidden = text === "";
}

function broken() {
  trouble("La page n'a pas pu terminer. Fermez-la, ouvrez-la de nouveau et recommencez ; si cela se reproduit, prévenez "
    + "votre correspondant. Rien n'a été envoyé.");
}

// Step 1: the file

async function takeFile(file) {
  const turn = current.turn += 1;
  forget();
  trouble("");
  if (!file) return;
  current.file = file;
  byId("file-facts").textContent = `Lecture de ${file.name}…`;
  if (file.size > MAX_FILE_BYTES) {
    byId("file-facts").textContent = "";
    trouble("Ce fichier dépasse 100 Mo, ce que la page peut traiter. Découpez-le par période, ou enregistrez-le en CSV.");
    return;
  }
  const bytes = await file.arrayBuffer();
  const answer = await ask("open", { bytes, name: file.name });
  if (turn !== current.turn) return;
  byId("file-facts").textContent = answer.refusal ? file.name
    : `${file.name} : ${plural(answer.rows, "ligne", "lignes")}, ${plural(answer.headers.length, "colonne", "colonnes")}.`;
  if (answer.refusal) showVerdict(answer.refusal);
  else await showContent(answer);
}

function forget() {
  current.urls.splice(0).forEach((url) => URL.revokeObjectURL(url));
  Object.assign(current, { file: null, identity: null, made: null, verdict: null });
  byId("identity-result").replaceChildren();
  byId("table-facts").textContent = "";
  byId("result").replaceChildren();
  for (const id of ["about-step", "identity-step", "result-step"]) byId(id).hidden = true;
}

// Step 2: who, what, when

async function showContent({ named, headers, identity }) {
  if (named.sender) byId("sender").value = named.sender;
  byId("table").value = named.table ?? "";
  byId("period").value = named.period ?? "";
  byId("about-step").hidden = false;
  current.identity = identity.nom !== null && identity.prenom !== null ? identity : null;
  if (current.identity) showIdentity(headers, identity);
  renumber();
  await refresh();
}

function renumber() {
  let rank = 0;
  for (const section of document.querySelectorAll("main > section")) {
    if (section.id === "result-step" || !section.hidden) section.querySelector(".rank").textContent = String(rank += 1);
  }
}

function aboutTable() {
  const contract = book.contracts[byId("table").value];
  const missing = [["sender", "l'émetteur"], ["table", "la table"]].filter(([id]) => !byId(id).value).map(([, name]) => name);
  byId("table-facts").textContent = missing.length ? `Choisissez ${missing.join(" et ")} : la vérification suivra.`
    : `${contract.title}. Transmis ${contract.cadence}.`;
}

/** Check as soon as all is known; a file with names waits for its identifiers. */
async function refresh() {
  aboutTable();
  const [sender, table] = [byId("sender").value, byId("table").value];
  byId("result-step").hidden = true;
  if (!current.file || !sender || !table) return;
  if (current.identity && !current.made) {
    showWaiting();
    return;
  }
  const turn = current.turn;
  const found = await ask("check", { sender, table });
  if (turn === current.turn) showVerdict(found);
}

// Step 3: identifiers

function showIdentity(headers, identity) {
  for (const [id, part] of Object.entries(IDENTITY_CHOICES)) {
    const options = headers.map((header, rank) => make("option", { value: String(rank) }, `${rank + 1}. ${header}`));
    byId(id).replaceChildren(make("option", { value: "" }, "Choisir la colonne"), ...options);
    byId(id).value = identity[part] === null ? "" : String(identity[part]);
  }
  byId("identity-step").hidden = false;
  readyToCompute();
}

function chosenRanks() {
  const ranks = Object.entries(IDENTITY_CHOICES).map(([id, part]) => [part, byId(id).value]);
  const areSound = new Set(ranks.map(([, rank]) => rank).filter(Boolean)).size === ranks.length;
  return areSound ? Object.fromEntries(ranks.map(([part, rank]) => [part, Number(rank)])) : null;
}

function readyToCompute() {
  byId("compute").disabled = current.made !== null || current.key === null || chosenRanks() === null;
}

async function takeKey(file) {
  const { version } = file && file.size < 1000 ? await ask("key", { text: await file.text() }) : { version: null };
  current.key = version;
  byId("key-facts").textContent = version ? `Clé reconnue (${version}). Elle sera oubliée à la fermeture de la page.`
    : "Ce fichier n'est pas une clé d'échange : choisissez celui qui a été remis à votre structure.";
  readyToCompute();
}

async function compute() {
  const ranks = chosenRanks();
  byId("compute").disabled = true;
  byId("progress").hidden = false;
  current.made = await ask("pseudonymise", { ranks }, (share) => { byId("progress").value = share; });
  byId("progress").hidden = true;
  showMade(current.made);
  await refresh();
  byId("result-title").focus({ preventScroll: true });
}

function showMade({ rows, left, refused, groups, report }) {
  const done = make("div", { className: `verdict ${refused.length ? "partial" : "accepted"}` },
    make("strong", {}, plural(rows, "identifiant calculé", "identifiants calculés")),
    refused.length ? ` ; ${plural(refused.length, "ligne laissée de côté", "lignes laissées de côté")}.` : ".");
  const details = refused.length ? [refusalTable(groups, (reason) => [book.identity.reasons[reason] ?? book.codes[reason].message, ""]),
    make("p", { className: "actions" }, download("Télécharger les lignes laissées de côté", report, "identites_a_corriger.csv", true))] : [];
  const removed = left.length ? [make("p", {}, `Retirées du fichier à envoyer, car elles semblent nommer des personnes : ${
    left.length < 2 ? "colonne" : "colonnes"} n° ${left.join(", ")}.`)] : [];
  byId("identity-result").replaceChildren(done, ...removed, ...details);
}

// Step 4: the verdict

function showWaiting() {
  byId("result").replaceChildren(make("div", { className: "verdict waiting" },
    make("strong", {}, "En attente des identifiants."), " Le fichier sera vérifié dès qu'ils seront calculés."));
  byId("result-step").hidden = false;
  renumber();
}

function showVerdict(found) {
  const { codes } = book;
  current.verdict = found;
  const notes = found.remarks.filter(([reason]) => reason !== found.reason);
  byId("result").replaceChildren(
    verdictBox(found),
    ...(found.groups?.length ? [make("h3", {}, "Les lignes refusées, par motif"),
      refusalTable(found.groups, (reason) => [codes[reason].message, codes[reason].remedy])] : []),
    ...(found.groups?.length ? [make("p", { className: "hint" }, "Les numéros de ligne sont ceux du fichier déposé, tels que votre "
      + "tableur les montre, la ligne d'en-tête comprise. Une ligne peut avoir plusieurs motifs.")] : []),
    ...(notes.length ? [make("h3", {}, "À noter"), make("ul", {}, ...notes.map(([reason, detail]) => make("li", {},
      codes[reason].message, detail ? " " : null, detail ? make("code", {}, detail) : null)))] : []),
    actions(found));
  byId("result-step").hidden = false;
  renumber();
}

function verdictBox({ status, reason, remarks, accepted, refused }) {
  const box = make("div", { className: `verdict ${status}` });
  const total = counted.format(accepted + refused);
  if (reason) {
    const detail = remarks[0][1];
    box.append(make("strong", {}, "Ce fichier serait refusé. "), book.codes[reason].message,
      ...(detail ? [make("p", {}, "Précision : ", make("code", {}, detail))] : []), make("p", {}, book.codes[reason].remedy));
  } else if (status === "accepted") {
    box.append(make("strong", {}, "Tout serait accepté. "), `${plural(accepted, "ligne", "lignes")}, aucune à corriger.`);
  } else {
    box.append(make("strong", {}, accepted ? "Des lignes sont à corriger. " : "Aucune ligne ne serait retenue. "),
      `${plural(accepted, "ligne serait acceptée", "lignes seraient acceptées")} sur ${total} ; `,
      `${plural(refused, "serait refusée", "seraient refusées")}.`);
  }
  return box;
}

/** Field, reason with its remedy, lines: as in the letter of the platform. */
function refusalTable(groups, words) {
  const rows = groups.map(({ field, reason, count, lines }) => {
    const [message, remedy] = words(reason);
    const more = count > lines.length ? ` et ${counted.format(count - lines.length)} autres` : "";
    return make("tr", {}, make("td", {}, field ? make("code", {}, field) : "Identité"),
      make("td", {}, message, remedy ? make("span", { className: "remedy" }, remedy) : null,
        make("span", { className: "lines" }, `${count < 2 ? "Ligne" : "Lignes"} ${lines.join(", ")}${more}`)),
      make("td", { className: "count" }, counted.format(count)));
  });
  const head = make("thead", {}, make("tr", {}, ...[["Champ", ""], ["Motif et remède", ""], ["Lignes", "count"]]
    .map(([text, className]) => make("th", { scope: "col", className }, text))));
  return make("div", { className: "scroll" }, make("table", {}, head, make("tbody", {}, ...rows)));
}

function actions({ reason, refusals, receipt }) {
  const stem = [byId("sender").value, byId("table").value, byId("period").value.trim()].filter(Boolean).join("_");
  const row = make("p", { className: "actions" });
  if (current.made && !reason) row.append(download("Télécharger le fichier à envoyer", current.made.file, `${stem}.csv`));
  if (refusals.length) {
    row.append(download("Télécharger la liste à corriger", receipt, `${stem}_a_corriger.csv`, true));
  }
  return row.childElementCount ? row : "";
}

// Start

function listen(id, event, action) {
  byId(id).addEventListener(event, (happening) => Promise.resolve(action(happening)).catch(broken));
}

/** The file just chosen. The field is emptied, so that the same file, corrected, can be chosen again. */
function taken(id) {
  const [file] = byId(id).files;
  byId(id).value = "";
  return file;
}

function fillLists() {
  const kinds = { territory: "Territoires", body: "Organismes", evaluator: "Évaluateur" };
  byId("sender").append(make("option", { value: "" }, "Choisir"), ...Object.entries(kinds).map(([kind, label]) => make(
    "optgroup", { label }, ...book.senders.filter((sender) => sender.kind === kind)
      .map((sender) => make("option", { value: sender.code }, `${sender.code} – ${sender.label}`)))));
  byId("table").append(make("option", { value: "" }, "Choisir"), ...Object.values(book.contracts)
    .map((contract) => make("option", { value: contract.name }, `${contract.name} – ${contract.title}`)));
}

async function start() {
  fillLists();
  listen("file", "change", () => takeFile(taken("file")));
  listen("key", "change", () => takeKey(taken("key")));
  listen("compute", "click", compute);
  for (const id of ["sender", "table", "period"]) listen(id, "change", refresh);
  for (const id of Object.keys(IDENTITY_CHOICES)) listen(id, "change", readyToCompute);
  const drop = byId("drop");
  for (const event of ["dragover", "dragleave", "drop"]) {
    drop.addEventListener(event, (happening) => {
      happening.preventDefault();
      drop.classList.toggle("over", event === "dragover");
    });
  }
  listen("drop", "drop", ({ dataTransfer }) => takeFile(dataTransfer.files[0]));
  const { isSound } = await ask("start", { book });
  document.body.dataset.ready = String(isSound);
  if (!isSound) trouble("Ce navigateur ne calcule pas les identifiants comme il le faut. Utilisez un navigateur à jour.");
}

start().catch(broken);
