// ParticipantLink against a customer made of the same seal, over sockets that never leave this process.
import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { randomBytes } from "node:crypto";
import { ParticipantLink } from "../../../../app/static/js/console/participant.js";
import { ParticipantKey, SealedStream, commitOf } from "../../../../app/static/js/console/seal.js";
import { textOf, toBase64, utf8 } from "../../../../app/static/js/console/bytes.js";

const sockets = [];
class FakeSocket {
  static OPEN = 1;
  constructor(url) {
    Object.assign(this, { url, readyState: 0, bufferedAmount: 0, sent: [], closedWith: null });
    sockets.push(this);
  }
  send(record) { this.sent.push(record.slice()); this.customer?.(record.slice()); }
  close(code) {
    if (this.readyState === 3) return;
    this.readyState = 3;
    this.closedWith = code;
    queueMicrotask(() => this.onclose({ code, reason: "" }));
  }
  deliver(record) { this.onmessage({ data: record.buffer.slice(record.byteOffset, record.byteOffset + record.length) }); }
}
globalThis.WebSocket = FakeSocket;
console.info = console.warn = () => {};

const settle = async (condition) => {
  for (let tries = 0; tries < 500 && !condition(); tries += 1) await new Promise((resolve) => setTimeout(resolve, 2));
  assert.ok(condition(), String(condition));
};
const links = [];
afterEach(() => {
  for (const link of links.splice(0)) {
    link.close();
    clearTimeout(link.tellTimer);
  }
});

const SESSION = "s".repeat(26);
const PARTICIPANT = "p".repeat(26);

async function scene() {
  sockets.length = 0;
  const heard = { commands: [], control: [], ends: [], states: [], words: null, screen: null, plain: [] };
  const link = new ParticipantLink({
    session: SESSION, participant: PARTICIPANT, epoch: 0, program: "test",
    send: (command) => heard.commands.push(command),
    greeting: () => [{ t: "who", agent_name: "보라", company: "마루" }],
    handlers: {
      onWords: (words) => { heard.words = words; },
      onScreenOpen: (channel) => { heard.screen = channel; },
      onPlain: (plain) => heard.plain.push(textOf(plain)),
      onControl: (message) => heard.control.push(message),
      onScreenLost: () => { heard.screen = null; },
      onState: (state) => heard.states.push(state),
      onEnd: (by, reason) => heard.ends.push([by, reason]),
    },
  });
  links.push(link);
  link.start({ asksForKeys: false });
  return { link, heard, key: await ParticipantKey.generate(), salt: new Uint8Array(randomBytes(32)) };
}

async function exchange({ link, heard, key, salt }, { commit = null } = {}) {
  const promised = commit ?? (await commitOf(key.public, salt));
  link.receive({ t: "key.commit", participant: PARTICIPANT, epoch: 1, commit: toBase64(promised) });
  await settle(() => heard.commands.some(({ t }) => t === "key.open"));
  const opened = { t: "key.open", participant: PARTICIPANT, epoch: 1, pub: toBase64(key.public), salt: toBase64(salt) };
  link.receive(opened);
}

const offer = (epoch = 1) => ({
  t: "offer", session: SESSION, participant: PARTICIPANT, epoch, relay_url: "ws://relay.example", ttl_s: 60,
  tickets: { screen: "a", control: "b" },
});

/** The customer's end of one socket. */
async function answer({ heard, key }, socket, epoch = 1) {
  const own = heard.commands.findLast(({ t }) => t === "key.open").pub;
  const stream = await SealedStream.create({
    role: "customer", own: key, peerPublic: new Uint8Array(Buffer.from(own, "base64")), session: SESSION,
    participant: PARTICIPANT, channel: socket.url.endsWith("=a") ? "screen" : "control", epoch,
  });
  const opened = [];
  let work = Promise.resolve();
  socket.customer = (record) => {
    work = work.then(async () => {
      const { plain, answer: reply } = await stream.receive(record);
      if (reply) { socket.deliver(stream.hello); socket.deliver(reply); }
      if (plain) opened.push(textOf(plain));
    });
  };
  socket.readyState = 1;
  socket.onopen();
  await settle(() => stream.isOpen);
  const say = async (plain) => { for (const record of await stream.seal(plain)) socket.deliver(record); };
  return { opened, say };
}

