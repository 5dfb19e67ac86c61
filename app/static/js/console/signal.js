// The page's signal socket (docs/wire.md part 1): resume after the last number, gaps, beats, commands that are
// repeated until they are answered. SignalClient decides what may be believed; SignalLink owns the sockets.

import { Backoff } from "./backoff.js";
import { randomHex } from "./bytes.js";

export const SUBPROTOCOL = "barohelp.signal.1";
const MAX_MESSAGE = 16 * 1024;
const MAX_PENDING = 256;
const DEAD_MS = 8000;
const ACK_MS = 1000;
const RETRY_CONNECTED_S = 2;
const RETRY_MOST_S = 30;
const STEADY_MS = 5000;
const CONNECT_MS = 10_000;
const WHY = { 4001: "replaced", 4003: "refused", 4010: "login_ended", 4011: "tenant_stopped", 4012: "session_over" };
const FINAL_STATUS = new Set([400, 401, 403, 404, 410]);
const BAD_MESSAGE = 4000;
const RESTART = 4000;  // a browser may not say 1012 itself

export class BadMessage extends Error {}

/** One page's stream over any number of sockets. Times are milliseconds of any steady clock, passed in. */
export class SignalClient {
  constructor(prefix = randomHex(4)) {
    this.prefix = prefix;
    this.count = 0;
    this.state = "away";  // away | hello | snapshot | live | broken
    this.stream = null;
    this.after = 0;
    this.last = 0;
    this.acked = 0;
    this.ackedAt = -Infinity;
    this.heard = 0;
    this.events = [];
    this.out = [];
    this.pending = new Map();
  }

  connected(now) {
    this.state = "hello";
    this.heard = now;
    this.out = [];
  }

  disconnected() {
    this.state = "away";
    this.out = [];
  }

  /** Take one text message. Throws BadMessage: close with 4000 and come back. */
  receive(text, now) {
    if (this.state === "away" || this.state === "broken") return;
    this.heard = now;
    const message = parse(text);
    if ("re" in message) {
      this.takeAnswer(message);
      return;
    }
    if (typeof message.t !== "string") throw new BadMessage("a message without a type");
    if (message.t === "ping" && this.state !== "hello") this.out.push(JSON.stringify({ t: "pong" }));
    else if (this.state === "hello") this.takeHello(message);
    else if (this.state === "snapshot") this.takeSnapshot(message);
    else this.take(message);
    this.acknowledge(now);
  }

  takeEvents() {
    return this.events.splice(0);
  }

  outgoing() {
    return this.out.splice(0);
  }

  /** Queue a command and return its id. A newer ticket.need or link of the same channel replaces an older. */
  send(command) {
    const key = replaces(command);
    for (const [id, other] of this.pending) if (key && replaces(other) === key) this.pending.delete(id);
    if (this.pending.size >= MAX_PENDING) throw new Error("256 commands wait for an answer");
    this.count += 1;
    const id = `${this.prefix}-${this.count}`;
    this.pending.set(id, command);
    if (this.state === "live") this.out.push(JSON.stringify({ ...command, id }));
    return id;
  }

  tick(now) {
    if (this.state === "away" || this.state === "broken") return;
    if (now - this.heard >= DEAD_MS) this.break("silent");
    else this.acknowledge(now);
  }

  takeHello(message) {
    if (message.t !== "hello" || !isCount(message.last)) throw new BadMessage(`${message.t} before hello`);
    const known = this.stream;
    this.stream = message.stream;
    if (!message.resumed) {
      this.last = message.last;
      this.state = "snapshot";
      return;
    }
    if (message.stream !== known || message.last < this.after) {
      this.after = this.acked = 0;
      throw new BadMessage("resumed at a place that we have not been to");
    }
    this.goLive();
  }

  takeSnapshot(message) {
    if (message.t !== "snapshot") throw new BadMessage(`${message.t} before the snapshot`);
    this.after = this.acked = this.last;
    this.events.push({ kind: "message", message });
    this.goLive();
  }

