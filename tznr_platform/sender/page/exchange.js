// The exchange key K1 and the identifiers it makes: HMAC-SHA-256 by the browser itself (Web Crypto).
// The twin of tznr_platform/privacy/exchange.py. The key stays in this thread, cannot be read back, and is never kept.

const KEY_FORM = /^K1-([0-9]+):([0-9a-f]{64})$/;
const KEY_BATCH = 2000;

/** {version, hmac} from the text of a key file; null if it has not the form of one. */
async function importKey(text) {
  const found = KEY_FORM.exec(text.trim());
  if (!found) return null;
  const bytes = Uint8Array.from(found[2].match(/../g), (pair) => parseInt(pair, 16));
  const hmac = await crypto.subtle.importKey("raw", bytes, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  bytes.fill(0);
  return { version: `tznr1_m1_k1v${found[1]}`, hmac };
}

/** The identifiers (64 hexadecimal characters) of canonical messages, in order; `tell` hears how many are done. */
async function identifiers(key, messages, tell = () => {}) {
  const encoder = new TextEncoder();
  const found = [];
  for (let start = 0; start < messages.length; start += KEY_BATCH) {
    const batch = messages.slice(start, start + KEY_BATCH)
      .map((message) => crypto.subtle.sign("HMAC", key.hmac, encoder.encode(message)));
    for (const signature of await Promise.all(batch)) found.push(hexadecimal(new Uint8Array(signature)));
    tell(found.length);
  }
  return found;
}

function hexadecimal(bytes) {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
