// The customer's desktop on the page: noVNC on one sealed channel after the other, its size, the last picture
// while the line is away, and input as far as it is allowed.

import RFB from "../../vendor/novnc/core/rfb.js";
import { ScreenSocket } from "./sealed_socket.js";

/** Like the program's modes: what noVNC announces (Tight JPEG quality, compression). */
const QUALITIES = { auto: [8, 2], network: [5, 6], speed: [9, 1] };
export const FIT = "fit";
export const STEPS = [0.25, 0.5, 0.75, 1, 1.25, 1.5, 2];
/** A first whole picture takes a moment after the connection stands; the old one stays until then. */
const FIRST_PICTURE_MS = 400;

export class Screen {
  /** Handlers: onReady(), onClipboard(text), onBroken() when what comes cannot be read, onSize(). */
  constructor(stage, target, { onReady, onClipboard, onBroken, onSize }) {
    Object.assign(this, { stage, target, onReady, onClipboard, onBroken, onSize });
    this.rfb = null;
    this.socket = null;
    this.scale = FIT;
    this.quality = "auto";
    this.mayControl = false;
    this.isReady = false;
    this.sizes = new MutationObserver(() => this.resized());
    new ResizeObserver(() => this.layOut()).observe(stage);
  }

  /** A new sealed channel: a new connection, with a new decoder. */
  open(channel) {
    this.drop();
    this.socket = new ScreenSocket(channel);
    const rfb = new RFB(this.target, this.socket, { shared: true });
    this.rfb = rfb;
    rfb.focusOnClick = false;
    rfb.scaleViewport = true;
    rfb.background = "transparent";
    rfb.viewOnly = !this.mayControl;
    [rfb.qualityLevel, rfb.compressionLevel] = QUALITIES[this.quality];
    rfb.addEventListener("connect", () => this.connected(rfb));
    rfb.addEventListener("clipboard", (event) => this.onClipboard(event.detail.text));
    rfb.addEventListener("disconnect", (event) => {
      if (this.rfb === rfb && !event.detail.clean) this.onBroken();
    });
    rfb.addEventListener("securityfailure", () => this.rfb === rfb && this.onBroken());
    this.sizes.disconnect();
    this.sizes.observe(this.canvas, { attributes: true, attributeFilter: ["width", "height"] });
  }

  deliver(plain) {
    this.socket?.deliver(plain);
  }

  /** The channel is gone; its last picture stays, dimmed. */
  drop() {
    if (this.rfb === null) return;
    this.keepPicture();
    const { rfb } = this;
    this.rfb = this.socket = null;
    this.isReady = false;
    rfb.disconnect();
  }

  get canvas() {
    return this.target.querySelector("canvas:not(.cv-last)");
  }

  get size() {
    const canvas = this.canvas ?? this.last;
    return canvas ? [canvas.width, canvas.height] : [0, 0];
  }

  /** Whether pointer and keys go to the customer. */
  allow(mayControl) {
    this.mayControl = mayControl;
    if (this.rfb !== null && this.rfb.viewOnly === mayControl) this.rfb.viewOnly = !mayControl;
  }

  key(symbol, isDown) {
    this.rfb?.sendKey(symbol, "", isDown);
  }

  paste(text) {
    this.rfb?.clipboardPasteFrom(text);
  }

  setQuality(mode) {
    this.quality = mode;
    if (this.rfb !== null) [this.rfb.qualityLevel, this.rfb.compressionLevel] = QUALITIES[mode];
  }

  /** Ask for the whole picture anew: FramebufferUpdateRequest, not incremental (RFC 6143, 7.5.3). */
  refresh() {
    const [width, height] = this.size;
    if (!this.isReady) return;
    const message = new DataView(new ArrayBuffer(10));
    message.setUint8(0, 3);
    message.setUint16(6, width);
    message.setUint16(8, height);
    this.socket.send(new Uint8Array(message.buffer));
  }

  /** FIT, or a factor from 0.25 to 2. */
  setScale(scale) {
    const [old] = [this.factor];
    this.scale = scale;
    this.layOut();
    // What was in the middle stays there.
    const { stage } = this;
    const ratio = this.factor / old;
    stage.scrollLeft = (stage.scrollLeft + stage.clientWidth / 2) * ratio - stage.clientWidth / 2;
    stage.scrollTop = (stage.scrollTop + stage.clientHeight / 2) * ratio - stage.clientHeight / 2;
  }

  get factor() {
    const [width, height] = this.size;
    if (!width) return 1;
    if (this.scale !== FIT) return this.scale;
    const fit = Math.min(this.stage.clientWidth / width, this.stage.clientHeight / height);
    // A smaller desktop fills a whole screen, but is not blown up in a window.
    return Math.min(fit, document.fullscreenElement ? 3 : 1);
  }

  layOut() {
    const [width, height] = this.size;
    if (!width) return;
    const { factor } = this;
    this.stage.classList.toggle("is-fit", this.scale === FIT);
    this.target.style.width = `${Math.max(1, Math.floor(width * factor))}px`;
    this.target.style.height = `${Math.max(1, Math.floor(height * factor))}px`;
  }

  /** Where a place of the desktop is on the target, in CSS pixels. */
  place(x, y) {
    return [x * this.factor, y * this.factor];
  }

  toBlob(done) {
    this.canvas?.toBlob(done, "image/png");
  }

  connected(rfb) {
    if (this.rfb !== rfb) return;
    this.isReady = true;
    this.resized();
    setTimeout(() => { if (this.rfb === rfb) this.forgetPicture(); }, FIRST_PICTURE_MS);
    this.onReady();
  }

  resized() {
    this.layOut();
    this.onSize();
  }

  keepPicture() {
    const { canvas } = this;
    this.forgetPicture();
    if (!canvas?.width || !this.isReady) return;
    const last = document.createElement("canvas");
    last.className = "cv-last";
    last.width = canvas.width;
    last.height = canvas.height;
    last.getContext("2d").drawImage(canvas, 0, 0);
    this.target.append(last);
    this.last = last;
  }

  forgetPicture() {
    this.last?.remove();
    this.last = null;
  }
}
