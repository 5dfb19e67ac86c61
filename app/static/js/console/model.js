// What the view page knows: the line, the rights, who is here, and which sentence stands above the picture.
// The browser's twin of viewer/remote/model.py. Draws nothing, sends nothing.

import { readRights, readSharing } from "./control.js";

/** Ends that are this page's own, not the support session's. */
const OWN_ENDS = new Set([
  "elsewhere", "gone", "insecure", "login_ended", "refused", "replaced", "session_over", "tenant_stopped",
]);

export class ViewModel {
  constructor() {
    this.options = {};
    this.rights = null;
    this.machine = null;
    this.people = [];
    this.words = [];
    this.wordsChanged = false;
    this.line = null;
    this.link = "none";  // none | ok | unstable | lost
    this.rttMs = null;
    this.signal = "connecting";
    this.session = "connected";  // offline | online | connected, as the web half last said
    this.isPaused = false;
    this.takenBack = null;
    this.sharing = null;
    this.screenIsOpen = false;
    this.ended = null;
    this.survey = null;
    this.wantsControl = true;
    this.wantsClipboard = true;
    this.quality = "auto";
    this.connectedAt = null;
    this.endedAt = null;
    this.notice = null;
  }

  /** What is not named is off. */
  option(key) {
    return this.options[key] === true;
  }

  setOptions(options) {
    const isFirst = Object.keys(this.options).length === 0;
    this.options = options;
    if (isFirst) this.wantsControl = this.option("auto_control");
  }

  get isViewOnly() {
    return this.option("view_only");
  }

  get mayControl() {
    return (
      this.wantsControl && !this.isViewOnly && !this.isPaused && this.ended === null && this.link !== "lost"
      && this.rights !== null && (this.rights.mouse || this.rights.keyboard)
    );
  }

  get mayType() {
    return this.mayControl && this.rights.keyboard;
  }

  get mayGiveClipboard() {
    return this.clipboardIsOn && this.rights.clipboard_in;
  }

  get mayTakeClipboard() {
    return this.clipboardIsOn && this.rights.clipboard_out;
  }

  get clipboardIsOn() {
    return this.wantsClipboard && this.option("clipboard_text") && this.ended === null && this.rights !== null;
  }

  /** Whether control would need the customer's word first: denied, revoked, taken back by the button. */
  get needsToAsk() {
    if (this.isViewOnly || this.ended !== null || this.rights === null) return false;
    if (this.rights.mouse || this.rights.keyboard) return false;
    const why = Object.values(this.rights.why);
    return this.takenBack?.by === "button" || why.includes("consent") || why.includes("revoked");
  }

  connectedSeconds(now) {
    return this.connectedAt === null ? null : ((this.endedAt ?? now) - this.connectedAt) / 1000;
  }

  ready(now) {
    this.connectedAt ??= now;
    if (this.link === "none") this.link = "ok";
  }

  takeWords(words) {
    this.wordsChanged = this.words.length > 0 && this.words.join() !== words.join();
    this.words = words;
  }

  takeControl(message, now) {
    switch (message.t) {
      case "rights":
        this.rights = readRights(message);
        if (!this.isBecause("taken_back")) this.takenBack = null;
        this.isPaused = this.isPaused && this.isBecause("paused");
        break;
      case "machine":
        this.machine = { pc: String(message.pc ?? ""), os: String(message.os ?? ""), lang: message.lang };
        break;
      case "people":
        this.people = Array.isArray(message.people) ? message.people : [];
        break;
      case "line":
        this.line = { isLossy: message.lossy !== false };
        break;
      case "pause":
        this.isPaused = message.on === true;
        break;
      case "sharing":
        this.sharing = readSharing(message);
        break;
      case "taken_back":
        this.takenBack = { by: message.by };
        break;
      case "answer":
        this.say({ allowed: "answer_allowed", denied: "answer_denied" }[message.answer] ?? "answer_timeout",
          { allowed: "connected" }[message.answer] ?? "waiting", now);
        break;
      case "refused":
        this.say(message.option ? "refused_option" : "refused_right", "waiting", now, { code: message.code });
        break;
      case "notice":
        this.say(`code:${message.code}`, "info", now);
        break;
    }
  }

  isBecause(reason) {
    return this.rights !== null && Object.values(this.rights.why).includes(reason);
  }

  end(by, reason, now) {
    if (this.ended !== null) return;
    this.ended = { by, reason };
    this.endedAt = now;
    this.screenIsOpen = false;
  }

  /** Show a sentence for a while, unless something more important is to be said. */
  say(key, tone, now, values = {}, forMs = 4000) {
    this.notice = { status: { key, tone, values }, until: now + forMs };
  }

  /** The most important thing to say, as {key, tone, values}; null when all is well. */
  status(now) {
    return this.lineStatus(now) ?? this.customerStatus() ?? this.ownStatus() ?? this.noticeStatus(now);
  }

  lineStatus(now) {
    if (this.link === "lost") return { key: "line_lost", tone: "danger" };
    if (this.link === "unstable") return { key: "line_unstable", tone: "waiting" };
    if (this.connectedAt === null) {
      const waits = this.session === "offline" ? "waiting_customer" : "line_connecting";
      return this.noticeStatus(now) ?? { key: waits, tone: "info" };
    }
    if (!this.screenIsOpen) return { key: "line_screen_lost", tone: "waiting" };
    return null;
  }

  customerStatus() {
    const sharing = this.sharingSentence();
    if (sharing !== null) return { key: sharing, tone: "waiting" };
    if (this.isPaused || this.isBecause("paused")) return { key: "customer_paused", tone: "waiting" };
    if (this.takenBack !== null) {
      return { key: this.takenBack.by === "button" ? "customer_took_back" : "customer_moves", tone: "waiting" };
    }
    if (this.rights !== null && !this.rights.view) return { key: "customer_hides", tone: "waiting" };
    return null;
  }

  /** Why there is no picture, as far as the customer's choice goes. */
  sharingSentence() {
    if (this.sharing === null) return null;
    const { kind, why } = this.sharing;
    if (why === "minimised" || why === "off_screen") return `sharing_${why}`;
    if (kind !== "nothing") return null;
    return why === "closed" || why === "failed" ? `sharing_${why}` : "sharing_choosing";
  }

  /** The monitors that may be chosen from; none while only a part is shown. */
  get monitors() {
    const isWhole = this.sharing !== null && (this.sharing.kind === "all" || this.sharing.kind === "monitor");
    return isWhole && this.sharing.monitors.length > 1 ? this.sharing.monitors : [];
  }

  ownStatus() {
    if (this.wordsChanged) return { key: "words_changed", tone: "danger" };
    if (this.signal === "offline" && this.link === "ok") return { key: "signal_away", tone: "info" };
    return null;
  }

  noticeStatus(now) {
    if (this.notice !== null && now >= this.notice.until) this.notice = null;
    return this.notice?.status ?? null;
  }

  controlSentence() {
    if (this.isViewOnly) return "control_never";
    if (this.needsToAsk) return "control_ask";
    return this.wantsControl ? "control_lock" : "control_free";
  }

  endedSentence() {
    if (this.ended === null) return "";
    if (this.ended.reason.startsWith("B-")) return `code:${this.ended.reason}`;
    if (OWN_ENDS.has(this.ended.reason)) return `ended_${this.ended.reason}`;
    return { agent: "ended_agent", customer: "ended_customer" }[this.ended.by] ?? "ended_system";
  }

  qualitySentence() {
    if (this.line === null) return `quality_${this.quality}`;
    return this.line.isLossy ? "quality_lossy" : "quality_exact";
  }
}
