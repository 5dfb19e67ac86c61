// Moving and enlarging the picture with fingers, for screens smaller than the customer's. While it is on, a
// transparent ground lies over the desktop: one finger scrolls, two fingers enlarge; no touch reaches noVNC,
// whose own gestures (tap, long press, two fingers to scroll) work while it is off.

import { FIT, STEPS } from "./screen.js";

export class TouchPan {
  constructor(stage, ground, screen) {
    Object.assign(this, { stage, ground, screen });
    this.spread = 0;
    this.factor = 1;
    ground.addEventListener("touchstart", (event) => this.begin(event), { passive: true });
    ground.addEventListener("touchmove", (event) => this.move(event), { passive: false });
    ground.addEventListener("touchend", () => { this.spread = 0; });
  }

  /** Returns whether it is on now. */
  toggle() {
    this.ground.hidden = !this.ground.hidden;
    if (!this.ground.hidden && this.screen.scale === FIT) this.screen.setScale(STEPS.find((step) => step > this.screen.factor + 0.05) ?? 1);
    return !this.ground.hidden;
  }

  begin({ touches }) {
    if (touches.length !== 2) return;
    this.spread = distance(touches);
    this.factor = this.screen.factor;
  }

  move(event) {
    if (event.touches.length !== 2 || this.spread === 0) return;
    event.preventDefault();
    const wanted = this.factor * (distance(event.touches) / this.spread);
    this.screen.setScale(Math.min(2, Math.max(0.25, Math.round(wanted * 20) / 20)));
  }
}

function distance([one, other]) {
  return Math.hypot(one.clientX - other.clientX, one.clientY - other.clientY);
}
