// The agent's half of the key exchange (wire/signal/keys.py): the customer commits before it sees our key.

import { equal, fromBase64, toBase64 } from "./bytes.js";
import { ParticipantKey, SealBroken, commitOf } from "./seal.js";

export class KeyExchange {
  constructor(participant) {
    this.participant = participant;
    this.epoch = 0;
    this.own = null;
    this.peerPublic = null;
    this.commit = null;
    this.said = [];
  }

  get isComplete() {
    return this.peerPublic !== null;
  }

  /** Take key.commit or key.open; returns the commands to send. Throws SealBroken (B-31): end everything. */
  async receive(message) {
    if (message.epoch < this.epoch) return [];
    return message.t === "key.commit" ? this.takeCommit(message) : this.takeOpen(message);
  }

  async takeCommit(message) {
    const commit = fromBase64(message.commit, 32);
    if (message.epoch === this.epoch && this.commit !== null) {
      if (!equal(commit, this.commit)) throw new SealBroken("a second, different commitment");
      return [];
    }
    // A higher epoch begins anew, with a key that nobody has seen.
    const own = await ParticipantKey.generate();
    this.own = own;
    this.epoch = message.epoch;
    this.commit = commit;
    this.peerPublic = null;
    this.said = [
      { t: "key.open", participant: this.participant, epoch: this.epoch, pub: toBase64(own.public) },
    ];
    return [...this.said];
  }

  async takeOpen(message) {
    if (message.epoch !== this.epoch || this.commit === null) return [];
    const pub = fromBase64(message.pub, 65);
    const salt = message.salt === undefined || message.salt === null ? null : fromBase64(message.salt, 32);
    if (salt === null || !equal(await commitOf(pub, salt), this.commit)) {
      throw new SealBroken("the key does not fit its commitment (B-31)");
    }
    if (equal(pub, this.own.public)) throw new SealBroken("the peer shows our own key");
    await this.own.agree(pub);
    this.peerPublic = pub;
    return [];
  }
}
