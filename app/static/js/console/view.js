// One support session in the agent's browser: signal, participant, screen, bar. Joins the parts; each decides
// its own matter. The customer's program has the last word about everything that is sent.

import { SPECIAL_KEYS } from "./symbols.js";
import { ParticipantLink } from "./participant.js";
import { Screen, FIT, STEPS } from "./screen.js";
import { SignalLink } from "./signal.js";
import { Sheets } from "./sheets.js";
import { Typing } from "./keyboard.js";
import { ViewModel } from "./model.js";
import { TouchPan } from "./touch.js";
import { byId, csrf, duration, page, sentenceOf, socketUrl, t } from "./page.js";
import { randomHex } from "./bytes.js";
import { wordsOf } from "./words.js";

const PROGRAM = "BaroHelp web viewer";
const ASK_EVERY_MS = 5500;
const ALIVE_MS = 120_000;
const MAX_CLIPBOARD = 10 * 1024 * 1024;
const now = () => performance.now();

const model = new ViewModel();
const stage = byId("cv-stage");
const isTouch = matchMedia("(pointer: coarse)").matches;
let link = null;
let snapshot = null;
let askedAt = -Infinity;
let customerText = "";
let ownText = null;

const screen = new Screen(stage, byId("cv-screen"), {
  onReady: () => { model.ready(now()); show(); },
  onClipboard: takeClipboard,
  onBroken: () => { link?.end("B-16"); finish("system", "B-16"); },
  onSize: show,
});
const typing = new Typing(byId("cv-keys"), {
  send: (symbol, isDown) => { if (model.mayType || !isDown) screen.key(symbol, isDown); },
  paste: (text) => giveClipboard(text),
  shortcut: (letter) => runShortcut(letter),
});
const sheets = new Sheets();
const pan = new TouchPan(stage, byId("cv-pan-ground"), screen);

const signal = new SignalLink({
  page: page.session,
  csrf,
  ticketUrl: page.ticket_url,
  socketUrl,
  onMessage: takeSignal,
  onState: (state, why) => {
    model.signal = state;
    if (state === "ended") finish("system", why);
    show();
  },
});

// --- signal

function takeSignal(message) {
  const isOurs = message.session === page.session;
  if (message.t === "snapshot") takeSnapshot(message);
  else if (message.t === "key.ask" && isOurs) begin(message.participant, message.epoch, { asksForKeys: false });
  else if (message.t === "session.state" && isOurs) takeState(message.state);
  else if (message.t === "survey" && isOurs) model.survey = message.grade;
  else if (message.t === "options") takeOptions(message.options);
  if (message.t === "offer" && isOurs) model.setOptions(message.options ?? {});
  link?.receive(message);
  if (link === null && message.t === "ended" && isOurs) finish(message.by, message.reason ?? "");
  show();
}

function takeSnapshot(message) {
  snapshot = message;
  takeOptions(message.options);
  if (model.ended !== null) return;
  const session = message.sessions.find((one) => one.session === page.session);
  if (!session || session.state === "expired") {
    if (link === null) finish("system", "gone");
    return;
  }
  takeState(session.state);
  const mine = message.participants.find((one) => one.session === page.session && one.role === "lead");
  if (mine) begin(mine.participant, mine.epoch, { asksForKeys: true });
  else if (link !== null) letGo();
}

/** The administrator's options, each with the place where it was set; they hold at once. */
function takeOptions(options) {
  model.setOptions(Object.fromEntries(Object.entries(options).map(([key, [value]]) => [key, value])));
  if (!model.option("web_viewer")) finish("system", "B-43");
}

function takeState(state) {
  model.session = state;
  signal.setConnected(state === "connected");
  if (state === "online" && link === null) accept();
}

async function accept() {
  const answer = await signal.send({ t: "accept", session: page.session });
  if (!answer.ok && answer.code !== "replaced") model.say(`code:${answer.code}`, "danger", now(), {}, 20_000);
  show();
}