async function connected() {
  const here = await scene();
  await exchange(here);
  here.link.receive(offer());
  await settle(() => sockets.length === 2);
  const [screen, control] = await Promise.all(sockets.map((socket) => answer(here, socket)));
  await control.say(utf8('{"t":"hello","i":1,"version":1}'));
  await settle(() => here.heard.states.at(-1) === "ok");
  return { ...here, screen, control };
}

test("it opens both channels, greets, and carries bytes in order", async () => {
  const { heard, screen, control } = await connected();
  assert.equal(heard.words.length, 6);
  await settle(() => control.opened.length >= 2);
  assert.deepEqual(control.opened.slice(0, 2).map((text) => JSON.parse(text).t), ["hello", "who"]);
  for (let n = 0; n < 50; n += 1) heard.screen.send(utf8(`${n},`));
  for (let n = 0; n < 20; n += 1) await screen.say(utf8(`<${n}>`));
  await settle(() => screen.opened.length === 50 && heard.plain.length === 20);
  assert.equal(heard.plain.join(""), Array.from({ length: 20 }, (_, n) => `<${n}>`).join(""));
  assert.equal(screen.opened.join(""), Array.from({ length: 50 }, (_, n) => `${n},`).join(""));
});

test("it ends everything when the key does not fit its commitment", async () => {
  const here = await scene();
  await exchange(here, { commit: new Uint8Array(32) });
  await settle(() => here.heard.ends.length === 1);
  assert.deepEqual(here.heard.ends, [["system", "B-31"]]);
  assert.equal(here.heard.commands.at(-1).t, "end");
  here.link.receive(offer());
  assert.equal(sockets.length, 0);
});

test("it opens nothing before the keys are exchanged", async () => {
  const here = await scene();
  here.link.receive(offer());
  await new Promise((resolve) => setTimeout(resolve, 20));
  assert.equal(sockets.length, 0);
});

test("it closes a channel on which something else than a sealed record comes", async () => {
  const { heard } = await connected();
  const socket = sockets.find(({ url }) => url.endsWith("=a"));
  socket.deliver(utf8("RFB 003.008\n"));
  await settle(() => socket.closedWith === 4031);
  await settle(() => heard.commands.some(({ t }) => t === "ticket.need"));
  assert.deepEqual(heard.states, ["ok", "unstable"]);
  assert.deepEqual(heard.plain, []);
});

test("it comes back with the next offer, without a new exchange", async () => {
  const here = await connected();
  const keys = here.heard.commands.filter(({ t }) => t === "key.open").length;
  for (const socket of [...sockets]) socket.close(1006);
  await settle(() => here.heard.commands.some(({ t }) => t === "ticket.need"));
  assert.equal(here.heard.commands.find(({ t }) => t === "ticket.need").keys_lost, false);
  here.link.receive(offer(1));
  here.link.receive(offer(2));
  await settle(() => sockets.length === 4);
  const [, control] = await Promise.all(sockets.slice(2).map((socket) => answer(here, socket, 2)));
  await control.say(utf8('{"t":"hello","i":1,"version":1}'));
  await settle(() => here.heard.states.at(-1) === "ok");
  assert.equal(here.heard.commands.filter(({ t }) => t === "key.open").length, keys);
});

test("it says end on the channel before it closes", async () => {
  const { link, heard, control } = await connected();
  link.end("agent");
  await settle(() => control.opened.some((text) => JSON.parse(text).t === "end"));
  await settle(() => sockets.every(({ closedWith }) => closedWith === 1000));
  assert.deepEqual(heard.commands.at(-1), { t: "end", session: SESSION, reason: "agent" });
  assert.deepEqual(heard.ends, []);
});

test("it ends when the customer ends", async () => {
  const { heard, control } = await connected();
  await control.say(utf8('{"t":"end","i":2,"by":"customer","reason":""}'));
  await settle(() => heard.ends.length === 1);
  assert.deepEqual(heard.ends, [["customer", ""]]);
});

test("it dials no address that is none", async () => {
  const here = await scene();
  await exchange(here);
  here.link.receive({ ...offer(), relay_url: "https://relay.example/" });
  here.link.receive({ ...offer(), session: "other" });
  await new Promise((resolve) => setTimeout(resolve, 20));
  assert.equal(sockets.length, 0);
});
