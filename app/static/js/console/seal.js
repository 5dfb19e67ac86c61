// The browser's twin of wire/seal.py (docs/wire.md part 3), on WebCrypto alone.
// There is no unencrypted mode and no going on after a failure: whatever breaks kills the object.

import { equal, join, utf8 } from "./bytes.js";

export const MAX_RECORD = 256 * 1024;
export const MAX_SEALED_PLAIN = MAX_RECORD - 16;
const MAX_RECORDS_PER_KEY = 2 ** 32;
const PUBLIC_BYTES = 65;
const HELLO_BYTES = 8 + PUBLIC_BYTES;
const CURVE = { name: "ECDH", namedCurve: "P-256" };
const LABEL = "barohelp.seal.1";
const CONFIRM = utf8(`${LABEL} confirm`);
const SIDE_LETTER = { agent: "A", customer: "C" };
const OTHER = { agent: "customer", customer: "agent" };

export class SealBroken extends Error {}

const subtle = () => globalThis.crypto.subtle;
export const sha256 = async (bytes) => new Uint8Array(await subtle().digest("SHA-256", bytes));

/** One end's P-256 key pair; the private half cannot leave the browser's key store. */
export class ParticipantKey {
  constructor(privateKey, publicBytes) {
    this.privateKey = privateKey;
    this.public = publicBytes;
  }

  static async generate() {
    const pair = await subtle().generateKey(CURVE, false, ["deriveBits"]);
    return new ParticipantKey(pair.privateKey, new Uint8Array(await subtle().exportKey("raw", pair.publicKey)));
  }

  /** 32 bytes of ECDH. Throws SealBroken when `peerPublic` is no point of the curve. */
  async agree(peerPublic) {
    if (peerPublic.length !== PUBLIC_BYTES) throw new SealBroken(`a key of ${peerPublic.length} bytes`);
    try {
      const peer = await subtle().importKey("raw", peerPublic, CURVE, false, []);
      return new Uint8Array(await subtle().deriveBits({ name: "ECDH", public: peer }, this.privateKey, 256));
    } catch {
      throw new SealBroken("the peer's key is not a point of P-256");
    }
  }
}

/** SHA-256(pub || salt), what key.commit carries. */
export async function commitOf(publicBytes, salt) {
  if (publicBytes.length !== PUBLIC_BYTES || salt.length !== 32) throw new SealBroken("no key with its salt");
  return sha256(join(publicBytes, salt));
}

/** The numbers of the six words: 66 bits of SHA-256("words" || session || participant || both keys). */
export async function wordNumbers(session, participant, pubCustomer, pubAgent) {
  const digest = await sha256(join(utf8(`words${session}${participant}`), pubCustomer, pubAgent));
  const bits = digest.slice(0, 9).reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n) >> 6n;
  return [5, 4, 3, 2, 1, 0].map((place) => Number((bits >> BigInt(11 * place)) & 2047n));
}

/** One key, one way: the record's number is its nonce's last eight bytes and never comes twice. */
class Direction {
  constructor(key, prefix) {
    this.key = key;
    this.prefix = prefix;
    this.number = 0;
  }

  nonce() {
    if (this.number >= MAX_RECORDS_PER_KEY) throw new SealBroken("too many records under one key");
    const iv = new Uint8Array(12);
    iv.set(this.prefix);
    new DataView(iv.buffer).setUint32(8, this.number);
    this.number += 1;
    return { name: "AES-GCM", iv };
  }

  async seal(plain) {
    return new Uint8Array(await subtle().encrypt(this.nonce(), this.key, plain));
  }

  async open(record) {
    try {
      return new Uint8Array(await subtle().decrypt(this.nonce(), this.key, record));
    } catch {
      throw new SealBroken(`record ${this.number - 1} does not open`);
    }
  }
}

/**
 * One end of one sealed channel, for one epoch. Give every binary message to `receive`, in order and one at a
 * time; send what `hello`, `receive` and `seal` return.
 */
