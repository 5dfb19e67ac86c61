// The control channel's rules (wire/control): order, numbers, who may say what, limits, signs of life.
// One JSON object a record, `{"t":…,"i":n}`; whatever breaks a rule closes the channel (ControlBroken).

import { textOf, utf8 } from "./bytes.js";

const VERSION = 1;
const MAX_RECORD = 64 * 1024;
const PER_SECOND = 200;
const BURST = 8 * PER_SECOND;
const ASK_MS = 5000;
const BEAT_MS = 500;
const UNSTABLE_MS = 1400;
const DEAD_MS = 7900;
/** What the customer's end may say to us, besides what both say. */
const CUSTOMERS = new Set(["machine", "rights", "answer", "pause", "taken_back", "line", "pointer", "people", "sharing"]);
const BOTH = new Set(["hello", "beat", "notice", "refused", "end"]);
const AGENTS = new Set(["who", "ask", "release", "input_mode", "quality", "show_monitor", "ask_share", "direct"]);
const RIGHTS = ["view", "mouse", "keyboard", "clipboard_in", "clipboard_out", "files_in", "files_out", "draw", "record"];

export class ControlBroken extends Error {}

export class ControlProtocol {
  constructor() {
    this.sentHello = false;
    this.hasHello = false;
    this.sentI = 0;
    this.seenI = 0;
    this.serial = -1;
    this.allowance = BURST;
    this.countedAt = 0;
    this.asks = new Map();
    this.askedAt = new Map();
    this.out = [];
  }

  /** Take one plain record; returns the checked message, or null for one that we do not know. */
  receive(plain, now) {
    this.count(now);
    const message = parse(plain);
    if (!Number.isSafeInteger(message.i) || message.i <= this.seenI) throw new ControlBroken("number out of order");
    this.seenI = message.i;
    if (!this.hasHello && message.t !== "hello") throw new ControlBroken(`${message.t} before hello`);
    if (AGENTS.has(message.t)) throw new ControlBroken(`${message.t} is ours to say`);
    if (!CUSTOMERS.has(message.t) && !BOTH.has(message.t)) {
      this.push({ t: "refused", re_i: message.i, code: "unknown" });
      return null;
    }
    this.check(message);
    return message;
  }

  /** Queue a message. Throws ControlBroken for one that may not be said now. */
  send(message, now) {
    if (message.t === "hello") {
      if (this.sentHello) throw new ControlBroken("hello was said already");
      this.sentHello = true;
    } else if (!this.sentHello) {
      throw new ControlBroken(`${message.t} before our hello`);
    }
    if (message.t === "ask") this.open(message, now);
    this.push(message);
  }

  outgoing() {
    return this.out.splice(0);
  }

  push(message) {
    this.sentI += 1;
    this.out.push(utf8(JSON.stringify({ ...message, i: this.sentI })));
  }

  open({ ask_id: id, right }, now) {
    if ([...this.asks.values()].includes(right)) throw new ControlBroken(`an ask for ${right} is open already`);
    if (now - (this.askedAt.get(right) ?? -ASK_MS) < ASK_MS) throw new ControlBroken(`too many asks for ${right}`);
    this.asks.set(id, right);
    this.askedAt.set(right, now);
  }

  count(now) {
    const gained = (Math.max(0, now - this.countedAt) * PER_SECOND) / 1000;
    this.allowance = Math.min(BURST, this.allowance + gained) - 1;
    this.countedAt = now;
    if (this.allowance < 0) throw new ControlBroken("too many records a second");
  }

  check(message) {
    const { t } = message;
    if (t === "hello") {
      if (this.hasHello) throw new ControlBroken("a second hello");
      if (message.version !== VERSION) {
        this.push({ t: "refused", re_i: message.i, code: "version" });
        throw new ControlBroken(`version ${message.version}`);
      }
      this.hasHello = true;
    } else if (t === "rights") {
      if (!Number.isSafeInteger(message.serial) || message.serial <= this.serial) {
        throw new ControlBroken("older rights after newer ones");
      }
      this.serial = message.serial;
    } else if (t === "answer") {
      if (!this.asks.delete(message.ask_id)) throw new ControlBroken("an answer that was not asked for");
    }
  }
}

/** Rights with everything that was not said as false: what is not named is not allowed. */
export function readRights(message) {
  const rights = Object.fromEntries(RIGHTS.map((right) => [right, message[right] === true]));
  const why = message.why && typeof message.why === "object" ? message.why : {};
  return { ...rights, why };
}

/** What the customer shows: {kind, why, monitor, monitors: [{id, w, h, primary}]}, complete each time. */
export function readSharing({ kind, why, monitor, monitors }) {
  const listed = Array.isArray(monitors) ? monitors.slice(0, 16) : [];
  return { kind: String(kind), why: String(why ?? ""), monitor: monitor ?? null, monitors: listed };
}

function parse(plain) {
  if (plain.length > MAX_RECORD) throw new ControlBroken(`a record of ${plain.length} bytes`);
  let message;
  try {
    message = JSON.parse(textOf(plain));
  } catch {
    throw new ControlBroken("no JSON");
  }
  if (message === null || typeof message !== "object" || typeof message.t !== "string") {
    throw new ControlBroken("no object with a type");
  }
  return message;
}

/** The beat of one control connection, and how the line is: ok, unstable after 1.5 s, lost after 8 s. */
export class Heartbeat {
  constructor(now) {
    this.rttMs = null;
    this.heardAt = now;
    this.due = now;
    this.peerSent = null;
    this.peerSentAt = now;
  }

  heard(now) {
    this.heardAt = now;
  }

  take({ sent_ms: sent, echo_ms: echo }, now) {
    if (!isMilliseconds(sent)) throw new ControlBroken("a beat without its time");
    this.peerSent = sent;
    this.peerSentAt = now;
    if (isMilliseconds(echo)) this.rttMs = Math.min(Math.max(0, Math.floor(now) - echo), 600_000);
  }

  /** The beat to send now, null before its time. Missed ones are not made up for. */
  next(now) {
    if (now < this.due) return null;
    this.due = Math.max(this.due + BEAT_MS, now + BEAT_MS / 2);
    const beat = { t: "beat", sent_ms: Math.floor(now) };
    if (this.peerSent !== null) beat.echo_ms = this.peerSent + Math.floor(now - this.peerSentAt);
    return beat;
  }

  quality(now) {
    if (now >= this.heardAt + DEAD_MS) return "lost";
    return now >= this.heardAt + UNSTABLE_MS ? "unstable" : "ok";
  }
}

const isMilliseconds = (value) => Number.isSafeInteger(value) && value >= 0;
