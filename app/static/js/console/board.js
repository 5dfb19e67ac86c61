// The console's list: the agent's slots live, with what can be done with each. The signal socket tells and is told;
// the model is the server's snapshot with every later message applied.

import { SignalLink } from "./signal.js";
import { byId, csrf, page, sentenceOf, socketUrl, spaced, t } from "./page.js";

const STEPS = ["none", "page", "downloaded", "started", "asked", "allowed"];
const ALIVE_MS = 120_000;
const NOTE_MS = 6000;
const slots = new Map();
const sessions = new Map();
let presence = "online";

const signal = new SignalLink({
  page: "console",
  csrf,
  ticketUrl: page.ticket_url,
  socketUrl,
  onMessage: take,
  onState: (state, why) => {
    byId("cb-line").hidden = state === "online";
    byId("cb-line-text").textContent = t(state === "ended" ? `ended_${why}` : `signal_${state}`);
    byId("cb-add").disabled = byId("cb-presence").disabled = state !== "online";
    show();
  },
});

// --- what is known

const TAKES = {
  snapshot: takeSnapshot,
  "slot.opened": (message) => {
    slots.set(message.slot, message);
    sessions.set(message.session, { session: message.session, slot: message.slot, state: "offline", arrival_step: "none" });
  },
  "slot.code": (message) => Object.assign(slots.get(message.slot) ?? {}, message),
  "slot.closed": ({ slot }) => slots.delete(slot),
  arrival: ({ session, step, detail }) => {
    const known = sessions.get(session);
    if (known) Object.assign(known, { arrival_step: step }, step === "none" ? { pc: null, os: null } : named(detail));
  },
  "session.state": (message) => {
    const known = sessions.get(message.session);
    if (known && message.version > (known.version ?? -1)) Object.assign(known, message);
  },
  ended: (message) => {
    const known = sessions.get(message.session);
    if (known) Object.assign(known, { state: "expired" });
    note(t(message.by === "customer" ? "ended_customer" : "ended_system_or_agent"));
  },
  survey: ({ grade }) => note(t(`grade_${grade}`)),
  notice: ({ text_ko: ko, text_en: en }) => note(page.language === "ko" ? ko : en),
};

function take(message) {
  TAKES[message.t]?.(message);
  show();
}

function takeSnapshot(message) {
  slots.clear();
  sessions.clear();
  for (const slot of message.slots) slots.set(slot.slot, slot);
  for (const session of message.sessions) sessions.set(session.session, session);
  presence = message.agent.state;
  byId("cb-presence").value = presence;
}

function named(detail = {}) {
  return Object.fromEntries(Object.entries(detail).filter(([, value]) => value));
}

// --- what is shown

function show() {
  const list = byId("cb-slots");
  const sorted = [...slots.values()].sort((one, other) => one.position - other.position);
  const shown = new Map([...list.children].map((card) => [card.dataset.slot, card]));
  for (const [slot, card] of shown) if (!slots.has(slot)) card.remove();
  sorted.forEach((slot, at) => {
    const card = shown.get(slot.slot) ?? makeCard(slot.slot);
    if (list.children[at] !== card) list.insertBefore(card, list.children[at] ?? null);
    showCard(card, slot, sessions.get(slot.session) ?? {});
  });
  byId("cb-empty").hidden = slots.size > 0 || signal.state !== "online";
  byId("cb-add").hidden = slots.size >= 5;
}

function makeCard(slot) {
  const card = byId("cb-card").content.firstElementChild.cloneNode(true);
  card.dataset.slot = slot;
  const on = (deed, handler) => part(card, deed).addEventListener("click", handler);
  const session = () => slots.get(slot)?.session;
  on("code-new", () => run({ t: "slot.new_code", slot }));
  on("remove", () => run({ t: "slot.remove", slot }));
  on("copy", () => navigator.clipboard?.writeText(slots.get(slot)?.code ?? ""));
  on("release", () => run({ t: "release", session: session() }));
  on("end", () => { part(card, "end-ask").hidden = false; part(card, "end-no").focus(); });
  on("end-no", () => { part(card, "end-ask").hidden = true; });
  on("end-yes", () => {
    part(card, "end-ask").hidden = true;
    run({ t: "end", session: session(), reason: "agent" });
  });
  part(card, "auto").addEventListener("change", async (event) => {
    const isOn = event.target.checked;
    const known = slots.get(slot);
    if (known) known.auto_connect = isOn;
    if (!(await run({ t: "slot.auto", slot, on: isOn })) && known) known.auto_connect = !isOn;
    show();
  });
  return card;
}

function showCard(card, slot, session) {
  const { state = "offline", arrival_step: step = "none" } = session;
  const isComing = state === "offline" && STEPS.indexOf(step) > 0;
  const write = (name, text) => { if (part(card, name).textContent !== text) part(card, name).textContent = text; };
  const only = (name, isShown) => { part(card, name).hidden = !isShown; };
  write("number", String(slot.number));
  const kind = state === "offline" ? (isComing ? "coming" : "waits") : state;
  // A code that somebody used leads nowhere any more.
  const code = kind === "waits" ? slot.code : null;
  write("code", code ? spaced(code) : "– – –");
  card.dataset.kind = kind;
  write("state", t(`state_${kind}`));
  part(card, "state").className = `bh-state ${{ connected: "is-connected", online: "is-waiting", coming: "is-primary" }[kind] ?? ""}`;
  write("step", state === "expired" || step === "none" ? "" : t(`step_${step}`));
  write("who", [session.pc, session.os, session.ip].filter(Boolean).join(" · "));
  part(card, "auto").checked = slot.auto_connect;
  const address = page.view_url.replace("SESSION", slot.session);
  for (const anchor of [part(card, "accept"), part(card, "open")]) {
    anchor.href = address;
    anchor.target = `view-${slot.session}`;  // one tab for a customer, however often it is opened
  }
  only("accept", kind === "online");
  only("open", kind === "connected");
  only("end", kind === "connected");
  only("release", kind === "online" || isComing);
  only("code-new", kind === "waits" || kind === "expired");
  only("remove", kind !== "connected");
  only("copy", Boolean(code));
  if (kind !== "connected") only("end-ask", false);
}

const part = (card, name) => card.querySelector(`[data-part="${name}"]`);

async function run(command) {
  const answer = await signal.send(command);
  if (!answer.ok) note(sentenceOf(answer.code));
  return answer.ok;
}

let noteTimer = 0;
function note(text) {
  byId("cb-note-text").textContent = text;
  byId("cb-note").hidden = false;
  clearTimeout(noteTimer);
  noteTimer = setTimeout(() => { byId("cb-note").hidden = true; }, NOTE_MS);
}

byId("cb-add").addEventListener("click", () => run({ t: "slot.add" }));
byId("cb-empty-add").addEventListener("click", () => run({ t: "slot.add" }));
byId("cb-presence").addEventListener("change", (event) => {
  presence = event.target.value;
  run({ t: "agent.state", state: presence });
});
// Who says "online" is at work: waiting for customers does not end the log-in. Whoever says "away" is not.
setInterval(() => {
  if (presence === "online" && signal.state === "online") fetch(page.alive_url, { cache: "no-store" }).catch(() => {});
}, ALIVE_MS);
addEventListener("pagehide", () => signal.stop());
addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
signal.start();