  goLive() {
    this.state = "live";
    for (const [id, command] of this.pending) this.out.push(JSON.stringify({ ...command, id }));
    this.events.push({ kind: "ready" });
  }

  take(message) {
    if (message.t === "hello" || message.t === "snapshot") throw new BadMessage(`a second ${message.t}`);
    if (message.n === undefined || message.n === null) {
      this.events.push({ kind: "message", message });
    } else if (!isCount(message.n)) {
      throw new BadMessage("a number that is none");
    } else if (message.n === this.after + 1) {
      this.after = message.n;
      this.events.push({ kind: "message", message });
    } else if (message.n > this.after) {
      this.break("gap");
    }
  }

  takeAnswer(message) {
    const command = this.pending.get(message.re);
    if (command === undefined) return;
    this.pending.delete(message.re);
    this.events.push({ kind: "answer", id: message.re, command, answer: message });
  }

  acknowledge(now) {
    if (this.state !== "live" || this.after <= this.acked || now - this.ackedAt < ACK_MS) return;
    this.acked = this.after;
    this.ackedAt = now;
    this.out.push(JSON.stringify({ t: "ack", n: this.after }));
  }

  break(reason) {
    this.state = "broken";
    this.out = [];
    this.events.push({ kind: "broken", reason });
  }
}

function parse(text) {
  if (typeof text !== "string" || text.length > MAX_MESSAGE) throw new BadMessage("too long, or no text");
  let value;
  try {
    value = JSON.parse(text);
  } catch {
    throw new BadMessage("no JSON");
  }
  if (value === null || typeof value !== "object" || Array.isArray(value)) throw new BadMessage("no object");
  return value;
}

const isCount = (value) => Number.isSafeInteger(value) && value >= 0;

function replaces({ t, participant, channel }) {
  return t === "ticket.need" || t === "link" ? `${t} ${participant} ${channel}` : null;
}

/**
 * The page's way to the web half. `onMessage` gets every message in order, each once; `onState` gets
 * (connecting | online | offline | ended, why), where "ended" is final.
 */
export class SignalLink {
  constructor({ page, csrf, ticketUrl, socketUrl, onMessage, onState }) {
    Object.assign(this, { page, csrf, ticketUrl, socketUrl, onMessage, onState });
    this.client = new SignalClient();
    this.backoff = new Backoff();
    this.callbacks = new Map();
    this.socket = null;
    this.state = "";
    this.isConnected = false;
    this.isStopped = false;
    this.onlineSince = 0;
    this.retry = 0;
  }

  start() {
    this.tell("connecting", "");
    this.ticker = setInterval(() => this.tick(), 1000);
    this.connect();
    addEventListener("online", () => this.hurry());
    document.addEventListener("visibilitychange", () => { if (!document.hidden) this.hurry(); });
  }

  /** Queue a command; it is repeated with the same id until it is answered. Returns the answer's promise. */
  send(command) {
    if (this.isStopped) return Promise.resolve({ ok: false, code: "B-34" });
    let id;
    try {
      id = this.client.send(command);
    } catch {
      return Promise.resolve({ ok: false, code: "busy" });
    }
    for (const [key, answer] of this.callbacks) {
      if (!this.client.pending.has(key)) {
        this.callbacks.delete(key);
        answer({ ok: false, code: "replaced" });
      }
    }
    const answered = new Promise((resolve) => this.callbacks.set(id, resolve));
    this.pump();
    return answered;
  }

  /** While a support session is connected, tries are at most two seconds apart. */
  setConnected(isConnected) {
    this.isConnected = isConnected;
  }

  stop() {
    this.isStopped = true;
    clearTimeout(this.retry);
    clearInterval(this.ticker);
    this.forget(1000);
  }

