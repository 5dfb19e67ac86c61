// A sealed channel through the relay, and the object that stands in for noVNC's WebSocket.
// Records are opened and sealed one after the other: their numbers are their order.

import { SealBroken } from "./seal.js";

export const SEAL_BROKEN = 4031;

export class SealedChannel {
  /**
   * `stream` is a promise of a SealedStream. Handlers: onOpen(), onPlain(bytes), onClosed({code, reason, error}).
   * A handler that throws ends nothing but itself.
   */
  constructor(url, stream, { onOpen, onPlain, onClosed }) {
    Object.assign(this, { onOpen, onPlain, onClosed });
    this.isOpen = false;
    this.wasReached = false;
    this.isClosed = false;
    this.error = null;
    this.sentBytes = 0;
    this.stream = null;
    this.incoming = this.outgoing = Promise.resolve();
    this.socket = new WebSocket(url);
    this.socket.binaryType = "arraybuffer";
    const begun = stream.then((made) => { this.stream = made; });
    begun.catch((error) => this.fail(error));
    this.socket.onopen = () => {
      this.wasReached = true;
      this.incoming = begun.then(() => this.write(this.stream.hello), () => {});
    };
    this.socket.onmessage = (event) => this.take(event.data);
    this.socket.onclose = (event) => this.closed(event.code, event.reason);
  }

  /** Seal and send bytes; the caller may reuse its array at once. */
  send(bytes) {
    if (!this.isOpen) return false;
    const plain = bytes.slice();
    this.outgoing = this.outgoing.then(async () => {
      if (this.error !== null) return;
      for (const record of await this.stream.seal(plain)) this.write(record);
    }).catch((error) => this.fail(error));
    return true;
  }

  /** What waits for the line. */
  get pendingBytes() {
    return this.socket.bufferedAmount;
  }

  close(code = 1000, reason = "") {
    this.isOpen = false;
    // What was said last (an `end`) goes out first.
    this.outgoing.finally(() => {
      if (this.socket.readyState <= WebSocket.OPEN) this.socket.close(code, reason.slice(0, 60));
    });
  }

  take(data) {
    if (!(data instanceof ArrayBuffer)) {
      this.fail(new SealBroken("a text message on a sealed channel"));
      return;
    }
    this.incoming = this.incoming.then(() => this.open(new Uint8Array(data))).catch((error) => this.fail(error));
  }

  async open(record) {
    if (this.error !== null || this.isClosed) return;
    const wasOpen = this.stream.isOpen;
    const { plain, answer } = await this.stream.receive(record);
    if (answer !== null) this.write(answer);
    if (!wasOpen && this.stream.isOpen) {
      this.isOpen = true;
      guard(this.onOpen);
    }
    if (plain !== null && plain.length && !this.isClosed) guard(() => this.onPlain(plain));
  }

  write(record) {
    if (this.socket.readyState !== WebSocket.OPEN) return;
    this.socket.send(record);
    this.sentBytes += record.length;
  }

  fail(error) {
    if (this.error !== null) return;
    this.error = error;
    this.isOpen = false;
    console.warn("seal_broken", error.message);
    if (this.socket.readyState <= WebSocket.OPEN) this.socket.close(SEAL_BROKEN, "seal broken");
    this.closed(SEAL_BROKEN, error.message);
  }

  closed(code, reason) {
    this.isOpen = false;
    // Records that came before the close are opened before it is told.
    this.incoming.finally(() => {
      if (this.isClosed) return;
      this.isClosed = true;
      guard(() => this.onClosed({ code, reason, error: this.error }));
    });
  }
}

function guard(call) {
  try {
    call();
  } catch (error) {
    reportError(error);
  }
}

/** What noVNC takes for a WebSocket: the plain side of one open SealedChannel. */
export class ScreenSocket {
  constructor(channel) {
    this.channel = channel;
    this.binaryType = "arraybuffer";
    this.protocol = "";
    this.readyState = "open";
    this.onopen = this.onmessage = this.onclose = this.onerror = null;
  }

  send(bytes) {
    // noVNC writes its next message into the same buffer; the channel copies.
    this.channel.send(bytes);
  }

  /** noVNC closes because it is done or does not understand what came. */
  close() {
    this.lost(1000);
  }

  deliver(plain) {
    if (this.readyState === "open") this.onmessage?.({ data: plain.buffer });
  }

  /** The channel is gone; noVNC is told in a turn of its own, as by a socket. */
  lost(code = 1006) {
    if (this.readyState === "closed") return;
    this.readyState = "closed";
    queueMicrotask(() => this.onclose?.({ code, reason: "" }));
  }
}
