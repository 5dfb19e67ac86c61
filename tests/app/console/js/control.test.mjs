import assert from "node:assert/strict";
import { test } from "node:test";
import { ControlBroken, ControlProtocol, Heartbeat, readRights } from "../../../../app/static/js/console/control.js";
import { textOf, utf8 } from "../../../../app/static/js/console/bytes.js";

const plain = (message) => utf8(JSON.stringify(message));

function greeted() {
  const control = new ControlProtocol();
  control.send({ t: "hello", version: 1, program: "test" }, 0);
  control.outgoing();
  control.receive(plain({ t: "hello", i: 1, version: 1 }), 0);
  return control;
}

for (const [what, message] of Object.entries({
  "a number that does not rise": { t: "pause", i: 1, on: true },
  "no number": { t: "pause", on: true },
  "a second hello": { t: "hello", i: 2, version: 1 },
  "what only we may say": { t: "release", i: 2 },
  "an answer that was not asked for": { t: "answer", i: 2, ask_id: "x", answer: "allowed" },
  "a list": [],
  "rights without a serial": { t: "rights", i: 2 },
})) {
  test(`it closes on ${what}`, () => assert.throws(() => greeted().receive(plain(message), 0), ControlBroken));
}

test("it wants hello first, in a version that it knows", () => {
  assert.throws(() => new ControlProtocol().receive(plain({ t: "pause", i: 1, on: true }), 0), ControlBroken);
  const control = new ControlProtocol();
  assert.throws(() => control.receive(plain({ t: "hello", i: 1, version: 2 }), 0), ControlBroken);
  assert.equal(JSON.parse(textOf(control.outgoing()[0])).code, "version");
});

test("it refuses what it does not know, and goes on", () => {
  const control = greeted();
  assert.equal(control.receive(plain({ t: "hologram", i: 2 }), 0), null);
  assert.deepEqual(JSON.parse(textOf(control.outgoing()[0])), { t: "refused", re_i: 2, code: "unknown", i: 2 });
  assert.equal(control.receive(plain({ t: "pause", i: 3, on: true }), 0).on, true);
});

test("it never takes older rights after newer ones", () => {
  const control = greeted();
  control.receive(plain({ t: "rights", i: 2, serial: 4, view: true }), 0);
  assert.throws(() => control.receive(plain({ t: "rights", i: 3, serial: 4 }), 0), ControlBroken);
});

test("it closes on a flood and on a record that is too long", () => {
  const control = greeted();
  assert.throws(() => {
    for (let i = 2; i < 3000; i += 1) control.receive(plain({ t: "pause", i, on: true }), 0);
  }, ControlBroken);
  assert.throws(() => greeted().receive(new Uint8Array(64 * 1024 + 1), 0), ControlBroken);
});

test("it asks for a right once at a time", () => {
  const control = greeted();
  control.send({ t: "ask", ask_id: "a", right: "mouse" }, 0);
  assert.throws(() => control.send({ t: "ask", ask_id: "b", right: "mouse" }, 9000), ControlBroken);
  control.receive(plain({ t: "answer", i: 2, ask_id: "a", answer: "denied" }), 9000);
  control.send({ t: "ask", ask_id: "c", right: "mouse" }, 9000);
});

test("it allows what is named as true and nothing else", () => {
  const rights = readRights({ view: true, mouse: 1, keyboard: "yes", why: null });
  assert.deepEqual([rights.view, rights.mouse, rights.keyboard, rights.clipboard_in], [true, false, false, false]);
  assert.deepEqual(rights.why, {});
});

test("it beats twice a second, measures the way, and knows silence", () => {
  const beat = new Heartbeat(0);
  assert.deepEqual(beat.next(0), { t: "beat", sent_ms: 0 });
  assert.equal(beat.next(100), null);
  beat.take({ sent_ms: 77, echo_ms: 40 }, 100);
  beat.heard(100);
  assert.equal(beat.rttMs, 60);
  assert.deepEqual(beat.next(600), { t: "beat", sent_ms: 600, echo_ms: 577 });
  assert.deepEqual([1000, 1600, 8100].map((now) => beat.quality(now)), ["ok", "unstable", "lost"]);
});