export class SealedStream {
  /** `own` and `peerPublic` are the participant's keys; `ephemeral` is for test vectors only. */
  static async create({ role, own, peerPublic, session, participant, channel, epoch, ephemeral }) {
    if (equal(own.public, peerPublic)) throw new SealBroken("the peer shows our own key");
    const stream = new SealedStream();
    stream.role = role;
    stream.names = [session, participant, channel, String(epoch)];
    stream.channel = channel;
    stream.epoch = epoch;
    stream.publics = { [role]: own.public, [OTHER[role]]: peerPublic };
    stream.fresh = ephemeral ?? (await ParticipantKey.generate());
    stream.fixed = await own.agree(peerPublic);
    stream.hello = join(utf8(`BHSEAL1${SIDE_LETTER[role]}`), stream.fresh.public);
    stream.isOpen = false;
    stream.broken = null;
    stream.sending = stream.receiving = null;
    return stream;
  }

  /** Take one record; returns { plain, answer }: bytes of the other end, and a record to send now, or null. */
  async receive(record) {
    this.check();
    try {
      if (record.length > MAX_RECORD) throw new SealBroken(`a record of ${record.length} bytes`);
      if (this.receiving === null) return { plain: null, answer: await this.takeHello(record) };
      const plain = await this.receiving.open(record);
      if (this.isOpen) return { plain, answer: null };
      if (!equal(plain, CONFIRM)) throw new SealBroken("the first sealed record is no confirmation");
      this.isOpen = true;
      return { plain: null, answer: null };
    } catch (error) {
      this.die(error);
      throw error;
    }
  }

  /** `plain` as records of at most MAX_SEALED_PLAIN bytes each, to be sent in this order. */
  async seal(plain) {
    this.check();
    if (!this.isOpen) throw new SealBroken("the channel is not open yet");
    const records = [];
    for (let start = 0; start < plain.length; start += MAX_SEALED_PLAIN) {
      records.push(await this.sending.seal(plain.subarray(start, start + MAX_SEALED_PLAIN)));
    }
    return records;
  }

  check() {
    if (this.broken !== null) throw new SealBroken(`this channel is broken: ${this.broken}`);
  }

  die(error) {
    this.broken = error.message;
    this.isOpen = false;
    this.sending = this.receiving = null;
  }

  async takeHello(record) {
    if (record.length !== HELLO_BYTES) throw new SealBroken(`a hello of ${record.length} bytes`);
    const peer = record.slice(8);
    const expected = utf8(`BHSEAL1${SIDE_LETTER[OTHER[this.role]]}`);
    if (!equal(record.subarray(0, 8), expected) || equal(peer, this.fresh.public)) {
      throw new SealBroken("the hello is our own or of another version");
    }
    const secret = join(await this.fresh.agree(peer), this.fixed);
    const hellos = { [this.role]: this.hello, [OTHER[this.role]]: record.slice() };
    const parts = [utf8(LABEL), ...this.names.map(utf8), this.publics.customer, this.publics.agent];
    parts.push(hellos.customer, hellos.agent);
    const transcript = await sha256(join(...parts.map(withLength)));
    this.sending = await this.direction(secret, transcript, this.role);
    this.receiving = await this.direction(secret, transcript, OTHER[this.role]);
    return this.sending.seal(CONFIRM);
  }

  async direction(secret, salt, sender) {
    const info = utf8(`${LABEL}|${this.channel}|${this.epoch}|${sender}`);
    const material = await subtle().importKey("raw", secret, "HKDF", false, ["deriveBits"]);
    const bits = await subtle().deriveBits({ name: "HKDF", hash: "SHA-256", salt, info }, material, 36 * 8);
    const usage = sender === this.role ? "encrypt" : "decrypt";
    const key = await subtle().importKey("raw", bits.slice(0, 32), "AES-GCM", false, [usage]);
    return new Direction(key, new Uint8Array(bits, 32, 4));
  }
}

function withLength(part) {
  return join([part.length >> 8, part.length & 255], part);
}
