// The browser's own seal (app/static/js/console/seal.js) on the shared vectors: plays the agent's and the
// customer's end with the fixed keys, byte for byte, and says "agreed".
import { readFileSync } from "node:fs";
import { ParticipantKey, SealBroken, SealedStream, commitOf, wordNumbers } from "../../app/static/js/console/seal.js";

const known = JSON.parse(readFileSync(new URL("./seal.json", import.meta.url), "utf8"));
const bytes = (hex) => Uint8Array.from(hex.match(/../g) ?? [], (pair) => parseInt(pair, 16));
const hex = (value) => Array.from(value, (byte) => byte.toString(16).padStart(2, "0")).join("");
const base64url = (value) => Buffer.from(value).toString("base64url");

function same(got, wanted, what) {
  if (got !== wanted) throw new Error(`${what}: ${got} is not ${wanted}`);
}

async function fixedKey(name) {
  const own = bytes(known.public[name]);
  const jwk = { kty: "EC", crv: "P-256", d: base64url(bytes(known.private[name])) };
  Object.assign(jwk, { x: base64url(own.slice(1, 33)), y: base64url(own.slice(33)) });
  const curve = { name: "ECDH", namedCurve: "P-256" };
  return new ParticipantKey(await crypto.subtle.importKey("jwk", jwk, curve, false, ["deriveBits"]), own);
}

const other = { agent: "customer", customer: "agent" };
const { session, participant, channel, epoch } = known;
same(hex(await commitOf(bytes(known.public.customer), bytes(known.salt))), known.commit, "commit");
const numbers = await wordNumbers(session, participant, bytes(known.public.customer), bytes(known.public.agent));
same(numbers.join(), known.word_numbers.join(), "words");

for (const role of ["agent", "customer"]) {
  const make = async (more = {}) => SealedStream.create({
    role,
    own: await fixedKey(role),
    peerPublic: bytes(known.public[other[role]]),
    ephemeral: await fixedKey(`${role}_ephemeral`),
    session, participant, channel, epoch, ...more,
  });
  const stream = await make();
  const [hello, confirm, ...data] = known.records[other[role]].map(bytes);
  same(hex(stream.hello), known.records[role][0], `${role} hello`);
  same(hex((await stream.receive(hello)).answer), known.records[role][1], `${role} confirmation`);
  await stream.receive(confirm);
  same(String(stream.isOpen), "true", `${role} open`);
  for (const [number, plain] of known.plain[role].entries()) {
    const [record] = await stream.seal(bytes(plain));
    same(hex(record), known.records[role][number + 2], `${role} record ${number}`);
  }
  for (const [number, record] of data.entries()) {
    same(hex((await stream.receive(record)).plain), known.plain[other[role]][number], `${role} opens ${number}`);
  }
  // What must not open: a repeat, another epoch or channel, a changed byte, our own hello, something unsealed.
  const refuses = async (begun, record, what) => {
    try {
      await begun.receive(record);
    } catch (error) {
      if (!(error instanceof SealBroken)) throw error;
      await begun.receive(record).then(() => { throw new Error(`${what}: went on`); }, () => {});
      return;
    }
    throw new Error(`${role}: ${what} was taken`);
  };
  await refuses(stream, data[0], "a repeated record");
  const opened = async (more) => {
    const begun = await make(more);
    await begun.receive(hello);
    return begun;
  };
  await refuses(await opened({ epoch: epoch + 1 }), confirm, "another epoch");
  await refuses(await opened({ channel: "control" }), confirm, "another channel");
  await refuses(await opened({ participant: session }), confirm, "another participant");
  await refuses(await opened(), Uint8Array.from(confirm, (byte, at) => (at === 3 ? byte ^ 1 : byte)), "a changed byte");
  await refuses(await opened(), new TextEncoder().encode("RFB 003.008\n"), "plain text");
  const begun = await make();
  await refuses(begun, begun.hello, "our own hello");
  await refuses(await make(), hello.slice(1), "a short hello");
  await refuses(await make(), new Uint8Array(256 * 1024 + 1), "a long record");
}
console.log("agreed");