/** A new participant, or ours again: the customer program was started anew and allowed again. */
function begin(participant, epoch, { asksForKeys }) {
  if (link?.participant === participant && !link.hasEnded) return;
  link?.close();
  link = new ParticipantLink({
    session: page.session,
    participant,
    epoch: asksForKeys ? epoch : 0,
    program: PROGRAM,
    send: (command) => signal.send(command),
    greeting,
    handlers: {
      onWords: takeWords,
      onScreenOpen: (channel) => { model.screenIsOpen = true; screen.open(channel); show(); },
      onPlain: (plain) => screen.deliver(plain),
      onControl: takeControl,
      onScreenLost: () => { model.screenIsOpen = false; screen.drop(); show(); },
      onState: (state, rttMs) => { model.link = state; model.rttMs = rttMs; show(); },
      onEnd: (by, reason) => ended(by, reason),
    },
  });
  link.start({ asksForKeys });
}

function greeting() {
  const messages = [
    { t: "who", agent_name: snapshot.agent.name, company: snapshot.tenant.company ?? "" },
    { t: "input_mode", mode: "unicode" },
  ];
  if (model.quality !== "auto") messages.push({ t: "quality", mode: model.quality });
  return messages;
}

function takeControl(message) {
  if (message.t === "pointer") {
    markCustomer(message.x, message.y);
    return;
  }
  const before = model.mayControl;
  model.takeControl(message, now());
  if (before && !model.mayControl) releaseAll();
  show();
}

async function takeWords(numbers) {
  model.takeWords(await wordsOf(page.language, numbers));
  const other = page.language === "ko" ? "en" : "ko";
  const both = [model.words, await wordsOf(other, numbers)];
  byId("cv-words-list").replaceChildren(...model.words.map((word) => listItem(word)));
  byId("cv-words-other").textContent = both[1].join(" · ");
  show();
}

// --- the end

/** The customer program may come back with a new participant; only the support session's end ends the page. */
function ended(by, reason) {
  if (by === "system" && reason === "program started anew") letGo();
  else finish(by, reason);
}

function letGo() {
  link?.close();
  link = null;
  model.link = "unstable";
  model.rights = null;
  show();
}

function finish(by, reason) {
  model.end(by, reason, now());
  releaseAll();
  link?.close();
  screen.drop();
  // What the customer showed does not stay on the agent's screen.
  screen.forgetPicture();
  sheets.close();
  if (document.fullscreenElement) document.exitFullscreen();
  show();
}

function endNow() {
  releaseAll();
  link?.end("agent");
  if (link === null) signal.send({ t: "end", session: page.session, reason: "agent" });
  finish("agent", "");
}

// --- input

function releaseAll() {
  typing.release();
  link?.sendControl({ t: "release" });
}

function toggleControl() {
  if (model.needsToAsk) {
    model.wantsControl = true;
    askForControl();
  } else {
    if (model.mayControl) releaseAll();
    model.wantsControl = !model.wantsControl;
  }
  show();
}

function askForControl() {
  if (now() - askedAt < ASK_EVERY_MS) return;
  askedAt = now();
  for (const right of ["mouse", "keyboard"]) {
    link?.sendControl({ t: "ask", ask_id: randomHex(8), right, reason_code: "none" });
  }
  model.say("control_asked", "info", now(), {}, ASK_EVERY_MS);
}

function press(name) {
  if (model.mayType) typing.press(SPECIAL_KEYS[name]);
  else model.say("keys_not_now", "waiting", now());
  show();
}

function takeFocus() {
  byId("cv-keys").focus({ preventScroll: true });
}

// --- clipboard

function takeClipboard(text) {
  if (!model.mayTakeClipboard) return;
  customerText = text;
  ownText = text;
  byId("cv-clip-theirs").value = text;
  // Without the browser's leave it stands in the panel, with a button.
  if (document.hasFocus()) navigator.clipboard?.writeText(text).catch(() => {});
}

