// The seal of docs/wire.md part 3 with WebCrypto alone: works the shared vectors out again and says "agreed".
// The browser's own seal is app/static/js/console/seal.js (console_seal.mjs); this one stays independent of it.
import { readFileSync } from "node:fs";

const { subtle } = globalThis.crypto;
const known = JSON.parse(readFileSync(new URL("./seal.json", import.meta.url), "utf8"));
const text = (value) => new TextEncoder().encode(value);
const bytes = (hex) => Uint8Array.from(hex.match(/../g) ?? [], (pair) => parseInt(pair, 16));
const hex = (value) => Array.from(new Uint8Array(value), (byte) => byte.toString(16).padStart(2, "0")).join("");
const join = (...parts) => Uint8Array.from(parts.flatMap((part) => [...part]));
const sha256 = async (value) => new Uint8Array(await subtle.digest("SHA-256", value));
const base64url = (value) => Buffer.from(value).toString("base64url");

function same(got, wanted, what) {
  if (got !== wanted) throw new Error(`${what}: ${got} is not ${wanted}`);
}

async function agree(name, peerName) {
  const curve = { name: "ECDH", namedCurve: "P-256" };
  const own = bytes(known.public[name]);
  const jwk = { kty: "EC", crv: "P-256", d: base64url(bytes(known.private[name])) };
  const key = await subtle.importKey("jwk",
    { ...jwk, x: base64url(own.slice(1, 33)), y: base64url(own.slice(33)) }, curve, false, ["deriveBits"]);
  const peer = await subtle.importKey("raw", bytes(known.public[peerName]), curve, false, []);
  return new Uint8Array(await subtle.deriveBits({ name: "ECDH", public: peer }, key, 256));
}

const customer = bytes(known.public.customer);
const agent = bytes(known.public.agent);
same(hex(await sha256(join(customer, bytes(known.salt)))), known.commit, "commit");

const digest = await sha256(join(text("words"), text(known.session), text(known.participant), customer, agent));
const bits = digest.slice(0, 9).reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n) >> 6n;
known.word_numbers.forEach((number, at) =>
  same(Number((bits >> BigInt(55 - 11 * at)) & 2047n), number, `word ${at}`));

const hello = {
  customer: join(text("BHSEAL1C"), bytes(known.public.customer_ephemeral)),
  agent: join(text("BHSEAL1A"), bytes(known.public.agent_ephemeral)),
};
const parts = ["barohelp.seal.1", known.session, known.participant, known.channel, String(known.epoch)].map(text);
parts.push(customer, agent, hello.customer, hello.agent);
const framed = parts.map((part) => join([part.length >> 8, part.length & 255], part));
const transcript = await sha256(join(...framed));
same(hex(transcript), known.transcript, "transcript");

const secret = join(await agree("customer_ephemeral", "agent_ephemeral"), await agree("customer", "agent"));
const material = await subtle.importKey("raw", secret, "HKDF", false, ["deriveBits"]);
for (const side of ["agent", "customer"]) {
  const info = text(`barohelp.seal.1|${known.channel}|${known.epoch}|${side}`);
  const derived = new Uint8Array(
    await subtle.deriveBits({ name: "HKDF", hash: "SHA-256", salt: transcript, info }, material, 36 * 8));
  same(hex(derived.slice(0, 32)), known.keys[side], `${side} key`);
  same(hex(derived.slice(32)), known.nonce_prefixes[side], `${side} nonce prefix`);
  const key = await subtle.importKey("raw", derived.slice(0, 32), "AES-GCM", false, ["encrypt", "decrypt"]);
  const plains = [text("barohelp.seal.1 confirm"), ...known.plain[side].map(bytes)];
  same(known.records[side][0], hex(hello[side]), `${side} hello`);
  for (const [number, plain] of plains.entries()) {
    const iv = join(derived.slice(32), [0, 0, 0, 0, 0, 0, 0, number]);
    const record = bytes(known.records[side][number + 1]);
    same(hex(await subtle.decrypt({ name: "AES-GCM", iv }, key, record)), hex(plain), `${side} record ${number}`);
    same(hex(await subtle.encrypt({ name: "AES-GCM", iv }, key, plain)), hex(record), `${side} sealing ${number}`);
  }
}
console.log("agreed");