  async connect() {
    clearTimeout(this.retry);
    if (this.isStopped || this.isAsking || this.socket !== null) return;
    this.isAsking = true;
    let answer;
    try {
      answer = await this.askTicket();
    } catch {
      this.comeBack("no network");
      return;
    } finally {
      this.isAsking = false;
    }
    if (this.isStopped) return;
    if (answer.ticket) this.open(answer.ticket);
    else if (FINAL_STATUS.has(answer.status)) this.end(answer.status === 401 ? "login_ended" : "refused");
    else this.comeBack(`status ${answer.status}`);
  }

  async askTicket() {
    const response = await fetch(this.ticketUrl, {
      method: "POST",
      headers: { "Content-Type": "application/json", Accept: "application/json", "X-CSRF-Token": this.csrf },
      body: JSON.stringify({ page: this.page }),
      cache: "no-store",
      redirect: "error",
      signal: AbortSignal.timeout(CONNECT_MS),
    });
    const body = response.ok ? await response.json() : {};
    return { status: response.status, ticket: typeof body.ticket === "string" ? body.ticket : "" };
  }

  open(ticket) {
    const url = `${this.socketUrl}?ticket=${encodeURIComponent(ticket)}&after=${this.client.after}`;
    const socket = new WebSocket(url, [SUBPROTOCOL]);
    this.socket = socket;
    this.dialledAt = performance.now();
    const isCurrent = () => this.socket === socket;
    socket.onopen = () => isCurrent() && this.client.connected(performance.now());
    socket.onmessage = (event) => isCurrent() && this.receive(event.data);
    socket.onclose = (event) => isCurrent() && this.closed(event.code);
  }

  receive(data) {
    try {
      this.client.receive(data, performance.now());
    } catch (error) {
      if (!(error instanceof BadMessage)) throw error;
      console.warn("signal_bad_message", error.message);
      this.forget(BAD_MESSAGE);
      this.comeBack("bad message");
      return;
    }
    this.pump();
  }

  pump() {
    for (const event of this.client.takeEvents()) {
      if (event.kind === "message") this.onMessage(event.message);
      else if (event.kind === "ready") this.ready();
      else if (event.kind === "answer") this.answered(event);
      else {
        this.forget(RESTART);
        this.comeBack(event.reason);
        return;
      }
    }
    if (this.socket === null || this.socket.readyState !== WebSocket.OPEN) return;
    for (const text of this.client.outgoing()) this.socket.send(text);
  }

  ready() {
    this.onlineSince = performance.now();
    this.tell("online", "");
  }

  answered({ id, answer }) {
    const callback = this.callbacks.get(id);
    this.callbacks.delete(id);
    callback?.(answer);
  }

  closed(code) {
    this.forget(1000);
    if (code in WHY) this.end(WHY[code]);
    else this.comeBack(`closed ${code}`);
  }

  tick() {
    const now = performance.now();
    if (this.socket?.readyState === WebSocket.CONNECTING && now - this.dialledAt > CONNECT_MS) {
      this.forget(1000);
      this.comeBack("not open in time");
      return;
    }
    this.client.tick(now);
    this.pump();
  }

  /** The network or the reader is back: do not wait for the next try's turn. */
  hurry() {
    if (this.state === "offline" && !this.isStopped) this.connect();
  }

  forget(code) {
    const socket = this.socket;
    this.socket = null;
    this.client.disconnected();
    if (this.onlineSince && performance.now() - this.onlineSince >= STEADY_MS) this.backoff.reset();
    this.onlineSince = 0;
    if (socket && socket.readyState <= WebSocket.OPEN) socket.close(code);
  }

  comeBack(why) {
    if (this.isStopped) return;
    this.tell("offline", why);
    clearTimeout(this.retry);
    const most = this.isConnected ? RETRY_CONNECTED_S : RETRY_MOST_S;
    this.retry = setTimeout(() => this.connect(), this.backoff.nextMs(most));
  }

  end(why) {
    this.isStopped = true;
    clearInterval(this.ticker);
    this.forget(1000);
    this.tell("ended", why);
  }

  tell(state, why) {
    if (state === this.state) return;
    this.state = state;
    this.onState(state, why);
  }
}