/** Tell the customer's side what we copied; whether it was new to it. */
function giveClipboard(text) {
  if (!model.mayGiveClipboard || !text || text === ownText || text.length > MAX_CLIPBOARD) return false;
  ownText = text;
  screen.paste(text);
  return true;
}

async function followOwnClipboard() {
  if (!model.mayGiveClipboard || !navigator.permissions) return;
  try {
    const { state } = await navigator.permissions.query({ name: "clipboard-read" });
    if (state === "granted") giveClipboard(await navigator.clipboard.readText());
  } catch {
    // A browser that has no such leave: the panel and Ctrl+V stay.
  }
}

// --- what is seen

function show() {
  const status = model.ended === null ? model.status(now()) : null;
  const strip = byId("cv-status");
  strip.hidden = status === null;
  if (status !== null) {
    const text = words(status.key, status.values);
    if (byId("cv-status-text").textContent !== text) byId("cv-status-text").textContent = text;
    strip.dataset.tone = status.tone;
  }
  screen.allow(model.mayControl);
  showBar();
  showFacts();
  showEnded();
}

function words(key, values) {
  return key.startsWith("code:") ? sentenceOf(key.slice(5)) : t(key, values);
}

function showBar() {
  const control = byId("cv-control");
  control.setAttribute("aria-pressed", String(model.mayControl));
  control.disabled = model.isViewOnly || model.ended !== null;
  control.title = `${t(model.controlSentence())} (Ctrl+Alt+C)`;
  const clipboard = byId("cv-clipboard");
  clipboard.hidden = !model.option("clipboard_text");
  byId("cv-capture").hidden = !model.option("screen_capture");
  byId("cv-clip-send").disabled = !model.mayGiveClipboard || !model.mayControl;
  byId("cv-clip-on").checked = model.wantsClipboard;
  byId("cv-clip-why").hidden = model.mayGiveClipboard || model.mayTakeClipboard;
  for (const name of ["special", "keyboard"]) byId(`cv-${name}`).disabled = !model.mayType;
  showMonitors();
  for (const button of document.querySelectorAll("[data-scale]")) {
    button.setAttribute("aria-checked", String(button.dataset.scale === String(screen.scale)));
  }
  for (const button of document.querySelectorAll("[data-quality]")) {
    button.setAttribute("aria-checked", String(button.dataset.quality === model.quality));
  }
  stage.classList.toggle("is-stale", model.ended === null && model.link !== "ok" && model.connectedAt !== null);
  stage.classList.toggle("is-controlled", model.mayControl);
}

/** One line a monitor, made anew only when the customer's monitors change. */
function showMonitors() {
  const { monitors, sharing } = model;
  byId("cv-monitors").hidden = monitors.length === 0;
  const list = byId("cv-monitors-list");
  const state = JSON.stringify([monitors, sharing?.monitor, sharing?.kind]);
  if (list.dataset.state === state) return;
  list.dataset.state = state;
  const line = (text, monitor) => {
    const button = term("button", text);
    button.className = "cv-choice";
    button.type = "button";
    button.role = "menuitemradio";
    button.setAttribute("aria-checked", String(sharing.monitor === monitor));
    button.addEventListener("click", () => {
      link?.sendControl(monitor === null ? { t: "show_monitor" } : { t: "show_monitor", monitor });
      sheets.close();
    });
    return button;
  };
  const lines = monitors.map((one, at) => line(t("monitor", { number: at + 1, size: `${one.w} × ${one.h}` }), one.id));
  list.replaceChildren(...(lines.length ? [line(t("monitor_all"), null), ...lines] : []));
}

function showFacts() {
  const seconds = model.connectedSeconds(now());
  byId("cv-time").textContent = seconds === null ? "" : duration(seconds);
  byId("cv-quality-now").textContent = model.connectedAt === null ? "" : t(model.qualitySentence());
  byId("cv-words").hidden = model.words.length === 0;
  const pc = model.machine?.pc;
  document.title = pc ? t("title", { pc }) : page.title;
  byId("cv-pc").textContent = pc ?? "";
  fitBar();
}

