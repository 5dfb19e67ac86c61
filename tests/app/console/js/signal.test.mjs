import assert from "node:assert/strict";
import { test } from "node:test";
import { BadMessage, SignalClient } from "../../../../app/static/js/console/signal.js";

const say = (client, message, now = 0) => client.receive(JSON.stringify(message), now);
const hello = (more) => ({ t: "hello", stream: "s1", last: 0, resumed: false, ...more });

function live(last = 5) {
  const client = new SignalClient("c");
  client.connected(0);
  say(client, hello({ last }));
  say(client, { t: "snapshot", slots: [] });
  client.takeEvents();
  client.outgoing();
  return client;
}

test("it goes on after the snapshot's number, each message once", () => {
  const client = live(5);
  say(client, { t: "ended", n: 6 });
  say(client, { t: "ended", n: 6 });
  say(client, { t: "survey", n: 7 });
  assert.deepEqual(client.takeEvents().map(({ message }) => message.n), [6, 7]);
  assert.equal(client.after, 7);
});

test("it breaks at a gap, and believes nothing after it", () => {
  const client = live(5);
  say(client, { t: "ended", n: 7 });
  say(client, { t: "ended", n: 6 });
  assert.deepEqual(client.takeEvents(), [{ kind: "broken", reason: "gap" }]);
  assert.equal(client.after, 5);
});

test("it resumes only where it has been", () => {
  const client = live(5);
  client.disconnected();
  client.connected(0);
  assert.throws(() => say(client, hello({ stream: "s2", last: 9, resumed: true })), BadMessage);
  assert.equal(client.after, 0);
});

test("it repeats unanswered commands on the next socket, with the same id", () => {
  const client = live();
  const id = client.send({ t: "accept", session: "a" });
  const [first] = client.outgoing();
  client.disconnected();
  client.connected(0);
  say(client, hello({ last: 5, resumed: true }));
  assert.deepEqual(client.outgoing(), [first]);
  say(client, { re: id, ok: true });
  assert.equal(client.pending.size, 0);
});

test("it keeps only the newest wish for tickets of a channel", () => {
  const client = live();
  client.send({ t: "ticket.need", participant: "p", channel: "control", epoch: 1 });
  client.send({ t: "ticket.need", participant: "p", channel: "control", epoch: 2 });
  assert.deepEqual([...client.pending.values()].map(({ epoch }) => epoch), [2]);
});

test("it answers pings, acknowledges once a second, and hears silence", () => {
  const client = live(5);
  say(client, { t: "ping" }, 100);
  say(client, { t: "ended", n: 6 }, 2000);
  say(client, { t: "ended", n: 7 }, 2100);
  assert.deepEqual(client.outgoing(), ['{"t":"pong"}', '{"t":"ack","n":6}']);
  client.tick(10_100);
  assert.deepEqual(client.takeEvents().at(-1), { kind: "broken", reason: "silent" });
});

for (const text of ["", "[]", "null", "{", '{"n":1}', `{"t":"${"x".repeat(20_000)}"}`]) {
  test(`it refuses ${text.slice(0, 12) || "nothing"}`, () => {
    assert.throws(() => live().receive(text, 0), BadMessage);
  });
}

test("it refuses a second snapshot, numbers that are none, and messages before hello", () => {
  assert.throws(() => say(live(), { t: "snapshot" }), BadMessage);
  assert.throws(() => say(live(), { t: "ended", n: "6" }), BadMessage);
  const client = new SignalClient("c");
  client.connected(0);
  assert.throws(() => say(client, { t: "ended", n: 1 }), BadMessage);
});
