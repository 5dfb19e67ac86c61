// The sealed channels to the customer of one participant: keys, offers, channels, beats, coming back.
// The browser's twin of desktop/support_link.py; what the bytes and messages mean is decided by view.js.

import { Backoff } from "./backoff.js";
import { ControlBroken, ControlProtocol, Heartbeat } from "./control.js";
import { KeyExchange } from "./keys.js";
import { SealBroken, SealedStream, wordNumbers } from "./seal.js";
import { SealedChannel } from "./sealed_socket.js";

const BAD_CONTROL = 4032;
const POLITE = new Set([1000, 4012]);
const POLITE_MS = 1000;
const TELL_END_MS = 2000;
// A browser does not tell "refused" from "not reached": a ticket is shown less often than by a program.
const SAME_TICKET_TRIES = 1;
const TICKET_MARGIN_MS = 5000;
const ASK_AGAIN_MS = 10_000;
const OPENING_MS = 35_000;
const DEAD_AFTER_MS = 6500;
const RETRY_CONNECTED_S = 2;
const CHANNELS = ["screen", "control"];
const RELAY = /^wss?:\/\/[^/?#@\s]{1,255}(\/[^?#\s]{0,200})?$/;

export class ParticipantLink {
  /**
   * `send` sends a signal command. Handlers: onWords(numbers), onScreenOpen(channel), onPlain(bytes),
   * onControl(message), onScreenLost(), onState(state, rttMs), onEnd(by, reason) once. `greeting()` gives the
   * messages after our hello.
   */
  constructor({ session, participant, epoch, send, greeting, program, handlers }) {
    Object.assign(this, { session, participant, epoch, send, greeting, program, on: handlers });
    this.keys = new KeyExchange(participant);
    this.keysLost = true;
    this.backoff = new Backoff();
    this.offer = null;
    this.offerUntil = 0;
    this.tries = {};
    this.legs = new Map();
    this.control = this.beat = null;
    this.beatTimer = this.askTimer = this.deadTimer = this.tellTimer = 0;
    this.state = null;
    this.hasEnded = false;
    this.keyWork = Promise.resolve();
  }

  /** Keys die with a page, so it begins by asking for new ones, unless the customer's commitment comes first. */
  start({ asksForKeys }) {
    this.keysLost = asksForKeys;
    if (asksForKeys) this.needTicket("control");
  }

  /** Take a signal message that may be ours. */
  receive(message) {
    if (message.t === "ended" && message.session === this.session) clearTimeout(this.tellTimer);
    if (this.hasEnded) return;
    const isOurs = message.participant === this.participant;
    if ((message.t === "key.commit" || message.t === "key.open") && isOurs) this.takeKey(message);
    else if (message.t === "offer" && isOurs && message.epoch > this.epoch) this.takeOffer(message);
    else if (message.t === "snapshot") this.takeSnapshot(message);
    else if (message.t === "participant.left" && isOurs) this.over("system", message.reason ?? "");
    else if (message.t === "ended" && message.session === this.session) this.over(message.by, message.reason ?? "");
  }

  sendControl(message) {
    this.say(message);
  }

  /** End the support session: on the channel, at the web half, here. */
  end(reason) {
    if (this.hasEnded) return;
    this.say({ t: "end", by: "agent", reason });
    this.tellSignalEnd(reason);
    this.closeAll();
  }

  /** Close without a word: the page goes. */
  close() {
    this.closeAll();
  }

  // --- keys

  takeKey(message) {
    // One after the other: a commitment must be taken before the key that fits it.
    this.keyWork = this.keyWork.then(() => this.workKey(message)).catch((error) => {
      if (error instanceof SealBroken) this.distrust("B-31");
      else console.warn("key_message_ignored", error.message);
    });
  }

  async workKey(message) {
    if (this.hasEnded) return;
    const before = this.keys.isComplete ? this.keys.epoch : 0;
    for (const command of await this.keys.receive(message)) this.send(command);
    if (!this.keys.isComplete || this.keys.epoch === before) return;
    this.keysLost = false;
    const numbers = await wordNumbers(this.session, this.participant, this.keys.peerPublic, this.keys.own.public);
    this.on.onWords(numbers);
    this.openChannels();
  }

  takeSnapshot(snapshot) {
    const mine = (snapshot.participants ?? []).find((one) => one.participant === this.participant);
    if (!mine) {
      this.over("system", "gone");
      return;
    }
    if (!this.keys.isComplete) for (const command of this.keys.said) this.send(command);
    if (mine.epoch > this.epoch) {
      // Its offer went to a stream that is gone; tickets are never sent twice.
      this.dropLegs(1000, "new epoch");
      this.epoch = mine.epoch;
      this.needTicket("control");
    }
  }

  takeOffer(offer) {
    if (!RELAY.test(offer.relay_url) || offer.session !== this.session) {
      console.warn("offer_refused");
      return;
    }
    this.dropLegs(1000, "new epoch");
    this.epoch = offer.epoch;
    if (this.keysLost) {
      // The customer's end asked first; these channels would be sealed with keys that we do not have.
      this.cancelAsk();
      this.needTicket("control");
      return;
    }
    this.offer = offer;
    this.offerUntil = performance.now() + Math.max(1000, offer.ttl_s * 1000 - TICKET_MARGIN_MS);
    this.tries = {};
    this.cancelAsk();
    // The offer may overtake the work on the key that it needs.
    this.keyWork = this.keyWork.then(() => this.openChannels());
  }

  // --- channels

  openChannels() {
    if (this.offer === null || !this.keys.isComplete || this.hasEnded) return;
    if (performance.now() > this.offerUntil) {
      this.offer = null;
      this.needTicket("control");
      return;
    }
    for (const name of CHANNELS) {
      if (!this.legs.has(name) && this.offer.tickets[name]) this.openChannel(name, this.offer);
    }
  }

  openChannel(name, offer) {
    const stream = SealedStream.create({
      role: "agent",
      own: this.keys.own,
      peerPublic: this.keys.peerPublic,
      session: this.session,
      participant: this.participant,
      channel: name,
      epoch: offer.epoch,
    });
    // Other addresses of the same relay, for networks that let only some ports out, are tried in turn.
    const bases = [offer.relay_url, ...(offer.more_urls ?? []).filter((one) => RELAY.test(one))];
    const base = bases[(this.tries[name] ?? 0) % bases.length].replace(/\/+$/, "");
    const url = `${base}/relay/${offer.session}?ticket=${encodeURIComponent(offer.tickets[name])}`;
    const leg = { name, channel: null, isOpen: false, patience: 0, why: "" };
    const isCurrent = () => this.legs.get(name) === leg;
    this.legs.set(name, leg);
    leg.channel = new SealedChannel(url, stream, {
      onOpen: () => isCurrent() && this.opened(leg),
      onPlain: (plain) => isCurrent() && this.takePlain(leg, plain),
      onClosed: (closed) => isCurrent() && this.lost(leg, closed),
    });
    leg.patience = setTimeout(() => this.giveUp(leg, "not sealed in time"), OPENING_MS);
  }

  opened(leg) {
    leg.isOpen = true;
    clearTimeout(leg.patience);
    if (leg.name === "control") {
      this.control = new ControlProtocol();
      this.beat = new Heartbeat(performance.now());
      this.say({ t: "hello", version: 1, program: this.program, features: [] });
      for (const message of this.greeting()) this.say(message);
      this.tick();
    } else {
      this.on.onScreenOpen(leg.channel);
    }
    if (this.allOpen()) this.backoff.reset();
    this.judge();
  }

  takePlain(leg, plain) {
    if (leg.name === "control") this.takeControl(leg, plain);
    else this.on.onPlain(plain);
  }

  lost(leg, { code, reason }) {
    const { wasReached } = leg.channel;
    leg.why = leg.why || `${code} ${reason}`;
    this.dropLeg(leg);
    this.judge();
    if (wasReached || !this.sameTicketAgain(leg.name)) {
      this.needTicket(leg.name, POLITE.has(code) ? POLITE_MS : 0);
    }
  }

  /** A relay that could not be reached has not seen the ticket: try it again, a few times. */
  sameTicketAgain(name) {
    const tries = this.tries[name] ?? 0;
    const most = Math.max(SAME_TICKET_TRIES, this.offer?.more_urls?.length ?? 0);
    if (this.offer === null || tries >= most || performance.now() > this.offerUntil) return false;
    this.tries[name] = tries + 1;
    const { offer } = this;
    setTimeout(() => { if (this.offer === offer) this.openChannels(); }, this.backoff.nextMs(RETRY_CONNECTED_S));
    return true;
  }

  giveUp(leg, why) {
    if (this.legs.get(leg.name) !== leg) return;
    leg.why = leg.why || why;
    this.dropLeg(leg);
    leg.channel.close(1000, why);
    this.judge();
    this.needTicket(leg.name);
  }

  dropLegs(code, why) {
    for (const leg of [...this.legs.values()]) {
      leg.why = leg.why || why;
      this.dropLeg(leg);
      leg.channel.close(code, why);
    }
  }

  dropLeg(leg) {
    clearTimeout(leg.patience);
    this.legs.delete(leg.name);
    const wasOpen = leg.isOpen;
    leg.isOpen = false;
    console.info("channel_closed", leg.name, leg.why);
    if (leg.name === "control") {
      this.control = this.beat = null;
      clearTimeout(this.beatTimer);
    } else if (wasOpen) {
      this.on.onScreenLost();
    }
  }

  allOpen() {
    const wanted = CHANNELS.filter((name) => this.offer === null || name in this.offer.tickets);
    return wanted.every((name) => this.legs.get(name)?.isOpen);
  }

  /** Ask the web half for a new offer: once for all channels that broke, and again while none comes. */
  needTicket(channel, atLeastMs = 0) {
    if (this.hasEnded || this.askTimer) return;
    this.offer = null;
    const ask = () => {
      this.send({
        t: "ticket.need", participant: this.participant, channel, epoch: this.epoch, keys_lost: this.keysLost,
      });
      this.askTimer = setTimeout(ask, ASK_AGAIN_MS);
    };
    this.askTimer = setTimeout(ask, Math.max(atLeastMs, this.backoff.nextMs(RETRY_CONNECTED_S)));
  }

  cancelAsk() {
    clearTimeout(this.askTimer);
    this.askTimer = 0;
  }

  // --- control

  say(message) {
    const leg = this.legs.get("control");
    if (this.control === null || !leg) return;
    try {
      this.control.send(message, performance.now());
    } catch (error) {
      console.warn("control_not_sent", message.t, error.message);
      return;
    }
    this.flush(leg);
  }

  flush(leg) {
    if (this.control === null) return;
    for (const plain of this.control.outgoing()) leg.channel.send(plain);
  }

  takeControl(leg, plain) {
    const now = performance.now();
    if (this.control === null) return;
    this.beat.heard(now);
    let message;
    try {
      message = this.control.receive(plain, now);
      if (message?.t === "beat") this.beat.take(message, now);
    } catch (error) {
      if (!(error instanceof ControlBroken)) throw error;
      console.warn("control_broken", error.message);
      this.flush(leg);
      leg.channel.close(BAD_CONTROL, "control rules broken");
      this.giveUp(leg, "control rules broken");
      return;
    }
    this.flush(leg);
    if (message !== null) this.takeMessage(message);
    // A hidden page's timers sleep; what the customer's end says wakes it.
    this.beatNow(now);
    this.judge();
  }

  takeMessage(message) {
    if (this.hasEnded || message.t === "beat") return;
    if (message.t === "end") {
      const by = message.by === "system" ? "system" : "customer";
      const reason = String(message.reason ?? "").slice(0, 80);
      // Whoever ended it tells the web half first, so that the record says who it was.
      this.tellTimer = setTimeout(() => this.tellSignalEnd(reason), TELL_END_MS);
      this.over(by, reason);
      return;
    }
    this.on.onControl(message);
  }

  beatNow(now) {
    const beat = this.beat?.next(now);
    if (beat) this.say(beat);
  }

  tick() {
    if (this.beat === null) return;
    const now = performance.now();
    if (this.beat.quality(now) === "lost") {
      for (const leg of [...this.legs.values()]) this.giveUp(leg, "silent");
      return;
    }
    this.beatNow(now);
    this.judge();
    clearTimeout(this.beatTimer);
    this.beatTimer = setTimeout(() => this.tick(), 250);
  }

  // --- how the line is

  judge() {
    if (this.hasEnded || (this.state === null && !this.allOpen())) return;
    const quality = this.beat ? this.beat.quality(performance.now()) : "unstable";
    if (quality === "ok" && this.allOpen()) {
      this.setState("ok");
    } else if (this.state === "ok") {
      this.setState("unstable");
      this.deadTimer = setTimeout(() => { if (this.state === "unstable") this.setState("lost"); }, DEAD_AFTER_MS);
    }
  }

  setState(state) {
    if (state === this.state) return;
    clearTimeout(this.deadTimer);
    this.state = state;
    const rtt = this.beat?.rttMs ?? null;
    this.send({ t: "link", participant: this.participant, channel: "control", state, rtt_ms: rtt });
    this.on.onState(state, rtt);
  }

  // --- the end

  distrust(code) {
    this.tellSignalEnd(code);
    this.over("system", code);
  }

  tellSignalEnd(reason) {
    this.send({ t: "end", session: this.session, reason });
  }

  over(by, reason) {
    if (this.hasEnded) return;
    this.closeAll();
    this.on.onEnd(by, reason);
  }

  closeAll() {
    this.hasEnded = true;
    this.cancelAsk();
    clearTimeout(this.deadTimer);
    this.dropLegs(1000, "end");
  }
}