let fitted = "";
/** Words on the tools while they fit, icons otherwise; looked at when the window or what stands there changes. */
function fitBar() {
  const bar = byId("cv-tools").parentElement;
  const shown = [...bar.querySelectorAll(".cv-tool, .cv-facts > span")].filter((one) => !one.hidden);
  const state = [innerWidth, ...shown.map((one) => one.id + one.textContent.length)].join();
  if (state === fitted) return;
  fitted = state;
  const tools = byId("cv-tools");
  bar.classList.toggle("is-tight", innerWidth <= 760);
  if (tools.scrollWidth > tools.clientWidth) bar.classList.add("is-tight");
}

function showEnded() {
  const card = byId("cv-ended");
  if (model.ended === null || !card.hidden) return;
  card.hidden = false;
  byId("cv-ended-text").textContent = words(model.endedSentence());
  const facts = [];
  const seconds = model.connectedSeconds(now());
  if (seconds !== null) facts.push([t("fact_time"), duration(seconds)]);
  if (model.machine) facts.push([t("fact_pc"), model.machine.pc]);
  byId("cv-ended-facts").replaceChildren(...facts.flatMap(([name, value]) => [term("dt", name), term("dd", value)]));
  byId("cv-report").hidden = model.connectedAt === null;
  byId("cv-back").focus();
}

function term(tag, text) {
  const element = document.createElement(tag);
  element.textContent = text;
  return element;
}

const listItem = (text) => term("li", text);

let markTimer = 0;
function markCustomer(x, y) {
  const mark = byId("cv-customer");
  const [left, top] = screen.place(x, y);
  mark.hidden = false;
  mark.style.transform = `translate(${left}px, ${top}px)`;
  clearTimeout(markTimer);
  markTimer = setTimeout(() => { mark.hidden = true; }, 3000);
}

// --- the bar's buttons

function capture() {
  screen.toBlob((blob) => {
    if (!blob) return;
    const address = URL.createObjectURL(blob);
    const anchor = document.createElement("a");
    const time = new Date().toISOString().slice(0, 19).replace(/[:T]/g, "-");
    anchor.href = address;
    anchor.download = `${(model.machine?.pc || "BaroHelp").replace(/[\\/:*?"<>|]/g, "_")} ${time}.png`;
    anchor.click();
    setTimeout(() => URL.revokeObjectURL(address), 10_000);
    model.say("captured", "connected", now());
    show();
  });
}

async function toggleFullScreen() {
  if (document.fullscreenElement) {
    await document.exitFullscreen();
    return;
  }
  await document.documentElement.requestFullscreen({ navigationUI: "hide" }).catch(() => {});
  // Where the browser can, Alt+Tab and the Windows key go to the customer too.
  navigator.keyboard?.lock?.().catch(() => {});
  takeFocus();
}

function stepScale(larger) {
  const factor = screen.factor;
  const next = larger ? STEPS.find((step) => step > factor + 0.01) : STEPS.findLast((step) => step < factor - 0.01);
  if (next) screen.setScale(next);
}

