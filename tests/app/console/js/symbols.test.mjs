import assert from "node:assert/strict";
import { test } from "node:test";
import { SPECIAL_KEYS, difference, growsByLetters, symbolOf } from "../../../../app/static/js/console/symbols.js";
import { ViewModel } from "../../../../app/static/js/console/model.js";

test("it has a symbol for every character that people type", () => {
  assert.deepEqual(["A", "~", "é", "한", "漢", "😀", "\n", "\t"].map(symbolOf),
    [0x41, 0x7e, 0xe9, 0x0100d55c, 0x01006f22, 0x0101f600, 0xff0d, 0xff09]);
  assert.equal(symbolOf("\u0007"), null);
  assert.equal(symbolOf("\u0085"), 0x01000085);
});

test("it sends letters as they grow, and syllables when they are done", () => {
  assert.equal(growsByLetters("hel"), true);
  assert.equal(growsByLetters("하"), false);
  assert.equal(growsByLetters("ㅎ"), false);
  assert.deepEqual(difference("teh", "the "), { back: 2, text: "he " });
  assert.deepEqual(difference("", "한😀"), { back: 0, text: "한😀" });
});

test("it can send every key of the list", () => {
  assert.equal(Object.keys(SPECIAL_KEYS).length, 36);
  for (const [name, symbols] of Object.entries(SPECIAL_KEYS)) {
    assert.ok(symbols.length && symbols.every(Number.isInteger), name);
  }
  assert.deepEqual(SPECIAL_KEYS.f12, [0xffc9]);
  assert.deepEqual(SPECIAL_KEYS["ctrl-v"], [0xffe3, 0x76]);
});

const RIGHTS = { t: "rights", serial: 0, view: true, mouse: true, keyboard: true, clipboard_in: true };

function connected(options = { auto_control: true, clipboard_text: true }) {
  const model = new ViewModel();
  model.setOptions(options);
  model.takeControl(RIGHTS, 0);
  model.ready(0);
  model.screenIsOpen = true;
  return model;
}

test("it controls only what the customer, the options and the agent want", () => {
  assert.equal(connected().mayControl, true);
  assert.equal(connected({ auto_control: true, view_only: true }).mayControl, false);
  assert.equal(connected({}).mayControl, false);
  assert.equal(new ViewModel().mayControl, false);
  const model = connected();
  model.takeControl({ t: "pause", on: true }, 0);
  assert.deepEqual([model.mayControl, model.status(0).key], [false, "customer_paused"]);
});

test("it gives no clipboard without its option and its right", () => {
  assert.deepEqual([connected().mayGiveClipboard, connected().mayTakeClipboard], [true, false]);
  assert.equal(connected({ auto_control: true }).mayGiveClipboard, false);
});

test("it asks for control where the customer's word is needed", () => {
  const model = connected();
  model.takeControl({ ...RIGHTS, mouse: false, keyboard: false, why: { mouse: "consent" } }, 0);
  assert.deepEqual([model.mayControl, model.needsToAsk], [false, true]);
});

test("it says the most important thing, and nothing when all is well", () => {
  const model = connected();
  assert.equal(model.status(0), null);
  model.say("captured", "connected", 0);
  assert.equal(model.status(0).key, "captured");
  model.link = "unstable";
  assert.equal(model.status(0).key, "line_unstable");
  model.link = "ok";
  assert.equal(model.status(5000), null);
});

test("it says whom it waits for, and why it was refused", () => {
  const model = new ViewModel();
  assert.equal(model.status(0).key, "line_connecting");
  model.session = "offline";
  assert.equal(model.status(0).key, "waiting_customer");
  model.say("code:B-27", "danger", 0);
  assert.equal(model.status(0).key, "code:B-27");
});

test("it warns when the words change, not when they come", () => {
  const model = connected();
  model.takeWords(["하나"]);
  assert.equal(model.status(0), null);
  model.takeWords(["둘"]);
  assert.equal(model.status(0).key, "words_changed");
});

test("it knows how it ended", () => {
  const endings = { "B-31": "code:B-31", replaced: "ended_replaced", "": "ended_customer" };
  for (const [reason, sentence] of Object.entries(endings)) {
    const model = connected();
    model.end("customer", reason, 0);
    model.end("agent", "", 0);
    assert.equal(model.endedSentence(), sentence);
    assert.equal(model.mayControl, false);
  }
});
