// Pauses between tries: up to a quarter of a second, then doubling, full jitter (desktop/backoff.py).

const FIRST_S = 0.25;

export class Backoff {
  constructor(random = Math.random) {
    this.random = random;
    this.tries = 0;
  }

  nextMs(mostS) {
    const ceiling = Math.min(mostS, FIRST_S * 2 ** Math.min(this.tries, 16));
    this.tries += 1;
    return 1000 * this.random() * ceiling;
  }

  reset() {
    this.tries = 0;
  }
}