function wire() {
  const onClick = (id, deed) => byId(id).addEventListener("click", () => { deed(); show(); });
  onClick("cv-control", () => { toggleControl(); takeFocusUnlessTouch(); });
  onClick("cv-full", toggleFullScreen);
  onClick("cv-refresh", () => { screen.refresh(); takeFocusUnlessTouch(); });
  onClick("cv-capture", capture);
  onClick("cv-smaller", () => stepScale(false));
  onClick("cv-larger", () => stepScale(true));
  onClick("cv-keyboard", toggleKeyboard);
  onClick("cv-pan", () => { byId("cv-pan").setAttribute("aria-pressed", String(pan.toggle())); });
  onClick("cv-end-yes", () => { sheets.close(); endNow(); });
  onClick("cv-end-no", () => sheets.close());
  onClick("cv-clip-send", () => {
    model.say(giveClipboard(byId("cv-clip-ours").value) ? "clip_sent" : "clip_same", "connected", now());
  });
  onClick("cv-clip-copy", () => {
    byId("cv-clip-theirs").select();
    navigator.clipboard?.writeText(customerText).catch(() => document.execCommand("copy"));
  });
  byId("cv-clip-on").addEventListener("change", (event) => { model.wantsClipboard = event.target.checked; show(); });
  for (const button of document.querySelectorAll("[data-key]")) {
    button.addEventListener("click", () => { sheets.close(); press(button.dataset.key); takeFocusUnlessTouch(); });
  }
  for (const button of document.querySelectorAll("[data-scale]")) {
    button.addEventListener("click", () => {
      screen.setScale(button.dataset.scale === FIT ? FIT : Number(button.dataset.scale));
      sheets.close();
      show();
    });
  }
  for (const button of document.querySelectorAll("[data-quality]")) {
    button.addEventListener("click", () => {
      model.quality = button.dataset.quality;
      screen.setQuality(model.quality);
      link?.sendControl({ t: "quality", mode: model.quality });
      sheets.close();
      show();
    });
  }
  addEventListener("resize", fitBar);
  stage.addEventListener("pointerdown", (event) => {
    sheets.close();
    if (event.pointerType !== "touch") takeFocus();
    if (!model.mayControl && model.needsToAsk) askForControl();
  });
  // A click on the picture must not take the focus away from the field behind it.
  stage.addEventListener("mousedown", (event) => event.preventDefault());
  byId("cv-keys").addEventListener("focus", () => { stage.classList.add("has-keys"); followOwnClipboard(); });
  byId("cv-keys").addEventListener("blur", () => {
    stage.classList.remove("has-keys");
    byId("cv-keyboard").setAttribute("aria-pressed", "false");
    link?.sendControl({ t: "release" });
  });
  document.querySelector("[role=toolbar]").addEventListener("keydown", (event) => {
    if (event.key === "Escape") takeFocus();
  });
  addEventListener("pagehide", () => { typing.release(); link?.close(); signal.stop(); });
  addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
  addEventListener("beforeunload", (event) => {
    if (model.ended === null && model.connectedAt !== null) event.preventDefault();
  });
}

/** The viewer's own keys, the same as the program's; without one the field would be a trap for keyboard users. */
const SHORTCUTS = {
  B: () => byId("cv-end").focus(),
  C: toggleControl,
  F: toggleFullScreen,
  K: () => byId("cv-special").click(),
  Q: () => byId("cv-end").click(),
  R: () => screen.refresh(),
  S: () => { if (model.option("screen_capture")) capture(); },
  V: () => { if (model.option("clipboard_text")) byId("cv-clipboard").click(); },
  W: () => { if (model.monitors.length) byId("cv-monitors").click(); },
};

function runShortcut(letter) {
  if (!(letter in SHORTCUTS)) return false;
  // After the keys are released, which the focus may leave for a panel.
  setTimeout(() => { SHORTCUTS[letter](); show(); });
  return true;
}

function takeFocusUnlessTouch() {
  if (!isTouch) takeFocus();
}

/** The on-screen keyboard comes only when it is asked for: a tap is a click on the customer's desktop. */
function toggleKeyboard() {
  const field = byId("cv-keys");
  const isOn = document.activeElement === field && field.inputMode !== "none";
  if (isOn) {
    field.blur();
    return;
  }
  field.inputMode = "text";
  field.blur();
  takeFocus();
  byId("cv-keyboard").setAttribute("aria-pressed", "true");
}

function start() {
  if (!globalThis.isSecureContext || !globalThis.crypto?.subtle) {
    finish("system", "insecure");
    return;
  }
  if (page.state === "expired") {
    finish("system", "gone");
    return;
  }
  byId("cv-keys").inputMode = isTouch ? "none" : "text";
  wire();
  signal.start();
  setInterval(show, 500);
  setInterval(() => { if (model.ended === null) fetch(page.alive_url, { cache: "no-store" }).catch(() => {}); }, ALIVE_MS);
  if (!isTouch) takeFocus();
  show();
}

start();
